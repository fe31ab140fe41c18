"""Axes x experiment -> rows, each as soon as it is measured.

A row is one run held against the reference at σ_min.  Runs are made here and dropped, so that a
sweep neither fills the memory of the page nor pushes other people's views out of it; all rows of
one range of noise levels share one reference.
"""

import dataclasses
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from ..analysis.error import rms
from ..analysis.flow import Flow
from ..core import shelf
from ..core.loop import steps
from ..core.ode import Ode, nominal_order
from ..core.sampling import Noise, sample
from ..core.solvers import SOLVERS
from ..core.timesteps import TIMESTEPS, Custom, Rho
from ..errors import UserError
from ..lab import experiment
from ..lab.experiment import Experiment, Source, Watch, is_random, levels, prepared, work
from ..lab.truth import reference_for
from ..settings import flatten, parameters, slots, unflatten

COMPARED_SOLVERS = ("ddim", "heun", "dpm2", "dpmpp", "unipc", "ipndm")
BUDGETS = (5, 7, 9, 13, 19, 27, 39, 55)
REFERENCE_NFE = 65 + 64 * 3  # of the quick reference
FEWEST = 8  # samples that a mean and a band need


@dataclasses.dataclass(frozen=True)
class Row:
    """One solver at one budget: the end error over the samples, RMS per coordinate, at σ_min.

    low and high hold 10–90 % of the samples.  mean is None where there is no value; note says why,
    or what to know about the value.  nfe is measured, or the budget where nothing was run.
    """

    solver: Any
    name: str
    family: str
    nfe: int
    steps: int | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    median: float | None = None
    seconds: float | None = None
    note: str = ""

    @property
    def nominal(self) -> int:
        """The order on paper: a corrector adds one."""
        return nominal_order(self.solver)


def error_against_nfe(
    base: Experiment,
    solvers: Sequence = COMPARED_SOLVERS,
    budgets: Sequence[int] = BUDGETS,
    watch: Watch | None = None,
    exact: bool = False,
    grids: Sequence = (),
) -> Iterator[Row]:
    """A row for each solver at each budget, round by round from the cheapest budget up, so that
    every curve grows and the first rounds, which cost next to nothing, show them all.

    solvers: settings, or names for their defaults.  Each takes the steps that come nearest to the
    budget; two budgets that buy the same steps give one row.  What cannot be measured is a row
    without a value.  Raises UserError at once for a base or a list that cannot work; watch() may
    raise Cancelled at any step.  exact: the adaptive reference, which takes seconds.  grids: time
    steps to try with each solver, settings or names for one over the base's own range; with more
    than one, rows are named after both.
    """
    solvers = [_solver(s) for s in solvers]
    budgets = sorted(set(budgets))
    if not solvers or not budgets:
        raise UserError("Nothing to compare: choose at least one solver and one budget.")
    if isinstance(base.timesteps, Custom):
        raise UserError(
            f"A typed list of {len(levels(base))} noise levels fixes the steps, so no "
            "budget can change them; choose a grid such as ρ to compare budgets."
        )
    grids = [_grid(base, g) for g in grids] or [base.timesteps]
    trials = [
        dataclasses.replace(base, solver=s, nfe=b, timesteps=g)
        for b in budgets
        for s in solvers
        for g in grids
    ]
    rows = _rows(_within_work(trials), watch, exact)
    if len(grids) == 1:
        return (row for _, row in rows)
    return (dataclasses.replace(row, name=f"{row.name}, {e.timesteps.short}") for e, row in rows)


def _grid(base: Experiment, choice):
    """Time steps over the range of the base's own."""
    if not isinstance(choice, str):
        return choice
    if choice == base.timesteps.name:
        return base.timesteps
    known = [name for name in TIMESTEPS if name != Custom.name]
    if choice not in known:
        raise UserError(f"Unknown time steps {choice!r:.40}. Known: {', '.join(known)}.")
    return TIMESTEPS[choice](sigma_max=base.timesteps.sigma_max, sigma_min=base.timesteps.sigma_min)


