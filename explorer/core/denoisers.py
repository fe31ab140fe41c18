"""Denoisers: D(x; σ), the posterior mean of clean data given x = y + σn, is the only currency.

Exact ones live here; networks become denoisers in `models`.
"""

import math
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.nn.functional import linear

from . import graphs
from .gaussian import Gaussian as Gaussian
from .levels import is_infinite

CHUNK = 2**22  # elements of the (batch x data) matrix held at once: 32 MB in float64
# softmax((p − half)/v) over p, where somebody has one that a GPU does in one pass
SOFTEN: Callable[[Tensor, Tensor, Tensor], Tensor] | None = None


class Denoiser(Protocol):
    """D(x; σ).  x (B, *shape) and sigma () or (B,) are unscaled; the answer is (B, *shape).

    E‖D(y + n; σ) − y‖² is least for the posterior mean, and (D − x)/σ² is the score (EDM, Eq. 3).
    At σ = ∞, a number, x is the unit noise n, and the answer of exact ones the mean of the data.
    """

    shape: tuple[int, ...]

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor: ...


@runtime_checkable
class Featured(Protocol):
    """Says with its answer what its network holds in the middle, which a predictor looks at."""

    def with_features(self, x: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """(D(x; σ) (B, *shape), features (B, 64))."""
        ...


@runtime_checkable
class Bounded(Protocol):
    """Knows noise levels from sigma_min to sigma_max and has learned nothing beyond."""

    @property
    def sigma_min(self) -> float: ...

    @property
    def sigma_max(self) -> float: ...


@runtime_checkable
class Rounded(Protocol):
    """Knows which noise levels it has learned; who takes every level gives it back as it is."""

    def round_sigma(self, sigma: Tensor) -> Tensor:
        """The nearest of its levels, in the shape of sigma."""
        ...


@runtime_checkable
class Counted(Protocol):
    """Knows what one evaluation of one sample costs; who does not is as dear as its points."""

    @property
    def operations(self) -> float:
        """Multiplications."""
        ...


@runtime_checkable
class Conditioned(Protocol):
    """Has learned label_dim classes; label_dim = 0 is none."""

    @property
    def label_dim(self) -> int: ...

    def conditioned(self, labels: Tensor | None) -> Denoiser:
        """The same denoiser of these labels, (B,) or (B or 1, label_dim)."""
        ...


class Mixture:
    """The exact denoiser of Σ_k w_k N(m_k, τ_k² I), in any dimension.

        D(x; σ) = Σ_k p_k (σ² m_k + τ_k² x)/(σ² + τ_k²),  p = softmax_k log w_k N(x; m_k, σ² + τ_k²)

    τ = 0 makes it the ideal denoiser of a finite data set (EDM, App. B.3, Eq. 57).  With one τ for
    all, |x|² cancels in the softmax, and D is two matrix products with a softmax between them.  The
    batch is taken in chunks, so that memory holds chunk x K numbers and never B x K x D.

    means (K, *shape); stds () or (K,); weights (K,), summing to 1, equal if not given.
    """

    def __init__(self, means: Tensor, stds=0.0, weights: Tensor | None = None):
        self.shape = tuple(means.shape[1:])
        self.means = means.flatten(1)
        stds = torch.as_tensor(stds, dtype=means.dtype, device=means.device)
        if stds.ndim and bool((stds == stds[0]).all()):
            stds = stds[0]
        self.stds = stds
        self.weights = weights
        self._transposed = self.means.T
        # a product with few columns is twice as fast against their own rows; large sets stay single
        self._rows = (
            self._transposed.contiguous() if self.means.numel() < CHUNK else self._transposed
        )
        self._half = self.means.square().sum(1) / 2
        self._variance = stds.square() if stds.ndim else float(stds) ** 2
        self._log_weights = None if weights is None else weights.log()
        self._plain = not stds.ndim and weights is None

    def __len__(self) -> int:
        return len(self.means)

    @property
    def dimension(self) -> int:
        return self.means.shape[1]

    def to(self, device=None, dtype=None) -> "Mixture":
        """The same mixture elsewhere; itself where it is there already."""
        means, stds = (v.to(device, dtype) for v in (self.means, self.stds))
        weights = None if self.weights is None else self.weights.to(device, dtype)
        if means is self.means and stds is self.stds and weights is self.weights:
            return self
        return Mixture(means.reshape(-1, *self.shape), stds, weights)

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        sigma = torch.as_tensor(sigma, dtype=x.dtype)
        if is_infinite(sigma):
            return self.mean.expand(len(x), -1).reshape(x.shape).clone()
        if x.is_cuda and len(x) * len(self.means) <= CHUNK:
            found = graphs.answer(self, "D", self.evaluate, x, sigma)
            if found is not None:
                return found
        return self.evaluate(x, sigma)

    def evaluate(self, x: Tensor, sigma: Tensor) -> Tensor:
        """D, one operation after the other."""
        flat = x if x.ndim == 2 else x.flatten(1)
        if sigma.ndim:
            sigma = sigma.to(x.device).reshape(-1, 1)
        rows = max(1, CHUNK // len(self.means))
        if len(flat) <= rows:
            return self._denoise(flat, sigma).view_as(x)
        sigmas = sigma.split(rows) if len(sigma.shape) else [sigma] * math.ceil(len(flat) / rows)
        parts = [self._denoise(f, s) for f, s in zip(flat.split(rows), sigmas)]
        return torch.cat(parts).view_as(x)

    def _denoise(self, x: Tensor, sigma: Tensor) -> Tensor:
        if SOFTEN and x.is_cuda and sigma.ndim and self._plain and not x.requires_grad:
            v = sigma**2 + self._variance
            mean = linear(SOFTEN(x @ self._transposed, self._half, v), self._rows)
            return torch.lerp(mean, x, self._variance / v) if self._variance else mean
        logits = self._logits(x, sigma)
        # over itself unless a gradient flows: a second (B, K) buffer costs as much as the exponents
        p = torch.softmax(logits, -1, out=None if logits.requires_grad else logits)
        if self.stds.ndim:
            v = sigma**2 + self._variance
            keep = self._variance / v
            return linear(p * (1 - keep), self._rows) + (p * keep).sum(1, keepdim=True) * x
        mean = linear(p, self._rows)
        if not self._variance:
            return mean
        if not sigma.ndim:
            keep = self._variance / (float(sigma) ** 2 + self._variance)
            return mean.lerp_(x, keep)
        return torch.lerp(mean, x, self._variance / (sigma**2 + self._variance))

    def _logits(self, x: Tensor, sigma: Tensor) -> Tensor:
        """log w_k N(x; m_k, v_k) up to a constant per row, (B, K)."""
        if self.stds.ndim:
            v = sigma**2 + self._variance
            half = self._half - x @ self._transposed + x.square().sum(1, keepdim=True) / 2
            out = -half / v - 0.5 * self.dimension * v.log()
        elif sigma.ndim:
            v = sigma**2 + self._variance
            out = torch.addmm(self._half, x, self._transposed, beta=-1).div_(v)
        else:
            one = 1 / (float(sigma) ** 2 + float(self._variance))
            out = torch.addmm(self._half, x, self._transposed, beta=-one, alpha=one)
        return out if self._log_weights is None else out + self._log_weights

    def log_density(self, x: Tensor, sigma: Tensor) -> Tensor:
        """log p(x; σ), normalised.  x (B, *shape) -> (B,)."""
        x = x.flatten(1)
        sigma = torch.as_tensor(sigma, dtype=x.dtype, device=x.device)
        v = sigma**2 + torch.as_tensor(self._variance, dtype=x.dtype, device=x.device)
        squared = 2 * self._half - 2 * x @ self._transposed + x.square().sum(1, keepdim=True)
        log = -squared / (2 * v) - 0.5 * self.dimension * torch.log(2 * math.pi * v)
        if self._log_weights is None:
            return torch.logsumexp(log, -1) - math.log(len(self.means))
        return torch.logsumexp(log + self._log_weights, -1)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n draws of clean data, (n, *shape).  `generator` is on the CPU."""
        device, dtype = self.means.device, self.means.dtype
        if self.weights is None:
            k = torch.randint(len(self.means), (n,), generator=generator)
        else:
            k = torch.multinomial(self.weights.cpu(), n, True, generator=generator)
        noise = torch.randn(n, self.dimension, generator=generator, dtype=dtype)
        stds = self.stds.cpu()
        noise = noise * (stds[k, None] if stds.ndim else stds)
        return (self.means[k.to(device)] + noise.to(device)).reshape(n, *self.shape)

    @property
    def _shares(self) -> Tensor:
        if self.weights is not None:
            return self.weights
        return torch.full_like(self._half, 1 / len(self.means))

    @property
    def mean(self) -> Tensor:
        """Of the data, (D,)."""
        return self._shares @ self.means

    @property
    def sigma_data(self) -> float:
        """Standard deviation per coordinate about the mean, the σ_data of EDM."""
        w = self._shares
        spread = w @ (self.means - self.mean).square().mean(1)
        within = (w @ self.stds.square()) if self.stds.ndim else self.stds.square()
        return float((spread + within).sqrt())
