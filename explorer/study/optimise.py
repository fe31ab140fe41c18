"""Better levels for any solver at a budget: GITS, then a search on the measured end error.

BetterLevels()(e) is all of it as one cell of a study: each level that is tried depends on all that
were tried before, so no part of a search could be shared out.

What the search finds on its own seeds is judged on others, path by path against the levels that
the view had; it is taken only if the interval of that ratio lies below 1.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor

from ..analysis.intervals import Estimate, apart, median, ratio
from ..core.timesteps import Custom
from ..errors import UserError
from ..lab.experiment import Experiment, Watch, is_random, levels, prepared
from ..settings import param, setting
from ..training import gits
from ..training.stops import Typical
from .live import live
from .plan import Cell

PATHS = 128  # that a search is made on
OWN = "now"  # the view's own levels among the candidates
JUDGED = "judged on held-out seeds"
BEFORE, SEARCH = 0.15, 0.75  # which part of the work the teacher and the search are


@dataclasses.dataclass(frozen=True)
class Optimised:
    """How far the search for steps is.  levels: the best so far; error: the geometric mean of
    their end errors on the paths searched.  stage: in words; part: how much is done, 0 to 1.

    At the end: verdict, the median end error on held-out seeds by origin of the levels (“now”,
    “GITS”, “search”); times, how many times the error of the view's own levels those of the others
    make, path by path; levels, the own ones unless an interval lies below 1.
    """

    levels: tuple[float, ...]
    error: float
    stage: str
    tried: int
    part: float = 0.0
    verdict: dict[str, Estimate] = dataclasses.field(default_factory=dict)
    times: dict[str, Estimate] = dataclasses.field(default_factory=dict)
    candidates: dict[str, tuple[float, ...]] = dataclasses.field(default_factory=dict)

    @property
    def won(self) -> str:
        """The origin of the levels that were taken, empty until the end."""
        return chosen(self.times) if self.verdict else ""


def chosen(times: dict[str, Estimate]) -> str:
    """The best of those whose interval lies below 1, else the view's own."""
    better = {k: v.value for k, v in times.items() if apart(v) and v.value < 1}
    return min(better, key=better.__getitem__) if better else OWN


@setting
class BetterLevels:
    """The whole search, as plain values."""

    name: ClassVar[str] = "better_levels"
    version: ClassVar[int] = 1
    how: gits.GITS = gits.GITS()
    follow: int = param(PATHS, 8, 4096, 1, label="Paths", help="on which a list is judged")

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """won: the origin of `levels`; median, times, candidates by origin, see `Optimised`."""
        *_, last = better_levels(e, self.how, self.follow, watch)
        return _plain(last)

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


def _plain(last: Optimised) -> dict[str, Any]:
    return {
        "won": last.won,
        "tried": last.tried,
        "levels": list(last.levels),
        "median": {k: dataclasses.asdict(v) for k, v in last.verdict.items()},
        "times": {k: dataclasses.asdict(v) for k, v in last.times.items()},
        "candidates": {k: list(v) for k, v in last.candidates.items()},
    }


def _read(value: dict[str, Any]) -> Optimised:
    median = {k: Estimate(**v) for k, v in value["median"].items()}
    return Optimised(
        tuple(value["levels"]),
        median[value["won"]].value,
        JUDGED,
        value["tried"],
        1.0,
        median,
        {k: Estimate(**v) for k, v in value["times"].items()},
        {k: tuple(v) for k, v in value["candidates"].items()},
    )


def kept_levels(
    e: Experiment,
    how: gits.GITS = gits.GITS(),
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
) -> Iterator[Optimised]:
    """As `better_levels`, kept as one cell; for folder, workers and watch see `engine.run`."""
    cell, stages = Cell(e, BetterLevels(how)), lambda: better_levels(e, how, PATHS, watch)
    return live(cell, stages, _plain, _read, folder, workers, watch)


