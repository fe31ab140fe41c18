"""The Compare page's measurements: each a generator of rows, and how its rows are shown."""

from ..core.solvers import SOLVERS
from ..errors import UserError
from ..figures import compare as figures
from ..lab.error import MATTERS
from ..lab.experiment import Experiment
from ..lab.truth import reference_for
from ..numerals import count, number, short, span
from ..study import offered
from ..study.along import axis_along, error_along
from ..study.map_axes import Axis
from ..study.ranking import place_of, ranked, sentence
from ..study.sweep import (
    BUDGETS,
    COMPARED_SOLVERS,
    curves_planned,
    error_against_nfe,
    grid_named,
    names_of,
    numbers,
    orders,
    plain,
)
from . import map as heat_map
from . import words
from .forest import forest, order_of
from .measurement import Measurement, Watch

LARGEST_BUDGET = 1023


def config() -> dict:
    """What the page's script is told: the solvers and budgets of a sweep that nobody has chosen."""
    return {
        "solvers": list(COMPARED_SOLVERS),
        "budgets": list(BUDGETS),
        "map": heat_map.config(),
        "engines": offered.words(),
    }


def budgets_of(text) -> list[int]:
    """The budgets in “5, 7, 9”.  Raises UserError for anything else."""
    words_ = str(BUDGETS)[1:-1] if text is None else str(text)
    out = []
    for word in words_.replace(";", ",").split(","):
        if not (word := word.strip()):
            continue
        if not word.isdecimal() or not 1 <= int(word[:6]) <= LARGEST_BUDGET:
            raise UserError(
                f"A budget must be a whole number from 1 to {LARGEST_BUDGET}; got {word!r:.40}."
            )
        out.append(int(word))
    if not 1 <= len(set(out)) <= 24:
        raise UserError(f"Give 1 to 24 budgets; got {len(set(out))}.")
    return sorted(set(out))


def _solvers(base: Experiment, names) -> list:
    """The chosen solvers; the one that the page is set to comes with its settings."""
    names = list(COMPARED_SOLVERS) if names is None else names
    if not isinstance(names, list) or not names:
        raise UserError("Choose at least one solver.")
    if unknown := next((n for n in names if not isinstance(n, str) or n not in SOLVERS), None):
        raise UserError(f"Unknown solver {unknown!r:.40}. Known: {', '.join(SOLVERS)}.")
    return [base.solver if n == base.solver.name else SOLVERS[n]() for n in names]


def _grids(names) -> list[str]:
    """The chosen time steps, by name; none: those of the page."""
    if names is None:
        return []
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise UserError(f"Time steps are chosen by their names; got {names!r:.40}.")
    return list(dict.fromkeys(names))


def sweep(base: Experiment, request: dict) -> Measurement:
    """Error against evaluations: the chosen solvers, budgets and time steps."""
    solvers = _solvers(base, request.get("solvers"))
    budgets, grids = budgets_of(request.get("budgets")), _grids(request.get("grids"))
    axis = _axis(base, request)
    if axis:
        run = lambda watch: error_along(base, axis, solvers, watch, grids=grids)
    else:
        run = lambda watch: error_against_nfe(base, solvers, budgets, watch, grids=grids)
    run(None)  # says at once what cannot work
    curves = curves_planned(base, solvers, grids)
    on = ", ".join(grid_named(base, g).short for g in grids) or base.timesteps.label

    def show(rows: list) -> dict:
        found, known = ranked(rows, curves, axis), known_to(rows)
        slopes = dict.fromkeys(names_of(rows)) if axis else orders(rows)
        floor = known or (0 if axis else float(reference_for(base).floor[-1])) or None
        title = f"Error against {axis.label if axis else 'evaluations'}"
        title = title if found is None else sentence(found)
        best = found.first[0].name if found and found.decided else None
        return {
            "title": title,
            "figure": figures.error_vs_nfe(rows, slopes, floor, best, title, axis=axis),
            "note": f"{words.data_name(base.data)}, {on}, {base.schedule.label} frame. "
            f"{_samples(rows)}95 % intervals; against the reference at the lowest noise level. "
            "Ratios are of the same noise, path by path"
            + ("." if axis else "; orders are fitted to the straight tail.")
            + (f" The reference is known to {number(known, 2)}." if known else ""),
            **_pivot(rows, slopes, axis),
            "forest": forest(rows, curves, slopes, base, axis),
        }

    total = len(solvers) * len(axis.values if axis else budgets) * max(1, len(grids))
    return Measurement(base, run, total, show)


