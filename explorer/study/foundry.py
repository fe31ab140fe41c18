"""A view in the foundry: what is ticked is learned, and judged on noise that it never saw.

Path by path against the view's own solver on its own steps, and against the best that the same
budget is known for without the foundry: the view's solver on steps that a search has found.  All
of it is one cell of a study, for every update follows from those before.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor

from ..analysis.intervals import Estimate, apart, median, ratio
from ..core.guidance import unfollowed
from ..errors import UserError
from ..lab.experiment import Experiment, Watch, is_random, levels, prepared
from ..settings import flatten, jsonable, setting, unflatten
from ..training import gits
from ..training.forge_numbers import Numbers
from ..training.foundry import Forge, Foundry, Progress, check_levels
from ..training.stops import Typical, searched
from .live import live
from .optimise import JUDGED, with_levels
from .plan import Cell

OWN, FORGED, SEARCHED = "now", "forged", "searched steps"
NETWORK = Foundry(paths=128, batch=16, updates=200)  # where an evaluation is dear


@dataclasses.dataclass(frozen=True)
class Judged:
    """A solver on its levels.  error: the median end error; times: how many times the view's own
    it makes, path by path; searched: how many times that of the searched steps."""

    name: str
    levels: tuple[float, ...]
    solver: Any
    error: Estimate
    times: Estimate | None = None
    searched: Estimate | None = None


@dataclasses.dataclass(frozen=True)
class Found:
    """So far.  stage: in words; history: the looks of the training; rows: what is judged."""

    stage: str
    own: tuple[float, ...]
    first: float
    history: tuple[Progress, ...] = ()
    rows: tuple[Judged, ...] = ()

    def row(self, name: str) -> Judged | None:
        """The one of this name, once it is judged."""
        return next((r for r in self.rows if r.name == name), None)


def defaults(e: Experiment) -> Foundry:
    """As many paths and updates as the view's model can bear."""
    return Foundry() if prepared(e.data, e.model).pace is None else NETWORK


def check(e: Experiment, how: Foundry) -> tuple[float, ...]:
    """The view's own levels.  Raises UserError, before anything runs, where nothing can be learned
    or held against a true path.
    """
    if is_random(e) or e.churn.s_churn > 0:
        raise UserError(
            "The foundry learns against the exact path, which new noise leaves: set S_churn to 0 "
            "and choose a solver without noise."
        )
    if why := unfollowed(e.model):
        raise UserError(why)
    own = tuple(levels(e).tolist())
    if len(own) < 2:
        raise UserError("One step has nothing to learn above σ = 0; use more evaluations.")
    if own[0] == float("inf"):
        raise UserError("The foundry begins at a finite level; choose a finite σ_max.")
    Numbers(e.solver, own, how.parts, e.schedule)
    check_levels(prepared(e.data, e.model).denoiser, how)
    return own


@setting
class Learned:
    """What the foundry makes of a view, and what that is worth."""

    name: ClassVar[str] = "learned_numbers"
    version: ClassVar[int] = 1
    how: Foundry = Foundry()

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """own, first, history, rows: as in `Found`; of a look no levels and no solver."""
        *_, last = _learned(e, self.how, watch)
        return _plain(e, last)

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


LOOK = ("update", "updates", "loss", "error", "first", "best", "seconds")
ROW = ("error", "times", "searched")


def _plain(e: Experiment, found: Found) -> dict[str, Any]:
    of = lambda row: flatten(dataclasses.replace(e, solver=row.solver))
    solver = lambda row: {k: v for k, v in of(row).items() if k.split(".")[0] == "solver"}
    told = lambda v: v and dataclasses.asdict(v)
    rows = [
        {"name": r.name, "levels": list(r.levels), "solver": jsonable(solver(r))}
        | {k: told(getattr(r, k)) for k in ROW}
        for r in found.rows
    ]
    history = [{k: getattr(p, k) for k in LOOK} for p in found.history]
    return {"own": list(found.own), "first": found.first, "history": history, "rows": rows}


def _read(e: Experiment, value: dict[str, Any]) -> Found:
    known = lambda v: v and Estimate(**v)
    rows = (
        Judged(
            r["name"],
            tuple(r["levels"]),
            unflatten(Experiment, r["solver"], e).solver,
            **{k: known(r[k]) for k in ROW},
        )
        for r in value["rows"]
    )
    looks = (Progress(**p, levels=(), solver=None) for p in value["history"])
    return Found(JUDGED, tuple(value["own"]), value["first"], tuple(looks), tuple(rows))


def foundry(
    e: Experiment,
    how: Foundry = Foundry(),
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
) -> Iterator[Found]:
    """The training, then the judgement; the last message has all, and is all of what was kept.  For
    folder, workers and watch see `engine.run`.

    Raises UserError, in a sentence, where the view has nothing to learn.
    """
    check(e, how)
    stages, read = lambda: _learned(e, how, watch), lambda value: _read(e, value)
    cell = Cell(e, Learned(how))
    return live(cell, stages, lambda last: _plain(e, last), read, folder, workers, watch)


def _learned(e: Experiment, how: Foundry, watch: Watch | None) -> Iterator[Found]:
    own = check(e, how)
    source = prepared(e.data, e.model)
    where: dict[str, Any] = {"device": source.device.device, "dtype": source.device.dtype}
    options = {"schedule": e.schedule, "afs": e.afs, "watch": watch, **where}
    forge = Forge(source.denoiser, e.solver, own, how, again=source.pace is not None, **options)
    so_far = Found("1 of 3: learning", own, forge.first)
    yield so_far
    for _ in forge.run():
        so_far = dataclasses.replace(so_far, history=tuple(forge.history))
        yield so_far
    solver, found = forge.result()
    ends = source.denoiser, e.solver, own[0], own[-1]
    held = Typical(*ends, gits.OTHER_SEEDS + how.seed, gits.HELD_OUT, **options)
    errors = {OWN: held.each(own), FORGED: held.each(found, solver)}
    made = {OWN: (e.solver, own), FORGED: (solver, found)}
    so_far = dataclasses.replace(so_far, stage="2 of 3: steps searched", rows=_rows(made, errors))
    yield so_far
    if len(own) > 2:
        where |= {"afs": e.afs, "watch": watch}
        *_, best = searched(source.denoiser, e.solver, own, how.seed, **where)
        known = best.levels
        errors[SEARCHED], made[SEARCHED] = held.each(known), (e.solver, known)
    yield dataclasses.replace(so_far, stage=JUDGED, rows=_rows(made, errors))


def _rows(made: dict[str, tuple], errors: dict[str, Tensor]) -> tuple[Judged, ...]:
    out = []
    for name, (solver, found) in made.items():
        each, beside = errors[name], errors.get(SEARCHED)
        times = ratio(each, errors[OWN]) if name != OWN else None
        other = ratio(each, beside) if name == FORGED and beside is not None else None
        out.append(Judged(name, tuple(found), solver, median(each), times, other))
    return tuple(out)


def better(row: Judged | None) -> bool:
    """Whether its interval lies below the view's own."""
    return row is not None and row.times is not None and apart(row.times) and row.times.value < 1


def with_forged(e: Experiment, row: Judged) -> Experiment:
    """The view with what was learned: a solver and a list like any other."""
    moved = e if row.levels == tuple(levels(e).tolist()) else with_levels(e, row.levels)
    return dataclasses.replace(moved, solver=row.solver)
