"""A stranger's .safetensors: its header is counted and held against the file before it is believed.

tensors(file, size) -> {name: Stored}, in the order in which they lie
"""

import json
import math
from typing import Any, BinaryIO

from ..errors import UserError
from .pickle_tensors import AXES, LARGEST, STORAGES, Stored, plain_stride
from .windows import Budget, Window

HEADER = 2**24  # bytes; a network of a thousand tensors has some hundred thousand
TENSORS = 20_000
NAME = 400  # characters
WIDTHS = dict(STORAGES.values()) | {"I16": 2, "I8": 1}


def tensors(file: BinaryIO, size: int, most: int = LARGEST) -> dict[str, Stored]:
    """The tensors of a file of so many bytes, none of them read yet; most: numbers of all.

    Raises UserError for a header that is none, or that does not describe the rest of the file.
    """
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(HEADER, size - 8):
        raise UserError("The weights cannot be read: their header is none.")
    try:
        head = json.loads(file.read(length))
    except (ValueError, RecursionError):
        raise UserError("The weights cannot be read: their header is no JSON.") from None
    if not isinstance(head, dict):
        raise UserError("The weights cannot be read: their header names no tensors.")
    head.pop("__metadata__", None)
    if not 1 <= len(head) <= TENSORS:
        raise UserError(f"The weights hold {len(head):,} tensors; 1 to {TENSORS:,} work.")
    found = [(_one(name, told, file, 8 + length, size), name) for name, told in head.items()]
    found.sort(key=lambda pair: (pair[0].start, pair[0].size))
    place = 0
    for stored, name in found:
        if stored.start != place:
            raise UserError(f"The weights cannot be read: {name[:60]!r} leaves a gap or overlaps.")
        place += stored.size
    if place != size - 8 - length:
        raise UserError(
            "The weights cannot be read: the file is cut short, or longer than it says."
        )
    if sum(math.prod(stored.shape) for stored, _ in found) > most:
        raise UserError(f"The file holds more than {most:,} numbers.")
    return {name: stored for stored, name in found}


def _one(name: str, told: Any, file: BinaryIO, begin: int, size: int) -> Stored:
    kind: Any
    shape: Any
    place: Any
    kind, shape, place = (
        (told.get(k) for k in ("dtype", "shape", "data_offsets"))
        if isinstance(told, dict)
        else (None, None, None)
    )
    if (
        len(name) > NAME
        or type(kind) is not str
        or kind not in WIDTHS
        or not _counts(shape, AXES)
        or not _counts(place, 2)
        or len(place) != 2
    ):
        raise UserError(
            f"The weights cannot be read: {name[:60]!r} is no tensor that is read here."
        )
    width, shape = WIDTHS[kind], tuple(shape)
    if place[1] - place[0] != math.prod(shape) * width:
        raise UserError(f"The weights cannot be read: {name[:60]!r} is not as long as its shape.")
    source = Window(file, begin, size, Budget())
    return Stored(kind, width, shape, plain_stride(shape), source, place[0], math.prod(shape))


def _counts(values: Any, most: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) <= most
        and all(type(n) is int and 0 <= n < 2**40 for n in values)
    )
