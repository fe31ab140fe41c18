"""EDM's `network-snapshot-*.pkl` and AMED's predictors, read as data.

    network(path, out) -> {"class", "kwargs"}         predictor(path, out) -> settings

Such a file is a pickle that carries the source text of its classes, and its own loader executes
that text.  Here the pickle is read by `pickle_data`, which calls nothing, and the tensors are
copied to `out` as "state".  Texts and sizes are bounded; whether they fit a network of ours is the
business of `models`.
"""

from pathlib import Path
from typing import Any, BinaryIO, Protocol

from ..errors import UserError
from .pickle_data import Call, Name, read, said
from .pickle_tensors import Stored, Tensors, is_call
from .windows import Budget, Window

DEEPEST = 12  # modules inside modules
MODULES = 20_000  # and tensors
ENTRIES = 200_000  # of all modules, those that are None too
LONGEST = 200  # characters of a name and of a word
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
POSITIONS = ("img_resolution", "img_channels", "label_dim")
NETWORKS = ("VPPrecond", "VEPrecond", "iDDPMPrecond", "EDMPrecond")


class Out(Protocol):
    """Where a reader puts what is too large for words; `store.apart_child` has it."""

    def tensors(self, name: str, found: dict[str, Stored]) -> None: ...


def network(path: Path, out: Out, shown: str) -> dict:
    """The class and the constructor's arguments of a file's EMA network; its tensors as "state".

    Raises UserError for anything that is not such a file, naming what is refused.
    """
    with path.open("rb") as file:
        root, tensors = _root(file)
        ema = root.get("ema") if isinstance(root, dict) else None
        if ema is None:
            held = ", ".join(map(said, list(root)[:8])) if isinstance(root, dict) else "no dict"
            raise UserError(f"This pickle holds no “ema” network as EDM's snapshots do ({held}).")
        meta = _meta(ema)
        name = meta["class_name"]
        if name not in NETWORKS:
            raise UserError(f"The file holds a {said(name)}. Known: {', '.join(NETWORKS)}.")
        kwargs = _words(_init_kwargs(meta["state"], POSITIONS))
        strange = [k for k, v in kwargs.items() if v is _NOTHING and k != "use_fp16"]
        if strange:
            raise UserError(f"The network's {strange[0]} is an object, which no argument here is.")
        out.tensors("state", _tensors(ema, tensors))
        return {"class": name, "kwargs": {k: v for k, v in kwargs.items() if v is not _NOTHING}}


def predictor(path: Path, out: Out, shown: str) -> dict:
    """The settings of an AMED predictor's .pkl, plain attributes; its tensors as "state"."""
    with path.open("rb") as file:
        root, tensors = _root(file)
        model = root.get("model") if isinstance(root, dict) else None
        if model is None:
            raise UserError("This pickle holds no “model” as AMED's predictors do.")
        meta = _meta(model)
        if meta["class_name"] != "AMED_predictor":
            raise UserError(
                f"The file holds a {said(meta['class_name'])}; AMED_predictor is read here."
            )
        out.tensors("state", _tensors(model, tensors))
        plain = {
            k: v
            for k, v in meta["state"].items()
            if isinstance(k, str) and not k.startswith("_") and k != "training"
        }
        plain |= _words(_init_kwargs(meta["state"], ()))
        return {k: v for k, v in _words(plain).items() if v is not _NOTHING}


# ---- the container ------------------------------------------------------------------------------


def _root(file: BinaryIO) -> tuple[Any, Tensors]:
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(2)
    if head == b"PK":
        raise UserError(
            "This is a .zip or torch.save file; EDM's network-snapshot-*.pkl is wanted."
        )
    if head[:1] != b"\x80" or not 2 <= (head[1:] or b"\0")[0] <= 5:
        raise UserError("This is not a pickle; EDM's network-snapshot-*.pkl is wanted.")
    return read(Window(file, 0, size, Budget()), _allowed), Tensors(size)


def _allowed(name: Name) -> bool:
    return (
        name in GLOBALS or name.module.startswith("torch.nn.modules.") and name.name.isidentifier()
    )


