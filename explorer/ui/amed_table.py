"""The AMED page's table of solvers, and its search for better steps."""

import math

from ..lab.experiment import Experiment
from ..numerals import count, factor, short
from ..settings import unflatten
from ..store import predictors as store
from ..study.optimise import OWN, Optimised, better_levels, kept_levels
from ..study.predictors import trained_for
from ..study.table import BUDGETS, Entry, amed_table, best, came_from, table_size
from ..training.gits import GITS
from . import amed_words, words
from .amed import Left, view_of
from .measurement import Measurement

TABLED = 256  # held-out seeds of the table on the page; the bench takes 1,000


def table(request: dict, training: Left | None = None) -> Measurement:
    """Every solver at 3, 5, 7 and 9 evaluations, on the usual and on GITS steps, the learned ones
    stage by stage, and at the page's budget all with their steps searched.

    training: one of the same page, whose predictor takes part as it is.
    """
    e, own = view_of(request), []
    trained = training and training.trained
    other = training is not None and trained is not None and not _alike(training.base, e)
    if trained is not None and not other and trained.digest not in trained_for(e):
        own = [store.hold(trained, trained.digest)]
    asked = request.get("nfe")
    nfe = asked if asked in BUDGETS else 5

    total = table_size(e, own, (nfe,))

    def show(cells: list) -> dict:
        at = {(*c.row, c.nfe): c for c in cells}
        rows = dict.fromkeys(c.row for c in cells)
        firsts = {n: best([c for c in cells if c.nfe == n]) for n in {c.nfe for c in cells}}
        lines = []
        for row in rows:
            found = [at.get((*row, n)) for n in BUDGETS]
            lines.append([*row, *("–" if c is None else _cell(c, cells, firsts) for c in found)])
        now = [c for c in cells if c.nfe == nfe]
        return {
            "title": amed_words.best_at(nfe, now, len(cells) >= total)
            if now
            else "Error at equal evaluations",
            "note": f"{words.data_name(e.data)}, {e.model.label}: median end error against the "
            f"reference, RMS per number, {TABLED} held-out seeds, 95 % intervals; bold are the "
            "best and those that the seeds cannot tell from them. Below: times the row that it "
            "comes from, seed by seed; the mean; the sliced Wasserstein distance to the data."
            + (" The predictor just trained is of another view and takes no part." * other),
            "columns": ["", "steps", *map(str, BUDGETS)],
            "table": lines,
            "exact": _exact(cells),
        }

    rows = lambda watch: amed_table(e, BUDGETS, TABLED, watch=watch, searched=(nfe,), own=own)
    return Measurement(e, rows, total, show)


def _alike(a: Experiment, b: Experiment) -> bool:
    """Whether a predictor of one view is one for the other: of the same data and model."""
    return (a.data, a.model) == (b.data, b.model)


EXACT = ("", "steps", "NFE", "median", "95 % from", "95 % to", "mean", "W₁", "times", "of")


def _exact(cells: list[Entry]) -> dict:
    """The table with all digits, to copy: a line for each number of evaluations."""
    rows: list[list] = []
    for c in cells:
        before = came_from(c, cells)
        of = [None, None] if before is None else [c.over(before).value, ", ".join(before.row)]
        middle = [c.median.value, c.median.low, c.median.high]
        rows.append([*c.row, c.nfe, *middle, c.error.value, c.distance.value, *of])
    finite = lambda v: None if isinstance(v, float) and not math.isfinite(v) else v
    return {"columns": list(EXACT), "rows": [[finite(v) for v in row] for row in rows]}


def _cell(c: Entry, cells: list[Entry], firsts: dict[int, list[Entry]]) -> str:
    error = amed_words.interval(c.median)
    error = f"<b>{error}</b>" if c in firsts[c.nfe] else error
    before = came_from(c, cells)
    times = f"{amed_words.times(c.over(before))} · " if before is not None else ""
    return (
        f"{error}<small>{times}mean {short(c.error.value)} · W₁ {short(c.distance.value)}</small>"
    )


def better_steps(request: dict) -> Measurement:
    """Better levels for the open view: GITS, then a search on the measured error."""
    values = request.get("values")
    e = unflatten(Experiment, values if isinstance(values, dict) else {})

    def show(found: list) -> dict:
        last = found[-1]
        tried = f", {count(last.tried)} lists tried" if last.tried else ""
        error = "" if math.isnan(last.error) else f": typical error {short(last.error)}"
        out = {
            "stage": f"{last.stage}{error}{tried}",
            "part": last.part,
            "levels": [float(f"{s:.6g}") for s in last.levels],
        }
        if last.candidates:
            out["candidates"] = {
                k: [float(f"{s:.6g}") for s in v] for k, v in last.candidates.items()
            }
        if last.verdict:
            out |= {"won": last.won, "verdict": verdict(last)}
        return out

    given = request.get("gits")
    how = unflatten(GITS, given if isinstance(given, dict) else {})
    next(better_levels(e, how))  # says at once what cannot work
    return Measurement(e, lambda watch: kept_levels(e, how, watch), 24, show)


def verdict(last: Optimised) -> str:
    """What the held-out paths say of the lists that were found, and how sure that is."""
    names = {"GITS": "GITS", "search": "the search"}
    much = lambda k: factor(last.times[k].value, last.times[k].low, last.times[k].high)
    on = f"On {last.times['search'].count} held-out seeds"
    if last.won == OWN:
        return (
            f"{on} no list is better: GITS makes {much('GITS')}, the search {much('search')} of "
            "the error of your steps, which stay."
        )
    other = next(k for k in names if k != last.won)
    before, after = (short(last.verdict[k].value) for k in (OWN, last.won))
    return (
        f"{on} {names[last.won]} makes {much(last.won)} of the error before: median {after} after "
        f"{before}; {names[other]} {much(other)}."
    )
