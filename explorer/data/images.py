"""Small real images."""

from functools import lru_cache
from typing import ClassVar

import torch
from torch import Tensor

from ..settings import setting
from .views import principal_plane


@setting
class Digits:
    """1797 handwritten digits of 8 × 8 pixels, x/8 − 1, so from −1 (paper) to 1 (ink).

    Alpaydin & Kaynak 1998, UCI, as shipped with scikit-learn.
    """

    name: ClassVar[str] = "digits"
    label: ClassVar[str] = "Digits 8×8"
    kind: ClassVar[str] = "image"
    about: ClassVar[str] = "1797 handwritten digits, 64 numbers each."
    thickness: ClassVar[float] = 0.0
    source: ClassVar[str] = "Alpaydin & Kaynak 1998, UCI, CC BY 4.0, as shipped with scikit-learn"
    classes: ClassVar[int] = 10

    def points(self) -> Tensor:
        """(1797, 1, 8, 8)."""
        return _digits()[0]

    def labels(self) -> Tensor:
        """The digit that was meant, (1797,)."""
        return _digits()[1]

    def view(self) -> Tensor:
        """The principal plane, (2, 64)."""
        return _plane()


@lru_cache(maxsize=1)
def _digits() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    return torch.from_numpy(digits.images[:, None] / 8 - 1), torch.from_numpy(digits.target).long()


@lru_cache(maxsize=1)
def _plane() -> Tensor:
    return principal_plane(_digits()[0])
