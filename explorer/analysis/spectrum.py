"""EDM's numbers for other data: σ_data, σ_min, σ_max, P_mean and P_std from the data's covariance.

A direction of the data with standard deviation s is decided around σ = s: of Gaussian data
E‖x_0 − D‖²/σ² is Σ s²/(s² + σ²), the number of directions not decided yet.  How fast it falls along
ln σ is a sum of bells, one for each direction, at ln s, of standard deviation π/√12; their mean and
spread are P_mean and P_std.  For an isotropic Gaussian P_mean = ln σ_data, P_std = 0.907.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

BELL = math.pi / math.sqrt(12)  # the standard deviation of one direction's bell along ln σ
LEFT = 0.06  # nats that may be known at σ_max, as at EDM's 80 of CIFAR-10: 3072 · 0.5² / (2 · 80²)
FINE = 1 / 250  # σ_min over σ_data of EDM, where values are not rounded
PART = 0.25  # σ_min over the step of rounded values: EDM's 0.002 is a quarter of 2/255
MOST = 4096  # points of which the covariance is taken
ROUNDED = 4096  # values at most that count as rounded


class Fitted(NamedTuple):
    """The proposals.  sigma_data: RMS deviation from the mean, per coordinate.  step: between the
    values, where they are rounded, else 0.  spread (k,): standard deviations along the principal
    directions, the largest first, as many as the points can show.  points: how many were looked at.
    """

    sigma_data: float
    sigma_min: float
    sigma_max: float
    p_mean: float
    p_std: float
    step: float
    spread: Tensor
    points: int


def fitted(points: Tensor) -> Fitted:
    """From points (n, *shape), at least 2 of them and not all alike: ValueError else."""
    x = points[:MOST].flatten(1).double()
    if len(x) < 2 or not bool(x.isfinite().all()):
        raise ValueError("there are fewer than two points, or some are not finite")
    centred = x - x.mean(0)
    sigma_data = float(centred.square().mean().sqrt())
    if sigma_data == 0:
        raise ValueError("all points are alike")
    spread = _singular(centred) / math.sqrt(len(x) - 1)
    spread = spread[spread > 1e-6 * spread[0]]
    step = rounding(x)
    low = PART * step if step else FINE * sigma_data
    kept = spread.clamp(min=low).log()
    return Fitted(
        sigma_data,
        low,
        highest(spread, LEFT),
        float(kept.mean()),
        math.sqrt(BELL**2 + float(kept.var(correction=0))),
        step,
        spread,
        len(x),
    )


def _singular(x: Tensor) -> Tensor:
    """The singular values of (n, d), the largest first, of the smaller product of x with itself.

    A sixth of the work of `svdvals`; half of the digits go, and what is kept is above 1e-6 of the
    largest.
    """
    product = x @ x.T if len(x) < x.shape[1] else x.T @ x
    return torch.linalg.eigvalsh(product).clamp(min=0).sqrt().flip(0)


def highest(spread: Tensor, nats: float) -> float:
    """The level at which a state tells so many nats of Gaussian data: ½ Σ ln(1 + s²/σ²)."""
    known = lambda u: float(0.5 * torch.log1p(spread.square() * math.exp(-2 * u)).sum())
    low, high = math.log(float(spread[-1])) - 10, math.log(float(spread.norm())) + 10
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if known(middle) > nats else (low, middle)
    return math.exp(0.5 * (low + high))


def undecided(spread: Tensor, sigma: Tensor) -> Tensor:
    """How fast directions become undecided along ln σ, as a density, (S,)."""
    ratio = (sigma[:, None] / spread).square()
    return (2 * ratio / (1 + ratio).square()).mean(1)


def rounding(x: Tensor) -> float:
    """The step of values that are whole multiples of one, but for a shift; 0 where they are not."""
    values = x.flatten()[:200_000].unique()
    if not 2 <= len(values) <= ROUNDED:
        return 0.0
    gaps = values.diff()
    step = float(gaps[gaps > 1e-9 * float(values.abs().max())].min())
    whole = (gaps / step - (gaps / step).round()).abs().max()
    return step if float(whole) < 1e-2 and len(values) < len(x.flatten()) / 4 else 0.0
