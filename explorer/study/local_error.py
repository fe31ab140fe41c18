"""The local truncation error of a solver for several ρ.  EDM, App. D.1 and Fig. 13."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis.intervals import Estimate, allowed
from ..analysis.order import student
from ..analysis.truncation import STRIDE, truncations
from ..core import known
from ..core.timesteps import Rho
from ..errors import UserError
from ..lab import cost
from ..lab.experiment import Experiment, grid
from ..lab.source import Watch, prepared
from ..settings import param, setting
from . import engine
from .affordable import within_work
from .plan import Cell

RHOS = (7.0, 3.0, 5.0, 10.0, 2.0, 20.0, 1.0)  # what is soon there first
SAMPLES = 64
PARTS = 8  # of the samples, whose scatter is that of the evenness
ENDS = (0.05, 0.95)  # of the levels in the order of their errors: neither end decides alone
PAPER = {"heun": 3.0, "euler": 2.0, "ddim": 2.0}  # the ρ that evens it, EDM App. D.1


@setting
class LocalError:
    """What one step misses from a true state, at every level of the experiment's grid."""

    name: ClassVar[str] = "local_error"
    version: ClassVar[int] = 2
    levels: int = param(64, 2, 512, 1, label="Levels")

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """{"sigma", "mean", "std"}: a number for each step."""
        to, each = self.of(e, watch)
        mean, std = each.mean(1), each.std(1, correction=0)
        return {"sigma": to.tolist(), "mean": mean.tolist(), "std": std.tolist()}

    def of(self, e: Experiment, watch: Watch | None = None) -> tuple[Tensor, Tensor]:
        """(σ (steps,), errors (steps, n)): of every sample."""
        source, g = prepared(e.data, e.model), torch.Generator().manual_seed(8)
        clean = source.clean(e.samples, seed=7)
        sigmas = known.nearest(source.denoiser, grid(e).sigmas(self.levels))
        return truncations(source.denoiser, e.solver, clean, sigmas, e.schedule, g, watch=watch)

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


@setting
class LocalParts(LocalError):
    """The same, and its mean over parts of the samples, whose scatter is an interval."""

    name: ClassVar[str] = "local_parts"
    version: ClassVar[int] = 1

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """{"sigma", "mean", "std", "parts"}; parts: of every eighth sample, from the first on, from
        the second on …
        """
        to, each = self.of(e, watch)
        count = min(PARTS, each.shape[1])
        return {
            "sigma": to.tolist(),
            "mean": each.mean(1).tolist(),
            "std": each.std(1, correction=0).tolist(),
            "parts": [each[:, k::count].mean(1).tolist() for k in range(count)],
        }


@dataclasses.dataclass(frozen=True, eq=False)
class Curve:
    """The local error on one grid: mean and spread over samples, for each step."""

    rho: float
    sigma: Tensor
    mean: Tensor
    std: Tensor
    parts: Tensor  # (PARTS, steps): the mean over every eighth sample

    def uneven(self) -> Tensor:
        """ln of the largest over the smallest error, but for 5 % of the levels at either end of the
        order: of all samples and without each part, (1 + PARTS,).
        """
        n = len(self.parts)
        less = (self.parts.sum(0) - self.parts) / max(1, n - 1)
        low, high = torch.cat([self.mean[None], less]).quantile(self.mean.new_tensor(ENDS), dim=1)
        return (high / low).log()


@dataclasses.dataclass(frozen=True)
class Even:
    """How many times the smallest local error of a grid the largest is, with its interval; level:
    whether it cannot be told from the grid whose errors are the most even.
    """

    rho: float
    uneven: Estimate
    level: bool


def evenness(curves: Sequence[Curve]) -> list[Even]:
    """Of each grid, the most even first.  Intervals and comparisons are of the delete-one jackknife
    over parts of the samples, paired as all grids share them, the comparisons at 95 % together.
    """
    logs = {c.rho: c.uneven() for c in curves}
    order = sorted(logs, key=lambda rho: float(logs[rho][0]))
    first = logs[order[0]]
    chances = {rho: _chance(logs[rho] - first) for rho in order[1:]}
    limit = allowed(list(chances.values()), len(chances))
    return [
        Even(rho, _estimate(logs[rho]), rho == order[0] or chances[rho] > limit) for rho in order
    ]


def _estimate(own: Tensor) -> Estimate:
    value, half = float(own[0]), student(max(1, len(own) - 2)) * _deviation(own)
    return Estimate(math.exp(value), math.exp(value - half), math.exp(value + half), len(own) - 1)


def _deviation(own: Tensor) -> float:
    """The standard deviation of own[0] from its jackknife values own[1:]."""
    n = len(own) - 1
    return math.sqrt((n - 1) ** 2 / n * float(own[1:].var(correction=1)))


def _chance(own: Tensor) -> float:
    """How often so large a difference would come by chance: Student's t, two-sided."""
    from scipy.special import stdtr

    spread = _deviation(own)
    if spread == 0:
        return float(own[0] == 0)
    return float(2 * stdtr(len(own) - 2, -abs(float(own[0])) / spread))


def local_errors(
    base: Experiment,
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
    rhos: Sequence[float] = RHOS,
) -> Iterator[Curve]:
    """A curve for each ρ over the range of the base's own grid."""
    for cell, value in engine.values(engine.run(local_plan(base, rhos), folder, workers, watch)):
        numbers = (
            torch.tensor(value[k], dtype=torch.float64) for k in ("sigma", "mean", "std", "parts")
        )
        yield Curve(cell.experiment.timesteps.rho, *numbers)


def local_plan(base: Experiment, rhos: Sequence[float] = RHOS) -> list[Cell]:
    """Raises UserError for a solver whose step has no true answer, and where the cap on work allows
    too few samples.
    """
    if base.solver.family not in ("one-step", "multistep"):
        why = (
            "adds new noise in every step, so one step has no true answer"
            if base.solver.family == "stochastic"
            else "is made for one list of levels"
        )
        raise UserError(f"{base.solver.label} {why}; choose another solver, such as Heun.")
    source, measure = prepared(base.data, base.model), LocalParts()
    within = grid(base)
    top, bottom = float(within.sigma_max), float(within.sigma_min)
    grids = [Rho(rho, top, bottom) for rho in rhos]
    levels = [g.sigmas(measure.levels) for g in grids]
    ways = base.solver.memory  # the truth, for the arrivals and for the past
    each = sum(
        len(s) * ways * 4 * math.ceil(float((s[:-1] / s[1:]).log().max()) / STRIDE) for s in levels
    ) * cost.operations(source.denoiser, source.mixture)
    count = within_work(base, each, SAMPLES)
    plain = dataclasses.replace(base, samples=count)
    return [Cell(dataclasses.replace(plain, timesteps=g), measure) for g in grids]
