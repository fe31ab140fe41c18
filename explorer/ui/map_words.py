"""The sentences of a map: its title, and what can be said beside it."""

import math
from typing import Any

from ..analysis.intervals import Estimate
from ..numerals import factor, listed, number
from ..study.map_said import Fact
from ..study.map_standing import At, Standing
from ..study.maps import MEASURES, Map

FEW = 4  # names that a sentence holds


def title(found: Map, s: Standing, facts: list[Fact]) -> str:
    """What is found, of all cells; while some are missing, how many there are."""
    a = found.asked
    pair = f"{a.up.label} against {a.across.label}"
    if len(found.spots) < len(a.trials):
        return f"{pair}: {len(found.spots)} of {len(a.trials)} cells"
    best = next((f for f in facts if f.kind == "best"), None)
    if best is None:
        return f"{pair}: {MEASURES[a.measure]}"
    return _best(found, s, best) + _besides(found, s, facts)


def _best(found: Map, s: Standing, fact: Fact) -> str:
    name, groups = row(found, fact.rows[0]), len(s.best)
    if found.asked.by is None:
        level = len(s.level) - 1
        if not level:
            return f"Best: {name}"
        return f"{level} of {len(s.value) - 1} other cells cannot be told from the best, {name}"
    every = f"at every {_by(found).label}" if groups > 1 else group(found, fact.groups[0])
    alone = all(
        sum(at in s.level for at in s.level if s.group(at, found.asked.by) == g) == 1
        for g in fact.groups
    )
    if len(fact.groups) == groups:
        return f"{name} is best {every}" if alone else f"{name} is best {every}, or level with it"
    axis = _of(found)
    told = [axis.names[k] for k in sorted({at[1 - found.asked.by] for at in s.best.values()})]
    return f"No one {_of(found).label} is best {every}: {few(told)}"


def _besides(found: Map, s: Standing, facts: list[Fact]) -> str:
    edge = next((f for f in facts if f.kind == "edge"), None)
    own = next((f for f in facts if f.kind == "own"), None)
    said = "; the best is at the edge of the grid" if edge else ""
    if own and own.least and own.most:
        low, high = own.least.value, own.most.value
        many = f"{number(float(f'{low:.2g}'))}"
        upto = f" to {number(float(f'{high:.2g}'))}" if f"{low:.2g}" != f"{high:.2g}" else ""
        what = "error" if found.asked.measure != "distance" else "distance"
        part = f" at {len(own.groups)} of {len(s.best)}" if len(own.groups) < len(s.best) else ""
        mine = f"the view’s {row(found, own.rows[0])}"
        said += f"; {mine} makes {many}{upto} times the best’s {what}{part}"
    return said


def said(found: Map, facts: list[Fact]) -> list[dict[str, Any]]:
    """The facts as {"kind", "head", "text"}; of the edge also "axis" and "values" to extend by."""
    makers = {
        "best": _said_best,
        "level": _said_level,
        "edge": _said_edge,
        "own": _said_own,
        "never": _said_never,
        "same": _said_same,
        "means": _said_means,
    }
    return [{"kind": f.kind, **makers[f.kind](found, f)} for f in facts]


def _said_best(found: Map, f: Fact) -> dict:
    name = row(found, f.rows[0])
    where = "" if found.asked.by is None else f" {_at(found, f.groups)}"
    if f.least is None:
        return {
            "head": f"No cell can be told from {name}{where}.",
            "text": "Every 95 % interval of a ratio to the best holds 1.",
        }
    return {
        "head": f"{name} is best, or level with the best,{where or ' of the map'}.",
        "text": f"The nearest that is surely behind makes {times(f.least)} the best.",
    }