def _meta(value: Any) -> dict:
    """What a persistent object says of itself, held against version 6."""
    if (
        not is_call(value, "torch_utils.persistence._reconstruct_persistent_obj")
        or len(value.arguments) != 1
        or not isinstance(value.arguments[0], dict)
    ):
        raise UserError("The network in this file is not stored as EDM stores its networks.")
    meta = value.arguments[0]
    kind, version = meta.get("type"), meta.get("version")
    if type(kind) is not str or kind != "class" or type(version) is not int or version != 6:
        raise UserError(f"The file has version {said(version)} of EDM's format; version 6 is read.")
    if type(meta.get("class_name")) is not str or not isinstance(meta.get("state"), dict):
        raise UserError("The network in this file has no class name or no state.")
    return meta


# ---- the network --------------------------------------------------------------------------------


def _init_kwargs(state: dict, positions: tuple[str, ...]) -> dict:
    """The constructor's arguments, by name."""
    given, kwargs = state.get("_init_args", ()), state.get("_init_kwargs", {})
    if not isinstance(given, tuple) or len(given) > len(positions) or not isinstance(kwargs, dict):
        raise UserError("The file's constructor arguments are not as EDM writes them.")
    return dict(zip(positions, given)) | kwargs


_NOTHING = object()


def _words(values: dict) -> dict[str, Any]:
    """Numbers, short texts and lists of them; anything else becomes _NOTHING."""
    budget = [1000]

    def plain(v: Any, depth: int) -> Any:
        budget[0] -= 1
        if budget[0] < 0:
            raise UserError("The file's settings are longer than any network's.")
        if v is None or isinstance(v, bool | int | float):
            return v
        if isinstance(v, str):
            return v if len(v) <= LONGEST else _NOTHING
        if isinstance(v, list | tuple) and depth < 3:
            found = [plain(w, depth + 1) for w in v]
            return _NOTHING if any(w is _NOTHING for w in found) else found
        return _NOTHING

    return {_name(k): plain(v, 0) for k, v in values.items()}


def _name(key: Any) -> str:
    if not isinstance(key, str) or len(key) > LONGEST:
        raise UserError(f"The file names something {said(key)}, which no network does.")
    return key


def _tensors(value: Call, tensors: Tensors) -> dict[str, Stored]:
    """The state by dotted names: parameters and buffers of a module and of those inside it."""
    found: dict[str, Stored] = {}
    modules, entries = [MODULES], [ENTRIES]

    def named(module: Any, group: str) -> list[tuple[str, Any]]:
        held = _dict(_state(module), group)
        entries[0] -= len(held)
        if entries[0] < 0:
            raise UserError("The file holds more names than any network here.")
        return [(_name(k), v) for k, v in held.items() if v is not None]

    def walk(module: Any, prefix: str, depth: int) -> None:
        modules[0] -= 1
        if modules[0] < 0 or depth > DEEPEST:
            raise UserError("The file nests more modules than any network here.")
        for group in ("_parameters", "_buffers"):
            for name, v in named(module, group):
                if len(found) >= MODULES:
                    raise UserError("The file holds more tensors than any network here.")
                found[prefix + name] = tensors.find(v)
        for name, inner in named(module, "_modules"):
            walk(inner, f"{prefix}{name}.", depth + 1)

    walk(value, "", 0)
    return found


def _state(module: Any) -> dict:
    if (
        isinstance(module, Call)
        and isinstance(module.state, dict)
        and module.target.module.startswith("torch.nn.modules.")
    ):
        return module.state
    return _meta(module)["state"]


def _dict(state: dict, group: str) -> dict:
    value = state.get(group, {})
    if is_call(value, "collections.OrderedDict"):
        if value.arguments and not _is_empty(value.arguments):
            raise UserError("The file's OrderedDict is not as Python writes it.")
        value = value.items
    if not isinstance(value, dict):
        raise UserError(f"A module's {group} is no dict.")
    return value


def _is_empty(arguments: tuple) -> bool:
    """((),), as older Pythons write an empty OrderedDict."""
    return len(arguments) == 1 and isinstance(arguments[0], tuple) and not arguments[0]
