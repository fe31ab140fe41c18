"""Grids that know no schedule: even in a power of σ, or in its logarithm."""

import math
from typing import ClassVar

from torch import Tensor

from ...settings import param, setting
from .ranges import Range, ramp, sigma_max, sigma_min


@setting
class Rho(Range):
    """σ_i = (σ_max^{1/ρ} + i/(N−1) (σ_min^{1/ρ} − σ_max^{1/ρ}))^ρ.

    ρ = 1 is uniform in σ, ρ → ∞ uniform in log σ; EDM uses 7.  Karras et al. 2022, Eq. 5.
    """

    name: ClassVar[str] = "rho"
    label: ClassVar[str] = "ρ grid (EDM)"
    short: ClassVar[str] = "ρ grid"
    formula: ClassVar[str] = "σ_i = (σ_max^{1/ρ} + i/(N − 1) (σ_min^{1/ρ} − σ_max^{1/ρ}))^ρ"
    source: ClassVar[str] = "Karras et al. 2022, Eq. 5"
    rho: float = param(
        7.0, 1, 20, 0.1, label="ρ", help="larger ρ puts more steps near the data; 7 in EDM"
    )
    sigma_max: float = sigma_max(80.0)
    sigma_min: float = sigma_min(0.002)

    def sigmas(self, n: int) -> Tensor:
        high, low = self.sigma_max ** (1 / self.rho), self.sigma_min ** (1 / self.rho)
        return (high + ramp(n) * (low - high)) ** self.rho


@setting
class VE(Range):
    """σ_i² = σ_max² (σ_min²/σ_max²)^{i/(N−1)}: geometric, uniform in log σ.

    Karras et al. 2022, Table 1, second column; Song et al. 2021.
    """

    name: ClassVar[str] = "ve"
    label: ClassVar[str] = "geometric (VE)"
    short: ClassVar[str] = "geometric"
    formula: ClassVar[str] = "σ_i = σ_max (σ_min/σ_max)^{i/(N − 1)}"
    source: ClassVar[str] = "Karras et al. 2022, Table 1; Song et al. 2021"
    sigma_max: float = sigma_max(100.0)
    sigma_min: float = sigma_min(0.02)

    def sigmas(self, n: int) -> Tensor:
        return self.sigma_max * (self.sigma_min / self.sigma_max) ** ramp(n)


@setting
class LogSNR(Range):
    """λ_i = λ_0 + i/(N−1) (λ_{N−1} − λ_0) with λ = −ln σ, half the log signal-to-noise ratio.

    The same levels as `VE`, reached from the other side, and the limit ρ → ∞ of `Rho`.  It has
    an entry of its own because DPM-Solver++ and UniPC, whose default it is, know it by this name.
    Lu et al. 2022, arXiv:2206.00927.
    """

    name: ClassVar[str] = "logsnr"
    label: ClassVar[str] = "uniform in log SNR"
    short: ClassVar[str] = "log SNR"
    formula: ClassVar[str] = "σ_i = exp(−λ_i),  λ_i = −ln σ_max + i/(N − 1) (ln σ_max − ln σ_min)"
    source: ClassVar[str] = "Lu et al. 2022, arXiv:2206.00927"
    sigma_max: float = sigma_max(80.0)
    sigma_min: float = sigma_min(0.002)

    def sigmas(self, n: int) -> Tensor:
        first, last = -math.log(self.sigma_max), -math.log(self.sigma_min)
        return (-(first + ramp(n) * (last - first))).exp()
