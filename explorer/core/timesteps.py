"""Time steps: the noise levels σ_0 > σ_1 > ... at which a sampler stops.

`sigmas(n)` gives n levels down to σ_min, float64; the loop appends the final 0 where wanted.
"""

import itertools
import math
from typing import ClassVar

import torch
from torch import Tensor

from ..errors import UserError
from ..settings import named, param, setting
from .schedules import VP as VPSchedule

LOWEST, HIGHEST = 1e-4, 1000.0  # of every noise level the lab deals with
EPS_S = 1e-3  # where VP time ends: EDM Table 1


def _sigma_min(default):
    return param(default, LOWEST, 10, label="σ_min", log=True, help="the last noise level before 0")


def _sigma_max(default):
    return param(
        default,
        0.5,
        HIGHEST,
        label="σ_max",
        log=True,
        help="the first noise level: samples start as pure noise of this size",
    )


class _Range:
    """Shared check: the range must run downwards, and far enough for a thousand levels."""

    sigma_min: float
    sigma_max: float

    def check(self):
        if not self.sigma_min * 1.001 < self.sigma_max:
            raise UserError(
                f"σ_min = {self.sigma_min:g} must be below σ_max = "
                f"{self.sigma_max:g}; swap them or widen the range."
            )


class _VPRange(_Range):
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


def _ramp(n: int) -> Tensor:
    """0 to 1 in n points; a single point is 0."""
    return torch.arange(n, dtype=torch.float64) / max(n - 1, 1)


@setting
class Rho(_Range):
    """σ_i = (σ_max^{1/ρ} + i/(N−1) (σ_min^{1/ρ} − σ_max^{1/ρ}))^ρ.

    ρ = 1 is uniform in σ, ρ → ∞ uniform in log σ; EDM uses 7.  Karras et al. 2022, Eq. 5.
    """

    name: ClassVar[str] = "rho"
    label: ClassVar[str] = "ρ grid (EDM)"
    short: ClassVar[str] = "ρ grid"
    rho: float = param(
        7.0, 1, 20, 0.1, label="ρ", help="larger ρ puts more steps near the data; 7 in EDM"
    )
    sigma_max: float = _sigma_max(80.0)
    sigma_min: float = _sigma_min(0.002)

    def sigmas(self, n: int) -> Tensor:
        high, low = self.sigma_max ** (1 / self.rho), self.sigma_min ** (1 / self.rho)
        return (high + _ramp(n) * (low - high)) ** self.rho


@setting
class VP(_VPRange):
    """Uniform in the time of the VP schedule whose β give σ(ε_s) = σ_min and σ(1) = σ_max.

    Karras et al. 2022, Table 1, first column (ε_s = 10⁻³); Song et al. 2021.
    """

    name: ClassVar[str] = "vp"
    label: ClassVar[str] = "uniform in VP time"
    short: ClassVar[str] = "VP time"
    sigma_max: float = _sigma_max(152.16697)
    sigma_min: float = _sigma_min(0.010486)

    def sigmas(self, n: int) -> Tensor:
        return self.schedule().sigma(1 + _ramp(n) * (EPS_S - 1))


@setting
class VE(_Range):
    """σ_i² = σ_max² (σ_min²/σ_max²)^{i/(N−1)}: geometric, uniform in log σ.

    Karras et al. 2022, Table 1, second column; Song et al. 2021.
    """

    name: ClassVar[str] = "ve"
    label: ClassVar[str] = "geometric (VE)"
    short: ClassVar[str] = "geometric"
    sigma_max: float = _sigma_max(100.0)
    sigma_min: float = _sigma_min(0.02)

    def sigmas(self, n: int) -> Tensor:
        return self.sigma_max * (self.sigma_min / self.sigma_max) ** _ramp(n)


@setting
class IDDPM(_Range):
    """The levels u_j of a network trained on M discrete steps, picked evenly over j.

    u_M = 0, u_{j−1} = √((u_j² + 1)/max(ᾱ_{j−1}/ᾱ_j, C_1) − 1), ᾱ_j = sin²(π/2 · j/(M(C_2+1))).
    The first j_0 levels and those outside [σ_min, σ_max] are left out: EDM's j_0 = 8 of 1000 and
    its σ_max = 81 both start at u_8 = 80.2.  Karras et al. 2022, Table 1 and App. C.3.
    """

    name: ClassVar[str] = "iddpm"
    label: ClassVar[str] = "iDDPM levels"
    short: ClassVar[str] = "iDDPM"
    sigma_max: float = _sigma_max(81.0)
    sigma_min: float = _sigma_min(0.002)
    steps: int = param(1000, 100, 4000, 1, label="M", help="levels the network was trained on")
    c_1: float = param(0.001, 1e-5, 0.1, label="C₁", log=True, help="clips the largest levels")
    c_2: float = param(0.008, 1e-4, 0.1, label="C₂", log=True, help="offset of the cosine")
    j_0: int = param(
        0,
        0,
        3990,
        1,
        label="j₀",
        help="how many of the largest levels are left out, whatever σ_max says; 8 in "
        "EDM, where u₈ = 80.2",
    )

    def check(self):
        super().check()
        if self.j_0 > self.steps - 2:
            raise UserError(
                f"j₀ = {self.j_0} leaves out all of M = {self.steps} levels; at most "
                f"{self.steps - 2} works."
            )

    def levels(self) -> Tensor:
        """u_0 > ... > u_M = 0, (M + 1,)."""
        j = torch.arange(self.steps + 1, dtype=torch.float64)
        alpha_bar = torch.sin(math.pi / 2 * j / (self.steps * (self.c_2 + 1))) ** 2
        ratio = (alpha_bar[:-1] / alpha_bar[1:]).clamp(min=self.c_1)
        # u² + 1 is a running product, so the recursion needs no loop
        return torch.cat(
            [
                (1 / ratio).flip(0).cumprod(0).flip(0).sub(1).sqrt(),
                torch.zeros(1, dtype=torch.float64),
            ]
        )

    def sigmas(self, n: int) -> Tensor:
        u = self.levels()[self.j_0 :]
        u = u[(u >= self.sigma_min) & (u <= self.sigma_max)]
        if n > len(u):
            skipped = f" after the first {self.j_0}" if self.j_0 else ""
            raise UserError(
                f"{n} steps from {len(u)} iDDPM levels between {self.sigma_min:g} and "
                f"{self.sigma_max:g}{skipped}: use at most {len(u)} or widen the range."
            )
        return u[torch.round(_ramp(n) * (len(u) - 1)).long()]


