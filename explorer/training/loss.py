"""Training losses: which noise levels are drawn, and how much each weighs.

    loss = λ(σ) ‖D(y + n; σ) − y‖²,    σ ~ p_train,  n ~ N(0, σ² I)      EDM, Eqs. 2 and 8, Table 1

Each loss is a frozen dataclass with sigma(n, generator), weight(σ) and density(σ) per unit of ln σ.
"""

import dataclasses

import torch
from torch import Tensor

from ..analysis.loss import edm_density, flow_density, iddpm_density, ve_density, vp_density
from ..core.schedules import VP as VPSchedule
from ..core.timesteps import IDDPM as IDDPMLevels


@dataclasses.dataclass(frozen=True)
class VPLoss:
    """t ~ U(ε_t, 1), λ = 1/σ²."""

    epsilon_t: float = 1e-5

    def sigma(self, n: int, generator: torch.Generator) -> Tensor:
        """n noise levels, float64, where the generator is; so in the other losses."""
        t = 1 + torch.rand(n, generator=generator, device=generator.device, dtype=torch.float64) * (
            self.epsilon_t - 1
        )
        return VPSchedule().sigma(t)

    def weight(self, sigma: Tensor) -> Tensor:
        return sigma**-2

    def density(self, sigma: Tensor) -> Tensor:
        return vp_density(sigma, self.epsilon_t)


@dataclasses.dataclass(frozen=True)
class VELoss:
    """ln σ ~ U(ln σ_min, ln σ_max), λ = 1/σ²."""

    sigma_min: float = 0.02
    sigma_max: float = 100.0

    def sigma(self, n: int, generator: torch.Generator) -> Tensor:
        u = torch.rand(n, generator=generator, device=generator.device, dtype=torch.float64)
        return self.sigma_min * (self.sigma_max / self.sigma_min) ** u

    def weight(self, sigma: Tensor) -> Tensor:
        return sigma**-2

    def density(self, sigma: Tensor) -> Tensor:
        return ve_density(sigma, self.sigma_min, self.sigma_max)


@dataclasses.dataclass(frozen=True)
class IDDPMLoss:
    """σ = u_j, j uniform over the 1000 levels, λ = 1/σ²; without the L_vlb of the original."""

    def sigma(self, n: int, generator: torch.Generator) -> Tensor:
        levels = IDDPMLevels().levels()[:-1].to(generator.device)
        return levels[torch.randint(len(levels), (n,), generator=generator, device=levels.device)]

    def weight(self, sigma: Tensor) -> Tensor:
        return sigma**-2

    def density(self, sigma: Tensor) -> Tensor:
        return iddpm_density(sigma)


@dataclasses.dataclass(frozen=True)
class EDMLoss:
    """ln σ ~ N(P_mean, P_std²), λ = (σ² + σ_data²)/(σ σ_data)²: 1 at every level to begin with."""

    sigma_data: float = 0.5
    p_mean: float = -1.2
    p_std: float = 1.2

    def sigma(self, n: int, generator: torch.Generator) -> Tensor:
        z = torch.randn(n, generator=generator, device=generator.device, dtype=torch.float64)
        return (self.p_mean + self.p_std * z).exp()

    def weight(self, sigma: Tensor) -> Tensor:
        return (sigma**2 + self.sigma_data**2) / (sigma * self.sigma_data) ** 2

    def density(self, sigma: Tensor) -> Tensor:
        return edm_density(sigma, self.p_mean, self.p_std)


@dataclasses.dataclass(frozen=True)
class FlowLoss:
    """logit t ~ N(m, s²), which is ln σ ~ N(m, s²), and λ = ((1 + σ)/σ)²: flow matching's
    E‖F − (ε − y)‖² with the velocity F, at σ = t/(1 − t).

    m = 0 and s = 1 are those of Esser et al. 2024, arXiv:2403.03206, Sec. 3.1; a shift α of the
    training's times adds ln α to m.
    """

    p_mean: float = 0.0
    p_std: float = 1.0

    def sigma(self, n: int, generator: torch.Generator) -> Tensor:
        return EDMLoss(1.0, self.p_mean, self.p_std).sigma(n, generator)

    def weight(self, sigma: Tensor) -> Tensor:
        return ((1 + sigma) / sigma) ** 2

    def density(self, sigma: Tensor) -> Tensor:
        return flow_density(sigma, self.p_mean, self.p_std)


LOSSES = {"vp": VPLoss, "ve": VELoss, "iddpm": IDDPMLoss, "edm": EDMLoss, "flow": FlowLoss}


def loss(denoise, clean: Tensor, sigma: Tensor, noise: Tensor, weight: Tensor) -> Tensor:
    """λ(σ) (D(y + σn; σ) − y)² for each number of each sample, (B, *shape).

    denoise(x, sigma) -> (B, *shape); clean y and unit noise n (B, *shape); sigma, weight (B,).
    """
    wide = lambda v: v.reshape(-1, *[1] * (clean.ndim - 1)).to(clean)
    return wide(weight) * (denoise(clean + wide(sigma) * noise, sigma.to(clean)) - clean).square()
