"""EDM's `network-snapshot-*.pkl` and AMED's predictors, read as data.

    read_network(file) -> (description, state)        read_predictor(file) -> Predictor

Such a file is a pickle that carries the source text of its classes, and its own loader executes
that text.  Here `reading.snapshot` reads it, in a process of its own, and calls nothing; the class
name and the constructor's arguments are held against lists.
"""

import dataclasses
import math
from pathlib import Path
from typing import Any

from torch import Tensor

from ..errors import UserError
from ..store import apart, weights
from . import files
from .architecture import build, describe
from .denoiser import NetworkDenoiser
from .precond import EDM, IDDPM, VE, VP

LARGEST_FILE = 2 * 2**30  # bytes; the largest published file has 1.2 GB
LARGEST_PREDICTOR = 16 * 2**20
SPEED = 32 * 2**20  # bytes a second that a slow disk copies: a large file has more time
DEFAULTS = {  # class: (preconditioning, its arguments by the file's names, its network)
    "VPPrecond": (
        VP,
        {"beta_d": "beta_d", "beta_min": "beta_min", "M": "steps", "epsilon_t": "epsilon_t"},
        "SongUNet",
    ),
    "VEPrecond": (VE, {"sigma_min": "sigma_min", "sigma_max": "sigma_max"}, "SongUNet"),
    "iDDPMPrecond": (IDDPM, {"C_1": "c_1", "C_2": "c_2", "M": "steps"}, "DhariwalUNet"),
    "EDMPrecond": (EDM, {"sigma_data": "sigma_data"}, "DhariwalUNet"),
}


@dataclasses.dataclass(frozen=True)
class Predictor:
    """An AMED predictor as its file has it.  settings: plain attributes (numbers, words, lists)."""

    settings: dict[str, Any]
    state: dict[str, Tensor]


def read_network(source: bytes | str | Path, of: str = "") -> tuple[dict, dict[str, Tensor]]:
    """(description for `architecture.build`, state by EDM's names) of a file's EMA network.

    of: the visitor whose file it is, if any.
    Raises UserError for anything that is not such a file, naming what is refused.
    """
    with _read("network", source, LARGEST_FILE, of) as found:
        state = found.tensors("state")
        state.pop("u", None)  # iDDPM's levels, which follow from its settings
        return _described(found.value["class"], found.value["kwargs"]), state


def read_predictor(source: bytes | str | Path) -> Predictor:
    """The weights and settings of an AMED predictor's .pkl.  Raises UserError."""
    with _read("predictor", source, LARGEST_PREDICTOR) as found:
        return Predictor(found.value, found.tensors("state"))


def convert(
    source: bytes | str | Path,
    filename: str = "",
    root: str | Path | None = None,
    name: str = "",
    of: str = "",
    **known,
) -> weights.Checkpoint:
    """Keep a snapshot as a checkpoint folder of the user's, once; a second time finds it there.

    filename: what the user calls it, for the menu and, with a digest, for the name unless one is
    given, which must be free.  of: as in `read_network`.  known: what else is known
    (label, licence, source), for its config.
    """
    description, state = read_network(source, of)
    title = filename or (Path(source).name if isinstance(source, str | Path) else "network.pkl")
    title = Path(title).stem[:80]
    module = build(description, state)
    _ = NetworkDenoiser(module).operations  # raises where it cannot be run
    if not name:
        name = weights.named_like(title, files.digest_of_state(module))
        if weights.is_kept(name, root):
            return weights.kept(name, root)
    place = None if root is None else weights.kept_folder(root)
    size = sum(p.numel() for p in module.parameters())
    return files.save(
        module, {**description, "label": title, "parameters": size, **known}, name, place
    )


def load_pickle(source: bytes | str | Path) -> NetworkDenoiser:
    """The Denoiser in a snapshot, without keeping anything."""
    return NetworkDenoiser(build(*read_network(source)))


def _read(what: str, source: bytes | str | Path, most: int, of: str = ""):
    """What `reading.snapshot` finds in a file of at most so many bytes."""
    size = len(source) if isinstance(source, bytes) else _size(Path(source))
    if size > most:
        raise UserError(
            f"The file has {size / 2**20:,.0f} MB; at most {most / 2**20:,.0f} MB are read."
        )
    limits = apart.Limits(seconds=10 + size // SPEED, written=2 * size + 64 * 2**20)
    return apart.read(f"explorer.reading.snapshot:{what}", source, "The file", limits, of)


def _size(path: Path) -> int:
    if not path.is_file():
        raise UserError(f"There is no file {path.name[:120]}.")
    return path.stat().st_size


def _described(name: str, kwargs: dict) -> dict:
    """The description of a network of one of EDM's classes."""
    precond_class, renamed, network = DEFAULTS[name]
    kwargs.pop("use_fp16", None)
    network = kwargs.pop("model_type", network)
    if name == "EDMPrecond":
        for key, free in (("sigma_min", 0), ("sigma_max", math.inf)):
            if kwargs.pop(key, free) != free:
                raise UserError(f"EDMPrecond with {key} of its own is not read.")
    own = {renamed[k]: kwargs.pop(k) for k in list(kwargs) if k in renamed}
    channels, side = kwargs.pop("img_channels", None), kwargs.get("img_resolution")
    if type(channels) is not int or type(side) is not int or channels < 1 or side < 1:
        raise UserError("The file does not say how large its network's images are.")
    kwargs |= {
        "in_channels": channels,
        "out_channels": 2 * channels if name == "iDDPMPrecond" else channels,
    }
    try:
        precond = precond_class(**own)
    except TypeError:
        raise UserError(f"{name} has settings that are no numbers.") from None
    return describe(str(network)[:60], kwargs, precond, (channels, side, side))
