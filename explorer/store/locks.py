"""Locks between processes, held by the system, which frees them whenever a holder ends.

    with lock(path, patience=5): ...         only one process is in there
    hold(path, patience) -> Held             for longer than a block; a child can go on holding it
    is_held(path)                            whether anybody is in there now

A lock is on `.NAME.lock` beside the path and outlives nobody, also after `kill -9`.
"""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ..errors import UserError
from .unsaved import saving

_PAUSE = 0.02  # seconds between two tries for a lock


class Busy(UserError):
    """Another process is at work there."""


class Held:
    """A lock that this process holds.  file: whose descriptor a child may inherit."""

    def __init__(self, place: Path, file: IO[bytes]):
        self._place, self.file = place, file

    def release(self) -> None:
        """Free it, and leave no file."""
        with contextlib.suppress(OSError):  # Windows removes no open file
            if _same(self.file, self._place):
                self._place.unlink()
        self.file.close()

    def hand_over(self) -> None:
        """A child has inherited the descriptor: it alone holds the lock from now on."""
        self.file.close()


def hold(path: Path, patience: float | None = None) -> Held:
    """Be alone at this path, until `release`; it is not re-entrant.

    patience: seconds to wait, for ever if None.  Raises Busy when they are over, and Unsaved where
    the disk takes no lock.
    """
    place = _beside(path)
    until = None if patience is None else time.monotonic() + patience
    while True:
        with saving(path.name):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = place.open("ab")
        try:
            taken = _take(file) and _same(file, place)
        except BaseException:
            file.close()
            raise
        if taken:
            return Held(place, file)
        file.close()
        if until is not None and time.monotonic() >= until:
            raise Busy(f"Another process is at work on {path.name}; try again when it is done.")
        time.sleep(_PAUSE)


def inherited(path: Path, descriptor: int) -> Held:
    """The lock that the parent of this process took for it."""
    os.set_inheritable(descriptor, False)  # no child of this process goes on holding it
    return Held(_beside(path), os.fdopen(descriptor, "ab"))


@contextlib.contextmanager
def lock(path: Path, patience: float | None = None) -> Iterator[None]:
    """Only one process, and one thread of it, is inside for this path at a time; as `hold`."""
    held = hold(path, patience)
    try:
        yield
    finally:
        held.release()


def is_held(path: Path) -> bool:
    """Whether some process, or this one, is inside for this path now."""
    try:
        with _beside(path).open("rb+") as file:
            return not _free(file)
    except OSError:  # nobody has been in there, or nobody can
        return False


def sweep(folder: Path) -> None:
    """Remove the lock files that dead processes left in a folder."""
    for place in folder.glob(".*.lock"):
        with contextlib.suppress(OSError), place.open("rb+") as file:
            if _take(file) and _same(file, place):
                place.unlink()


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


def _same(file: IO[bytes], place: Path) -> bool:
    """Whether the lock that was taken is on the file that others will see: the one who held it
    before removed it.
    """
    try:
        return os.path.samestat(os.fstat(file.fileno()), place.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _free(file: IO[bytes]) -> bool:
        return _take(file)  # and freed when the file is closed

else:
    import fcntl

    def _take(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _free(file: IO[bytes]) -> bool:
        try:  # a shared lock: who only looks never keeps another from looking
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
