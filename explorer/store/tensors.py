"""Tensors written one after the other as .safetensors, without torch and without holding them.

A file is 8 bytes of a length, JSON of that length, and the numbers; JSON says of each name its
kind, its shape and where in the numbers it lies.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

METADATA = "__metadata__"


class Source(Protocol):
    """A tensor that lies elsewhere.  kind: F32, BF16 …; size: bytes; pieces: all of its bytes."""

    @property
    def kind(self) -> str: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def size(self) -> int: ...
    def pieces(self) -> Iterator[bytes]: ...


def write(path: Path, found: Mapping[str, Source]) -> None:
    """Write tensors by their names.  Raises ValueError where one has fewer bytes than it says."""
    head, end = {}, 0
    for name, tensor in found.items():
        head[name] = {
            "dtype": tensor.kind,
            "shape": list(tensor.shape),
            "data_offsets": [end, end + tensor.size],
        }
        end += tensor.size
    words = json.dumps(head).encode()
    words += b" " * (-len(words) % 8)
    with path.open("wb") as file:
        file.write(len(words).to_bytes(8, "little") + words)
        for tensor in found.values():
            start = file.tell()
            for piece in tensor.pieces():
                file.write(piece)
            if file.tell() - start != tensor.size:
                raise ValueError("a tensor is cut short")
