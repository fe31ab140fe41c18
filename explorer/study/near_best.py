"""Which values of a setting are about as good as the best: one rule for every curve.

The span of neighbouring values whose median end error lies within TIMES of the lowest median.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import torch

from ..analysis.intervals import DRAWS, FEWEST, SEED, Estimate, bounds
from .end_error import Row

TIMES = 1.5  # of the lowest median: a convention, what a reader would hardly see in a sample
SAME = 1e-9  # of an error: less is no difference
Rows = Sequence[tuple[Any, Row]]


@dataclasses.dataclass(frozen=True)
class NearBest:
    """best: the value with the lowest median.  first, last: the ends of the span.  before, after:
    the values next to it, None where it reaches the end of what was measured.  also: values outside
    the span that lie within TIMES all the same.  open: values outside it that cannot be told from
    the best, so that they are not ranked below it.
    same: no value differs from another, sample by sample.
    """

    best: Any
    first: Any
    last: Any
    before: Any = None
    after: Any = None
    also: tuple = ()
    open: tuple = ()
    same: bool = False

    @property
    def flat(self) -> bool:
        """Whether all that was measured lies within it."""
        return self.before is None and self.after is None

    @property
    def point(self) -> bool:
        """Whether it is one value of several."""
        return self.first == self.last and not self.flat


def near_best(rows: Rows) -> NearBest | None:
    """rows: (value, row) ascending, each with an error; None of none."""
    if not rows:
        return None
    medians = [float(r.median or 0.0) for _, r in rows]
    least = min(range(len(rows)), key=medians.__getitem__)
    limit = TIMES * medians[least]
    a = b = least
    while a > 0 and medians[a - 1] <= limit:
        a -= 1
    while b < len(rows) - 1 and medians[b + 1] <= limit:
        b += 1
    outside = [*rows[:a], *rows[b + 1 :]]
    best = rows[least][1]
    return NearBest(
        rows[least][0],
        rows[a][0],
        rows[b][0],
        rows[a - 1][0] if a > 0 else None,
        rows[b + 1][0] if b < len(rows) - 1 else None,
        tuple(v for v, r in outside if float(r.median or 0.0) <= limit),
        tuple(v for v, r in outside if not told_apart(r, best)),
        _same(rows),
    )


def told_apart(mine: Row, other: Row) -> bool:
    """Whether the ratio of the two medians, of the same noise, is surely not 1."""
    ratio = times(mine, other)
    return ratio.low > 1 or ratio.high < 1  # False without an interval


def _same(rows: Rows) -> bool:
    first = rows[0][1].each
    if len(rows) < 2:
        return False
    alike = lambda r: (
        len(r.each) == len(first)
        and all(math.isclose(a, b, rel_tol=SAME, abs_tol=1e-15) for a, b in zip(r.each, first))
    )
    return all(alike(r) for _, r in rows[1:])


def times(mine: Row, other: Row) -> Estimate:
    """The ratio of two medians with its 95 % percentile bootstrap interval, the paths drawn
    together, as both began in the same noise; the same draws each time, so that it stands still.

    Of the medians, which are what the curve draws, and not path by path (`Row.over`)."""
    n = min(len(mine.each), len(other.each))
    a, b = (torch.tensor(r.each[:n], dtype=torch.float64) for r in (mine, other))
    value = float(a.quantile(0.5) / b.quantile(0.5))
    if n < FEWEST:
        return Estimate(value, math.nan, math.nan, n)
    drawn = torch.randint(n, (DRAWS, n), generator=torch.Generator().manual_seed(SEED))
    low, high = bounds(a[drawn].quantile(0.5, 1) / b[drawn].quantile(0.5, 1))
    return Estimate(value, low, high, n)
