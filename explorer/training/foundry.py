"""The foundry: one gradient loop over the numbers of a solver that a person ticks.

    minimise  E log ‖x̂_{K−1}(θ) − Φ(x̂_0)‖     or without the logarithm, over minibatches of noise
    θ ⊂ {levels, coefficients a_nj, r_n, how far c_n, γ_n},  the same for all samples

Φ is the reference path.  The levels keep their order and their ends: the gaps in ln σ are a softmax
of what is learned (LD3, arXiv:2405.15506).  Every other number begins as the solver's own and is
learned as what is added to it.

γ: the denoiser is told (1 + γ) σ at the point inside a step, and no noise is added.  Where γ stands
for new noise (AdaSDE) the end can only move away from the reference path, and its best is 0.
"""

import copy
import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ..analysis.error import rms
from ..core.denoisers import Rounded
from ..core.loop import steps
from ..core.ode import Ode
from ..core.schedules import EDM
from ..errors import UserError
from ..settings import param, setting
from . import gits
from .forge_numbers import LEARN, Forging, Numbers
from .shared import update
from .stops import Typical

RATES = {"times": 2.0, "coefficients": 1.0, "r": 1.0, "c": 0.3, "gamma": 0.5}  # times the setting
VALIDATION = gits.OTHER_SEEDS // 4  # where its paths begin
CHECKED = 128  # of them
EVERY, PATIENCE = 20, 8  # updates between two looks; looks without a gain until it stops


@setting
class Foundry:
    """What is learned, and how."""

    name: ClassVar[str] = "foundry"
    learn: str = param(
        "times,coefficients",
        label="Learn",
        longest=60,
        help="with commas: times, coefficients, r, c, gamma",
    )
    weigh: str = param(
        "ratio",
        label="Make small",
        choices=(("ratio", "the geometric mean"), ("distance", "the mean")),
        help="of the end errors; in the geometric mean every path counts alike",
    )
    paths: int = param(512, 32, 20_000, 1, label="Paths", log=True, help="that are learned from")
    batch: int = param(64, 4, 1024, 1, label="Batch", log=True, help="paths at a time")
    updates: int = param(600, 10, 20_000, 1, label="Updates", log=True, help="at most")
    rate: float = param(0.02, 1e-4, 0.2, label="Learning rate", log=True, help="of Adam")
    seed: int = param(0, 0, 2**28 - 1, 1, label="Seed", help="of the paths")

    def check(self) -> None:
        """Something that can be learned is ticked."""
        parts = self.parts
        for part in parts:
            if part not in LEARN:
                raise UserError(f"{part[:20]!r} cannot be learned; {', '.join(LEARN)} can.")
        if not parts:
            raise UserError(f"Nothing is ticked to learn; tick some of {', '.join(LEARN)}.")

    @property
    def parts(self) -> tuple[str, ...]:
        """What is ticked."""
        return tuple(dict.fromkeys(p.strip() for p in self.learn.split(",") if p.strip()))


@dataclasses.dataclass(frozen=True)
class Progress:
    """After so many updates.  loss: of the batch, as geometric mean or mean of the end errors;
    error: the same on paths for validation, where it was measured; first and best: at the start,
    and the least so far.  levels, solver: of the best.
    """

    update: int
    updates: int
    loss: float
    error: float | None
    first: float
    best: float
    levels: tuple[float, ...]
    solver: Any
    seconds: float


def check_levels(denoiser, how: Foundry) -> None:
    """Raises UserError where levels are to move that this network does not know."""
    moving = {"times", "r", "gamma"} & set(how.parts)
    if isinstance(denoiser, Rounded) and moving:
        raise UserError(
            "This network knows a list of noise levels and none between, so times, r and γ "
            "have no gradients; untick them, and learn coefficients or c."
        )


class Again:
    """A network whose insides are computed again on the way back, so that a run of many steps needs
    the room of one.
    """

    def __init__(self, denoiser):
        self.denoiser, self.shape = denoiser, denoiser.shape

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        return checkpoint(self.denoiser, x, sigma, use_reentrant=False)


