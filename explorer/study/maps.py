"""Any two settings of a view against each other: a map of cells, each measured over several seeds.

    asked = maps.asked(base, {"timesteps.rho": "1…15, 8", "nfe": "9, 17, 35"}, "median", 64, 2)
    for found in maps.measured(asked): ...        a Map after each cell, coarse ones first

All cells share their noise, so that `map_standing` may hold them against each other path by path.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..core.timesteps import Custom
from ..errors import UserError
from ..lab import cost
from ..lab.experiment import Experiment, work
from ..lab.source import Watch, prepared
from ..numerals import number
from ..settings import slots, unflatten
from . import engine, ways
from .churn import Sliced
from .end_error import EndError
from .map_axes import Axis, axis_of
from .plan import Cell
from .sweep import grid_named

MEASURES = {  # what is measured of a cell, and how it is called
    "median": "end error, median",
    "mean": "end error, mean",
    "worst": "end error, worst path",
    "distance": "distance to the data",
}
PATHS, SEEDS = 64, 2
MOST_PATHS, MOST_SEEDS, CELLS = 1024, 64, 400
ALONE = ("data", "model")  # errors on other data, or of another denoiser, are not held together


@dataclasses.dataclass(frozen=True)
class Asked:
    """A map that can be measured.  up, across: its axes; paths: of each of `seeds` seeds.

    trials: the experiment of each cell, or the sentence why there is none.
    """

    base: Experiment
    up: Axis
    across: Axis
    measure: str
    paths: int
    seeds: int
    trials: Mapping[tuple[int, int], Experiment | str]

    @property
    def by(self) -> int | None:
        """Which axis parts the cells into groups with a best of their own: budgets, for else they
        drown the rest, or data and models; None: the whole map is one group."""
        budget = lambda key: key == "nfe"
        for apart in (*map(self._alone, ALONE), budget):
            for place, axis in enumerate((self.up, self.across)):
                if apart(axis.key):
                    return place
        return None

    def _alone(self, slot: str) -> Callable[[str], bool]:
        """Whether an axis is this slot or a setting of it, such as how far a model is guided; of
        distances to the data only another denoiser by its name is."""
        own = slot == "data" or self.measure != "distance"
        return lambda key: key == slot or (own and key.startswith(f"{slot}."))

    @property
    def order(self) -> list[tuple[int, int]]:
        """The cells, every second one both ways first, so that a map half done is whole."""
        return sorted(self.trials, key=lambda at: (at[0] % 2 or at[1] % 2, at))


@dataclasses.dataclass(frozen=True, eq=False)
class Spot:
    """What was measured in a cell.  each (n,): the error of every path, or of distances one for
    each seed; empty where there is no value, and then why says so.  blew: some path is not finite.
    """

    nfe: int
    each: Tensor
    why: str = ""
    blew: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Map:
    """All that is known so far.  next: the cell in hand, the first of `hands`; left: seconds that
    the rest takes."""

    asked: Asked
    spots: Mapping[tuple[int, int], Spot]
    next: tuple[int, int] | None = None
    left: float | None = None
    hands: int = 1


def asked(
    base: Experiment,
    axes: Mapping[str, str],
    measure: str = "median",
    paths: int = PATHS,
    seeds: int = SEEDS,
) -> Asked:
    """axes: two settings, up and across, each with its values as text (`map_axes.axis_of`).

    Raises UserError for what cannot be measured anywhere, and for more than this machine may take;
    it says then what would do.
    """
    if len(axes) != 2:
        raise UserError(f"A map takes two different settings; got {', '.join(axes) or 'none'}.")
    if measure not in MEASURES:
        raise UserError(f"Unknown measure {measure!r:.40}. Known: {', '.join(MEASURES)}.")
    paths = _whole("Paths", paths, MOST_PATHS)
    seeds = _whole("Seeds", seeds, MOST_SEEDS)
    up, across = (axis_of(base, key, text) for key, text in axes.items())
    if len(up.values) * len(across.values) > CELLS:
        many = f"{len(up.values)} × {len(across.values)}"
        raise UserError(f"A map of {many} cells is too large: at most {CELLS}. Give fewer values.")
    trials = {
        (i, j): _trial(base, {up.key: a, across.key: b}, paths)
        for i, a in enumerate(up.values)
        for j, b in enumerate(across.values)
    }
    made = Asked(base, up, across, measure, paths, seeds, trials)
    _check(made)
    return made


def _whole(name: str, value: Any, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise UserError(f"{name} must be a whole number from 1 to {most}; got {value!r:.40}.")
    return value


def _trial(base: Experiment, pair: dict[str, Any], paths: int) -> Experiment | str:
    """One combination, or why there is none."""
    try:
        e = dataclasses.replace(base, samples=paths)
        if isinstance(e.timesteps, Custom) and "nfe" in pair and "timesteps" not in pair:
            raise UserError("A typed list of noise levels fixes the steps: no budget changes them.")
        if "timesteps" in pair:  # over the range of the view's own
            e = dataclasses.replace(e, timesteps=grid_named(e, pair["timesteps"]))
        rest = {k: v for k, v in pair.items() if k != "timesteps"}
        first = sorted(rest, key=lambda k: k not in slots(Experiment))
        return unflatten(Experiment, {k: rest[k] for k in first}, e)
    except UserError as problem:
        return str(problem)


def _check(made: Asked) -> None:
    known = [e for e in made.trials.values() if isinstance(e, Experiment)]
    if not known:
        raise UserError(next(str(t) for t in made.trials.values()))
    if made.measure != "distance":
        settled = min(prepared(e.data, e.model).settled for e in known)
        if made.paths > settled:
            raise UserError(
                f"Of {made.base.data.label} {settled} paths of a seed can be held against the "
                f"truth; got {made.paths}. Take {settled} paths and more seeds."
            )
    total = _operations(made, known)
    if total > cost.WORK_LIMIT:
        enough = int(made.paths * made.seeds * cost.WORK_LIMIT / total)
        would = f"{enough} paths in all would do" if enough > 5 else "Take fewer cells"
        raise UserError(
            f"{len(known) * made.seeds:,} runs of {made.paths} paths are {number(total)} "
            f"operations, more than this machine may take: at most {number(cost.WORK_LIMIT)}. "
            f"{would}, or smaller budgets or less data."
        )


def _operations(made: Asked, known: list[Experiment]) -> float:
    own = sum(map(work, known))
    if made.measure != "distance":  # and the true paths, once for each range of noise levels
        ranges = {
            (
                e.data,
                e.model,
                getattr(e.timesteps, "sigma_max", 0),
                getattr(e.timesteps, "sigma_min", 0),
            ): e
            for e in known
        }
        for e in ranges.values():
            source = prepared(e.data, e.model)
            each = cost.operations(source.denoiser, source.mixture)
            own += cost.REFERENCE * made.paths * each
    return own * made.seeds


def plan(made: Asked) -> list[Cell]:
    """Its cells in their order, each once for every seed."""
    measure = Sliced() if made.measure == "distance" else EndError()
    return [
        Cell(dataclasses.replace(e, seed=e.seed + k), measure)
        for at in made.order
        if isinstance(e := made.trials[at], Experiment)
        for k in range(made.seeds)
    ]


def measured(
    made: Asked, watch: Watch | None = None, folder: Path | None = None, workers: int = 0
) -> Iterator[Map]:
    """What is known after each cell; for folder, workers and watch see `engine.run`."""
    spots = {at: Spot(0, torch.zeros(0), e) for at, e in made.trials.items() if isinstance(e, str)}
    order = [at for at in made.order if at not in spots]
    got: list[engine.Done] = []
    for done in engine.in_order(engine.run(plan(made), folder, workers, watch)):
        got.append(done)
        if len(got) < made.seeds:
            continue
        at = order[len(spots) - (len(made.trials) - len(order))]
        spots = {**spots, at: _spot(got, made.measure)}
        place = order.index(at) + 1
        coming = order[place] if place < len(order) else None
        yield Map(made, spots, coming, done.left, max(1, workers or ways.current().workers))
        got = []


def _spot(got: list[engine.Done], measure: str) -> Spot:
    nothing = torch.zeros(0, dtype=torch.float64)
    for d in got:
        if d.value is None:
            return Spot(0, nothing, d.problem)
    values = [d.value or {} for d in got]
    nfe = values[0]["nfe"]
    if measure == "distance":
        each = torch.tensor([v["distance"] for v in values], dtype=torch.float64)
        finite = bool(each.isfinite().all())
        return Spot(nfe, each) if finite else Spot(nfe, nothing, "blew up", True)
    for v in values:
        if not v["each"]:
            return Spot(nfe, nothing, v["note"], v["note"].startswith("blew up"))
    return Spot(nfe, torch.tensor([x for v in values for x in v["each"]], dtype=torch.float64))
