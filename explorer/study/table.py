"""AMED's table: every solver at 3, 5, 7 and 9 evaluations of a model, on seeds never trained on."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis.distance import Estimate, sliced_wasserstein
from ..analysis.error import rms
from ..analysis.reference import reference
from ..core.sampling import Churn, Noise, Restart
from ..core.schedules import EDM
from ..core.solvers import DDIM, DPM2, IPNDM, DPMpp, Heun, UniPC
from ..core.solvers.inside import spoken
from ..core.timesteps import Custom, LogSNR, Rho
from ..lab.experiment import Experiment, levels
from ..lab.learned import sample
from ..lab.source import MEMOS, Watch, prepared, weights
from ..memo import Memo
from ..settings import param, setting
from ..store import predictors as store
from ..training import gits
from . import engine
from .plan import Cell
from .predictors import trained_for, with_predictor

BUDGETS = (3, 5, 7, 9)
COUNT, POINTS = 1000, 65  # held-out seeds, and levels of the reference that they follow
TABLE_SEED = 2**28  # far from every seed that a training uses
TOP, BOTTOM = 80.0, 0.002


@dataclasses.dataclass(frozen=True)
class Entry:
    """One solver at one budget on one kind of steps: error against the reference, RMS per
    coordinate at σ_min, and sliced Wasserstein distance to the data, each with 95 % intervals.
    """

    name: str
    family: str
    steps: str
    nfe: int
    error: Estimate
    distance: Estimate
    predictor: str = ""

    @property
    def learned(self) -> bool:
        """Whether a predictor takes part."""
        return bool(self.predictor)


@dataclasses.dataclass(frozen=True, eq=False)
class HeldOut:
    """Seeds that no training saw, (n, *shape), where they truly end, and data to compare with."""

    noise: Tensor
    truth: Tensor
    data: Tensor
    zero: Estimate  # of the true ends themselves

    def error(self, end: Tensor) -> Estimate:
        """Mean end error with its 95 % interval over the seeds."""
        each = rms(end - self.truth).double()
        mean, half = float(each.mean()), 1.96 * float(each.std()) / len(each) ** 0.5
        return Estimate(mean, mean - half, mean + half, len(each))

    def distance(self, end: Tensor) -> Estimate:
        """Sliced Wasserstein distance of ends to the data."""
        return _distance(end, self.data)


_held = Memo(64 * 2**20)
MEMOS.append(_held)


def held_out(
    e: Experiment, count: int = COUNT, points: int = POINTS, watch: Watch | None = None
) -> HeldOut:
    """Held-out seeds of the view's model with their reference ends, made once."""
    key = (e.data, e.model, *weights(e.data, e.model), count, points)
    return _held(key, lambda: _held_out(e, count, points, watch))


def _held_out(e: Experiment, count: int, points: int, watch: Watch | None) -> HeldOut:
    source = prepared(e.data, e.model)
    noise = Noise(TABLE_SEED, count, source.shape, source.device.device, source.device.dtype).start
    truth = reference(source.denoiser, noise * TOP, TOP, BOTTOM, points, watch).x[-1]
    data = source.clean(count, seed=29)
    return HeldOut(noise, truth, data, _distance(truth, data))


def _distance(end: Tensor, data: Tensor) -> Estimate:
    directions = torch.Generator().manual_seed(31)
    return sliced_wasserstein(end.cpu(), data.cpu(), directions, resamples=32)


@setting
class HeldOutError:
    """Error and distance of an experiment's solver and levels on held-out seeds."""

    name: ClassVar[str] = "held_out"
    version: ClassVar[int] = 1
    count: int = param(COUNT, 2, 10**6, 1, label="Seeds")
    points: int = param(POINTS, 2, 4097, 1, label="Levels of the reference")

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """{"nfe", "error", "distance"}, the last two as estimates."""
        held = held_out(e, self.count, self.points, watch)
        tick = None if watch is None else lambda i, point: watch()
        denoiser = prepared(e.data, e.model).denoiser
        made = sample(denoiser, held.noise, levels(e), e.solver, afs=e.afs, keep=0, watch=tick)
        error, distance = held.error(made.samples), held.distance(made.samples)
        return {
            "nfe": made.nfe,
            "error": dataclasses.asdict(error),
            "distance": dataclasses.asdict(distance),
        }

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


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


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a cell stands in the table."""

    name: str
    steps: str
    cell: Cell
    predictor: str = ""


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
) -> Iterator[Entry]:
    """Every solver at every odd budget on its usual and on GITS steps, then the predictors that
    were trained for this model, on theirs.
    """
    places = table_plan(e, budgets, count, points, gits_too, how, watch)
    done = engine.run([p.cell for p in places], folder, workers, watch)
    for place, (cell, value) in zip(places, engine.values(done), strict=True):
        yield Entry(
            place.name,
            cell.experiment.solver.family,
            place.steps,
            value["nfe"],
            Estimate(**value["error"]),
            Estimate(**value["distance"]),
            place.predictor,
        )


def table_plan(
    e: Experiment,
    budgets: Sequence[int] = BUDGETS,
    count: int = COUNT,
    points: int = POINTS,
    gits_too: bool = True,
    how: gits.GITS = gits.GITS(),
    watch: Watch | None = None,
) -> list[Place]:
    """The cells of the table; GITS is asked for its steps here."""
    plain = dataclasses.replace(
        e, schedule=EDM(), churn=Churn(), restart=Restart(), last="sigma_min"
    )

    def cell(solver: Any, sigmas: Tensor, afs: bool, nfe: int) -> Cell:
        grid = Custom(tuple(sigmas.tolist()))
        view = dataclasses.replace(plain, solver=solver, timesteps=grid, afs=afs, nfe=nfe)
        return Cell(view, HeldOutError(count, points))

    found = _gits(e, how, watch) if gits_too else None
    out = []
    for nfe in budgets:
        for name, solver, grid, afs, n in contestants(nfe):
            ends = dataclasses.replace(grid, sigma_max=TOP, sigma_min=BOTTOM)
            out.append(Place(name, "usual", cell(solver, ends.sigmas(n + 1), afs, nfe)))
            if found is not None:
                out.append(Place(name, "GITS", cell(solver, found(n), afs, nfe)))
    for name in trained_for(e):
        p = store.find(name)
        ends = zip((p.sigmas[0], p.sigmas[-1]), (TOP, BOTTOM), strict=True)
        if p.nfe in budgets and all(math.isclose(a, b, rel_tol=1e-6) for a, b in ends):
            own = cell(
                with_predictor(e, name).solver,
                torch.tensor(p.sigmas, dtype=torch.float64),
                p.afs,
                p.nfe,
            )
            steps = p.record.get("steps", "its own")
            out.append(Place(spoken(p.solver), steps, own, name))
    return out


def _gits(e: Experiment, how: gits.GITS, watch: Watch | None):
    """n -> the levels of n steps that GITS finds for the view's model."""
    source = prepared(e.data, e.model)
    where = {"device": source.device.device, "dtype": source.device.dtype}
    sigma = Rho(7.0, TOP, BOTTOM).sigmas(how.fine)
    cost = gits.jump_costs(
        sigma, *gits.teacher_paths(source.denoiser, sigma, how, **where, watch=watch), how.metric
    )
    return lambda n: sigma[gits.shortest(cost, n, how.coefficient)]
