"""Reads files from strangers into numbers: arrays, tables and zipped images, all bounded.

    points(path, out, filename, size) -> what was read, with "points" and maybe "labels" in out

Nothing is unpickled, extracted to disk or opened by a name from inside a file.  What a file says of
its size is counted before it is believed.  Every way to fail is a UserError that says what was
found and what would work.
"""

import io
import math
import zipfile
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from ..errors import UserError
from . import zips
from .labels import parted
from .shapes import COLUMNS, LEAST, NUMBERS, ROWS, SHAPES, SIDE, check_shape, shaped, show, varied

MIB = 2**20
LARGEST = 64 * MIB  # of the file
UNZIPPED = 256 * MIB
LINE = 2**14  # characters of a line in a table; 64 numbers of all their digits take a tenth
LINES = 5 * ROWS  # with those that hold no numbers
ARRAYS = 100  # of an .npz, that are looked at for numbers
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif")


def limits() -> str:
    """What a file may be, for a sentence."""
    return (
        ".npy, .npz, .csv or .txt with points or images as numbers, or a .zip of png, jpg, "
        f"bmp, webp or gif images, up to {LARGEST // MIB} MiB and {ROWS:,} rows"
    )


class Out(Protocol):
    """Where the numbers go; `store.apart_child` has it."""

    def array(self, name: str, values: np.ndarray) -> None: ...


def named(source: bytes | str | Path, filename: str, size: int) -> tuple[str, str]:
    """(what a person calls the file, the same for sentences), before anything of it is read.

    Raises UserError for an ending that is not read, a file that is none, empty or too large.
    """
    if not isinstance(size, int) or not LEAST <= size <= SIDE:
        raise UserError(f"Image size = {size!r} is out of range; {LEAST} to {SIDE} pixels work.")
    filename = filename or (Path(source).name if not isinstance(source, bytes) else "file")
    shown = filename if len(filename) <= 60 else "…" + filename[-59:]
    ending = Path(filename).suffix.lower()
    if ending not in READERS:
        raise UserError(f"{shown} cannot be read by its ending {ending!r}. What works: {limits()}.")
    try:
        length = len(source) if isinstance(source, bytes) else _length(Path(source))
    except (OSError, ValueError):
        raise UserError(
            f"{shown} is not a file that can be read. What works: {limits()}."
        ) from None
    if length > LARGEST:
        raise UserError(f"{shown} is larger than {LARGEST // MIB} MiB; at most that works.")
    if not length:
        raise UserError(f"{shown} is empty. What works: {limits()}.")
    return filename, shown


def _length(path: Path) -> int:
    if not path.is_file():
        raise ValueError("no file")
    return path.stat().st_size


def points(path: Path, out: Out, filename: str, shown: str, size: int) -> dict:
    """Points (N, D), as they are in the file, or images (N, C, H, W) in [-1, 1].  float64.

    A column of a table that is headed as one of labels is none of the coordinates: it becomes
    "labels", (N,) int64, each the place of its value among all of them.  Returns {"columns",
    "label"}: what the coordinates are headed, and the labels, "" and none of what has no heads.

    Images: bytes become v/127.5 − 1.  Other numbers that already lie in [-1, 1] stay, those in
    [0, 1] become 2v − 1, larger ones are first divided by the largest magnitude.
    """
    ending = Path(filename).suffix.lower()
    with _failures(shown):
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)[:LARGEST]
        values = READERS[ending](raw, shown, size)
        if ending not in TABLES:
            out.array("points", values)
            return {"columns": [], "label": ""}
        table, words = values
        coordinates, labels, heads = parted(table, words, shown)
    out.array("points", shaped(coordinates, shown))
    if labels is not None:
        out.array("labels", labels)
    return heads


@contextmanager
def _failures(shown: str):
    """Decoders meet broken files with every kind of exception; here each becomes a UserError."""
    try:
        yield
    except (UserError, MemoryError):
        raise
    except Exception as error:
        words = error.strerror if isinstance(error, OSError) else str(error)
        reason = (words or "").strip().splitlines()[:1] or [type(error).__name__]
        raise UserError(
            f"{shown} is damaged or not what its ending says: {reason[0][:200].rstrip('.')}. "
            f"What works: {limits()}."
        ) from error


def _npy(raw: bytes, shown: str, size: int) -> np.ndarray:
    return shaped(_array(io.BytesIO(raw), io.BytesIO(raw), len(raw), shown), shown)


def _array(header: BinaryIO, file: BinaryIO, size: int, shown: str) -> np.ndarray:
    """The array of a .npy file of `size` bytes, after its header alone was found acceptable.

    header, file: the same from its beginning, each read forward once.
    """
    version = np.lib.format.read_magic(header)
    if version not in ((1, 0), (2, 0)):
        raise UserError(f"{shown} has .npy version {version}; 1.0 and 2.0 work.")
    read = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    try:
        shape, _, dtype = read(header)
    except (MemoryError, RecursionError):  # Python's parser, of what nests
        raise ValueError("its header is no description of an array") from None
    if dtype.kind not in "buif":
        raise UserError(
            f"{shown} holds {str(dtype)[:40]} values; plain numbers work (integers or "
            "floats). Python objects are never opened."
        )
    if min(shape, default=0) < 0 or len(shape) > 4:
        raise UserError(f"{shown} holds an array of shape {show(shape)}; expected {SHAPES}.")
    needed, there = math.prod(shape) * dtype.itemsize, size - header.tell()
    if needed > there:
        raise UserError(
            f"{shown} is cut short: its array of shape {show(shape)} needs "
            f"{needed:,} bytes, {there:,} are there."
        )
    check_shape(shape, shown)
    return np.lib.format.read_array(file, allow_pickle=False)


