"""Grids in the time of flow matching, t = σ/(1 + σ), from pure noise at t = 1."""

import dataclasses
import math
from typing import Any, ClassVar, Self, cast

import torch
from torch import Tensor

from ...errors import UserError
from ...settings import param, setting
from .. import tables
from .ranges import HIGHEST, ramp

FINEST = 1e-3  # the time that stands for the last of N even steps where N is not known
SHIFTS = 1e-5, 1e6  # from the least to the most that a size may ask for


def _t_max():
    return param(
        1.0,
        0.3,
        1.0,
        0.001,
        label="t_max",
        help="the first time before the shift: 1 is pure noise, σ = ∞",
    )


def _t_min():
    return param(
        0.0,
        0.0,
        0.2,
        0.001,
        label="t_min",
        help="the last time above 0 before the shift, 0.001 in diffusers’ SD3; 0: N even steps, "
        "the last of them to 0",
    )


def _floor():
    return param(0.0, 0, 10, label="lowest σ", help="levels below are left out; 0: none")


class _Times:
    """Shared: even steps in t, then the shift, which multiplies σ by α."""

    t_max: float
    t_min: float
    floor: float

    @property
    def alpha(self) -> float:
        """What the shift multiplies σ by."""
        raise NotImplementedError

    @property
    def pure(self) -> bool:
        """Whether it begins at σ = ∞."""
        return self.t_max == 1

    @property
    def sigma_max(self) -> float:
        """The first level; where that is ∞, the lab's highest."""
        return HIGHEST if self.pure else self.alpha * self.t_max / (1 - self.t_max)

    @property
    def sigma_min(self) -> float:
        t = self.t_min or FINEST
        return max(self.alpha * t / (1 - t), self.floor)

    def check(self):
        if not SHIFTS[0] <= self.alpha <= SHIFTS[1]:
            raise UserError(
                f"This shift multiplies σ by {self.alpha:.3g}; the lab goes from {SHIFTS[0]:g} to "
                f"{SHIFTS[1]:g}. Sizes nearer to base and max work."
            )
        if not self.sigma_min * 1.001 < self.sigma_max:
            raise UserError(
                f"These times end at σ = {self.sigma_min:.3g}, not below where they begin, "
                f"{self.sigma_max:.3g}; take a larger t_max or a smaller end."
            )

    def within(self, low: float, high: float) -> Self:
        """The same kind of steps between these ends, where its own lie beyond."""
        changed: dict[str, float] = {}
        if self.pure and math.isfinite(high):
            high = min(high, HIGHEST)
        if high < self.sigma_max or self.pure and math.isfinite(high):
            changed["t_max"] = max(0.3, float(tables.flow_time(high / self.alpha)))
        if low > self.sigma_min:
            changed["floor"] = low
        return dataclasses.replace(cast(Any, self), **changed)

    def sigmas(self, n: int) -> Tensor:
        if self.t_min:
            t = self.t_max + ramp(n) * (self.t_min - self.t_max)
        else:
            t = self.t_max * (1 - torch.arange(n, dtype=torch.float64) / n)
        sigma = self.alpha * t / (1 - t)
        kept = sigma >= self.floor * (1 - 1e-12)
        kept[0] = True
        return sigma[kept]


@setting
class Flow(_Times):
    """t_i even from t_max, then σ_i = α t_i/(1 − t_i), which is t' = α t/(1 + (α − 1) t).

    α = 3 in SD3, 1 in a model without a shift.  Esser et al. 2024, arXiv:2403.03206, Eq. 23.
    """

    name: ClassVar[str] = "flow"
    label: ClassVar[str] = "flow time t"
    short: ClassVar[str] = "flow time"
    formula: ClassVar[str] = "σ_i = α t_i/(1 − t_i),  t_i = t_max (1 − i/N)"
    source: ClassVar[str] = "Liu et al. 2022; Esser et al. 2024, Eq. 23"
    shift: float = param(
        3.0,
        0.01,
        100,
        label="shift α",
        log=True,
        help="multiplies σ by α: more steps at high noise; 3 in SD3, 1 without",
    )
    t_max: float = _t_max()
    t_min: float = _t_min()
    floor: float = _floor()

    @property
    def alpha(self) -> float:
        """The shift."""
        return self.shift


@setting
class FlowSized(_Times):
    """Flow times whose shift grows with the picture: α = e^μ, μ linear in the count of tokens,
    (side/16)², from base to max.

    Flux: μ = 0.5 at 256 tokens and 1.15 at 4096.  Esser et al. 2024, Sec. 5.3.2, for why.
    """

    name: ClassVar[str] = "flow_size"
    label: ClassVar[str] = "flow time, shift by size"
    short: ClassVar[str] = "flow, by size"
    formula: ClassVar[str] = "σ_i = e^μ t_i/(1 − t_i),  t_i = t_max (1 − i/N)"
    source: ClassVar[str] = "Black Forest Labs 2024 (Flux); Esser et al. 2024, Sec. 5.3.2"
    side: int = param(1024, 64, 4096, 16, label="side, px", help="of a square picture")
    base_shift: float = param(0.5, -5, 5, 0.05, label="μ at base", help="of 256 tokens in Flux")
    max_shift: float = param(1.15, -5, 5, 0.05, label="μ at max", help="of 4096 tokens in Flux")
    base_tokens: int = param(256, 1, 65536, 1, label="base tokens", log=True)
    max_tokens: int = param(4096, 1, 65536, 1, label="max tokens", log=True)
    t_max: float = _t_max()
    t_min: float = _t_min()
    floor: float = _floor()

    @property
    def mu(self) -> float:
        """ln α of this size.  Raises UserError where base and max agree."""
        ends = self.base_tokens, self.max_tokens, self.base_shift, self.max_shift
        return tables.mu_of((self.side / 16) ** 2, *ends)

    @property
    def alpha(self) -> float:
        """e^μ."""
        return tables.alpha_of(self.mu)
