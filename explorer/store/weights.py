"""Checkpoint folders: weights.safetensors + config.json (+ losses.json, card.md).

    put(state, description, name) -> Checkpoint        find(name) -> Checkpoint
    checkpoints() -> [Checkpoint, ...]                 read(checkpoint) -> its tensors

Shipped ones lie under assets/weights, A to F under assets/ladder, those of VE and iDDPM under
assets/designs, the user's own in the cache folder.  A name holds no path, so a link can open
nothing else; the digest, SHA-256 of the weights, is checked whenever they are read.
"""

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from torch import Tensor

from ..errors import UserError
from . import described, places, reading, writing
from .places import NAME
from .unsaved import saving

SHIPPED = places.assets("weights")
LADDER, DESIGNS = places.assets("ladder"), places.assets("designs")  # in no menu's way
WEIGHTS, CONFIG = "weights.safetensors", "config.json"
LARGEST_WEIGHTS = 4 * 2**30


def kept_folder(root: str | Path | None = None) -> Path:
    """Where the user's own checkpoints are."""
    return places.cache("models", root=root)


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A network on disk, its weights not yet read.  config: the description and what is known."""

    name: str
    folder: Path
    config: Mapping = dataclasses.field(hash=False)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.config["shape"])

    @property
    def label(self) -> str:
        """What a menu says."""
        return str(self.config.get("label") or self.name)

    @property
    def label_dim(self) -> int:
        return int(self.config["kwargs"].get("label_dim", 0))

    @property
    def null_label(self) -> bool:
        """Whether it was trained to know label zero as “any class”."""
        told = self.config.get("null_label") is True
        return told or float(self.config["kwargs"].get("label_dropout", 0)) > 0

    @property
    def digest(self) -> str:
        """SHA-256 of the weights, as the config records it."""
        return self.config["digest"]


def put(
    state: Mapping[str, Tensor],
    description: Mapping,
    name: str,
    root: str | Path | None = None,
    losses=None,
    card: str = "",
    replace: bool = False,
    more: Callable[[Path], dict] | None = None,
) -> Checkpoint:
    """Write a checkpoint folder in one act; a reader sees all of it or nothing.

    description: plain values; its digest is added.  more: `beside.writer`.  root: the folder that
    holds the folder; default: the user's.  Raises UserError if the name is taken by other weights,
    unless `replace`, and Unsaved where the disk is full or read-only.
    """
    places.check_name(name, "checkpoint")
    if root is None and _with_page(name):
        raise UserError(f"A network {name!r} comes with the page; choose another name.")
    place = (kept_folder() if root is None else Path(root)) / name
    taken = UserError(f"A checkpoint {name!r} is already there; choose another name.")
    if place.exists() and not replace:
        raise taken
    with saving(f"The network “{name}”"):
        try:
            config = _written(place, state, description, losses, card, replace, more)
        except FileExistsError:
            raise taken from None
    return Checkpoint(name, place, config)


def _written(place, state, description, losses, card: str, replace: bool, more) -> dict:
    """Write the folder; returns its config.  Raises FileExistsError and OSError."""
    from safetensors.torch import save_file

    with writing.whole_folder(place, replace) as part:
        with as_oserror():
            save_file({k: v.detach().cpu().contiguous() for k, v in state.items()}, part / WEIGHTS)
        (part / WEIGHTS).chmod(0o644)
        config = {"format": 1, **description, "digest": digest_of(part / WEIGHTS)}
        if more is not None:
            config |= more(part)
        _write(part / CONFIG, json.dumps(config, indent=1, ensure_ascii=False))
        if losses is not None:
            _write(part / "losses.json", json.dumps(losses))
        if card:
            _write(part / "card.md", card)
    return config


def read(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """Its tensors by name, on the CPU.  Raises UserError if the file is damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = checkpoint.folder / WEIGHTS
    try:
        if not path.is_file():
            raise FileNotFoundError(errno.ENOENT, "no file")
        if path.stat().st_size > LARGEST_WEIGHTS:
            raise UserError(
                f"The weights of {checkpoint.name} have more than {LARGEST_WEIGHTS / 2**30:.0f} GB."
            )
        if digest_of(path) != checkpoint.digest:
            raise UserError(
                f"The weights of {checkpoint.name} are not those that its config names "
                "(another SHA-256): the file is damaged or was replaced."
            )
        return load_file(path)
    except (OSError, SafetensorError) as problem:
        why = reading.why(problem)
        raise UserError(f"The weights of {checkpoint.name} cannot be read: {why}.") from None


