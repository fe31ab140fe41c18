"""A file of labelled images that a training draws from, where a data set is a small part of more.

    python -m explorer train data=fashion --images all.npz

The file is an .npz with `images`, (N, C, H, W) or (N, H, W) uint8, and `labels`, (N,) of whole
numbers; N is usually tens of thousands.  What is drawn has the shape and the classes of the data.
"""

import dataclasses
import zipfile
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ..data.pixels import numbers
from ..errors import UserError
from ..store import arrays
from ..store.weights import digest_of

LARGEST = 2**30  # bytes of images: a CIFAR-10 has 184 MB


@dataclasses.dataclass(frozen=True, eq=False)
class Bank:
    """images (N, C, H, W) uint8, labels (N,); side: of what is drawn; digest: SHA-256 of the
    file."""

    images: Tensor
    labels: Tensor
    side: int
    digest: str
    anywhere: ClassVar[bool] = True  # it draws on any device

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """n images of all, drawn with replacement, (n, C, side, side) float32, and their labels.
        They are where the generator is, and so is the bank from then on."""
        device = generator.device
        if self.images.device != device:
            object.__setattr__(self, "images", self.images.to(device))
            object.__setattr__(self, "labels", self.labels.to(device))
        pick = torch.randint(len(self.images), (n,), generator=generator, device=device)
        return self.at(pick), self.labels[pick]

    def at(self, pick: Tensor) -> Tensor:
        """The images of these numbers (n,), as they are drawn."""
        return numbers(self.images[pick], self.side)

    @property
    def told(self) -> str:
        """What a card says of it."""
        return f"drawn from the {len(self.images):,} images of a file (SHA-256 {self.digest[:16]}…)"


def read(path: str | Path, data) -> Bank:
    """The bank in a file, for a training on this data.  Raises UserError where it does not fit."""
    path = Path(path)
    try:
        images, labels = arrays.read(path, "images", "labels")
    except FileNotFoundError:
        raise UserError(f"There is no file {path.name!r} to take images from.") from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as problem:
        raise UserError(
            f"{path.name} is no file of images ({type(problem).__name__}): an .npz with `images` "
            "(N, C, H, W) of bytes and `labels` (N,) works."
        ) from None
    images = images[:, None] if images.ndim == 3 else images
    _check(path.name, images, labels, data)
    return Bank(
        torch.from_numpy(np.ascontiguousarray(images)),
        torch.from_numpy(labels.astype(np.int64)),
        data.points().shape[-1],
        digest_of(path),
    )


def _check(name: str, images: np.ndarray, labels: np.ndarray, data) -> None:
    if data.kind != "image" or not data.classes:
        raise UserError(f"{data.label} is no set of labelled images; --images does not fit it.")
    shape = tuple(data.points().shape[1:])
    channels, side = shape[0], shape[-1]
    if images.dtype != np.uint8 or images.ndim != 4 or not len(images):
        raise UserError(
            f"The images of {name} are {images.dtype}, {list(images.shape)}; bytes of "
            "(N, C, H, W) work."
        )
    if images.nbytes > LARGEST:
        raise UserError(
            f"The images of {name} have {images.nbytes / 2**20:,.0f} MB; at most "
            f"{LARGEST / 2**20:,.0f} work."
        )
    if images.shape[1] != channels or images.shape[2:] not in {(28, 28), (32, 32)} or side > 32:
        raise UserError(
            f"The images of {name} are {' × '.join(map(str, images.shape[1:]))}; for {data.label} "
            f"{channels} × 28 × 28 and {channels} × 32 × 32 work."
        )
    fits = labels.shape == (len(images),) and np.issubdtype(labels.dtype, np.integer)
    if not fits or labels.min() < 0 or labels.max() >= data.classes:
        raise UserError(
            f"The labels of {name} must be one whole number from 0 to {data.classes - 1} for each "
            "image."
        )
