"""Folders and zips of the diffusers library: read as data, or kept as a checkpoint with a name.

    load_folder(folder) -> NetworkDenoiser            convert(folder, name) -> Checkpoint
    convert_zip(file, title) -> Checkpoint            keep_hub("owner/name") -> Checkpoint

One holds `config.json` (of a UNet2DModel), its weights as .safetensors beside it, and the scheduler
that it was trained for: unet/ and scheduler/ inside one folder, as pipelines have it, or all in
one.  Its .bin files are pickles and are not read.
"""

import contextlib
import hashlib
import json
import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from torch import Tensor

from ..errors import UserError
from ..store import downloads, weights
from . import diffusers_unet, files
from .architecture import build
from .denoiser import NetworkDenoiser

WEIGHTS, CONFIG = "diffusion_pytorch_model.safetensors", "config.json"
SCHEDULER = "scheduler_config.json"
LONGEST = 2**20  # bytes of a config
MEMBERS = 1000  # of a zip
SQUEEZED = 4  # times that zipped weights may be larger than what carries them
OLD = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


def load_folder(folder: str | Path) -> NetworkDenoiser:
    """The Denoiser in a diffusers folder.  Raises UserError for anything else."""
    description, state = read_folder(Path(folder))
    return NetworkDenoiser(build(description, state))


def convert(
    folder: str | Path, name: str = "", root: str | Path | None = None, **known
) -> weights.Checkpoint:
    """Keep the network of a diffusers folder as a checkpoint of the user's, and say which.

    name: what links call it; if not given, the folder's name with a digest, and a second time finds
    it there.  known: label, licence, origin.  Raises UserError if a given name is taken.
    """
    folder = Path(folder)
    description, state = read_folder(folder)
    module = build(description, state)
    title = known.pop("label", "") or folder.resolve().name[:80]
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
    with contextlib.ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
            folder = stack.enter_context(downloads.unpacked(archive, _members(archive)))
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            RuntimeError,
            NotImplementedError,
        ) as problem:  # RuntimeError: it wants a password
            raise UserError(f"{title[:80]} cannot be unpacked: {str(problem)[:160]}.") from None
        return convert(folder, name, root, label=Path(title).stem[:80], **known)


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
            name, local_dir=place, allow_patterns=["*config.json", WEIGHTS, f"unet/{WEIGHTS}"]
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


def read_folder(folder: Path) -> tuple[dict, dict[str, Tensor]]:
    """(description for `architecture.build`, state by its names)."""
    inner = folder / "unet" if (folder / "unet").is_dir() else folder
    config = _json(inner / CONFIG)
    description = diffusers_unet.describe(config, _json(_scheduler(folder, inner)))
    return description, _state(inner / WEIGHTS)


def _scheduler(folder: Path, inner: Path) -> Path:
    for place in (folder / "scheduler", folder, inner.parent / "scheduler", inner):
        if (place / SCHEDULER).is_file():
            return place / SCHEDULER
    raise UserError(
        f"{folder} has no {SCHEDULER}, so nobody knows what its network predicts and "
        "at which noise levels."
    )


def _json(path: Path) -> dict:
    try:
        if path.stat().st_size > LONGEST:
            raise ValueError(f"longer than {LONGEST:,} bytes")
        value = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(value, dict):
            raise ValueError("not an object")
        return value
    except (OSError, ValueError, RecursionError) as problem:
        raise UserError(
            f"{path} cannot be read ({str(problem)[:120]}); a folder of ours has "
            "weights.safetensors, one of diffusers unet/config.json."
        ) from None


def _state(path: Path) -> dict[str, Tensor]:
    """The tensors by the names that `Preconditioned` and the library's attention have today."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        other = " Its .bin is a pickle and is not read." if list(path.parent.glob("*.bin")) else ""
        raise UserError(f"{path} is missing.{other}")
    try:
        if path.stat().st_size > weights.LARGEST_WEIGHTS:
            raise UserError(f"{path} is larger than {weights.LARGEST_WEIGHTS / 2**30:.0f} GB.")
        state = load_file(path)
    except (SafetensorError, OSError) as problem:
        raise UserError(f"{path} cannot be read: {str(problem)[:200]}") from None
    # models of before 2023, the published DDPM ones among them, have other names for attention
    renamed = lambda k: re.sub(
        r"(attentions\.\d+\.)(query|key|value|proj_attn)(?=\.(weight|bias)$)",
        lambda m: m[1] + OLD[m[2]],
        k,
    )
    return {f"model.unet.{renamed(k)}": v for k, v in state.items()}


def _digest(module, description: dict) -> str:
    """Of the weights and of what they were trained for: the same weights may be read two ways."""
    words = json.dumps(description, sort_keys=True)
    return hashlib.sha256((files.digest_of_state(module) + words).encode()).hexdigest()


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The three files that are read, by the name that each gets, their sizes checked."""
    if len(archive.infolist()) > MEMBERS:
        raise UserError(f"This zip holds more than {MEMBERS} files.")
    held = {PurePosixPath(i.filename): i for i in archive.infolist() if not i.is_dir()}
    own = [p for p in held if p.name == WEIGHTS]
    if len(own) != 1:
        pickles = (
            " A .bin is a pickle and is not read." if any(p.suffix == ".bin" for p in held) else ""
        )
        raise UserError(
            f"A zip of a diffusers model holds one {WEIGHTS}; this one holds "
            f"{len(own) or 'none'}.{pickles}"
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
        most = (
            LONGEST
            if name != WEIGHTS
            else min(weights.LARGEST_WEIGHTS, SQUEEZED * member.compress_size + LONGEST)
        )
        if member.file_size > most:
            raise UserError(
                f"{name} in this zip would have {member.file_size:,} bytes unpacked; "
                "weights hardly get smaller in a zip, so this is not one to unpack."
            )
    return found
