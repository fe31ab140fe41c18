"""What churn does: where it acts, what it adds, and whether the samples end nearer to the data."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import torch

from ..analysis.churn import Added, added
from ..analysis.distance import Estimate, floor, sliced_wasserstein
from ..core import known
from ..core.sampling import Churn
from ..errors import UserError
from ..lab.experiment import Experiment, levels, run, work
from ..lab.source import Watch, prepared
from ..numerals import number
from ..settings import param, setting
from . import engine
from .affordable import within_work
from .plan import Cell

SEEDS, SAMPLES = 8, 256
AMOUNTS = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0)  # EDM's own are 30, 40 and 80 (Table 5)


@setting
class Sliced:
    """Sliced Wasserstein distance of a run's samples to as many fresh data."""

    name: ClassVar[str] = "sliced"
    version: ClassVar[int] = 2
    draw: int = param(100, 0, 2**31 - 1, 1, label="Seed of the data")

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """{"distance", "nfe"}."""
        made = run(e, watch, kept=False)
        data = made.source.clean(e.samples, seed=self.draw)
        g = torch.Generator().manual_seed(13)  # the same directions for all
        found = sliced_wasserstein(made.samples, data, g, resamples=0)
        return {"distance": found.value, "nfe": made.nfe}

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


def churn_effect(
    base: Experiment, watch: Watch | None = None, folder: Path | None = None, workers: int = 0
) -> Iterator[tuple[float, list[float]]]:
    """(S_churn, distance to the data for each seed) for several S_churn, none among them, each over
    the same seeds; an amount comes when all its seeds are there.
    """
    own: list[float] = []
    for cell, value in engine.values(engine.run(churn_plan(base), folder, workers, watch)):
        own.append(value["distance"])
        if len(own) == SEEDS:
            yield cell.experiment.churn.s_churn, own
            own = []


def churn_plan(base: Experiment) -> list[Cell]:
    """Each amount of churn on each seed.

    Raises UserError where no step would get noise, or the cap on work allows too few samples.
    """
    steps = churn_steps(base)
    if not any(s.gamma > 0 for s in steps):
        raise UserError(
            f"No step lies between S_tmin = {number(base.churn.s_tmin)} and S_tmax = "
            f"{number(base.churn.s_tmax)}, so churn does nothing; widen the band."
        )
    own, count = base.churn.s_churn, len(levels(base)) - (base.last != "zero")
    # beyond the cap nothing changes
    amounts = [0.0, own] + [a for a in AMOUNTS if a != own and a < 1.5 * Churn.CAP * count]
    each = len(amounts) * SEEDS * work(base) / base.samples
    samples = within_work(base, each, min(base.samples, SAMPLES))
    return [
        Cell(
            dataclasses.replace(
                base,
                churn=dataclasses.replace(base.churn, s_churn=amount),
                samples=samples,
                seed=(base.seed + k) % 2**31,
            ),
            Sliced(100 + k),
        )
        for amount in amounts
        for k in range(SEEDS)
    ]


def churn_steps(base: Experiment) -> list[Added]:
    """What churn adds at each step.  Raises UserError for a view without churn."""
    if base.churn.s_churn == 0:
        raise UserError(
            "S_churn is 0, so no step gets new noise and there is nothing to see. "
            "Raise S_churn under Stochasticity; EDM uses 30 to 80."
        )
    sigmas = levels(base).tolist()
    denoiser = prepared(base.data, base.model).denoiser
    nearest = lambda s: float(known.nearest(denoiser, torch.tensor([s], dtype=torch.float64)))
    return added(base.churn, sigmas, len(sigmas) - (base.last != "zero"), nearest)


def data_floor(base: Experiment, samples: int) -> Estimate:
    """The distance between two draws of the data: nothing can be seen below."""
    law = prepared(base.data, base.model).mixture
    return floor(sliced_wasserstein, law.sample, samples, torch.Generator().manual_seed(12))
