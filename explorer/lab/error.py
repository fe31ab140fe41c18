"""The errors that a run makes against the true paths, and what its steps have to do with them.

    Run -> path_error -> errors_of -> Errors

Two levels of care.  A draft, while a slider moves: few samples, a quick reference.  Settled
(`exact`), at rest and in every table: `Source.settled` samples, and a reference refined until its
own error does not matter.
"""

import dataclasses
import math

import torch
from torch import Tensor

from ..analysis.elsewhere import elsewhere
from ..analysis.error import StepErrors, rms, step_errors
from ..analysis.intervals import Estimate, median
from ..analysis.reference import Reference
from ..analysis.shares import Blame, blame
from ..core.sampling import Noise
from ..errors import UserError
from ..memo import Memo
from . import cost, memory, sizes
from .experiment import (
    MEMOS,
    Experiment,
    Run,
    Watch,
    begins_in_noise,
    incomparable,
    levels,
    prepared,
    weights,
)
from .learned import ready
from .truth import HALVINGS, reference_for, sure

MATTERS = 0.02  # of the median error: what that of the reference may be
BLOCK = 64  # paths whose steps are replaced together
BATCH = 2**21  # numbers of the states that then move together, where samples are large
WIDE = 4  # times as many on a GPU, where the count of launches takes the time
MORE = 4  # times as many paths as are compared, where it is undecided which steps are to blame

_errors = Memo(32 * 2**20)
_steps = Memo(16 * 2**20)
_more = Memo(4 * 2**20)
MEMOS += [_errors, _steps, _more]


@dataclasses.dataclass(frozen=True, eq=False)
class Errors:
    """Where the error of a run comes from, in RMS per coordinate.

    sigma (n,): the levels above 0.  path (n, B): the run against the truth at each level, of the B
    samples compared.  steps: what the steps do, on `measured` of them.  blame: which make the
    error.  astray (B,): which samples end in another place, once it is
    settled.  truth: the reference.
    """

    sigma: Tensor
    path: Tensor
    steps: StepErrors
    blame: Blame
    astray: Tensor | None
    truth: Reference

    @property
    def end(self) -> Tensor:
        """(B,) at σ_min."""
        return self.path[-1]

    @property
    def middle(self) -> Estimate:
        """The median end error with its 95 % interval."""
        return median(self.end)

    @property
    def measured(self) -> int:
        """How many paths say which steps are to blame."""
        return self.steps.moved.shape[1]


def path_error(r: Run, known: Reference) -> Tensor:
    """(n, B): a run without churn against its reference, at each level above 0."""
    truth = known.at(r.levels)
    states = r.trajectory.x[: len(truth), : truth.shape[1]]
    off = rms((states - truth).flatten(0, 1)).reshape(truth.shape[:2])
    if r.trajectory.pure:
        off[0] = 0  # at ∞ both have the same noise, and only the point that stands for it differs
    return off


def errors_of(r: Run, watch: Watch | None = None, exact: bool = False) -> Errors:
    """Measure a run against the reference.  With churn the reference gets the same noise.

    Raises UserError for a run of one step, which has nothing to compare above σ = 0, and where new
    noise leaves every reference.
    """
    e = r.experiment
    return _errors((e, *weights(e.data, e.model), exact), lambda: _errors_of(r, watch, exact))


def _errors_of(r: Run, watch: Watch | None, exact: bool) -> Errors:
    e, sigma = r.experiment, r.levels
    ends = r.trajectory.x[len(sigma) - 1]
    known = settled_reference(e, ends, watch) if exact else _quick(e, watch)
    steps = steps_along(e, known, followed(e, exact), watch) if exact else steps_of(e, watch)
    if e.churn.s_churn == 0:
        path, truth = path_error(r, known), known.at(sigma[-1:])[0]
    else:
        truth = steps.truth[-1]
        states = r.trajectory.x[: len(sigma), : len(truth)]
        path = rms((states - steps.truth).flatten(0, 1)).reshape(states.shape[:2])
    strayed = strays(e, ends[: len(truth)], truth) if exact else None
    return Errors(sigma, path, steps, blame(steps.shares, steps.cancels), strayed, known)


def strays(e: Experiment, end: Tensor, truth: Tensor) -> Tensor:
    """(B,): which of the ends (B, *shape) are in another place than the true ones."""
    source = prepared(e.data, e.model)
    points = source.mixture.means.view(-1, *source.shape) if source.pace is None else None
    return elsewhere(end, truth, source.sigma_data, points)


def settled_reference(
    e: Experiment,
    end: Tensor,
    watch: Watch | None = None,
    count: int | None = None,
    halvings: int = HALVINGS,
) -> Reference:
    """The reference of a settled error: refined until it errs by less than 2 % of the run's median
    error, or as far as it goes.  end (B, *shape): the states of the run at its last level above 0.
    count: of paths, as many as are affordable if not said.  halvings: at most, where a
    network answers; the first is not believed where it may be too coarse to see its own error.
    """
    if why := incomparable(e):
        raise UserError(why)
    count = min(e.samples, prepared(e.data, e.model).settled) if count is None else count
    if e.churn.s_churn > 0:  # only where it starts matters: the flow between the steps is exact
        return reference_for(e, watch, count=count)
    network = prepared(e.data, e.model).pace is not None
    for halved in range(1, (halvings if network else 1) + 1):
        if halved > 1:
            _lengthen(watch, sizes.REFINED)
        known = reference_for(e, watch, count=count, refined=halved)
        if known.closed is not None:
            return known
        if network and halved == 1 and not sure(e, known):
            continue
        if not _matters(known, levels(e)[-1:], end[:count]):
            return known
    if network:
        return known
    del known  # what it holds may be wanted for the better one
    return reference_for(e, watch, exact=True, count=count)


