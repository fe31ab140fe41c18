"""Files of arrays, .npz: numbers only, never pickled objects."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .writing import write_bytes


def write(path: Path, packed: bool = False, **arrays: np.ndarray) -> None:
    """Write arrays under their names, in one act.  packed: smaller and slower."""
    buffer = io.BytesIO()
    save: Callable[..., None] = np.savez_compressed if packed else np.savez
    save(buffer, **arrays)
    write_bytes(path, buffer.getbuffer())


def read(path: Path, *names: str) -> tuple[np.ndarray, ...]:
    """The arrays of these names.  Raises FileNotFoundError."""
    with np.load(path, allow_pickle=False) as file:
        return tuple(file[name] for name in names)
