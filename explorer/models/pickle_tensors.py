"""Tensors in a pickle that was read as data: copied out of the bytes, never called into being."""

import io
import math

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from .architecture import LARGEST
from .pickle_data import Call, Name, Persistent, read

STORAGES = {
    "FloatStorage": (torch.float32, 4),
    "HalfStorage": (torch.float16, 2),
    "DoubleStorage": (torch.float64, 8),
    "BFloat16Storage": (torch.bfloat16, 2),
    "LongStorage": (torch.int64, 8),
    "IntStorage": (torch.int32, 4),
    "BoolStorage": (torch.bool, 1),
    "ByteStorage": (torch.uint8, 1),
}


def is_call(value, *names: str) -> bool:
    """Whether this is a call of one of these, which nobody made."""
    return isinstance(value, Call) and str(value.target) in names


def tensor_of(value, numbers: list[int]) -> Tensor:
    """A parameter or buffer as a tensor of its own.  numbers: how many more are wanted at most."""
    if is_call(value, "torch._utils._rebuild_parameter") and value.arguments:
        value = value.arguments[0]
    if not is_call(value, "torch._utils._rebuild_tensor_v2") or len(value.arguments) not in (6, 7):
        raise UserError("A parameter in this file is not stored as a tensor.")
    source, offset, size, stride = value.arguments[:4]
    if (
        not is_call(source, "torch.storage._load_from_bytes")
        or len(source.arguments) != 1
        or not isinstance(source.arguments[0], bytes)
    ):
        raise UserError("A tensor in this file has no storage.")
    if (
        type(offset) is not int
        or not _sizes(size)
        or not _sizes(stride)
        or len(size) != len(stride)
        or len(size) > 8
        or offset < 0
    ):
        raise UserError("A tensor in this file has sizes that are no sizes.")
    count = math.prod(size)
    numbers[0] -= count
    if numbers[0] < 0:
        raise UserError(f"The file holds more than {LARGEST:,} numbers.")
    storage = _storage(source.arguments[0])
    last = offset + sum((n - 1) * s for n, s in zip(size, stride)) if count else 0
    if count > len(storage) or last >= max(len(storage), 1):
        raise UserError("A tensor in this file reaches beyond its storage.")
    return (
        torch.as_strided(storage, size, stride, offset).clone()
        if count
        else storage.new_empty(size)
    )


def _sizes(values) -> bool:
    return isinstance(values, tuple) and all(type(n) is int and 0 <= n < 2**40 for n in values)


def _storage(raw: bytes) -> Tensor:
    """The numbers of a storage that torch.save wrote the old way, (n,).

    It is a second pickle inside the first: five small ones, read as data like the whole, a count,
    and the numbers in the byte order of every machine that torch runs on.
    """
    file = io.BytesIO(raw)
    storages = lambda name: name.module == "torch" and name.name in STORAGES
    magic, version, _, reference, keys = (read(file, storages, persistent=True) for _ in range(5))
    key = reference.key if isinstance(reference, Persistent) else None
    if (
        magic != 0x1950A86A20F9469CFC6C
        or version != 1001
        or not isinstance(key, tuple)
        or len(key) != 6
        or key[0] != "storage"
        or not isinstance(key[1], Name)
        or key[3] != "cpu"
        or type(key[4]) is not int
        or key[5] is not None
        or keys != [key[2]]
    ):
        raise UserError("A storage in this file is not as torch.save writes a CPU storage.")
    dtype, width = STORAGES[key[1].name]
    held = len(raw) - file.tell() - 8  # a count of 8 bytes, then the numbers
    if (
        key[4] < 0
        or key[4] * width != held
        or int.from_bytes(raw[file.tell() : file.tell() + 8], "little") != key[4]
    ):
        raise UserError(
            f"A storage in this file claims {key[4]:,} numbers and holds {max(held, 0) // width:,}."
        )
    return torch.from_numpy(np.frombuffer(raw, np.uint8, held, file.tell() + 8).copy()).view(dtype)
