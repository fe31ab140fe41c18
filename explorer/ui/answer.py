"""The answer curve of a setting: its points as plain values, and what they say in two sentences.

    Within 1.5 × of the best from 6 up.  ρ = 3 makes 4.4 × (4.2–4.6) the error of 20.

One rule says what is good, `study.near_best`; where two intervals overlap nothing is ranked.
"""

import re
from typing import Any

from ..errors import UserError
from ..lab.experiment import Experiment, evaluations, incomparable, prepared
from ..lab.judged import plain as told
from ..numerals import capital, count, factor, listed, number
from ..settings import to_query
from ..study.end_error import Row
from ..study.near_best import TIMES, NearBest, Rows, near_best, times, told_apart
from ..study.setting_error import Axis, Rounds, missing, rows_of, without_effect
from . import words
from .parts import about

PURE = 40  # σ_data: below so many a start is no longer nearly pure noise
TWICE = 1.8  # evaluations, from here on called twice as many
NOISE = (
    "New noise leaves every reference path, so no setting has a path error. Distance to the data "
    "on Compare judges such samples by their distribution."
)


def answer(base: Experiment, axis: Axis, plan: Rounds, known: dict[Any, Row]) -> dict[str, Any]:
    """All that the page draws, as plain values.  state: whole, refining (a better error of all
    points is on its way), draft (points are still to come) or absent, with its reason."""
    rows = rows_of(known, known)
    left = None if unasked(base, axis, plan) else missing(axis, plan, known)
    reason = nothing(base, axis, plan)
    found = near_best(rows) if not reason and all(v in known for v in axis.values) else None
    state = "absent" if reason else "whole" if left is None else "refining" if found else "draft"
    lead, rest = reason or said(base, axis, known, found)
    paths = min((len(r.each) for _, r in rows), default=0)
    return {
        "key": axis.key,
        "query": to_query(base),
        "of": of(base, axis),
        "state": state,
        "total": len(axis.values),
        "done": sum(v in known for v in axis.values),
        "paths": {"now": paths, "all": plan.paths[-1] if plan.paths else 0},
        "points": [_point(v, r) for v, r in sorted(known.items())],
        "current": axis.current,
        "span": None if found is None or found.same else [found.first, found.last],
        "best": None if found is None or found.same else found.best,
        "lead": lead,
        "rest": rest,
        **({"fully": _offer(plan)} if reason and plan.seconds and not plan.paths else {}),
    }


def unasked(base: Experiment, axis: Axis, plan: Rounds) -> bool:
    """Whether nothing is measured."""
    return nothing(base, axis, plan) is not None


def of(base: Experiment, axis: Axis) -> str:
    """“end error, 35 evaluations”."""
    if axis.key == "nfe":
        return "end error"
    try:
        return f"end error, {count(evaluations(base))} evaluations"
    except UserError:
        return "end error"


def _offer(plan: Rounds) -> str:
    return f"Measure, {about(plan.seconds or 0)}"


def nothing(base: Experiment, axis: Axis, plan: Rounds) -> tuple[str, str] | None:
    """Why there is no curve, in two sentences; None where there is one."""
    if why := without_effect(base, axis.key):
        return f"No effect {why}.", ""
    itself = axis.key in ("nfe", "repeats") or axis.key.startswith(("model.", "solver."))
    if not itself and (why := incomparable(base)):
        return "No path error.", NOISE if why.startswith("New noise") else why
    if not plan.paths:
        return "Not measured.", plan.why
    return None


def said(
    base: Experiment, axis: Axis, known: dict[Any, Row], found: NearBest | None
) -> tuple[str, str]:
    """The first clause and what follows it."""
    rows = rows_of(known, known)
    here = known.get(axis.current)
    if found is None:
        done = sum(v in known for v in axis.values)
        if done < len(axis.values):
            more = "With churn the reference gets the same noise." * (base.churn.s_churn > 0)
            return f"{done} of {len(axis.values)} measured.", more
        note = next((r.note for r in (here, *known.values()) if r and r.note), "")
        return "No path error.", NOISE if "new noise" in note else f"{capital(note)}."
    if isinstance(axis.current, bool):
        return _of_two(axis, rows)
    lead = lead_of(axis, found, rows)
    if here is not None and here.median is None:
        return lead, f"{_setting(axis.key, axis.current)} is not on it: {here.note}."
    return lead, " ".join(_rest(base, axis, found, dict(rows)))


def _setting(key: str, given: Any) -> str:
    """“σ_max = 80”, as a curve's words have it everywhere: plain."""
    return re.sub(r"<sub>(.*?)</sub>", r"_\1", words.setting(key, given))


def lead_of(axis: Axis, found: NearBest, rows: Rows) -> str:
    """What the curve says, by the one rule."""
    name, low, high = _name(axis), value(rows[0][0]), value(rows[-1][0])
    if found.same:
        return f"No effect here: from {low} to {high} every path ends at the same point."
    if len(rows) == 1:
        return f"Only {value(rows[0][0])} can be measured."
    if found.flat:
        return f"Flat: all from {low} to {high} are within {TIMES:g} × of the best."
    if found.open and len(found.open) >= len(rows) - 1 - _inside(found, rows):
        return f"Cannot be told apart on {count(len(rows[0][1].each))} paths."
    if found.point and not found.also:
        return _of_point(name, found, rows)
    within = f"Within {TIMES:g} × of the best"
    also = f", also at {listed([value(v) for v in found.also])}" if found.also else ""
    if found.after is None:
        return f"{within} from {value(found.first)} up{also}."
    if found.before is None:
        return f"{within} up to {value(found.last)}{also}."
    return f"{within} from {value(found.first)} to {value(found.last)}{also}."


