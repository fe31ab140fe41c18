"""Real images of 32 × 32 that come with the page: clothes and handwritten digits.

Their files lie under assets/data, each with its licence beside it.
"""

from functools import lru_cache
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ..settings import setting
from ..store import arrays, places
from .pixels import numbers
from .views import principal_plane

SIDE = 32


class _Shipped:
    """What both have in common: a file of bytes, images and labels."""

    name: ClassVar[str]
    kind: ClassVar[str] = "image"
    thickness: ClassVar[float] = 0.0
    classes: ClassVar[int] = 10

    def points(self) -> Tensor:
        """(2000, 1, 32, 32), 200 of each class."""
        return _held(self.name)[0]

    def labels(self) -> Tensor:
        """(2000,)."""
        return _held(self.name)[1]

    def view(self) -> Tensor:
        """The principal plane, (2, 1024)."""
        return _view(self.name)


@setting
class Fashion(_Shipped):
    """2,000 of Fashion-MNIST's photographs of clothes, from −1 (their white ground) to 1
    (black), as its authors turned them.

    28 × 28 pixels with a border of 2.  Xiao, Rasul & Vollgraf 2017, arXiv:1708.07747.
    """

    name: ClassVar[str] = "fashion"
    label: ClassVar[str] = "Fashion 32×32"
    about: ClassVar[str] = "Photographs of clothes: 200 of each of ten kinds, 1,024 numbers each."
    source: ClassVar[str] = "Fashion-MNIST, Xiao et al. 2017, MIT; 2,000 of its 70,000 images"
    names: ClassVar[tuple[str, ...]] = (
        "T-shirt",
        "trousers",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    )


@setting
class Mnist(_Shipped):
    """2,000 of MNIST's handwritten digits, from −1 (ground) to 1 (ink).

    28 × 28 pixels with a border of 2.  LeCun, Bottou, Bengio & Haffner 1998.
    """

    name: ClassVar[str] = "mnist"
    label: ClassVar[str] = "MNIST 32×32"
    about: ClassVar[str] = "Handwritten digits: 200 of each, 1,024 numbers each."
    source: ClassVar[str] = "MNIST, LeCun & Cortes, CC BY-SA 3.0; 2,000 of its 70,000 images"
    names: ClassVar[tuple[str, ...]] = tuple("0123456789")


@lru_cache(maxsize=2)
def _held(name: str) -> tuple[Tensor, Tensor]:
    images, labels = arrays.read(places.assets("data", f"{name}.npz"), "images", "labels")
    return numbers(torch.from_numpy(images), SIDE).double(), torch.from_numpy(
        labels.astype(np.int64)
    )


@lru_cache(maxsize=2)
def _view(name: str) -> Tensor:
    return principal_plane(_held(name)[0])
