"""The cells of a study in its card: which runs were measured and what each gave; made again here.

    kept = Kept()                       kept.hear(done) of each cell as it is answered
    card["cells"] = kept.listed()       the settings of each, digests of its question and answer
    replay_cells(card, count=10)        some of them, or all, measured once more

On a CPU of the same kind every answer is equal, byte for byte but for the seconds that it took.
"""

import dataclasses
import hashlib
import json
import math
import random
from collections.abc import Iterator
from typing import Any

from ..errors import UserError
from ..lab.experiment import Experiment
from ..lab.source import Watch
from ..settings import unflatten
from ..store.results import digest_of
from ..study import engine, merging
from ..study.engine import Done
from ..study.measures import measure_of
from ..study.plan import Cell

MOST = 2000  # cells of a card; a larger study says how many are left out
NUMBERS = 6  # of an answer that are written beside its digest


class Kept:
    """What a study has answered so far."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}  # by the question's digest
        self._base: dict[str, Any] | None = None
        self._measures: list[dict[str, Any]] = []
        self.left_out = 0

    def hear(self, done: Done) -> None:
        """One more; what could not be measured is left out."""
        if done.value is None:
            return
        question = done.cell.question
        if (name := digest_of(question)) in self._rows:
            return
        if len(self._rows) >= MOST:
            self.left_out += 1
            return
        asked = json.loads(question)
        if asked["measure"] not in self._measures:
            self._measures.append(asked["measure"])
        own = asked["experiment"]
        self._base = base = self._base or own
        self._rows[name] = {
            "set": {k: v for k, v in own.items() if base.get(k, _NONE) != v},
            "drop": [k for k in base if k not in own],
            "measure": self._measures.index(asked["measure"]),
            "question": name,
            "answer": digest(done.value),
            "numbers": numbers(done.value),
        }

    def listed(self, threads: int) -> dict[str, Any]:
        """For a card; nothing where there is no cell.  threads: with which each was counted."""
        if not self._rows:
            return {}
        return {
            "threads": threads,
            "base": self._base,
            "measures": self._measures,
            "rows": list(self._rows.values()),
            "left_out": self.left_out,
        }


_NONE = object()


def digest(value: Any) -> str:
    """Of an answer, without the seconds that it took."""
    text = json.dumps(merging.timeless(value), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def numbers(value: dict[str, Any]) -> dict[str, float]:
    """Some numbers of an answer, so that one that is another can be told by how much."""
    middle = lambda v: v["value"] if isinstance(v, dict) and "value" in v else v
    found = {k: middle(v) for k, v in merging.timeless(value).items()}
    plain = {k: v for k, v in found.items() if type(v) in (int, float) and math.isfinite(v)}
    return dict(list(plain.items())[:NUMBERS])


@dataclasses.dataclass(frozen=True)
class Again:
    """A cell that was measured once more.  title: what is its own; differs: how its answer does,
    or why there is none; nothing where it is equal."""

    title: str
    differs: str


def replay_cells(
    card: dict[str, Any],
    count: int = 0,
    seed: int = 0,
    workers: int = 0,
    watch: Watch | None = None,
) -> Iterator[Again]:
    """Measure `count` cells of a study's card again, chosen by the seed; 0: all of them."""
    cells = card["cells"]
    rows = cells["rows"]
    if count and count < len(rows):
        chosen = sorted(random.Random(seed).sample(range(len(rows)), count))
        rows = [rows[i] for i in chosen]
    plan, known = [], []
    for row in rows:
        try:
            plan.append(cell_of(cells, row))
            known.append(row)
        except UserError as error:
            yield Again(_title(cells, row), str(error))
    threads = cells["threads"]
    for done in engine.in_order(engine.run(plan, None, workers, watch, threads=threads)):
        row = known[done.place]
        yield Again(_title(cells, row), done.problem or _differs(row, done.value or {}))


def cell_of(cells: dict[str, Any], row: dict[str, Any]) -> Cell:
    """The cell of a row.  Raises UserError where it is another question here: other weights, or
    what this version does not know."""
    settings = {k: v for k, v in cells["base"].items() if k not in row["drop"]} | row["set"]
    cell = Cell(unflatten(Experiment, settings), measure_of(cells["measures"][row["measure"]]))
    if digest_of(cell.question) != row["question"]:
        raise UserError("It is another question here: other weights, or another version of it.")
    return cell


def _title(cells: dict[str, Any], row: dict[str, Any]) -> str:
    """What is its own: of its measure what differs from others, and of its view."""
    asked, others = cells["measures"][row["measure"]], cells["measures"]
    own = {k: v for k, v in asked.items() if any(m.get(k) != v for m in others)}
    base = cells["base"]  # its own row sets nothing: what all others set there tells it apart
    keys = row["set"] or {k: 0 for r in cells["rows"][:NUMBERS] for k in r["set"] if k in base}
    words = [f"{k}={v!s:.40}" for k, v in (own | {k: (base | row["set"])[k] for k in keys}).items()]
    return ", ".join(words) or "the only cell"


def _differs(row: dict[str, Any], value: dict[str, Any]) -> str:
    if digest(value) == row["answer"]:
        return ""
    here = numbers(value)
    apart = [
        f"{k} {v!r:.24} in the card, {here.get(k)!r:.24} here"
        for k, v in row["numbers"].items()
        if here.get(k) != v
    ]
    return "; ".join(apart) or "its numbers agree, more digits or samples do not"
