"""Learned samplers on a view: train a predictor, keep it, optimise the steps, make the table.

    trainer(e) -> Trainer -> keep(...) -> the view that samples with what was learned
    optimise(e) -> levels for any solver           table(e, ...) -> rows on seeds no training saw
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from .analysis.distance import Estimate, sliced_wasserstein
from .analysis.error import reference, rms
from .core import shelf
from .core.sampling import Churn, Noise, Restart, sample
from .core.schedules import EDM
from .core.solvers import AMED, DDIM, DPM2, IPNDM, DPMpp, Heun, Plugin, UniPC
from .core.timesteps import Custom, LogSNR, Rho, VPTime
from .errors import UserError
from .experiment import Experiment, Watch, is_random, levels, prepared
from .settings import from_query, to_query
from .training import gits
from .training.amed import AMEDTraining, Trainer

BUDGETS = (3, 5, 7, 9)
TABLE_SEED = 2**28  # far from every seed that a training uses


# ---- predictors ----------------------------------------------------------------------------------

def published(solver: AMED | Plugin) -> AMEDTraining:
    """The published settings for this student: Heun teaches AMED-Solver with M = 1; a plug-in is
    taught by its own solver, with the range of a that the paper gives for 32 pixels.
    """
    if isinstance(solver, AMED):
        return AMEDTraining()
    if solver.solver == "dpm2":
        return AMEDTraining(teacher="dpm2", inner=1)
    teacher = next(t for t in ("ddim", "ipndm4", "dpmpp3") if t[:4] == solver.solver[:4])
    return AMEDTraining(teacher=teacher, inner=2, scale_time=0.2)


def usual(solver: AMED | Plugin) -> AMEDTraining:
    """What was found to work on small models: a finer teacher, for coarse ones miss their own end by
    more than the student could; ten times the range of c; and a second half that looks at the end.
    """
    return dataclasses.replace(published(solver), teacher="heun", inner=4, scale_dir=0.1, finish=0.5,
                               paths=3000, batch=32, anneal=True)


def student(e: Experiment) -> Experiment:
    """The view as a predictor is trained on it: EDM's frame, no new noise, an end at σ_min.

    Raises UserError where the solver is none that learns.
    """
    if e.solver.family != "learned":
        raise UserError(f"{e.solver.label} has nothing to learn; choose AMED-Solver or AMED-Plugin.")
    solver = dataclasses.replace(e.solver, predictor="", r=0.5, c=1.0, a=1.0)
    plain = dataclasses.replace(e, solver=solver, schedule=EDM(), churn=Churn(), restart=Restart(),
                                last="sigma_min")
    return dataclasses.replace(plain, nfe=2 * (len(levels(plain)) - 1) - plain.afs)


def trainer(e: Experiment, how: AMEDTraining | None = None) -> Trainer:
    """A training of the view's solver on its data, model, time steps and budget."""
    e = student(e)
    source = prepared(e.data, e.model)
    steps = len(levels(e)) - 1
    if isinstance(e.timesteps, Custom) and len(e.timesteps.sigmas()) < 2:
        raise UserError("A predictor needs at least two levels.")
    return Trainer(source.denoiser, e.solver, e.timesteps, steps, e.afs, how or usual(e.solver),
                   source.device.device, source.device.dtype)


def keep(t: Trainer, e: Experiment, place=None, name: str | None = None) -> Experiment:
    """Save what was learned, by its digest if no name is given; the view that samples with it."""
    e = student(e)
    trained = t.trained(to_query(e), model=f"{e.model.label}, {e.data.label}")
    return with_predictor(e, shelf.keep(trained, place, name))


