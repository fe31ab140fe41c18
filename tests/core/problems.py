"""Problems with exact answers, for the tests of every layer."""

import math

import torch
from torch import Tensor

from explorer.core.denoisers import Mixture


def tensor(*values) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def normal(*shape, seed=0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def mixture(k=5, d=2, std=0.3, seed=1) -> Mixture:
    """k Gaussians of one width in d dimensions, smooth from σ = 0.5 up."""
    return Mixture(normal(k, d, seed=seed), std)


def diracs() -> Mixture:
    """D(x; σ) = tanh(x/σ²)."""
    return Mixture(tensor([-1.0], [1.0]))


class Gaussian:
    """N(μ, diag λ): D = μ + λ/(λ + σ²) (x − μ) per coordinate, and the flow in closed form."""

    def __init__(self, mean: Tensor, variance: Tensor):
        self.mean, self.variance, self.shape = mean, variance, tuple(mean.shape)

    def __call__(self, x, sigma):
        sigma = torch.as_tensor(sigma, dtype=x.dtype).reshape(-1, *[1] * len(self.shape))
        return self.mean + self.variance / (self.variance + sigma**2) * (x - self.mean)

    def flow(self, x, start: float, end: float) -> Tensor:
        """The exact state at σ = end of the path through x at σ = start."""
        ratio = (end**2 + self.variance) / (start**2 + self.variance)
        return self.mean + ratio.sqrt() * (x - self.mean)


def flow(denoiser, x: Tensor, start: float, end: float, n: int = 400) -> Tensor:
    """The exact flow by n steps of RK4, uniform in ln σ: dx/d ln σ = x − D."""
    h = math.log(end / start) / n

    def slope(x, u):
        return x - denoiser(x, torch.tensor(math.exp(u), dtype=x.dtype))

    for i in range(n):
        u = math.log(start) + i * h
        k1 = slope(x, u)
        k2 = slope(x + h / 2 * k1, u + h / 2)
        k3 = slope(x + h / 2 * k2, u + h / 2)
        k4 = slope(x + h * k3, u + h)
        x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return x
