"""How sure a number is: medians, ratios, means and shares of pairs, each with a 95 % interval.

    median(errors)   ratio(mine, other)   mean(values)   gain(mine, other)   -> Estimate

A sentence ranks only where `apart` allows it.
"""

import dataclasses
import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

LEVEL = 0.95
DRAWS = 1000  # of a bootstrap
FEWEST = 6  # samples of a median's interval: with 5 even the whole range covers only 94 %
SEED = 20
Z = 1.959964  # of a normal law, whose inner LEVEL it bounds


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval, from `count` samples; nan where they allow none."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.value:.3g} ({self.low:.3g}–{self.high:.3g})"

    def times(self, factor: float) -> "Estimate":
        """In other units."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor, self.count)


def apart(found: Estimate, value: float = 1.0) -> bool:
    """Whether the interval leaves this value out, so that the two may be ranked."""
    return found.high < value or found.low > value  # False with nan


@lru_cache(256)
def _inner(count: int) -> tuple[int, float]:
    """(d, λ): the interval runs from (1 − λ) x₍d₎ + λ x₍d+1₎ to its mirror image.

    [x₍d₎, x₍n+1−d₎] holds the median with P(d ≤ Bin(n, ½) ≤ n − d); between the last d that
    covers too much and the first that covers too little the ends are interpolated.
    Hettmansperger and Sheather 1986, Statistics & Probability Letters 4, 75.
    """
    total, ways, d = 2**count, 1, 1  # ways: of d − 1 heads; integers, as 2⁻ⁿ is 0 from n = 1075
    below = 2 * ways
    while True:
        ways = ways * (count - d + 1) // d
        further = below + 2 * ways
        if 1 - further / total < LEVEL:
            break
        below, d = further, d + 1
    part = (1 - below / total - LEVEL) / ((further - below) / total)
    return d, (count - d) * part / (d + (count - 2 * d) * part)


def allowed(chances: Sequence[float], tests: int) -> float:
    """The chance below which a comparison is called apart when `tests` of them are made, so that
    1 − LEVEL holds for all of them together, however they depend on each other; chances: p-values
    of those known, the others count as 1.

    Holm's step-down: the least of m may be (1 − LEVEL)/m, the next (1 − LEVEL)/(m − 1) …, up to
    the first that is more.  Holm 1979, Scandinavian Journal of Statistics 6, 65.
    """
    most = 1 - LEVEL
    for rank, chance in enumerate(sorted(chances)):
        if chance > most / (tests - rank):
            return most / (tests - rank)
    return most / max(1, tests - len(chances))


def median(values: Tensor) -> Estimate:
    """The median of (n,) independent values with its interval from their order alone.

    No draws, so that it does not flicker, costs one sort, and outliers move it by a rank: what
    the percentile bootstrap tends to.  Infinite values have their place in the order.
    """
    values = values.detach().flatten().double().cpu()
    n = len(values)
    if not n or bool(values.isnan().any()):
        return Estimate(math.nan, math.nan, math.nan, n)
    x = values.sort().values.tolist()
    middle = _between(x[(n - 1) // 2], x[n // 2], 0.5)
    if n < FEWEST:
        return Estimate(middle, math.nan, math.nan, n)
    d, part = _inner(n)
    return Estimate(
        middle, _between(x[d - 1], x[d], part), _between(x[n - d], x[n - d - 1], part), n
    )


def _between(a: float, b: float, part: float) -> float:
    """(1 − part) a + part b, also of infinities."""
    return a if a == b or part == 0 else (1 - part) * a + part * b


def ratio(mine: Tensor, other: Tensor) -> Estimate:
    """The median of mine/other, (n,) each, path by path: how many times as large mine is.

    Paired: both made of the same noise.  Two zeros are alike; something over nothing is infinite.
    """
    mine, other = mine.detach().double().cpu(), other.detach().double().cpu()
    return median(torch.where((mine == 0) & (other == 0), 1.0, mine / other))


def chance(values: Tensor) -> float:
    """How often a mean so far from 0 would come by chance: Student's t, two-sided; 1 of fewer than
    two values.  For comparisons that are made together, see `allowed`.
    """
    from scipy.special import stdtr

    x = values.detach().double().cpu()
    if len(x) < 2:
        return 1.0
    middle, error = float(x.mean()), float(x.std()) / len(x) ** 0.5
    if error == 0:
        return float(middle == 0)
    return float(2 * stdtr(len(x) - 1, -abs(middle) / error))


def mean(values: Tensor) -> Estimate:
    """The mean of (n,) values with its percentile interval, seeded."""
    values = values.detach().flatten().double().cpu()
    n = len(values)
    if n < FEWEST or not bool(values.isfinite().all()):
        return Estimate(float(values.mean()), math.nan, math.nan, n)
    low, high = bounds(weights(n) @ values)
    return Estimate(float(values.mean()), low, high, n)


def mean_ratio(mine: Tensor, other: Tensor) -> Estimate:
    """The mean of mine over that of other, (n,) each in pairs: each draw takes both of a pair."""
    mine, other = (x.detach().flatten().double().cpu() for x in (mine, other))
    n, value = len(mine), float(mine.mean() / other.mean())
    if n < FEWEST or not math.isfinite(value):
        return Estimate(value, math.nan, math.nan, n)
    drawn = weights(n)
    low, high = bounds((drawn @ mine) / (drawn @ other))
    return Estimate(value, low, high, n)


def gain(mine: Tensor, other: Tensor) -> Estimate:
    """By how much the share of mine is above that of other, (n,) of 0 and 1 each, in pairs.

    Half a pair is added to each of the four outcomes (Agresti & Min 2005), so that pairs which all
    say the same leave an interval too: draws of them would give one without width.
    """
    n = len(mine)
    won, lost = (float((a > b).sum()) for a, b in ((mine, other), (other, mine)))
    value = (won - lost) / n if n else math.nan
    if n < FEWEST:
        return Estimate(value, math.nan, math.nan, n)
    ahead = (won - lost) / (n + 2)
    half = Z * math.sqrt((won + lost + 1) / (n + 2) - ahead**2) / math.sqrt(n + 2)
    return Estimate(value, max(-1.0, ahead - half), min(1.0, ahead + half), n)


@lru_cache(8)
def weights(count: int, draws: int = DRAWS) -> Tensor:
    """(draws, n): how much each of n samples weighs in each bootstrap draw; rows sum to 1."""
    picks = torch.randint(count, (draws, count), generator=torch.Generator().manual_seed(SEED))
    once = torch.ones((), dtype=torch.float64).expand(draws, count)
    return torch.zeros(draws, count, dtype=torch.float64).scatter_add_(1, picks, once) / count


def bounds(drawn: Tensor) -> tuple[float, float]:
    """The 95 % percentile interval of (draws,) bootstrap values."""
    ends = drawn.new_tensor([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    low, high = torch.quantile(drawn, ends).tolist()
    return low, high
