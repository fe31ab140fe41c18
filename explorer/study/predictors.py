"""Predictors of a view: how one is trained, kept, found and used.

trainer(e) -> Trainer -> keep(...) -> the view that samples with what was learned
"""

import dataclasses

import torch

from ..core.sampling import Churn, Restart
from ..core.schedules import EDM
from ..core.solvers import AMED, Plugin
from ..core.timesteps import Custom
from ..core.trained import Trained, answers_of
from ..errors import UserError
from ..lab.experiment import Experiment, grid, levels, prepared
from ..lab.tool_steps import ToolSteps
from ..settings import from_query, to_query
from ..store import predictors as store
from ..training.amed import AMEDTraining, Trainer
from ..training.amed_state import unpacked
from .optimise import with_levels


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
    """What was found to work on small models: the stops searched first, for on somebody else's
    levels most of a training goes into finding the way from r = ½; then the r, c and a that all
    samples share, so that learning is only about what differs between them; ten times the range of
    c; a loss that looks at the end from the start, for steps hang together, and those that are best
    one by one can be worse than none (0.04 to 0.18 for iPNDM on the spiral); its logarithm, as a
    few lost paths rule the distance.

    And a teacher that is right: after 30 evaluations Heun misses the end itself by 0.016 to 0.020
    on digits, where students come to 0.06 and 0.025 and learn that too; UniPC-3 after 39 by 0.0008.
    """
    return dataclasses.replace(
        published(solver),
        place="search",
        settle=40,
        teacher="unipc3",
        inner=12,
        scale_dir=0.1,
        paths=2560,
        batch=32,
        rounds=2,
        rate=2e-3,
        finish=1.0,
        weigh="ratio",
        anneal=True,
    )


def student(e: Experiment) -> Experiment:
    """The view as a predictor is trained on it: EDM's frame, no new noise, an end at σ_min.

    Raises UserError where the solver is none that learns.
    """
    if not hasattr(e.solver, "predictor"):
        raise UserError(
            f"{e.solver.label} has nothing to learn; choose AMED-Solver or AMED-Plugin."
        )
    solver = dataclasses.replace(e.solver, predictor="", r=0.5, c=1.0, a=1.0)
    plain = dataclasses.replace(
        e, solver=solver, schedule=EDM(), churn=Churn(), restart=Restart(), last="sigma_min"
    )
    return dataclasses.replace(plain, nfe=2 * (len(levels(plain)) - 1) - plain.afs)


def trainer(e: Experiment, how: AMEDTraining | None = None) -> Trainer:
    """A training of the view's solver on its data, model, time steps and budget."""
    e = student(e)
    source = prepared(e.data, e.model)
    steps = len(levels(e)) - 1
    if isinstance(e.timesteps, Custom) and len(e.timesteps.sigmas()) < 2:
        raise UserError("A predictor needs at least two levels.")
    within, ran = grid(e), levels(e)
    listed = isinstance(e.timesteps, ToolSteps)  # has no levels between its own
    if listed or not torch.equal(ran, within.sigmas(steps + 1)):  # a network of discrete levels
        within = Custom(tuple(ran.tolist()))
    return Trainer(
        source.denoiser,
        e.solver,
        within,
        steps,
        e.afs,
        how or usual(e.solver),
        source.device.device,
        source.device.dtype,
    )


def gone_on(e: Experiment, state: bytes) -> Trainer:
    """The training of a view that was packed in another process."""
    return unpacked(state, prepared(e.data, e.model).denoiser)


def keep(t: Trainer, e: Experiment, place=None, name: str | None = None) -> Experiment:
    """Save what was learned, by its digest if no name is given; the view that samples with it."""
    return with_predictor(_on(t, e), store.keep(learned(t, e), place, name))


def learned(t: Trainer, e: Experiment) -> Trained:
    """What there is so far, fit to be kept, with the view it is for and how it came about."""
    e = _on(t, e)
    own = dataclasses.replace(published(e.solver), seed=t.how.seed)
    recipe = {"recipe": "as published"} if t.how == own else {}
    return t.trained(to_query(e), model=f"{e.model.label}, {e.data.label}", **recipe)


def _on(t: Trainer, e: Experiment) -> Experiment:
    """The view as the student has it, on the levels that its training has come to."""
    e = student(e)
    return e if t.placed is None else with_levels(e, t.sigmas.tolist())


def with_predictor(e: Experiment, name: str) -> Experiment:
    """The view sampling with this predictor: its solver, levels, first step and ending.

    Data, model, number of samples and seed stay those of `e`.
    """
    trained = store.find(name)
    kind, _, inner = trained.solver.partition(":")
    solver = AMED(predictor=name) if kind == "amed" else Plugin(inner, predictor=name)
    try:
        made_on = from_query(Experiment, trained.query).timesteps
    except UserError:  # of another version: the levels are known all the same
        made_on = Custom(trained.sigmas)
    view = dataclasses.replace(
        e,
        solver=solver,
        timesteps=made_on,
        schedule=EDM(),
        churn=Churn(),
        restart=Restart(),
        afs=trained.afs,
        last="sigma_min",
        nfe=trained.nfe,
    )
    found, wanted = levels(view), torch.tensor(trained.sigmas, dtype=torch.float64)
    if len(found) != len(wanted) or not torch.allclose(found, wanted, rtol=1e-6):
        view = dataclasses.replace(view, timesteps=Custom(trained.sigmas))
    return view


def opened(name: str) -> Experiment:
    """The view that a predictor was trained on, sampling with it."""
    return with_predictor(from_query(Experiment, store.find(name).query), name)


def trained_for(e: Experiment) -> list[str]:
    """Names of the predictors that were trained for the view's model, fewest evaluations first.

    The model is asked its questions only if some predictor has its shape.
    """
    denoiser, alike = prepared(e.data, e.model).denoiser, []
    for name in store.names():
        try:
            trained = store.find(name)
        except UserError:  # a damaged file is told of when it is asked for
            continue
        if trained.shape == tuple(denoiser.shape):
            alike.append((trained.solver, trained.nfe, name))
    if not alike:
        return []
    known = answers_of(denoiser)
    return [name for *_, name in sorted(alike) if store.find(name).knows(*known)]
