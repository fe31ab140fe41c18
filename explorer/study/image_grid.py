"""The same seeds' samples over any two settings: a grid of pictures, beside where exact paths end.

    grid_plan(base, rows, columns) -> cells        image_grid(...) -> Pictures after each cell

Cells come coarse first, every second in both directions, so that a half-done grid is whole.
"""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..core.timesteps import Custom
from ..errors import UserError
from ..lab.experiment import Experiment
from ..lab.source import Watch
from ..settings import flatten, parameters, slots, unflatten
from . import engine
from .affordable import compared_within_work
from .plan import Cell
from .samples import Samples, Shown, shown_of
from .sweep import check_budgets_count

SAMPLES, SHOWN = 64, 4  # of a cell: those with an error, those on show
MOST = 80  # cells
APART = ("data", "seed", "samples")  # what a cell shares with the others


@dataclasses.dataclass(frozen=True)
class Axis:
    """A setting by its key, and its values."""

    key: str
    values: tuple[Any, ...]


@dataclasses.dataclass(frozen=True)
class Spot:
    """A cell: where it stands, its settings, and what it shows; None and why where nothing."""

    row: int
    column: int
    experiment: Experiment
    found: Shown | None
    problem: str = ""

    @property
    def right(self) -> bool | None:
        """Whether every sample on show ends where its exact path does; None where none has one."""
        if self.found is None or not self.found.astray:
            return False if self.found is not None and self.found.note.startswith("blew") else None
        return not any(self.found.astray[: len(self.found.x)])


@dataclasses.dataclass(frozen=True)
class Pictures:
    """All cells so far."""

    rows: Axis
    columns: Axis
    spots: tuple[Spot, ...]

    @property
    def ascending(self) -> bool:
        """Whether the columns are numbers that grow, so that “from here on” has a meaning."""
        try:
            own = [float(v) for v in self.columns.values]
        except ValueError:
            return False
        return all(a < b for a, b in itertools.pairwise(own))

    def right_from(self, row: int) -> int | None:
        """The column from which on every cell of a row is right, the number of columns where none
        is; None while some are not known."""
        own = {s.column: s.right for s in self.spots if s.row == row}
        count = len(self.columns.values)
        if len(own) < count or None in own.values():
            return None
        wrong = [c for c, right in own.items() if not right]
        return max(wrong, default=-1) + 1


def axis(base: Experiment, key: Any, values: Any) -> Axis:
    """A setting and its values, each as the setting itself has it.

    Raises UserError for an unknown setting, one that all cells share, and no values or too many.
    """
    known = sorted({p.key for p in parameters(Experiment)} | set(slots(Experiment)))
    if not isinstance(key, str) or (key not in flatten(base) and key not in known):
        raise UserError(f"Unknown setting {key!r:.40}. Known here: {', '.join(flatten(base))}.")
    if key.split(".")[0] in APART:
        raise UserError(f"“{key}” is the same in all cells of a grid; vary another setting.")
    if isinstance(values, str):
        values = [v.strip() for v in values.replace(";", ",").split(",") if v.strip()]
    if not isinstance(values, list) or not 1 <= len(values) <= MOST:
        raise UserError(f"Give 1 to {MOST} values of “{key}”; got {values!r:.60}.")
    if odd := [v for v in values if not isinstance(v, str | int | float)]:
        raise UserError(f"A value of “{key}” is a number or a name; got {odd[0]!r:.40}.")
    return Axis(key, tuple(dict.fromkeys(values)))


def grid_plan(base: Experiment, rows: Axis, columns: Axis) -> list[tuple[int, int, Cell]]:
    """(row, column, cell) of each, coarse first.

    Raises UserError for one setting on both axes, too many cells, a budget that a typed list of
    levels fixes, and where the cap on work allows too few samples.
    """
    if rows.key == columns.key:
        raise UserError(f"Rows and columns both vary “{rows.key}”; choose two settings.")
    count = len(rows.values) * len(columns.values)
    if count > MOST:
        raise UserError(f"{count} cells are more than the {MOST} of a grid; give fewer values.")
    if "nfe" in (rows.key, columns.key):
        check_budgets_count(base)
    places = sorted(
        itertools.product(range(len(rows.values)), range(len(columns.values))), key=_coarse
    )
    trials = [_experiment(base, rows, r, columns, c) for r, c in places]
    return [
        (r, c, Cell(e, Samples(_shown(e))))
        for (r, c), e in zip(places, compared_within_work(trials), strict=True)
    ]


def _shown(e: Experiment) -> int:
    return SAMPLES if e.data.kind == "plane" else SHOWN


def _coarse(place: tuple[int, int]) -> tuple[int, int, int]:
    row, column = place
    return (row % 2) + (column % 2), row, column


def _experiment(base: Experiment, rows: Axis, r: int, columns: Axis, c: int) -> Experiment:
    """A choice comes before what belongs to it: the solver before its order."""
    both = {rows.key: rows.values[r], columns.key: columns.values[c]}
    flat = dict(sorted(both.items(), key=lambda item: "." in item[0]))
    made = unflatten(Experiment, flat, base)
    if isinstance(made.timesteps, Custom) and "timesteps" in flat:
        raise UserError("A typed list of levels has no values to vary; choose a grid such as ρ.")
    return dataclasses.replace(made, samples=SAMPLES)


def image_grid(
    base: Experiment,
    rows: Axis,
    columns: Axis,
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
) -> Iterator[Pictures]:
    """What is known after each cell; a cell that could not be measured says why, and the others go
    on.  For folder, workers and watch see `engine.run`."""
    plan = grid_plan(base, rows, columns)
    found = Pictures(rows, columns, ())
    for done in engine.run([cell for _, _, cell in plan], folder, workers, watch):
        r, c, cell = plan[done.place]
        shown = None if done.value is None else shown_of(done.value)
        spot = Spot(r, c, cell.experiment, shown, done.problem)
        found = dataclasses.replace(found, spots=(*found.spots, spot))
        yield found


DEFAULT: tuple[tuple[str, Sequence], tuple[str, Sequence]] = (
    ("solver", ["ddim", "heun", "dpmpp", "unipc", "ipndm"]),
    ("nfe", [3, 5, 7, 9, 13, 19, 35]),
)
