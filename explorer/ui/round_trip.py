"""What the page says of the way up and down again: what each one-step solver loses."""

from ..analysis.order import Slope
from ..figures.compare import error_vs_nfe
from ..lab.experiment import Experiment
from ..numerals import number, short, span
from ..study import round_trip as study
from ..study.end_error import Row
from ..study.names import solver_name
from ..study.ranking import ranked, sentence
from ..study.sweep import orders
from . import words
from .measurement import Measurement

MISSED = "median missed"


def round_trip(base: Experiment, request: dict) -> Measurement:
    """What image → latent → image misses, for every solver that can go up."""
    plan = study.round_trip_plan(base)  # says at once what cannot work
    names = list(dict.fromkeys(solver_name(c.experiment.solver) for c in plan))
    return Measurement(
        base,
        lambda watch: study.round_trips(base, watch=watch),
        len(plan),
        lambda rows: shown(base, rows, names),
    )


def shown(base: Experiment, rows: list[Row], names: list[str]) -> dict:
    """The rows so far; names: of all curves that are to come."""
    found, slopes = ranked(rows, names), orders(rows)
    title = "Up to noise and back" if found is None else sentence(found, MISSED)
    best = found.first[0].name if found and found.decided else None
    count = max((len(r.each) for r in rows), default=0)
    top, bottom = next((r.ends for r in rows if r.ends), (0, 0))
    return {
        "title": title,
        "figure": error_vs_nfe(rows, slopes, None, best, title, MISSED),
        "note": f"{words.data_name(base.data)}: image → latent → image over σ = {number(bottom)} "
        f"to {number(top)}, {base.schedule.label} frame. Median over {count} samples, 95 % "
        "intervals; evaluations of both ways. The exact flow misses nothing: what is lost is the "
        "solver’s. Solvers with a past, new noise or learned steps cannot go up.",
        **_table(rows, slopes),
    }


def _table(rows: list[Row], slopes: dict[str, Slope | None]) -> dict:
    columns = ["solver", "evaluations", MISSED, "95 %", "10–90 %", "order"]
    known = [r for r in rows if r.median is not None]
    order = lambda name: (
        "–"
        if (slope := slopes.get(name)) is None or slope.half > 2
        else f"{slope.order:.1f} ± {slope.half:.1f}"
    )
    return {
        "columns": columns,
        "table": [
            [
                r.name,
                str(r.nfe),
                short(r.middle.value),
                span(r.middle.low, r.middle.high),
                span(r.low, r.high),
                order(r.name),
            ]
            for r in known
        ],
        "exact": {
            "columns": ["solver", "evaluations", "median", "95 % from", "95 % to", "samples"],
            "rows": [
                [r.name, r.nfe, r.middle.value, r.middle.low, r.middle.high, len(r.each)]
                for r in known
            ],
        },
    }