def _said_level(found: Map, f: Fact) -> dict:
    where = "" if found.asked.by is None else f" {_at(found, f.groups)}"
    if not f.each:
        where = f" at some {_by(found).label}" + " each" * (len(f.rows) > 1)
    names = [row(found, r) for r in f.rows]
    ratio = f"The largest of their ratios is {times(f.least)}. " if f.least else ""
    return {
        "head": f"{few(names)} cannot be told from the best{where}.",
        "text": f"{ratio}The outline holds the best and what is level with it; more seeds may "
        "part them.",
    }


def _said_edge(found: Map, f: Fact) -> dict:
    axis = (found.asked.up, found.asked.across)[f.axis]
    ends = axis.names[f.rows[0]]  # type: ignore[index]
    ratio = f.most if f.most is not None else f.least
    inside = f"The value before it makes up to {times(ratio)} the best." if ratio else ""
    return {
        "head": f"The best is at the edge of the grid, {axis.label} = {ends}.",
        "text": inside,
        "axis": f.axis,
        "values": [f"{v:g}" for v in f.values],
    }


def _said_own(found: Map, f: Fact) -> dict:
    where = "" if found.asked.by is None else f" {_at(found, f.groups)}"
    text = f"At least {times(f.least)}, at most {times(f.most)}."
    if f.least == f.most:
        text = f"{times(f.least)[0].upper()}{times(f.least)[1:]} the best."
    return {"head": f"The view’s own {row(found, f.rows[0])} is behind{where}.", "text": text}


def _said_never(found: Map, f: Fact) -> dict:
    axis = (found.asked.up, found.asked.across)[f.axis]
    names = [f"{axis.names[k]}" for k in f.rows]  # type: ignore[index]
    what = f"{axis.label} = " if axis.numeric else ""
    return {
        "head": f"{what}{few(names)} never come{'s' * (len(names) == 1)} near the best.",
        "text": f"Nowhere less than {times(f.least)} the best.",
    }


def _said_same(found: Map, f: Fact) -> dict:
    names = [row(found, r) for r in f.rows]
    return {
        "head": f"{few(names)} are one method here.",
        "text": f"The same error on every path; both make {times(f.least)} the best at "
        f"{group(found, f.groups[0])}.",
    }


def _said_means(found: Map, f: Fact) -> dict:
    at = "" if found.asked.by is None else f" at {group(found, f.groups[0])}"
    return {
        "head": "Means tell another story.",
        "text": f"The mean of {row(found, f.rows[0])}{at} is {times(f.least)} its median: "
        "the paths that err most make it.",
    }


def times(e: Estimate | None) -> str:
    """“1.2 × (1.1–1.3)”."""
    if e is None or not math.isfinite(e.value):
        return "–"
    return factor(e.value, e.low, e.high)


def row(found: Map, place: int | At) -> str:
    """“ρ = 7”, “Heun”, or of a cell “ρ = 7, NFE = 9”."""
    if isinstance(place, tuple):
        a = found.asked
        return f"{_one(a.up, place[0])}, {_one(a.across, place[1])}"
    return _one(_of(found), place)


def _one(axis, place: int) -> str:
    return f"{axis.label} = {axis.names[place]}" if axis.numeric else axis.names[place]


def group(found: Map, place: int) -> str:
    """“NFE 9”."""
    axis = _by(found)
    return f"{axis.label} {axis.names[place]}" if axis.numeric else axis.names[place]


def _at(found: Map, groups: tuple[int, ...]) -> str:
    axis = _by(found)
    if len(groups) == len(axis.values) > 1:
        return f"at every {axis.label}"
    names = [axis.names[g] for g in sorted(groups)]
    return f"at {axis.label} {few(names)}" if axis.numeric else f"of {few(names)}"


def _by(found: Map):
    return (found.asked.up, found.asked.across)[found.asked.by or 0]


def _of(found: Map):
    return (found.asked.up, found.asked.across)[1 - (found.asked.by or 0)]


def few(names: list[str]) -> str:
    """“a, b and c”, or how many more there are."""
    some = names if len(names) <= FEW else [*names[: FEW - 1], f"{len(names) - FEW + 1} more"]
    return listed(some)
