"""Folders and zips of the diffusers library: read as data, or kept as a checkpoint with a name.

    load_folder(folder) -> NetworkDenoiser            convert(folder, name) -> Checkpoint
    convert_zip(file, title) -> Checkpoint            keep_hub("owner/name") -> Checkpoint

`reading.diffusers` reads it, in a process of its own; what its configs say is held against lists.
"""

import hashlib
import json
import re
from pathlib import Path

from torch import Tensor

from ..errors import UserError
from ..reading.diffusers import WEIGHTS
from ..reading.pipeline import INDEX, is_pipeline
from ..store import apart, downloads, weights
from . import diffusers_unet, files, latent_folder
from .architecture import build
from .denoiser import NetworkDenoiser
from .matching import OLD as OLD
from .matching import renamed

PIPELINE = [f"{part}/{WEIGHTS}" for part in ("unet", "transformer", "vae", "vqvae")]
PIPELINE += [INDEX, "text_encoder*/model.safetensors"]
PIPELINE += [f"tokenizer*/*{kind}" for kind in (".json", ".txt", ".model")]  # words, no code
SPEED = 32 * 2**20  # bytes a second that a slow disk copies: large weights have more time


def load_folder(folder: str | Path) -> NetworkDenoiser:
    """The Denoiser in a diffusers folder.  Raises UserError for anything else."""
    if is_pipeline(Path(folder)):
        return latent_folder.load(Path(folder))
    description, state = read_folder(Path(folder))
    return NetworkDenoiser(build(description, state))


def convert(
    folder: str | Path, name: str = "", root: str | Path | None = None, **known
) -> weights.Checkpoint:
    """Keep the network of a diffusers folder as a checkpoint of the user's, and say which.

    name: what links call it; if not given, the folder's name with a digest, and a second time finds
    it there.  known: label, licence, origin, and `shown`, what sentences call it, and
    `of`, the visitor whose it is.  Raises UserError if a given name is taken.
    """
    folder = Path(folder)
    of, shown = known.pop("of", ""), known.pop("shown", "") or folder.resolve().name[:80]
    title = known.pop("label", "") or shown
    if is_pipeline(folder):
        return latent_folder.keep(folder, name, root, label=title, **known)
    description, state = read_folder(folder, shown, of)
    module = build(description, state)
    known |= {"parameters": sum(p.numel() for p in module.parameters())}
    if not name:
        name = weights.named_like(title, _digest(module, description))
        if weights.is_kept(name, root):
            return weights.kept(name, root)
    place = None if root is None else weights.kept_folder(root)
    return files.save(module, {**description, "label": title, **known}, name, place)


def convert_zip(
    path: Path, title: str, name: str = "", root: str | Path | None = None, **known
) -> weights.Checkpoint:
    """Keep the network of a zipped diffusers folder; of the zip only three files are read.

    Raises UserError for a zip that lacks one of them, is damaged, or grows too much.
    """
    return convert(path, name, root, label=Path(title).stem[:80], shown=title[:80], **known)


def is_hub_name(text: str) -> bool:
    """Whether this is owner/name."""
    return bool(re.fullmatch(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", text))


def of_hub(name: str, root: str | Path | None = None) -> weights.Checkpoint | None:
    """The checkpoint that was made of owner/name of the hub, or None."""
    return next(
        (
            c
            for c in weights.checkpoints(root)
            if c.config.get("origin") == name and "scheduler" in c.config
        ),
        None,
    )


def fetch_hub(name: str, root: str | Path | None = None) -> Path:
    """Download the configs and .safetensors of owner/name; for the command line alone.

    Raises UserError for a name that is none, without the package, and without a network.
    """
    if not is_hub_name(name):
        raise UserError(
            f"{name[:200]!r} is no folder here and no model of the hub; a folder or "
            "owner/name is wanted."
        )
    diffusers_unet.require()
    from huggingface_hub import snapshot_download

    place = downloads.hub_folder(name, root)
    try:
        snapshot_download(
            name, local_dir=place, allow_patterns=["*config.json", WEIGHTS, *PIPELINE]
        )
    except Exception as problem:  # noqa: BLE001  the hub's errors have many roots: no network, no such model
        why = " ".join(str(problem).split())[:160]
        raise UserError(
            f"{name} could not be fetched from the hub ({type(problem).__name__}: {why})."
        ) from None
    return place


def keep_hub(name: str, called: str = "", root: str | Path | None = None) -> weights.Checkpoint:
    """Fetch owner/name of the hub and keep it as a checkpoint; the download is removed then."""
    folder = fetch_hub(name, root)
    kept = convert(folder, called, root, label=name, origin=name)
    downloads.drop_hub(name, root)
    return kept


# ---- reading ------------------------------------------------------------------------------------


def read_folder(folder: Path, shown: str = "", of: str = "") -> tuple[dict, dict[str, Tensor]]:
    """(description for `architecture.build`, state by its names) of a folder, or a zip of one.

    Raises UserError for anything else, in words that name no place on this machine.
    """
    shown = shown or folder.resolve().name[:80] or "The folder"
    size = _size(folder)
    limits = apart.Limits(seconds=10 + size // SPEED, written=size + 64 * 2**20)
    with apart.read("explorer.reading.diffusers:network", folder, shown, limits, of) as found:
        description = diffusers_unet.describe(found.value["config"], found.value["scheduler"])
        if found.value["problem"]:
            raise UserError(str(found.value["problem"]))
        return description, renamed(found.tensors("state"), "model.unet.")


def _size(path: Path) -> int:
    """About how many bytes are to be copied."""
    if path.is_file():
        return 4 * path.stat().st_size  # it may be zipped
    places = (path / WEIGHTS, path / "unet" / WEIGHTS)
    return sum(p.stat().st_size for p in places if p.is_file())


def _digest(module, description: dict) -> str:
    """Of the weights and of what they were trained for: the same weights may be read two ways."""
    words = json.dumps(description, sort_keys=True)
    return hashlib.sha256((files.digest_of_state(module) + words).encode()).hexdigest()