def _axis(base: Experiment, request: dict) -> Axis | None:
    """The setting that a sweep goes along in place of evaluations."""
    key = request.get("along")
    if key in (None, "nfe"):
        return None
    if not isinstance(key, str):
        raise UserError(f"A sweep goes along a setting by its name; got {key!r:.40}.")
    return axis_along(base, key, request.get("over", ""))


def known_to(rows: list) -> float:
    """What a reference may be off by, where that matters for one of the errors; else 0."""
    return max((r.floor for r in rows if r.median and r.floor > MATTERS * r.median), default=0.0)


def _samples(rows: list) -> str:
    known = {len(r.each) for r in rows if r.each}
    return f"Median over {max(known)} samples, " if known else "Median over samples, "


def sweep_numbers(
    base: Experiment,
    solvers: str | None,
    budgets: str | None,
    grids: str | None = None,
    watch: Watch | None = None,
) -> dict:
    """A whole sweep as plain numbers, for the API.  Raises UserError as the page would say it."""
    named = lambda text: (
        None if text is None else [w for w in (word.strip() for word in str(text).split(",")) if w]
    )
    rows = list(
        error_against_nfe(
            base,
            _solvers(base, named(solvers)),
            budgets_of(budgets),
            watch,
            grids=_grids(named(grids)),
        )
    )
    return numbers(base, rows)


def _pivot(rows: list, slopes: dict, axis: Axis | None) -> dict:
    """A line for each curve, a column for each cost or value of the axis: the median, beside it the
    interval, the middle 80 % of the samples, the mean and how many end elsewhere.  exact: one line
    for each run, all digits, to copy.
    """
    order = lambda slope, said=None: [] if axis else [order_of(slope) if said is None else said]
    costs = sorted({r.x for r in rows if r.median is not None})
    table, beside = [], []
    for name, slope in slopes.items():
        own = [r for r in rows if r.name == name]
        at = {r.x: r for r in own if r.median is not None}
        note = next((r.note for r in reversed(own) if r.note), "")
        table.append(
            [name, *(at[n].median if n in at else None for n in costs), *order(slope), note]
        )
        beside.append(
            ["", *(_beside(at[n]) if n in at else "" for n in costs), *order(None, ""), ""]
        )
    heads = [place_of(n, axis) or str(n) for n in costs]
    return {
        "columns": ["median end error", *heads, *order(None, "order"), ""],
        "table": table,
        "beside": beside,
        "exact": _exact(rows, axis),
    }


def _beside(row) -> str:
    away = f"<br>{count(row.elsewhere)} elsewhere" if row.elsewhere else ""
    return (
        f"{span(row.middle.low, row.middle.high)}<br>10–90 % {span(row.low, row.high)}"
        f"<br>mean {short(row.mean)}{away}"
    )


EXACT = {  # heading of a column to copy: where it stands in a plain row
    "solver": "name",
    "NFE": "nfe",
    "median": "median_error",
    "95 % from": "median_low",
    "95 % to": "median_high",
    "10 %": "low",
    "90 %": "high",
    "mean": "mean_error",
    "samples": "samples",
    "elsewhere": "elsewhere",
    "note": "note",
}


def _exact(rows: list, axis: Axis | None) -> dict:
    lines = [[p[k] for k in EXACT.values()] for p in map(plain, rows)]
    if axis is None:
        return {"columns": list(EXACT), "rows": lines}
    return {
        "columns": [axis.label, *EXACT],
        "rows": [[r.at, *line] for r, line in zip(rows, lines, strict=True)],
    }
