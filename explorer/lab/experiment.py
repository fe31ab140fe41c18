"""An Experiment is all of a view; `run` makes it happen, once.

    Experiment -> prepared (data and denoiser) -> run -> Run        and on to errors in `truth`
    what its budget buys: `budget`

What is derived is kept by the part that it depends on: to turn the solver measures no data again.
"""

import dataclasses
import math
import time
from typing import Any

import torch
from torch import Tensor

from ..core import guidance
from ..core.ode import adapts
from ..core.sampling import Churn, Restart, Trajectory, makes_noise, sample
from ..core.schedules import EDM, SCHEDULES
from ..core.solvers import SOLVERS, Heun
from ..core.timesteps import Rho
from ..data import DATASETS, Spiral
from ..errors import UserError
from ..memo import Memo, size_of
from ..models import MODELS, Exact
from ..numerals import number
from ..settings import param, setting, slot
from . import cost, memory, sizes, split
from .budget import asked_of as asked_of
from .budget import begins_in_noise as begins_in_noise
from .budget import cap
from .budget import count as count
from .budget import ends as ends
from .budget import evaluations as evaluations
from .budget import exactly as exactly
from .budget import grid as grid
from .budget import levels as levels
from .budget import rounds as rounds
from .learned import ready
from .source import COMPARED, LARGE, MEMOS, SETTLED, Source, Watch, prepared, weights
from .source import current_device as current_device
from .source import use_device as use_device
from .timesteps import TIMESTEPS

PATHS = SETTLED  # samples whose paths are recorded
ENDINGS = (
    ("zero", "go to σ = 0"),
    ("sigma_min", "stop at σ_min"),
    ("denoise", "stop at σ_min, then denoise"),
)
SEED = "which noise the samples start from; new noise within a run is another on a GPU"


@setting
class Experiment:
    """All of a view: what is sampled, how, and how much.  Hashable, and the same on any machine."""

    data: Any = slot(Spiral(), DATASETS, "Data")
    model: Any = slot(Exact(), MODELS, "Model")
    schedule: Any = slot(EDM(), SCHEDULES, "Schedule", "σ(t) and s(t): the coordinates of a step")
    timesteps: Any = slot(Rho(), TIMESTEPS, "Time steps")
    solver: Any = slot(Heun(), SOLVERS, "Solver")
    churn: Churn = Churn()
    restart: Restart = Restart()
    afs: bool = param(
        False,
        label="First step",
        choices=((False, "evaluated"), (True, "analytic")),
        help="analytic: at σ_max data drown in noise, so the first evaluation can be "
        "written down and is saved (AFS)",
    )
    nfe: int = param(
        35, 1, 1023, 1, label="NFE", log=True, help="evaluations of the denoiser for each sample"
    )
    last: str = param(
        "zero",
        label="Ending",
        choices=ENDINGS,
        help="the last step goes to σ = 0 by Euler, or the run stops at σ_min",
    )
    samples: int = param(256, 1, 4096, 1, label="Samples", log=True)
    seed: int = param(0, 0, 2**31 - 1, 1, label="Seed", help=SEED)


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    """An experiment that has happened."""

    experiment: Experiment
    source: Source
    trajectory: Trajectory
    seconds: float
    ms_per_evaluation: float | None

    @property
    def samples(self) -> Tensor:
        return self.trajectory.samples

    @property
    def held_bytes(self) -> int:
        """Its own: data and network are counted where they are loaded."""
        return size_of(self.trajectory)

    @property
    def nfe(self) -> int:
        return self.trajectory.nfe

    @property
    def steps(self) -> int:
        """Steps of the solver; a final denoise is none."""
        return len(self.trajectory.sigma) - 1 - (self.experiment.last == "denoise")

    @property
    def levels(self) -> Tensor:
        """The noise levels above 0, (n,)."""
        sigma = self.trajectory.sigma
        return sigma[:-1] if float(sigma[-1]) == 0 else sigma


MEMOS.append(_runs := Memo(32 * 2**20))


def is_random(e: Experiment) -> bool:
    """Whether new noise enters in a way that no reference path can follow."""
    return makes_noise(e.solver) or e.restart.repeats > 0


def incomparable(e: Experiment) -> str | None:
    """Why a run of this has no path error, or None."""
    if len(levels(e)) < 2:
        return "One step has nothing to compare above σ = 0; use at least 2 steps."
    if is_random(e):
        return "New noise leaves every reference path: judge these samples by their distribution."
    return guidance.unfollowed(e.model)


def work(e: Experiment) -> float:
    """Samples x NFE x data points x coordinates, the work that `cost.WORK_LIMIT` bounds; of a
    network, see `cost.operations`."""
    source = prepared(e.data, e.model)
    return float(e.samples) * asked_of(e) * cost.operations(source.denoiser, source.mixture)


def excess(e: Experiment) -> tuple[float, int]:
    """How many times the cap on work a run is, and how many samples would do; 0: not even one."""
    asked = work(e)
    return asked / cost.WORK_LIMIT, int(e.samples * cost.WORK_LIMIT / asked)


