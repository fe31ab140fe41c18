"""The end error along one numeric setting, all else as it is: the curve that answers "why 7?".

    axis = axis_of(base, "rho")                    which setting, and the values to try
    for value, row in along(base, axis): ...       from the value on show outwards

Each point is a run on the same noise, held against the reference of its own range, as `end_error`
has it: first FEW paths each, so that the whole curve is there soon, then as many as a settled error
compares.
"""

import dataclasses
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..core.facts import needs_schedule
from ..core.timesteps import Custom
from ..errors import UserError
from ..lab import afford, cost
from ..lab.experiment import Experiment, asked_of, ends, prepared, too_much, weights
from ..lab.source import Source, Watch
from ..lab.truth import aside
from ..settings import Parameter, flatten, parameters, slots, unflatten
from ..settings.track import FLOOR, spread, track
from ..store.results import Results
from .end_error import EndError, Row, measure, row_of
from .near_best import near_best
from .plan import Cell
from .work import answer

COUNT = 15  # values
FEW, LEAST = 64, 8  # paths of the first round; fewer than LEAST rank nothing
UNITS = 6e8  # operations of an exact denoiser in a second of a curve, overhead and all
REFERENCES = 3 * cost.REFERENCE  # evaluations of a refined reference, with the quick one it refines
CHURNED = 300  # evaluations of a true path between new noise

NOT_ASKED = {
    "seed": "Another seed starts from other noise: the error then differs by chance alone.",
    "samples": "The number of samples says how many paths are compared, not where they end.",
    "data.seed": "Another seed draws other data, in no order that a curve could show.",
    "model.condition": "Classes have no order that a curve could show.",
}


@dataclasses.dataclass(frozen=True)
class Axis:
    """A setting and the values that are tried: `grid` covers its slider, whatever is on show."""

    key: str
    current: Any
    grid: tuple
    spec: Any
    whole: bool

    @property
    def values(self) -> list:
        """COUNT at most, ascending, the current one among them."""
        return sorted({*self.grid, self.current})

    @property
    def outwards(self) -> list:
        """The same, the nearest to the current one first."""
        return sorted(self.values, key=lambda v: abs(self.place(v) - self.place(self.current)))

    def halfway(self, a: float, b: float) -> float | None:
        """A round value in the middle of two on the slider, or None where there is no room."""
        low, high = sorted((a, b))
        if self.spec.log:
            middle = float(f"{math.sqrt(max(low, FLOOR) * high):.2g}")
        else:
            step = self.spec.step or (high - low) / 4
            middle = round(round((low + high) / 2 / step) * step, 10)
        middle = round(middle) if self.whole else middle
        return middle if low < middle < high else None

    def place(self, value: float) -> float:
        """Where a value lies on the slider, 0 to 1."""
        if self.spec.choices is not None:
            return float(value)
        low, high = track(self.spec) or (0.0, 1.0)
        if not self.spec.log:
            return (value - low) / (high - low)
        return math.log(max(value, low) / low) / math.log(high / low)


def axis_of(base: Experiment, word: str) -> Axis:
    """The setting that a word names, by its key in the flat form or the end of it: "rho".

    Raises UserError for what is no number with a range, and for what no curve can show.
    """
    flat = flatten(base)
    key = _key_of(flat, word)
    if key in NOT_ASKED:
        raise UserError(NOT_ASKED[key])
    if key in slots(Experiment):
        raise UserError(f"{key} is no number with a range, so there is no curve along it.")
    spec = _parameter(base, key).spec
    current, whole = flat[key], isinstance(flat[key], int)
    if isinstance(current, bool):
        return Axis(key, current, (False, True), spec, False)
    if isinstance(current, str | tuple) or spec.choices is not None or track(spec) is None:
        raise UserError(f"{key} is no number with a range, so there is no curve along it.")
    return Axis(key, current, tuple(spread(spec, whole, COUNT - 1)), spec, whole)


def _key_of(flat: dict[str, Any], word: str) -> str:
    if word in flat:
        return word
    found = [k for k in flat if k.rpartition(".")[2] == word]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(f"{word!r} may be {' or '.join(found)}; say which.")
    known = [k for k, v in flat.items() if isinstance(v, int | float) and k not in NOT_ASKED]
    raise UserError(f"This view has no setting {word!r:.40}. Known: {', '.join(known)}.")


def _parameter(base: Experiment, key: str) -> Parameter:
    slot = key.split(".")[0]
    entry = flatten(base)[slot] if slot in slots(Experiment) else None
    return next(p for p in parameters(Experiment) if p.key == key and p.entry == entry)


def others(base: Experiment, key: str) -> tuple:
    """All of a view but one setting: what a curve along it hangs on."""
    rest = {k: v for k, v in flatten(base).items() if k != key}
    return key, tuple(rest.items()), weights(base.data, base.model)


