"""Grids in the time of the VP schedule that spans their range."""

from typing import ClassVar

from torch import Tensor

from ...settings import param, setting
from .ranges import EPS_S, VPRange, ramp, sigma_max, sigma_min


@setting
class VP(VPRange):
    """Uniform in the time of the VP schedule whose β give σ(ε_s) = σ_min and σ(1) = σ_max.

    Karras et al. 2022, Table 1, first column (ε_s = 10⁻³); Song et al. 2021.
    """

    name: ClassVar[str] = "vp"
    label: ClassVar[str] = "uniform in VP time"
    short: ClassVar[str] = "VP time"
    formula: ClassVar[str] = (
        "σ_i = √(exp(½ β_d t_i² + β_min t_i) − 1),  t_i = 1 + i/(N − 1) (ε_s − 1)"
    )
    source: ClassVar[str] = "Karras et al. 2022, Table 1; Song et al. 2021"
    sigma_max: float = sigma_max(152.16697)
    sigma_min: float = sigma_min(0.010486)

    def sigmas(self, n: int) -> Tensor:
        return self.schedule().sigma(1 + ramp(n) * (EPS_S - 1))


@setting
class VPTime(VPRange):
    """τ_i = (1 + i/(N−1) (ε_s^{1/ρ} − 1))^ρ, σ_i = σ(τ_i) of the VP schedule fitted to the range.

    ρ = 1 is `VP` (uniform time), ρ = 2 the quadratic steps of DDIM and DEIS; ε_s = 10⁻³.
    Zhang & Chen 2023, arXiv:2204.13902; `time_uniform` in the code of AMED and GITS.
    """

    name: ClassVar[str] = "vp_time"
    label: ClassVar[str] = "VP time with exponent"
    short: ClassVar[str] = "VP time, exp."
    formula: ClassVar[str] = (
        "σ_i = √(exp(½ β_d τ_i² + β_min τ_i) − 1),  τ_i = (1 + i/(N − 1) (ε_s^{1/ρ} − 1))^ρ"
    )
    source: ClassVar[str] = "Zhang & Chen 2023, arXiv:2204.13902"
    rho: float = param(
        2.0,
        1,
        4,
        0.1,
        label="ρ",
        help="1 is uniform in VP time; larger ρ puts more steps near the data",
    )
    sigma_max: float = sigma_max(80.0)
    sigma_min: float = sigma_min(0.002)

    def sigmas(self, n: int) -> Tensor:
        return self.schedule().sigma((1 + ramp(n) * (EPS_S ** (1 / self.rho) - 1)) ** self.rho)
