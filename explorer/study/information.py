"""Steps that share what is decided: entropic ones and AYS's, beside the view's own, and what each
costs.  The curve, the bound and both lists come from one set of noising paths; the end errors are
of held-out noise, path by path.  `analysis.information` has the formulas.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from ..analysis import information as info
from ..analysis.intervals import Estimate, allowed, median, ratio
from ..core import known
from ..errors import UserError
from ..lab.experiment import Experiment, Watch, levels, prepared
from ..lab.source import Source
from ..training import gits
from ..training.stops import Typical
from .optimise import movable

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


def information(e: Experiment, watch: Watch | None = None) -> Iterator[Information]:
    """The curve, then the four lists, then the end error of each.

    Raises UserError where the view has fewer than three levels.
    """
    own = levels(e)
    if len(own) < 3:
        raise UserError("With one step there is nothing to share; use more evaluations.")
    source = prepared(e.data, e.model)
    sigma = _levels(source, own)
    clean = source.clean(_count(source, len(sigma)), seed=11)
    found = info.answers(
        source.watched(watch), clean, sigma, torch.Generator().manual_seed(12), watch
    )
    so_far = _curve(sigma, found, clean, unjudged(e))
    yield so_far
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
    so_far = dataclasses.replace(so_far, grids=tuple(grids))
    yield so_far
    if not so_far.why:
        yield from _judged(e, source, so_far, watch)


def _judged(
    e: Experiment, source: Source, so_far: Information, watch: Watch | None
) -> Iterator[Information]:
    high, low = so_far.grids[0].levels[0], so_far.grids[0].levels[-1]
    held = Typical(
        *(source.denoiser, e.solver, high, low, gits.OTHER_SEEDS + e.seed, PATHS),
        schedule=e.schedule,
        afs=e.afs,
        device=source.device.device,
        dtype=source.device.dtype,
        watch=watch,
    )
    grids, first = list(so_far.grids), None
    for i, grid in enumerate(grids):
        each = held.each(grid.levels)
        first = each if first is None else first
        grids[i] = dataclasses.replace(
            grid,
            error=median(each),
            times=ratio(each, first) if i else None,
            chance=_chance(each, first) if i else 1.0,
        )
        yield dataclasses.replace(so_far, grids=tuple(grids))


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


def _curve(sigma: Tensor, found: Tensor, clean: Tensor, why: str) -> Information:
    each = (found - clean.flatten(1).cpu().double()).square().sum(2) / sigma.square()[:, None]
    mean, half = each.mean(1), 1.96 * each.std(1) / each.shape[1] ** 0.5
    curve, middle, low, high = (
        tuple(row.tolist()) for row in (sigma, mean, (mean - half).clamp(min=0), mean + half)
    )
    return Information(curve, middle, low, high, each.shape[1], (), why)


def _grid(name: str, own: Tensor, sigma: Tensor, cost: Tensor) -> Grid:
    """The bound of its steps, between the nearest of the levels that were measured."""
    places = (sigma.log()[:, None] - own.double().log()).abs().argmin(0)
    return Grid(name, tuple(own.tolist()), tuple(info.of_steps(cost, places).tolist()))
