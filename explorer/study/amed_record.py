"""What the shipped predictors come to, recorded: the AMED page opens on it and measures nothing.

    python -m explorer study shipped data=digits model=network model.checkpoint=digits-f --keep

Per row and budget: the median end error of unseen seeds with its interval, where 10 and 90 % of
them lie, and the ratio to DPM-Solver-2 and to the stage before, seed by seed.  A record carries the
digest of all that its numbers depend on; where that is another one today it is told as one of an
earlier version.
"""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from ..analysis.intervals import Estimate
from ..lab.experiment import Experiment
from ..lab.source import Watch
from ..settings import from_query
from ..store.results import digest_of
from . import shipped_record
from .shipped_record import File
from .table import BUDGETS, LEARNED, STOPS, UNTRAINED, Entry, Place, amed_table, table_plan

SEEDS = 256
HELD = "DPM-Solver-2 + AFS"  # whom all are held against
OWN_STEPS = "searched"  # of the predictors that ship, those on searched stops


@dataclasses.dataclass(frozen=True)
class Row:
    """One solver at one budget.  stage: untrained, stops searched or learned; predictor: its name;
    median, over, gain: (value, low, high); spread: 10 and 90 % of the seeds; gain: of what learning
    makes of the stops, None where nothing was learned.
    """

    name: str
    stage: str
    nfe: int
    predictor: str
    median: tuple[float, float, float]
    spread: tuple[float, float]
    over: tuple[float, float, float]
    gain: tuple[float, float, float] | None = None

    def of(self, which: str) -> Estimate | None:
        """median, over or gain with its interval over the seeds."""
        found: tuple[float, float, float] | None = getattr(self, which)
        return None if found is None else Estimate(found[0], found[1], found[2], SEEDS)


@dataclasses.dataclass(frozen=True)
class Recorded:
    """The rows of one network.  on: the day; with_: on what; was: the digest that it carries."""

    query: str
    on: str
    with_: str
    rows: tuple[Row, ...]
    was: str = ""

    @property
    def stale(self) -> str:
        """Why no verdict stands on it, or nothing."""
        return _stale(self.query, self.was)

    @property
    def experiment(self) -> Experiment:
        """Data and model."""
        return from_query(Experiment, self.query)

    @property
    def command(self) -> str:
        """The line that measures it again."""
        return f"python -m explorer study shipped {self.query.replace('&', ' ')} --keep"

    def at(self, nfe: int) -> list[Row]:
        """The rows of one budget."""
        return [r for r in self.rows if r.nfe == nfe]


FILE = File(
    "amed.json",
    "networks",
    "the shipped predictors",
    "python -m explorer study shipped --keep",
    None,
)


def place() -> Path:
    """Where it is."""
    return FILE.place


def view_of(base: Experiment) -> Experiment:
    """What of a view the record depends on."""
    return Experiment(data=base.data, model=base.model)


def digest(base: Experiment) -> str:
    """Of every question of the record.  UserError where a network is not on this machine."""
    plan = [p for p in table_plan(base, **_asked()) if _counts(p)]
    return digest_of("\n".join(sorted(_anywhere(p.cell.question) for p in plan)).encode())


def _anywhere(question: str) -> str:
    """A question as every machine asks it: the last digits of a level are those of its exp."""
    near = lambda text: float(f"{float(text):.9g}")
    return json.dumps(json.loads(question, parse_float=near), sort_keys=True)


def _asked() -> dict[str, Any]:
    return {"budgets": BUDGETS, "count": SEEDS, "gits_too": False, "searched": ()}


def _counts(row: Place | Entry) -> bool:
    """Whether a row of the table is of the record: no middle stage, no other steps or recipe."""
    if not row.predictor:
        return True
    return row.steps == OWN_STEPS and row.stage in (STOPS, LEARNED) and not row.origin


def measure(
    base: Experiment,
    folder: Path | None = None,
    workers: int = 0,
    watch: Watch | None = None,
) -> Iterator[Row]:
    """Every row, budget by budget, once all of them are measured."""
    made = amed_table(view_of(base), watch=watch, folder=folder, workers=workers, **_asked())
    entries = [e for e in made if _counts(e)]
    held = {e.nfe: e for e in entries if e.name == HELD}
    stops = {e.predictor: e for e in entries if e.stage == STOPS}
    for e in entries:
        yield _row(e, held[e.nfe], stops.get(e.predictor) if e.stage == LEARNED else None)


def _row(e: Entry, held: Entry, stops: Entry | None) -> Row:
    three = lambda v: (_plain(v.value), _plain(v.low), _plain(v.high))
    spread = torch.quantile(e.each, torch.tensor([0.1, 0.9], dtype=torch.float64)).tolist()
    return Row(
        e.name,
        e.stage or UNTRAINED,
        e.nfe,
        e.predictor,
        three(e.median),
        (_plain(spread[0]), _plain(spread[1])),
        three(e.over(held)),
        None if stops is None else three(e.over(stops)),
    )


def _plain(value: float) -> float:
    return float(f"{value:.5g}")


def keep(base: Experiment, rows: Sequence[Row], path: Path | None = None) -> None:
    """Write a record; those of other networks stay.  Raises Unsaved."""
    base = view_of(base)
    FILE.keep(base, digest(base), {"rows": [dataclasses.asdict(r) for r in rows]}, path)


def recorded(path: Path | None = None) -> list[Recorded]:
    """Every network's record.  Raises UserError for a file that is no record."""
    out = []
    for s in FILE.read(path):
        try:
            rows = tuple(_read_row(r) for r in s["rows"])
            out.append(Recorded(s["query"], s["on"], s["with"], rows, s["digest"]))
        except (KeyError, TypeError):
            raise FILE.damaged from None
    return out


def _read_row(r: dict[str, Any]) -> Row:
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in r.items()}
    return Row(**plain)


@lru_cache(16)
def _stale(query: str, was: str) -> str:
    return shipped_record.stale(lambda: digest(from_query(Experiment, query)), was)


def nearest(base: Experiment, path: Path | None = None) -> Recorded | None:
    """The record of a view's network, or else the first; None where nothing was kept."""
    return shipped_record.nearest(recorded(path), base)
