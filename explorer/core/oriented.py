"""Mixtures of Gaussians that are longer one way than the other, and laws made worse by a blur."""

import math

import torch
from torch import Tensor

from .denoisers import CHUNK, Mixture


class Oriented(Mixture):
    """The exact denoiser of Σ_k w_k N(m_k, Q_k diag(l_k) Q_kᵀ), of few coordinates.

        D(x; σ) = Σ_k p_k [m_k + A_k (x − m_k)],   A_k = Q_k diag(l_k/(l_k + σ²)) Q_kᵀ
        p = softmax_k log w_k N(x; m_k, C_k + σ² I)

    With one σ for all, both are matrix products: the exponent is linear in (x xᵀ, x, 1).

    means (K, D); variances l (K, D); axes Q (K, D, D), orthonormal columns; weights (K,), summing
    to 1, equal if not given: `shares`.  stds (K,): the root mean square of each.
    """

    def __init__(
        self, means: Tensor, variances: Tensor, axes: Tensor, weights: Tensor | None = None
    ):
        super().__init__(means, variances.mean(1).sqrt(), weights)
        self.variances, self.axes = variances, axes
        self.stds = variances.mean(1).sqrt()  # even where all are alike
        self._plain = False
        self.shares = torch.full_like(self._half, 1 / len(means)) if weights is None else weights
        self._log = self.shares.log()

    def to(self, device=None, dtype=None) -> "Oriented":
        """The same mixture elsewhere."""
        means, variances, axes = (
            v.to(device, dtype) for v in (self.means, self.variances, self.axes)
        )
        weights = None if self.weights is None else self.weights.to(device, dtype)
        return Oriented(means, variances, axes, weights)

    def _denoise(self, x: Tensor, sigma: Tensor) -> Tensor:
        if sigma.ndim:
            rows = max(1, CHUNK // (8 * self.means.numel()))  # (B, K, D) is held a few times
            parts = zip(x.split(rows), sigma.split(rows) if len(sigma) > 1 else [sigma] * len(x))
            return torch.cat([self._each(*part) for part in parts])
        keep = self._matrix(self.variances / (self.variances + sigma**2))
        logits = self._log_all(x, sigma)
        p = torch.softmax(logits, -1, out=None if logits.requires_grad else logits)
        still = self.means - (keep @ self.means[..., None])[..., 0]
        mixed = p @ torch.cat([keep.flatten(1), still], 1)
        size = self.dimension
        keep, still = mixed[:, : size * size].view(-1, size, size), mixed[:, size * size :]
        return (keep @ x[..., None])[..., 0] + still

    def _each(self, x: Tensor, sigma: Tensor) -> Tensor:
        """D with a level for each sample, (B, 1)."""
        p = torch.softmax(self._log_each(x, sigma), -1)
        away = torch.einsum("bkd,kde->bke", x[:, None] - self.means, self.axes)
        away = away * (self.variances / (self.variances + sigma[..., None] ** 2))
        towards = self.means + torch.einsum("bke,kde->bkd", away, self.axes)
        return (p[..., None] * towards).sum(1)

    def _matrix(self, along: Tensor) -> Tensor:
        """Q diag(along) Qᵀ, (K, D, D)."""
        return (self.axes * along[:, None]) @ self.axes.mT

    def _log_all(self, x: Tensor, sigma: Tensor) -> Tensor:
        """log w_k N(x; m_k, C_k + σ²), (B, K), at one level."""
        v = self.variances + sigma**2
        sharp = self._matrix(1 / v)
        pulled = (sharp @ self.means[..., None])[..., 0]
        alone = self._log - 0.5 * ((self.means * pulled).sum(1) + torch.log(2 * math.pi * v).sum(1))
        squares = (x[:, :, None] * x[:, None]).flatten(1)
        forms = torch.cat([-0.5 * sharp.flatten(1), pulled, alone[:, None]], 1)
        return torch.cat([squares, x, torch.ones_like(x[:, :1])], 1) @ forms.T

    def _log_each(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The same with a level for each sample, (B, 1)."""
        v = self.variances + sigma[..., None] ** 2
        away = torch.einsum("bkd,kde->bke", x[:, None] - self.means, self.axes)
        return self._log - 0.5 * (away.square() / v + torch.log(2 * math.pi * v)).sum(-1)

    def log_density(self, x: Tensor, sigma: Tensor) -> Tensor:
        """log p(x; σ), normalised.  x (B, D), sigma () or (B,) -> (B,)."""
        sigma = torch.as_tensor(sigma, dtype=x.dtype, device=x.device)
        rows = max(1, CHUNK // (len(self.means) * (8 * self.dimension if sigma.ndim else 1)))
        if not sigma.ndim:
            parts = [self._log_all(part, sigma) for part in x.split(rows)]
        else:
            levels = sigma.reshape(-1, 1).split(rows)
            parts = [self._log_each(*part) for part in zip(x.split(rows), levels)]
        return torch.cat([torch.logsumexp(part, -1) for part in parts])

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n draws of clean data, (n, D).  `generator` is on the CPU."""
        return self.drawn(n, generator)[0]

    def drawn(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The same, and which Gaussian each is of, (n,)."""
        device, dtype = self.means.device, self.means.dtype
        k = torch.multinomial(self.shares.cpu(), n, True, generator=generator)
        noise = torch.randn(n, self.dimension, generator=generator, dtype=dtype)
        k, noise = k.to(device), noise.to(device) * self.variances[k.to(device)].sqrt()
        return self.means[k] + (self.axes[k] @ noise[..., None])[..., 0], k

    @property
    def mean(self) -> Tensor:
        """Of all of it, (D,)."""
        return self.shares @ self.means

    @property
    def covariance(self) -> Tensor:
        """Of all of it, (D, D)."""
        w = self.shares
        away = self.means - self.mean
        within = torch.einsum("k,kde->de", w, self._matrix(self.variances))
        return within + (away * w[:, None]).T @ away

    @property
    def sigma_data(self) -> float:
        """Standard deviation per coordinate about the mean."""
        return float(self.covariance.diagonal().mean().sqrt())

    def rounded(self) -> Mixture:
        """Much the same of round Gaussians, for pictures: three in place of each, whose mean and
        variance along the longest axis are right (Gauss–Hermite)."""
        most, longest = self.variances.max(1)
        least = self.variances.min(1).values
        way = self.axes.gather(2, longest[:, None, None].expand(-1, self.dimension, 1))[..., 0]
        shift = way * (3 * (most - least)).sqrt()[:, None]
        means = torch.cat([self.means - shift, self.means, self.means + shift])
        w = self.shares
        return Mixture(means, least.sqrt().repeat(3), torch.cat([w / 6, 2 * w / 3, w / 6]))


def blurred(law: Mixture, std: float) -> Mixture:
    """The law of its draws plus noise of this size: a worse model of the same data."""
    if not std:
        return law
    if isinstance(law, Oriented):
        return Oriented(law.means, law.variances + std**2, law.axes, law.weights)
    means = law.means.reshape(-1, *law.shape)
    return Mixture(means, (law.stds.square() + std**2).sqrt(), law.weights)
