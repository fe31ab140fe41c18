"""Files on their way from the net: what has arrived of one, and what each was when it first came.

with Part(name).alone() as part: ...       known(root) -> {name: SHA-256}       remember(...)
"""

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..errors import UserError
from . import places, reading, writing
from .unsaved import saving

LIST = "digests.json among the downloads"  # as a person is told
LONGEST = 2**20  # bytes of a note or of the list


class Part:
    """The bytes that have arrived of a file, and a note beside them that says of which file.

    It stays where a download is cut, so that the next one goes on from there.
    """

    def __init__(self, name: str, root: str | Path | None = None):
        self.name = name
        self.path = places.cache("downloads", f"{name}.part", root=root)
        self._note = self.path.with_suffix(".json")

    @contextlib.contextmanager
    def alone(self) -> Iterator["Part"]:
        """Nobody else writes it meanwhile.  Raises UserError where another process does."""
        try:
            with writing.lock(self.path, patience=0):
                yield self
        except writing.Busy:
            raise UserError(
                f"{self.name} is being fetched already; wait until it is here."
            ) from None

    @property
    def size(self) -> int:
        """Bytes that have arrived."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def note(self) -> dict:
        """What was noted of the file, or nothing."""
        try:
            found = reading.json(self._note, LONGEST)
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_note(self, note: Mapping) -> None:
        """Note of which file the bytes are."""
        writing.write_json(self._note, note)

    def open(self, resumed: bool):
        """To write on, or from the beginning.  Raises Unsaved, as does what is written to it."""
        return _Saved(self.name, self.path, "ab" if resumed else "wb")

    def drop(self) -> None:
        """Forget what has arrived."""
        for path in (self.path, self._note):
            path.unlink(missing_ok=True)


class _Saved:
    """A file whose every write either is done or says that it was not."""

    def __init__(self, name: str, path: Path, mode: str):
        self._name = name
        with saving(name):
            self._file = path.open(mode, buffering=0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def write(self, piece: bytes) -> None:
        """All of it.  Raises Unsaved."""
        rest = memoryview(piece)
        with saving(self._name):
            while len(rest):
                rest = rest[self._file.write(rest) :]


def list_of(root: str | Path | None = None) -> Path:
    """The file of digests, for people to mend."""
    return places.cache("downloads", "digests.json", root=root)


def known(root: str | Path | None = None) -> dict[str, str]:
    """SHA-256 of each file as it first arrived, by name.  Raises UserError for a damaged list."""
    try:
        found = reading.json(list_of(root), LONGEST)
        if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
            raise ValueError("it is no list of digests")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as problem:
        raise UserError(
            f"{LIST} is damaged ({reading.why(problem)}), so no download can be checked; mend or "
            "remove it."
        ) from None
    return found


def remember(name: str, digest: str, root: str | Path | None = None) -> None:
    """Add a digest to the list, whoever else is adding to it."""
    with writing.lock(list_of(root)):
        writing.write_json(list_of(root), known(root) | {name: digest}, indent=1)


def hub_folder(name: str, root: str | Path | None = None) -> Path:
    """Where a model of the Hugging Face hub is while owner/name is fetched."""
    return places.cache("diffusers", name.replace("/", "--"), root=root)


def drop_hub(name: str, root: str | Path | None = None) -> None:
    """Forget what was fetched of owner/name."""
    shutil.rmtree(hub_folder(name, root))
