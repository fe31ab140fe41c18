"""End errors along the values of one numeric setting: a curve for each solver and time steps.

    axis_along(base, "timesteps.rho", "1…15, 8") -> Axis        error_along(base, axis) -> rows

A value is where a row stands (`Row.at`); solvers are ranked at equal values, path by path, and what
each run takes is said beside it.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import UserError
from ..lab.experiment import Experiment
from ..lab.source import Watch
from ..settings import unflatten
from . import engine
from .affordable import compared_within_work
from .end_error import EndError, Row, row_of
from .map_axes import Axis, axis_of
from .plan import Cell
from .sweep import COMPARED_SOLVERS, curves_planned


def axis_along(base: Experiment, key: str, text: str = "") -> Axis:
    """The setting that a sweep goes along, as `axis_of` reads its values.

    Raises UserError for one whose values are names, and for a solver's own, as solvers are varied.
    """
    axis = axis_of(base, key, text)
    if not axis.numeric or key.startswith("solver."):
        raise UserError(f"A sweep goes along numbers that all solvers share, not {axis.label}.")
    return axis


def along_plan(
    base: Experiment, solvers: Sequence, axis: Axis, exact: bool = False, grids: Sequence = ()
) -> list[tuple[float, str, Cell]]:
    """(value, name of the curve, cell) of each, value by value."""
    curves = curves_planned(base, solvers, grids)
    if not curves:
        raise UserError("Nothing to compare: choose at least one solver.")
    places = [(v, name) for v in axis.values for name in curves]
    trials = [unflatten(Experiment, {axis.key: v}, curves[name]) for v, name in places]
    cells = [Cell(e, EndError(exact)) for e in compared_within_work(trials)]
    return [(float(v), name, cell) for (v, name), cell in zip(places, cells, strict=True)]


def error_along(
    base: Experiment,
    axis: Axis,
    solvers: Sequence = COMPARED_SOLVERS,
    watch: Watch | None = None,
    exact: bool = False,
    grids: Sequence = (),
    folder: Path | None = None,
    workers: int = 0,
) -> Iterator[Row]:
    """A row for each cell, as soon as it is there; for folder, workers and watch see `engine.run`.

    Raises UserError at once for what cannot work, such as a setting that a grid has not.
    """
    plan = along_plan(base, solvers, axis, exact, grids)
    done = engine.in_order(engine.run([cell for _, _, cell in plan], folder, workers, watch))
    return (
        dataclasses.replace(
            row_of(d.cell.experiment, d.value, d.problem),
            at=plan[d.place][0],
            name=plan[d.place][1],
        )
        for d in done
    )