def too_much(e: Experiment) -> str | None:
    """Why a run is above the cap on work, or its view above that on memory, or None."""
    asked = work(e)
    if asked <= cost.WORK_LIMIT:
        return too_large(e)
    limit = number(cost.WORK_LIMIT)
    _, enough = excess(e)
    return (
        f"{e.samples} samples × {asked_of(e)} evaluations on {e.data.label} are {number(asked)} "
        f"operations; at most {limit} are allowed. Use fewer samples or evaluations "
        f"({enough} samples would do)."
        if enough
        else f"Even one sample of {asked_of(e)} evaluations is {number(asked / e.samples)} "
        f"operations; at most {limit} are allowed. Use fewer evaluations or a "
        "smaller network, or start the page with a larger --max-work."
    )


def too_large(e: Experiment) -> str | None:
    """Why its view is above the cap on memory, or None."""
    source = prepared(e.data, e.model)
    return sizes.too_large(source, e, count(e), kept_paths(source))


class BlewUp(UserError):
    """A run whose samples are not all finite.  run: what it made, for who holds it against another;
    it is kept nowhere."""

    def __init__(self, run: Run):
        super().__init__(
            f"{run.experiment.solver.label} with {run.nfe} evaluations blew up: some samples "
            "are not finite. Use more evaluations or another schedule."
        )
        self.run = run


def run(
    e: Experiment, watch: Watch | None = None, kept: bool = True, measures: bool = False
) -> Run:
    """Sample as the experiment says; the same experiment is not run twice.

    watch() is called at each step and may raise Cancelled.  kept=False: made afresh and forgotten,
    so that many runs do not push out what is on show.  Raises UserError for work above the cap;
    measures: of what measures a run that is below it, a plan bounds the work.
    """
    if why := too_large(e) if measures else too_much(e):
        raise UserError(why)
    return _runs((e, *weights(e.data, e.model)), lambda: _run(e, watch)) if kept else _run(e, watch)


def made(e: Experiment) -> bool:
    """Whether its run is remembered."""
    return (e, *weights(e.data, e.model)) in _runs


def draft(e: Experiment, seconds: float) -> Experiment | None:
    """The same with as few samples, and if need be evaluations, as this time allows.

    None where the whole takes no longer, or was run already.
    """
    source = prepared(e.data, e.model)
    if source.pace is None or made(e) or asked_of(e) * source.seconds(e.samples) <= 1.5 * seconds:
        return None
    shortest = min(asked_of(e), 4 * e.solver.evaluations)
    enough = lambda n: max(1, int(seconds / (n * source.pace)))  # samples that n evaluations allow
    count = min(e.samples, max(enough(asked_of(e)), min(cost.FEW, enough(shortest))))
    fewer = max(shortest, int(seconds / source.seconds(count)))
    small = dataclasses.replace(e, samples=count, nfe=min(e.nfe, fewer))
    return small if work(small) <= cost.WORTH * work(e) else None


def _run(e: Experiment, watch: Watch | None) -> Run:
    source = prepared(e.data, e.model)
    kept = kept_paths(source)
    need = sizes.of_run(source, e, count(e), e.samples, kept)
    with memory.room(need, f"A run of {e.samples} samples"):
        return memory.counted(sampled(e, source, kept, watch))


def sampled(e: Experiment, source: Source, kept: int, watch: Watch | None) -> Run:
    """Sample from this source, and keep the paths of so many."""
    device, sigmas = source.device, exactly(e)
    if e.last == "zero":
        sigmas = torch.cat([sigmas, sigmas.new_zeros(1)])
    clock = []

    def tick(i: int, point) -> None:
        if watch is not None:
            watch()
        if i == 0:
            device.synchronize()
            clock.append(time.perf_counter())

    started = time.perf_counter()
    how: Any = {"afs": e.afs, "restart": rounds(e), "denoise": e.last == "denoise"}
    part = lambda denoiser, noise, keep, watch: sample(
        denoiser,
        noise.start,
        sigmas,
        ready(e.solver),
        e.schedule,
        e.churn,
        noise,
        keep=keep,
        watch=watch,
        most=cap(e) if adapts(e.solver) else None,
        **how,
    )
    trajectory = split.sampled(source, e.seed, e.samples, kept, part, tick, watch)
    device.synchronize()
    ended = time.perf_counter()
    rest = trajectory.nfe - 1  # the first evaluation warms up
    each = 1e3 * (ended - clock[0]) / rest if rest else None
    made = Run(e, source, trajectory, ended - started, each)
    if not bool(torch.isfinite(trajectory.samples).all()):
        raise BlewUp(made)
    return made


def kept_paths(source: Source) -> int:
    """How many samples leave their paths: fewer where one is large."""
    return sizes.affordable(source, PATHS if math.prod(source.shape) <= LARGE else COMPARED)
