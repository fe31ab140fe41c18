"""Folders of the diffusers library, and zips of them, read as data.

    network(path, out, shown) -> {"config", "scheduler", "problem"}, and "state" in out

One holds `config.json` (of a UNet2DModel), its weights as .safetensors beside it, and the scheduler
that it was trained for: unet/ and scheduler/ inside one folder, as pipelines have it, or all in
one.  Its .bin files are pickles and are not read.  Of a zip three files are read and none unpacked.
"""

import contextlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from ..errors import UserError
from . import zips
from .pickle_tensors import Stored
from .tensor_file import tensors

WEIGHTS, CONFIG = "diffusion_pytorch_model.safetensors", "config.json"
SCHEDULER = "scheduler_config.json"
LONGEST = 2**20  # bytes of a config
LARGEST = 4 * 2**30  # bytes of weights
MEMBERS = 1000  # of a zip
SQUEEZED = 4  # times that zipped weights may be larger than what carries them
DIGITS = 18  # of a whole number
OWNER = (
    " A pipeline over latents, with its decoder, is opened by the owner of the server: "
    "python -m explorer fetch FOLDER."
)


class Out(Protocol):
    """Where the weights go; `store.apart_child` has it."""

    def tensors(self, name: str, found: dict[str, Stored]) -> None: ...


def network(path: Path, out: Out, shown: str) -> dict:
    """The two configs; the weights by the names that the file has.  Raises UserError.

    "problem" is what is wrong with the weights, for whoever finds nothing wrong with the configs.
    """
    with _zipped(path, shown) if path.is_file() else _folder(path, shown) as (read, size):
        found = {
            key: plain(read(name), name)
            for key, name in (("config", CONFIG), ("scheduler", SCHEDULER))
        }
        try:
            length = size()
            with read(WEIGHTS) as file:
                out.tensors("state", tensors(file, length))
        except UserError as error:
            return found | {"problem": str(error)}
        return found | {"problem": ""}


# ---- a folder -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _folder(folder: Path, shown: str) -> Iterator:
    """(a function that opens each of the three by its name, one that counts the weights' bytes)."""
    inner = folder / "unet" if (folder / "unet").is_dir() else folder
    places = {CONFIG: inner, WEIGHTS: inner, SCHEDULER: _scheduler(folder, inner, shown)}
    if not (inner / CONFIG).is_file():
        raise UserError(
            f"The {CONFIG} of {shown} cannot be read, for it is not there; a folder of ours has "
            "weights.safetensors, one of diffusers unet/config.json."
        )
    if (inner / CONFIG).stat().st_size > LONGEST or (
        places[SCHEDULER] / SCHEDULER
    ).stat().st_size > LONGEST:
        raise UserError(f"A config of {shown} cannot be read: it is longer than {LONGEST:,} bytes.")
    yield lambda name: (places[name] / name).open("rb"), lambda: _size(inner, shown)


def _size(inner: Path, shown: str) -> int:
    if not (inner / WEIGHTS).is_file():
        other = " Its .bin is a pickle and is not read." if list(inner.glob("*.bin")) else ""
        raise UserError(f"{shown} has no {WEIGHTS}.{other}")
    size = (inner / WEIGHTS).stat().st_size
    if size > LARGEST:
        raise UserError(f"The weights of {shown} are larger than {LARGEST / 2**30:.0f} GB.")
    return size


def _scheduler(folder: Path, inner: Path, shown: str) -> Path:
    for place in (folder / "scheduler", folder, inner.parent / "scheduler", inner):
        if (place / SCHEDULER).is_file():
            return place
    raise UserError(
        f"{shown} has no {SCHEDULER}, so nobody knows what its network predicts and at which "
        "noise levels."
    )


# ---- a zip --------------------------------------------------------------------------------------


@contextlib.contextmanager
def _zipped(path: Path, shown: str) -> Iterator:
    """As `_folder`."""
    try:
        with path.open("rb") as file, zips.opened(file, shown, MEMBERS) as archive:
            members = _members(archive)
            yield lambda name: archive.open(members[name]), lambda: members[WEIGHTS].file_size
    except (UserError, MemoryError):
        raise
    except Exception as problem:  # noqa: BLE001  zipfile meets damaged ones with every kind
        words = problem.strerror if isinstance(problem, OSError) else str(problem)
        raise UserError(f"{shown} cannot be unpacked: {(words or '')[:160]}.") from None


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The three files that are read, by the name that each gets, their sizes checked."""
    held = {PurePosixPath(i.filename): i for i in archive.infolist() if not i.is_dir()}
    own = [p for p in held if p.name == WEIGHTS]
    if len(own) != 1:
        pickles = (
            " A .bin is a pickle and is not read." if any(p.suffix == ".bin" for p in held) else ""
        )
        raise UserError(
            f"A zip of a diffusers model holds one {WEIGHTS}; this one holds "
            f"{len(own) or 'none'}.{pickles}{OWNER * (len(own) > 1)}"
        )
    folder = own[0].parent
    places = (folder.parent / "scheduler", folder, folder.parent)
    scheduler = next((p / SCHEDULER for p in places if p / SCHEDULER in held), None)
    if folder / CONFIG not in held or scheduler is None:
        raise UserError(
            f"A zip of a diffusers model holds {CONFIG} beside its weights, and "
            f"{SCHEDULER} there or in a folder “scheduler”."
        )
    found = {WEIGHTS: held[own[0]], CONFIG: held[folder / CONFIG], SCHEDULER: held[scheduler]}
    for name, member in found.items():
        squeezed = SQUEEZED * member.compress_size + LONGEST
        if member.file_size > (LONGEST if name != WEIGHTS else min(LARGEST, squeezed)):
            raise UserError(
                f"{name} in this zip would have {member.file_size:,} bytes unpacked; "
                "weights hardly get smaller in a zip, so this is not one to unpack."
            )
    return found


# ---- a config -----------------------------------------------------------------------------------


def plain(opened: contextlib.AbstractContextManager[BinaryIO], name: str) -> dict:
    """Plain values of a bounded size.  Raises UserError."""
    try:
        with opened as file:
            raw = file.read(LONGEST + 1)
        if len(raw) > LONGEST:
            raise ValueError(f"longer than {LONGEST:,} bytes")
        value = json.loads(raw.decode("utf-8"), parse_int=_whole)
        if not isinstance(value, dict):
            raise ValueError("not an object")
        return value
    except (ValueError, RecursionError) as problem:
        raise UserError(f"{name} cannot be read ({str(problem)[:120]}).") from None


def _whole(digits: str) -> int:
    if len(digits) > DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)
