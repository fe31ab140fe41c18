"""Steps that share what is decided: entropic ones and AYS's, beside the view's own, and what each
costs.  The curve, the bound and both lists come from one set of noising paths, which are one cell;
the end errors are of held-out noise, path by path, a cell for each list.  `analysis.information`
has the formulas.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis import information as info
from ..analysis.intervals import Estimate, allowed, median, ratio
from ..core import known
from ..core.timesteps import HIGHEST, Custom
from ..errors import UserError
from ..lab.experiment import Experiment, Watch, levels, prepared
from ..lab.source import MEMOS, Source, weights
from ..memo import Memo
from ..settings import param, setting
from ..training import gits
from ..training.stops import Typical
from . import engine
from .optimise import movable
from .plan import Cell

OWN, ENTROPIC, RESCALED, AYS = "now", "entropic", "entropic × σ", "AYS"
LEVELS, OF_A_NETWORK = 129, 49  # noise levels, of exact denoisers and of networks
SAMPLES, LEAST = 256, 24
NUMBERS = 2**22  # of the answers that are held against each other
PATHS = gits.HELD_OUT


@dataclasses.dataclass(frozen=True)
class Grid:
    """A list: its levels; the part of AYS's bound that each of its steps makes (n − 1,); error: the
    median end error; times: how many times that of the own list, path by path; chance: how often
    the paths would part so unevenly if neither list were better, a sign test."""

    name: str
    levels: tuple[float, ...]
    bound: tuple[float, ...]
    error: Estimate | None = None
    times: Estimate | None = None
    chance: float = 1.0


def apart(grids: Sequence[Grid]) -> list[Grid]:
    """Those that differ from the own list, at 95 % for all that are compared together (Holm)."""
    judged = [g for g in grids if g.times is not None]
    limit = allowed([g.chance for g in judged], len(judged))
    return [g for g in judged if g.chance <= limit]


@dataclasses.dataclass(frozen=True)
class Information:
    """So far.  sigma, nats (S,): dH/d ln σ, low and high its 95 % interval; samples: behind it.
    why: no end errors can be measured."""

    sigma: tuple[float, ...]
    nats: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    samples: int
    grids: tuple[Grid, ...]
    why: str = ""


def stages(e: Experiment) -> int:
    """How many messages there are."""
    return 2 if unjudged(e) else 6


def unjudged(e: Experiment) -> str:
    """Why no end error can be measured of the view; empty where it can."""
    try:
        movable(e)
    except UserError as error:
        return str(error)
    return ""


def information(
    e: Experiment, watch: Watch | None = None, folder: Path | None = None, workers: int = 0
) -> Iterator[Information]:
    """The curve and the four lists, then the end error of each; for folder, workers and watch see
    `engine.run`.

    Raises UserError where the view has fewer than three levels.
    """
    if len(levels(e)) < 3:
        raise UserError("With one step there is nothing to share; use more evaluations.")
    ((_, value),) = engine.values(engine.run([Cell(e, Decided())], folder, workers, watch))
    so_far = _so_far(value, unjudged(e))
    yield dataclasses.replace(so_far, grids=())
    yield so_far
    if so_far.why:
        return
    done = engine.run(judged_plan(e, so_far), folder, workers, watch)
    grids, first = list(so_far.grids), None
    for i, (_, found) in enumerate(engine.values(done)):
        each = torch.tensor(found["errors"], dtype=torch.float64)
        first = each if first is None else first
        grids[i] = dataclasses.replace(
            grids[i],
            error=median(each),
            times=ratio(each, first) if i else None,
            chance=_chance(each, first) if i else 1.0,
        )
        yield dataclasses.replace(so_far, grids=tuple(grids))


def judged_plan(e: Experiment, found: Information) -> list[Cell]:
    """The view on each list, the own one as it is."""
    on = lambda g: e if g.name == OWN else dataclasses.replace(e, timesteps=Custom(g.levels))
    return [Cell(on(g), OnOtherNoise(*levels(e)[[0, -1]].tolist())) for g in found.grids]


@setting
class Decided:
    """The curve of a view and the four lists, from one set of noising paths."""

    name: ClassVar[str] = "decided"
    version: ClassVar[int] = 1

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """The fields of `Information` but for `why`, as plain values; no list has an error yet."""
        found = _decided(e, watch)
        lists = [{"name": g.name, "levels": g.levels, "bound": g.bound} for g in found.grids]
        curve = {k: list(getattr(found, k)) for k in ("sigma", "nats", "low", "high")}
        return {**curve, "samples": found.samples, "grids": lists}

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


def _so_far(value: dict[str, Any], why: str) -> Information:
    grids = (Grid(g["name"], tuple(g["levels"]), tuple(g["bound"])) for g in value["grids"])
    curve = {k: tuple(value[k]) for k in ("sigma", "nats", "low", "high")}
    return Information(**curve, samples=value["samples"], grids=tuple(grids), why=why)


def _decided(e: Experiment, watch: Watch | None) -> Information:
    own, source = levels(e), prepared(e.data, e.model)
    sigma = _levels(source, own)
    clean = source.clean(_count(source, len(sigma)), seed=11)
    found = info.answers(
        source.watched(watch), clean, sigma, torch.Generator().manual_seed(12), watch
    )
    cost = info.bound(sigma, found)
    mmse = (found - clean.flatten(1).cpu().double()).square().mean((1, 2))
    lists = {
        OWN: own,
        ENTROPIC: info.entropic(sigma, mmse, len(own)),
        RESCALED: info.entropic(sigma, mmse, len(own), power=1.0),
        AYS: sigma[info.least(cost, len(own))],
    }
    lists = {k: known.nearest(source.denoiser, v) if k != OWN else v for k, v in lists.items()}
    grids = [_grid(k, v, sigma, cost) for k, v in lists.items()]
    return dataclasses.replace(_curve(sigma, found, clean), grids=tuple(grids))


@setting
class OnOtherNoise:
    """The end error of a view's solver and levels on seeds that no search saw, from high to low."""

    name: ClassVar[str] = "on_other_noise"
    version: ClassVar[int] = 1
    high: float = param(80.0, 0.0, HIGHEST, label="From σ")
    low: float = param(0.002, 0.0, HIGHEST, label="to σ")

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """errors: of every path, RMS per coordinate."""
        source, seed = prepared(e.data, e.model), gits.OTHER_SEEDS + e.seed
        make = lambda truth=None: Typical(
            *(source.denoiser, e.solver, self.high, self.low, seed, PATHS),
            schedule=e.schedule,
            afs=e.afs,
            device=source.device.device,
            dtype=source.device.dtype,
            watch=watch,
            truth=truth,
        )
        key = (e.data, e.model, *weights(e.data, e.model), seed, self.high, self.low)
        held = make(_truths(key, lambda: make().truth))
        return {"errors": held.each(levels(e).tolist()).tolist()}

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


