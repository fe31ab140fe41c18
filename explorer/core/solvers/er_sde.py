"""ER-SDE: solvers of the SDEs whose noise function is free, in the (x̂, σ) frame."""

import math
from functools import lru_cache
from typing import ClassVar

import numpy as np
from torch import Tensor

from ...settings import param, setting
from ..levels import moved, number
from ..ode import Ode, Point, State
from .multistep import _order, _SigmaFrame
from .stochastic import _noise

# g(σ) = φ(σ)/σ of the paper's noise functions, whose logarithm is what is computed with
SCALERS = {
    "exp": ("σ(exp σ^0.3 + 10)", lambda s: np.log(np.exp(s**0.3) + 10)),
    "inverse": ("σ(exp(−1/σ) + 10)", lambda s: np.log(np.exp(-1 / s) + 10)),
    "p15": ("σ^1.5", lambda s: 0.5 * np.log(s)),
    "p25": ("σ^2.5", lambda s: 1.5 * np.log(s)),
    "log": (
        "σ^0.9 log₁₀(1 + 100 σ^1.5)",
        lambda s: -0.1 * np.log(s) + np.log(np.log1p(100 * s**1.5)),
    ),
    "sde": ("σ², the SDE", lambda s: np.log(s)),
    "ode": ("σ, the ODE", lambda s: 0 * s),
}
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(32)  # exact to the last digits up to h = 10


@lru_cache(maxsize=4096)
def scaled_integrals(scaler: str, sigma: float, sigma_next: float) -> tuple[float, float, float]:
    """Of a step: g(σ')/g(σ), φ(σ') ∫_σ'^σ du/φ(u) and φ(σ') ∫_σ'^σ (u − σ)/φ(u) du."""
    log_g = SCALERS[scaler][1]
    end, h = float(log_g(np.float64(sigma_next))), math.log(sigma / sigma_next)
    u = sigma_next * np.exp(0.5 * h * (NODES + 1))
    part = 0.5 * h * NODE_WEIGHTS * sigma_next * np.exp(end - log_g(u))
    ratio = math.exp(end - float(log_g(np.float64(sigma))))
    return ratio, float(part.sum()), float((part * (u - sigma)).sum())


@setting
class ERSDE(_SigmaFrame):
    """The SDEs whose noise function φ(σ) is free, with D as a Taylor series in σ.

        x̂' = r x̂ + (1 − r) D + [σ' − σ + I_1] D' + [(σ' − σ)²/2 + I_2] D″ + √(σ'² − r²σ²) n
        r = φ(σ')/φ(σ),   I_1 = φ(σ') ∫_σ'^σ du/φ(u),   I_2 = φ(σ') ∫_σ'^σ (u − σ)/φ(u) du

    φ = σ is the ODE, σ² the SDE of Song et al. 2021; any φ works for which φ/σ does not fall.  D'
    and D″ are differences of the past, as published: D' is that of half a step ago, so that three
    points are of order 2, not 3.  Cui et al. 2023, arXiv:2309.06169; its
    code takes the integrals by 100 rectangles, here they are exact.
    """

    name: ClassVar[str] = "er_sde"
    label: ClassVar[str] = "ER-SDE"
    family: ClassVar[str] = "stochastic"
    card: ClassVar[str] = (
        "Stochastic with a noise function φ(σ) to choose, one evaluation a step. Its distribution "
        "nears the data’s with order 2, single paths with 1."
    )
    source: ClassVar[str] = "Cui et al. 2023, arXiv:2309.06169"
    aliases: ClassVar[tuple[str, ...]] = ("er_sde", "sample_er_sde", "ER-SDE-Solver-3")
    order: int = _order(3, 3)
    scaler: str = param(
        "exp",
        label="φ(σ)",
        choices=tuple((k, label) for k, (label, _) in SCALERS.items()),
        help="how much noise is renewed: the faster φ grows, the more",
    )
    noise: float = _noise()

    @property
    def makes_noise(self) -> bool:
        """φ = σ is the ODE."""
        return self.scaler != "ode"

    @property
    def nominal_order(self) -> int:
        """Without noise: D' of half a step ago leaves an error of order 2."""
        return min(self.order, 2)

    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        here, past = state.here, state.past
        sigma = number(here.sigma)
        g, first, second = scaled_integrals(self.scaler, sigma, sigma_next)
        r, h = g * sigma_next / sigma, sigma_next - sigma
        x = moved(r * here.plain, 1 - r, here.denoised)
        if len(past) > 1:
            slope = _slope(past[-2], here)
            x = moved(x, h + first, slope)
        if len(past) > 2:
            apart = (sigma - number(past[-3].sigma)) / 2
            bend = (slope - _slope(past[-3], past[-2])) / apart
            x = moved(x, h**2 / 2 + second, bend)
        if not self.makes_noise:
            return x
        return moved(x, sigma_next * max(0.0, 1 - g**2) ** 0.5 * self.noise, state.fresh_noise())


def _slope(before: Point, here: Point) -> Tensor:
    """dD/dσ between two points."""
    return (here.denoised - before.denoised) / (number(here.sigma) - number(before.sigma))
