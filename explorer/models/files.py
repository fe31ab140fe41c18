"""Checkpoint folders: weights.safetensors + config.json (+ losses.json, card.md).

    save(module, description, name) -> Checkpoint        find(name) -> Checkpoint
    checkpoints() -> [Checkpoint, ...]                   load(checkpoint) -> NetworkDenoiser

Shipped ones lie under assets/weights, the user's own in a cache folder.  A name holds no path, so a
link can open nothing else; the digest, SHA-256 of the weights, is checked at every load.
"""

import dataclasses
import hashlib
import json
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from ..errors import UserError
from .architecture import build
from .denoiser import NetworkDenoiser, Preconditioned

SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "weights"
WEIGHTS, CONFIG = "weights.safetensors", "config.json"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
LONGEST_CONFIG = 2**20  # bytes
LARGEST_WEIGHTS = 4 * 2**30


def cache_folder(root: str | Path | None = None) -> Path:
    """`root`, or EXPLORER_CACHE, or the place that XDG names for caches."""
    given = root or os.environ.get("EXPLORER_CACHE")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "diffusion-sampler-explorer"


def kept_folder(root: str | Path | None = None) -> Path:
    """Where the user's own checkpoints are."""
    return cache_folder(root) / "models"


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
        return float(self.config["kwargs"].get("label_dropout", 0)) > 0

    @property
    def digest(self) -> str:
        """SHA-256 of the weights, as the config records it."""
        return self.config["digest"]


def save(
    module: Preconditioned,
    description: Mapping,
    name: str,
    root: str | Path | None = None,
    losses=None,
    card: str = "",
    replace: bool = False,
) -> Checkpoint:
    """Write a checkpoint folder in one act; a reader sees all of it or nothing.

    description: of `architecture.describe`, with anything else worth keeping: label, data (flat
    settings), training, licence, source.  root: the folder that holds the folder; default: the
    user's.  Raises UserError if the name is taken by other weights, unless `replace`.
    """
    from safetensors.torch import save_file

    _check_name(name)
    place = (kept_folder() if root is None else Path(root)) / name
    if root is None and (SHIPPED / name / CONFIG).is_file():
        raise UserError(f"A network {name!r} comes with the page; choose another name.")
    if place.exists() and not replace:
        raise UserError(f"A checkpoint {name!r} is already there; choose another name.")
    place.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=".part", dir=place.parent))
    try:
        state = {k: v.detach().cpu().contiguous() for k, v in module.state_dict().items()}
        save_file(state, part / WEIGHTS)
        config = {"format": 1, **description, "digest": digest_of(part / WEIGHTS)}
        write(part / CONFIG, json.dumps(config, indent=1, ensure_ascii=False))
        if losses is not None:
            write(part / "losses.json", json.dumps(losses))
        if card:
            write(part / "card.md", card)
        part.chmod(0o755)
        if place.exists():
            old = place.with_name(part.name + ".old")
            place.rename(old)
            part.rename(place)
            shutil.rmtree(old)
        else:
            part.rename(place)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return Checkpoint(name, place, config)


def checkpoints(root: str | Path | None = None) -> list[Checkpoint]:
    """All that can be named: the shipped ones, then the user's, newest first.

    Folders that are no checkpoint are passed over; `find` says what is wrong with one.
    """
    own = kept_folder(root)
    kept = _opened(sorted(own.iterdir(), key=_age)) if own.is_dir() else []
    return list({c.name: c for c in [*kept[::-1], *shipped()[::-1]]}.values())[::-1]


def shipped() -> list[Checkpoint]:
    """Those that come with the page."""
    return _opened(sorted(SHIPPED.iterdir())) if SHIPPED.is_dir() else []


def _opened(folders: list[Path]) -> list[Checkpoint]:
    found = []
    for folder in folders:
        if NAME.fullmatch(folder.name) and (folder / CONFIG).is_file():
            try:
                found.append(open_folder(folder))
            except UserError:
                continue
    return found