@setting
class LogSNR(_Range):
    """λ_i = λ_0 + i/(N−1) (λ_{N−1} − λ_0) with λ = −ln σ, half the log signal-to-noise ratio.

    The same levels as `VE`, reached from the other side, and the limit ρ → ∞ of `Rho`.  It has
    an entry of its own because DPM-Solver++ and UniPC, whose default it is, know it by this name.
    Lu et al. 2022, arXiv:2206.00927.
    """

    name: ClassVar[str] = "logsnr"
    label: ClassVar[str] = "uniform in log SNR"
    short: ClassVar[str] = "log SNR"
    sigma_max: float = _sigma_max(80.0)
    sigma_min: float = _sigma_min(0.002)

    def sigmas(self, n: int) -> Tensor:
        first, last = -math.log(self.sigma_max), -math.log(self.sigma_min)
        return (-(first + _ramp(n) * (last - first))).exp()


@setting
class VPTime(_VPRange):
    """τ_i = (1 + i/(N−1) (ε_s^{1/ρ} − 1))^ρ, σ_i = σ(τ_i) of the VP schedule fitted to the range.

    ρ = 1 is `VP` (uniform time), ρ = 2 the quadratic steps of DDIM and DEIS; ε_s = 10⁻³.
    Zhang & Chen 2023, arXiv:2204.13902; `time_uniform` in the code of AMED and GITS.
    """

    name: ClassVar[str] = "vp_time"
    label: ClassVar[str] = "VP time with exponent"
    short: ClassVar[str] = "VP time, exp."
    rho: float = param(
        2.0,
        1,
        4,
        0.1,
        label="ρ",
        help="1 is uniform in VP time; larger ρ puts more steps near the data",
    )
    sigma_max: float = _sigma_max(80.0)
    sigma_min: float = _sigma_min(0.002)

    def sigmas(self, n: int) -> Tensor:
        return self.schedule().sigma((1 + _ramp(n) * (EPS_S ** (1 / self.rho) - 1)) ** self.rho)


@setting
class Mixed(_Range):
    """σ_i = a_i^{1−w} b_i^w: between the ρ grid a and another grid b, level by level in log σ.

    Both fall between the same ends, so every mixture does too.
    """

    OTHERS: ClassVar[dict] = {"logsnr": LogSNR, "vp": VP, "vp_time": VPTime}

    name: ClassVar[str] = "mixed"
    label: ClassVar[str] = "mixture of two"
    short: ClassVar[str] = "mixture"
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
    sigma_max: float = _sigma_max(80.0)
    sigma_min: float = _sigma_min(0.002)

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
    loop.  The number of steps is the length of the list, whatever the budget says.
    """

    name: ClassVar[str] = "custom"
    label: ClassVar[str] = "typed list"
    short: ClassVar[str] = "list"
    levels: tuple = param(
        (80.0, 24.4, 5.84, 0.96, 0.0854, 0.002),
        0.0,
        HIGHEST,
        label="σ list",
        longest=512,
        help="noise levels with commas, from large to small",
    )

    def check(self):
        kept = self.levels[:-1] if self.levels and self.levels[-1] == 0 else self.levels
        if len(kept) < 2:
            raise UserError(f"A σ list needs at least two levels above 0; got {list(self.levels)}.")
        for a, b in itertools.pairwise(kept):
            if not a > b:
                raise UserError(f"A σ list must fall all the way; {b:g} does not lie below {a:g}.")
        if kept[-1] < LOWEST:
            raise UserError(
                f"The smallest level {kept[-1]:g} is below {LOWEST:g}, which is as "
                "low as the lab goes."
            )

    @property
    def sigma_max(self) -> float:
        return self.levels[0]

    @property
    def sigma_min(self) -> float:
        return self.levels[-1] or self.levels[-2]

    def sigmas(self, n: int | None = None) -> Tensor:
        levels = self.levels[:-1] if self.levels[-1] == 0 else self.levels
        return torch.tensor(levels, dtype=torch.float64)


TIMESTEPS = named(Rho, VP, VE, IDDPM, LogSNR, VPTime, Mixed, Custom)
