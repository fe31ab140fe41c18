"""Euler–Maruyama on the SDE that EDM writes for every diffusion model, its Langevin term a control.

Karras et al. 2022, Eq. 6, in EDM's frame (t is σ) and backwards in time:

    dx = ε dσ + β σ ε dσ + √(2β) σ dω,        ε = (x̂ − D(x̂; σ))/σ = −σ ∇log p(x̂; σ)

The first term is the probability-flow ODE.  The other two are Langevin diffusion, which forgets
what errors came before: the decay of old noise, and new noise in its place.  They leave p(x; σ) as
it is only together, only for the true score, and only in steps that go to zero.
"""

from typing import ClassVar

import torch
from torch import Tensor

from ...settings import param, setting
from ..levels import moved, number
from ..ode import Ode, State
from .multistep import _SigmaFrame

HALVES = (("both", "decay and new noise"), ("decay", "decay alone"), ("noise", "new noise alone"))


@setting
class EulerMaruyama(_SigmaFrame):
    """x̂' = x̂ + (1 + b) h ε + √(2 b σ |h|) n, with h = σ' − σ and β(σ) = b/σ between two levels.

    b = 1 is the SDE of Song et al. 2021, b = 0 DDIM.  Where b and a step are large, the decay takes
    more noise than there is, and the run blows up: Algorithm 2 cannot.  Maruyama 1955; Karras et
    al. 2022, Sec. 4, Eq. 6 and App. B.5.
    """

    name: ClassVar[str] = "em"
    label: ClassVar[str] = "Euler–Maruyama"
    family: ClassVar[str] = "stochastic"
    order: ClassVar[int] = 1
    card: ClassVar[str] = (
        "Stochastic, one evaluation a step. The SDE with β(t) as a control; its halves can be "
        "switched on one at a time."
    )
    source: ClassVar[str] = "Karras et al. 2022, Eq. 6; Maruyama 1955"
    aliases: ClassVar[tuple[str, ...]] = ("EulerMaruyamaPredictor (score_sde)",)
    full_label: ClassVar[str] = "Euler–Maruyama β = {beta:g}/σ"
    beta: float = param(
        1.0, 0, 10, 0.01, label="β σ", help="β(t) in units of 1/σ: 0 the ODE, 1 Song et al."
    )
    low: float = param(0.0, 0, 100, label="β from", log=True, help="no Langevin term below this σ")
    high: float = param(1e9, 0, 1e9, label="β to", log=True, help="no Langevin term above this σ")
    half: str = param(
        "both",
        label="Langevin",
        choices=HALVES,
        help="decay and new noise leave the distribution as it is only together",
    )

    @property
    def makes_noise(self) -> bool:
        """Whether it leaves the paths of the ODE."""
        return self.beta > 0

    def rate(self, sigma: float | Tensor):
        """b(σ) = β(σ) σ: a number, or one for each sample."""
        if isinstance(sigma, Tensor):
            return torch.where((sigma >= self.low) & (sigma <= self.high), self.beta, 0.0)
        return self.beta if self.low <= sigma <= self.high else 0.0

    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        here, sigma = state.here, number(state.here.sigma)
        b, h = self.rate(sigma), sigma_next - sigma
        x = moved(here.plain, h * (1 + b if self.half != "noise" else 1), here.noise)
        if self.half == "decay" or not self.makes_noise:
            return x
        return moved(x, (2 * b * sigma * -h) ** 0.5, state.fresh_noise())