def _of_point(name: str, found: NearBest, rows: Rows) -> str:
    """Where one value alone is near the best."""
    medians = [r.median for _, r in rows]
    if found.after is None and medians == sorted(medians, reverse=True):
        return f"Still falling at {value(found.last)}."
    if found.before is None and medians == sorted(medians):
        return f"The smaller {name}, the smaller the error, down to {value(found.first)}."
    beside = {found.before, found.after} & {*found.open}
    return f"{'Lowest' if beside else 'Best'} at {value(found.best)}."


def _inside(found: NearBest, rows: Rows) -> int:
    """How many values of the span are beside the best."""
    return sum(found.first <= v <= found.last for v, _ in rows) - 1


def _rest(base: Experiment, axis: Axis, found: NearBest, rows: dict[Any, Row]):
    """What it means for the value on show, and what the curve leaves out."""
    if found.same or len(rows) < 2:
        return
    best, current = found.best, axis.current
    here, lowest = rows.get(current), rows[best]
    if axis.key == "nfe" and here is not None and (more := _twice(current, rows)):
        yield more
    elif current == best:
        yield from _next_to(found, rows, axis)
    elif here is not None:
        name = _setting(axis.key, current)
        if told_apart(here, lowest):
            cost = _factor(here, lowest)
            more = "hardly more error than" if cost == "1 ×" else f"{cost} the error of"
            yield f"{name} makes {more} {value(best)}."
        else:
            yield f"{name} cannot be told apart from the lowest, {value(best)}."
    if others := [v for v in found.open if v != current]:
        yield (
            f"On {count(len(lowest.each))} paths {listed([value(v) for v in others])} cannot be "
            f"told apart from {value(best)} either."
        )
    yield from _left_out(base, axis, best, current)


def _next_to(found: NearBest, rows: dict[Any, Row], axis: Axis):
    beside = [v for v in (found.before, found.after) if v is not None and v not in found.open]
    if not beside or not found.point:
        yield f"{_setting(axis.key, found.best)} is the lowest measured."
        return
    told = [f"{value(v)} makes {_factor(rows[v], rows[found.best])}" for v in beside]
    yield f"{capital(' and '.join(told))} its error."


def _twice(current: Any, rows: dict[Any, Row]) -> str:
    """What about twice the evaluations gain; nothing where the two cannot be told apart."""
    more = next((v for v in sorted(rows) if v >= TWICE * current), None)
    if more is None or not told_apart(rows[current], rows[more]):
        return ""
    gain = _factor(rows[current], rows[more])
    less = "less" if float(rows[current].median or 0) > float(rows[more].median or 0) else "of the"
    return f"From {value(current)} to {value(more)} evaluations, {gain} {less} error."


def _left_out(base: Experiment, axis: Axis, best: Any, current: Any):
    """What the error does not tell of a setting that changes what it is held against."""
    slot, _, name = axis.key.rpartition(".")
    lower = slot == "timesteps" and name == "sigma_max" and best < current
    if lower and best < PURE * prepared(base.data, base.model).sigma_data:
        yield (
            f"But at σ_max = {value(best)} samples do not start as pure noise: see Distance to "
            "the data."
        )
    if slot == "timesteps" and name == "sigma_min":
        yield "Each is measured at its own σ_min; what is left below it does not count."
    if slot in ("data", "model"):
        yield "Each value is another denoiser with true paths of its own."


def _of_two(axis: Axis, rows: Rows) -> tuple[str, str]:
    """Of a choice of two: the one against the other."""
    names = dict(axis.spec.choices)
    if len(rows) < 2:
        return "Only one of the two can be measured.", ""
    (a, mine), (b, other) = rows
    if not told_apart(mine, other):
        return (
            f"{capital(names[a])} and {names[b]} cannot be told apart.",
            f"{_factor(other, mine)} on {count(len(mine.each))} paths.",
        )
    return f"{capital(names[b])} makes {_factor(other, mine)} the error.", ""


def _factor(mine: Row, other: Row) -> str:
    found = times(mine, other)
    return factor(found.value, found.low, found.high)


def _name(axis: Axis) -> str:
    return _setting(axis.key, 0.5).split(" = ")[0]


def value(v: Any) -> str:
    """A value as the sentences write it."""
    if v >= 1e9:
        return "∞"
    plain = f"{v:g}"
    return number(v) if "e" in plain else plain


def _point(v: Any, r: Row) -> dict[str, Any]:
    """One point of the curve; median None where it could not be measured, and note says why."""
    known = (
        dict.fromkeys(("median", "low", "high")) if r.median is None else told(r.middle, "median")
    )
    return {"value": v, **known, "nfe": r.nfe, "paths": len(r.each), "note": r.note}
