"""How far a set of samples is from the data, where paths say nothing: stochastic solvers, models.

Distances between finite samples are noisy.  Each comes with a 95 % interval, and `floor` says what
two fresh draws of the data score: no solver does better than that, and none has to.
"""

import dataclasses
import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..core.denoisers import CHUNK
from ..errors import UserError
from .intervals import Estimate as Estimate
from .intervals import Z
from .order import student


@torch.no_grad()
def sliced_wasserstein(
    x: Tensor, y: Tensor, generator: torch.Generator, directions: int = 128, resamples: int = 64
) -> Estimate:
    """Mean over random unit directions u of W₁(u·x, u·y), in units of one coordinate.

        W₁ = ∫ |F(s) − G(s)| ds        F, G the empirical distribution functions along u

    x (n, *shape), y (m, *shape); n ≠ m is exact, as the integral needs no pairs.  A shift by c in
    every coordinate scores near c √(2/π), whatever the dimension.

    The interval is value ± 1.96 bootstrap standard deviations, resampling both sets.  What it
    covers, in 95 of 100 cases, is the mean score of sets this large, which is above the distance of
    the distributions (for equal ones too): hold it against `floor`, near which the interval is
    wider than it need be.  The directions are drawn first, so that one seed compares every solver
    along the same ones; their own error is not in the interval.  Evenly spaced in 2-D it is below
    0.1 %, with orthogonal ones in 64-D about 2 %.

    `generator` is on the CPU; resamples = 0 leaves out the interval.
    Bonneel et al. 2015; orthogonal directions: Rowland et al. 2019, arXiv:1903.03784.
    """
    x, y = x.flatten(1), y.flatten(1).to(x)
    n, m = len(x), len(y)
    along = _directions(directions, x.shape[1], generator).to(x)
    place, order = (along @ torch.cat([x, y]).T).sort(-1)  # (L, n + m)
    gap = torch.nn.functional.pad(place.diff(dim=-1), (0, 1))  # F = G after the last
    weight = torch.cat(
        [counts(n, resamples, generator) / n, counts(m, resamples, generator) / -m], 1
    ).to(x)
    value = float((weight[0][order].cumsum(-1).abs() * gap).sum() / len(along))
    weight, gap = weight[1:].float(), gap.float()  # single is plenty for a standard deviation
    total, slab = weight.new_zeros(resamples), max(1, CHUNK // (4 * (n + m) * max(1, resamples)))
    for o, g in zip(order.split(slab), gap.split(slab), strict=True):
        step = weight.index_select(1, o.flatten()).view(resamples, *o.shape)
        total += step.cumsum_(-1).abs_().flatten(1) @ g.flatten()
    half = spread(total / len(along))
    return Estimate(value, max(value - half, 0.0), value + half, n)


def _directions(count: int, dimension: int, generator: torch.Generator) -> Tensor:
    """Unit vectors (L, D), uniform each but spread out together.  One is all there is in 1-D."""
    if dimension == 1:
        return torch.ones(1, 1, dtype=torch.float64)
    if dimension == 2:
        turn = torch.rand((), generator=generator, dtype=torch.float64)
        angle = (torch.arange(count) + turn) * math.pi / count  # half a turn: W₁ is even in u
        return torch.stack([angle.cos(), angle.sin()], 1)
    block = min(count, dimension)
    noise = torch.randn(
        math.ceil(count / block), dimension, block, generator=generator, dtype=torch.float64
    )
    return torch.linalg.qr(noise).Q.mT.flatten(0, 1)[:count]


def counts(n: int, resamples: int, generator: torch.Generator) -> Tensor:
    """How often each sample appears, (1 + resamples, n): first as drawn, then in each resample."""
    picks = torch.randint(n, (resamples, n), generator=generator)
    once = torch.ones(1, n, dtype=torch.float64)
    again = torch.zeros(resamples, n, dtype=torch.float64)
    return torch.cat([once, again.scatter_add_(1, picks, once.expand_as(again))])


def spread(values: Tensor) -> float:
    """Half the interval: so few resamples know the deviation to a tenth, hence Student's factor.
    Quantiles of 64 would be the second smallest and largest."""
    return student(len(values) - 1) * float(values.std()) if len(values) > 1 else 0.0


@torch.no_grad()
def energy_distance(
    x: Tensor, y: Tensor, generator: torch.Generator, resamples: int = 64
) -> Estimate:
    """√max(0, D²),  D² = 2 E|X − Y| − E|X − X′| − E|Y − Y′|,  with |·| the Euclidean norm.

    The root, as SciPy reports it: a metric, in units of √coordinate.  x (n, *shape) and
    y (m, *shape), two samples or more each.

    The means over X, X′ leave out i = j, so D² is right on average at any size and below 0 half
    of the time for equal distributions: there the root is cut at 0 (SciPy keeps i = j and never
    shows 0).  The interval is D² ± 1.96 bootstrap standard deviations, then the root; it is too
    wide, by up to √3 in D², where the distributions are equal.

    `generator` is on the CPU; resamples = 0 leaves out the interval.
    Székely & Rizzo 2013, doi:10.1016/j.jspi.2013.03.018.
    """
    # double, as D² is a small difference, and centred, as cdist multiplies out the square
    device = "cpu" if x.device.type == "mps" else x.device  # an Apple GPU has no double
    x, y = (v.flatten(1).to(device).double() for v in (x, y))
    centre = y.mean(0)
    x, y, n, m = x - centre, y - centre, len(x), len(y)
    a, b = counts(n, resamples, generator).to(x), counts(m, resamples, generator).to(x)
    squared = 2 * _pairs(x, y, a, b) / (n * m) - _within(x, a) - _within(y, b)
    value, half = float(squared[0]), spread(squared[1:])
    ends = (
        torch.tensor([value, value - half, value + half], dtype=torch.float64).clamp(min=0).sqrt()
    )
    root, low, high = ends.tolist()
    return Estimate(root, low, high, n)


def _within(x: Tensor, counts: Tensor) -> Tensor:
    """Mean distance of different samples, (R,).  In a resample Eᵢⱼ[counts] = 1 − 1/n for i ≠ j."""
    total, n = _pairs(x, x, counts, counts), len(x)
    return torch.cat([total[:1] / (n * (n - 1)), total[1:] / (n - 1) ** 2])


def _pairs(x: Tensor, y: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Σᵢⱼ a_rᵢ |xᵢ − yⱼ| b_rⱼ for each row r, without ever holding all distances; (R,)."""
    total, rows, start = a.new_zeros(len(a)), max(1, CHUNK // len(y)), 0
    for part, weight in zip(x.split(rows), a.split(rows, 1), strict=True):
        distance = torch.cdist(part, y)
        if x is y:  # rounding in cdist leaves 1e-8 of the scale here
            distance.diagonal(start).zero_()
        total += ((weight @ distance) * b).sum(1)
        start += len(part)
    return total.cpu()


@torch.no_grad()
def floor(
    measure: Callable[..., Estimate],
    draw: Callable[[int, torch.Generator], Tensor],
    n: int,
    generator: torch.Generator,
    m: int | None = None,
    repeats: int = 16,
) -> Estimate:
    """What zero looks like: the distance of two fresh draws of the data, of n and m (= n) samples.

    The median over repeats with the range that holds 95 % of them.  `measure` is one of the
    distances above, `draw` is like `Mixture.sample`.
    """
    values = torch.tensor(
        [
            measure(draw(n, generator), draw(m or n, generator), generator, resamples=0).value
            for _ in range(repeats)
        ],
        dtype=torch.float64,
    )
    low, middle, high = values.quantile(torch.tensor([0.025, 0.5, 0.975]).double()).tolist()
    return Estimate(middle, low, high, n)


@dataclasses.dataclass(frozen=True, eq=False)
class Coverage:
    """Which modes the samples found.

    covered of modes have a sample inside their radius; inside is the share of samples within the
    radius of their nearest mode.  shares (K,): of all samples, by nearest mode.  target ± margin
    (K,): where 95 % of the shares of as many exact samples would lie.
    """

    covered: int
    modes: int
    inside: Estimate
    shares: Tensor
    target: Tensor
    margin: Tensor


@torch.no_grad()
def mode_coverage(
    x: Tensor,
    means: Tensor,
    std: float | Tensor,
    within: float = 3.0,
    weights: Tensor | None = None,
) -> Coverage:
    """Modes of a mixture of Gaussians that receive samples.

    The radius about a mode holds the share of its samples that ±`within` standard deviations hold
    in 1-D, 99.7 % for 3: √χ²_D quantile times std.  Three standard deviations themselves would
    hold 97 % in 3-D and none to speak of in 64-D.  Nearest is in standard deviations of each mode.

    x (n, *shape), means (K, *shape), std () or (K,), weights (K,), equal if not given.
    """
    x, means = x.flatten(1), means.flatten(1).to(x)
    n, k = len(x), len(means)
    std = torch.as_tensor(std).to(x).expand(k)
    if not bool((std > 0).all()):
        raise UserError(
            f"A mode of width {float(std.min()):g} has no inside. Mode coverage needs "
            "widths above 0; for single points, look at the nearest training sample."
        )
    from scipy.special import erf, gammaincinv  # a quarter of a second that most pages never need

    radius = math.sqrt(2 * gammaincinv(means.shape[1] / 2, erf(within / math.sqrt(2))))
    exact = "donot_use_mm_for_euclid_dist"
    parts = [
        (torch.cdist(part, means, compute_mode=exact) / std).min(1)
        for part in x.split(max(1, CHUNK // k))
    ]
    distance, nearest = (torch.cat(values) for values in zip(*parts))
    inside = distance <= radius
    shares = torch.bincount(nearest, minlength=k).cpu().double() / n
    target = torch.full((k,), 1 / k).double() if weights is None else weights.cpu().double()
    return Coverage(
        len(nearest[inside].unique()),
        k,
        share(inside),
        shares,
        target,
        Z * (target * (1 - target) / n).sqrt(),
    )


def share(hits: Tensor) -> Estimate:
    """A share with Wilson's interval: the bootstrap of 0 out of n is 0 ± 0, which is no interval.

    It covers 95 % on average over the true share, 92 to 98 % at single ones, for shares are steps.
    Wilson 1927, doi:10.1080/01621459.1927.10502953; Brown, Cai & DasGupta 2001.
    """
    n, p = len(hits), float(hits.sum()) / len(hits)
    return dataclasses.replace(wilson(p, n), count=n)


def wilson(p: float, n: float) -> Estimate:
    """The share p of n independent samples, or of what is worth as many, with its interval."""
    centre, scale = p + Z**2 / (2 * n), 1 + Z**2 / n
    half = Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    low, high = (centre - half) / scale, (centre + half) / scale
    return Estimate(p, max(0.0, min(p, low)), min(1.0, max(p, high)), round(n))
