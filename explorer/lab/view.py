"""One view: what there is to see of an experiment, each piece made once, when somebody asks.

    View(experiment) -> .source  .run  .reference  .errors  .shares

Two views of equal experiments share what they have made, through the memories below them, so that
a view is a light thing: make one where it is needed.
"""

import copy
import dataclasses
import hashlib

from torch import Tensor

from ..analysis.error import StepErrors
from ..analysis.reference import Reference
from ..analysis.shares import Blame
from ..memo import Kept
from . import afford, coarse, error, memory, sizes, truth
from .afford import Plan
from .error import Errors
from .experiment import Experiment, Run, count, incomparable, kept_paths, made, run, too_much
from .source import Source, Watch, prepared, weights
from .versus import Versus, versus

MEASURES = ("path", "error", "loss")  # what a plan cuts down


@dataclasses.dataclass(frozen=True, eq=False)
class View:
    """An experiment and all that follows of it.

    watch: is called at each step of what takes long, and may raise Cancelled.
    exact: settled: all paths that are compared, against a reference whose own error does not
    matter; not a draft.
    full: the parts of a slow network that are to be measured without a limit of time.
    """

    experiment: Experiment
    watch: Watch | None = None
    exact: bool = False
    more: bool = False
    full: frozenset[str] = frozenset()

    def watched(self, watch: Watch | None) -> "View":
        """The same view with all that it has made, watched by another."""
        other = copy.copy(self)
        object.__setattr__(other, "watch", watch)
        return other

    def room(self) -> memory.Room:
        """What all of it may hold, taken at once, so that no two views wait for each other half
        made; a context."""
        e, source = self.experiment, self.source
        if not self.exact:
            need = sizes.of_draft(source, e, count(e), e.samples, kept_paths(source))
            if need <= memory.SMALL * memory.ACCOUNT.limit:  # whatever of it is known already
                return memory.room(need, f"A view of {e.samples} samples of {e.data.label}")
        if too_much(e):  # what is left of it is a draft of a few samples
            return memory.room(0, "")
        paths = min(e.samples, source.settled if self.exact else source.compared)
        need = truth.wanted(e, paths, self.exact) + sizes.of_beside(source, e, count(e), paths)
        if not made(e):
            need += sizes.of_run(source, e, count(e), e.samples, kept_paths(source))
        if self.exact:
            need += sizes.of_steps(source, e, count(e), paths, error.block_of(e))
        # its paths are chosen to fit; beside it there is room for its data, and for nobody's view
        need = min(need, 0.8 * memory.ACCOUNT.limit)
        return memory.room(need, f"A view of {e.samples} samples of {e.data.label}")

    @Kept
    def source(self) -> Source:
        """Data and denoiser on their device."""
        return prepared(self.experiment.data, self.experiment.model)

    @Kept
    def run(self) -> Run:
        """The samples and their paths."""
        return run(self.experiment, self.watch)

    @Kept
    def reference(self) -> Reference:
        """The true paths of the samples compared."""
        return truth.reference_for(self.experiment, self.watch, self.exact)

    @Kept
    def plan(self) -> Plan | None:
        """How far a slow network is measured; None: as ever."""
        return afford.plan(self.experiment, self.full)

    @Kept
    def paths(self) -> Reference:
        """What the shape of the paths is measured on: the true ones or, where they are out of
        reach, the run's own.  Raises UserError where that has none."""
        if self.plan is None:
            return self.reference
        if self.plan.own:
            return coarse.own(self.run)
        return truth.reference_for(self.experiment, self.watch, count=self.plan.followed)

    @property
    def own(self) -> bool:
        """Whether these are the run's own."""
        return self.plan is not None and self.plan.own

    @Kept
    def steps(self) -> StepErrors:
        """What each step does by itself, of a draft without a run.  Raises UserError."""
        return self.errors.steps if self.exact else error.steps_of(self.experiment, self.watch)

    @Kept
    def errors(self) -> Errors:
        """The run against the reference.  Raises UserError where `incomparable` says why."""
        if self.plan is not None:
            return coarse.errors_of(self.run, self.plan, self.watch)
        return error.errors_of(self.run, self.watch, self.exact)

    @Kept
    def versus(self) -> Versus | None:
        """The run beside Euler at the same cost, or None where `versus.apart_from` says why."""
        plan = self.plan
        if plan is not None and not plan.euler:
            return None
        few = None if plan is None else plan.paths
        return versus(self.errors, self.run, self.watch, self.exact, few)

    @Kept
    def blame(self) -> Blame:
        """Which steps make the error; where that is undecided, by more paths, if `more` says so."""
        known = self.errors.blame
        if self.plan is not None or not (self.more and self.exact) or known.decided or known.spread:
            return known
        return error.more_blame(self.run, self.watch) or known

    @property
    def shares(self) -> Tensor:
        """(n,): how far the end moves when one step is replaced by the true one; sum 1."""
        return self.steps.share

    @property
    def incomparable(self) -> str | None:
        """Why the run has no path error, or None."""
        return incomparable(self.experiment)

    def key(self, part: str) -> str:
        """The name of the content of a part: equal names, equal content.

        data    hangs on the data set and the model            loss    too, and takes its time
        path    on the reference: seed, ends, and the frame that it is looked at in
        true    the same, of the best reference
        run     on all of the experiment                       error   too
        exact   the error, settled                             more    and with further paths
        """
        if self.plan is not None and part in MEASURES:
            return self.slow[part]
        if self.exact and part in ("path", "error"):
            part = "true" if part == "path" else "more" if self.more else "exact"
        return self.keys[part]

    @Kept
    def slow(self) -> dict[str, str]:
        """The keys of what a slow network is measured for."""
        e, plan = self.experiment, self.plan
        of_run = e, *weights(e.data, e.model)
        own = plan is not None and plan.own
        path = (*of_run, "own") if own else (self.keys["path"], plan and plan.followed)
        points = afford.loss(self.source, "loss" in self.full)
        return {
            "path": _named(path),
            "error": _named((*of_run, plan and plan.error)),
            "loss": _named((self.keys["loss"], points)),
        }

    @Kept
    def keys(self) -> dict[str, str]:
        """The key of each part."""
        e = self.experiment
        model = _Said(e.data), _Said(e.model), *weights(e.data, e.model)
        ends = float(e.timesteps.sigma_max), float(e.timesteps.sigma_min)
        paths = min(e.samples, self.source.compared)
        content = {
            "data": model,
            "loss": (*model, "loss"),
            "path": (*model, e.seed, paths, ends, e.schedule),
            "true": (*model, e.seed, paths, ends, e.schedule, "true"),
            "run": (whole := _Said(e), *model),
            "error": (whole, *model, "error"),
            "exact": (whole, *model, "exact"),
            "more": (whole, *model, "more"),
        }
        return {part: _named(what) for part, what in content.items()}


class _Said:
    """A part of several contents, told once for all of them."""

    def __init__(self, part: object):
        self._text = repr(part)

    def __repr__(self) -> str:
        return self._text


def _named(content: tuple) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()[:12]