def _rows(
    trials: Sequence[Experiment], watch: Watch | None, exact: bool
) -> Iterator[tuple[Experiment, Row]]:
    seen = set()
    for e in trials:
        try:
            same = e.solver, e.timesteps, None if is_random(e) else len(levels(e))
        except UserError as problem:
            yield e, _empty(e, str(problem))
            continue
        if same not in seen:
            seen.add(same)
            yield e, measure(e, watch, exact)


def sweep_settings(
    base: Experiment, axis: str, values: Sequence, watch: Watch | None = None, exact: bool = False
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
    trials = _within_work([unflatten(Experiment, {axis: v}, base) for v in values])
    return ((v, measure(e, watch, exact)) for v, e in zip(values, trials))


def _solver(choice):
    if not isinstance(choice, str):
        return choice
    if choice not in SOLVERS:
        raise UserError(f"Unknown solver {choice!r}. Known: {', '.join(SOLVERS)}.")
    return SOLVERS[choice]()


def _within_work(trials: list[Experiment]) -> list[Experiment]:
    """The same with as many samples as the whole sweep may work on, at most those compared."""
    one = [dataclasses.replace(e, samples=1) for e in trials]
    evaluation = {
        (e.data, e.model, e.timesteps.sigma_max, e.timesteps.sigma_min): work(
            dataclasses.replace(e, timesteps=Rho(), nfe=1)
        )
        for e in one
    }
    cost = sum(map(work, one)) + REFERENCE_NFE * sum(evaluation.values())
    wanted, affordable = max(e.samples for e in trials), int(experiment.WORK_LIMIT / cost)
    if affordable < min(FEWEST, wanted):
        raise UserError(
            f"{len(trials)} runs on {trials[0].data.label} are {FEWEST * cost:.1e} "
            f"operations for {FEWEST} samples; at most {experiment.WORK_LIMIT:.0e} are "
            "allowed. Use fewer runs, smaller budgets or less data."
        )
    limit = min(affordable, *(prepared(e.data, e.model).compared for e in one))
    return [dataclasses.replace(e, samples=min(e.samples, limit)) for e in trials]


def within_work(e: Experiment, each: float, most: int, least: int = 4) -> int:
    """How many samples, at most so many, a measurement of so much work for each of them may take.

    Raises UserError where the cap allows fewer than `least`.
    """
    count = min(most, int(experiment.WORK_LIMIT / each))
    if count < min(least, most):
        raise UserError(
            f"On {e.data.label} this is {least * each:.1e} operations for {least} "
            f"samples; at most {experiment.WORK_LIMIT:.0e} are allowed. Use fewer "
            "evaluations or less data."
        )
    return count


def measure(e: Experiment, watch: Watch | None = None, exact: bool = False) -> Row:
    """One experiment as a row, run afresh and not kept."""
    if is_random(e):
        return _empty(e, "judged by distribution, not by path: new noise leaves every reference")
    try:
        sigma = levels(e)
        if len(sigma) < 2:
            return _empty(e, "one step has nothing to compare above σ = 0")
        truth = (
            _churned(e, sigma, watch)
            if e.churn.s_churn > 0
            else reference_for(e, watch, exact).at(sigma[-1:])[0]
        )
        states, nfe, seconds = _end(e, sigma, watch)
    except UserError as problem:
        return _empty(e, str(problem))
    error = rms(states[: len(truth)] - truth)
    if not bool(torch.isfinite(error).all()):
        return _empty(e, "blew up: some samples are not finite", nfe)
    low, median, high = torch.quantile(error, error.new_tensor([0.1, 0.5, 0.9])).tolist()
    steps = len(sigma) - (e.last != "zero")
    return Row(
        e.solver,
        solver_name(e.solver),
        e.solver.family,
        nfe,
        steps,
        float(error.mean()),
        low,
        high,
        median,
        seconds,
        "; ".join(_notes(e, len(sigma) - 1)),
    )


def _empty(e: Experiment, why: str, nfe: int | None = None) -> Row:
    return Row(e.solver, solver_name(e.solver), e.solver.family, nfe or e.nfe, note=why)


def _start(e: Experiment) -> tuple[Source, Noise]:
    source = prepared(e.data, e.model)
    return source, Noise(e.seed, e.samples, source.shape, source.device.device, source.device.dtype)


def _end(e: Experiment, sigma: Tensor, watch: Watch | None) -> tuple[Tensor, int, float]:
    """The states at the last level above 0, the NFE of the whole run and the seconds it took."""
    source, noise = _start(e)
    grid = torch.cat([sigma, sigma.new_zeros(1)]) if e.last == "zero" else sigma
    started = time.perf_counter()
    made = sample(
        source.denoiser,
        noise.start,
        grid,
        e.solver,
        e.schedule,
        e.churn,
        noise,
        afs=e.afs,
        denoise=e.last == "denoise",
        watch=None if watch is None else lambda i, point: watch(),
    )
    source.device.synchronize()
    return made.x[len(sigma) - 1], made.nfe, time.perf_counter() - started


@torch.no_grad()
def _churned(e: Experiment, sigma: Tensor, watch: Watch | None) -> Tensor:
    """Where paths truly end that get the same new noise at the same levels as the run."""
    source, noise = _start(e)
    x, total = noise.start * float(sigma[0]), len(sigma) - (e.last != "zero")
    ode = Ode(source.denoiser)
    for point in steps(ode, Flow(), x, sigma, churn=e.churn, noise=noise, total=total):
        if watch is not None:
            watch()
        end = point.denoised  # at last of the end, the states themselves
    return end


def _notes(e: Experiment, steps: int) -> Iterator[str]:
    """What to know about a value; steps: those that end above σ = 0."""
    s, tail = e.solver, 2 if e.last == "zero" else 1
    if s.family == "multistep" and s.order > 1:
        lower = ", ".join(str(k) for k in range(1, min(s.order, steps + 1)))
        yield f"warm-up: first step{'s' * (',' in lower)} at order{'s' * (',' in lower)} {lower}"
        if getattr(s, "lower_order_final", False) and s.order > tail and steps >= s.order:
            yield "last steps at lower order"
    if e.churn.s_churn > 0:
        yield "the truth gets the same new noise"
        if s.family == "multistep" and s.order > 1:
            yield "its memory begins anew after new noise"


def solver_name(solver) -> str:
    """“Heun”, “RK2 α = 0.5”, “DPM-Solver++(2M)”, “UniPC-3, bh1”: the label with its settings, those
    beside the order and the letter only where they are not the default.
    """
    flat, default = flatten(solver), flatten(type(solver)())
    if solver.family == "learned" and solver.predictor:
        return f"{shelf.spoken(solver.purpose)}, {solver.predictor}"
    letter = {"α": "alpha", "r": "r"}
    name = re.sub(r"\(([αr])\)$", lambda m: f" {m[1]} = {flat[letter[m[1]]]:g}", solver.label)
    told = set(letter.values()) if name != solver.label else set()
    if "order" in flat:
        told.add("order")
        name += f"({solver.order}M)" if solver.name == "dpmpp" else f"-{solver.order}"
    return ", ".join(
        [
            name,
            *(_words(solver, k, v) for k, v in flat.items() if k not in told and v != default[k]),
        ]
    )


def _words(solver, key: str, value) -> str:
    spec = next(p.spec for p in parameters(type(solver)) if p.key == key)
    if spec.choices is None:
        return f"{spec.label} = {value:g}"
    return f"{spec.label} {dict(spec.choices)[value]}"
