"""Trainings that are not finished: settings, state, who began one, and whether it is to stop.

folder(name) -> Path        unfinished() -> [folder, ...], newest first        forget(name)

Each lies in a folder of its own, whose name holds no path.
"""

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import UserError
from . import places, writing

STATE, SETTINGS, STOP, OWNER = "state.pt", "training.json", "stop", "owner"
PATIENCE = 10.0  # seconds for a process that was asked to stop, or whose server died, to be gone


def folder(name: str, root: str | Path | None = None) -> Path:
    """Where the training of this name is.  Raises UserError for a name that cannot be."""
    return places.cache("training", places.check_name(name, "run"), root=root)


def unfinished(root: str | Path | None = None) -> list[Path]:
    """Folders of those that have a state to go on from, newest first."""
    found = []
    for state in places.cache("training", root=root).glob(f"*/{STATE}"):
        with contextlib.suppress(OSError):  # just finished
            found.append((state.stat().st_mtime_ns, state.parent))
    return [place for _, place in sorted(found, reverse=True)]


def forget(name: str, root: str | Path | None = None) -> None:
    """Remove what is on disk of one."""
    shutil.rmtree(folder(name, root), ignore_errors=True)


@contextlib.contextmanager
def alone(place: Path) -> Iterator[None]:
    """No other process trains in this folder meanwhile.  Raises UserError where one does."""
    try:
        with writing.lock(place, PATIENCE):
            yield
    except writing.Busy:
        raise UserError(
            f"{place.name} is being trained by another process; stop that one or choose another "
            "name."
        ) from None


# ---- what is in a folder -------------------------------------------------------------------------


def begin(place: Path, settings: Mapping[str, Any]) -> None:
    """Note what is being trained."""
    writing.write_json(place / SETTINGS, settings, indent=1)


def settings(place: Path) -> dict[str, Any]:
    """What is being trained, in flat form.  Raises OSError or ValueError where it is not known."""
    return json.loads((place / SETTINGS).read_text(encoding="utf-8"))


def state(place: Path) -> Path | None:
    """The file of the last state, or None before there is one."""
    path = place / STATE
    return path if path.exists() else None


def write_state(place: Path, content: bytes | memoryview) -> None:
    """Write the state in one act: whoever is killed while writing leaves the state before."""
    writing.write_bytes(place / STATE, content)


def ask_to_stop(place: Path, yes: bool = True) -> None:
    """Leave word for the process that trains here; yes=False: take it back."""
    if yes:
        place.mkdir(parents=True, exist_ok=True)
        (place / STOP).touch()
    else:
        (place / STOP).unlink(missing_ok=True)


def is_to_stop(place: Path) -> bool:
    """Whether somebody asked the training here to stop."""
    return (place / STOP).exists()


def claim(name: str, owner: str) -> None:
    """Note who began one, unless that is noted already."""
    path = folder(name) / OWNER
    with writing.lock(path):
        if not path.exists():
            writing.write_text(path, owner)


def owner(name: str) -> str | None:
    """Who began one, or None where that is not known: at the command line, or there is none."""
    try:
        return (folder(name) / OWNER).read_text(encoding="utf-8")
    except (OSError, UserError):
        return None
