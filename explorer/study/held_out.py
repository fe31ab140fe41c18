"""Errors on seeds that no training and no search saw, path by path, so that solvers can be paired.

HeldOutError()(e)       of the view's solver on the view's levels
SearchedError()(e)      the levels searched first, as they are for a predictor
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis.distance import sliced_wasserstein
from ..analysis.error import rms
from ..analysis.intervals import Estimate, mean, median
from ..analysis.reference import reference
from ..core import known, sampling
from ..core.sampling import Noise
from ..core.solvers.steered import Steered
from ..core.timesteps import Rho
from ..errors import UserError
from ..lab.experiment import Experiment, ends, exactly, levels
from ..lab.learned import sample
from ..lab.source import MEMOS, Watch, prepared, weights
from ..memo import Memo
from ..settings import param, setting
from ..store import predictors as store
from ..training import stops
from ..training.standing import OTHER_SEEDS

AT_ONCE = 2**25  # numbers of the paths that are followed together: 0.25 GB
COUNT, POINTS = 1000, 65  # held-out seeds, and levels of the reference that they follow
TABLE_SEED = 2**28  # far from every seed that a training or a search uses
SEARCH_SEED = OTHER_SEEDS // 2  # where those of a search begin
TOP, BOTTOM = 80.0, 0.002
PARTS = (("", "the predictor"), ("searched", "its stops"), ("shared", "what all samples share"))


@dataclasses.dataclass(frozen=True, eq=False)
class HeldOut:
    """Seeds that no training saw, (n, *shape), where they truly end, and data to compare with."""

    noise: Tensor
    truth: Tensor
    data: Tensor
    zero: Estimate  # of the true ends themselves

    def errors(self, end: Tensor) -> Tensor:
        """(n,) RMS per coordinate at σ_min."""
        return rms(end - self.truth).double().cpu()

    def distance(self, end: Tensor) -> Estimate:
        """Sliced Wasserstein distance of ends to the data."""
        return _distance(end, self.data)

    def told(self, made: sampling.Trajectory, **more: Any) -> dict[str, Any]:
        """Of a run from this noise, as plain values: the median and the mean of the end errors, all
        of them (six digits), and the distance to the data.
        """
        errors = self.errors(made.samples)
        return {
            "nfe": made.nfe,
            "error": dataclasses.asdict(mean(errors)),
            "median": dataclasses.asdict(median(errors)),
            "distance": dataclasses.asdict(self.distance(made.samples)),
            "errors": [float(f"{v:.6g}") for v in errors.tolist()],
            **more,
        }


_held = Memo(64 * 2**20)
_searched = Memo(2**20)
MEMOS += [_held, _searched]


def held_out(
    e: Experiment, count: int = COUNT, points: int = POINTS, watch: Watch | None = None
) -> HeldOut:
    """Held-out seeds of the view's model with their reference ends, made once."""
    key = (e.data, e.model, *weights(e.data, e.model), count, points)
    return _held(key, lambda: _held_out(e, count, points, watch))


def span(e: Experiment) -> tuple[float, float]:
    """The range of the table, TOP to BOTTOM, as far as the view's network knows it."""
    return ends(dataclasses.replace(e, timesteps=Rho(7.0, TOP, BOTTOM)))


def _held_out(e: Experiment, count: int, points: int, watch: Watch | None) -> HeldOut:
    source, (top, bottom) = prepared(e.data, e.model), span(e)
    noise = Noise(TABLE_SEED, count, source.shape, source.device.device, source.device.dtype).start
    rows = max(
        1, AT_ONCE // (points * noise[0].numel())
    )  # paths are long, and only their ends stay
    ends_of = lambda start: reference(source.denoiser, start, top, bottom, points, watch).x[-1]
    truth = torch.cat([ends_of(part * top).clone() for part in noise.split(rows)])
    data = source.clean(count, seed=29)
    return HeldOut(noise, truth, data, _distance(truth, data))


def _distance(end: Tensor, data: Tensor) -> Estimate:
    directions = torch.Generator().manual_seed(31)
    return sliced_wasserstein(end.cpu(), data.cpu(), directions, resamples=32)


@setting
class HeldOutError:
    """Error and distance of an experiment's solver and levels on held-out seeds."""

    name: ClassVar[str] = "held_out"
    version: ClassVar[int] = 2
    count: int = param(COUNT, 2, 10**6, 1, label="Seeds")
    points: int = param(POINTS, 2, 4097, 1, label="Levels of the reference")
    part: str = param(
        "", label="Who chooses", choices=PARTS, help="of a predictor, or what it started from"
    )

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """As `HeldOut.told`.  Raises UserError where a predictor's file does not hold the part."""
        held = held_out(e, self.count, self.points, watch)
        tick = None if watch is None else lambda i, point: watch()
        denoiser = prepared(e.data, e.model).denoiser
        solver = part_of(e.solver, self.part) if self.part else e.solver
        made = sample(denoiser, held.noise, exactly(e), solver, afs=e.afs, keep=0, watch=tick)
        return held.told(made)

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


def has_part(name: str, part: str) -> bool:
    """Whether the file of a predictor tells of what it started from."""
    return bool(store.find(name).record.get(_KEPT[part]))


_KEPT = {"searched": "placed", "shared": "shared"}


def part_of(solver: Any, part: str) -> Steered:
    """The solver as it was before its predictor learned: its stops alone, or with the r, c and a
    that all samples share.
    """
    record = store.find(solver.predictor).record.get(_KEPT[part])
    if not record:
        raise UserError(f"Predictor {solver.predictor} does not tell of its {part} numbers.")
    return stops.by_step(solver, *(record.get(k) or () for k in "rca"))


@setting
class SearchedError:
    """As HeldOutError, but the levels are searched first: the search that a predictor's stops have
    (`training.stops`), with the same paths, starts and strides.
    """

    name: ClassVar[str] = "searched_error"
    version: ClassVar[int] = 1
    count: int = param(COUNT, 2, 10**6, 1, label="Seeds")
    points: int = param(POINTS, 2, 4097, 1, label="Levels of the reference")
    seed: int = param(0, 0, 2**28, 1, label="Seed", help="of the paths searched on")

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """As `HeldOut.told`, with “levels” and how many lists were “tried”."""
        found, tried = self._levels(e, watch)
        held = held_out(e, self.count, self.points, watch)
        denoiser = prepared(e.data, e.model).denoiser
        grid = known.nearest(denoiser, torch.tensor(found, dtype=torch.float64))
        made = sample(denoiser, held.noise, grid, e.solver, afs=e.afs, keep=0)
        return held.told(made, levels=list(found), tried=tried)

    def _levels(self, e: Experiment, watch: Watch | None) -> tuple[Sequence[float], int]:
        asked = (e.data, e.model, *weights(e.data, e.model), e.solver, e.afs, self.seed)
        asked += tuple(levels(e).tolist())
        return _searched(asked, lambda: self._search(e, watch))

    def _search(self, e: Experiment, watch: Watch | None) -> tuple[Sequence[float], int]:
        source = prepared(e.data, e.model)
        *_, best = stops.searched(
            source.denoiser,
            e.solver,
            levels(e).tolist(),
            SEARCH_SEED + self.seed,
            e.afs,
            source.device.device,
            source.device.dtype,
            watch,
        )
        return best.levels, best.tried

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()