_truths = Memo(16 * 2**20)  # where the paths of the last views end, for all of their lists
MEMOS.append(_truths)


def _chance(mine: Tensor, other: Tensor) -> float:
    """Of a sign test, two-sided, ties left out."""
    from scipy.special import bdtr

    fewer = min(int((mine < other).sum()), int((mine > other).sum()))
    n = int((mine != other).sum())
    return min(1.0, 2 * float(bdtr(fewer, n, 0.5))) if n else 1.0


def _levels(source: Source, own: Tensor) -> Tensor:
    """Between the ends of the view's own levels, and these themselves; descending."""
    count = LEVELS if source.pace is None else OF_A_NETWORK
    ends = math.log10(float(own[0])), math.log10(float(own[-1]))
    even = torch.logspace(*ends, count, dtype=torch.float64)
    even[0], even[-1] = own[0], own[-1]
    both = torch.cat([even, own.double()]).unique().flip(0)
    near = both[:-1] / both[1:] < 1 + 1e-9  # the same but for rounding
    return both[torch.cat([~near, near.new_ones(1)])]


def _count(source: Source, count: int) -> int:
    """Samples that keep the answers within NUMBERS."""
    most = SAMPLES if source.pace is None else SAMPLES // 4
    return max(LEAST, min(most, NUMBERS // (count * math.prod(source.shape))))


def _curve(sigma: Tensor, found: Tensor, clean: Tensor) -> Information:
    each = (found - clean.flatten(1).cpu().double()).square().sum(2) / sigma.square()[:, None]
    mean, half = each.mean(1), 1.96 * each.std(1) / each.shape[1] ** 0.5
    curve, middle, low, high = (
        tuple(row.tolist()) for row in (sigma, mean, (mean - half).clamp(min=0), mean + half)
    )
    return Information(curve, middle, low, high, each.shape[1], ())


def _grid(name: str, own: Tensor, sigma: Tensor, cost: Tensor) -> Grid:
    """The bound of its steps, between the nearest of the levels that were measured."""
    places = (sigma.log()[:, None] - own.double().log()).abs().argmin(0)
    return Grid(name, tuple(own.tolist()), tuple(info.of_steps(cost, places).tolist()))
