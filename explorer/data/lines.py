"""Data on a line, where every path can be drawn against σ."""

from typing import ClassVar

import torch
from torch import Tensor

from ..settings import param, setting


@setting
class Diracs:
    """Two points, −gap and +gap: D(x; σ) = gap tanh(gap x/σ²) in closed form."""

    name: ClassVar[str] = "diracs"
    label: ClassVar[str] = "Two Diracs"
    kind: ClassVar[str] = "line"
    about: ClassVar[str] = "Two points on a line, the smallest data set with a choice."
    thickness: ClassVar[float] = 0.0
    source: ClassVar[str] = "made by formula"
    classes: ClassVar[int] = 0
    gap: float = param(1.0, 0.1, 5, 0.1, label="Distance", help="of each point from 0")

    def points(self) -> Tensor:
        """(2, 1)."""
        return torch.tensor([[-self.gap], [self.gap]], dtype=torch.float64)

    def labels(self) -> None:
        return None

    def view(self) -> Tensor:
        """(1, 1)."""
        return torch.ones(1, 1, dtype=torch.float64)
