"""The AMED page's table of solvers, and its search for better steps."""

import math

from ..lab.experiment import Experiment
from ..numerals import number, short
from ..settings import unflatten
from ..study.optimise import better_levels
from ..study.predictors import trained_for
from ..study.table import BUDGETS, amed_table, contestants
from ..training.gits import GITS
from . import words
from .amed import view_of
from .measurement import Measurement

TABLED = 256  # held-out seeds of the table on the page; the bench takes 1,000


def table(request: dict) -> Measurement:
    """Every solver at 3, 5, 7 and 9 evaluations, on the usual and on GITS steps."""
    e = view_of(request)
    total = len(BUDGETS) * len(contestants(5)) * 2 + len(trained_for(e))

    def show(cells: list) -> dict:
        names = list(dict.fromkeys((c.name, c.steps) for c in cells))
        at = {(c.name, c.steps, c.nfe): c for c in cells}
        best = {
            n: min((c for c in cells if c.nfe == n), key=lambda c: c.error.value, default=None)
            for n in BUDGETS
        }
        lines = []
        for name, steps in names:
            own = [at.get((name, steps, n)) for n in BUDGETS]
            lines.append([name, steps, *("–" if c is None else _cell(c, best[c.nfe]) for c in own)])
        found = best[5]
        title = (
            "Error at equal evaluations"
            if found is None
            else f"Best at 5 evaluations: {found.name}, {found.steps} steps, error "
            f"{short(found.error.value)}"
        )
        return {
            "title": title,
            "note": f"{words.data_name(e.data)}, {e.model.label}: mean end error against the "
            f"reference, RMS per number, {TABLED} held-out seeds, ± 95 %. Below it the "
            "sliced Wasserstein distance to the data.",
            "columns": ["", "steps", *map(str, BUDGETS)],
            "table": lines,
        }

    rows = lambda watch: amed_table(e, BUDGETS, TABLED, watch=watch)
    return Measurement(e, rows, total, show)


def _cell(c, best) -> str:
    error = f"{short(c.error.value)} ± {number(c.error.value - c.error.low, 1)}"
    error = f"<b>{error}</b>" if c is best else error
    return f"{error}<small>{short(c.distance.value)}</small>"


def better_steps(request: dict) -> Measurement:
    """Better levels for the open view: GITS, then a search on the measured error."""
    values = request.get("values")
    e = unflatten(Experiment, values if isinstance(values, dict) else {})

    def show(found: list) -> dict:
        last = found[-1]
        error = "" if math.isnan(last.error) else f", error {short(last.error)}"
        out = {
            "stage": f"{last.stage}{error}, {last.tried} lists tried",
            "levels": [float(f"{s:.6g}") for s in last.levels],
        }
        if last.verdict:
            names = {"now": "the steps before", "GITS": "GITS", "search": "the search"}
            said = ", ".join(f"{names[k]} {short(v)}" for k, v in last.verdict.items())
            winner = names[last.won].capitalize()
            out |= {
                "won": last.won,
                "verdict": f"On held-out seeds: {said}. {winner} won.",
                "candidates": {
                    k: [float(f"{s:.6g}") for s in v] for k, v in last.candidates.items()
                },
            }
        return out

    given = request.get("gits")
    how = unflatten(GITS, given if isinstance(given, dict) else {})
    next(better_levels(e, how))  # says at once what cannot work
    return Measurement(e, lambda watch: better_levels(e, how, watch=watch), 24, show)
