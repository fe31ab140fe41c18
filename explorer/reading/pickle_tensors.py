"""Tensors in a pickle that was read as data: found in the file, never called into being."""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

from ..errors import UserError
from .pickle_data import Call, Name, Persistent, read
from .windows import Window

LARGEST = 600_000_000  # parameters of a network; the largest published one has 296 million
STORAGES = {  # torch's name of a storage: safetensors' name of its numbers, bytes of each
    "FloatStorage": ("F32", 4),
    "HalfStorage": ("F16", 2),
    "DoubleStorage": ("F64", 8),
    "BFloat16Storage": ("BF16", 2),
    "LongStorage": ("I64", 8),
    "IntStorage": ("I32", 4),
    "BoolStorage": ("BOOL", 1),
    "ByteStorage": ("U8", 1),
}
AXES = 8
SPARE = 16 * 2**20  # bytes that are read beyond twice those of the file
MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001  # of torch.save before it wrote zips
PIECE = 2**22


@dataclasses.dataclass(frozen=True)
class Stored:
    """A tensor that still lies in its file.  kind: what safetensors calls its numbers, which are
    `width` bytes each in the order of every machine that torch runs on.
    """

    kind: str
    width: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    source: Window
    start: int  # bytes into the source
    reach: int  # numbers from the first to the last

    @property
    def size(self) -> int:
        """Bytes of its numbers."""
        return math.prod(self.shape) * self.width

    def pieces(self) -> Iterator[bytes]:
        """Its numbers, row after row."""
        if self.stride == plain_stride(self.shape):
            for k in range(0, self.size, PIECE):
                yield self.source.at(self.start + k, min(PIECE, self.size - k))
        elif self.size:
            import numpy as np  # most tensors lie in a row, and a reader starts sooner without

            raw = self.source.at(self.start, self.reach * self.width)
            flat = np.frombuffer(raw, f"V{self.width}")
            steps = [s * self.width for s in self.stride]
            yield np.lib.stride_tricks.as_strided(flat, self.shape, steps).tobytes()


def plain_stride(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Of numbers that lie row after row."""
    return tuple(math.prod(shape[k + 1 :]) for k in range(len(shape)))


def is_call(value: Any, *names: str) -> bool:
    """Whether this is a call of one of these, which nobody made."""
    return isinstance(value, Call) and str(value.target) in names


class Tensors:
    """Finds the tensors of one file; keeps count of how much all of them are.  size: its bytes."""

    def __init__(self, size: int):
        self._numbers, self._bytes = LARGEST, 2 * size + SPARE
        self._storages: dict[int, tuple[str, int, Window]] = {}  # by where they begin

    def find(self, value: Any) -> Stored:
        """A parameter or buffer.  Raises UserError for what is none, and for too much."""
        if is_call(value, "torch._utils._rebuild_parameter") and value.arguments:
            value = value.arguments[0]
        if (
            not is_call(value, "torch._utils._rebuild_tensor_v2")
            or not 6 <= len(value.arguments) <= 7
        ):
            raise UserError("A parameter in this file is not stored as a tensor.")
        source, offset, size, stride = value.arguments[:4]
        if type(offset) is not int or offset < 0 or not _fit(size, stride):
            raise UserError("A tensor in this file has sizes that are no sizes.")
        count = math.prod(size)
        self._numbers -= count
        if self._numbers < 0:
            raise UserError(f"The file holds more than {LARGEST:,} numbers.")
        kind, width, numbers = self._storage(source)
        held = len(numbers) // width
        reach = sum((n - 1) * s for n, s in zip(size, stride)) + 1 if count else 0
        if count > held or offset + reach > max(held, 0 if count else offset):
            raise UserError("A tensor in this file reaches beyond its storage.")
        self._bytes -= max(reach, count) * width
        if self._bytes < 0:
            raise UserError("The tensors in this file lie on top of each other; it is refused.")
        return Stored(kind, width, size, stride, numbers, offset * width, reach)

    def _storage(self, source: Any) -> tuple[str, int, Window]:
        if (
            not is_call(source, "torch.storage._load_from_bytes")
            or len(source.arguments) != 1
            or not isinstance(source.arguments[0], Window)
        ):
            raise UserError("A tensor in this file has no storage.")
        raw = source.arguments[0]
        if raw.here not in self._storages:
            self._storages[raw.here] = _storage(raw.again())
        return self._storages[raw.here]


def _fit(size: Any, stride: Any) -> bool:
    return _sizes(size) and _sizes(stride) and len(size) == len(stride)


def _sizes(values: Any) -> bool:
    return (
        isinstance(values, tuple)
        and len(values) <= AXES
        and all(type(n) is int and 0 <= n < 2**40 for n in values)
    )


def _storage(raw: Window) -> tuple[str, int, Window]:
    """(kind, bytes of a number, the numbers) of a storage that torch.save wrote the old way.

    It is a second pickle inside the first: five small ones, read as data like the whole, a count,
    and the numbers.
    """
    storages = lambda name: name.module == "torch" and name.name in STORAGES
    magic, version, _, reference, keys = (read(raw, storages, persistent=True) for _ in range(5))
    key: Any = reference.key if isinstance(reference, Persistent) else None
    if (
        type(magic) is not int
        or type(version) is not int
        or (magic, version) != (MAGIC, VERSION)
        or not _is_key(key)
        or not (isinstance(keys, list) and len(keys) == 1 and type(keys[0]) is str)
        or keys[0] != key[2]
    ):
        raise UserError("A storage in this file is not as torch.save writes a CPU storage.")
    kind, width = STORAGES[key[1].name]
    told = int.from_bytes(raw.read(8), "little")
    if key[4] != told or told * width != len(raw):
        raise UserError(
            f"A storage in this file claims {key[4]:,} numbers and holds {len(raw) // width:,}."
        )
    return kind, width, raw


def _is_key(key: Any) -> bool:
    """("storage", its class, a name, "cpu", how many numbers, None)."""
    return (
        isinstance(key, tuple)
        and len(key) == 6
        and all(type(key[k]) is str for k in (0, 2, 3))
        and (key[0], key[3]) == ("storage", "cpu")
        and isinstance(key[1], Name)
        and type(key[4]) is int
        and key[5] is None
    )