def with_predictor(e: Experiment, name: str) -> Experiment:
    """The view sampling with this predictor: its solver, levels, first step and ending.

    Data, model, number of samples and seed stay those of `e`.
    """
    trained = shelf.find(name)
    kind, _, inner = trained.solver.partition(":")
    solver = AMED(predictor=name) if kind == "amed" else Plugin(inner, predictor=name)
    try:
        made_on = from_query(Experiment, trained.query).timesteps
    except UserError:  # of another version: the levels are known all the same
        made_on = Custom(trained.sigmas)
    view = dataclasses.replace(e, solver=solver, timesteps=made_on, schedule=EDM(), churn=Churn(),
                               restart=Restart(), afs=trained.afs, last="sigma_min",
                               nfe=trained.nfe)
    found, wanted = levels(view), torch.tensor(trained.sigmas, dtype=torch.float64)
    if len(found) != len(wanted) or not torch.allclose(found, wanted, rtol=1e-6):
        view = dataclasses.replace(view, timesteps=Custom(trained.sigmas))
    return view


def opened(name: str) -> Experiment:
    """The view that a predictor was trained on, sampling with it."""
    return with_predictor(from_query(Experiment, shelf.find(name).query), name)


def fitting(e: Experiment) -> list[str]:
    """Names of the predictors that were trained for the view's model, fewest evaluations first."""
    known, shape = shelf.answers_of(prepared(e.data, e.model).denoiser)
    found = []
    for name in shelf.names():
        try:
            trained = shelf.find(name)
        except UserError:  # a damaged file is told of when it is asked for
            continue
        if trained.knows(known, shape):
            found.append(name)
    return sorted(found, key=lambda n: (shelf.find(n).solver, shelf.find(n).nfe))


# ---- steps ---------------------------------------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class Optimised:
    """How far the search for steps is.  levels: the best so far.  stage: in words.  verdict: mean end
    error on held-out seeds by origin of the levels (“now”, “GITS”, “search”), empty until the end.
    """

    levels: tuple[float, ...]
    error: float
    stage: str
    tried: int
    verdict: dict[str, float] = dataclasses.field(default_factory=dict)
    candidates: dict[str, tuple[float, ...]] = dataclasses.field(default_factory=dict)

    @property
    def won(self) -> str:
        return min(self.verdict, key=self.verdict.get) if self.verdict else ""


def optimise(e: Experiment, how: gits.GITS = gits.GITS(), paths: int = 128,
             watch: Watch | None = None) -> Iterator[Optimised]:
    """Better levels for the view's solver at the view's budget: GITS, then coordinate descent on the
    measured end error from there and from the view's own levels; judged on held-out seeds.

    Raises UserError where there is nothing to choose or nothing to hold the result against.
    """
    if is_random(e) or e.churn.s_churn > 0:
        raise UserError("Steps are optimised against the exact path, which new noise leaves: set "
                        "S_churn to 0 and choose a solver without noise.")
    if getattr(e.solver, "predictor", ""):
        raise UserError("The predictor belongs to its levels. Take it off, optimise the steps, then "
                        "train another on them.")
    now = tuple(levels(e).tolist())
    if len(now) < 3:
        raise UserError("With one step above σ_min there is no level to move; use more evaluations.")
    source = prepared(e.data, e.model)
    where = {"device": source.device.device, "dtype": source.device.dtype}
    yield Optimised(now, float("nan"), "following the teacher", 0)
    found = gits.gits(source.denoiser, len(now) - 1, now[0], now[-1], how, **where, watch=watch)
    options = {"schedule": e.schedule, "afs": e.afs, "watch": watch, **where}
    error = gits.EndError(source.denoiser, e.solver, now[0], now[-1], how.seed, paths, **options)

    def measured(v) -> float:
        if watch is not None:
            watch()
        return error(v)

    best = Optimised(found, measured(found), "GITS", 1)
    yield best
    starts = {"GITS": found} if measured(found) < measured(now) else {"now": now, "GITS": found}
    for origin, start in starts.items():
        for s in gits.descend(measured, start):
            if s.error < best.error:
                best = Optimised(s.levels, s.error, f"search from {origin}", error.tried)
            yield dataclasses.replace(best, tried=error.tried)
    held = gits.EndError(source.denoiser, e.solver, now[0], now[-1], gits.OTHER_SEEDS + how.seed,
                         gits.HELD_OUT, **options)
    candidates = {"now": now, "GITS": found, "search": best.levels}
    verdict = {k: held(v) for k, v in candidates.items()}
    won = min(verdict, key=verdict.get)
    yield Optimised(candidates[won], verdict[won], "judged on held-out seeds", error.tried, verdict,
                    candidates)


