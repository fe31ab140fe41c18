"""Pipelines of the diffusers library, read as data: denoiser of latents, decoder and scheduler.

    pipeline(path, out, shown) -> {"config", "scheduler", "decoder", "index", "problem"}, with
    "state" and "decoder" in out

A folder holds unet/ or transformer/, vae/ or vqvae/, scheduler/ and model_index.json.  Weights are
.safetensors, whole or of half precision; .bin files are pickles and are not read.
"""

from pathlib import Path

from ..errors import UserError
from .diffusers import CONFIG, LARGEST, SCHEDULER, WEIGHTS, Out, plain
from .pickle_tensors import Stored
from .tensor_file import tensors

INDEX = "model_index.json"
NETWORKS, DECODERS = ("unet", "transformer"), ("vae", "vqvae")
HALF = WEIGHTS.replace(".safetensors", ".fp16.safetensors")
SPLIT = WEIGHTS + ".index.json"
MOST = 1_000_000_000  # numbers of a network that its owner opens
NEEDED = ("decoder.", "post_quant_conv.", "quantize.")  # of a decoder: no encoder is kept


def is_pipeline(folder: Path) -> bool:
    """Whether a folder has what a plain U-Net of pixels has not."""
    return folder.is_dir() and any((folder / n).is_dir() for n in (*DECODERS, "transformer"))


def pipeline(path: Path, out: Out, shown: str) -> dict:
    """The configs; the weights by the names that the files have.  Raises UserError.

    "problem" is what is wrong with the weights, for whoever finds nothing wrong with the configs.
    """
    network = _one(path, NETWORKS, shown, "the network that denoises")
    decoder = _one(path, DECODERS, shown, "the decoder of its latents")
    found = {
        "config": _config(network / CONFIG, shown),
        "decoder": _config(decoder / CONFIG, shown),
        "scheduler": _config(path / "scheduler" / SCHEDULER, shown),
        "index": _config(path / INDEX, shown) if (path / INDEX).is_file() else {},
        "problem": "",
    }
    try:
        _tensors(network, "state", out, shown, ("",))
        _tensors(decoder, "decoder", out, shown, NEEDED)
    except UserError as error:
        return found | {"problem": str(error)}
    return found


def weights_of(folder: Path) -> Path:
    """The file of a part's weights: in full precision if it is there, else in half."""
    whole = folder / WEIGHTS
    return whole if whole.is_file() or not (folder / HALF).is_file() else folder / HALF


def parts_of(folder: Path) -> list[Path]:
    """The files of weights that are read of a pipeline."""
    return [
        file
        for names in (NETWORKS, DECODERS)
        for n in names
        if (file := weights_of(folder / n)).is_file()
    ]


def _one(path: Path, names: tuple[str, ...], shown: str, what: str) -> Path:
    for name in names:
        if (path / name).is_dir():
            return path / name
    raise UserError(
        f"{shown} lacks {what}: a folder {' or '.join(f'{n}/' for n in names)} with {CONFIG} and "
        f"{WEIGHTS}."
    )


def _config(file: Path, shown: str) -> dict:
    name = f"{file.parent.name}/{file.name}" if file.name != INDEX else INDEX
    if not file.is_file():
        more = (
            ", so nobody knows what its network predicts and at which noise levels"
            if file.name == SCHEDULER
            else ""
        )
        raise UserError(f"{shown} has no {name}{more}.")
    return plain(file.open("rb"), name)


def _tensors(folder: Path, name: str, out: Out, shown: str, kept: tuple[str, ...]) -> None:
    """Hand back those whose names begin so."""
    file = weights_of(folder)
    if not file.is_file():
        other = ""
        if (folder / SPLIT).is_file():
            other = " It is split into several files; save it as one (max_shard_size)."
        elif list(folder.glob("*.bin")):
            other = " Its .bin is a pickle and is not read: save it with safe_serialization."
        raise UserError(f"{shown} has no {folder.name}/{WEIGHTS}.{other}")
    size = file.stat().st_size
    if size > LARGEST:
        raise UserError(
            f"The weights in {folder.name}/ of {shown} are larger than {LARGEST / 2**30:.0f} GB."
        )
    with file.open("rb") as opened:
        found: dict[str, Stored] = tensors(opened, size, MOST)
        out.tensors(name, {k: v for k, v in found.items() if k.startswith(kept)})
