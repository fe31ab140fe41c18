"""A claim of a paper as an object: what is said and where, what is measured here, what it must be.

    Claim(...).tried() -> Found: an Estimate with its interval, and the verdict

The verdict follows from the interval alone: inside what the claim allows it holds, outside it does
not hold here, and where the interval touches both it cannot be told.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

from ...analysis.intervals import Estimate
from ...lab.experiment import Experiment
from ...lab.source import Watch
from ...numerals import number
from ...settings import from_query

HOLDS, NOT_HERE, OPEN = "holds", "does not hold here", "cannot be told"
VERDICTS = (HOLDS, NOT_HERE, OPEN)
PAPERS = ("EDM", "AMED", "Lab")  # the last: found here, and said in lessons
COSTS = ("quick", "slow")


@dataclasses.dataclass(frozen=True)
class Relation:
    """What a number must be for a claim to hold: low ≤ number ≤ high."""

    low: float = -math.inf
    high: float = math.inf

    def verdict(self, found: Estimate) -> str:
        """HOLDS with the whole interval inside, NOT_HERE with all of it outside, else OPEN."""
        if math.isnan(found.low) or math.isnan(found.high):
            return OPEN
        if self.low <= found.low and found.high <= self.high:
            return HOLDS
        return NOT_HERE if found.high < self.low or found.low > self.high else OPEN

    def __str__(self) -> str:
        if self.low == self.high:
            return f"exactly {_said(self.low)}"
        if math.isinf(self.low):
            return f"at most {_said(self.high)}"
        if math.isinf(self.high):
            return f"at least {_said(self.low)}"
        return f"{_said(self.low)} to {_said(self.high)}"


def _said(value: float) -> str:
    """As it was written, with a minus; a power of ten where it is small."""
    small = 0 < abs(value) < 1e-3
    return number(value) if small else f"{value:.6g}".replace("-", "−")


def below(value: float) -> Relation:
    """At most this."""
    return Relation(high=value)


def above(value: float) -> Relation:
    """At least this."""
    return Relation(low=value)


def within(low: float, high: float) -> Relation:
    """Between two numbers, both allowed."""
    return Relation(low, high)


Try = Callable[[Watch | None], Estimate]


@dataclasses.dataclass(frozen=True)
class Claim:
    """One sentence of a paper that can be tried here.

    quote: what is said; quoted: a formula or figures as they are printed, else told in other words.
    source: its place in the paper.  measure: what we measure, in words; relation: what that must
    be.  seeds: on which samples.  view: of the page where it can be seen, as a link has it; its
    data and network are those of the measure.  why: a sentence for a claim that departs here.
    uses: the measures underneath, whose versions count; predictors, beside (other views) and
    judged (by a classifier): whose files do.
    version: raised whenever the same claim would give other numbers.  cost: quick, some 3 s on a
    quiet core, or slow, up to a minute.
    """

    name: str
    paper: str
    quote: str
    source: str
    measure: str
    relation: Relation
    try_: Try = dataclasses.field(repr=False)
    quoted: bool = False
    seeds: str = "none: arithmetic"
    view: str = ""
    why: str = ""
    uses: Sequence[Any] = ()
    predictors: Sequence[str] = ()
    beside: Sequence[str] = ()
    judged: bool = False
    cost: str = "quick"
    version: int = 1

    @property
    def experiment(self) -> Experiment:
        """The view it belongs to.  Raises UserError where that is not on this machine."""
        return from_query(Experiment, self.view)

    @property
    def command(self) -> str:
        """The line that measures it again."""
        return f"python -m explorer study claims {self.name}"

    @property
    def under(self) -> str:
        """The measures underneath with their versions, and what the number must be."""
        used = [f"{m.name} {m.version}" for m in self.uses]
        return ", ".join([*used, f"{self.relation.low!r} to {self.relation.high!r}"])


def sure(value: float, count: int = 1) -> Estimate:
    """What arithmetic gives: a number without an interval."""
    return Estimate(value, value, value, count)
