"""AMED's table: every solver at 3, 5, 7 and 9 evaluations of a model, on seeds never trained on.

Of a learned solver each part of what it does has a row of its own: untrained, its stops searched,
with the r, c and a that all samples share, learned, and trained as published.  The others have one
with searched steps, so that what is learned is held against what only was searched.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..analysis.intervals import Estimate, apart, ratio
from ..core.sampling import Churn, Restart
from ..core.schedules import EDM
from ..core.solvers import AMED, DDIM, DPM2, IPNDM, DPMpp, Heun, Plugin, UniPC
from ..core.solvers.inside import spoken
from ..core.timesteps import Custom, LogSNR, Rho
from ..lab.experiment import Experiment
from ..lab.source import Watch, prepared
from ..memo import Kept
from ..store import predictors as store
from ..training import gits
from . import engine
from .held_out import (
    COUNT,
    POINTS,
    HeldOut,
    HeldOutError,
    SearchedError,
    has_part,
    held_out,
    span,
)
from .plan import Cell
from .predictors import trained_for, with_predictor

__all__ = ["BUDGETS", "Entry", "HeldOut", "HeldOutError", "amed_table", "best", "held_out"]

BUDGETS = (3, 5, 7, 9)
SEARCHED = (5,)  # budgets at which the steps of every solver are searched
USUAL = "usual"
UNTRAINED, STOPS, SHARED, LEARNED = "untrained", "stops searched", "r, c, a shared", "learned"
STAGES = (UNTRAINED, STOPS, SHARED, LEARNED)


@dataclasses.dataclass(frozen=True)
class Entry:
    """One solver at one budget on one kind of steps: errors against the reference, RMS per
    coordinate at σ_min, and sliced Wasserstein distance to the data, each with 95 % intervals.

    median: of the end errors; error: their mean; errors: of each seed.  stage: of a solver that
    learns, how far it is.  origin: of its predictor, empty for those that ship.
    """

    name: str
    family: str
    steps: str
    nfe: int
    median: Estimate
    error: Estimate
    distance: Estimate
    errors: tuple[float, ...] = dataclasses.field(repr=False)
    predictor: str = ""
    stage: str = ""
    origin: str = ""
    levels: tuple[float, ...] = ()

    @property
    def learned(self) -> bool:
        """Whether a predictor takes part."""
        return bool(self.predictor)

    @property
    def row(self) -> tuple[str, str]:
        """Its line in the table: the solver, and what was done for it."""
        return self.name, ", ".join(w for w in (self.steps, self.stage, self.origin) if w)

    @Kept
    def each(self) -> Tensor:
        """(n,) the end error of each seed."""
        return torch.tensor(self.errors, dtype=torch.float64)

    def over(self, other: "Entry") -> Estimate:
        """How many times the other's error, seed by seed."""
        return ratio(self.each, other.each)


def best(entries: Sequence[Entry]) -> list[Entry]:
    """The least median first, then those that cannot be told apart from it seed by seed."""
    order = sorted(entries, key=lambda c: c.median.value)
    return [c for c in order if c is order[0] or not apart(c.over(order[0]))]


def came_from(entry: Entry, entries: Sequence[Entry]) -> Entry | None:
    """What an entry is better than, if what was done last did something: the stage before it of the
    same predictor, the untrained solver, or the same solver on its usual steps.
    """
    same = [c for c in entries if (c.name, c.nfe) == (entry.name, entry.nfe) and c is not entry]
    if entry.learned and entry.stage in STAGES:
        before = STAGES[: STAGES.index(entry.stage)]
        same = [c for c in same if c.stage in before and c.predictor in ("", entry.predictor)]
        return max(same, key=lambda c: STAGES.index(c.stage), default=None)
    wanted = UNTRAINED if entry.learned else USUAL
    return next((c for c in same if not c.learned and wanted in (c.stage, c.steps)), None)


def contestants(nfe: int) -> list[tuple[str, Any, Any, bool, int]]:
    """(name, solver, usual grid, analytic first step, steps) of the untrained solvers at a budget.

    The grids are those of the published comparison: ρ = 7, but log SNR for DPM-Solver++ and UniPC.
    """
    single, double = nfe, (nfe + 1) // 2
    return [
        ("DDIM", DDIM(), Rho(), False, single),
        ("Heun + AFS", Heun(), Rho(), True, double),
        ("DPM-Solver-2 + AFS", DPM2(), Rho(), True, double),
        ("DPM-Solver++(3M)", DPMpp(3), LogSNR(), False, single),
        ("UniPC-3", UniPC(3), LogSNR(), False, single),
        ("iPNDM-2", IPNDM(2), Rho(), False, single),
        ("iPNDM-4", IPNDM(4), Rho(), False, single),
    ]


