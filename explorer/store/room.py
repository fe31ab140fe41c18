"""How much the cache folder holds of each kind, and how some of it is let go.

    listing() -> [Kind, ...]        clear(name) -> Cleared        trim(most)        expire()

Some of it goes by itself: data that came from a browser, and what can be had again.  What a person
saved on purpose never does.  What a process works on stays whatever is asked.
"""

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from . import locks, places
from .downloads import list_of
from .unsaved import saving

ARRIVING, COMPILED = "arriving", "compiled"
DAY = 24 * 3600.0  # seconds after which an upload is forgotten
HOUR = 3600.0  # seconds after which what a browser has sent is read, or never will be
YOUNG = 60.0  # seconds
PASSING = {  # what goes by itself, first what is missed least
    ARRIVING: "files that browsers are sending",
    "downloads": "networks on their way",
    "diffusers": "networks of the hub on their way",
    COMPILED: "what PyTorch compiled of networks",
    "uploads": "data from files of visitors",
}
KEPT = {  # only a person removes these
    "models": "networks",
    "predictors": "predictors of AMED",
    "training": "trainings that are not finished",
    "studies": "results of many runs",
    "published": "data sets fetched from OpenML",
}
KINDS = PASSING | KEPT


@dataclass(frozen=True)
class Kind:
    """What there is of one kind.  size: bytes; age: seconds since the oldest and the newest of it
    were written, or None where there is nothing.
    """

    name: str
    about: str
    count: int
    size: int
    age: tuple[float, float] | None


@dataclass(frozen=True)
class Cleared:
    """What went, in number and bytes; and the names of what stayed, for somebody is at work on it
    or the disk let it not go.
    """

    count: int
    size: int
    stayed: tuple[str, ...]


def listing(root: str | Path | None = None) -> list[Kind]:
    """What there is, of every kind."""
    rows, now = [], time.time()
    for name, about in KINDS.items():
        things = [_measured(item) for item in _items(name, root)]
        ages = [max(0.0, now - at) for _, at in things]
        age = (max(ages), min(ages)) if ages else None
        rows.append(Kind(name, about, len(things), sum(size for size, _ in things), age))
    return rows


def clear(name: str, root: str | Path | None = None) -> Cleared:
    """Remove all of one kind.  Raises UserError for an unknown one."""
    if name not in KINDS:
        raise UserError(f"There is no {name[:40]!r} in the cache. Known: {', '.join(KINDS)}.")
    count = freed = 0
    stayed = []
    for item in _items(name, root):
        size = _measured(item)[0]
        if drop(item):
            count, freed = count + 1, freed + size
        else:
            stayed.append(item.name)
    return Cleared(count, freed, tuple(stayed))


def total(root: str | Path | None = None) -> int:
    """Bytes of everything."""
    return sum(kind.size for kind in listing(root))


def trim(most: float, root: str | Path | None = None) -> int:
    """Let go of the oldest of what goes by itself, until at most so many bytes are left; returns
    how many there are now, which is more if people saved more.
    """
    there = total(root)
    for name in PASSING:
        things = [(*_measured(item), item) for item in _items(name, root)]
        for size, at, item in sorted(things, key=lambda thing: thing[1]):
            if there <= most:
                return there
            if name in (ARRIVING, COMPILED) and time.time() - at < YOUNG:
                continue  # it may be on its way still, or be read just now
            there -= size if drop(item) else 0
    return there


def expire(root: str | Path | None = None) -> None:
    """Let go of uploads that nobody has read for a day, and of files that nobody took in."""
    for name, age in (("uploads", DAY), (ARRIVING, HOUR)):
        for item in _items(name, root):
            if time.time() - _measured(item)[1] > age:
                drop(item)


def drop(item: Path) -> bool:
    """Remove a file or a folder that nobody works on; whether it is gone."""
    try:
        held = locks.hold(item, patience=0)
    except UserError:  # busy, or a disk that takes no lock lets nothing go either
        return False
    try:
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                item.unlink(missing_ok=True)
    finally:
        held.release()
    return not item.is_symlink() and not item.exists()


def arriving() -> Path:
    """The folder for what browsers send, made and writable.  Raises Unsaved where it cannot be."""
    place = places.cache(ARRIVING)
    with saving("What browsers send"):
        place.mkdir(parents=True, exist_ok=True)
        if not os.access(place, os.W_OK):
            raise OSError(errno.EROFS, "read-only")
    return place


def taken_in(path: Path) -> None:
    """What a browser has sent is read: its file goes, with the folder that it came in."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
        path.parent.rmdir()  # if nothing else is in there


def _items(name: str, root: str | Path | None) -> list[Path]:
    """The things of one kind; locks and the list of digests, by which downloads are known, are
    none.
    """
    place = places.cache(name, root=root)
    try:
        return [p for p in place.iterdir() if p.suffix != ".lock" and p != list_of(root)]
    except OSError:
        return []


def _measured(item: Path) -> tuple[int, float]:
    """(bytes, when it was written last) of a file, or of all that is in a folder."""
    size, newest = 0, 0.0
    for path in _within(item):
        with contextlib.suppress(OSError):  # just removed
            stat = path.lstat()
            size, newest = size + stat.st_size, max(newest, stat.st_mtime)
    return size, newest


def _within(item: Path) -> Iterator[Path]:
    if item.is_dir() and not item.is_symlink():
        yield from (p for p in item.rglob("*") if p.is_symlink() or not p.is_dir())
        with contextlib.suppress(OSError):
            if not any(item.iterdir()):
                yield item
    else:
        yield item
