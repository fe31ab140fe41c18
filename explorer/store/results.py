"""Results by the question they answer: files named by a digest, each written in one act.

    kept = Results(places.cache("studies", name))
    kept.put(key, value)        kept.get(key) -> value, or None        key in kept

Any number of processes may read and write the same folder.  Who writes the same question twice
writes the same answer twice, so no lock is needed.
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import reading
from .unsaved import saving
from .writing import write_json

LARGEST = 2**28  # bytes of an answer
_PART = re.compile("[0-9a-f]{2}")


class Results:
    """A folder of answers.  key: a text that holds all that the answer depends on, such as a view's
    query with the version of the measure.  value: plain values, as JSON keeps them (a tuple comes
    back as a list); None is no answer.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def path(self, key: str) -> Path:
        """Where the answer to this question is, or would be."""
        return self.named(digest_of(key))

    def named(self, digest: str) -> Path:
        """The same, by the digest of the question."""
        return self.folder / digest[:2] / f"{digest}.json"

    def row(self, path: Path) -> dict[str, Any] | None:
        """{"key", "value"} of a file, or None where it is damaged or no answer."""
        return _read(path)

    def get(self, key: str) -> Any:
        """The answer, or None if there is none yet.  A damaged file is none, and so is one that
        answers another question.
        """
        row = _read(self.path(key))
        return row["value"] if row and row["key"] == key else None

    def put(self, key: str, value: Any) -> None:
        """Keep an answer; a reader sees all of it or nothing.  Raises Unsaved."""
        # not durable: what a power cut takes is measured again
        with saving("A result"):
            write_json(self.path(key), {"key": key, "value": value}, durable=False)

    def begin(self) -> None:
        """Make the folder, so that one without answers is there too.  Raises Unsaved."""
        with saving("A folder of results"):
            self.folder.mkdir(parents=True, exist_ok=True)

    def digests(self) -> set[str]:
        """The names of all answers, without a look into any: one listing of each folder."""
        found = set()
        with contextlib.suppress(FileNotFoundError):
            for part in os.scandir(self.folder):
                if _PART.fullmatch(part.name) and part.is_dir():
                    found |= {f.name[:-5] for f in os.scandir(part) if f.name.endswith(".json")}
        return found

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """All questions with their answers."""
        for path in _files(self.folder):
            if row := _read(path):
                yield row["key"], row["value"]

    def trim(self, most: int) -> int:
        """Let the oldest go until all hold at most so many bytes; how many went."""
        files = [(f.stat().st_mtime, f.stat().st_size, f) for f in _files(self.folder)]
        held, gone = sum(size for _, size, _ in files), 0
        for _, size, file in sorted(files):
            if held <= most:
                break
            with contextlib.suppress(OSError):  # another process was first
                file.unlink()
                gone += 1
            held -= size
        return gone


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9a-f][0-9a-f]/*.json"))


def digest_of(data: str | bytes) -> str:
    """SHA-256, in hexadecimal: the name of a file that is named by its content."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def _read(path: Path) -> dict | None:
    try:
        row = reading.json(path, LARGEST)
    except (OSError, ValueError):
        return None
    return row if isinstance(row, dict) and {"key", "value"} <= row.keys() else None
