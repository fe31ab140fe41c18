"""Recordings of runs: a file that grows by one line a step, and is whole after every line.

    with Growing(path, limit) as file: file.add({"sigma": 14.6, ...})
    read(data)                         -> the lines, as plain values

Lines are JSON and only ever added, so a run that is killed leaves all steps but the one it was at;
a line that was cut off is left out by the reader.  They are read as data: nothing in them is run.
"""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import UserError
from .unsaved import saving

LARGEST = 8 * 2**20  # bytes that are read; a recorder writes 5 MB at most
LINES = 20_000
FORMAT = "explorer-recording"
NONE = "This is no recording of a run: its first line does not say so."


class Growing:
    """A new file, opened for adding.  Raises UserError where there is one already, Unsaved."""

    def __init__(self, path: str | Path):
        self.path, self.size = Path(path), 0
        with saving(f"The recording {self.path.name}"):
            try:
                self._file = open(self.path, "xb", buffering=0)  # noqa: SIM115  as long as the run
            except FileExistsError:
                raise UserError(
                    f"{self.path.name} is there already; take another name, or remove it first."
                ) from None

    def add(self, line: dict[str, Any]) -> None:
        """One more line, handed to the system whole."""
        data = text(line)
        with saving(f"The recording {self.path.name}"):
            os.write(self._file.fileno(), data)
        self.size += len(data)

    def __enter__(self) -> "Growing":
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def text(line: dict[str, Any]) -> bytes:
    """A line as it is written."""
    return json.dumps(line, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def is_one(data: bytes) -> bool:
    """Whether a file says that it is a recording."""
    return data[:200].lstrip().startswith(b"{") and FORMAT.encode() in data[:200]


def read(data: bytes) -> list[dict[str, Any]]:
    """All whole lines, the header first.  Raises UserError for what is none, or too large."""
    if len(data) > LARGEST:
        raise UserError(
            f"A recording has at most {LARGEST // 2**20} MB; this file has {len(data) / 2**20:.1f}."
        )
    if not is_one(data):
        raise UserError(NONE)
    lines: list[dict[str, Any]] = []
    whole = data.split(b"\n")[:-1]  # what is behind the last end of line was cut off
    if len(whole) > LINES:
        raise UserError(f"A recording has at most {LINES:,} lines; this one has {len(whole):,}.")
    for i, line in enumerate(whole):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            raise UserError(f"Line {i + 1} of the recording is damaged.") from None
        if not isinstance(value, dict):
            raise UserError(f"Line {i + 1} of the recording is no record of a step.")
        lines.append(value)
    if not lines or lines[0].get("format") != FORMAT:
        raise UserError(NONE)
    return lines
