"""What the grids share: their two ends, and that these must lie apart."""

import dataclasses
from typing import Any, ClassVar, Protocol, Self, cast

import torch
from torch import Tensor

from ...errors import UserError
from ...settings import param
from ..schedules import VP as VPSchedule

LOWEST, HIGHEST = 1e-4, 1000.0  # of every noise level the lab deals with
EPS_S = 1e-3  # where VP time ends: EDM Table 1


def sigma_min(default: float):
    """The control of a grid's lower end."""
    return param(default, LOWEST, 10, label="σ_min", log=True, help="the last noise level before 0")


def sigma_max(default: float):
    """The control of a grid's upper end."""
    return param(
        default,
        0.5,
        HIGHEST,
        label="σ_max",
        log=True,
        help="the first noise level: samples start as pure noise of this size",
    )


class TimeSteps(Protocol):
    """The noise levels at which a sampler stops."""

    @property
    def sigma_max(self) -> float: ...

    @property
    def sigma_min(self) -> float: ...

    @property
    def pure(self) -> bool:
        """Whether the first level is ∞; sigma_max is HIGHEST then."""
        ...

    def sigmas(self, n: int) -> Tensor:
        """n levels, (n,) float64, falling from the first to σ_min."""
        ...

    def within(self, low: float, high: float) -> Self:
        """The same kind of steps between these ends, where its own lie beyond."""
        ...


class Range:
    """Shared check: the range must run downwards, and far enough for a thousand levels."""

    sigma_min: float
    sigma_max: float
    pure: ClassVar[bool] = False

    def within(self, low: float, high: float) -> Self:
        """The same kind of steps between these ends, where its own lie beyond."""
        ends = {"sigma_max": min(self.sigma_max, high), "sigma_min": max(self.sigma_min, low)}
        return dataclasses.replace(cast(Any, self), **ends)

    def check(self):
        if not self.sigma_min * 1.001 < self.sigma_max:
            raise UserError(
                f"σ_min = {self.sigma_min:g} must be below σ_max = "
                f"{self.sigma_max:g}; swap them or widen the range."
            )


class VPRange(Range):
    """Shared check: the range must be one that some VP schedule spans."""

    def check(self):
        super().check()
        try:
            self.schedule()
        except UserError:
            raise UserError(
                f"No VP schedule runs from σ = {self.sigma_max:g} to {self.sigma_min:g}; "
                "σ_max from 2 and σ_min up to 0.03 work."
            ) from None

    def schedule(self) -> VPSchedule:
        """The VP schedule with σ(ε_s) = σ_min and σ(1) = σ_max."""
        return VPSchedule.fitted(self.sigma_min, self.sigma_max, EPS_S)


def ramp(n: int) -> Tensor:
    """0 to 1 in n points; a single point is 0."""
    return torch.arange(n, dtype=torch.float64) / max(n - 1, 1)
