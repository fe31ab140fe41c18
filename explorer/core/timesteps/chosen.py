"""Grids made of others, and levels as a person lists them."""

import itertools
import math
from typing import ClassVar

import torch
from torch import Tensor

from ...errors import UserError
from ...settings import param, setting
from .geometric import LogSNR, Rho
from .ranges import HIGHEST, LOWEST, Range, sigma_max, sigma_min
from .vp import VP, VPTime


@setting
class Mixed(Range):
    """σ_i = a_i^{1−w} b_i^w: between the ρ grid a and another grid b, level by level in log σ.

    Both fall between the same ends, so every mixture does too.
    """

    OTHERS: ClassVar[dict] = {"logsnr": LogSNR, "vp": VP, "vp_time": VPTime}

    name: ClassVar[str] = "mixed"
    label: ClassVar[str] = "mixture of two"
    short: ClassVar[str] = "mixture"
    formula: ClassVar[str] = "σ_i = a_i^{1−w} b_i^w,  a the ρ grid, b the other"
    source: ClassVar[str] = "a weighted geometric mean of two grids"
    w: float = param(
        0.5,
        0,
        1,
        0.01,
        label="mixture",
        help="0 is the ρ grid, 1 the other one; between them, each level is a "
        "weighted geometric mean",
    )
    rho: float = param(7.0, 1, 20, 0.1, label="ρ", help="of the ρ grid; 7 in EDM")
    other: str = param(
        "vp_time",
        label="mixed with",
        choices=(
            ("logsnr", "uniform in log SNR"),
            ("vp", "uniform in VP time"),
            ("vp_time", "VP time, ρ = 2"),
        ),
        help="the grid at the other end of the slider",
    )
    sigma_max: float = sigma_max(80.0)
    sigma_min: float = sigma_min(0.002)

    def check(self):
        super().check()
        self.grids()

    def grids(self) -> tuple:
        """The two settings that are mixed.  Raises UserError where one cannot span the range."""
        ends = {"sigma_max": self.sigma_max, "sigma_min": self.sigma_min}
        return Rho(rho=self.rho, **ends), self.OTHERS[self.other](**ends)

    def sigmas(self, n: int) -> Tensor:
        a, b = (grid.sigmas(n) for grid in self.grids())
        return a ** (1 - self.w) * b**self.w


@setting
class Custom:
    """A list of noise levels as it stands, largest first; a final 0 is taken off and added by the
    loop.  The number of steps is the length of the list, whatever the budget says.  The first may
    be ∞, written inf: pure noise.
    """

    name: ClassVar[str] = "custom"
    label: ClassVar[str] = "typed list"
    short: ClassVar[str] = "list"
    formula: ClassVar[str] = "σ_i as typed"
    source: ClassVar[str] = "a list of levels"
    levels: tuple = param(
        (80.0, 24.4, 5.84, 0.96, 0.0854, 0.002),
        0.0,
        HIGHEST,
        label="σ list",
        longest=512,
        endless=True,
        help="noise levels with commas, from large to small; inf first is pure noise",
    )

    def check(self):
        kept = self.levels[:-1] if self.levels and self.levels[-1] == 0 else self.levels
        if len(kept) < 2:
            raise UserError(f"A σ list needs at least two levels above 0; got {list(self.levels)}.")
        for a, b in itertools.pairwise(kept):
            if not a > b:
                raise UserError(f"A σ list must fall all the way; {b:g} does not lie below {a:g}.")
        if self.pure and kept[1] > HIGHEST:
            raise UserError(f"σ list = {kept[1]:g} is out of range; from 0 to {HIGHEST:g} works.")
        if kept[-1] < LOWEST:
            raise UserError(
                f"The smallest level {kept[-1]:g} is below {LOWEST:g}, which is as "
                "low as the lab goes."
            )

    @property
    def pure(self) -> bool:
        """Whether it begins at σ = ∞."""
        return math.isinf(self.levels[0])

    @property
    def sigma_max(self) -> float:
        return HIGHEST if self.pure else self.levels[0]

    @property
    def sigma_min(self) -> float:
        return self.levels[-1] or self.levels[-2]

    def within(self, low: float, high: float) -> "Custom":
        """The list with what lies beyond these ends moved to them, each level once."""
        if math.isfinite(high):
            high = min(high, HIGHEST)
        kept = (min(max(s, low), high) for s in self.levels if s > 0)
        return Custom(tuple(dict.fromkeys(kept)))

    def sigmas(self, n: int | None = None) -> Tensor:
        levels = self.levels[:-1] if self.levels[-1] == 0 else self.levels
        return torch.tensor(levels, dtype=torch.float64)
