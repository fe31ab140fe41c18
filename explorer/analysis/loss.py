"""The training target as a function of the noise level: what is learnt where.

    L(σ) = λ(σ) E‖D(y + σn; σ) − y‖²,    σ ~ p_train                   Karras et al. 2022, Eqs. 2, 8

Per coordinate, so that 16 and 3072 dimensions share an axis.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..core.schedules import VP
from ..core.timesteps import IDDPM
from .geometry import slope

BATCH = 512  # samples a network sees at once


class Loss(NamedTuple):
    """E‖D − y‖² per coordinate at each level and the 95 % interval of that mean; each (S,)."""

    sigma: Tensor
    mean: Tensor
    low: Tensor
    high: Tensor


@torch.no_grad()
def loss_per_sigma(
    denoiser,
    clean: Tensor,
    sigmas: Tensor,
    noise: torch.Generator | Tensor,
    watch: Callable[[], None] | None = None,
) -> Loss:
    """The unweighted loss at each level, on the same clean samples and unit noise throughout, so
    that the curve is smooth and two denoisers can be compared point by point.

    clean (n, *shape); sigmas (S,); noise (n, *shape) or the CPU generator that draws it; watch() is
    called at each level and may raise.
    """
    each = errors_per_sigma(denoiser, clean, sigmas, noise, watch)
    middle, width = each.mean(1), 1.96 * each.std(1) / each.shape[1] ** 0.5
    return Loss(torch.as_tensor(sigmas), middle, (middle - width).clamp(min=0), middle + width)


@torch.no_grad()
def errors_per_sigma(
    denoiser,
    clean: Tensor,
    sigmas: Tensor,
    noise: torch.Generator | Tensor,
    watch: Callable[[], None] | None = None,
) -> Tensor:
    """‖D − y‖² per coordinate of each sample at each level, (S, n); the arguments of
    `loss_per_sigma`.
    """
    if isinstance(noise, torch.Generator):
        noise = torch.randn(clean.shape, generator=noise, dtype=torch.float64)
    noise = noise.to(clean)
    rows = []
    for sigma in torch.as_tensor(sigmas, dtype=clean.dtype).cpu():
        if watch is not None:
            watch()
        pieces = zip(clean.split(BATCH), noise.split(BATCH), strict=True)
        errors = [
            (denoiser(y + sigma * n, sigma) - y).flatten(1).square().mean(1) for y, n in pieces
        ]
        rows.append(torch.cat(errors))
    return torch.stack(rows)


def _edm_weight(sigma: Tensor, sigma_data: float) -> Tensor:
    return (sigma**2 + sigma_data**2) / (sigma * sigma_data) ** 2


WEIGHTS = {  # name -> λ(σ, σ_data), EDM Table 1
    "raw": lambda sigma, sigma_data: torch.ones_like(sigma),
    "vp": lambda sigma, sigma_data: sigma**-2,
    "ve": lambda sigma, sigma_data: sigma**-2,
    "iddpm": lambda sigma, sigma_data: sigma**-2,
    "edm": _edm_weight,
    "flow": lambda sigma, sigma_data: ((1 + sigma) / sigma) ** 2,  # E‖F − (ε − y)‖² of velocities
}


def vp_density(sigma: Tensor, low: float = 1e-5) -> Tensor:
    """t uniform in [ε_t, 1]: p(ln σ) = dt/d ln σ / (1 − ε_t)."""
    schedule = VP()
    t = schedule.time(sigma)
    inside = (t >= low) & (t <= 1)
    return torch.where(inside, sigma / schedule.sigma_dot(t) / (1 - low), 0.0)


def ve_density(sigma: Tensor, low: float = 0.02, high: float = 100.0) -> Tensor:
    """ln σ uniform in [ln σ_min, ln σ_max]."""
    inside = (sigma >= low) & (sigma <= high)
    return inside.to(sigma) / math.log(high / low)


def iddpm_density(sigma: Tensor) -> Tensor:
    """σ = u_j, j uniform: each gap between neighbouring levels holds 1/(M − 1)."""
    return discrete_density(sigma, IDDPM().levels()[:-1].flip(0))  # without the final 0


def discrete_density(sigma: Tensor, levels: Tensor) -> Tensor:
    """Each of M levels equally often; levels (M,) rising, each gap between two spread evenly."""
    levels = levels.to(sigma)
    gap = torch.searchsorted(levels, sigma.contiguous(), right=True).clamp(1, len(levels) - 1)
    inside = (sigma >= levels[0]) & (sigma <= levels[-1])
    width = levels.log().diff()[gap - 1]
    return torch.where(inside, 1 / ((len(levels) - 1) * width), 0.0)


def edm_density(sigma: Tensor, mean: float = -1.2, std: float = 1.2) -> Tensor:
    """ln σ ~ N(P_mean, P_std²)."""
    z = (sigma.log() - mean) / std
    return torch.exp(-z.square() / 2) / (std * math.sqrt(2 * math.pi))


def flow_density(sigma: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """logit t = ln σ ~ N(m, s²).  Esser et al. 2024, arXiv:2403.03206, Sec. 3.1."""
    return edm_density(sigma, mean, std)


# name -> p_train(σ), per unit of ln σ, integrating to 1; constants of EDM Table 1 and of SD3
TRAINING = {
    "vp": vp_density,
    "ve": ve_density,
    "iddpm": iddpm_density,
    "edm": edm_density,
    "flow": flow_density,
}


@torch.no_grad()
def denoise_strip(denoiser, clean: Tensor, sigmas: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """One clean sample under rising noise, always the same, and what the denoiser makes of it.

    Karras et al. 2022, Fig. 1.  clean and noise (*shape) or (1, *shape); sigmas (S,).
    Returns noisy and denoised, (S, *shape).
    """
    shape = denoiser.shape
    clean, noise = clean.reshape(1, *shape), noise.to(clean).reshape(1, *shape)
    sigmas = sigmas.to(clean)
    noisy = clean + sigmas.reshape(-1, *[1] * len(shape)) * noise
    return noisy, denoiser(noisy, sigmas)


def change(sigma: Tensor, denoised: Tensor) -> Tensor:
    """How fast the answer changes with the noise: RMS over coordinates of dD/d ln σ.

    Large where the sample is decided: in one narrow band or not, see `peaks`.  sigma (S,),
    denoised (S, *shape) -> (S − 2,), at sigma[1:-1].
    """
    answers = denoised.flatten(1)
    return slope(answers, sigma.log().to(answers)[:, None]).square().mean(1).sqrt()


class Peak(NamedTuple):
    """A stretch of levels where the answer changes much: around `at`, above half of its height."""

    at: float
    low: float
    high: float
    height: float


SMALL, DEEP = 0.25, 0.9  # of the greatest change, what counts; of the lower of two, their valley


def peaks(sigma: Tensor, changes: Tensor) -> list[Peak]:
    """The places where a sample is decided, the greatest first; sigma and changes (S,), sigma
    rising.  Two maxima are two places if the valley between them lies below DEEP of the lower.
    """
    size, n = changes.tolist(), len(changes)
    is_top = lambda i: size[i] >= max(size[max(0, i - 1)], size[min(n - 1, i + 1)])
    tops = [i for i in range(n) if is_top(i) and size[i] >= SMALL * max(size)]
    kept: list[int] = []
    for i in sorted(tops, key=lambda i: -size[i]):
        valley = lambda j, i=i: min(size[min(i, j) : max(i, j) + 1])
        if all(valley(j) < DEEP * size[i] for j in kept):
            kept.append(i)
    return [_stretch(sigma.tolist(), size, i) for i in kept]


def _stretch(sigma: list[float], size: list[float], top: int) -> Peak:
    a = b = top
    while a > 0 and size[top] / 2 <= size[a - 1]:
        a -= 1
    while b < len(size) - 1 and size[top] / 2 <= size[b + 1]:
        b += 1
    return Peak(sigma[top], sigma[a], sigma[b], size[top])