def with_levels(e: Experiment, found: Sequence[float]) -> Experiment:
    """The view on these levels: an ordinary list, shown, editable and exported like any other."""
    return dataclasses.replace(e, timesteps=Custom(tuple(float(f"{s:.7g}") for s in found)))


# ---- the table -----------------------------------------------------------------------------------

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
        return sliced_wasserstein(end.cpu(), self.data.cpu(), torch.Generator().manual_seed(31),
                                  resamples=32)


def judge(e: Experiment, count: int = 1000, top: float = 80.0, bottom: float = 0.002,
          points: int = 65, watch: Watch | None = None) -> Judge:
    """Held-out seeds of the view's model with their reference ends."""
    source = prepared(e.data, e.model)
    noise = Noise(TABLE_SEED, count, source.shape, source.device.device, source.device.dtype).start
    truth = reference(source.denoiser, noise * top, top, bottom, points, watch).x[-1]
    data = source.clean(count, seed=29)
    zero = sliced_wasserstein(truth.cpu(), data.cpu(), torch.Generator().manual_seed(31), resamples=32)
    return Judge(noise, truth, data, top, bottom, zero)


def contestants(nfe: int) -> list[tuple[str, Any, Any, bool, int]]:
    """(name, solver, usual grid, analytic first step, steps) of the untrained solvers at a budget.

    The grids are those of the published comparison: ρ = 7, but log SNR for DPM-Solver++ and UniPC.
    """
    single, double = nfe, (nfe + 1) // 2
    return [("DDIM", DDIM(), Rho(), False, single), ("Heun + AFS", Heun(), Rho(), True, double),
            ("DPM-Solver-2 + AFS", DPM2(), Rho(), True, double),
            ("DPM-Solver++(3M)", DPMpp(3), LogSNR(), False, single),
            ("UniPC-3", UniPC(3), LogSNR(), False, single),
            ("iPNDM-4", IPNDM(4), Rho(), False, single)]


def table(e: Experiment, budgets: Sequence[int] = BUDGETS, count: int = 1000, points: int = 65,
          gits_too: bool = True, how: gits.GITS = gits.GITS(), watch: Watch | None = None,
          known: Judge | None = None) -> Iterator[Cell]:
    """Every solver at every odd budget on its usual and on GITS steps, then the predictors that were
    trained for this model, on theirs.
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
        return Cell(name, solver.family, steps, r.nfe, j.error(r.samples), j.distance(r.samples),
                    predictor)

    for nfe in budgets:
        for name, solver, grid, afs, n in contestants(nfe):
            ends = dataclasses.replace(grid, sigma_max=j.top, sigma_min=j.bottom)
            yield cell(name, solver, ends.sigmas(n + 1), afs, "usual")
            if gits_too:
                yield cell(name, solver, sigma[gits.shortest(cost, n, how.coefficient)], afs, "GITS")
    for name in fitting(e):
        trained = shelf.find(name)
        ends = zip((trained.sigmas[0], trained.sigmas[-1]), (j.top, j.bottom))
        if trained.nfe in budgets and all(math.isclose(a, b, rel_tol=1e-6) for a, b in ends):
            solver = with_predictor(e, name).solver
            grid = torch.tensor(trained.sigmas, dtype=torch.float64)
            yield cell(shelf.spoken(trained.solver), solver, grid, trained.afs,
                       trained.record.get("steps", "its own"), name)
