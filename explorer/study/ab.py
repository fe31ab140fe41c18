"""Two views beside each other, A and B, from the same noise: sample by sample.

    plan(a, b, seeds) -> cells        beside(a, b) -> Pair after each cell        said(pair) -> Said

Both start from the same unit noise, A's seed and those after it.  Each is held against the end of
its own exact path; a ratio is taken only where these paths are the same.
"""

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from ..analysis import intervals
from ..analysis.distance import share
from ..analysis.intervals import Estimate, apart
from ..errors import UserError
from ..lab.experiment import Experiment
from ..lab.source import Watch, prepared
from ..lab.versus import unpaired
from ..memo import Kept
from . import engine
from .affordable import compared_within_work
from .plan import Cell
from .samples import Samples, Shown, shown_of

SEEDS, MOST = 4, 32  # noises of a comparison, and at most
BLOCK = 64  # samples of one


@dataclasses.dataclass(frozen=True, eq=False)
class Pair:
    """What is known of A and B so far.

    why: there is no ratio, or nothing.  count: samples of both whose errors are known.
    """

    a: Experiment
    b: Experiment
    mine: Shown | None = None
    its: Shown | None = None
    why: str = ""

    @property
    def count(self) -> int:
        """How many samples both have an error of, of the same noise."""
        return min(len(s.each) if s else 0 for s in (self.mine, self.its))

    @property
    def paired(self) -> bool:
        """Whether A and B are compared sample by sample."""
        return not self.why and self.mine is not None and self.its is not None and self.count > 0

    @property
    def same(self) -> bool:
        """Whether every sample has the same error: one method under two names."""
        one, other = self.errors
        return bool(torch.allclose(one, other, rtol=1e-6, atol=1e-12))

    @Kept
    def errors(self) -> tuple[Tensor, Tensor]:
        """(n,) of A and of B, in pairs."""
        one, other = (s.errors if s else torch.zeros(0) for s in (self.mine, self.its))
        return one[: self.count], other[: self.count]

    @Kept
    def astray(self) -> tuple[Tensor, Tensor]:
        """(n,) of 0 and 1: which samples of A and of B end in another place."""
        one, other = (
            torch.tensor(list(s.astray if s else ())).double() for s in (self.mine, self.its)
        )
        return one[: self.count], other[: self.count]

    @property
    def nearer(self) -> Estimate:
        """The share of samples in which B ends nearer than A, of those that are not level."""
        one, other = self.errors
        return share((other < one)[one != other])

    @property
    def ratio(self) -> Estimate:
        """How many times A's error B makes, the median over paths."""
        one, other = self.errors
        return intervals.ratio(other, one)

    @property
    def means(self) -> Estimate:
        """B's mean error over A's."""
        one, other = self.errors
        return intervals.mean_ratio(other, one)

    @property
    def more(self) -> Estimate:
        """By how much the share of B that ends in another place is above A's, in pairs."""
        one, other = self.astray
        return intervals.gain(other, one)


def alike(a: Experiment, b: Experiment) -> Experiment:
    """B on A's noise: with its seed and samples, which are what is the same of the two."""
    return dataclasses.replace(b, seed=a.seed, samples=a.samples)


def check(a: Experiment, b: Experiment) -> None:
    """Raises UserError for two that have no noise in common, and for one that is both."""
    one, other = (math.prod(prepared(e.data, e.model).shape) for e in (a, b))
    if one != other:
        raise UserError(f"A has {one:,} numbers a sample, B {other:,}: no common noise.")
    if alike(a, b) == a:
        raise UserError(
            "A and B are the same settings. Change a setting of this view, or choose another B."
        )


def plan(a: Experiment, b: Experiment, seeds: int = SEEDS) -> list[Cell]:
    """A and B for each seed in turn, so that what is there after any two cells is whole.

    seeds: how many, from A's own on.  Raises UserError as `check`, and where the cap on work allows
    too few samples.
    """
    check(a, b)
    if not isinstance(seeds, int) or isinstance(seeds, bool) or not 1 <= seeds <= MOST:
        raise UserError(f"Seeds must be a whole number from 1 to {MOST}; got {seeds!r:.40}.")
    trials = [
        dataclasses.replace(e, seed=a.seed + k, samples=BLOCK) for k in range(seeds) for e in (a, b)
    ]
    trials = compared_within_work(trials)
    return [Cell(e, Samples(256 if kind == "plane" else 60)) for e, kind in _kinds(trials)]


def _kinds(trials: list[Experiment]) -> Iterator[tuple[Experiment, str]]:
    return ((e, prepared(e.data, e.model).kind) for e in trials)


def beside(
    a: Experiment,
    b: Experiment,
    seeds: int = SEEDS,
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
) -> Iterator[Pair]:
    """What is known after each cell; for folder, workers and watch see `engine.run`.

    Raises UserError for a cell that could not be measured.
    """
    cells = plan(a, b, seeds)
    found = Pair(a, alike(a, b), why=unpaired(a, alike(a, b)))
    for i, (_, value) in enumerate(engine.values(engine.run(cells, folder, workers, watch))):
        new = shown_of(value)
        if i % 2:
            found = dataclasses.replace(found, its=found.its.joined(new) if found.its else new)
        else:
            found = dataclasses.replace(found, mine=found.mine.joined(new) if found.mine else new)
        yield found


# ---- what can be said ----------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Said:
    """Who is ahead in each measure: 1 for A, −1 for B, 0 where it cannot be told.

    nearer: on most paths.  median, mean: of the error.  kept: ends in another place less often.
    """

    nearer: int
    median: int
    mean: int
    kept: int

    @property
    def split(self) -> bool:
        """Whether one measure says A and another B."""
        return {1, -1} <= {self.nearer, self.median, self.mean, self.kept}


def said(pair: Pair) -> Said:
    """What the intervals allow to say of two that are paired."""
    if pair.same:
        return Said(0, 0, 0, 0)
    ahead = lambda found, level=1.0: (
        0 if not apart(found, level) else 1 if found.value > level else -1
    )
    return Said(
        -ahead(pair.nearer, 0.5), ahead(pair.ratio), ahead(pair.means), ahead(pair.more, 0.0)
    )
