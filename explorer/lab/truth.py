"""What a run is held against: the true paths of its samples, and the errors that its steps make.

Run -> reference_for -> path_error, errors_of
"""

import dataclasses

from torch import Tensor

from ..analysis.error import StepErrors, rms, step_errors
from ..analysis.reference import (
    Reference,
    adaptive_reference,
    closed_reference,
    reference,
    refined_reference,
    shortened,
)
from ..core.sampling import Churn, Noise
from ..core.schedules import EDM
from ..core.solvers import Euler
from ..errors import UserError
from ..memo import Memo
from . import cost
from .experiment import (
    MEMOS,
    Experiment,
    Run,
    Source,
    Watch,
    ends,
    incomparable,
    levels,
    prepared,
    run,
    weights,
)
from .learned import ready

_references = Memo(48 * 2**20)
_errors = Memo(16 * 2**20)
_steps = Memo(16 * 2**20)
_deepest: dict[tuple, float] = {}  # how far down paths are known, where they are still remembered
MEMOS += [_references, _errors, _steps, _deepest]


def reference_for(e: Experiment, watch: Watch | None = None, exact: bool = False) -> Reference:
    """The true paths of the samples compared; solver, budget and grid do not matter.

    A closed form where there is one.  Else `exact` asks for an adaptive method with a known error;
    without it, a quick one of fixed steps is good enough while a slider moves.
    """
    source = prepared(e.data, e.model)
    top, bottom = ends(e)
    count = min(e.samples, source.compared)
    paths = (e.data, e.model, *weights(e.data, e.model), e.seed, count, top)
    key = (*paths, bottom)

    def start() -> Tensor:
        noise = Noise(e.seed, count, source.shape, source.device.device, source.device.dtype)
        return noise.start * top

    def follow(down_to: float) -> Reference:
        return reference(source.watched(watch), start(), top, down_to, watch=watch)

    def quick() -> Reference:
        if closed := closed_reference(source.denoiser, start(), top, bottom):
            return closed
        deeper = _deepest.get(paths)
        if deeper is not None and deeper < bottom and (*paths, deeper) in _references:
            return shortened(
                source.watched(watch), _references((*paths, deeper), lambda: follow(deeper)), bottom
            )  # the same paths are known already, and further down
        _deepest[paths] = bottom
        if len(_deepest) > 256:
            _deepest.pop(next(iter(_deepest)), None)
        return follow(bottom)

    found = _references(key, quick)
    if not exact or found.closed is not None:
        return found
    if source.pace is not None:
        return _references(
            (*key, "exact"), lambda: refined_reference(source.watched(watch), found, watch)
        )
    return _references(
        (*key, "exact"),
        lambda: adaptive_reference(source.denoiser, start(), top, bottom, watch=watch),
    )


def patience(e: Experiment) -> float:
    """About how many seconds the reference of an experiment takes; 0 where that is no matter."""
    source = prepared(e.data, e.model)
    return (source.pace or 0) * cost.REFERENCE * min(e.samples, source.compared)


@dataclasses.dataclass(frozen=True, eq=False)
class Errors:
    """Where the error of a run comes from, in RMS per coordinate.

    sigma (n,): the levels above 0.  path (n, B): the run against the truth at each level, of the B
    samples compared.  steps: local errors and shares, of `measured` samples.  truth: the reference.
    """

    sigma: Tensor
    path: Tensor
    steps: StepErrors
    measured: int
    truth: Reference

    @property
    def end(self) -> Tensor:
        """(B,) at σ_min."""
        return self.path[-1]


def path_error(r: Run, watch: Watch | None = None, exact: bool = False) -> Tensor:
    """(n, B): a run without churn against the reference, at each level above 0."""
    truth = reference_for(r.experiment, watch, exact).at(r.levels)
    states = r.trajectory.x[: len(truth), : truth.shape[1]]
    return rms((states - truth).flatten(0, 1)).reshape(truth.shape[:2])


def errors_of(r: Run, watch: Watch | None = None, exact: bool = False) -> Errors:
    """Measure a run against the reference.  With churn the reference gets the same noise.

    Raises UserError for a run of one step, which has nothing to compare above σ = 0, and where new
    noise leaves every reference.
    """
    e = r.experiment
    return _errors((e, *weights(e.data, e.model), exact), lambda: _errors_of(r, watch, exact))


def _errors_of(r: Run, watch: Watch | None, exact: bool) -> Errors:
    e, sigma = r.experiment, r.levels
    steps, known = steps_of(e, watch, exact)
    count = steps.truth.shape[1]
    if e.churn.s_churn == 0:
        return Errors(sigma, path_error(r, watch, exact), steps, count, known)
    states = r.trajectory.x[: len(sigma), :count]
    path = rms((states - steps.truth).flatten(0, 1)).reshape(states.shape[:2])
    return Errors(sigma, path, steps, count, known)


def steps_of(
    e: Experiment, watch: Watch | None = None, exact: bool = False
) -> tuple[StepErrors, Reference]:
    """What each step of an experiment does, and the reference that says so; no run is needed.

    Raises UserError where there is nothing to compare.
    """
    return _steps((e, *weights(e.data, e.model), exact), lambda: _steps_of(e, watch, exact))


def _steps_of(e: Experiment, watch: Watch | None, exact: bool) -> tuple[StepErrors, Reference]:
    if why := incomparable(e):
        raise UserError(why)
    source = prepared(e.data, e.model)
    sigma, churned = levels(e).to(source.device.dtype), e.churn.s_churn > 0
    n = len(sigma) - 1
    count = min(
        e.samples, source.compared, _affordable(source, n, e.solver.evaluations, churned, exact)
    )
    known = reference_for(e, watch, exact)
    truth = known.at(sigma[:1] if churned else sigma, count)
    noise = Noise(e.seed, count, source.shape, source.device.device, source.device.dtype)
    steps = step_errors(
        source.watched(watch),
        ready(e.solver),
        e.schedule,
        sigma,
        truth,
        e.churn,
        noise,
        steps=len(sigma) - (e.last != "zero"),
        afs=e.afs,
        watch=watch,
    )
    return steps, known


def _affordable(source: Source, n: int, evaluations: int, churned: bool, exact: bool) -> int:
    """How many samples the growing batch of `step_errors` may carry: a fixed amount of arithmetic,
    at rest (`exact`) four times that of a moving slider.
    """
    each = min(n, 32) * n / 2 * evaluations + (300 if churned else 0)  # the flow between the steps
    if source.pace is not None:
        return cost.affordable(source.pace, each, 24, least=2)
    means = getattr(source.denoiser, "means", source.mixture.means)
    most, least, total = (48, 16, 8e8) if exact else (16, 12, 2e8)
    return int(max(least, min(most, total / (each * (means.shape[0] * (means.shape[1] + 8))))))


def comparison(e: Experiment, watch: Watch | None = None) -> Run:
    """Euler in σ at the same budget and on the same grid: what the simplest solver makes of it."""
    simple = dataclasses.replace(
        e,
        solver=Euler(),
        schedule=EDM(),
        churn=Churn(),
        afs=False,
        samples=min(e.samples, prepared(e.data, e.model).compared),
    )
    return run(simple, watch)


def compared(e: Experiment) -> bool:
    """Whether the error is drawn beside Euler's in σ: not beside itself nor with new noise."""
    simplest = e.solver.name == "ddim" or (e.solver.name == "euler" and e.schedule == EDM())
    return e.churn.s_churn == 0 and not simplest and incomparable(e) is None
