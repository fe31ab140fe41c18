"""What churn adds, step by step, and whether the samples are any nearer to the data for it."""

import dataclasses
import math
from collections.abc import Callable, Sequence

from ..core.sampling import Churn
from .distance import Estimate
from .order import student


@dataclasses.dataclass(frozen=True)
class Added:
    """The step that leaves `sigma` first goes up to sigma_hat = (1 + gamma) sigma, by unit noise
    times `noise` = √(σ̂² − σ²) S_noise.  Karras et al. 2022, Algorithm 2, lines 4 to 6."""

    sigma: float
    gamma: float
    sigma_hat: float
    noise: float


def added(
    churn: Churn,
    sigmas: Sequence[float],
    steps: int,
    nearest: Callable[[float], float] = float,
) -> list[Added]:
    """For each level above 0 that a step leaves, in a run of so many steps.

    nearest: the level that a network of discrete levels knows for σ̂.
    """
    out = []
    for sigma in list(map(float, sigmas))[:steps]:
        gamma = churn.gamma(sigma, steps)
        hat = sigma * (1 + gamma)
        if (known := nearest(hat)) != hat:
            hat = max(sigma, known)
            gamma = hat / sigma - 1
        out.append(Added(sigma, gamma, hat, math.sqrt(hat**2 - sigma**2) * churn.s_noise))
    return out


def mean_over_seeds(values: Sequence[float]) -> Estimate:
    """The mean with Student's 95 % interval; two values or more."""
    n = len(values)
    mean = math.fsum(values) / n
    spread = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1))
    half = student(n - 1) * spread / math.sqrt(n)
    return Estimate(mean, mean - half, mean + half, n)


def paired_difference(a: Sequence[float], b: Sequence[float]) -> Estimate:
    """The mean of a − b over seeds that both share: what they have in common drops out."""
    return mean_over_seeds([x - y for x, y in zip(a, b, strict=True)])