def without_effect(e: Experiment, key: str) -> str | None:
    """Why a setting changes nothing in this view, as the end of a sentence; None where it may."""
    slot, _, name = key.rpartition(".")
    if key in ("s_tmin", "s_tmax", "s_noise") and e.churn.s_churn == 0:
        return "while S_churn is 0"
    if key in ("inner", "low", "high") and e.restart.repeats == 0:
        return "while there are no restarts"
    if key == "nfe" and isinstance(e.timesteps, Custom):
        return "as the typed list sets the number of steps"
    if slot == "schedule" and not needs_schedule(e.solver):
        return f"as {e.solver.label} works in σ and ignores σ(t) and s(t)"
    if slot == "solver" and name in ("r", "c", "a") and bool(flatten(e.solver).get("predictor")):
        return "as the predictor chooses it"
    return None


def trial(base: Experiment, axis: Axis, value: Any, paths: int) -> Experiment:
    """The view with another value.  Raises UserError where the two do not go together."""
    e = unflatten(Experiment, {axis.key: value}, base)
    return dataclasses.replace(e, samples=min(paths, base.samples))


def one(
    base: Experiment,
    axis: Axis,
    value: Any,
    paths: int,
    watch: Watch | None = None,
    kept: Results | None = None,
) -> Row:
    """One point: a row without a value says why in its note.  kept: answers of studies, of which
    this is one more."""
    e = base
    try:
        e = trial(base, axis, value, paths)
        if why := too_much(e):
            return row_of(e, None, why)
        with aside():
            if kept is None:
                return measure(e, watch)
            found, problem, _ = answer(Cell(e, EndError()), kept, watch)
            return row_of(e, found, problem)
    except UserError as problem:
        return row_of(e, None, str(problem))


def rows_of(known: dict[Any, Row], values: Iterable) -> list[tuple[Any, Row]]:
    """Those with an error, ascending."""
    return [(v, known[v]) for v in sorted(values) if v in known and known[v].median is not None]


@dataclasses.dataclass(frozen=True)
class Rounds:
    """How many paths each round follows, and about how many seconds all of it takes.

    why: it takes too long to be measured unasked, or at all where `seconds` is None too.
    """

    paths: tuple[int, ...] = ()
    seconds: float | None = None
    why: str = ""


def rounds(base: Experiment, axis: Axis, full: bool = False) -> Rounds:
    """What a curve may take: `cost.LONG` unasked; full: somebody asked, `afford.FULL`."""
    source = prepared(base.data, base.model)
    most = min(base.samples, source.settled if source.pace is None else 256)
    each = _seconds(base, axis, source)
    limit = afford.FULL if full else cost.LONG
    paths = min(most, int(limit / each)) if each else most
    if paths >= min(LEAST, most):
        steps = (FEW, paths) if paths > FEW else (paths,)
        return Rounds(steps, each * paths)
    least = min(LEAST, most) * each
    why = f"{len(axis.values)} runs of {min(LEAST, most)} paths each and their true paths"
    if full or least > afford.FULL:
        return Rounds(why=f"{why} would take {least / 60:.0f} minutes here, so they are not made.")
    return Rounds(seconds=least, why=f"{why} take a while here.")


def _seconds(base: Experiment, axis: Axis, source: Source) -> float:
    """About how long all values take for each path."""
    evaluated, ranges = 0.0, set()
    for value in axis.values:
        try:
            e = trial(base, axis, value, base.samples)
            ranges.add((e.data, e.model, *ends(e)))
            evaluated += asked_of(e) + CHURNED * (e.churn.s_churn > 0)
        except UserError:
            continue
    total = evaluated + REFERENCES * len(ranges)
    if source.pace is not None:
        return total * source.pace
    return total * cost.operations(source.denoiser, source.mixture) / UNITS


def along(
    base: Experiment,
    axis: Axis,
    watch: Watch | None = None,
    full: bool = True,
    folder: Path | None = None,
) -> Iterator[tuple[Any, Row]]:
    """(value, row) from the current value outwards, then again with more paths, and where the part
    near the best begins and ends one value more.  What comes next depends on what was found, so
    points are cells one after another; folder: where their answers are kept.

    Raises UserError where it takes too long.
    """
    plan = rounds(base, axis, full)
    known: dict[Any, Row] = {}
    kept = None if folder is None else Results(folder)
    if not plan.paths:
        raise UserError(plan.why)
    while (next_ := missing(axis, plan, known)) is not None:
        value, paths = next_
        known[value] = row = one(base, axis, value, paths, watch, kept)
        yield value, row


def missing(axis: Axis, plan: Rounds, known: dict[Any, Row]) -> tuple[Any, int] | None:
    """(value, paths): what is to be measured next; None where the curve is whole."""
    for paths in plan.paths:
        for value in axis.outwards:
            if value not in known or (known[value].each and len(known[value].each) < paths):
                return value, paths
        for value in between(axis, known):
            return value, paths
        for value, row in known.items():
            if row.each and len(row.each) < paths:
                return value, paths
    return None


def between(axis: Axis, known: dict[Any, Row]) -> Iterator[Any]:
    """A value halfway to the first that is not near the best, on either side, where there is room
    for a round one; each side once."""
    found = near_best(rows_of(known, axis.values))
    if found is None or axis.spec.choices is not None:
        return
    for inner, outer in ((found.first, found.before), (found.last, found.after)):
        if outer is None:
            continue
        middle = axis.halfway(inner, outer)
        if middle is not None and middle not in known:
            yield middle
