"""An Experiment is all of a view; `run` makes it happen, once.

    Experiment -> prepared (data and denoiser) -> run -> Run        and on to errors in `truth`

What is derived is kept by the part that it depends on: to turn the solver measures no data again.
"""

import dataclasses
import math
import time
from typing import Any

import torch
from torch import Tensor

from ..core import known
from ..core.sampling import Churn, Restart, Trajectory, makes_noise, sample
from ..core.schedules import EDM, SCHEDULES
from ..core.solvers import SOLVERS, Heun
from ..core.timesteps import TIMESTEPS, Custom, Rho
from ..data import DATASETS, Spiral
from ..errors import UserError
from ..memo import Memo
from ..models import MODELS, Exact
from ..numerals import number
from ..settings import param, setting, slot
from . import cost, memory, sizes, split
from .learned import ready
from .source import COMPARED, LARGE, MEMOS, SETTLED, Source, Watch, prepared, weights
from .source import current_device as current_device
from .source import use_device as use_device

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


def grid(e: Experiment) -> Any:
    """The time steps within the noise that the network knows, as EDM's sampler clips them."""
    return known.within(e.timesteps, prepared(e.data, e.model).denoiser)


def ends(e: Experiment) -> tuple[float, float]:
    """The first and the last level above 0 of any budget, to ten digits: without the rounding
    errors of a grid's formula, so that grids of one range share what hangs on it.

    iDDPM's first level lies below σ_max, and a network of discrete levels has others than asked.
    """
    of = known.nearest(prepared(e.data, e.model).denoiser, grid(e).sigmas(2))
    return float(f"{float(of[0]):.10g}"), float(f"{float(of[-1]):.10g}")


def levels(e: Experiment) -> Tensor:
    """The noise levels that the budget buys, without the final 0, as the network knows them.

    Full steps cost `evaluations`, the step to 0 and the final denoise one.  A budget between two
    step counts goes to the nearest, a tie to the cheaper.  Of a network of discrete levels two
    steps may go to the same one; then there are fewer.
    """
    return known.nearest(prepared(e.data, e.model).denoiser, grid(e).sigmas(count(e)))


def count(e: Experiment) -> int:
    """How many levels the budget buys; a typed list does not ask."""
    if isinstance(e.timesteps, Custom):
        return len(e.timesteps.levels)
    each = e.solver.evaluations
    tail = e.last != "sigma_min"
    spent = e.restart.repeats * e.restart.inner * each - e.afs
    least = e.last != "zero" or e.afs  # a run of the analytic step alone would ask for nothing
    full = max(least, -(-(2 * (e.nfe - tail - spent) - each) // (2 * each)))
    if spent > 0 and full < 2:
        raise UserError(
            f"{e.restart.repeats} restarts of {e.restart.inner} steps cost {spent} "
            f"evaluations, which leaves too few of {e.nfe}; raise NFE or restart less."
        )
    return max(0, full) + 1


def evaluations(e: Experiment) -> int:
    """What a run of this takes for each sample; no run is needed.

    Raises UserError where `levels` does.
    """
    each, sigma = e.solver.evaluations, levels(e)
    steps, again = len(sigma) - 1, rounds(e)
    if (place := again.place(sigma)) is not None:
        inner = known.nearest(prepared(e.data, e.model).denoiser, again.levels(float(sigma[place])))
        steps += again.repeats * (len(inner) - 1)
    return steps * each + (e.last != "sigma_min") - e.afs


def rounds(e: Experiment) -> Restart:
    """The restarts, no higher than the network knows.  Raises UserError where nothing is left."""
    high = known.bounds(prepared(e.data, e.model).denoiser)[1]
    return e.restart if e.restart.high <= high else dataclasses.replace(e.restart, high=high)


def is_random(e: Experiment) -> bool:
    """Whether new noise enters in a way that no reference path can follow."""
    return makes_noise(e.solver) or e.restart.repeats > 0


def incomparable(e: Experiment) -> str | None:
    """Why a run of this has no path error, or None."""
    if len(levels(e)) < 2:
        return "One step has nothing to compare above σ = 0; use at least 2 steps."
    if is_random(e):
        return "New noise leaves every reference path: judge these samples by their distribution."
    return None


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
    asked, source = work(e), prepared(e.data, e.model)
    if asked <= cost.WORK_LIMIT:
        return sizes.too_large(source, e, count(e), kept_paths(source))
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


def asked_of(e: Experiment) -> int:
    """Evaluations that a run asks for; a typed list sets its own, whatever the budget says."""
    return len(levels(e)) * e.solver.evaluations if isinstance(e.timesteps, Custom) else e.nfe


def run(e: Experiment, watch: Watch | None = None, kept: bool = True) -> Run:
    """Sample as the experiment says; the same experiment is not run twice.

    watch() is called at each step and may raise Cancelled.  kept=False: made afresh and forgotten,
    so that many runs do not push out what is on show.  Raises UserError for work above the cap.
    """
    if why := too_much(e):
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
    device, sigmas = source.device, levels(e)
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
        **how,
    )
    trajectory = split.sampled(source, e.seed, e.samples, kept, part, tick, watch)
    device.synchronize()
    ended = time.perf_counter()
    if not bool(torch.isfinite(trajectory.samples).all()):
        raise UserError(
            f"{e.solver.label} with {trajectory.nfe} evaluations blew up: some samples "
            "are not finite. Use more evaluations or another schedule."
        )
    rest = trajectory.nfe - 1  # the first evaluation warms up
    each = 1e3 * (ended - clock[0]) / rest if rest else None
    return Run(e, source, trajectory, ended - started, each)


def kept_paths(source: Source) -> int:
    """How many samples leave their paths: fewer where one is large."""
    return sizes.affordable(source, PATHS if math.prod(source.shape) <= LARGE else COMPARED)
