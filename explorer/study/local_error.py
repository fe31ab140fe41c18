"""The local truncation error of a solver for several ρ.  EDM, App. D.1 and Fig. 13."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis.truncation import STRIDE, local_truncation
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

RHOS = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0)
SAMPLES = 64


@setting
class LocalError:
    """What one step misses from a true state, at every level of the experiment's grid."""

    name: ClassVar[str] = "local_error"
    version: ClassVar[int] = 2
    levels: int = param(64, 2, 512, 1, label="Levels")

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """{"sigma", "mean", "std"}: a number for each step."""
        source, g = prepared(e.data, e.model), torch.Generator().manual_seed(8)
        clean = source.clean(e.samples, seed=7)
        sigmas = known.nearest(source.denoiser, grid(e).sigmas(self.levels))
        found = local_truncation(
            source.denoiser, e.solver, clean, sigmas, e.schedule, g, watch=watch
        )
        return dict(zip(("sigma", "mean", "std"), (v.tolist() for v in found), strict=True))

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


@dataclasses.dataclass(frozen=True, eq=False)
class Curve:
    """The local error on one grid: mean and spread over samples, for each step."""

    rho: float
    sigma: Tensor
    mean: Tensor
    std: Tensor


def local_errors(
    base: Experiment,
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
    rhos: Sequence[float] = RHOS,
) -> Iterator[Curve]:
    """A curve for each ρ over the range of the base's own grid."""
    for cell, value in engine.values(engine.run(local_plan(base, rhos), folder, workers, watch)):
        numbers = (torch.tensor(value[k], dtype=torch.float64) for k in ("sigma", "mean", "std"))
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
    source, measure = prepared(base.data, base.model), LocalError()
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
