"""What the page says of distances to the data: headline, table and figure."""

import dataclasses

from ..analysis.intervals import Estimate
from ..figures import distances as figures
from ..lab.experiment import Experiment
from ..numerals import count, interval, listed, percent1, short
from ..study.distances import (
    SEEDS,
    Distance,
    Standard,
    distance_plan,
    distances_to_data,
    standard,
)
from . import words
from .measurement import Measurement


def distances(base: Experiment, request: dict) -> Measurement:
    """The solver in use, without its churn if it has any, and some others, over the same seeds."""
    plan = distance_plan(base)  # says at once what cannot work
    first = plan[0].experiment
    return Measurement(
        base,
        lambda watch: distances_to_data(base, watch),
        len(plan),
        lambda found: shown(found, standard(first), first.samples, base.data),
    )


def shown(found: list[Distance], held: Standard, samples: int, data) -> dict:
    """The rows so far; held: what they are held against; samples: of each seed; data: whose judge
    speaks.
    """
    shares, fresh = None, held.fresh
    if held.modes:
        shares = ("share within 3 σ of a mode", [d.modes.inside for d in found], fresh.modes.inside)
    elif held.points is not None:
        shares = ("share that repeats a training point", [d.copies for d in found], fresh.copies)
    columns, table = _table(found, fresh, held.floor)
    title, order = _title(found, held), nearest(found, held.floor)
    beside = "" if title == order.removesuffix(".") else f"{order} "
    return {
        "title": title,
        "note": f"{SEEDS} seeds × {samples} samples, 95 % intervals. {beside}Two fresh draws of "
        f"the data lie {short(held.floor.value)} apart: nothing can be seen below that."
        f"{_about(held, data)}",
        "figure": figures.distances(found, held.floor, shares),
        "columns": columns,
        "table": table,
        "exact": _exact(found, fresh, held.floor),
    }


def _table(found: list[Distance], fresh: Distance, zero: Estimate) -> tuple[list, list]:
    columns = ["", "NFE", "sliced W₁", "energy"]
    columns += ["modes found", "within 3 σ"] if fresh.modes else []
    columns += ["nearest training point", "repeats"] if fresh.copies else []
    columns += ["Fréchet", "precision", "recall"] if fresh.judged else []
    columns += ["class right"] if fresh.judged and fresh.judged.accuracy else []
    rows = [
        [d.name, str(d.nfe), _interval(d.wasserstein), _interval(d.energy), *_near(d)]
        for d in found
    ]
    rows.append(["fresh data", "–", _interval(zero), _interval(fresh.energy), *_near(fresh)])
    return columns, rows


def _near(d: Distance) -> list[str]:
    out = []
    if d.modes:
        out += [f"{d.modes.covered} of {d.modes.modes}", _percent(d.modes.inside)]
    if d.copies:
        out += [_interval(d.nearest), _percent(d.copies)]
    if q := d.judged:
        out += [_interval(e) for e in (q.frechet, q.precision, q.recall, q.accuracy) if e]
    return out


def _exact(found: list[Distance], fresh: Distance, zero: Estimate) -> dict:
    """The table with all digits, to copy: value and both ends of each measure."""
    rows = [*found, dataclasses.replace(fresh, name="fresh data", wasserstein=zero)]
    measures = [_measures(d) for d in rows]
    columns = [f"{name}{end}" for name in measures[0] for end in ("", ", from", ", to")]
    numbers = [[v for e in m.values() for v in (e.value, e.low, e.high)] for m in measures]
    return {
        "columns": ["", "NFE", *columns],
        "rows": [[d.name, d.nfe or None, *line] for d, line in zip(rows, numbers)],
    }


def _measures(d: Distance) -> dict[str, Estimate]:
    q = d.judged
    every = {
        "sliced W₁": d.wasserstein,
        "energy": d.energy,
        "within 3 σ": d.modes and d.modes.inside,
        "nearest training point": d.nearest,
        "repeats": d.copies,
        "Fréchet": q and q.frechet,
        "precision": q and q.precision,
        "recall": q and q.recall,
        "class right": q and q.accuracy,
    }
    return {k: v for k, v in every.items() if v is not None}


def _interval(e: Estimate) -> str:
    return interval(e.value, e.low, e.high)


def _percent(e: Estimate) -> str:
    return interval(e.value, e.low, e.high, percent1)


def _title(found: list[Distance], held: Standard) -> str:
    own = found[0]
    if own.modes:
        return (
            f"{own.name} finds {own.modes.covered} of {own.modes.modes} modes; "
            f"{_percent(own.modes.inside)} of its samples lie within one"
        )
    if held.points is not None:
        return (
            f"{_percent(own.copies)} of the samples of {own.name} repeat one of "
            f"{count(len(held.points))} training points"
        )
    return nearest(found, held.floor).removesuffix(".")


def nearest(found: list[Distance], zero: Estimate) -> str:
    """Which solver ends nearest to the data, where intervals that do not overlap say so; at the
    measure's own floor nothing is told apart."""
    rows = sorted(found, key=lambda d: d.wasserstein.value)
    size = rows[0].wasserstein.count
    at_floor = [d.name for d in rows if d.wasserstein.low <= zero.high]
    if at_floor:
        are = "is" if len(at_floor) == 1 else "are"
        return (
            f"{listed(at_floor)} {are} as near to the data as {count(size)} samples can show: "
            f"two draws of the data lie as far apart."
        )
    best = rows[0].wasserstein
    if len(rows) == 1:
        return f"{rows[0].name}: distance to the data {_interval(best)}."
    level = [d.name for d in rows if d.wasserstein.low <= best.high]
    if len(level) > 1:
        return f"{listed(level)} cannot be told apart with {count(size)} samples."
    return f"Nearest to the data of {len(rows)}: {rows[0].name}, distance {_interval(best)}."


def _about(held: Standard, data) -> str:
    said = ""
    if held.modes:
        said = (
            " Within 3 σ: in the radius about a mode that holds 99.7 % of it. In brackets "
            "Wilson’s interval."
        )
    if held.points is not None:
        said = (
            " A sample repeats a training point if the next one is three times as far; "
            "nearest: the median distance, RMS per coordinate."
        )
    if held.judge is not None:
        said += (
            " Fréchet distance, precision and recall are in the features of "
            f"{words.judge(data)}; not FID."
        )
    return said
