"""What the page says of the way up and down again: what each one-step solver loses."""

from ..analysis.order import Slope
from ..figures.compare import error_vs_nfe
from ..lab.experiment import Experiment
from ..numerals import factor, interval, number, short, span
from ..study import round_trip as study
from ..study.end_error import Row
from ..study.names import solver_name
from ..study.ranking import Ranking, ranked
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
    title = "Up to noise and back" if found is None else sentence(found)
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


def sentence(found: Ranking) -> str:
    """“Up to noise and back, Heun misses least: median 0.0003 (0.00025–0.00035) after 257
    evaluations, 0.62 × (0.55–0.70) of DPM-Solver-2’s”, or who cannot be told apart.
    """
    low, high = found.evaluations
    best = found.first[0]
    cost = f"{best.nfe} evaluations"
    middle = best.middle
    missed = f"median {interval(middle.value, middle.low, middle.high)}"
    aside = f". Over another range of σ, not ranked: {', '.join(found.apart)}" * bool(found.apart)
    if found.decided:
        much, other = found.ratio, found.rows[1]
        named = other.name if low == high else f"{other.name} ({other.nfe})"
        return (
            f"Up to noise and back, {best.name} misses least: {missed} after {cost}, "
            f"{factor(much.value, much.low, much.high)} of {named}’s{aside}"
        )
    others = [r.name for r in found.first[1:]]
    told = " and ".join(others) if len(others) < 3 else f"{others[0]} and {len(others) - 1} more"
    return (
        f"Up to noise and back, {best.name} misses {missed} after {cost}, cannot be told apart "
        f"from {told} with {found.samples} image{'s' * (found.samples != 1)}{aside}"
    )


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
