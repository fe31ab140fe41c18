"""EDM's `network-snapshot-*.pkl` and AMED's predictors, read as data.

    read_network(file) -> (description, state)        read_predictor(file) -> Predictor

Such a file is a pickle that carries the source text of its classes, and its own loader executes
that text.  Here the pickle is read by `pickle_data`, which calls nothing; the class name and the
constructor's arguments are held against lists, and the tensors are copied out.
"""

import dataclasses
import io
import math
from pathlib import Path
from typing import Any, BinaryIO

from torch import Tensor

from ..errors import UserError
from ..store import weights
from . import files
from .architecture import LARGEST, build, describe
from .denoiser import NetworkDenoiser
from .pickle_data import Call, Name, read
from .pickle_tensors import is_call, tensor_of
from .precond import EDM, IDDPM, VE, VP

LARGEST_FILE = 2 * 2**30  # bytes; the largest published file has 1.2 GB
LARGEST_PREDICTOR = 16 * 2**20
DEEPEST = 12  # modules inside modules
MODULES = 20_000
GLOBALS = {
    Name(*n.rsplit(".", 1))
    for n in (
        "torch_utils.persistence._reconstruct_persistent_obj",
        "collections.OrderedDict",
        "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_parameter",
        "torch.storage._load_from_bytes",
        "numpy.core.multiarray.scalar",
        "numpy._core.multiarray.scalar",
        "numpy.dtype",
        "dnnlib.util.EasyDict",
    )
}
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
POSITIONS = ("img_resolution", "img_channels", "label_dim")


@dataclasses.dataclass(frozen=True)
class Predictor:
    """An AMED predictor as its file has it.  settings: plain attributes (numbers, words, lists)."""

    settings: dict[str, Any]
    state: dict[str, Tensor]


def read_network(source: bytes | str | Path) -> tuple[dict, dict[str, Tensor]]:
    """(description for `architecture.build`, state by EDM's names) of a file's EMA network.

    Raises UserError for anything that is not such a file, naming what is refused.
    """
    with _opened(source, LARGEST_FILE) as file:
        root = _root(file)
    ema = root.get("ema") if isinstance(root, dict) else None
    if ema is None:
        held = ", ".join(map(str, list(root)[:8])) if isinstance(root, dict) else "no dict"
        raise UserError(f"This pickle holds no “ema” network as EDM's snapshots do ({held}).")
    return _network(_meta(ema))


def read_predictor(source: bytes | str | Path) -> Predictor:
    """The weights and settings of an AMED predictor's .pkl.  Raises UserError."""
    with _opened(source, LARGEST_PREDICTOR) as file:
        root = _root(file)
    model = root.get("model") if isinstance(root, dict) else None
    if model is None:
        raise UserError("This pickle holds no “model” as AMED's predictors do.")
    meta = _meta(model)
    if meta["class_name"] != "AMED_predictor":
        raise UserError(
            f"The file holds a {str(meta['class_name'])[:60]!r}; AMED_predictor is read here."
        )
    state = _tensors(model)
    plain = {
        k: v
        for k, v in meta["state"].items()
        if isinstance(k, str) and not k.startswith("_") and k != "training"
    }
    plain |= _words(_init_kwargs(meta["state"], ()))
    return Predictor({k: v for k, v in _words(plain).items() if v is not _NOTHING}, state)


def convert(
    source: bytes | str | Path,
    filename: str = "",
    root: str | Path | None = None,
    name: str = "",
    **known,
) -> weights.Checkpoint:
    """Keep a snapshot as a checkpoint folder of the user's, once; a second time finds it there.

    filename: what the user calls it, for the menu and, with a digest, for the name unless one is
    given, which must be free.  known: what else is known (label, licence, source), for its config.
    """
    description, state = read_network(source)
    title = filename or (Path(source).name if isinstance(source, str | Path) else "network.pkl")
    title = Path(title).stem[:80]
    module = build(description, state)
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


# ---- the container ------------------------------------------------------------------------------


def _opened(source: bytes | str | Path, most: int) -> BinaryIO:
    size = len(source) if isinstance(source, bytes) else _size(Path(source))
    if size > most:
        raise UserError(
            f"The file has {size / 2**20:,.0f} MB; at most {most / 2**20:,.0f} MB are read."
        )
    file = io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")  # noqa: SIM115
    head = file.read(4)
    file.seek(0)
    if head[:2] == b"PK":
        file.close()
        raise UserError(
            "This is a .zip or torch.save file; EDM's network-snapshot-*.pkl is wanted."
        )
    if head[:1] != b"\x80" or not 2 <= (head[1:2] or b"\0")[0] <= 5:
        file.close()
        raise UserError("This is not a pickle; EDM's network-snapshot-*.pkl is wanted.")
    return file