def find(name: str, root: str | Path | None = None) -> Checkpoint:
    """The checkpoint of this name.  Raises UserError if there is none."""
    if NAME.fullmatch(name):
        for place in (SHIPPED, kept_folder(root)):
            if (place / name / CONFIG).is_file():
                return open_folder(place / name)
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
        raise UserError(f"{path} is not the config of a checkpoint: {problem}.") from None
    return _opened_at(folder, stamp.st_mtime_ns, stamp.st_size, stamp.st_ino)


@lru_cache(maxsize=256)
def _opened_at(folder: Path, *stamp: int) -> Checkpoint:
    """As `open_folder`; the page asks many times for what changes seldom."""
    path = folder / CONFIG
    try:
        if stamp[1] > LONGEST_CONFIG:
            raise ValueError(f"it is longer than {LONGEST_CONFIG:,} bytes")
        config = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(config, dict) or config.get("format") != 1:
            raise ValueError("it has no “format”: 1")
        if not re.fullmatch(r"[0-9a-f]{64}", str(config.get("digest"))):
            raise ValueError("it names no digest")
        if not isinstance(config.get("kwargs"), dict) or not isinstance(config.get("shape"), list):
            raise ValueError("it does not describe a network")
        if (
            type(config["kwargs"].get("label_dim", 0)) is not int
            or type(config["kwargs"].get("label_dropout", 0)) not in (int, float)
            or not isinstance(config.get("data", {}), dict)
        ):
            raise ValueError("its label_dim, label_dropout or data are of the wrong kind")
    except (OSError, ValueError, RecursionError) as problem:
        raise UserError(f"{path} is not the config of a checkpoint: {problem}.") from None
    return Checkpoint(folder.name, folder, config)


def load(checkpoint: Checkpoint, device=None) -> NetworkDenoiser:
    """Its network, weights read and checked.  Raises UserError if a file is damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = checkpoint.folder / WEIGHTS
    try:
        if path.stat().st_size > LARGEST_WEIGHTS:
            raise UserError(f"{path} is larger than {LARGEST_WEIGHTS / 2**30:.0f} GB.")
        if digest_of(path) != checkpoint.digest:
            raise UserError(
                f"The weights of {checkpoint.name} are not those that its config names "
                "(another SHA-256): the file is damaged or was replaced."
            )
        state = load_file(path)
    except (OSError, SafetensorError) as problem:
        raise UserError(f"The weights of {checkpoint.name} cannot be read: {problem}.") from None
    denoiser = NetworkDenoiser(
        build(checkpoint.config, state), sigma_data=checkpoint.config.get("sigma_data")
    )
    return denoiser if device is None else denoiser.to(device)


def delete(name: str, root: str | Path | None = None) -> None:
    """Remove one of the user's own checkpoints."""
    _check_name(name)
    place = kept_folder(root) / name
    if not (place / CONFIG).is_file():
        raise UserError(f"There is no network {name!r} of your own to remove.")
    shutil.rmtree(place)


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of_state(module: Preconditioned) -> str:
    """SHA-256 of all names and numbers of a network: the same wherever its file was written."""
    found = hashlib.sha256()
    for name, v in sorted(module.state_dict().items()):
        found.update(f"{name} {tuple(v.shape)} {v.dtype};".encode())
        found.update(v.detach().cpu().contiguous().view(-1).numpy())
    return found.hexdigest()


def named_like(text: str, digest: str = "") -> str:
    """A permitted name made of a file's name, with the first characters of a digest."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:48] or "network"
    return f"{plain}-{digest[:8]}" if digest else plain


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise UserError(
            f"A checkpoint cannot be called {name[:64]!r}: up to 64 small letters, "
            "digits, dots and hyphens work."
        )


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except OSError:  # removed meanwhile
        return 0.0


def write(path: Path, text: str) -> None:
    """Write a text file in one act."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