def _lengthen(watch: Watch | None, nodes: int) -> None:
    """Tells whoever counts the steps that there are more of them."""
    if (more := getattr(watch, "more", None)) is not None:
        more(nodes)


def _quick(e: Experiment, watch: Watch | None) -> Reference:
    if why := incomparable(e):
        raise UserError(why)
    return reference_for(e, watch)


def more_blame(r: Run, watch: Watch | None = None) -> Blame | None:
    """Which steps are to blame, by more paths than are compared; None where no more are affordable.

    Worth its time where a settled error leaves it undecided.
    """
    e = r.experiment
    few, count = followed(e, True), followed(e, True, MORE)
    if count < 1.5 * few:
        return None

    def make() -> Blame:
        known = reference_for(e, watch, count=count, refined=_halvings(r, watch))
        steps = steps_along(e, known, count, watch)
        return blame(steps.shares, steps.cancels)

    return _more((e, *weights(e.data, e.model)), make)


def _halvings(r: Run, watch: Watch | None) -> int:
    """How often the reference of further paths is refined, from what is known of the first: not at
    all where the quick one errs by less than 2 % of the run's median error, or where only its
    starts matter; once; or, of a network, once more where one refinement is not sure."""
    e = r.experiment
    if e.churn.s_churn > 0:
        return 0
    source, last = prepared(e.data, e.model), len(r.levels) - 1
    count = min(e.samples, source.settled)
    known = reference_for(e, watch, count=count, refined=1)  # its floor: what the quick one errs by
    if source.pace is not None and not sure(e, known):
        return 2
    return int(_matters(known, r.levels[-1:], r.trajectory.x[last][:count]))


def _matters(known: Reference, level: Tensor, end: Tensor) -> bool:
    """Whether its floor is above 2 % of the median error of ends (B, *shape) at a level (1,)."""
    off = rms(end - known.at(level)[0])
    return not float(known.floor[-1]) <= MATTERS * float(off.quantile(0.5))


def steps_of(e: Experiment, watch: Watch | None = None) -> StepErrors:
    """What each step of an experiment does, on the few paths of a draft; no run is needed.

    Raises UserError where there is nothing to compare.
    """
    return _steps(
        (e, *weights(e.data, e.model)),
        lambda: steps_along(e, _quick(e, watch), followed(e), watch),
    )


def steps_along(e: Experiment, known: Reference, count: int, watch: Watch | None) -> StepErrors:
    """What each step does, on the first `count` paths, a block at a time."""
    source, n = prepared(e.data, e.model), len(levels(e)) - 1
    size = block_of(e)
    with memory.room(
        sizes.of_steps(source, e, n, count, size), f"Replacing the steps of {count} paths"
    ):
        return memory.counted(_replaced(e, known, count, size, watch))


def _replaced(
    e: Experiment, known: Reference, count: int, size: int, watch: Watch | None
) -> StepErrors:
    """Blocks of `size` paths."""
    source = prepared(e.data, e.model)
    sigma, churned = levels(e).to(source.device.dtype), e.churn.s_churn > 0
    truth = known.at(sigma[:1] if churned else sigma, count)

    def block(a: int) -> StepErrors:
        # of its own: noise is asked in rising order, and each block begins at the first step
        noise = Noise(
            e.seed, truth.shape[1], source.shape, source.device.device, source.device.dtype
        )
        return step_errors(
            source.watched(watch),
            ready(e.solver),
            e.schedule,
            sigma,
            truth[:, a : a + size],
            e.churn,
            lambda i: noise(i)[a : a + size],
            steps=len(sigma) - (e.last != "zero"),
            afs=e.afs,
            watch=watch,
            pure=noise.start[a : a + size] if begins_in_noise(e) else None,
        )

    return together([block(a) for a in range(0, truth.shape[1], size)])


def block_of(e: Experiment) -> int:
    """How many paths are replaced together: fewer of large samples, more on a GPU."""
    source = prepared(e.data, e.model)
    wide = WIDE if source.device.device.type == "cuda" else 1
    each = min(len(levels(e)), 33) * math.prod(source.shape)
    return max(4, min(BLOCK * wide, BATCH * wide // each))


def together(blocks: list[StepErrors]) -> StepErrors:
    """Blocks of paths as one."""
    local, moved, truth = (
        torch.cat([getattr(b, field) for b in blocks], 1) for field in ("local", "moved", "truth")
    )
    return StepErrors(local, moved, torch.cat([b.end for b in blocks]), truth)


def followed(e: Experiment, exact: bool = False, times: int = 1) -> int:
    """How many paths the growing batch of `step_errors` takes for each step: a fixed amount of
    arithmetic; in a draft few, settled as many as are compared, and `times` as many.
    """
    source, n = prepared(e.data, e.model), len(levels(e)) - 1
    churned = e.churn.s_churn > 0
    each = min(n, 32) * n / 2 * e.solver.evaluations + (300 if churned else 0)  # the flow between
    if source.pace is not None:
        seconds = cost.QUICK * (4 * times if exact else 1)
        if times > 1:  # paths that are not known yet are followed first, refined: 1 + 2 times
            each += 3 * cost.REFERENCE
        count = cost.affordable(
            source.pace, each, 24 if not exact else source.together * times, 2, seconds
        )
    else:
        means = getattr(source.denoiser, "means", source.mixture.means)
        most, least, total = (times * source.settled, 16, 2e10 * times) if exact else (16, 12, 2e8)
        count = int(max(least, min(most, total / (each * (means.shape[0] * (means.shape[1] + 8))))))
    if times > 1:
        return sizes.affordable(source, count)
    return min(e.samples, count, source.settled if exact else source.compared)
