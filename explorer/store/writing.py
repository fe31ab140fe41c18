"""Files written in one act.

    write_bytes(path, data)     write_text(path, text)     write_json(path, value)
    with whole(path) as part: ...            for a library that writes by itself
    with whole_folder(path) as part: ...     for files that belong together
    with lock(path, patience=5): ...         only one process is in there

A reader sees the old content or the new, never a piece, also after `kill -9` or a power cut.  What
is being written lies beside its place as `.NAME.RANDOM.part`; a part that a dead process left is
removed an hour later by the next process that writes into the folder.  Where the disk is full or
read-only the old content stays, no part does, and Unsaved says so.
"""

import contextlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import locks
from .locks import Busy, lock
from .unsaved import Unsaved, saving

__all__ = [
    "Busy",
    "lock",
    "mend",
    "sweep",
    "whole",
    "whole_folder",
    "write_bytes",
    "write_json",
    "write_text",
]

FORGOTTEN = 3600.0  # seconds without a change after which nobody writes a part any more
_swept: set[Path] = set()


def write_bytes(path: Path, data: bytes | memoryview, durable: bool = True) -> None:
    """Write a file in one act.  durable: wait for the disk, so that it outlives a power cut; else a
    power cut may leave an empty file, which whoever reads it must bear.
    """
    with whole(path, durable) as part:
        part.write_bytes(data)


def write_text(path: Path, text: str, durable: bool = True) -> None:
    """Write a text file, UTF-8, in one act."""
    write_bytes(path, text.encode(), durable)


def write_json(path: Path, value: Any, indent: int | None = None, durable: bool = True) -> None:
    """Write plain values as JSON in one act."""
    write_text(path, json.dumps(value, indent=indent, ensure_ascii=False), durable)


@contextlib.contextmanager
def whole(path: Path, durable: bool = True) -> Iterator[Path]:
    """A path to write to; it becomes `path` when the block ends well, and is removed otherwise."""
    with saving(path.name):
        part = _part(path)
        try:
            yield part
            if durable:
                _flush(part)
            part.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink()
            raise


@contextlib.contextmanager
def whole_folder(path: Path, replace: bool = False) -> Iterator[Path]:
    """As `whole` for a folder.  Raises FileExistsError if it is there, unless `replace`: then the
    old one steps aside for the moment between two renames, and `mend` brings it back if the
    process dies just then.
    """
    try:
        with saving(path.name):
            part = _part(path)
            part.mkdir()
            try:
                yield part
                _settle(part, path, replace)
            except BaseException:
                shutil.rmtree(part, ignore_errors=True)
                raise
    except _Taken:
        raise FileExistsError(path) from None


class _Taken(Exception):
    """Something is where a new folder was to go."""


def _settle(part: Path, path: Path, replace: bool) -> None:
    """Put a folder that is written in its place."""
    for file in part.rglob("*"):
        if file.is_file():
            _flush(file)
    with lock(path):
        aside = part.with_suffix(".old")
        if path.exists():
            if not replace:
                raise _Taken
            path.rename(aside)
        part.rename(path)
        shutil.rmtree(aside, ignore_errors=True)


def mend(folder: Path) -> None:
    """Bring back what stepped aside for a new version that never came, and remove what was left."""
    for aside in folder.glob(".*.old"):
        path = folder / aside.name[1:].rsplit(".", 2)[0]
        try:
            with lock(path, patience=0.5):
                if path.exists():
                    shutil.rmtree(aside, ignore_errors=True)
                else:
                    aside.rename(path)
        except (Busy, Unsaved, OSError):  # it is being replaced, or mended by another process
            continue


def sweep(folder: Path) -> None:
    """Remove the parts and locks that dead processes left in a folder."""
    locks.sweep(folder)
    for part in folder.glob(".*.part"):
        with contextlib.suppress(OSError):  # another process may be removing it
            if time.time() - part.stat().st_mtime > FORGOTTEN:
                if part.is_dir():
                    shutil.rmtree(part)
                else:
                    part.unlink()


def _part(path: Path) -> Path:
    """A new name beside this one, in a folder that is there and was swept once by this process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.parent not in _swept:
        _swept.add(path.parent)
        sweep(path.parent)
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
