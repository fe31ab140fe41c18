"""Reads files from strangers into numbers: arrays, tables and zipped images, all bounded.

Nothing is unpickled, extracted to disk or opened by a name from inside a file.  Every way to fail
is a UserError that says what was found and what would work.
"""

import io
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..errors import UserError
from .pictures import read_pictures

MIB = 2**20
LARGEST = 64 * MIB  # of the file
UNZIPPED = 256 * MIB
ROWS = 20_000
ROW = 3072  # numbers: 32 × 32 × 3
NUMBERS = 2**23  # in all: 64 MB in float64
COLUMNS = 64  # of a point set
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif")
SHAPES = (
    f"(N, D) with D up to {COLUMNS}, or images (N, H, W), (N, H, W, C) or (N, C, H, W), C 1 or 3"
)


def limits() -> str:
    """What a file may be, for a sentence."""
    return (
        ".npy, .npz, .csv or .txt with points or images as numbers, or a .zip of png, jpg, "
        f"bmp, webp or gif images, up to {LARGEST // MIB} MiB and {ROWS:,} rows"
    )


def read(source: bytes | str | Path, filename: str = "", size: int = 16) -> np.ndarray:
    """Points (N, D), as they are in the file, or images (N, C, H, W) in [-1, 1].  float64.

    Images: bytes become v/127.5 − 1.  Other numbers that already lie in [-1, 1] stay, those in
    [0, 1] become 2v − 1, larger ones are first divided by the largest magnitude.
    """
    if not isinstance(size, int) or not 8 <= size <= 32:
        raise UserError(f"Image size = {size!r} is out of range; 8 to 32 pixels work.")
    filename = filename or (Path(source).name if not isinstance(source, bytes) else "file")
    shown = filename if len(filename) <= 60 else "…" + filename[-59:]
    ending = Path(filename).suffix.lower()
    readers = {
        ".npy": _npy,
        ".npz": _npz,
        ".csv": _table,
        ".txt": _table,
        ".zip": lambda raw, shown: _zip(raw, shown, size),
    }
    if ending not in readers:
        raise UserError(f"{shown} cannot be read by its ending {ending!r}. What works: {limits()}.")
    with _failures(shown):
        raw = _bytes(source, shown)
        values = readers[ending](raw, shown)
        return values if ending == ".zip" else _shaped(values, shown)


