"""What the intervals of a map allow to say: at most MOST facts, each with the numbers it rests on.

Rows are the values of the axis that is compared: the cells of a group, one in each group.  Where
the whole map is one group, each cell is a row of its own.
"""

import dataclasses
import math

import torch

from ..analysis.intervals import Estimate, apart
from .map_axes import Axis
from .map_standing import TIMES, At, Standing, mean_over_median
from .maps import Map

MOST = 5
NEVER = 10.0  # times the best everywhere, surely: of no use


@dataclasses.dataclass(frozen=True)
class Fact:
    """kind: best, level, edge, own, never, means or same.

    row, rows: places on the compared axis (of cells, where the map is one group); groups: where it
    holds.  least and most: ratios to the best, the smallest and the largest of them, or the value.
    values: of the setting beyond the edge, to extend by; axis: which one, 0 up or 1 across.
    each: whether it holds for each row in all of the groups, and not for one here and one there.
    """

    kind: str
    rows: tuple[int | At, ...] = ()
    groups: tuple[int, ...] = ()
    least: Estimate | None = None
    most: Estimate | None = None
    axis: int = 0
    values: tuple[float, ...] = ()
    each: bool = True


def facts(found: Map, s: Standing) -> list[Fact]:
    """The facts in their order; none while there is no interval."""
    if len(s.value) < 2 or found.asked.measure == "worst" or not _known(s):
        return []
    made = [*_best(found, s), *_edge(found, s), *_own(found, s), *_never(found, s)]
    return [*made, *_same(found, s), *_means(found, s)][:MOST]


def _known(s: Standing) -> bool:
    return any(math.isfinite(e.low) for e in s.ratio.values())


def row_of(found: Map, at: At) -> int | At:
    """The row that a cell is of."""
    by = found.asked.by
    return at if by is None else at[1 - by]


def _rows(found: Map, s: Standing) -> dict[int | At, dict[int, At]]:
    """The cells of each row by their group."""
    rows: dict[int | At, dict[int, At]] = {}
    for at in sorted(s.value):
        rows.setdefault(row_of(found, at), {})[s.group(at, found.asked.by)] = at
    return rows


def _best(found: Map, s: Standing) -> list[Fact]:
    """Who is best or level with it in most groups, and what cannot be told from the best there."""
    rows = _rows(found, s)
    where = lambda row: tuple(g for g, at in rows[row].items() if at in s.level)
    ahead = lambda row: sum(at in s.best.values() for at in rows[row].values())
    first = max(rows, key=lambda r: (len(where(r)), ahead(r)))
    held = where(first)
    ratios = [
        s.ratio[at]
        for row, own in rows.items()
        if row != first
        for g, at in own.items()
        if g in held and at not in s.level
    ]
    nearest = min(ratios, key=lambda e: e.value, default=None)
    made = [Fact("best", (first,), held, nearest)]
    others = [r for r in rows if r != first and set(where(r)) & set(held)]
    others.sort(key=lambda r: -len(where(r)))
    if others:
        level = [s.ratio[at] for r in others for at in rows[r].values() if at in s.level]
        level = [e for e in level if math.isfinite(e.low)]
        groups = sorted({g for r in others for g in where(r)} & set(held))
        widest = max(level, key=lambda e: e.high, default=None)
        each = all(set(where(r)) >= set(groups) for r in others)
        made.append(Fact("level", tuple(others), tuple(groups), widest, each=each))
    return made


def _edge(found: Map, s: Standing) -> list[Fact]:
    """Where the best lies at an end of an axis that goes on."""
    a, by = found.asked, found.asked.by
    for place, axis in enumerate((a.up, a.across)):
        if place == by or not axis.numeric or len(axis.values) < 3:
            continue
        for end in (-1, 0):
            last = len(axis.values) - 1 if end else 0
            groups = tuple(g for g, at in s.best.items() if at[place] == last)
            inner = [_inner(at, place, last) for g, at in s.best.items() if g in groups]
            ratios = [s.ratio[at] for at in inner if at in s.ratio]
            values = axis.beyond(end)
            if not groups or len(groups) * 2 < len(s.best) or not values or not ratios:
                continue
            least, most = (f(ratios, key=lambda e: e.value) for f in (min, max))
            return [Fact("edge", (last,), groups, least, most, place, values)]
    return []


def _inner(at: At, place: int, last: int) -> At:
    moved = list(at)
    moved[place] = last - 1 if last else 1
    return moved[0], moved[1]


def place_of(axis: Axis, value) -> int | None:
    """Where a value lies on an axis, or None."""
    return axis.values.index(value) if value in axis.values else None


def _own(found: Map, s: Standing) -> list[Fact]:
    """What the values of the view itself make of the best, where they are surely behind."""
    from ..settings import flatten

    a, by, flat = found.asked, found.asked.by, flatten(found.asked.base)
    mine = [place_of(axis, flat.get(axis.key)) for axis in (a.up, a.across)]
    held = [k for k in (0, 1) if k != by]  # the axes that are compared
    if any(mine[k] is None for k in held):
        return []
    own = [at for at in s.ratio if all(at[k] == mine[k] for k in held)]
    behind = [at for at in own if at in s.ratio and s.ratio[at].low > 1]
    if not behind:
        return []
    ratios = sorted((s.ratio[at] for at in behind), key=lambda e: e.value)
    groups = tuple(s.group(at, by) for at in behind)
    return [Fact("own", (row_of(found, behind[0]),), groups, ratios[0], ratios[-1])]


def _never(found: Map, s: Standing) -> list[Fact]:
    """Rows, or lines of one group, that are surely NEVER times the best everywhere."""
    by = found.asked.by
    for place in (0, 1) if by is None else (1 - by,):
        lines: dict[int, list[At]] = {}
        for at in s.ratio:
            lines.setdefault(at[place], []).append(at)
        if len(lines) < 2:
            continue
        out = [k for k, own in lines.items() if all(s.ratio[at].low > NEVER for at in own)]
        if out:
            ratios = [s.ratio[at] for k in out for at in lines[k]]
            least = min(ratios, key=lambda e: e.value)
            return [Fact("never", tuple(sorted(out)), (), least, None, place)]
    return []


def _same(found: Map, s: Standing) -> list[Fact]:
    """Two rows that make the same error on every path, in every group: one method."""
    if found.asked.by is None:
        return []
    rows = _rows(found, s)
    names = sorted(rows, key=str)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            groups = set(rows[one]) & set(rows[other])
            if groups and all(_alike(found, rows[one][g], rows[other][g]) for g in groups):
                worst = s.ratio[rows[one][min(groups)]]
                return [Fact("same", (one, other), tuple(sorted(groups)), worst)]
    return []


def _alike(found: Map, one: At, other: At) -> bool:
    a, b = found.spots[one].each, found.spots[other].each
    return len(a) == len(b) and bool(torch.allclose(a, b, rtol=1e-9, atol=1e-15))


def _means(found: Map, s: Standing) -> list[Fact]:
    """Where the mean is surely TIMES the median: it is made by the paths that err most."""
    if found.asked.measure != "median":
        return []
    told: list[tuple[Estimate, At]] = []
    for at in set(s.best.values()) | s.level:
        e = mean_over_median(found.spots[at].each)
        if apart(e, TIMES) and e.value > TIMES:
            told.append((e, at))
    if not told:
        return []
    most, at = max(told, key=lambda pair: (pair[0].value, pair[1]))
    return [Fact("means", (row_of(found, at),), (s.group(at, found.asked.by),), most)]
