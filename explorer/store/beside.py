"""What lies in a checkpoint folder beside its weights: a decoder, text encoders.

    writer(tensors, files) -> more, for `weights.put`        tensors(checkpoint, name)

Each has its SHA-256 in the config, under "beside", and is checked when it is read.
"""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from torch import Tensor

from ..errors import UserError
from . import reading, weights

KEY = "beside"


def writer(
    tensors: Mapping[str, Mapping[str, Tensor]], files: Mapping[str, Path]
) -> Callable[[Path], dict]:
    """A function that writes NAME.safetensors and copies of files, by their places, into a folder,
    and says what the config is to know of them."""

    def write(folder: Path) -> dict:
        from safetensors.torch import save_file

        found = {}
        for name, state in tensors.items():
            path = folder / f"{name}.safetensors"
            with weights.as_oserror():
                save_file({k: v.contiguous() for k, v in state.items()}, path)
            path.chmod(0o644)
            found[path.name] = weights.digest_of(path)
        for place, source in files.items():
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, path)
            found[place] = weights.digest_of(path)
        return {KEY: found}

    return write


def tensors(checkpoint: weights.Checkpoint, name: str) -> dict[str, Tensor]:
    """The tensors of NAME.safetensors, on the CPU.  Raises UserError if the file is damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = checked(checkpoint, f"{name}.safetensors")
    try:
        return load_file(path)
    except (OSError, SafetensorError) as problem:
        why = reading.why(problem)
        raise UserError(f"The {name} of {checkpoint.name} cannot be read: {why}.") from None


def folder(checkpoint: weights.Checkpoint, place: str) -> Path:
    """A folder of files that were copied, each checked.  Raises UserError."""
    for known in checkpoint.config.get(KEY, {}):
        if PurePosixPath(known).is_relative_to(place):
            checked(checkpoint, known)
    return checkpoint.folder / place


def checked(checkpoint: weights.Checkpoint, place: str) -> Path:
    """Where a file lies.  Raises UserError unless it is the one that the config names."""
    path = checkpoint.folder / place
    known = checkpoint.config.get(KEY, {}).get(place)
    try:
        same = bool(known) and weights.digest_of(path) == known
    except OSError as problem:
        why = reading.why(problem)
        raise UserError(f"{place} of {checkpoint.name} cannot be read: {why}.") from None
    if not same:
        raise UserError(
            f"{place} of {checkpoint.name} is not the file that its config names (another "
            "SHA-256): it is damaged or was replaced."
        )
    return path
