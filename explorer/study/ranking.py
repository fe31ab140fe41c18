"""Which solver is ahead at equal cost, where the samples allow to say so.

    rows of a sweep -> ranked, or rankings -> Ranking -> sentence

Rows are held against each other path by path.  One is ahead if the interval of its ratio to every
other lies below 1.
"""

import dataclasses
import math
from collections.abc import Collection, Sequence

from ..analysis.intervals import Estimate, apart
from ..numerals import factor, number, short
from .end_error import Row
from .map_axes import Axis

NEAR = 1.15  # evaluations within this factor cost the same, if both counts are said


@dataclasses.dataclass(frozen=True)
class Ranking:
    """What can be said at the largest cost that every solver has been measured at.

    rows: a row of each solver there, the lowest median first.  first: the one that is ahead of all
    others, or those that cannot be told from the best.  apart: names of those over another range
    of σ, whose errors are no part of the ranking.  place: “ρ = 7”, where a sweep goes along a
    setting; nothing where it goes along evaluations.
    """

    rows: tuple[Row, ...]
    first: tuple[Row, ...]
    apart: tuple[str, ...] = ()
    place: str = ""

    @property
    def decided(self) -> bool:
        """Whether one is ahead of all others."""
        return len(self.first) == 1 < len(self.rows)

    @property
    def evaluations(self) -> tuple[int, int]:
        """The least and the most that one of them takes."""
        counts = [r.nfe for r in self.rows]
        return min(counts), max(counts)

    @property
    def samples(self) -> int:
        """How many paths each ratio rests on."""
        return min(len(r.each) for r in self.rows)

    def times(self, row: Row) -> Estimate:
        """How many times the error of the first it makes; of the first itself exactly 1."""
        return row.over(self.first[0])

    @property
    def ratio(self) -> Estimate:
        """The first of all over the next one."""
        return self.rows[0].over(self.rows[1])


def ranked(
    rows: Sequence[Row], names: Collection[str] = (), axis: Axis | None = None
) -> Ranking | None:
    """The ranking at the largest cost where every name (all of the rows, if none are given) has
    been measured; None where there is none, or nothing to rank.

    What was run and has no value, as it blew up, has been measured; what never has a value, as new
    noise leaves every reference, takes no part.
    """
    curves = _curves(rows, names)
    for cost in reversed(_costs(rows)):
        there = [_nearest(own, cost) for own in curves.values()]
        if all(there):
            known = [r for r in there if r is not None and _known(r)]
            return _ranking(known, place_of(cost, axis))
    return None


def rankings(rows: Sequence[Row], axis: Axis | None = None) -> dict[float, Ranking]:
    """The ranking at every cost that two or more have been measured at, cheapest first; costs that
    the same rows are nearest to are one, the largest of them.  axis: what the sweep goes along in
    place of evaluations; then a cost is one of its values."""
    curves, there = _curves(rows), dict[tuple[int, ...], tuple[float, list[Row]]]()
    for cost in _costs(rows):
        own = [r for c in curves.values() if (r := _nearest(c, cost)) is not None and _known(r)]
        there[tuple(map(id, own))] = cost, own
    found = {cost: _ranking(own, place_of(cost, axis)) for cost, own in there.values()}
    return {cost: ranking for cost, ranking in found.items() if ranking is not None}


def _curves(rows: Sequence[Row], names: Collection[str] = ()) -> dict[str, list[Row]]:
    """The rows of each name, without those that never have a value."""
    curves = {n: [r for r in rows if r.name == n] for n in (*names, *(r.name for r in rows))}
    return {n: own for n, own in curves.items() if not own or any(_known(r) for r in own)}


def place_of(value: float, axis: Axis | None) -> str:
    """“ρ = 7”; nothing of evaluations."""
    return f"{axis.label} = {number(value)}" if axis else ""


def _costs(rows: Sequence[Row]) -> list[float]:
    return sorted({r.x for r in rows if _known(r)})


def _known(row: Row) -> bool:
    return row.median is not None


def _nearest(own: Sequence[Row], cost: float) -> Row | None:
    """The row that costs as much, or nearly; along a setting, the one with that value."""
    if own and own[0].at is not None:
        return next((r for r in own if r.at == cost), None)
    off = lambda r: abs(math.log(r.nfe / cost))
    best = min(own, key=off, default=None)
    return best if best is not None and off(best) <= math.log(NEAR) else None


def _ranking(rows: list[Row], place: str = "") -> Ranking | None:
    ranges = [sum(not r.other_range(other) for other in rows) for r in rows]
    usual = rows[ranges.index(max(ranges))]
    held = sorted((r for r in rows if not usual.other_range(r)), key=lambda r: r.middle.value)
    if len(held) < 2:
        return None
    beats = lambda a, b: apart(a.over(b)) and a.over(b).value < 1
    ahead = [r for r in held if all(beats(r, other) for other in held if other is not r)]
    if ahead:
        held = ahead + [r for r in held if r is not ahead[0]]
    best = ahead or [r for r in held if not any(beats(other, r) for other in held)] or held[:1]
    if not ahead and len(best) == 1:  # ahead of some, but not of these
        best += [r for r in held if r is not best[0] and not beats(best[0], r)]
    aside = tuple(r.name for r in rows if usual.other_range(r))
    return Ranking(tuple(held), tuple(best), aside, place)


def sentence(found: Ranking, measured: str = "median end error") -> str:
    """“Best at 39 evaluations: UniPC-3, median end error 0.0001, 0.62 × (0.55–0.70) of Heun’s”, or
    that it cannot be told."""
    low, high = found.evaluations
    cost = f"{high} evaluations" if low == high else f"{low} to {high} evaluations"
    cost = f"{found.place}, {cost}," if found.place else cost
    name = lambda r: r.name if low == high else f"{r.name} ({r.nfe})"
    aside = f". Over another range of σ, not ranked: {', '.join(found.apart)}"
    end = aside if found.apart else ""
    if found.decided:
        best, ratio = found.first[0], found.ratio
        much = factor(ratio.value, ratio.low, ratio.high)
        return (
            f"Best at {cost.rstrip(',')}: {name(best)}, {measured} {short(best.middle.value)}, "
            f"{much} of {name(found.rows[1])}’s{end}"
        )
    names = [name(r) for r in found.first]
    told = f"{', '.join(names[:-1])} and {names[-1]}"
    samples = f"{found.samples} sample{'s' * (found.samples != 1)}"
    return f"At {cost} {told} cannot be told apart with {samples}{end}"
