"""AMED's table: every solver at 3, 5, 7 and 9 evaluations of a model, on seeds never trained on."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from ..analysis.distance import Estimate, sliced_wasserstein
from ..analysis.error import rms
from ..analysis.reference import reference
from ..core import shelf
from ..core.sampling import Noise, sample
from ..core.solvers import DDIM, DPM2, IPNDM, DPMpp, Heun, UniPC
from ..core.timesteps import LogSNR, Rho
from ..lab.experiment import Experiment, Watch, prepared
from ..training import gits
from .predictors import trained_for, with_predictor

BUDGETS = (3, 5, 7, 9)
TABLE_SEED = 2**28  # far from every seed that a training uses


@dataclasses.dataclass(frozen=True)
class Cell:
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
        return bool(self.predictor)


@dataclasses.dataclass(frozen=True, eq=False)
class Judge:
    """Seeds that no training saw, where they truly end, and data to compare them with."""

    noise: Tensor
    truth: Tensor
    data: Tensor
    top: float
    bottom: float
    zero: Estimate

    def error(self, end: Tensor) -> Estimate:
        """Mean end error with its 95 % interval over the seeds."""
        each = rms(end - self.truth).double()
        mean, half = float(each.mean()), 1.96 * float(each.std()) / len(each) ** 0.5
        return Estimate(mean, mean - half, mean + half, len(each))

    def distance(self, end: Tensor) -> Estimate:
        return sliced_wasserstein(
            end.cpu(), self.data.cpu(), torch.Generator().manual_seed(31), resamples=32
        )


def judge(
    e: Experiment,
    count: int = 1000,
    top: float = 80.0,
    bottom: float = 0.002,
    points: int = 65,
    watch: Watch | None = None,
) -> Judge:
    """Held-out seeds of the view's model with their reference ends."""
    source = prepared(e.data, e.model)
    noise = Noise(TABLE_SEED, count, source.shape, source.device.device, source.device.dtype).start
    truth = reference(source.denoiser, noise * top, top, bottom, points, watch).x[-1]
    data = source.clean(count, seed=29)
    zero = sliced_wasserstein(
        truth.cpu(), data.cpu(), torch.Generator().manual_seed(31), resamples=32
    )
    return Judge(noise, truth, data, top, bottom, zero)


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


def table(
    e: Experiment,
    budgets: Sequence[int] = BUDGETS,
    count: int = 1000,
    points: int = 65,
    gits_too: bool = True,
    how: gits.GITS = gits.GITS(),
    watch: Watch | None = None,
    known: Judge | None = None,
) -> Iterator[Cell]:
    """Every solver at every odd budget on its usual and on GITS steps, then the predictors that
    were trained for this model, on theirs.
    """
    source = prepared(e.data, e.model)
    j = known or judge(e, count, points=points, watch=watch)
    where = {"device": source.device.device, "dtype": source.device.dtype}
    tick = None if watch is None else lambda i, point: watch()
    sigma = Rho(7.0, j.top, j.bottom).sigmas(how.fine)
    if gits_too:
        paths = gits.teacher_paths(source.denoiser, sigma, how, **where, watch=watch)
        cost = gits.jump_costs(sigma, *paths, how.metric)

    def cell(name, solver, grid, afs, steps, predictor="") -> Cell:
        r = sample(source.denoiser, j.noise, grid, solver, afs=afs, keep=0, watch=tick)
        return Cell(
            name, solver.family, steps, r.nfe, j.error(r.samples), j.distance(r.samples), predictor
        )

    for nfe in budgets:
        for name, solver, grid, afs, n in contestants(nfe):
            ends = dataclasses.replace(grid, sigma_max=j.top, sigma_min=j.bottom)
            yield cell(name, solver, ends.sigmas(n + 1), afs, "usual")
            if gits_too:
                found = gits.shortest(cost, n, how.coefficient)
                yield cell(name, solver, sigma[found], afs, "GITS")
    for name in trained_for(e):
        trained = shelf.find(name)
        ends = zip((trained.sigmas[0], trained.sigmas[-1]), (j.top, j.bottom))
        if trained.nfe in budgets and all(math.isclose(a, b, rel_tol=1e-6) for a, b in ends):
            solver = with_predictor(e, name).solver
            grid = torch.tensor(trained.sigmas, dtype=torch.float64)
            yield cell(
                shelf.spoken(trained.solver),
                solver,
                grid,
                trained.afs,
                trained.record.get("steps", "its own"),
                name,
            )
