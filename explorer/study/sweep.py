"""Error against evaluations, or along the values of one setting: plans of end errors, and rows."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..analysis.order import Slope, fitted_slope
from ..core.solvers import SOLVERS
from ..core.timesteps import Custom
from ..errors import UserError
from ..lab.experiment import Experiment, is_random, levels
from ..lab.judged import plain as told
from ..lab.notes import known_by
from ..lab.source import Watch
from ..lab.timesteps import TIMESTEPS, by_name
from ..lab.tool_steps import ToolSteps
from ..settings import flatten, parameters, slots, to_query, unflatten
from . import engine
from .affordable import compared_within_work
from .end_error import EndError, Row, row_of
from .map_axes import Axis
from .names import solver_name
from .plan import Cell
from .ranking import ranked, sentence

COMPARED_SOLVERS = ("ddim", "heun", "dpm2", "dpmpp", "unipc", "ipndm")
BUDGETS = (5, 7, 9, 13, 19, 27, 39, 55)


def error_against_nfe(
    base: Experiment,
    solvers: Sequence = COMPARED_SOLVERS,
    budgets: Sequence[int] = BUDGETS,
    watch: Watch | None = None,
    exact: bool = False,
    grids: Sequence = (),
    folder: Path | None = None,
    workers: int = 0,
) -> Iterator[Row]:
    """A row for each cell of `error_plan`, as soon as it is there; for folder, workers and watch
    see `engine.run`.

    Raises UserError at once for a base or a list that cannot work.  With more than one grid rows
    are named after both.
    """
    plan = error_plan(base, solvers, budgets, exact, grids)
    done = engine.in_order(engine.run(plan, folder, workers, watch))
    rows = ((d.cell.experiment, row_of(d.cell.experiment, d.value, d.problem)) for d in done)
    if len(grids) < 2:
        return (row for _, row in rows)
    return (dataclasses.replace(row, name=_on_grid(row.name, e.timesteps)) for e, row in rows)


def _on_grid(name: str, grid) -> str:
    return f"{name}, {grid.short}"


def curves_planned(
    base: Experiment, solvers: Sequence, grids: Sequence = ()
) -> dict[str, Experiment]:
    """The curves of a sweep by what they will be called: the view that each takes along budgets."""
    made = [dataclasses.replace(base, solver=_solver(s)) for s in solvers]
    on = [grid_named(base, g) for g in grids] or [base.timesteps]
    return {
        _on_grid(solver_name(e.solver), g) if len(on) > 1 else solver_name(e.solver):
        dataclasses.replace(e, timesteps=g)
        for e in made
        for g in on
    }  # fmt: skip


def error_plan(
    base: Experiment,
    solvers: Sequence = COMPARED_SOLVERS,
    budgets: Sequence[int] = BUDGETS,
    exact: bool = False,
    grids: Sequence = (),
) -> list[Cell]:
    """Each solver at each budget, round by round from the cheapest budget up, so that every curve
    grows and the first rounds, which cost next to nothing, show them all.

    solvers: settings, or names for their defaults.  Each takes the steps that come nearest to the
    budget; two budgets that buy the same steps are one cell.  What cannot be measured is a row
    without a value.  exact: the adaptive reference, which takes seconds.  grids: time steps to try
    with each solver, settings or names for one over the base's own range.
    """
    solvers = [_solver(s) for s in solvers]
    budgets = sorted(set(budgets))
    if not solvers or not budgets:
        raise UserError("Nothing to compare: choose at least one solver and one budget.")
    check_budgets_count(base)
    grids = [grid_named(base, g) for g in grids] or [base.timesteps]
    trials = [
        dataclasses.replace(base, solver=s, nfe=b, timesteps=g)
        for b in budgets
        for s in solvers
        for g in grids
    ]
    return [Cell(e, EndError(exact)) for e in different(compared_within_work(trials))]


def check_budgets_count(base: Experiment) -> None:
    """Raises UserError for a typed list of levels, which no budget changes."""
    if isinstance(base.timesteps, Custom):
        raise UserError(
            f"A typed list of {len(levels(base))} noise levels fixes the steps, so no "
            "budget can change them; choose a grid such as ρ to compare budgets."
        )


def grid_named(base: Experiment, choice):
    """Time steps by name, over the range of the base's own; a tool's list as it is."""
    if not isinstance(choice, str):
        return choice
    if choice == base.timesteps.name:
        return base.timesteps
    if choice == Custom.name or (choice not in TIMESTEPS and ":" not in choice):
        known = [name for name in TIMESTEPS if name != Custom.name]
        raise UserError(f"Unknown time steps {choice!r:.40}. Known: {', '.join(known)}.")
    made = by_name(choice)
    if isinstance(made, ToolSteps):  # its range is its model's
        return made
    low, high = base.timesteps.sigma_min, base.timesteps.sigma_max
    if "sigma_max" in {f.name for f in dataclasses.fields(made)}:
        return type(made)(sigma_max=high, sigma_min=low)
    return made.within(low, math.inf if base.timesteps.pure else high)


def different(trials: Sequence[Experiment]) -> Iterator[Experiment]:
    """Without those that take the same steps as one before."""
    seen = set()
    for e in trials:
        same: Any
        try:
            same = e.solver, e.timesteps, None if is_random(e) else len(levels(e))
        except UserError:  # it will be said in its row
            same = e
        if same not in seen:
            seen.add(same)
            yield e


def orders(rows: Sequence[Row]) -> dict[str, Slope | None]:
    """The order of each curve of medians, by name."""
    curves = {name: [r for r in rows if r.name == name] for name in names_of(rows)}
    return {
        name: fitted_slope([r.nfe for r in own], [r.median for r in own])
        for name, own in curves.items()
    }


def names_of(rows: Sequence[Row]) -> list[str]:
    """The curves of a sweep, in the order in which they came."""
    return list(dict.fromkeys(r.name for r in rows))


def numbers(base: Experiment, rows: Sequence[Row], axis: Axis | None = None) -> dict[str, Any]:
    """A sweep as plain values: each row, the order fitted to each curve of medians with its
    interval, and which is ahead at the largest cost, if the samples allow to say so.

    axis: the setting that it goes along in place of evaluations; then there are no orders, and the
    last value is where they are held against each other.
    """
    nominal = {r.name: r.nominal for r in rows}
    slopes = {
        name: slope and {"order": slope.order, "half": slope.half, "nominal": nominal[name]}
        for name, slope in ({} if axis else orders(rows)).items()
    }
    done = [r.nfe for r in rows if r.median is not None]
    notes = known_by(dataclasses.replace(base, nfe=max(done))) if done else []
    return {
        "query": to_query(base),
        "orders": slopes,
        "best": _best(rows, axis),
        "rows": [plain(r) for r in rows],
        **({"notes": notes} if notes else {}),
    }


def _best(rows: Sequence[Row], axis: Axis | None) -> dict[str, Any] | None:
    found = ranked(rows, axis=axis)
    if found is None:
        return None
    return {
        "said": sentence(found),
        "decided": found.decided,
        "names": [r.name for r in found.first],
        "nfe": [r.nfe for r in found.first],
        "next": found.rows[1].name if found.decided else None,
        **(told(found.ratio, "ratio") if found.decided else {}),
        "samples": found.samples,
    }


def plain(r: Row) -> dict[str, Any]:
    """A row as plain values: low and high hold 10–90 % of the samples; “end_error” is what
    `/explore` says of the same run."""
    middle = r.middle
    known = None if r.median is None else told(middle, "median")
    return {
        **({} if r.at is None else {"at": r.at}),
        "solver": r.solver.name,
        "name": r.name,
        "family": r.family,
        "nfe": r.nfe,
        "steps": r.steps,
        "mean_error": r.mean,
        "low": r.low,
        "high": r.high,
        "median_error": r.median,
        "median_low": known and known["low"],
        "median_high": known and known["high"],
        "samples": len(r.each),
        "elsewhere": r.elsewhere,
        "end_error": known
        and known | {"mean": r.mean, "elsewhere": r.elsewhere, "samples": middle.count},
        "range": list(r.ends) or None,
        "seconds": r.seconds,
        "note": r.note,
    }


def sweep_settings(
    base: Experiment,
    axis: str,
    values: Sequence,
    watch: Watch | None = None,
    exact: bool = False,
    folder: Path | None = None,
    workers: int = 0,
) -> Iterator[tuple[Any, Row]]:
    """(value, row) for each value of one setting, all else as it is: "timesteps.rho", "s_churn",
    "solver.order", "solver", "nfe".

    Raises UserError at once, before anything is run, for an unknown axis or a value out of bounds.
    """
    flat, known = flatten(base), {*slots(Experiment), *(p.key for p in parameters(Experiment))}
    if axis not in flat and axis in known:
        slot = axis.split(".")[0]
        raise UserError(
            f"The {slot} {flat[slot]!r} has no setting {axis!r}; choose another {slot} "
            f"or one of: {', '.join(k for k in flat if k.startswith(slot)) or 'none'}."
        )
    if axis == "nfe" and isinstance(base.timesteps, Custom):
        raise UserError(
            "A typed list of noise levels fixes the steps, so NFE changes nothing; "
            "choose a grid such as ρ."
        )
    values = list(values)
    if not values:
        raise UserError(f"Nothing to compare: give at least one value of {axis}.")
    trials = compared_within_work([unflatten(Experiment, {axis: v}, base) for v in values])
    done = engine.run([Cell(e, EndError(exact)) for e in trials], folder, workers, watch)
    return ((values[d.place], row_of(d.cell.experiment, d.value, d.problem)) for d in done)


def _solver(choice):
    if not isinstance(choice, str):
        return choice
    if choice not in SOLVERS:
        raise UserError(f"Unknown solver {choice!r}. Known: {', '.join(SOLVERS)}.")
    return SOLVERS[choice]()