def better_levels(
    e: Experiment, how: gits.GITS = gits.GITS(), paths: int = PATHS, watch: Watch | None = None
) -> Iterator[Optimised]:
    """Better levels for the view's solver at the view's budget: GITS, then coordinate descent on
    the measured end error from there and from the view's own levels; judged on held-out seeds.

    The first message comes before anything is run.  Raises UserError where there is nothing to
    choose or nothing to hold the result against.
    """
    now = movable(e)
    source = prepared(e.data, e.model)
    where = {"device": source.device.device, "dtype": source.device.dtype}
    so_far = Optimised(now, math.nan, f"1 of 4: the teacher’s paths, {how.paths}", 0)
    yield so_far
    free = e.afs and e.solver.evaluations == 1  # the analytic step costs nothing
    found = gits.gits(
        source.denoiser, len(now) - 1 - free, now[0], now[-1], how, **where, watch=watch
    )
    yield dataclasses.replace(so_far, stage=f"2 of 4: the true ends of {paths} paths", part=0.05)
    options = {"schedule": e.schedule, "afs": e.afs, "watch": watch, **where}
    ends = (source.denoiser, e.solver, now[0], now[-1])
    error = Typical(*ends, how.seed, paths, **options)
    if free:
        found = gits.with_analytic(found, error, how.fine)
    for so_far in _searched(error, {"GITS": found, OWN: now}):
        yield dataclasses.replace(so_far, candidates={"GITS": found, "search": so_far.levels})
    candidates = {OWN: now, "GITS": found, "search": so_far.levels}
    stage = f"4 of 4: judged on {gits.HELD_OUT} other paths"
    yield dataclasses.replace(so_far, stage=stage, part=BEFORE + SEARCH, candidates=candidates)
    held = Typical(*ends, gits.OTHER_SEEDS + how.seed, gits.HELD_OUT, **options)
    yield _judged({k: held.each(v) for k, v in candidates.items()}, candidates, error.tried)


def _searched(error: gits.EndError, starts: dict[str, tuple[float, ...]]) -> Iterator[Optimised]:
    """The search from each start that may lead somewhere; the best so far of all of them."""
    known = {k: error(v) for k, v in starts.items()}
    first = min(known, key=known.__getitem__)
    best = Optimised(starts[first], known[first], "3 of 4: the search begins", error.tried, BEFORE)
    yield best
    if first == "GITS":  # better than the view's own before any search
        starts = {"GITS": starts["GITS"]}
    for i, (origin, start) in enumerate(starts.items()):
        name = "the steps before" if origin == OWN else origin
        for s in gits.descend(error, start, often=True):
            part = BEFORE + SEARCH * max(best.part - BEFORE, (i + s.part) / len(starts))
            if s.error < best.error:
                best = dataclasses.replace(best, levels=s.levels, error=s.error)
            stage = f"3 of 4: the search from {name}"
            best = dataclasses.replace(
                best, stage=stage, tried=error.tried, part=max(best.part, min(part, 1.0))
            )
            yield best


def _judged(
    errors: dict[str, Tensor], candidates: dict[str, tuple[float, ...]], tried: int
) -> Optimised:
    """What the held-out paths say."""
    times = {k: ratio(v, errors[OWN]) for k, v in errors.items() if k != OWN}
    verdict = {k: median(v) for k, v in errors.items()}
    won = chosen(times)
    return Optimised(
        candidates[won],
        verdict[won].value,
        JUDGED,
        tried,
        1.0,
        verdict,
        times,
        candidates,
    )


def movable(e: Experiment) -> tuple[float, ...]:
    """The view's own levels.  Raises UserError unless there are some to move, and a truth to hold
    the result against.
    """
    if is_random(e) or e.churn.s_churn > 0:
        raise UserError(
            "Steps are optimised against the exact path, which new noise leaves: set "
            "S_churn to 0 and choose a solver without noise."
        )
    if getattr(e.solver, "predictor", ""):
        raise UserError(
            "The predictor belongs to its levels. Take it off, optimise the steps, "
            "then train another on them."
        )
    now = tuple(levels(e).tolist())
    if len(now) < 3:
        raise UserError(
            "With one step above σ_min there is no level to move; use more evaluations."
        )
    return now


def with_levels(e: Experiment, found: Sequence[float]) -> Experiment:
    """The view on these levels: an ordinary list, shown, editable and exported like any other."""
    return dataclasses.replace(e, timesteps=Custom(tuple(float(f"{s:.7g}") for s in found)))
