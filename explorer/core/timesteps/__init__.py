"""Time steps: the noise levels σ_0 > σ_1 > ... at which a sampler stops.

`sigmas(n)` gives n levels down to σ_min, float64; the loop appends the final 0 where wanted.
`formula` is for a reader: x_i and x_{max} stand below, x^2 and x^{1/ρ} above the line.
"""

from ...settings import named
from .chosen import Custom, Mixed
from .geometric import VE, LogSNR, Rho
from .iddpm import IDDPM
from .ranges import EPS_S, HIGHEST, LOWEST, TimeSteps
from .vp import VP, VPTime

TIMESTEPS = named(Rho, VP, VE, IDDPM, LogSNR, VPTime, Mixed, Custom)

__all__ = [
    "EPS_S",
    "HIGHEST",
    "IDDPM",
    "LOWEST",
    "TIMESTEPS",
    "VE",
    "VP",
    "Custom",
    "LogSNR",
    "Mixed",
    "Rho",
    "TimeSteps",
    "VPTime",
]
