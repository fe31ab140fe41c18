"""The end error of a run, held against the reference at σ_min.

Runs are made here and dropped, so that a study neither fills the memory of the page nor pushes
other people's views out of it; all runs of one range of noise levels share one reference.
"""

import dataclasses
import math
import time
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis import intervals
from ..analysis.error import rms
from ..analysis.flow import Flow
from ..analysis.intervals import Estimate
from ..core import infinity
from ..core.loop import steps
from ..core.ode import Ode, nominal_order
from ..core.sampling import Noise
from ..errors import UserError
from ..lab.error import settled_reference, strays
from ..lab.experiment import Experiment, begins_in_noise, exactly, is_random, levels
from ..lab.learned import sample
from ..lab.source import Source, Watch, prepared
from ..lab.truth import HALVINGS, reference_for
from ..memo import Kept
from ..settings import param, setting
from .names import solver_name


@setting
class EndError:
    """RMS per coordinate over the samples of a run, or why there is none: the fields of a `Row`
    beside its solver.
    """

    name: ClassVar[str] = "end_error"
    version: ClassVar[int] = 4
    exact: bool = param(
        False,
        label="Reference",
        choices=((False, "refined"), (True, "adaptive")),
        help="refined until its own error does not matter, or the best there is in any case",
    )

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """The fields of the row, as plain values."""
        row = measure(e, watch, self.exact)
        return {f: getattr(row, f) for f in MEASURED}

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


