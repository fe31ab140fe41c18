"""Algorithm 2's settings two at a time: a grid of runs, each with how good its samples are.

Images are judged by precision, points by the largest gap to their law (study.stochastic and
study.langevin).  All cells share their noise.  EDM, Fig. 4 and its grid search: what was measured
is kept, so a search that was stopped goes on where it was.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ..analysis.distance import share
from ..analysis.intervals import Estimate
from ..core.ode import makes_noise
from ..errors import UserError
from ..lab.experiment import Experiment, work
from ..lab.source import Watch
from ..settings import unflatten
from . import engine
from .affordable import within_work
from .langevin import Gap, noise_of
from .plan import Cell
from .stochastic import Good, capped_from, judged_as_images

AXES: dict[str, tuple[float, ...]] = {
    "s_churn": (0.0, 5.0, 10.0, 20.0, 40.0, 80.0, 120.0, 160.0),
    "s_tmin": (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
    "s_tmax": (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0, 1e9),
    "s_noise": (0.98, 0.99, 1.0, 1.003, 1.007, 1.01, 1.02, 1.05),
}
SAMPLES, FEWEST = 512, 64
BELOW = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)  # of the S_churn from which γ is at its cap


def usual(base: Experiment, names: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """The values of these axes for a view: of S_churn none beyond the cap of γ, where all are one.

    Raises UserError for a name that is none of AXES.
    """
    if stray := next((n for n in names if n not in AXES), None):
        raise UserError(f"Unknown axis {stray!r:.40}. Known: {', '.join(AXES)}.")
    axes = {n: AXES[n] for n in names}
    top = capped(base)
    if "s_churn" in axes and max(axes["s_churn"]) > top:
        axes["s_churn"] = tuple(float(f"{part * top:.2g}") for part in BELOW)
    return axes


@dataclasses.dataclass(frozen=True)
class Spot:
    """One combination: the values of both axes, and what was measured there; None where S_tmin lies
    above S_tmax, so that no step gets noise.
    """

    values: tuple[float, float]
    found: Estimate | None
    nfe: int = 0


@dataclasses.dataclass(frozen=True)
class Heat:
    """All spots so far.  more: whether more is better, as of precision; of a gap less is."""

    axes: tuple[str, str]
    spots: tuple[Spot, ...]
    more: bool

    @property
    def best(self) -> Spot | None:
        """The best of those measured."""
        known = [s for s in self.spots if s.found is not None]
        size = lambda s: s.found.value if self.more else -s.found.value
        return max(known, key=size, default=None)

    @property
    def level(self) -> int:
        """How many others cannot be told from the best: their intervals meet."""
        best = self.best
        if best is None or best.found is None:
            return 0
        meets = lambda e: e.low <= best.found.high and best.found.low <= e.high
        return sum(s.found is not None and s is not best and meets(s.found) for s in self.spots)


def _ended(e: Experiment) -> Experiment:
    """At σ_min, where the law is known."""
    return dataclasses.replace(e, last="sigma_min")


def capped(base: Experiment) -> float:
    """The S_churn from which more is the same run: of runs that end at σ_min."""
    return capped_from(_ended(base))


def heat(
    base: Experiment,
    axes: Mapping[str, Sequence[float]],
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
) -> Iterator[Heat]:
    """What is known after each combination, the last axis fastest."""
    plan, names = heat_plan(base, axes), tuple(axes)
    one, other = names
    more = isinstance(plan[0].measure, Good)
    made = Heat((one, other), _impossible(base, axes), more)
    for cell, value in engine.values(engine.run(plan, folder, workers, watch)):
        at = getattr(cell.experiment.churn, one), getattr(cell.experiment.churn, other)
        made = dataclasses.replace(
            made, spots=(*made.spots, Spot(at, _estimate(value), value["nfe"]))
        )
        yield made


def _estimate(value: dict[str, Any]) -> Estimate:
    if "each" in value:
        return share(torch.tensor(value["each"]))
    gap, noise = value["gap"], noise_of(value["samples"])  # as wide as chance makes any gap
    return Estimate(gap, max(0.0, gap - noise), min(1.0, gap + noise), value["samples"])


def _pairs(axes: Mapping[str, Sequence[float]]) -> list[dict[str, float]]:
    (one, first), (other, second) = axes.items()
    return [{one: a, other: b} for a in first for b in second]


def _possible(base: Experiment, pair: Mapping[str, float]) -> bool:
    low, high = (pair.get(k, getattr(base.churn, k)) for k in ("s_tmin", "s_tmax"))
    return low <= high


def _impossible(base: Experiment, axes: Mapping[str, Sequence[float]]) -> tuple[Spot, ...]:
    return tuple(
        Spot((a, b), None) for a, b in (p.values() for p in _pairs(axes) if not _possible(base, p))
    )


def heat_plan(base: Experiment, axes: Mapping[str, Sequence[float]]) -> list[Cell]:
    """A cell for each combination that gets noise somewhere.

    Raises UserError for other axes than two of Algorithm 2's settings, a solver with noise of its
    own, churn that is off, data that nothing here can judge, and where the cap on work allows too
    few samples.
    """
    known = ", ".join(AXES)
    if len(axes) != 2 or not set(axes) <= set(AXES) or not all(axes.values()):
        raise UserError(
            f"A heat map needs two of {known}, each with values; got {', '.join(axes)}."
        )
    if makes_noise(base.solver):
        raise UserError(f"{base.solver.label} makes noise of its own; choose Heun, Algorithm 2’s.")
    if "s_churn" not in axes and not base.churn.s_churn:
        raise UserError("S_churn is 0, so nothing here matters; raise it, or make it an axis.")
    image = judged_as_images(base)
    trials = [
        dataclasses.replace(_ended(unflatten(Experiment, pair, base)), samples=1)
        for pair in _pairs(axes)
        if _possible(base, pair)
    ]
    if not trials:
        raise UserError("S_tmin lies above S_tmax everywhere, so no step would get noise.")
    count = within_work(base, sum(map(work, trials)), SAMPLES, FEWEST)
    return [Cell(dataclasses.replace(e, samples=count), Good() if image else Gap()) for e in trials]
