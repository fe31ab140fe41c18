"""Better levels for any solver at a budget: GITS, then a search on the measured end error."""

import dataclasses
from collections.abc import Iterator, Sequence

from ..core.timesteps import Custom
from ..errors import UserError
from ..lab.experiment import Experiment, Watch, is_random, levels, prepared
from ..training import gits


@dataclasses.dataclass(frozen=True)
class Optimised:
    """How far the search for steps is.  levels: the best so far.  stage: in words.  verdict: mean
    end error on held-out seeds by origin of the levels (“now”, “GITS”, “search”), empty until the
    end.
    """

    levels: tuple[float, ...]
    error: float
    stage: str
    tried: int
    verdict: dict[str, float] = dataclasses.field(default_factory=dict)
    candidates: dict[str, tuple[float, ...]] = dataclasses.field(default_factory=dict)

    @property
    def won(self) -> str:
        return min(self.verdict, key=self.verdict.__getitem__) if self.verdict else ""


def better_levels(
    e: Experiment, how: gits.GITS = gits.GITS(), paths: int = 128, watch: Watch | None = None
) -> Iterator[Optimised]:
    """Better levels for the view's solver at the view's budget: GITS, then coordinate descent on
    the measured end error from there and from the view's own levels; judged on held-out seeds.

    Raises UserError where there is nothing to choose or nothing to hold the result against.
    """
    now = _movable(e)
    source = prepared(e.data, e.model)
    where = {"device": source.device.device, "dtype": source.device.dtype}
    yield Optimised(now, float("nan"), "following the teacher", 0)
    options = {"schedule": e.schedule, "afs": e.afs, "watch": watch, **where}
    error = gits.EndError(source.denoiser, e.solver, now[0], now[-1], how.seed, paths, **options)
    free = e.afs and e.solver.evaluations == 1  # the analytic step costs nothing
    found = gits.gits(
        source.denoiser, len(now) - 1 - free, now[0], now[-1], how, **where, watch=watch
    )
    if free:
        found = gits.with_analytic(found, error, how.fine)

    best = Optimised(found, error(found), "GITS", error.tried)
    yield best
    starts = {"GITS": found} if error(found) < error(now) else {"now": now, "GITS": found}
    for origin, start in starts.items():
        for s in gits.descend(error, start):
            if s.error < best.error:
                best = Optimised(s.levels, s.error, f"search from {origin}", error.tried)
            yield dataclasses.replace(best, tried=error.tried)
    held = gits.EndError(
        source.denoiser,
        e.solver,
        now[0],
        now[-1],
        gits.OTHER_SEEDS + how.seed,
        gits.HELD_OUT,
        **options,
    )
    candidates = {"now": now, "GITS": found, "search": best.levels}
    verdict = {k: held(v) for k, v in candidates.items()}
    won = min(verdict, key=verdict.__getitem__)
    yield Optimised(
        candidates[won], verdict[won], "judged on held-out seeds", error.tried, verdict, candidates
    )


def _movable(e: Experiment) -> tuple[float, ...]:
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
