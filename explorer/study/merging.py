"""Folders of answers put together: the parts of a study that were made apart.

    merged = merge(["a", "b"], "out")        merged.added, merged.differing, ...

Equal answers are one.  Two that differ are neither chosen: both places are named, and the question
stays open in the new folder, to be measured anew.  How long a cell took is no part of an answer.
"""

import dataclasses
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..store.results import Results, digest_of

CLOCK = "seconds"  # what an answer says of time, at any depth


@dataclasses.dataclass(frozen=True)
class Differing:
    """Two answers to one question.  by: the largest relative difference of two of their numbers;
    infinite where they differ otherwise.
    """

    key: str
    one: Path
    other: Path
    by: float


@dataclasses.dataclass(frozen=True)
class Merged:
    """What came of it.  added: answers that are new in the folder; same: those that were there, or
    in several folders, with equal answers; damaged: files that hold no answer to their name.
    """

    added: int
    same: int
    differing: tuple[Differing, ...]
    damaged: tuple[Path, ...]


def merge(folders: Sequence[Path | str], out: Path | str) -> Merged:
    """Put the answers of some folders into another, which may hold some already.

    A digest on which two folders differ is not added; what `out` held before stays as it is.
    Raises UserError for a folder that is not there, and for `out` among them.
    """
    into, given = Results(Path(out)), [Results(Path(f)) for f in folders]
    _check(given, into)
    added = same = 0
    differing: list[Differing] = []
    damaged: list[Path] = []
    places: dict[str, list[Results]] = {}
    for results in [into, *given]:
        for digest in results.digests():
            places.setdefault(digest, []).append(results)
    for digest, holders in sorted(places.items()):
        if holders == [into]:
            continue
        known, bad = _read(digest, holders)
        damaged += bad
        if not known:
            continue
        (first, row), *others = known
        apart = [_apart(first, row, p, r) for p, r in others]
        found = [d for d in apart if d is not None]
        differing += found
        if found:
            continue
        same += len(others)
        if first != into.named(digest):
            into.put(row["key"], row["value"])
            added += 1
    return Merged(added, same, tuple(differing), tuple(damaged))


def _check(given: Sequence[Results], into: Results) -> None:
    if not given:
        raise UserError("Name the folders to merge, as in: study merge A B --folder OUT.")
    for results in given:
        if not results.folder.is_dir():
            raise UserError(f"There is no folder {str(results.folder)!r:.200}.")
        if results.folder.resolve() == into.folder.resolve():
            raise UserError("A folder is not merged into itself; name another with --folder.")


def _read(digest: str, holders: Sequence[Results]) -> tuple[list[tuple[Path, dict]], list[Path]]:
    """(what is whole, what is damaged): a file must answer the question that it is named by."""
    known, bad = [], []
    for results in holders:
        path = results.named(digest)
        row = results.row(path)
        if row is None or digest_of(row["key"]) != digest:
            bad.append(path)
        else:
            known.append((path, row))
    return known, bad


def _apart(one: Path, mine: dict, other: Path, its: dict) -> Differing | None:
    a, b = timeless(mine["value"]), timeless(its["value"])
    if _text(a) == _text(b):
        return None
    return Differing(mine["key"], one, other, difference(a, b))


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def timeless(value: Any) -> Any:
    """An answer without the seconds that it took: what must be equal."""
    if isinstance(value, dict):
        return {k: timeless(v) for k, v in value.items() if k != CLOCK}
    return [timeless(v) for v in value] if isinstance(value, list) else value


def difference(a: Any, b: Any) -> float:
    """The largest relative difference of two numbers in the same place of two answers."""
    return max(_differences(a, b), default=0.0)


def _differences(a: Any, b: Any) -> Iterator[float]:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (a, b))
    if numbers:
        same = a == b or (math.isnan(a) and math.isnan(b))
        yield 0.0 if same else abs(a - b) / max(abs(a), abs(b))
    elif isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        for k in a:
            yield from _differences(a[k], b[k])
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for x, y in zip(a, b):
            yield from _differences(x, y)
    else:
        yield 0.0 if a == b else math.inf
