"""Beside a sweep: at each cost how many times the best's error each makes, and what can be said."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..analysis.intervals import Estimate
from ..analysis.order import Slope
from ..lab.experiment import Experiment
from ..numerals import factor, listed, number
from ..settings import flatten, to_query, unflatten
from ..study.end_error import Row
from ..study.map_axes import Axis
from ..study.ranking import Ranking, place_of, rankings, sentence
from ..study.sweep_said import Fact, told
from .cell import link_of

MOST = 5  # statements
NO = "–"


def forest(
    rows: Sequence[Row],
    curves: Mapping[str, Experiment],
    slopes: Mapping[str, Slope | None],
    base: Experiment,
    axis: Axis | None = None,
) -> dict[str, Any]:
    """{"stops", "orders", "values", "own", "along"}: a stop for each cost, with its rows nearest to
    the best first and its statements; the settings of each curve; where the view itself stands.
    curves: the view of each name; slopes: the order fitted to each; axis: what the sweep goes along
    in place of evaluations.  Nothing while no two are measured at one cost."""
    found = rankings(rows, axis)
    if not found:
        return {}
    most = max(len(ranking.rows) for ranking in found.values())
    whole = {cost: ranking for cost, ranking in found.items() if len(ranking.rows) == most}
    beside = [_said(f, min(whole), axis) for f in told(rows, whole)]
    stops = [_stop(cost, ranking, curves, beside, axis) for cost, ranking in found.items()]
    nominal = {r.name: r.nominal for r in rows}
    values = {name: link_of(e, base)["values"] for name, e in curves.items()}
    return {
        "stops": stops,
        "own": flatten(base)[axis.key] if axis else None,
        "along": axis.label if axis else "Evaluations",
        "values": values,
        "orders": [[n, said, nominal[n]] for n, s in slopes.items() if (said := order_of(s)) != NO],
    }


def order_of(slope: Slope | None) -> str:
    """“1.1 ± 0.1”; “–” where scattered points show no order."""
    return NO if slope is None or slope.half > 2 else f"{slope.order:.1f} ± {slope.half:.1f}"


def _stop(
    cost: float,
    found: Ranking,
    curves: Mapping[str, Experiment],
    beside: list[dict[str, str]],
    axis: Axis | None,
) -> dict[str, Any]:
    best = found.first[0]  # by its median: in pairs one that is level with it may make less
    ratios = [(found.times(r), r) for r in found.rows]
    ratios.sort(key=lambda pair: (pair[1] is not best, pair[0].value))
    level = [r for e, r in ratios if e.low <= 1 <= e.high and r is not best]
    low, high = found.evaluations
    took = f"{high} evaluations" if low == high else f"{low} to {high} evaluations"
    return {
        "at": cost,
        "name": number(cost) if axis else str(cost),
        "where": f"{found.place}, {took}" if found.place else took,
        "title": sentence(found),
        "rows": [_row(e, r, found, curves[r.name], axis) for e, r in ratios],
        "said": [_here(found, level, _name(cost, axis)), *beside][:MOST],
    }


def _name(cost: float, axis: Axis | None) -> str:
    """“13” of evaluations, “ρ = 7” of a setting."""
    return place_of(cost, axis) or str(cost)


def _row(
    e: Estimate, row: Row, found: Ranking, curve: Experiment, axis: Axis | None
) -> dict[str, Any]:
    here = {axis.key: row.at} if axis else {"nfe": row.nfe}
    best = row is found.first[0]
    return {
        "name": row.name,
        "nfe": row.nfe,
        "ratio": [v if math.isfinite(v) else None for v in (e.value, e.low, e.high)],
        "said": "the best" if best else factor(e.value, e.low, e.high),
        "best": best,
        "level": best or e.low <= 1 <= e.high,
        "here": here,
        "query": to_query(unflatten(Experiment, here, curve)),
    }


def _here(found: Ranking, level: list[Row], cost: str) -> dict[str, str]:
    """Who is best at a cost, and what is level with it."""
    first = found.first[0]
    if level:
        ratios = listed([_factor(found.times(r)) for r in level])
        return {
            "kind": "level",
            "head": f"{listed([r.name for r in level])} cannot be told from {first.name} "
            f"at {cost}.",
            "text": f"On the same noise {'it makes' if len(level) == 1 else 'they make'} {ratios} "
            f"the error of {first.name}.",
        }
    if found.decided:
        following = found.rows[1]
        return {
            "kind": "best",
            "head": f"{first.name} is best at {cost}.",
            "text": f"The next, {following.name}, makes {_factor(found.times(following))} its "
            "error on the same noise.",
        }
    return {
        "kind": "level",
        "head": f"At {cost}{'' if found.place else ' evaluations'} no one is ahead of all others.",
        "text": f"{found.samples} samples allow no more.",
    }


def _said(fact: Fact, least: float, axis: Axis | None) -> dict[str, str]:
    names = [r.name for r in fact.rows]
    at = [_name(r.x, axis) for r in fact.rows]
    ratios = [_factor(e) for e in fact.ratios]
    if fact.kind == "ahead":
        where = f"at every {axis.label if axis else 'budget'}"
        if fact.rows[0].x > least:
            where = f"from {at[0]}{'' if axis else ' evaluations'} on"
        head = f"{names[0]} is nearest {where}."
        nexts = [f"{r} at {k}, {n}" for n, k, r in zip(names[1:], at[1:], ratios)]
        if len(set(names[1:])) == 1 < len(ratios):
            nexts = [f"{names[1]} {ratios[0]} at {at[1]}", f"{ratios[1]} at {at[2]}"]
        text = f"The next makes more of an error: {' and '.join(nexts)}."
        return {"kind": "ahead", "head": head, "text": text}
    if fact.kind == "level":
        head = f"{listed(names)} cannot be told apart at {at[0]}."
        return {"kind": "level", "head": head, "text": f"Ratio {ratios[0]}."}
    if fact.kind == "same":
        head = f"{listed(names)} are one method here."
        return {"kind": "same", "head": head, "text": "The same error on every path."}
    head = "Means tell another story."
    text = f"The mean of {names[0]} at {at[0]} is {ratios[0]} its median: few paths make it."
    return {"kind": "means", "head": head, "text": text}


def _factor(e: Estimate) -> str:
    return factor(e.value, e.low, e.high)
