"""How much of a denoiser's Jacobian belongs to no density, at each noise level.

An exact denoiser's Jacobian is symmetric.  What a network's is not is a field without a density,
where Langevin noise has nowhere to lead: EDM, Sec. 4.
"""

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import torch

from ..analysis import intervals
from ..analysis.intervals import Estimate
from ..analysis.jacobian import EXACT, asymmetry
from ..core import known
from ..core.noise import Noise
from ..lab import cost
from ..lab.experiment import Experiment, ends
from ..lab.source import Watch, prepared
from ..settings import param, setting
from . import engine
from .affordable import within_work
from .plan import Cell

LEVELS, SAMPLES, PROBES = 17, 32, 8
SEED = 11  # of the samples


@setting
class Asymmetry:
    """‖(J − Jᵀ)/2‖²/‖J‖² of J = ∂D/∂x at clean data with noise of one level, for each sample."""

    name: ClassVar[str] = "asymmetry"
    version: ClassVar[int] = 1
    sigma: float = param(1.0, 1e-4, 1e4, label="σ", log=True)

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """{"each": a number for each sample}."""
        source = prepared(e.data, e.model)
        clean = source.clean(e.samples, SEED)
        x = clean + self.sigma * Noise(e.seed, e.samples, source.shape).start.to(clean)
        sigma, g = torch.tensor(self.sigma, dtype=x.dtype), torch.Generator().manual_seed(e.seed)
        found = asymmetry(source.watched(watch), x, sigma, g, PROBES)
        return {"each": found.tolist()}

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


@dataclasses.dataclass(frozen=True)
class Odd:
    """The antisymmetric share at one noise level: each sample's, and their median."""

    sigma: float
    each: tuple[float, ...]

    @property
    def middle(self) -> Estimate:
        """The median with its 95 % interval."""
        return intervals.median(torch.tensor(self.each, dtype=torch.float64))


def asymmetries(
    base: Experiment, watch: Watch | None = None, folder: Path | None = None, workers: int = 0
) -> Iterator[Odd]:
    """The share at each of `LEVELS` noise levels, from the largest down."""
    for cell, value in engine.values(engine.run(asymmetry_plan(base), folder, workers, watch)):
        measure = cell.measure
        assert isinstance(measure, Asymmetry)
        yield Odd(measure.sigma, tuple(value["each"]))


def asymmetry_plan(base: Experiment) -> list[Cell]:
    """A cell for each level, evenly in ln σ over the range of the view's steps; of a network of
    discrete levels the nearest that it knows.  Raises UserError where the cap on work allows too
    few samples.
    """
    source, (high, low) = prepared(base.data, base.model), ends(base)
    size = source.mixture.dimension
    passes = 1 + 2 * (size if size <= EXACT else 3 * PROBES)
    each = LEVELS * passes * cost.operations(source.denoiser, source.mixture)
    count = within_work(base, each, SAMPLES)
    even = torch.logspace(math.log10(high), math.log10(low), LEVELS, dtype=torch.float64)
    plain = dataclasses.replace(base, samples=count)
    return [
        Cell(plain, Asymmetry(float(f"{s:.6g}")))
        for s in known.nearest(source.denoiser, even).tolist()
    ]
