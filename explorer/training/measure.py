"""The loss at every noise level, of a network and of the ideal denoiser: EDM, Fig. 5a."""

import dataclasses
import math
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from ..analysis.loss import Loss, loss_per_sigma
from ..core.device import Device
from ..core.law import law
from .configs import Training

COUNT = 256  # samples of a look
LEVELS = 16
PIECE = 256  # samples measured at once


@dataclasses.dataclass(frozen=True, eq=False)
class PerSigma:
    """E‖D − y‖² per number, unweighted, at each σ with its 95 % interval; floor: the ideal's.

    All lists of floats (S,).  count: samples, drawn with `seed`; the same ones at every σ.
    """

    sigma: list[float]
    mean: list[float]
    low: list[float]
    high: list[float]
    floor: list[float]
    count: int
    seed: int

    def flat(self) -> dict:
        return dataclasses.asdict(self)

    @classmethod
    def of(cls, flat: dict) -> "PerSigma":
        return cls(**flat)


def levels(denoiser) -> Tensor:
    """σ from 0.002 to 80, or as far as the network goes."""
    low, high = max(0.002, denoiser.sigma_min), min(80.0, denoiser.sigma_max)
    return torch.logspace(math.log10(low), math.log10(high), LEVELS, dtype=torch.float64)


def per_sigma(
    t: Training,
    denoiser,
    count: int = COUNT,
    seed: int = 5,
    device: Device | None = None,
    sigma: Tensor | None = None,
) -> PerSigma:
    """Measure on `count` clean samples of data.points(), which the ideal denoiser knows.

    No denoiser, however good, has less than the floor on these points on average: the ideal one is
    their posterior mean.  Where training draws from more than points(), the network has not seen
    them and cannot come near it.
    """
    clean, noise, classes, ideals = asked(t, count, torch.Generator().manual_seed(seed))
    sigma = levels(denoiser) if sigma is None else sigma
    totals, floors, squares = (torch.zeros(()) for _ in range(3))
    for y, n, c in _parts(clean, noise, classes):
        if device is not None:
            y, n = (v.to(device.device, device.dtype) for v in (y, n))
        told = lambda x, s, c=c: denoiser(x, s, torch.full((len(x),), c))
        own = loss_per_sigma(told if t.conditional else denoiser, y, sigma, n)
        least = loss_per_sigma(ideals[c].to(y.device, y.dtype), y, sigma, n)
        totals = totals + len(y) * own.mean.cpu()
        squares = squares + _squares(own, len(y))
        floors = floors + len(y) * least.mean.cpu()
    mean, floor = totals / count, floors / count
    spread = ((squares / count - mean.square()).clamp(min=0) * count / max(1, count - 1)).sqrt()
    half = 1.96 * spread / count**0.5
    row = lambda v: [float(f"{x:.6g}") for x in v]
    return PerSigma(
        row(sigma),
        row(mean),
        row((mean - half).clamp(min=0)),
        row(mean + half),
        row(floor),
        count,
        seed,
    )


@lru_cache(maxsize=16)
def floor(data, count: int = 128, seed: int = 5) -> tuple[list[float], list[float]]:
    """σ and E‖D − y‖² per number of the ideal denoiser of a data set, both (S,)."""
    g = torch.Generator().manual_seed(seed)
    ideal = law(data)
    sigma = torch.logspace(math.log10(0.002), math.log10(80.0), LEVELS, dtype=torch.float64)
    clean = ideal.sample(count, g)
    noise = torch.randn(clean.shape, generator=g, dtype=torch.float64)
    return sigma.tolist(), loss_per_sigma(ideal, clean, sigma, noise).mean.tolist()


def asked(t: Training, count: int, g: torch.Generator):
    """Clean samples, unit noise and classes, (count, …) each, sorted by class; the ideal denoiser
    of each class.
    """
    clean, labels = _clean(t.data, count, g)
    noise = torch.randn(clean.shape, generator=g, dtype=torch.float64)
    classes = labels if t.conditional else torch.zeros(count, dtype=torch.int64)
    ideals = [law(t.data, c) for c in range(t.data.classes)] if t.conditional else [law(t.data)]
    order = classes.argsort()  # a part holds one class, as an ideal denoiser knows one
    return clean[order], noise[order], classes[order], ideals


def _clean(data, count: int, g: torch.Generator) -> tuple[Tensor, Any]:
    """count samples (count, *shape) float64 of its points or its own law, and their classes, if
    there are some."""
    if hasattr(data, "law"):
        x, labels = data.draw(count, g)
        return x.double(), labels
    points, labels = data.points(), data.labels()
    pick = torch.randint(len(points), (count,), generator=g)
    noise = torch.randn(points[pick].shape, generator=g, dtype=torch.float64)
    return points[pick] + data.thickness * noise, None if labels is None else labels[pick]


def _parts(clean: Tensor, noise: Tensor, classes: Tensor):
    for c in classes.unique().tolist():
        own = classes == c
        yield from ((y, n, c) for y, n in zip(clean[own].split(PIECE), noise[own].split(PIECE)))


def _squares(own: Loss, n: int) -> Tensor:
    """Σ e² of n errors from their mean and the interval about it."""
    variance = ((own.high - own.mean) / 1.96).square() * n
    variance = torch.where(variance.isfinite(), variance, 0.0)  # of one sample
    return ((n - 1) * variance + n * own.mean.square()).cpu()
