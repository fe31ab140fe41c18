"""The error of a network whose true paths are out of reach, as far as a `Plan` affords.

    Run, Plan -> errors_of -> Errors        own(Run) -> Reference, the solver's own path

The run is held against one of the same solver in twice the steps, which passes all of its levels,
so nothing is interpolated.  Of order p that errs by 2^−p of what the run does, and what the two
differ by, over 2^p − 1, stands as the floor (Richardson).  p counts as 2 at most: with few steps no
solver shows more.
"""

import dataclasses
import itertools
import math

import torch
from torch import Tensor

from ..analysis.error import StepErrors, rms, step_errors
from ..analysis.reference import Reference, difference
from ..analysis.shares import blame
from ..core.churn import Churn
from ..core.sampling import Noise, Restart
from ..core.solvers import Heun
from ..core.timesteps import HIGHEST, Custom
from ..errors import UserError
from ..memo import Memo
from .afford import POINTS, Plan
from .error import Errors, path_error, steps_along, strays
from .experiment import (
    MEMOS,
    Experiment,
    Run,
    Watch,
    begins_in_noise,
    incomparable,
    is_random,
    levels,
    prepared,
    run,
    weights,
)
from .learned import ready
from .truth import reference_for

_errors = Memo(16 * 2**20)
MEMOS.append(_errors)


def own(r: Run) -> Reference:
    """The run itself as a path: its states and answers at its levels above 0.

    Raises UserError where it has no shape, as `shapeless` says.
    """
    if why := shapeless(r):
        raise UserError(why)
    tr, n = r.trajectory, _answered(r)
    sigma = tr.sigma_hat[:n].cpu().double()
    said = f"the solver’s own path, {n - 1} steps"
    return Reference(sigma, tr.x_hat[:n], tr.denoised[:n], torch.zeros_like(sigma), said)


def shapeless(r: Run) -> str | None:
    """Why the run's own path has no shape worth measuring, or None."""
    if r.experiment.churn.s_churn > 0 or is_random(r.experiment):
        return "New noise at each step bends the solver’s own path."
    if (n := _answered(r)) < POINTS:
        return f"The solver’s own path has {n} levels; its shape needs {POINTS}."
    return None


def _answered(r: Run) -> int:
    """At how many levels above 0 the run asked."""
    return min(len(r.trajectory.denoised), len(r.levels))


def out_of_reach(e: Experiment, plan: Plan | None) -> str | None:
    """Why even this is too much, or None."""
    if plan is not None and plan.finer and e.churn.s_churn > 0:
        return "With churn the exact flow between the steps is followed, which takes minutes here."
    return None


def errors_of(r: Run, plan: Plan, watch: Watch | None = None) -> Errors:
    """A run against the reference of its plan.  Raises UserError where there is none."""
    e = r.experiment
    if why := incomparable(e) or out_of_reach(e, plan):
        raise UserError(why)
    return _errors((e, *weights(e.data, e.model), plan.error), lambda: _errors_of(r, plan, watch))


def _errors_of(r: Run, plan: Plan, watch: Watch | None) -> Errors:
    e, sigma = r.experiment, r.levels
    if plan.finer:
        known = finer(r, plan.paths, watch)
    else:
        known = reference_for(e, watch, count=plan.paths)
    steps = _steps(r, known, plan, watch)
    ends = r.trajectory.x[len(sigma) - 1, : plan.paths]
    if e.churn.s_churn == 0:
        path, truth = path_error(r, known), known.at(sigma[-1:])[0]
    else:
        truth = steps.truth[-1]
        states = r.trajectory.x[: len(sigma), : plan.paths]
        path = rms((states - steps.truth).flatten(0, 1)).reshape(states.shape[:2])
    strayed = strays(e, ends, truth)
    return Errors(sigma, path, steps, blame(steps.shares, steps.cancels), strayed, known)


def finer(r: Run, paths: int, watch: Watch | None = None) -> Reference:
    """The same solver in twice the steps, of the first so many samples; one that has learned its
    steps hands over to Heun."""
    e = r.experiment
    solver = Heun() if e.solver.family == "learned" else e.solver
    twice = dataclasses.replace(
        e,
        solver=solver,
        timesteps=Custom(levels=_twice(e)),
        samples=min(paths, e.samples),
        churn=Churn(),
        restart=Restart(),
        afs=False,
        last="zero",  # its last step asks for D at σ_min
    )
    found = run(twice, watch, measures=True)
    tr, n = found.trajectory, len(found.levels)
    sigma, x = tr.sigma[:n].cpu().double(), tr.x[:n, :paths]
    return Reference(
        sigma,
        x,
        tr.denoised[:n, :paths],
        _floor(r, sigma, x, 1 if solver != e.solver else min(2, solver.order)),
        f"{solver.label} in {n - 1} steps, {(n - 1) / max(1, len(r.levels) - 1):.3g} × as many",
    )


def halved(sigma: Tensor) -> tuple[float, ...]:
    """The levels with one more in the middle of each step, on the log axis."""
    given = [float(s) for s in sigma]
    between = [math.sqrt(a * b) for a, b in itertools.pairwise(given)]
    return tuple(v for pair in itertools.zip_longest(given, between) for v in pair if v is not None)


def _twice(e: Experiment) -> tuple[float, ...]:
    found = halved(levels(e))
    if not begins_in_noise(e):
        return found
    return (math.inf, *(min(s, HIGHEST) for s in found[1:]))


def _floor(r: Run, sigma: Tensor, x: Tensor, order: int) -> Tensor:
    """(T,): what the finer run is off by, if both are of their order."""
    n = len(r.levels)
    if len(sigma) != 2 * n - 1 or r.experiment.churn.s_churn > 0:  # a network of few levels
        return torch.zeros_like(sigma)
    return difference(x, r.trajectory.x[:n, : x.shape[1]]) / (2**order - 1)


def _noise(e: Experiment, count: int) -> Tensor:
    """The unit noise that the first so many samples begin with."""
    source = prepared(e.data, e.model)
    device = source.device
    return Noise(e.seed, count, source.shape, device.device, device.dtype).start


def _steps(r: Run, known: Reference, plan: Plan, watch: Watch | None) -> StepErrors:
    """What each step does; where no replaced step is followed, the end error divided by what each
    does alone."""
    e = r.experiment
    if not plan.finer:
        return steps_along(e, known, plan.paths, watch)
    source, sigma = prepared(e.data, e.model), levels(e).to(known.x.dtype)
    truth = known.at(sigma, plan.paths)
    return step_errors(
        source.watched(watch),
        ready(e.solver),
        e.schedule,
        sigma,
        truth,
        steps=len(sigma) - (e.last != "zero"),
        afs=e.afs,
        runs=max(1, plan.runs),
        watch=watch,
        pure=_noise(e, truth.shape[1]) if begins_in_noise(e) else None,
        end=None if plan.runs else r.trajectory.x[len(sigma) - 1, : truth.shape[1]],
    )
