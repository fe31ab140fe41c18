"""How far the samples of several solvers are from the data: by distribution, mode and neighbour."""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis import distance, intervals
from ..analysis.distance import Coverage, Estimate
from ..analysis.nearest import memorised, nearest_training
from ..analysis.quality import Quality
from ..core.denoisers import Mixture
from ..core.sampling import Churn
from ..core.solvers import SOLVERS
from ..lab.experiment import Experiment, run, work
from ..lab.source import MEMOS, Source, Watch, prepared, weights
from ..memo import Memo
from ..models import classifier
from ..settings import param, setting
from . import engine
from .affordable import within_work
from .judge import Judge
from .names import sampler_name
from .plan import Cell

SEEDS, SAMPLES = 4, 512
OTHERS = ("heun", "dpmpp", "euler_a", "dpmpp_sde")
MODES = 64  # a mixture of more is a data set, and its modes are training points


@dataclasses.dataclass(frozen=True)
class Distance:
    """Samples, over several seeds, against fresh draws of the data.

    modes: where the data are a mixture.  copies and nearest, the median distance to the nearest
    training point: where the denoiser knows a finite training set.  judged: images for which a
    classifier ships.
    """

    name: str
    family: str
    nfe: int
    wasserstein: Estimate
    energy: Estimate
    modes: Coverage | None = None
    copies: Estimate | None = None
    nearest: Estimate | None = None
    judged: Quality | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Standard:
    """What samples are held against: as many draws of the data, (n, *shape), its modes or training
    points (n, *shape) where there are any, and a judge of images.
    """

    data: Tensor
    modes: Mixture | None
    points: Tensor | None
    judge: Judge | None
    fresh: Distance  # other draws of the data, measured like samples
    floor: Estimate  # between two draws: nothing can be seen below


@setting
class ToData:
    """The distances of a run to the data, over `seeds` seeds from the experiment's on."""

    name: ClassVar[str] = "to_data"
    version: ClassVar[int] = 3
    seeds: int = param(SEEDS, 1, 64, 1, label="Seeds")

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """The fields of a `Distance` beside its names, as plain values."""
        held = standard(e, self.seeds)
        runs = [run(other, watch, kept=False) for other in _seeded(e, self.seeds)]
        found = _measured(
            torch.cat([r.samples for r in runs]), held.data, held.modes, held.points, held.judge
        )
        return {"nfe": runs[0].nfe, **{k: as_plain(v) for k, v in found.items()}}

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """The classifier that judges."""
        known = classifier.find(e.data) is not None
        return (json.dumps(classifier.about(e.data), sort_keys=True),) if known else ()


def distances_to_data(
    base: Experiment,
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
    others: Sequence[str] = OTHERS,
) -> Iterator[Distance]:
    """The solver in use, without its churn if it has any, and some others, over the same seeds."""
    done = engine.run(distance_plan(base, others), folder, workers, watch)
    return (distance_of(cell.experiment, value) for cell, value in engine.values(done))


def distance_plan(base: Experiment, others: Sequence[str] = OTHERS) -> list[Cell]:
    """Raises UserError at once where the cap on work allows too few samples."""
    quiet = [dataclasses.replace(base, churn=Churn())] if base.churn.s_churn > 0 else []
    trials = [base, *quiet] + [
        dataclasses.replace(base, solver=SOLVERS[n](), churn=Churn())
        for n in others
        if n != base.solver.name
    ]
    each = len(trials) * SEEDS * work(base) / base.samples
    count = within_work(base, each, min(base.samples, SAMPLES))
    return [Cell(dataclasses.replace(e, samples=count), ToData()) for e in trials]


def distance_of(e: Experiment, value: dict[str, Any]) -> Distance:
    """The row of an experiment from what was kept of it."""
    kinds = {"modes": Coverage, "judged": Quality}
    parts = {k: _read(v, kinds.get(k, Estimate)) for k, v in value.items() if k != "nfe"}
    return Distance(sampler_name(e), e.solver.family, value["nfe"], **parts)


_standards = Memo(32 * 2**20)
MEMOS.append(_standards)


def standard(e: Experiment, seeds: int = SEEDS) -> Standard:
    """What the samples of an experiment, over so many seeds, are held against; made once."""
    asked = getattr(e.model, "condition", -1)
    key = (e.data, e.model, *weights(e.data, e.model), e.samples * seeds)
    return _standards(key, lambda: _standard(e, e.samples * seeds, asked))


def _standard(e: Experiment, count: int, asked: int) -> Standard:
    source = prepared(e.data, e.model)
    data, modes, points = source.clean(count, seed=11), _modes(source), _training(source)
    judge = Judge.of(e.data, count, asked)
    found = _measured(source.clean(count, seed=14), data, modes, points, judge)
    zero = distance.floor(
        distance.sliced_wasserstein,
        source.mixture.sample,
        count,
        torch.Generator().manual_seed(12),
        repeats=6,
    )
    return Standard(data, modes, points, judge, Distance("", "", 0, **found), zero)


def _seeded(e: Experiment, seeds: int) -> list[Experiment]:
    return [dataclasses.replace(e, seed=(e.seed + k) % 2**31) for k in range(seeds)]


def _modes(source: Source) -> Mixture | None:
    """The mixture that the data are, or None."""
    law = source.mixture
    return law if 1 < len(law) <= MODES and float(law.stds.min()) > 0 else None


def _training(source: Source) -> Tensor | None:
    """The training points that the denoiser knows, each once, or None.

    A point that the set holds twice would have its twin as the second nearest, and hide its copies.
    """
    trained = source.denoiser
    if not hasattr(trained, "means") or float(trained.stds.max()) > 0:
        return None
    points = trained.means.unique(dim=0)
    return points.reshape(-1, *source.shape) if len(points) > 2 else None


def _measured(x: Tensor, data: Tensor, modes, points, judge) -> dict[str, Any]:
    """What a `Distance` says of samples x (n, *shape)."""
    g = torch.Generator().manual_seed(13)
    near: dict[str, Any] = {}
    if modes:
        near["modes"] = distance.mode_coverage(x, modes.means, modes.stds)
    if points is not None:
        near["copies"] = memorised(x, points)
        near["nearest"] = intervals.median(nearest_training(x, points)[0])
    near["judged"] = None if judge is None else judge(x)
    return {
        "wasserstein": distance.sliced_wasserstein(x, data, g),
        "energy": distance.energy_distance(x, data, g),
        **near,
    }


def as_plain(value: Any) -> Any:
    """A dataclass of numbers, estimates and tensors as JSON keeps it."""
    if isinstance(value, Tensor):
        return value.tolist()
    if not dataclasses.is_dataclass(value):
        return value
    return {f.name: as_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}


def _read(value: Any, kind: type) -> Any:
    """A dataclass of estimates from its plain form."""
    if isinstance(value, dict):
        return kind(**{k: _read(v, Estimate) for k, v in value.items()})
    return torch.tensor(value, dtype=torch.float64) if isinstance(value, list) else value
