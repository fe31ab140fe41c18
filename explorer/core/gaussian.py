"""The exact denoiser of a Gaussian, linear in x, with its paths in closed form."""

import torch
from torch import Tensor

from .levels import is_infinite


class Gaussian:
    """The exact denoiser of N(μ, V diag(l) Vᵀ + r (I − V Vᵀ)), linear in x.

        D(x; σ) = μ + Σ_k l_k/(l_k + σ²) v_k v_kᵀ (x − μ) + r/(r + σ²) (I − V Vᵀ)(x − μ)

    mean (*shape,), variances (R,), directions (R, D) with orthonormal rows; rest: the variance r in
    every direction beside them.
    """

    def __init__(self, mean: Tensor, variances: Tensor, directions: Tensor, rest: float = 0.0):
        self.shape = tuple(mean.shape)
        self.mean, self.variances, self.directions = mean.flatten(), variances, directions
        self.rest = rest

    @classmethod
    def fit(cls, points: Tensor, thickness: float = 0.0) -> "Gaussian":
        """The Gaussian with the mean and covariance of points (K, *shape) + thickness² I.

        Of fewer points than coordinates it takes the SVD, so that no (D, D) matrix is ever held:
        64 photographs of 12,288 numbers are done in a blink, and their covariance would take
        minutes.  Costs `fitting(points)`.
        """
        flat = points.flatten(1)
        mean = flat.mean(0)
        away, plain = flat - mean, mean.reshape(points.shape[1:])
        if len(flat) < flat.shape[1]:
            _, sizes, directions = torch.linalg.svd(away, full_matrices=False)
            variances = sizes.square() / len(flat) + thickness**2
            return cls(plain, variances, directions, thickness**2)
        values, vectors = torch.linalg.eigh(away.T @ away / len(flat))
        return cls(plain, values.clamp(min=0) + thickness**2, vectors.T)

    @staticmethod
    def fitting(points: Tensor) -> float:
        """What `fit` costs, in multiplications near enough: points × coordinates × the fewer."""
        count, size = len(points), points[0].numel()
        return float(count) * size * min(count, size)

    def to(self, device=None, dtype=None) -> "Gaussian":
        """The same Gaussian elsewhere."""
        mean, variances, directions = (
            v.to(device, dtype)
            for v in (self.mean.reshape(self.shape), self.variances, self.directions)
        )
        return Gaussian(mean, variances, directions, self.rest)

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        if is_infinite(sigma):
            return self.mean.expand(len(x), -1).reshape(x.shape).clone()
        sigma = torch.as_tensor(sigma, dtype=x.dtype, device=x.device).reshape(-1, 1)
        away = x.flatten(1) - self.mean
        keep = self.variances / (self.variances + sigma**2)
        if not self.rest:
            along = away @ self.directions.T
            return (self.mean + (along * keep) @ self.directions).view_as(x)
        others = self.rest / (self.rest + sigma**2)
        along = (away @ self.directions.T) * (keep - others)
        return (self.mean + along @ self.directions + others * away).view_as(x)

    def flow(self, x: Tensor, sigma, sigma_next) -> Tensor:
        """Where the probability-flow ODE takes x from one level to another, in closed form."""
        away = x.flatten(1) - self.mean
        along = away @ self.directions.T
        others = away - along @ self.directions
        ratio = ((sigma_next**2 + self.variances) / (sigma**2 + self.variances)).sqrt()
        beside = ((sigma_next**2 + self.rest) / (sigma**2 + self.rest)) ** 0.5
        moved = (along * ratio) @ self.directions + others * beside
        return (self.mean + moved).view_as(x)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n draws, (n, *shape).  `generator` is on the CPU."""
        draw = lambda size: torch.randn(n, size, generator=generator, dtype=self.mean.dtype)
        z = draw(len(self.variances)).to(self.mean.device) * self.variances.sqrt()
        out = self.mean + z @ self.directions
        if self.rest:
            others = draw(len(self.mean)).to(self.mean.device)
            others = others - (others @ self.directions.T) @ self.directions
            out = out + self.rest**0.5 * others
        return out.reshape(n, *self.shape)

    @property
    def sigma_data(self) -> float:
        """Standard deviation per coordinate."""
        others = self.rest * (len(self.mean) - len(self.variances))
        return float(((self.variances.sum() + others) / len(self.mean)).sqrt())