def _npz(raw: bytes, shown: str, size: int) -> np.ndarray:
    """The array named x, data, points or arr_0, or the first one that holds numbers."""
    refused = UserError(f"{shown} holds no array; one named x, data or arr_0 works.")
    with _archive(raw, shown) as file:
        members = {i.filename: i for i in _members(file, shown) if i.filename.endswith(".npy")}
        wanted = [n for n in ("x.npy", "data.npy", "points.npy", "arr_0.npy") if n in members]
        for name in wanted[:1] or list(members)[:ARRAYS]:
            info = members[name]
            try:
                with _opened(file, info, shown) as header, _opened(file, info, shown) as values:
                    return shaped(_array(header, values, info.file_size, shown), shown)
            except UserError as error:
                refused = error
    raise refused


def _zip(raw: bytes, shown: str, size: int) -> np.ndarray:
    """The images inside, in the order of their names; other files in there are passed over."""
    with _archive(raw, shown) as file:
        members = [
            i
            for i in _members(file, shown)
            if i.filename.lower().endswith(PICTURES) and not Path(i.filename).name.startswith(".")
        ]
        if len(members) < 2:
            raise UserError(
                f"{shown} holds {len(members)} images; 2 to {ROWS:,} work, as "
                f"{', '.join(PICTURES)}."
            )
        most = min(ROWS, NUMBERS // (3 * size**2))
        if len(members) > most:
            raise UserError(
                f"{shown} holds {len(members):,} images; at {size} × {size} pixels at "
                f"most {most:,} work."
            )
        members.sort(key=lambda i: i.filename)
        from .pictures import read_pictures  # Pillow, which no other file needs

        images = read_pictures(
            [(i.filename, partial(_member, file, i, shown)) for i in members], size, len(raw)
        )
    return varied(images.astype(np.float64) / 127.5 - 1, shown)


def _archive(raw: bytes, shown: str) -> zipfile.ZipFile:
    return zips.opened(io.BytesIO(raw), shown, 2 * ROWS)


def _members(file: zipfile.ZipFile, shown: str) -> list[zipfile.ZipInfo]:
    """The files inside, if what they declare is bounded; reading never goes past a declaration."""
    members = [i for i in file.infolist() if not i.is_dir()]
    declared = sum(i.file_size for i in members)
    if declared > UNZIPPED:
        raise UserError(
            f"{shown} unpacks to {declared // MIB:,} MiB; at most {UNZIPPED // MIB} work."
        )
    # only these two can be unpacked piece by piece
    if any(i.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for i in members):
        raise UserError(
            f"{shown} is compressed by an unusual method; an ordinary zip works "
            "(stored or deflate)."
        )
    return members


def _member(file: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str) -> bytes:
    with _opened(file, info, shown) as member:
        return member.read(info.file_size)


def _opened(file: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str):
    if info.flag_bits & 1:
        raise UserError(f"{shown} is locked with a password; a zip without one works.")
    return file.open(info)


def _table(raw: bytes, shown: str, size: int) -> tuple[np.ndarray, list[str]]:
    """Rows of numbers between commas, semicolons, tabs or blanks, and the words of a first line
    that has them; lines that begin with # are passed over.
    """
    heads: list[str] = []
    rows: list[list[float | None]] = []
    mark, first = None, True
    text = io.TextIOWrapper(io.BytesIO(raw), "utf-8-sig")
    for number, line in enumerate(iter(lambda: text.readline(LINE), ""), 1):
        long = len(line) == LINE
        line = line.strip()
        if number > LINES:
            raise UserError(f"{shown} has more than {LINES:,} lines; fewer work.")
        if not long and (not line or line.startswith("#")):
            continue
        if first:
            mark = next((m for m in ";\t," if m in line), None)
        cells = [c.strip().strip('"') for c in line.split(mark, COLUMNS)]
        if len(cells) > COLUMNS:
            raise UserError(
                f"{shown} has more than {COLUMNS} columns in line {number}; 1 to {COLUMNS} work."
            )
        numbers = [_float(c) for c in cells]
        if None in numbers:
            if first and numbers.count(None) == len(cells) and any(map(str.isalpha, line)):
                first, heads = False, cells
                continue
            bad = cells[numbers.index(None)]
            raise UserError(
                f"{shown}, line {number}: {show(bad)} is not a number. Rows like 0.5, -1.2 work."
            )
        first = False
        if rows and len(numbers) != len(rows[0]):
            raise UserError(
                f"{shown}, line {number} has {len(numbers)} numbers, the rows above "
                f"have {len(rows[0])}; every row needs as many."
            )
        if long:
            raise UserError(f"{shown} has more than {LINE:,} characters in line {number:,}.")
        rows.append(numbers)
        if len(rows) > ROWS:
            raise UserError(f"{shown} has more than {ROWS:,} rows; 2 to {ROWS:,} work.")
    if not rows:
        raise UserError(f"{shown} holds no rows of numbers. Rows like 0.5, -1.2 work.")
    check_shape((len(rows), len(rows[0])), shown)
    return np.array(rows, dtype=np.float64), heads


def _float(text: str) -> float | None:
    try:
        return float(text) if len(text) < 100 else None
    except ValueError:
        return None


READERS: dict[str, Callable[[bytes, str, int], Any]] = {
    ".npy": _npy,
    ".npz": _npz,
    ".csv": _table,
    ".txt": _table,
    ".zip": _zip,
}
TABLES = (".csv", ".txt")
