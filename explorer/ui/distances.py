"""What the page says of distances to the data: headline, table and figure."""

from ..analysis import distance
from ..figures import distances as figures
from ..lab.experiment import Experiment
from ..numerals import short
from ..study.distances import (
    SEEDS,
    Distance,
    Standard,
    distance_plan,
    distances_to_data,
    standard,
)
from .measurement import Measurement


def distances(base: Experiment, request: dict) -> Measurement:
    """The solver in use, without its churn if it has any, and some others, over the same seeds."""
    plan = distance_plan(base)  # says at once what cannot work
    first = plan[0].experiment
    return Measurement(
        base,
        lambda watch: distances_to_data(base, watch),
        len(plan),
        lambda found: shown(found, standard(first), first.samples),
    )


def shown(found: list[Distance], held: Standard, count: int) -> dict:
    """The rows so far; held: what they are held against; count: samples of each seed."""
    shares, fresh = None, held.fresh
    if held.modes:
        shares = ("share within 3 σ of a mode", [d.modes.inside for d in found], fresh.modes.inside)
    elif held.points is not None:
        shares = ("share that repeats a training point", [d.copies for d in found], fresh.copies)
    columns, table = _table(found, fresh, held.floor)
    return {
        "title": _title(found, held.points),
        "note": f"{SEEDS} seeds × {count} samples, 95 % intervals. Two fresh draws of the "
        f"data lie {short(held.floor.value)} apart: nothing can be seen below that."
        f"{_about(held)}",
        "figure": figures.distances(found, held.floor, shares),
        "columns": columns,
        "table": table,
    }


def _table(found: list[Distance], fresh: Distance, zero) -> tuple[list, list]:
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


def _interval(e: distance.Estimate) -> str:
    return f"{short(e.value)} ({short(e.low)} – {short(e.high)})"


def _percent(e: distance.Estimate) -> str:
    return f"{100 * e.value:.1f} % ({100 * e.low:.1f} – {100 * e.high:.1f})"


def _title(found: list[Distance], points) -> str:
    own = found[0]
    if own.modes:
        return (
            f"{own.name} finds {own.modes.covered} of {own.modes.modes} modes; "
            f"{100 * own.modes.inside.value:.0f} % of its samples lie within one"
        )
    if points is not None:
        return (
            f"{100 * own.copies.value:.0f} % of the samples of {own.name} repeat one of "
            f"{len(points)} training points"
        )
    best = min(found, key=lambda d: d.wasserstein.value)
    return f"Nearest to the data so far: {best.name}, distance {short(best.wasserstein.value)}"


def _about(held: Standard) -> str:
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
            " Fréchet distance, precision and recall are in the features of a small "
            "classifier that comes with the page; not FID."
        )
    return said