def checkpoints(root: str | Path | None = None) -> list[Checkpoint]:
    """All that can be named: the shipped ones, then the user's, newest first.

    Folders that are no checkpoint are passed over; `find` says what is wrong with one.
    """
    own = kept_folder(root)
    writing.mend(own)
    kept = _opened(sorted(_inside(own), key=_age))
    return list({c.name: c for c in [*kept[::-1], *shipped()[::-1]]}.values())[::-1]


def shipped() -> list[Checkpoint]:
    """Those that come with the page, which are asked for many times in a view."""
    return list(_come_with(SHIPPED, _age(SHIPPED)))


@lru_cache(maxsize=4)
def _come_with(folder: Path, changed: float) -> list[Checkpoint]:
    return _opened(sorted(_inside(folder)))


def losses(c: Checkpoint) -> dict:
    """The loss at each σ before training and now, as its training wrote it down; else empty."""
    path = c.folder / "losses.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def ladder() -> list[Checkpoint]:
    """EDM's configurations A to F, which come with the page too: DATA-ladder-a and so on."""
    return _opened(sorted(_inside(LADDER)))


def is_kept(name: str, root: str | Path | None = None) -> bool:
    """Whether the user has a checkpoint of this name."""
    return bool(NAME.fullmatch(name)) and (kept_folder(root) / name / CONFIG).is_file()


def is_taken(name: str, root: str | Path | None = None) -> bool:
    """Whether something of this name is there, whole or damaged."""
    return bool(NAME.fullmatch(name)) and (
        _with_page(name) is not None or os.path.lexists(kept_folder(root) / name)
    )


def count(root: str | Path | None = None) -> int:
    """How many networks of the user's own there are, none half written."""
    return len(_opened(_inside(kept_folder(root))))


def kept(name: str, root: str | Path | None = None) -> Checkpoint:
    """The user's own checkpoint of this name.  Raises UserError if there is none."""
    return open_folder(kept_folder(root) / places.check_name(name, "checkpoint"))


def find(name: str, root: str | Path | None = None) -> Checkpoint:
    """The checkpoint of this name.  Raises UserError if there is none."""
    if NAME.fullmatch(name) and (place := _with_page(name)):
        return open_folder(place)
    if not is_kept(name, root):
        writing.mend(kept_folder(root))
    if is_kept(name, root):
        return kept(name, root)
    known = [c.name for c in checkpoints(root)]
    raise UserError(
        f"There is no network {name[:64]!r} on this machine. Known: "
        f"{', '.join(known[:12]) or 'none yet; train one or open an EDM .pkl'}."
    )


def open_folder(folder: Path) -> Checkpoint:
    """The checkpoint in a folder, its config read and held against the lists."""
    path = folder / CONFIG
    try:
        stamp = path.stat()
    except OSError as problem:
        raise described.none(path, problem) from None
    return _opened_at(folder, stamp.st_mtime_ns, stamp.st_size, stamp.st_ino)


@lru_cache(maxsize=256)
def _opened_at(folder: Path, *stamp: int) -> Checkpoint:
    """As `open_folder`; the page asks many times for what changes seldom."""
    return Checkpoint(folder.name, folder, described.read(folder / CONFIG))


def delete(name: str, root: str | Path | None = None) -> None:
    """Remove one of the user's own checkpoints."""
    places.check_name(name, "checkpoint")
    if not is_kept(name, root):
        raise UserError(f"There is no network {name!r} of your own to remove.")
    shutil.rmtree(kept_folder(root) / name)


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def named_like(text: str, digest: str = "") -> str:
    """A permitted name made of a file's name, with the first characters of a digest."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:48] or "network"
    return f"{plain}-{digest[:8]}" if digest else plain


def _with_page(name: str) -> Path | None:
    """The folder of a network that comes with the page, by its name, which holds no path."""
    places_of = (place / name for place in (SHIPPED, LADDER, DESIGNS))
    return next((place for place in places_of if (place / CONFIG).is_file()), None)


def _opened(folders: Iterable[Path]) -> list[Checkpoint]:
    found = []
    for folder in folders:
        if NAME.fullmatch(folder.name) and (folder / CONFIG).is_file():
            try:
                found.append(open_folder(folder))
            except UserError:
                continue
    return found


def _inside(folder: Path) -> list[Path]:
    """What is in a folder; nothing if it is none, or may not be looked into."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except OSError:  # removed meanwhile
        return 0.0


@contextlib.contextmanager
def as_oserror() -> Iterator[None]:
    """What the disk refuses, which safetensors only tells in words, as Python raises it."""
    from safetensors import SafetensorError

    try:
        yield
    except SafetensorError as problem:
        if told := re.search(r"os error (\d+)", str(problem)):
            raise OSError(int(told[1]), os.strerror(int(told[1]))) from None
        raise


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
