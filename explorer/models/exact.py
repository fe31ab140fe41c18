"""Exact denoisers of a data set: closed forms, no training."""

from typing import ClassVar

import torch
from torch import Tensor

from ..core import denoisers
from ..core.denoisers import Gaussian as GaussianDenoiser
from ..core.denoisers import Mixture
from ..core.device import fuses
from ..core.law import law, points_of
from ..core.oriented import Oriented
from ..settings import param, setting

MOST_CLASSES = 999  # of a picked class; ImageNet has 0 to 999


def _softened(products: Tensor, half: Tensor, v: Tensor) -> Tensor:
    from .softmax_kernel import soften

    return soften(products, half, v)


if fuses():
    denoisers.SOFTEN = _softened


def class_param():
    """The setting of a class of the data."""
    return param(
        -1,
        -1,
        MOST_CLASSES,
        1,
        label="Class",
        help="condition on one class: the sum runs over its points only; −1 is all",
    )


@setting
class Exact:
    """The posterior mean of the data's own distribution: points with their Gaussian thickness.

    For data without thickness it is the ideal denoiser of EDM, App. B.3.
    """

    name: ClassVar[str] = "exact"
    label: ClassVar[str] = "Exact denoiser"
    about: ClassVar[str] = "The true posterior mean; nothing can do better."
    condition: int = class_param()

    def load(self, data) -> Mixture:
        return law(data, self.condition)


@setting
class Ideal:
    """The ideal denoiser of a finite training set drawn from the data: it knows these points only.

    Karras et al. 2022, App. B.3, Eq. 57.  At low noise it returns the nearest training point, so
    its sampler repeats the training set.
    """

    name: ClassVar[str] = "ideal"
    label: ClassVar[str] = "Ideal on a training set"
    about: ClassVar[str] = "Exact for n training points; its samples repeat them."
    count: int = param(100, 2, 20000, 1, label="Points", log=True, help="size of the training set")
    condition: int = class_param()

    def numbers(self, data) -> float:
        """Of the draws, their noise and their copies."""
        points = data.points()
        return 5.0 * self.count * points[0].numel() if data.thickness else float(points.numel())

    def load(self, data) -> Mixture:
        g = torch.Generator().manual_seed(0)
        if data.thickness == 0:  # a finite set already: a part of it
            points = points_of(data, self.condition)
            pick = torch.randperm(len(points), generator=g)[: self.count]
            return Mixture(points[pick])
        return Mixture(law(data, self.condition).sample(self.count, g))


@setting
class Gaussian:
    """The best linear denoiser: exact for a Gaussian with the data's mean and covariance.

    Its paths have a closed form, and any network starts out much like it at high noise.
    """

    name: ClassVar[str] = "gaussian"
    label: ClassVar[str] = "Gaussian fit"
    about: ClassVar[str] = "Knows only the mean and covariance of the data."
    condition: int = class_param()

    def fitting(self, data) -> float:
        """Multiplications of `load(data)`."""
        return GaussianDenoiser.fitting(points_of(data, self.condition))

    def numbers(self, data) -> float:
        """Of the directions, and of the smaller square while they are found."""
        points = data.points()
        fewer = min(len(points), points[0].numel())
        return 3.0 * points.numel() + 6.0 * fewer**2

    def load(self, data) -> GaussianDenoiser:
        found = law(data, self.condition)
        if isinstance(found, Oriented):
            values, vectors = torch.linalg.eigh(found.covariance)
            return GaussianDenoiser(found.mean, values, vectors.T)
        return GaussianDenoiser.fit(points_of(data, self.condition), data.thickness)