def students(nfe: int) -> list[tuple[str, Any, Any, bool, int]]:
    """The solvers that learn, as `contestants`, untrained."""
    both = (AMED(), Plugin("ipndm2"))
    return [(spoken(s.purpose), s, Rho(), True, (nfe + 1) // 2) for s in both]


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a cell stands in the table."""

    name: str
    steps: str
    cell: Cell
    predictor: str = ""
    stage: str = ""
    origin: str = ""


def amed_table(
    e: Experiment,
    budgets: Sequence[int] = BUDGETS,
    count: int = COUNT,
    points: int = POINTS,
    gits_too: bool = True,
    how: gits.GITS = gits.GITS(),
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
    searched: Sequence[int] = SEARCHED,
    own: Sequence[str] = (),
) -> Iterator[Entry]:
    """Every solver at every odd budget on its usual and on GITS steps, then the predictors that
    were trained for this model, on theirs, with what they came from; then every solver with its
    steps searched, at some budgets.  own: names of further predictors, such as one just trained.
    """
    places = table_plan(e, budgets, count, points, gits_too, how, watch, searched, own)
    done = engine.run([p.cell for p in places], folder, workers, watch)
    for place, (cell, value) in zip(places, engine.values(done), strict=True):
        yield Entry(
            place.name,
            cell.experiment.solver.family,
            place.steps,
            value["nfe"],
            Estimate(**value["median"]),
            Estimate(**value["error"]),
            Estimate(**value["distance"]),
            tuple(value["errors"]),
            place.predictor,
            place.stage,
            place.origin,
            tuple(value.get("levels") or cell.experiment.timesteps.levels),
        )


def table_plan(
    e: Experiment,
    budgets: Sequence[int] = BUDGETS,
    count: int = COUNT,
    points: int = POINTS,
    gits_too: bool = True,
    how: gits.GITS = gits.GITS(),
    watch: Watch | None = None,
    searched: Sequence[int] = SEARCHED,
    own: Sequence[str] = (),
) -> list[Place]:
    """The cells of the table; GITS is asked for its steps here."""
    plain = dataclasses.replace(
        e, schedule=EDM(), churn=Churn(), restart=Restart(), last="sigma_min"
    )
    usual, found = HeldOutError(count, points), _gits(e, how, watch) if gits_too else None

    def cell(solver: Any, sigmas: Tensor, afs: bool, nfe: int, measure: Any = usual) -> Cell:
        grid = Custom(tuple(sigmas.tolist()))
        view = dataclasses.replace(plain, solver=solver, timesteps=grid, afs=afs, nfe=nfe)
        return Cell(view, measure)

    out: list[Place] = []
    last: list[Place] = []
    top, bottom = span(e)
    for nfe in budgets:
        for name, solver, grid, afs, n in contestants(nfe):
            sigmas = dataclasses.replace(grid, sigma_max=top, sigma_min=bottom).sigmas(n + 1)
            out.append(Place(name, USUAL, cell(solver, sigmas, afs, nfe)))
            if found is not None:
                out.append(Place(name, "GITS", cell(solver, found(n), afs, nfe)))
            if nfe in searched:
                search = cell(solver, sigmas, afs, nfe, SearchedError(count, points))
                last.append(Place(name, "searched", search))
        for name, solver, grid, afs, n in students(nfe):
            sigmas = dataclasses.replace(grid, sigma_max=top, sigma_min=bottom).sigmas(n + 1)
            out.append(Place(name, USUAL, cell(solver, sigmas, afs, nfe), "", UNTRAINED))
    names = [n for n in dict.fromkeys([*trained_for(e), *own]) if _fits(e, n, budgets)]
    for name, origin in zip(names, _origins(names, own)):
        p, solver = store.find(name), with_predictor(e, name).solver
        sigmas, steps = torch.tensor(p.sigmas, dtype=torch.float64), p.record.get("steps")
        for stage, measure in _stages(name, usual):
            made = cell(solver, sigmas, p.afs, p.nfe, measure)
            out.append(Place(spoken(p.solver), steps or "its own", made, name, stage, origin))
    return out + last


def table_size(e: Experiment, own: Sequence[str] = (), searched: Sequence[int] = SEARCHED) -> int:
    """How many entries the whole table has."""
    others = sum(len(contestants(n)) * (2 + (n in searched)) + len(students(n)) for n in BUDGETS)
    names = dict.fromkeys([*trained_for(e), *own])
    return others + sum(
        len(list(_stages(n, HeldOutError()))) for n in names if _fits(e, n, BUDGETS)
    )


def _origins(names: Sequence[str], own: Sequence[str]) -> list[str]:
    """What to call predictors that were trained here; a digest is no name."""
    said: list[str] = []
    for name in names:
        origin = "" if store.is_shipped(name) else store.called(name) or "trained here"
        origin = "just trained" if name in own else origin
        again = sum(s.startswith(origin) for s in said) if origin else 0
        said.append(f"{origin} ({again + 1})" if again else origin)
    return said


def _fits(e: Experiment, name: str, budgets: Sequence[int]) -> bool:
    """Whether a predictor runs over the range of the table at one of the budgets."""
    p = store.find(name)
    ends = zip((p.sigmas[0], p.sigmas[-1]), span(e), strict=True)
    return p.nfe in budgets and all(math.isclose(a, b, rel_tol=1e-6) for a, b in ends)


def _stages(name: str, usual: HeldOutError) -> Iterator[tuple[str, HeldOutError]]:
    """What a predictor's file can tell of: where its stops are, what all samples share, itself."""
    for part, stage in (("searched", STOPS), ("shared", SHARED)):
        if has_part(name, part):
            yield stage, dataclasses.replace(usual, part=part)
    yield store.find(name).record.get("recipe") or LEARNED, usual


def _gits(e: Experiment, how: gits.GITS, watch: Watch | None):
    """n -> the levels of n steps that GITS finds for the view's model."""
    source = prepared(e.data, e.model)
    where = {"device": source.device.device, "dtype": source.device.dtype}
    sigma = Rho(7.0, *span(e)).sigmas(how.fine)
    cost = gits.jump_costs(
        sigma, *gits.teacher_paths(source.denoiser, sigma, how, **where, watch=watch), how.metric
    )
    return lambda n: sigma[gits.shortest(cost, n, how.coefficient)]
