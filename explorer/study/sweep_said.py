"""What a sweep allows to say beside its curves, over all of its costs; each with its numbers.

rankings(rows) -> found        told(rows, found) -> [Fact, ...]
"""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import torch

from ..analysis.intervals import Estimate, apart
from .end_error import Row
from .map_standing import TIMES, mean_over_median
from .ranking import Ranking


@dataclasses.dataclass(frozen=True)
class Fact:
    """kind: ahead, from a cost on; level, a pair that cannot be told apart at the largest cost;
    same, two that err alike on every path; means, far above their medians.

    rows: whom it is about, at the cost where it begins; then, for ahead, those next to it.
    ratios: of the pair, or of the next ones, in the order of their costs.
    """

    kind: str
    rows: tuple[Row, ...]
    ratios: tuple[Estimate, ...] = ()


def told(rows: Sequence[Row], found: Mapping[float, Ranking]) -> list[Fact]:
    """The facts in their order; nothing where nothing is ranked."""
    if not found:
        return []
    return [*_ahead(found), *_level(found), *_same(rows), *_means(found)]


def _ahead(found: Mapping[float, Ranking]) -> list[Fact]:
    """From which cost on one is ahead of all others, up to the largest."""
    costs = sorted(found, reverse=True)
    if not found[costs[0]].decided:
        return []
    name, since = found[costs[0]].first[0].name, []
    for cost in costs:
        ranking = found[cost]
        if not ranking.decided or ranking.first[0].name != name:
            break
        since.append(ranking)
    ends = [since[-1], since[0]] if len(since) > 1 else since
    rows = (ends[0].first[0], *(r.rows[1] for r in ends))
    return [Fact("ahead", rows, tuple(r.times(r.rows[1]) for r in ends))]


def _level(found: Mapping[float, Ranking]) -> list[Fact]:
    """Neighbours at the largest cost that are not the first, and cannot be told apart."""
    last = found[max(found)]
    others = [r for r in last.rows if r not in last.first]
    for one, other in itertools.pairwise(others):
        ratio = other.over(one)
        if ratio.low <= 1 <= ratio.high and not _alike(one, other):
            return [Fact("level", (one, other), (ratio,))]
    return []


def _same(rows: Sequence[Row]) -> list[Fact]:
    """Two curves whose errors agree on every path at every cost that both have."""
    curves: dict[str, dict[float, Row]] = {}
    for row in rows:
        if row.median is not None:
            curves.setdefault(row.name, {})[row.x] = row
    names = list(curves)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            both = sorted(curves[one].keys() & curves[other].keys())
            pairs = [(curves[one][n], curves[other][n]) for n in both]
            if len(pairs) > 1 and all(_alike(*pair) for pair in pairs):
                return [Fact("same", pairs[0])]
    return []


def _alike(one: Row, other: Row) -> bool:
    a, b = (torch.tensor(r.each, dtype=torch.float64) for r in (one, other))
    return len(a) == len(b) and bool(torch.allclose(a, b, rtol=1e-9, atol=1e-15))


def _means(found: Mapping[float, Ranking]) -> list[Fact]:
    """Whose mean is by most, and surely by TIMES, above the median at the largest cost."""
    far = [r for r in found[max(found)].rows if r.median and (r.mean or 0) > TIMES * r.median]
    made = [(mean_over_median(torch.tensor(r.each, dtype=torch.float64)), r) for r in far]
    sure = [(e, r) for e, r in made if apart(e, TIMES)]
    if not sure:
        return []
    most, row = max(sure, key=lambda pair: pair[0].value)
    return [Fact("means", (row,), (most,))]
