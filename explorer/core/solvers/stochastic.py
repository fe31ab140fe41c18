"""Stochastic solvers: new noise in every step.  Judged by distributions, never by path error."""

from typing import ClassVar

from torch import Tensor

from ...settings import param, setting
from ..levels import between, exp, expm1, moved, number
from ..ode import Ode, State
from .exponential import _gap
from .multistep import _evaluate, _SigmaFrame


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


class _Ancestral(_Stochastic):
    """Shared: down to σ_d, then new noise of size σ_u, so that σ_d² + σ_u² = σ'².

        σ_u = η σ' √(1 − σ'²/σ²) ≤ σ'

    In (x̂, σ) this is the same for every schedule.  Where the state is s x̂, as in flow matching
    with s = 1/(1 + σ), noise of size σ_u at x̂ is of size s σ_u, and x̂_d is worth s(σ')x̂_d, not
    s(σ_d)x̂_d: image tools that forgot this ended flow models at nearly twice the variance, and more
    steps made it worse (tests/core/test_flow_noise.py).
    """

    noise: float

    def split(self, sigma, end) -> tuple:
        """σ_d and σ_u."""
        share = end * (1 - (end / sigma) ** 2) ** 0.5  # never above σ'
        up = self.eta * share
        return (end**2 - up**2) ** 0.5, up

    def renewed(self, state: State, x: Tensor, up) -> Tensor:
        """The new noise is added."""
        return moved(x, up * self.noise, state.fresh_noise()) if self.eta > 0 else x


@setting
class EulerAncestral(_Ancestral):
    """Step down to σ_d by Euler in σ, then add noise of size σ_u, σ_d² + σ_u² = σ'².

    “Euler a” of image tools; with η = 1 DDPM's ancestral sampling.
    Ho et al. 2020; Song et al. 2021.
    """

    name: ClassVar[str] = "euler_a"
    renoises: ClassVar[bool] = True
    label: ClassVar[str] = "Euler ancestral"
    order: ClassVar[int] = 1
    card: ClassVar[str] = (
        "Stochastic, one evaluation a step. “Euler a”: never settles, forgives. In (x̂, σ), so its "
        "marginals are right on flow models too."
    )
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
        here = state.here
        down, up = self.split(number(here.sigma), sigma_next)
        return self.renewed(state, moved(here.denoised, down, here.noise), up)


@setting
class DPM2Ancestral(_Ancestral):
    """DPM-Solver-2 down to σ_d, its second evaluation at √(σ σ_d), then new noise of size σ_u.

    “DPM2 a” of image tools, which has its middle between the logarithms of σ and σ_d.
    Lu et al. 2022, arXiv:2206.00927; the form of k-diffusion.
    """

    name: ClassVar[str] = "dpm2_a"
    label: ClassVar[str] = "DPM2 ancestral"
    order: ClassVar[int] = 2
    evaluations: ClassVar[int] = 2
    memory: ClassVar[int] = 1
    card: ClassVar[str] = (
        "Stochastic, two evaluations a step. “DPM2 a”; in (x̂, σ), so its marginals are right on "
        "flow models too."
    )
    source: ClassVar[str] = "Lu et al. 2022, arXiv:2206.00927; k-diffusion"
    aliases: ClassVar[tuple[str, ...]] = (
        "sample_dpm_2_ancestral",
        "KDPM2AncestralDiscreteScheduler",
        "DPM2 a",
        "dpm_2_ancestral",
    )
    eta: float = _eta()
    noise: float = _noise()

    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        here, sigma = state.here, number(state.here.sigma)
        down, up = self.split(sigma, sigma_next)
        middle = (sigma * down) ** 0.5
        there = _evaluate(ode, moved(here.plain, middle - sigma, here.noise), middle)
        return self.renewed(state, moved(here.plain, down - sigma, there.noise), up)


@setting
class DPMpp2SAncestral(_Ancestral):
    """DPM-Solver++(2S) down to σ_d, its second evaluation halfway in λ, then new noise of size σ_u.

    Lu et al. 2022, arXiv:2211.01095, Algorithm 1; the form of k-diffusion.
    """

    name: ClassVar[str] = "dpmpp_2s_a"
    label: ClassVar[str] = "DPM++ 2S ancestral"
    order: ClassVar[int] = 2
    evaluations: ClassVar[int] = 2
    memory: ClassVar[int] = 1
    card: ClassVar[str] = (
        "Stochastic, two evaluations a step. “DPM++ 2S a”; in (x̂, σ), so its marginals are right "
        "on flow models too."
    )
    source: ClassVar[str] = "Lu et al. 2022, arXiv:2211.01095; k-diffusion"
    aliases: ClassVar[tuple[str, ...]] = (
        "sample_dpmpp_2s_ancestral",
        "DPM++ 2S a",
        "dpmpp_2s_ancestral",
    )
    eta: float = _eta()
    noise: float = _noise()

    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        here, sigma = state.here, number(state.here.sigma)
        down, up = self.split(sigma, sigma_next)
        left = (down / sigma) ** 0.5  # e^{−h/2}
        there = _evaluate(ode, between(here.denoised, here.plain, left), left * sigma)
        return self.renewed(state, between(there.denoised, here.plain, left * left), up)


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