@contextmanager
def _failures(shown: str):
    """Decoders meet broken files with every kind of exception; here each becomes a UserError."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        raise UserError(
            f"{shown} is damaged or not what its ending says: {reason[0][:200].rstrip('.')}. "
            f"What works: {limits()}."
        ) from error


def _bytes(source, shown: str) -> bytes:
    if isinstance(source, bytes):
        raw = source[: LARGEST + 1]
    else:
        path = Path(source)
        if not path.is_file():
            raise UserError(f"{shown} is not a file that can be read. What works: {limits()}.")
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise UserError(f"{shown} is larger than {LARGEST // MIB} MiB; at most that works.")
    if not raw:
        raise UserError(f"{shown} is empty. What works: {limits()}.")
    return raw


def _npy(raw: bytes, shown: str) -> np.ndarray:
    """The array of a .npy file, after its header alone has been found acceptable."""
    file = io.BytesIO(raw)
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise UserError(f"{shown} has .npy version {version}; 1.0 and 2.0 work.")
    header = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, _, dtype = header(file)
    if dtype.kind not in "buif":
        raise UserError(
            f"{shown} holds {str(dtype)[:40]} values; plain numbers work (integers or "
            "floats). Python objects are never opened."
        )
    if min(shape, default=0) < 0 or len(shape) > 4:
        raise UserError(f"{shown} holds an array of shape {_show(shape)}; expected {SHAPES}.")
    count = 1
    for n in shape:
        count *= n
    if count * dtype.itemsize > len(raw) - file.tell():
        raise UserError(
            f"{shown} is cut short: its array of shape {_show(shape)} needs "
            f"{count * dtype.itemsize:,} bytes, {len(raw) - file.tell():,} are there."
        )
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)


def _npz(raw: bytes, shown: str) -> np.ndarray:
    """The array named x, data, points or arr_0, or the first one that holds numbers."""
    refused = UserError(f"{shown} holds no array; one named x, data or arr_0 works.")
    with _archive(raw, shown) as file:
        members = {i.filename: i for i in _members(file, shown) if i.filename.endswith(".npy")}
        wanted = [n for n in ("x.npy", "data.npy", "points.npy", "arr_0.npy") if n in members]
        for name in wanted[:1] or members:
            try:
                return _npy(_member(file, members[name], shown), shown)
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
        images = read_pictures(((_member(file, i, shown), i.filename) for i in members), size)
    return _varied(images.astype(np.float64) / 127.5 - 1, shown)


def _archive(raw: bytes, shown: str) -> zipfile.ZipFile:
    if raw.count(b"PK\1\2") > 2 * ROWS:  # one for each entry; a million would fill the memory
        raise UserError(f"{shown} holds more than {2 * ROWS:,} files; fewer work.")
    return zipfile.ZipFile(io.BytesIO(raw))


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
    if info.flag_bits & 1:
        raise UserError(f"{shown} is locked with a password; a zip without one works.")
    with file.open(info) as member:
        return member.read(info.file_size)


def _table(raw: bytes, shown: str) -> np.ndarray:
    """Rows of numbers between commas, semicolons, tabs or blanks; a first line of words and lines
    that begin with # are passed over.
    """
    rows: list[list[float | None]] = []
    mark, first = None, True
    for number, line in enumerate(io.TextIOWrapper(io.BytesIO(raw), "utf-8-sig"), 1):
        line = line.strip()
        if not line or line.startswith("#"):
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
                first = False
                continue
            bad = cells[numbers.index(None)]
            raise UserError(
                f"{shown}, line {number}: {_show(bad)} is not a number. Rows like 0.5, -1.2 work."
            )
        first = False
        if rows and len(numbers) != len(rows[0]):
            raise UserError(
                f"{shown}, line {number} has {len(numbers)} numbers, the rows above "
                f"have {len(rows[0])}; every row needs as many."
            )
        rows.append(numbers)
        if len(rows) > ROWS:
            raise UserError(f"{shown} has more than {ROWS:,} rows; 2 to {ROWS:,} work.")
    if not rows:
        raise UserError(f"{shown} holds no rows of numbers. Rows like 0.5, -1.2 work.")
    return np.array(rows, dtype=np.float64)


def _float(text: str) -> float | None:
    try:
        return float(text) if len(text) < 100 else None
    except ValueError:
        return None


def _shaped(x: np.ndarray, shown: str) -> np.ndarray:
    """Check an array and bring it into the shape and range of a data set."""
    found = f"{shown} holds an array of shape {_show(x.shape)}"
    if x.ndim == 3:
        x = x[:, None]
    elif x.ndim == 4 and x.shape[-1] in (1, 3):
        x = x.transpose(0, 3, 1, 2)
    elif not (x.ndim == 2 or x.ndim == 4 and x.shape[1] in (1, 3)):
        raise UserError(f"{found}; expected {SHAPES}.")
    if not 2 <= len(x) <= ROWS:
        raise UserError(f"{found}; 2 to {ROWS:,} rows work.")
    row = x[0].size
    if x.ndim == 2 and not 1 <= row <= COLUMNS:
        raise UserError(
            f"{found}; points with 1 to {COLUMNS} coordinates work, and images as (N, H, W)."
        )
    if x.ndim == 4 and (min(x.shape[2:]) < 2 or row > ROW):
        raise UserError(
            f"{found}; images of 2 × 2 pixels and up work, with at most {ROW:,} "
            "numbers each, such as 32 × 32 × 3."
        )
    if x.size > NUMBERS:
        raise UserError(
            f"{found}; with {row:,} numbers a row at most {NUMBERS // row:,} rows work."
        )
    values = x.astype(np.float64)
    if not np.isfinite(values).all():
        raise UserError(
            f"{shown} holds values that are not finite (NaN or infinity); plain numbers work."
        )
    _varied(values, shown)
    if x.ndim == 2:
        return values / np.abs(values).max()  # so that squares of very large values stay finite
    return values / 127.5 - 1 if x.dtype == np.uint8 else _ranged(values)


def _ranged(images: np.ndarray) -> np.ndarray:
    """Into [-1, 1] by the rule in `read`."""
    largest = np.abs(images).max()
    if largest > 1:
        images = images / largest
    return 2 * images - 1 if images.min() >= 0 else images


def _varied(x: np.ndarray, shown: str) -> np.ndarray:
    if (x == x[0]).all():
        raise UserError(
            f"{shown} holds {len(x):,} rows that are all the same; at least two "
            "different ones work."
        )
    return x


def _show(value) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