class Paths(Typical):
    """The paths that are learned from, with their true ends."""

    def __init__(self, denoiser, solver, high: float, low: float, *more, **options):
        super().__init__(denoiser, solver, high, low, *more, **options)
        self.ends = high, low

    def errors(self, numbers: Numbers, rows: Tensor, through) -> Tensor:
        """(B,): end errors of these paths, with gradients."""
        levels, x = numbers.levels(), self.noise[rows]
        ode = Ode(through, self.options.get("schedule", EDM()))
        # a level for each sample: one that all share is a plain number to many denoisers
        wide = (len(levels), len(x), *[1] * (x.ndim - 1))
        times = ode.schedule.time(levels.to(x).reshape(-1, *[1] * x.ndim).expand(wide))
        x = ode.scaled(x * levels[0], times[0])
        span = float(self.ends[0]), float(self.ends[1])
        form = numbers.form(levels)
        for point in steps(ode, Forging(form), x, times, afs=self.afs, span=span):
            end = point.denoised
        return rms(end - self.truth[rows])


class Forge:
    """One training of the numbers; `run` goes on where it stopped."""

    def __init__(
        self,
        denoiser,
        solver,
        levels: Sequence[float],
        how: Foundry = Foundry(),
        schedule=EDM(),
        afs: bool = False,
        again: bool = False,
        watch: Callable[[], None] | None = None,
        **where,
    ):
        check_levels(denoiser, how)
        self.how, self.watch = how, watch
        self.numbers = Numbers(solver, levels, how.parts, schedule)
        make = lambda seed, paths: Paths(
            denoiser,
            solver,
            levels[0],
            levels[-1],
            seed,
            paths,
            schedule=schedule,
            afs=afs,
            watch=watch,
            **where,
        )
        self.pool = make(how.seed, how.paths)
        self.checked = make(VALIDATION + how.seed, CHECKED)
        self.through = Again(denoiser) if again else denoiser
        groups = [{"params": [p], "times": RATES[part]} for part, p in self.numbers.learned.items()]
        self.adam = torch.optim.Adam(groups, how.rate)
        self.done, self.stale, self.seconds = 0, 0, 0.0
        self.first = self.best = self.look()
        self.kept = copy.deepcopy(self.numbers.state_dict())
        self.history: list[Progress] = []
        self._order = torch.Generator().manual_seed(how.seed)

    @torch.no_grad()
    def look(self) -> float:
        """The error on the paths for validation, as `Forged` will run."""
        try:
            solver, levels = self.numbers.setting()
        except UserError:  # numbers that no solver may have
            return math.inf
        each = self.checked.each(levels, solver)
        found = each.log().mean().exp() if self.how.weigh == "ratio" else each.mean()
        return float(found) if math.isfinite(float(found)) else math.inf

    @property
    def over(self) -> bool:
        """Whether it has come to its end, or does not get better."""
        return self.done >= self.how.updates or self.stale >= PATIENCE

    def run(self) -> Iterator[Progress]:
        """To the end, a message at each look; what is best on the paths for validation is kept."""
        while not self.over:
            started = time.perf_counter()
            loss = self._update()
            self.done += 1
            error = None
            if self.done % EVERY == 0 or self.done == self.how.updates:
                error = self.look()
                self.stale = 0 if error < self.best * (1 - 1e-4) else self.stale + 1
                if error < self.best:
                    self.best, self.kept = error, copy.deepcopy(self.numbers.state_dict())
            self.seconds += time.perf_counter() - started
            if self.watch is not None:
                self.watch()
            if error is not None or self.done == 1:
                yield self._told(loss, error)

    def result(self) -> tuple[Any, tuple[float, ...]]:
        """The best solver and levels so far, whenever it is asked."""
        now = copy.deepcopy(self.numbers.state_dict())
        self.numbers.load_state_dict(self.kept)
        found = self.numbers.setting()
        self.numbers.load_state_dict(now)
        return found

    def _told(self, loss: float, error: float | None) -> Progress:
        solver, levels = self.result()
        how = self.how.updates, loss, error, self.first, self.best
        self.history.append(Progress(self.done, *how, levels, solver, self.seconds))
        return self.history[-1]

    def _update(self) -> float:
        fall = (1 + math.cos(math.pi * self.done / self.how.updates)) / 2
        warm = min(1.0, (self.done + 1) / 20)
        for group in self.adam.param_groups:
            group["lr"] = self.how.rate * group["times"] * fall * warm
        rows = torch.randperm(self.how.paths, generator=self._order)[: self.how.batch]
        each = self.pool.errors(self.numbers, rows, self.through)
        loss = each.log().mean() if self.how.weigh == "ratio" else each.mean()
        update(self.adam, loss)
        self.numbers.project()
        value = loss.item()
        return math.exp(value) if self.how.weigh == "ratio" else value
