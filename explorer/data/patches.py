"""Crops of real photographs: the two that scikit-learn ships."""

from functools import lru_cache
from typing import ClassVar

import torch
from torch import Tensor

from ..settings import param, setting
from .views import principal_plane

SCALES = (2, 4, 8)  # how much the photographs are made smaller before they are cut
COUNTS = {8: 1024, 16: 512, 32: 256, 64: 64}  # on the page: about as many numbers for each size


@setting
class Patches:
    """Squares cut at random from two photographs of 427 × 640 pixels, in [−1, 1], half of them
    mirrored.

    A temple and a flower, as shipped with scikit-learn; `draw` cuts as many as one likes.
    """

    name: ClassVar[str] = "patches"
    label: ClassVar[str] = "Photo patches"
    kind: ClassVar[str] = "image"
    about: ClassVar[str] = "Squares cut from two photographs, in colour."
    thickness: ClassVar[float] = 0.0
    source: ClassVar[str] = "two photographs shipped with scikit-learn (CC BY)"
    classes: ClassVar[int] = 2
    photographs: ClassVar[bool] = True
    size: int = param(
        16, choices=tuple((s, f"{s} × {s}") for s in COUNTS), label="Size", help="side in pixels"
    )

    def points(self) -> Tensor:
        """(K, 3, size, size)."""
        return _points(self)[0]

    def labels(self) -> Tensor:
        """The photograph, (K,): 0 temple, 1 flower."""
        return _points(self)[1]

    def view(self) -> Tensor:
        """The principal plane, (2, 3 size²)."""
        return _view(self)

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """n fresh crops (n, 3, size, size) float32 and their labels (n,).  `generator` is on the
        CPU."""
        labels = torch.randint(2, (n,), generator=generator)
        return _crops(self.size, labels, generator), labels


def _crops(size: int, labels: Tensor, generator: torch.Generator) -> Tensor:
    scales = [k for k in range(len(SCALES)) if 427 // SCALES[k] >= size]
    which = torch.randint(len(scales), labels.shape, generator=generator)
    place = torch.rand(len(labels), 3, generator=generator).tolist()
    photos = _photos()
    out = []
    for label, k, (u, v, mirror) in zip(labels.tolist(), which.tolist(), place, strict=True):
        photo = photos[label][k]
        top, left = (int(w * (side - size + 1)) for w, side in zip((u, v), photo.shape[1:]))
        crop = photo[:, top : top + size, left : left + size]
        out.append(crop.flip(2) if mirror < 0.5 else crop)
    return torch.stack(out)


@lru_cache(maxsize=1)
def _photos() -> list[list[Tensor]]:
    """Both photographs at each scale, (3, H, W) float32 in [−1, 1]."""
    from sklearn.datasets import load_sample_images

    whole = [
        torch.from_numpy(i.copy()).permute(2, 0, 1).float() / 127.5 - 1
        for i in load_sample_images().images
    ]
    return [[torch.nn.functional.avg_pool2d(x, s) for s in SCALES] for x in whole]


@lru_cache(maxsize=4)
def _points(patches: Patches) -> tuple[Tensor, Tensor]:
    labels = torch.arange(COUNTS[patches.size]) % 2
    return _crops(patches.size, labels, torch.Generator().manual_seed(427)).double(), labels


@lru_cache(maxsize=4)
def _view(patches: Patches) -> Tensor:
    return principal_plane(patches.points())
