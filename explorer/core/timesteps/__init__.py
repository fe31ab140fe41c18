"""Time steps: the noise levels σ_0 > σ_1 > ... at which a sampler stops.

`sigmas(n)` gives n levels down to σ_min, float64; the loop appends the final 0 where wanted.  The
first is ∞ where the grid is `pure`; its `sigma_max` is then the lab's highest level.
`formula` is for a reader: x_i and x_{max} stand below, x^2 and x^{1/ρ} above the line.
"""

from ...settings import named
from .chosen import Custom, Mixed
from .flow import Flow, FlowSized
from .geometric import VE, LogSNR, Rho
from .iddpm import IDDPM
from .ranges import EPS_S, HIGHEST, LOWEST, TimeSteps
from .vp import VP, VPTime

TIMESTEPS = named(Rho, VP, VE, IDDPM, LogSNR, VPTime, Flow, FlowSized, Mixed, Custom)

__all__ = [
    "EPS_S",
    "HIGHEST",
    "IDDPM",
    "LOWEST",
    "TIMESTEPS",
    "VE",
    "VP",
    "Custom",
    "Flow",
    "FlowSized",
    "LogSNR",
    "Mixed",
    "Rho",
    "TimeSteps",
    "VPTime",
]
