"""A run beside another on the same noise: path by path, at the same counted cost where it can be.

versus(errors, run) -> Versus: of Euler in σ         paired(errors, others) -> Estimate
"""

import dataclasses

from torch import Tensor

from ..analysis.intervals import Estimate, ratio
from ..core.churn import Churn
from ..core.schedules import EDM
from ..core.solvers import Euler
from ..memo import Kept
from ..numerals import number
from .error import Errors, path_error
from .experiment import Experiment, Run, ends, evaluations, incomparable, run
from .source import Watch, prepared


@dataclasses.dataclass(frozen=True, eq=False)
class Versus:
    """Another run, its error (n, B) at each level, and the end error (B,) of the run beside it."""

    run: Run
    path: Tensor
    mine: Tensor

    @Kept
    def ratio(self) -> Estimate:
        """How many times the other's end error the run makes, the median over paths."""
        return ratio(self.mine, self.path[-1])

    @property
    def smaller(self) -> int:
        """Of how many paths the run's error is the smaller one."""
        return int((self.mine < self.path[-1]).sum())


def comparison(
    e: Experiment, watch: Watch | None = None, exact: bool = False, few: int | None = None
) -> Run:
    """Euler in σ with the evaluations that a run counts, over the same range on the same kind of
    grid: what the simplest solver makes of its cost, on the samples compared in a draft, or settled
    (`exact`), or on a few.  A typed list has the steps that it has."""
    source = prepared(e.data, e.model)
    simple = dataclasses.replace(
        e,
        solver=Euler(),
        schedule=EDM(),
        churn=Churn(),
        afs=False,
        nfe=evaluations(e),
        samples=min(e.samples, few or (source.settled if exact else source.compared)),
    )
    return run(simple, watch)


def compared(e: Experiment) -> bool:
    """Whether the error is drawn beside Euler's in σ: not beside itself nor with new noise."""
    return not apart_from(e)


def apart_from(e: Experiment) -> str:
    """Why a run is not held against Euler, or nothing."""
    if why := incomparable(e):
        return why
    if e.solver.name == "ddim" or (e.solver.name == "euler" and e.schedule == EDM()):
        return f"{e.solver.label} in σ is what others are held against."
    if e.churn.s_churn > 0:
        return "With churn the reference gets the run’s own noise, which no other run shares."
    return ""


def versus(
    errors: Errors,
    r: Run,
    watch: Watch | None = None,
    exact: bool = False,
    few: int | None = None,
) -> Versus | None:
    """A run against Euler on the same paths and reference, or None where `apart_from` says why."""
    if not compared(r.experiment):
        return None
    other = comparison(r.experiment, watch, exact, few)
    return Versus(other, path_error(other, errors.truth), errors.end)


def paired(mine: Errors, other: Errors) -> Estimate:
    """How many times the end error of another run a run makes, over the paths that both hold."""
    count = min(len(mine.end), len(other.end))
    return ratio(mine.end[:count], other.end[:count])


def unpaired(a: Experiment, b: Experiment) -> str:
    """Why two runs have no ratio of errors, or nothing: they must start from the same noise, go
    over the same range of σ, and follow the same denoiser.
    """
    if (a.data, a.model) != (b.data, b.model):
        return "another denoiser"
    if a.seed != b.seed:
        return f"seed {b.seed}, other paths"
    if ends(a) != ends(b):
        return f"σ from {number(ends(b)[0])} to {number(ends(b)[1])}, other paths"
    if why := incomparable(b) or incomparable(a):
        return why
    if a.churn.s_churn > 0 or b.churn.s_churn > 0:
        return "with churn each run follows noise of its own"
    return ""