def _size(path: Path) -> int:
    if not path.is_file():
        raise UserError(f"There is no file {path}.")
    return path.stat().st_size


def _allowed(name: Name) -> bool:
    return (
        name in GLOBALS or name.module.startswith("torch.nn.modules.") and name.name.isidentifier()
    )


def _root(file: BinaryIO):
    return read(file, _allowed)


def _meta(value) -> dict:
    """What a persistent object says of itself, held against version 6."""
    if (
        not is_call(value, "torch_utils.persistence._reconstruct_persistent_obj")
        or len(value.arguments) != 1
        or not isinstance(value.arguments[0], dict)
    ):
        raise UserError("The network in this file is not stored as EDM stores its networks.")
    meta = value.arguments[0]
    if meta.get("type") != "class" or meta.get("version") != 6:
        raise UserError(
            f"The file has version {str(meta.get('version'))[:40]} of EDM's format; "
            "version 6 is read."
        )
    if not isinstance(meta.get("class_name"), str) or not isinstance(meta.get("state"), dict):
        raise UserError("The network in this file has no class name or no state.")
    return meta


# ---- the network --------------------------------------------------------------------------------


def _network(meta: dict) -> tuple[dict, dict[str, Tensor]]:
    name = meta["class_name"]
    if name not in DEFAULTS:
        raise UserError(f"The file holds a {name[:60]!r}. Known: {', '.join(DEFAULTS)}.")
    precond_class, renamed, network = DEFAULTS[name]
    kwargs = _words(_init_kwargs(meta["state"], POSITIONS))
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
    state = _tensors(Call(Name("torch_utils.persistence", "_reconstruct_persistent_obj"), (meta,)))
    state.pop("u", None)  # iDDPM's levels, which follow from its settings
    description = describe(str(network)[:60], kwargs, precond, (channels, side, side))
    return description, state


def _init_kwargs(state: dict, positions: tuple[str, ...]) -> dict:
    """The constructor's arguments, by name."""
    given, kwargs = state.get("_init_args", ()), state.get("_init_kwargs", {})
    if not isinstance(given, tuple) or len(given) > len(positions) or not isinstance(kwargs, dict):
        raise UserError("The file's constructor arguments are not as EDM writes them.")
    return dict(zip(positions, given)) | kwargs


_NOTHING = object()


def _words(values: dict) -> dict[str, Any]:
    """Plain values; objects, which no argument of a network is, become _NOTHING."""
    budget = [1000]

    def plain(v, depth: int):
        budget[0] -= 1
        if budget[0] < 0:
            raise UserError("The file's settings are longer than any network's.")
        if v is None or isinstance(v, bool | int | float | str):
            return v
        if isinstance(v, list | tuple) and depth < 3:
            return [plain(w, depth + 1) for w in v]
        return _NOTHING

    return {str(k): plain(v, 0) for k, v in values.items()}


def _tensors(value: Call) -> dict[str, Tensor]:
    """The state by dotted names: parameters and buffers of a module and of those inside it."""
    found: dict[str, Tensor] = {}
    budget, numbers = [MODULES], [LARGEST]

    def walk(module, prefix: str, depth: int) -> None:
        budget[0] -= 1
        if budget[0] < 0 or depth > DEEPEST:
            raise UserError("The file nests more modules than any network here.")
        for group in ("_parameters", "_buffers"):
            for name, v in _dict(_state(module), group).items():
                if v is None:
                    continue
                if len(found) >= MODULES:
                    raise UserError("The file holds more tensors than any network here.")
                tensor = tensor_of(v, numbers)
                if tensor is not None:
                    found[prefix + str(name)] = tensor
        for name, inner in _dict(_state(module), "_modules").items():
            if inner is not None:
                walk(inner, f"{prefix}{name}.", depth + 1)

    walk(value, "", 0)
    return found


def _state(module) -> dict:
    if (
        isinstance(module, Call)
        and isinstance(module.state, dict)
        and str(module.target).startswith("torch.nn.modules.")
    ):
        return module.state
    return _meta(module)["state"]


def _dict(state: dict, group: str) -> dict:
    value = state.get(group, {})
    if is_call(value, "collections.OrderedDict"):
        if value.arguments and value.arguments != ((),):
            raise UserError("The file's OrderedDict is not as Python writes it.")
        value = value.items
    if not isinstance(value, dict):
        raise UserError(f"A module's {group} is no dict.")
    return value
