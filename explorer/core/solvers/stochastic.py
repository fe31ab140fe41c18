"""Stochastic solvers: new noise in every step.  Judged by distributions, never by path error."""

from typing import ClassVar

from torch import Tensor

from ...settings import param, setting
from ..levels import exp, expm1, moved, number
from ..ode import Ode, State
from .exponential import _gap
from .multistep import _SigmaFrame


def _eta():
    return param(1.0, 0, 1, 0.01, label="η", help="how much noise is renewed: 0 none, 1 all")


def _noise():
    return param(1.0, 0.9, 1.1, 0.001, label="Noise", help="size of the new noise")


class _Stochastic(_SigmaFrame):
    """Shared: how much noise is renewed."""

    eta: float
    family: ClassVar[str] = "stochastic"

    @property
    def makes_noise(self) -> bool:
        """At η = 0 its steps are those of an ODE."""
        return self.eta > 0


@setting
class EulerAncestral(_Stochastic):
    """Step down to σ_d by Euler in σ, then add noise of size σ_u, σ_d² + σ_u² = σ'².

        σ_u = η σ' √(1 − σ'²/σ²) ≤ σ'

    “Euler a” of image tools; with η = 1 DDPM's ancestral sampling.
    Ho et al. 2020; Song et al. 2021.
    """

    name: ClassVar[str] = "euler_a"
    label: ClassVar[str] = "Euler ancestral"
    order: ClassVar[int] = 1
    card: ClassVar[str] = "Stochastic, one evaluation a step. “Euler a”: never settles, forgives."
    source: ClassVar[str] = "Ho et al. 2020; Song et al. 2021"
    aliases: ClassVar[tuple[str, ...]] = (
        "sample_euler_ancestral",
        "EulerAncestralDiscreteScheduler",
        "Euler a",
        "euler_ancestral",
    )
    eta: float = _eta()
    noise: float = _noise()

    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        here, end, sigma = state.here, sigma_next, number(state.here.sigma)
        share = end * (1 - (end / sigma) ** 2) ** 0.5  # never above σ'
        up = self.eta * share
        down = (end**2 - up**2) ** 0.5
        x = moved(here.denoised, down, here.noise)
        return moved(x, up * self.noise, state.fresh_noise()) if self.eta > 0 else x


@setting
class DPMppSDE(_Stochastic):
    """DPM-Solver++(2M) SDE: the multistep exponential integrator of the reverse SDE, midpoint form.

        x̂' = (σ'/σ) e^{−ηh} x̂ + (1 − e^{−(1+η)h}) [D + (D − D_1)/(2r)] + σ' √(1 − e^{−2ηh}) n

    Lu et al. 2022, arXiv:2211.01095, Sec. 4; the form of k-diffusion.
    """

    name: ClassVar[str] = "dpmpp_sde"
    label: ClassVar[str] = "DPM-Solver++(2M) SDE"
    order: ClassVar[int] = 2
    card: ClassVar[str] = (
        "Stochastic, one evaluation a step, memory of one. Popular in image tools."
    )
    source: ClassVar[str] = "Lu et al. 2022, arXiv:2211.01095"
    aliases: ClassVar[tuple[str, ...]] = (
        "sample_dpmpp_2m_sde",
        "DPMSolverMultistepScheduler, sde-dpmsolver++",
        "DPM++ 2M SDE",
        "dpmpp_2m_sde",
    )
    eta: float = _eta()
    noise: float = _noise()

    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        here, past = state.here, state.past
        h, d = _gap(here, sigma_next), here.denoised
        gain = -expm1(-(1 + self.eta) * h)
        keep = sigma_next / number(here.sigma) * exp(-self.eta * h)
        x = moved(keep * here.plain, gain, d)
        if len(past) > 1:
            r = _gap(past[-2], here.sigma) / h
            x = moved(x, 0.5 * gain / r, d - past[-2].denoised)
        if self.eta == 0:
            return x
        size = sigma_next * (-expm1(-2 * self.eta * h)) ** 0.5 * self.noise
        return moved(x, size, state.fresh_noise())
