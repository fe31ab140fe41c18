"""Data from files of the user's own: numbers under their digest, the newest of them.

put(points) -> digest        read(path(digest)) -> points
"""

from pathlib import Path

import numpy as np

from . import arrays, places
from .results import digest_of
from .unsaved import saving

KEPT_FILES = 200
KEPT_BYTES = 2**30


def put(points: np.ndarray) -> str:
    """Keep points as little-endian float32 and return their digest, 16 hexadecimal characters; the
    oldest files are forgotten.  Raises Unsaved where the disk is full or read-only.
    """
    values = points.astype("<f4")
    digest = digest_of(repr(values.shape).encode() + values.tobytes())[:16]
    place = places.cache("uploads", f"{digest}.npz")
    with saving("Your file"):
        arrays.write(place, points=values)
    _forget(place.parent)
    return digest


def path(digest: str) -> Path:
    """Where these points are, if they are on this machine."""
    return places.found("uploads", f"{digest}.npz")


def read(place: Path) -> np.ndarray:
    """The points, float32.  Raises FileNotFoundError."""
    return arrays.read(place, "points")[0]


def _forget(folder: Path) -> None:
    total = 0
    for i, (_, size, old) in enumerate(sorted(_listing(folder), reverse=True)):
        total += size
        if i and (i >= KEPT_FILES or total > KEPT_BYTES):
            old.unlink(missing_ok=True)


def _listing(folder: Path) -> list[tuple[int, int, Path]]:
    """(time written in ns, bytes, path) of every file; another server may be removing some."""
    rows = []
    for file in folder.glob("*.npz"):
        try:
            stat = file.stat()
        except FileNotFoundError:
            continue
        rows.append((stat.st_mtime_ns, stat.st_size, file))
    return rows
