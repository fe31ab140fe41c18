"""How likely held-out data are under the model, and how likely they are under their own law.

The model's density is that of its probability-flow ODE (analysis.likelihood); the law of every data
set here is a mixture, whose density at σ_min is known in closed form.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import torch

from ..analysis import intervals
from ..analysis.intervals import Estimate
from ..analysis.likelihood import FEW, log_likelihood
from ..core.churn import Churn, Restart
from ..lab import cost
from ..lab.experiment import Experiment, ends
from ..lab.source import Watch, prepared
from ..settings import setting
from . import engine
from .affordable import within_work
from .plan import Cell
from .round_trip import images

SAMPLES, BLOCK = 64, 16  # of the data, and as many at once
PROBES = 8
EVALUATIONS = 500  # of D with its Jacobian, near enough, for one block


@setting
class LogLikelihood:
    """log p of images of the data with the noise of σ_min on them, in nats; exact: of their law."""

    name: ClassVar[str] = "log_likelihood"
    version: ClassVar[int] = 1

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """{"found", "exact", "spread": one number each sample; "moved", "range", "dimension",
        "probes"}."""
        source, (high, low) = prepared(e.data, e.model), ends(e)
        x = images(e)
        size = x[0].numel()
        known = log_likelihood(
            source.watched(watch),
            x,
            low,
            high,
            source.mixture.log_density,  # at σ_max nothing of the data's detail is left
            probes=0 if size <= FEW else PROBES,
            generator=torch.Generator().manual_seed(e.seed),
            watch=watch,
        )
        exact = source.mixture.log_density(x, torch.tensor(low, dtype=x.dtype))
        return {
            "found": known.log_density.tolist(),
            "exact": exact.tolist(),
            "spread": known.spread.tolist(),
            "moved": float(known.moved.max()),
            "range": [high, low],
            "dimension": size,
            "probes": 0 if size <= FEW else PROBES,
        }

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


@dataclasses.dataclass(frozen=True)
class Known:
    """What is known of some images so far: nats of each, by the model and by their own law."""

    found: tuple[float, ...]
    exact: tuple[float, ...]
    spread: tuple[float, ...]
    moved: float
    range: tuple[float, float]
    dimension: int
    probes: int

    @property
    def less(self) -> Estimate:
        """By how many nats the law finds an image likelier than the model does, in the mean."""
        return intervals.mean(torch.tensor(self.exact) - torch.tensor(self.found))

    @property
    def level(self) -> Estimate:
        """The model's mean log-density, nats."""
        return intervals.mean(torch.tensor(self.found))

    def joined(self, value: dict[str, Any]) -> "Known":
        """With one block more."""
        more: Any = {k: (*getattr(self, k), *value[k]) for k in ("found", "exact", "spread")}
        return dataclasses.replace(self, moved=max(self.moved, value["moved"]), **more)


def likelihoods(
    base: Experiment, watch: Watch | None = None, folder: Path | None = None, workers: int = 0
) -> Iterator[Known]:
    """What is known after each block of images."""
    known = None
    for _, value in engine.values(engine.run(likelihood_plan(base), folder, workers, watch)):
        if known is None:
            lists: Any = {k: tuple(value[k]) for k in ("found", "exact", "spread", "range")}
            known = Known(**lists, **{k: value[k] for k in ("moved", "dimension", "probes")})
        else:
            known = known.joined(value)
        yield known


def likelihood_plan(base: Experiment) -> list[Cell]:
    """Blocks of images, each from a seed of its own.  Raises UserError where the cap on work allows
    too few.
    """
    source = prepared(base.data, base.model)
    size = source.mixture.dimension
    passes = 1 + 2 * (size if size <= FEW else PROBES)  # a backward pass costs two forward ones
    each = EVALUATIONS * passes * cost.operations(source.denoiser, source.mixture)
    count = within_work(base, each, SAMPLES)
    plain = dataclasses.replace(
        base,
        churn=Churn(),
        restart=Restart(),
        afs=False,
        last="sigma_min",
        samples=min(BLOCK, count),
    )
    blocks = max(1, count // BLOCK)
    return [
        Cell(dataclasses.replace(plain, seed=base.seed + k), LogLikelihood()) for k in range(blocks)
    ]
