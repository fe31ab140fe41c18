"""MNIST, Fashion-MNIST and CIFAR-10, fetched once from OpenML and kept as bytes.

A link or a visitor never makes this machine fetch anything: unless `allow_fetch` was called by the
person who owns it, only what is on disk is there.
"""

from functools import lru_cache
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from ..settings import param, setting
from ..store import arrays, places
from .pixels import numbers
from .views import principal_plane


class Set(NamedTuple):
    """Where OpenML keeps a set, and how its rows are laid out."""

    label: str
    number: int
    shape: tuple[int, int, int]


SETS = {
    "mnist": Set("MNIST", 554, (1, 28, 28)),
    "fashion": Set("Fashion-MNIST", 40996, (1, 28, 28)),
    "cifar10": Set("CIFAR-10", 40927, (3, 32, 32)),
}
SHOWN = 1000  # images on the page; training sees all of them
_allowed = [False]


@setting
class Published:
    """A published set of 60,000 or 70,000 labelled images, in [−1, 1].

    28 × 28 images get a border of 2 to become 32 × 32; 16 × 16 is the mean of each 2 × 2.  Raises
    UserError when the set is not on this machine and may not be, or cannot be, fetched.
    """

    name: ClassVar[str] = "published"
    label: ClassVar[str] = "MNIST, CIFAR-10 …"
    kind: ClassVar[str] = "image"
    about: ClassVar[str] = "Published image sets, where the owner has fetched them."
    thickness: ClassVar[float] = 0.0
    source: ClassVar[str] = "fetched from openml.org"
    classes: ClassVar[int] = 10
    which: str = param(
        "mnist",
        choices=tuple((k, s.label) for k, s in SETS.items()),
        label="Set",
        help="fetched from openml.org once",
    )
    size: int = param(
        16, choices=((16, "16 × 16"), (32, "32 × 32")), label="Size", help="side in pixels"
    )

    def points(self) -> Tensor:
        """(1000, C, size, size): the first of them."""
        return _points(self)

    def labels(self) -> Tensor:
        """(1000,)."""
        return _held(self.which)[1][:SHOWN]

    def view(self) -> Tensor:
        """The principal plane, (2, C size²)."""
        return _view(self)

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """n images of all, drawn with replacement, and their labels.  `generator` is on the CPU."""
        images, labels = _held(self.which)
        pick = torch.randint(len(images), (n,), generator=generator)
        return numbers(images[pick], self.size), labels[pick]


def allow_fetch(yes: bool = True) -> None:
    """Whether this process may fetch a set that is not on disk."""
    _allowed[0] = yes


def _held(which: str) -> tuple[Tensor, Tensor]:
    return _load(places.found("published", f"{which}.npz"), which)


@lru_cache(maxsize=1)  # up to 184 MB
def _load(path: Path, which: str) -> tuple[Tensor, Tensor]:
    if not path.exists():
        _fetch(path, which)
    images, labels = arrays.read(path, "images", "labels")
    return torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64))


def _fetch(path: Path, which: str) -> None:
    label, number, shape = SETS[which]
    if not _allowed[0]:
        raise UserError(
            f"{label} is not on this machine. Its owner can fetch it once with "
            f"`python -m explorer train data=published data.which={which}`."
        )
    from sklearn.datasets import fetch_openml

    try:
        x, y = fetch_openml(data_id=number, return_X_y=True, as_frame=False, cache=False)
    except (OSError, ValueError) as error:  # URLError is an OSError; a proxy may answer nonsense
        raise UserError(
            f"{label} could not be fetched from openml.org "
            f"({str(error)[:120] or type(error).__name__}). Try again with a network; "
            "digits, glyphs and patches need none."
        ) from error
    images = np.asarray(x).astype(np.uint8).reshape(-1, *shape)
    arrays.write(path, packed=True, images=images, labels=np.asarray(y).astype(np.uint8))


@lru_cache(maxsize=2)
def _points(published: Published) -> Tensor:
    return numbers(_held(published.which)[0][:SHOWN], published.size).double()


@lru_cache(maxsize=2)
def _view(published: Published) -> Tensor:
    return principal_plane(published.points())
