"""Gaussians at random places, in any dimension."""

from functools import lru_cache
from typing import ClassVar

import torch
from torch import Tensor

from ..errors import UserError
from ..settings import param, setting
from .planar import scaled
from .views import principal_plane


@setting
class GaussianMixture:
    """Gaussians of equal weight, their means drawn from a normal distribution.

    The means together have mean 0 and root mean square 0.5 per coordinate; a single one lies at 0.
    """

    name: ClassVar[str] = "mixture"
    label: ClassVar[str] = "Gaussian mixture"
    about: ClassVar[str] = "Gaussians at random places, in 1 to 64 dimensions."
    source: ClassVar[str] = "made by formula"
    classes: ClassVar[int] = 0
    principal: ClassVar[bool] = True
    modes: int = param(8, 1, 64, 1, label="Modes", help="number of Gaussians")
    dimension: int = param(16, 1, 64, 1, label="Dimension", help="number of coordinates")
    spread: float = param(
        0.1, 0, 0.5, 0.01, label="Spread", help="standard deviation of each Gaussian"
    )
    seed: int = param(0, 0, 9999, 1, label="Seed", help="chooses the places")

    def check(self):
        if self.modes == 1 and self.spread == 0:
            raise UserError(
                "One mode with spread 0 is a single point, which leaves nothing to "
                "sample; 2 modes or a spread from 0.01 work."
            )

    @property
    def kind(self) -> str:
        return "line" if self.dimension == 1 else "plane"

    @property
    def thickness(self) -> float:
        return self.spread

    def points(self) -> Tensor:
        """The means, (modes, dimension)."""
        return _means(self.modes, self.dimension, self.seed)

    def labels(self) -> None:
        return None

    def view(self) -> Tensor:
        """(2, dimension): the principal plane of the means; (1, 1) on a line."""
        return _view(self.modes, self.dimension, self.seed)


@lru_cache(maxsize=64)
def _means(modes: int, dimension: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    means = torch.randn(modes, dimension, generator=generator, dtype=torch.float64)
    return scaled(means) if modes > 1 else torch.zeros_like(means)


@lru_cache(maxsize=64)
def _view(modes: int, dimension: int, seed: int) -> Tensor:
    if dimension == 1:
        return torch.ones(1, 1, dtype=torch.float64)
    return principal_plane(_means(modes, dimension, seed))
