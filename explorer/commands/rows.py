"""Rows of a study on their way to a terminal: counted, listed, with the view that they are of."""

import sys
from collections.abc import Iterator
from typing import Any

from ..errors import UserError

Rows = list[dict[str, Any]]


def of(base, rows: Rows, **more: Any) -> dict:
    """The view that the rows are of, the rows, and what else is known."""
    from ..settings import to_query

    return {"query": to_query(base), "rows": rows, **more}


def listed(text: str | None) -> list[str]:
    """The words between commas, or between | where there is one: those may hold commas."""
    text = text or ""
    return [w for w in (word.strip() for word in text.split("|" if "|" in text else ",")) if w]


def number_of(word: str) -> int:
    """A budget.  Raises UserError for anything else."""
    if not word.isdecimal() or not 1 <= int(word[:6]) <= 1023:
        raise UserError(f"A budget must be a whole number from 1 to 1023; got {word!r:.40}.")
    return int(word)


def counted(rows: Iterator[Any]) -> list[Any]:
    """All rows; how many there are so far is told on a terminal."""
    return list(counted_done(rows))


def counted_done(rows: Iterator[Any]) -> Iterator[Any]:
    """Row by row; how many there are so far is told on a terminal, unless its cells are."""
    shown = sys.stderr.isatty()
    for i, row in enumerate(rows, 1):
        if shown and not _cells:
            print(f"\r{i} measured ", end="", file=sys.stderr, flush=True)
        yield row
    if shown:
        print("\r\033[K", end="", file=sys.stderr)


_cells: list[int] = []  # how far the study is whose cells are told


def told_cell(done: Any, of: str = "") -> None:
    """How far a study is, and how long it still takes, told on a terminal.  of: what the total is
    of, where more is to come."""
    from ..study.pace import told

    _cells[:] = [done.count]
    if sys.stderr.isatty():
        left = told(done.left) if done.count < done.total else ""
        words = f"{done.count:,} of {done.total:,}{of}{left and f', {left}'}"
        print(f"\r\033[K{words} ", end="", file=sys.stderr, flush=True)