@dataclasses.dataclass(frozen=True)
class Row:
    """One solver at one budget: the end error over the samples, RMS per coordinate, at σ_min.

    low and high hold 10–90 % of the samples; each is the error of every sample, in their order, so
    that rows can be held against each other path by path; elsewhere counts the samples that end in
    another place; ends are the first and the last level that they ran over; floor is what the
    reference may be off by.  mean is None where there is no value; note says why, or what to know
    about the value.  nfe is measured, or the budget where nothing was run.  at: the value of the
    setting that a sweep goes along, None of one along evaluations.
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
    each: Sequence[float] = ()
    elsewhere: int = 0
    ends: Sequence[float] = ()
    floor: float = 0.0
    at: float | None = None

    @property
    def x(self) -> float:
        """Where it stands in its sweep."""
        return self.nfe if self.at is None else self.at

    @Kept
    def middle(self) -> Estimate:
        """The median end error with its 95 % interval."""
        return intervals.median(torch.tensor(self.each, dtype=torch.float64))

    def over(self, other: "Row") -> Estimate:
        """How many times the error of another row this one makes, path by path: both must have the
        seed and the denoiser in common, as the rows of a sweep have.

        Raises UserError for rows over different ranges of σ, whose paths are not the same.
        """
        if self.other_range(other):
            raise UserError(
                f"{self.name} and {other.name} run over different ranges of σ: not compared."
            )
        count = min(len(self.each), len(other.each))
        mine, its = (torch.tensor(r.each[:count], dtype=torch.float64) for r in (self, other))
        return intervals.ratio(mine, its)

    def other_range(self, other: "Row") -> bool:
        """Whether both ran, and between different levels."""
        pairs = zip(self.ends, other.ends)
        return not all(math.isclose(a, b, rel_tol=1e-9) for a, b in pairs)

    @property
    def nominal(self) -> int:
        """The order on paper: a corrector adds one."""
        return nominal_order(self.solver)


NAMED = ("solver", "name", "family", "at")  # what a row is of
MEASURED = tuple(f.name for f in dataclasses.fields(Row) if f.name not in NAMED)


def row_of(e: Experiment, value: dict[str, Any] | None, problem: str = "") -> Row:
    """The row of an experiment from what was kept of it."""
    if value is None:
        return _empty(e, problem)
    return Row(e.solver, solver_name(e.solver), e.solver.family, **value)


def measure(e: Experiment, watch: Watch | None = None, exact: bool = False) -> Row:
    """One experiment as a row, run afresh and not kept."""
    return reached(e, watch, exact)[0]


def reached(
    e: Experiment,
    watch: Watch | None = None,
    exact: bool = False,
    count: int | None = None,
    halvings: int = HALVINGS,
) -> tuple[Row, Tensor | None]:
    """The row and the states at the last level above 0, (n, *shape); None where nothing was run."""
    return ended(e, watch, exact, count, halvings)[:2]


def ended(
    e: Experiment,
    watch: Watch | None = None,
    exact: bool = False,
    count: int | None = None,
    halvings: int = HALVINGS,
) -> tuple[Row, Tensor | None, Tensor | None]:
    """The row, the states at the last level above 0, (n, *shape), and where the exact paths of the
    samples compared end, (m, *shape); None where nothing was run.  count: how many are compared,
    those that a settled error affords if not said.  halvings: as of `settled_reference`."""
    if is_random(e):
        why = "judged by distribution, not by path: new noise leaves every reference"
        return _empty(e, why), None, None
    try:
        sigma = levels(e)
        if len(sigma) < 2:
            return _empty(e, "one step has nothing to compare above σ = 0"), None, None
        truth, floor = _churned(e, sigma, watch) if e.churn.s_churn > 0 else None, 0.0
        states, nfe, seconds = _end(e, sigma, watch)
        if truth is None:
            known = (
                reference_for(e, watch, True, count or _compared(e))
                if exact
                else settled_reference(e, states, watch, count, halvings)
            )
            truth, floor = known.at(sigma[-1:])[0], float(known.floor[-1])
    except UserError as problem:
        return _empty(e, str(problem)), None, None
    return _row(e, sigma, states, truth, nfe, seconds, floor), states, truth


def _row(
    e: Experiment,
    sigma: Tensor,
    states: Tensor,
    truth: Tensor,
    nfe: int,
    seconds: float,
    floor: float,
) -> Row:
    error = rms(states[: len(truth)] - truth)
    if not bool(torch.isfinite(error).all()):
        return _empty(e, "blew up: some samples are not finite", nfe)
    low, median, high = torch.quantile(error, error.new_tensor([0.1, 0.5, 0.9])).tolist()
    steps = len(sigma) - (e.last != "zero")
    strayed = strays(e, states[: len(truth)], truth)
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
        error.tolist(),
        int(strayed.sum()),
        [float(sigma[0]), float(sigma[-1])],
        floor,
    )


def _compared(e: Experiment) -> int:
    return min(e.samples, prepared(e.data, e.model).settled)


def _empty(e: Experiment, why: str, nfe: int | None = None) -> Row:
    return Row(e.solver, solver_name(e.solver), e.solver.family, nfe or e.nfe, note=why)


def _start(e: Experiment) -> tuple[Source, Noise]:
    source = prepared(e.data, e.model)
    return source, Noise(e.seed, e.samples, source.shape, source.device.device, source.device.dtype)


def _end(e: Experiment, sigma: Tensor, watch: Watch | None) -> tuple[Tensor, int, float]:
    """The states at the last level above 0, the NFE of the whole run and the seconds it took."""
    source, noise = _start(e)
    grid = exactly(e)
    grid = torch.cat([grid, grid.new_zeros(1)]) if e.last == "zero" else grid
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
    top, total, churn = float(sigma[0]), len(sigma) - (e.last != "zero"), e.churn
    x = noise.start * top
    if begins_in_noise(e):  # where the run gets no new noise
        x = infinity.true_state(source.denoiser, noise.start, top)
        churn = dataclasses.replace(
            churn, s_tmax=min(churn.s_tmax, max(churn.s_tmin, float(sigma[1])))
        )
    ode = Ode(source.denoiser)
    for point in steps(ode, Flow(), x, sigma, churn=churn, noise=noise, total=total):
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
        if s.memory > 1:
            yield "its memory begins anew after new noise"
