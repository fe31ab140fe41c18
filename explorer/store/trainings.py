"""Trainings that are not finished: settings, state and who began one.

folder(name) -> Path        unfinished() -> [folder, ...], newest first        forget(name)

Each lies in a folder of its own, whose name holds no path.  Whoever trains in one holds its lock,
from before the first byte until the process ends, however it ends.
"""

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import UserError
from . import locks, places, reading, writing
from .unsaved import saving

STATE, SETTINGS, OWNER = "state.pt", "training.json", "owner"
PATIENCE = 10.0  # seconds for a process that was asked to stop, or whose server died, to be gone
LONGEST = 2**20  # bytes of the settings, or of the owner, that are read


def folder(name: str, root: str | Path | None = None) -> Path:
    """Where the training of this name is.  Raises UserError for a name that cannot be."""
    return places.cache("training", places.check_name(name, "run"), root=root)


def unfinished(root: str | Path | None = None) -> list[Path]:
    """Folders of those that have a state to go on from, newest first."""
    found = []
    for state in places.cache("training", root=root).glob(f"*/{STATE}"):
        with contextlib.suppress(OSError):  # just finished
            if state.is_file():
                found.append((state.stat().st_mtime_ns, state.parent))
    return [place for _, place in sorted(found, reverse=True)]


def forget(name: str, root: str | Path | None = None) -> None:
    """Remove what is on disk of one, its owner with it.  Raises UserError where it stays."""
    place = folder(name, root)
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            place.unlink(missing_ok=True)
    if state(place):
        raise UserError(
            f"What is kept of “{name}” cannot be removed: the disk is read-only, or the folder may "
            "not be written to."
        )


# ---- who is at work in a folder ------------------------------------------------------------------


def reserve(place: Path, patience: float | None = None) -> locks.Held:
    """Be the only one who trains in this folder.  Raises UserError where another process does.

    patience: seconds to wait for it to be gone; PATIENCE if not given.
    """
    try:
        with saving(f"The training “{place.name}”"):
            return locks.hold(place, PATIENCE if patience is None else patience)
    except locks.Busy:
        raise UserError(
            f"{place.name} is being trained by another process; stop that one or choose another "
            "name."
        ) from None


@contextlib.contextmanager
def alone(place: Path, descriptor: int | None = None) -> Iterator[None]:
    """As `reserve`, for a block.  descriptor: of the lock that a parent took for this process."""
    held = reserve(place) if descriptor is None else locks.inherited(place, descriptor)
    try:
        yield
    finally:
        held.release()


def is_busy(place: Path) -> bool:
    """Whether some process trains in this folder now."""
    return locks.is_held(place)


def sweep(root: str | Path | None = None) -> None:
    """Remove the locks, and in an hour the parts, that dead processes left."""
    place = places.cache("training", root=root)
    for one in [place, *(p for p in place.glob("*") if p.is_dir())]:
        writing.sweep(one)


# ---- what is in a folder -------------------------------------------------------------------------


def begin(place: Path, settings: Mapping[str, Any]) -> None:
    """Note what is being trained.  Raises Unsaved."""
    with saving(f"The training “{place.name}”"):
        writing.write_json(place / SETTINGS, settings, indent=1)


def settings(place: Path) -> dict[str, Any]:
    """What is being trained, in flat form.  Raises OSError or ValueError where it is not known."""
    found = reading.json(place / SETTINGS, LONGEST)
    if not isinstance(found, dict):
        raise ValueError("the settings are no object of JSON")
    return found


def state(place: Path) -> Path | None:
    """The file of the last state, or None before there is one."""
    path = place / STATE
    with contextlib.suppress(OSError):  # a circle of links
        if path.is_file():
            return path
    return None


def write_state(place: Path, content: bytes | memoryview) -> None:
    """Write the state in one act: whoever is killed while writing, and a disk that is full, leave
    the state before.  Raises Unsaved.
    """
    with saving(f"The state of “{place.name}”"):
        writing.write_bytes(place / STATE, content)


def claim(name: str, owner: str) -> None:
    """Note who began one, unless that is noted already.  Raises Unsaved."""
    path = folder(name) / OWNER
    with saving(f"Who began “{name}”"), writing.lock(path):
        if not path.exists():
            writing.write_text(path, owner)


def owner(name: str) -> str | None:
    """Who began one, or None where that is not known: at the command line, or there is none."""
    try:
        return reading.text(folder(name) / OWNER, LONGEST)
    except (OSError, ValueError):
        return None
