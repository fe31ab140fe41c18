"""Data from files of the user's own: numbers under their digest, for as long as they are needed.

put(points, of=visitor) -> digest     read(path(digest)) -> points     left(visitor): they go

What a visitor uploads goes when they have left, unless another has uploaded the same; all of it
goes a day after it was last read, and the oldest before where the cache is full.  Nobody's upload
is pushed out by another's: each visitor has so much room, and where all is taken the next is told.
"""

import os
import threading
from pathlib import Path

import numpy as np

from ..errors import UserError
from . import arrays, places, room
from .results import digest_of
from .unsaved import saving

KEPT_FILES, KEPT_BYTES = 200, 2**30  # of all visitors
OWN_FILES, OWN_BYTES = 20, 2**28  # of one: the oldest of their own go
limit = float("inf")  # bytes of the whole cache; --max-cache
_of: dict[str, dict[str, int]] = {}  # visitor -> digests, oldest first, with their bytes
_lock = threading.RLock()


def put(points: np.ndarray, of: str = "", labels: np.ndarray | None = None) -> str:
    """Keep points as little-endian float32 and return their digest, 16 hexadecimal characters.

    labels: of each of them, if they have any; they are a part of the digest.
    of: the visitor whose they are, if they are to go with them; their oldest make room.  Raises
    UserError where all the room that visitors have is taken, and Unsaved where the disk is full or
    read-only.
    """
    values = points.astype("<f4")
    whole = repr(values.shape).encode() + values.tobytes()
    if labels is None:
        return _keep("points", values, digest_of(whole), of)
    beside = labels.astype("<i4")
    return _keep("points", values, digest_of(whole + beside.tobytes()), of, labels=beside)


def put_file(data: bytes, of: str = "") -> str:
    """Keep the bytes of a file under the same rules; `file` gives them back."""
    return _keep("whole", np.frombuffer(data, dtype=np.uint8), digest_of(data), of)


def file(digest: str) -> bytes:
    """The bytes that `put_file` kept.  Raises FileNotFoundError; KeyError where it was points."""
    place = path(digest)
    data = arrays.read(place, "whole")[0].tobytes()
    _touch(place)
    return data


def _keep(name: str, values: np.ndarray, whole: str, of: str, **beside: np.ndarray) -> str:
    digest = whole[:16]
    place = places.cache("uploads", f"{digest}.npz")
    with _lock:
        own = _of.get(of, {}) if of else {}
        own.pop(digest, None)  # it is the newest now
        while own and (len(own) >= OWN_FILES or sum(own.values()) + values.nbytes > OWN_BYTES):
            oldest = next(iter(own))
            del own[oldest]
            _drop(oldest)
        _check(place, values.nbytes, bool(of))
        with saving("Your file"):
            arrays.write(place, False, **{name: values}, **beside)
        if of:
            _of[of] = own | {digest: values.nbytes}
    return digest


def left(of: str) -> int:
    """A visitor has gone, and their uploads with them; returns how many went."""
    with _lock:
        return sum(map(_drop, _of.pop(of, {})))


def visitors() -> list[str]:
    """Whose uploads are here."""
    with _lock:
        return list(_of)


def path(digest: str) -> Path:
    """Where these points are, if they are on this machine."""
    return places.found("uploads", f"{digest}.npz")


def read(place: Path) -> np.ndarray:
    """The points, float32.  Raises FileNotFoundError."""
    points = arrays.read(place, "points")[0]
    _touch(place)
    return points


def labels(place: Path) -> np.ndarray | None:
    """Those that were kept with the points.  Raises FileNotFoundError."""
    try:
        return arrays.read(place, "labels")[0]
    except KeyError:
        return None


def _touch(place: Path) -> None:
    try:
        os.utime(place)  # a day from now
    except OSError:
        pass  # of a folder that may only be read


def _drop(digest: str) -> bool:
    """Remove an upload that no visitor has any more."""
    if any(digest in own for own in _of.values()):
        return False
    return room.drop(places.cache("uploads", f"{digest}.npz"))


def _check(place: Path, size: int, strange: bool) -> None:
    """Raise UserError where there is no room for so many bytes more.  strange: from a visitor;
    else the oldest of what nobody on this page has make room.
    """
    rows = [r for r in _listing(place.parent) if r[2] != place]
    mine = {digest for own in _of.values() for digest in own}
    rows.sort()
    while rows and (len(rows) >= KEPT_FILES or sum(r[1] for r in rows) + size > KEPT_BYTES):
        spare = next((r for r in rows if r[2].stem not in mine), None)
        if spare is None:
            raise UserError(
                f"This page holds {KEPT_FILES} uploads or {KEPT_BYTES / 2**30:.0f} GB of visitors "
                "already, so yours was not kept; try again when somebody has left."
            )
        room.drop(spare[2])
        rows.remove(spare)
    if strange and limit < float("inf") and room.trim(limit - size) + size > limit:
        raise UserError(
            f"The cache of this page is full ({limit / 1e9:.3g} GB), so your file was not kept; "
            "its owner can make room with “python -m explorer cache clear”."
        )


def _listing(folder: Path) -> list[tuple[int, int, Path]]:
    """(time written in ns, bytes, path) of every file; another server may be removing some."""
    rows = []
    for file in folder.glob("*.npz"):
        try:
            stat = file.stat()
        except OSError:
            continue
        rows.append((stat.st_mtime_ns, stat.st_size, file))
    return rows
