"""Preconditioning: how a raw network F becomes a denoiser.

    D(x; σ) = c_skip(σ) x + c_out(σ) F(c_in(σ) x; c_noise(σ))          Karras et al. 2022, Eq. 7

Each is a frozen dataclass with the four c's as functions of σ (any shape and float dtype), the
range [sigma_min, sigma_max] in which its networks were trained, and `round_sigma`, the nearest
level that they know.  The c's are columns of EDM's Table 1 and flow matching's (`flow.Flow`);
nothing of them is learned.  One that was trained on pure noise says in `at_infinity` what
c_skip σ, c_out, c_in σ and c_noise are where σ is ∞ and x stands for the unit noise.
"""

import math
from functools import lru_cache
from typing import ClassVar

import torch
from torch import Tensor

from ..core import timesteps
from ..core.schedules import VP as VPSchedule
from ..settings import named, param, setting
from .flow import Flow


class _AnyLevel:
    """A network that takes every noise level as it is."""

    sigma_data: float = 0.5  # what sampling may assume of the data where the column names no σ_data

    def round_sigma(self, sigma: Tensor) -> Tensor:
        return torch.as_tensor(sigma)


@setting
class EDM(_AnyLevel):
    """c_skip = σ_d²/(σ² + σ_d²), c_out = σ σ_d/√(σ² + σ_d²), c_in = 1/√(σ² + σ_d²),
    c_noise = ¼ ln σ: unit variance for input and training target at every σ (App. B.6).
    """

    name: ClassVar[str] = "edm"
    label: ClassVar[str] = "EDM"
    sigma_data: float = param(
        0.5, 0.01, 10, 0.01, label="σ_data", log=True, help="standard deviation of the data"
    )
    sigma_min: ClassVar[float] = 0.0
    sigma_max: ClassVar[float] = math.inf

    def c_skip(self, sigma: Tensor) -> Tensor:
        return self.sigma_data**2 / (sigma**2 + self.sigma_data**2)

    def c_out(self, sigma: Tensor) -> Tensor:
        return sigma * self.sigma_data / (sigma**2 + self.sigma_data**2).sqrt()

    def c_in(self, sigma: Tensor) -> Tensor:
        return (sigma**2 + self.sigma_data**2).rsqrt()

    def c_noise(self, sigma: Tensor) -> Tensor:
        return sigma.log() / 4


@setting
class VP(_AnyLevel):
    """c_skip = 1, c_out = −σ, c_in = 1/√(σ² + 1), c_noise = (M − 1) σ⁻¹(σ): F predicts the noise.

    σ⁻¹ is the time of the VP schedule.  Song et al. 2021, DDPM++.
    """

    name: ClassVar[str] = "vp"
    label: ClassVar[str] = "VP"
    beta_d: float = param(19.9, 1, 40, label="β_d", help="growth of the noise rate")
    beta_min: float = param(0.1, 0.001, 1, label="β_min", help="noise rate at t = 0")
    steps: int = param(1000, 2, 100000, 1, label="M", help="steps that c_noise counts")
    epsilon_t: float = param(1e-5, 1e-8, 0.1, label="ε_t", log=True, help="least time in training")

    @property
    def schedule(self) -> VPSchedule:
        return VPSchedule(self.beta_d, self.beta_min)

    @property
    def sigma_min(self) -> float:
        """σ(ε_t)."""
        return _vp_sigma(self, self.epsilon_t)

    @property
    def sigma_max(self) -> float:
        """σ(1)."""
        return _vp_sigma(self, 1.0)

    def c_skip(self, sigma: Tensor) -> Tensor:
        return torch.ones_like(sigma)

    def c_out(self, sigma: Tensor) -> Tensor:
        return -sigma

    def c_in(self, sigma: Tensor) -> Tensor:
        return (sigma**2 + 1).rsqrt()

    def c_noise(self, sigma: Tensor) -> Tensor:
        return (self.steps - 1) * self.schedule.time(sigma)


@setting
class VE(_AnyLevel):
    """c_skip = 1, c_out = σ, c_in = 1, c_noise = ln(σ/2): F predicts −ε.  Song et al. 2021."""

    name: ClassVar[str] = "ve"
    label: ClassVar[str] = "VE"
    sigma_min: float = param(
        0.02, 1e-5, 10, label="σ_min", log=True, help="least noise in training"
    )
    sigma_max: float = param(
        100.0, 0.1, 1e5, label="σ_max", log=True, help="most noise in training"
    )

    def c_skip(self, sigma: Tensor) -> Tensor:
        return torch.ones_like(sigma)

    def c_out(self, sigma: Tensor) -> Tensor:
        return sigma

    def c_in(self, sigma: Tensor) -> Tensor:
        return torch.ones_like(sigma)

    def c_noise(self, sigma: Tensor) -> Tensor:
        return (sigma / 2).log()


@setting
class IDDPM(_AnyLevel):
    """c_skip = 1, c_out = −σ, c_in = 1/√(σ² + 1), c_noise = M − 1 − argmin_j |u_j − σ|.

    The network knows M discrete levels u_j only.  It predicts the noise; further channels, where a
    file has them, hold a variance that no sampler here uses.
    Nichol & Dhariwal 2021; EDM, App. C.3.
    """

    name: ClassVar[str] = "iddpm"
    label: ClassVar[str] = "iDDPM"
    c_1: float = param(0.001, 1e-5, 0.1, label="C₁", log=True, help="clips the largest levels")
    c_2: float = param(0.008, 1e-4, 0.1, label="C₂", log=True, help="offset of the cosine")
    steps: int = param(1000, 2, 4000, 1, label="M", help="levels the network was trained on")

    def levels(self) -> Tensor:
        """u_0 > ... > u_M = 0, (M + 1,) float64."""
        return _iddpm_levels(self.steps, self.c_1, self.c_2)

    @property
    def sigma_min(self) -> float:
        """u_{M−1}."""
        return float(self.levels()[-2])

    @property
    def sigma_max(self) -> float:
        """u_0."""
        return float(self.levels()[0])

    def index(self, sigma: Tensor) -> Tensor:
        """argmin_j |u_j − σ|, int64, in the shape of sigma."""
        sigma = torch.as_tensor(sigma)
        u = _iddpm_levels(self.steps, self.c_1, self.c_2, sigma.device)
        return (sigma.detach().reshape(-1, 1).double() - u).abs().argmin(1).reshape(sigma.shape)

    def round_sigma(self, sigma: Tensor) -> Tensor:
        """The nearest u_j."""
        sigma = torch.as_tensor(sigma)
        u = _iddpm_levels(self.steps, self.c_1, self.c_2, sigma.device)
        return u[self.index(sigma)].to(sigma.dtype)

    def c_skip(self, sigma: Tensor) -> Tensor:
        return torch.ones_like(sigma)

    def c_out(self, sigma: Tensor) -> Tensor:
        return -sigma

    def c_in(self, sigma: Tensor) -> Tensor:
        return (sigma**2 + 1).rsqrt()

    def c_noise(self, sigma: Tensor) -> Tensor:
        return (self.steps - 1 - self.index(sigma)).to(sigma.dtype)


PRECONDS = named(VP, VE, IDDPM, EDM, Flow)


def _vp_sigma(p: VP, t: float) -> float:
    return math.sqrt(math.expm1(p.beta_d * t**2 / 2 + p.beta_min * t))


@lru_cache(maxsize=8)
def _iddpm_levels(steps: int, c_1: float, c_2: float, device: torch.device | str = "cpu") -> Tensor:
    return timesteps.IDDPM(steps=steps, c_1=c_1, c_2=c_2).levels().to(device)
