"""What some data sets can do besides."""

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor


@runtime_checkable
class Endless(Protocol):
    """Data of which there are more than points(): a training sees no image twice."""

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """n fresh images (n, *shape) float32 and their labels (n,)."""
        ...
