"""How a study works, where it is not said at each of its calls: engine, part, threads, who is told.

with way(Way(on="dask://host:8786")): ...        every study in here works so
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ..errors import UserError


@dataclasses.dataclass(frozen=True)
class Shard:
    """Part `number` (from 1) of `parts`.  A cell belongs to one by the digest of its question, so
    that a longer plan leaves each where it was.
    """

    number: int
    parts: int

    @classmethod
    def of(cls, text: str) -> "Shard | None":
        """“2/8”; nothing is the whole.  Raises UserError."""
        if not text:
            return None
        number, _, parts = text.partition("/")
        whole = number.isdecimal() and parts.isdecimal() and len(parts) < 7
        if not whole or not 1 <= int(number) <= int(parts):
            raise UserError(f"A shard is written as 2/8, the second of eight; got {text!r:.40}.")
        return cls(int(number), int(parts))

    def has(self, digest: str) -> bool:
        """Whether a cell with this digest belongs here; one without a question to the first."""
        return int(digest[:15] or "0", 16) % self.parts == self.number - 1


class Part(Exception):
    """A part of a study is answered, which alone shows nothing: merge it with the others."""

    def __init__(self, shard: Shard, cells: int, total: int, problems: int):
        self.shard, self.cells, self.total, self.problems = shard, cells, total, problems
        bad = f", {problems} of them could not be measured" if problems else ""
        super().__init__(
            f"Part {shard.number} of {shard.parts}: {cells} of {total} cells are answered{bad}. "
            "Put the folders of all parts together with “study merge FOLDER … --folder OUT”."
        )


@dataclasses.dataclass(frozen=True)
class Way:
    """on: an engine of other machines, study.executors, with its options; device: of its workers.
    threads: of each cell's arithmetic; 0 leaves it to the engine.  tell: is told of each cell.
    workers: processes of this machine.  folder: of the answers.
    """

    on: str = ""
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    shard: Shard | None = None
    threads: int = 0
    device: str = "auto"
    tell: Callable[[Any], None] | None = None
    workers: int = 0
    folder: Path | None = None


DEFAULT = Way()
_way: ContextVar[Way] = ContextVar("way", default=DEFAULT)


@contextlib.contextmanager
def way(chosen: Way) -> Iterator[None]:
    """Studies in here work so."""
    token = _way.set(chosen)
    try:
        yield
    finally:
        _way.reset(token)


def current() -> Way:
    """How a study works here."""
    return _way.get()
