"""Data of the user's own: a file is read once and kept under its digest, which a link can carry.

    store(file) -> digest        Upload(digest).points(), .labels()
    taken(file) -> (digest, what was read of it, in a sentence)

A link names a digest, never a path, and what is kept holds numbers only.
"""

import re
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from ..numerals import count
from ..reading.labels import MOST
from ..reading.numbers import NUMBERS, ROWS, limits, named
from ..reading.shapes import LEAST, SIDE
from ..settings import param, setting
from ..store import apart, uploads
from .planar import scaled, thickness_param
from .views import principal_plane

LIMITS = apart.Limits()  # of the process that reads a file


@setting
class Upload:
    """Points or images from a file, as `store` kept them.

    Point sets have mean 0 and root mean square 0.5 per coordinate whatever their units were.
    Images are in [-1, 1].  Everything but the digest's form is checked when the data is asked for:
    raises UserError where no file was given or this machine does not hold it.
    """

    name: ClassVar[str] = "upload"
    label: ClassVar[str] = "Your file"
    about: ClassVar[str] = "Points (.npy, .npz, .csv) or images (.zip) of your own."
    source: ClassVar[str] = "the user's own file"
    needs: ClassVar[str] = "file"
    principal: ClassVar[bool] = True
    digest: str = param("", longest=16, label="File", help="what the link calls the uploaded data")
    thickness: float = thickness_param(0.0)

    def check(self):
        if self.digest and not re.fullmatch(r"[0-9a-f]{16}", self.digest):
            raise UserError(
                f"File = {self.digest!r} is not the name of uploaded data; 16 of the "
                "characters 0-9 and a-f work. Upload the file again."
            )

    @property
    def kind(self) -> str:
        """ "plane" while no file is given."""
        if not self.digest:
            return "plane"
        shape = self.points().shape[1:]
        return "image" if len(shape) == 3 else "line" if shape == (1,) else "plane"

    def points(self) -> Tensor:
        """(K, D) or (K, C, H, W)."""
        return _kept(self._path())

    @property
    def classes(self) -> int:
        """0 where the file had no labels, or while none is given."""
        found = self.labels() if self.digest else None
        return 0 if found is None else int(found.max()) + 1

    def labels(self) -> Tensor | None:
        """(K,), where a column of the file was headed as one of labels."""
        return _labels(self._path())

    def view(self) -> Tensor:
        """(2, D): the plane itself or the principal one; (1, 1) on a line."""
        return _view(self._path())

    def _path(self) -> Path:
        if not self.digest:
            raise UserError(f"No data is uploaded yet; give a file: {limits()}.")
        return uploads.path(self.digest)


def can_be_given(shape: tuple[int, ...]) -> bool:
    """Whether images of one's own may have this shape: square, grey or RGB, as `store` has it."""
    square = len(shape) == 3 and shape[1] == shape[2]
    return square and shape[0] in (1, 3) and LEAST <= shape[1] <= SIDE


def store(source: bytes | str | Path, filename: str = "", size: int = 16, of: str = "") -> str:
    """Read a file, keep its numbers and return their digest, 16 hexadecimal characters.

    source: its bytes or its path.  filename: what the user calls it, for its ending and for
    messages; it is never opened.  size: the side in pixels of images from a .zip, 8 to 128.
    of: the visitor with whom it goes again, if any.
    Raises UserError for whatever cannot be read.  A process of its own reads it.
    """
    return taken(source, filename, size, of)[0]


def taken(
    source: bytes | str | Path, filename: str = "", size: int = 16, of: str = ""
) -> tuple[str, str]:
    """`store`, and what was read: how many rows, what the coordinates are, what the labels."""
    filename, shown = named(source, filename, size)
    task = "explorer.reading.numbers:points"
    with apart.read(task, source, shown, LIMITS, of, filename=filename, size=size) as found:
        raw = _sound(found.array("points"), shown)
        columns, label = _heads(found.value, raw, shown)
        labels = _sound_labels(found.array("labels"), raw, shown) if label else None
    points = scaled(torch.from_numpy(raw)) if raw.ndim == 2 else torch.from_numpy(raw)
    return uploads.put(points.numpy(), of, labels), _told(raw, columns, label, labels)


def _heads(value: Any, raw: np.ndarray, shown: str) -> tuple[list[str], str]:
    """What a reader says of the columns, cut short; its word is held against the numbers."""
    columns = value.get("columns") if isinstance(value, dict) else None
    label = value.get("label") if isinstance(value, dict) else None
    if (
        not isinstance(columns, list)
        or not all(isinstance(c, str) for c in columns)
        or not isinstance(label, str)
        or len(columns) not in (0, raw.shape[1])
    ):
        raise UserError(f"{shown} cannot be read: its reader found no numbers in it.")
    return [c[:24] for c in columns], label[:24]


def _told(raw: np.ndarray, columns: list[str], label: str, labels: np.ndarray | None) -> str:
    if raw.ndim == 4:
        c, h, w = raw.shape[1:]
        return (
            f"{count(len(raw))} images, {h} × {w} pixels, {'grey' if c == 1 else f'{c} colours'}."
        )
    d = raw.shape[1]
    names = ", ".join(columns[:6]) + (f" and {d - 6} more" if d > 6 else "")
    said = f"Coordinates: {names}." if columns else f"{d} column{'s' * (d > 1)}, all coordinates."
    if labels is not None:
        said += f" Labels: {label}, {int(labels.max()) + 1} classes."
    elif columns or d > 2:
        said += " No column is headed “label”."
    return f"{count(len(raw))} rows. {said}"


def _sound_labels(labels: np.ndarray, raw: np.ndarray, shown: str) -> np.ndarray:
    """What a reader handed back as labels.  Raises UserError."""
    fits = labels.dtype == np.int64 and labels.shape == (len(raw),)
    if not fits or labels.min() < 0 or labels.max() >= MOST:
        raise UserError(f"{shown} cannot be read: its reader found no labels in it.")
    return labels


def _sound(x: np.ndarray, shown: str) -> np.ndarray:
    """What a reader handed back, held against what it promises.  Raises UserError."""
    if (
        x.dtype != np.float64
        or x.ndim not in (2, 4)
        or not 2 <= len(x) <= ROWS
        or not 0 < x.size <= NUMBERS
        or not np.isfinite(x).all()
    ):
        raise UserError(f"{shown} cannot be read: its reader found no numbers in it.")
    return x


@lru_cache(maxsize=4)  # up to 64 MB each
def _kept(path: Path) -> Tensor:
    try:
        return torch.from_numpy(_sound(uploads.read(path).astype(np.float64), path.stem))
    except FileNotFoundError:
        raise UserError(
            f"This link names uploaded data ({path.stem}) that this server does not "
            "hold; upload the file again."
        ) from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        raise UserError(
            f"The uploaded data {path.stem} is damaged on this server; upload the file again."
        ) from None


@lru_cache(maxsize=4)
def _labels(path: Path) -> Tensor | None:
    found = uploads.labels(path)
    return None if found is None else torch.from_numpy(found.astype(np.int64))


@lru_cache(maxsize=64)
def _view(path: Path) -> Tensor:
    points = _kept(path)
    if points.shape[1:] == (1,):
        return torch.ones(1, 1, dtype=torch.float64)
    return principal_plane(points)
