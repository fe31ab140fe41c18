"""Claims as cells of a study: kept by what they depend on, so that a second run is quick.

tried(names, folder=...) -> Row for each, as soon as it is there
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ...analysis.intervals import Estimate
from ...lab.experiment import Experiment
from ...lab.source import Watch, weights
from ...models import classifier
from ...settings import from_query, param, setting
from ...store import predictors
from ...store.results import digest_of
from .. import engine
from ..plan import Cell
from . import CLAIMS, claim
from .contract import NOT_HERE, Claim


@setting
class Tried:
    """What a claim is measured to be.  under: the versions of all that it stands on."""

    name: ClassVar[str] = "claim"
    version: ClassVar[int] = 1
    claim: str = param("", label="Claim", longest=100)
    revision: int = param(1, 1, 10**6, 1, label="Version of the claim")
    under: str = param("", label="Measures underneath", longest=200)

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """{"value", "low", "high", "count"}; None for what no sample could tell."""
        found = dataclasses.asdict(claim(self.claim).try_(watch))
        return {k: v if math.isfinite(v) else None for k, v in found.items()}

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Digests of predictors, other networks and the classifier that the claim is about."""
        c = claim(self.claim)
        others = [from_query(Experiment, query) for query in c.beside]
        return (
            *(predictors.find(name).digest for name in c.predictors),
            *(d for o in others for d in weights(o.data, o.model)),
            *([classifier.digest(e.data)] if c.judged else []),
        )


@dataclasses.dataclass(frozen=True)
class Row:
    """A claim and what was found; found is None where it could not be measured: problem says why.
    known: it was kept from before."""

    claim: Claim
    found: Estimate | None
    problem: str = ""
    known: bool = False

    @property
    def verdict(self) -> str:
        """Of the interval alone; nothing without one."""
        return "" if self.found is None else self.claim.relation.verdict(self.found)

    def plain(self) -> dict[str, Any]:
        """The row as JSON has it."""
        c, f = self.claim, self.found
        numbers = {
            k: None if f is None else _finite(getattr(f, k)) for k in ("low", "value", "high")
        }
        return {
            "name": c.name,
            "paper": c.paper,
            "quote": c.quote,
            "quoted": c.quoted,
            "source": c.source,
            "measure": c.measure,
            "expected": str(c.relation),
            **numbers,
            "verdict": self.verdict,
            "seeds": c.seeds,
            "count": None if f is None else f.count,
            "why": c.why if self.verdict == NOT_HERE else "",
            "problem": self.problem,
            "command": c.command,
            "view": c.view,
            "cost": c.cost,
        }


def cell(c: Claim) -> Cell:
    """The claim as a question that a folder of answers knows."""
    return Cell(c.experiment, Tried(c.name, c.version, c.under))


def digest(c: Claim) -> str:
    """Of all that the number depends on: a record with another one is stale.

    Raises UserError where weights that it is about are not here."""
    return digest_of(cell(c).question)[:16]


def plan(names: Sequence[str] = ()) -> list[Cell]:
    """A cell for each name, in the order given; all claims without a name."""
    return [cell(claim(name)) for name in names or CLAIMS]


def tried(
    names: Sequence[str] = (),
    folder: Path | None = None,
    workers: int = 0,
    watch: Watch | None = None,
) -> Iterator[Row]:
    """Each claim in order, as soon as it and all before it are there."""
    asked = [claim(name) for name in names or CLAIMS]
    for done in engine.in_order(engine.run(plan(names), folder, workers, watch)):
        c = asked[done.place]
        found = None if done.value is None else estimate(done.value)
        yield Row(c, found, done.problem, done.known)


def estimate(value: dict[str, Any]) -> Estimate:
    """The numbers of a cell or a record; NaN for what no sample could tell."""
    middle, low, high = (
        math.nan if value[k] is None else float(value[k]) for k in ("value", "low", "high")
    )
    return Estimate(middle, low, high, int(value["count"]))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
