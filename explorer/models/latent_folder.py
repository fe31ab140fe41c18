"""Pipelines of the diffusers library, from their owner's folder to a checkpoint with a name.

    keep(folder, name) -> Checkpoint        attach(denoiser, checkpoint) -> the denoiser, decoding

Network and decoder are read by `reading.pipeline` in a process of its own.  Text encoders are kept
as their files are, .json, .txt, .model and .safetensors, and read when a prompt is asked.
"""

import hashlib
import json
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ..errors import UserError
from ..reading import pipeline
from ..store import apart, beside, weights
from . import conditional, diffusers_unet, latent, prompts
from .architecture import build
from .denoiser import NetworkDenoiser, Preconditioned
from .matching import renamed

SPEED = 32 * 2**20  # bytes a second that a slow disk copies
UNIT = 1.0  # σ_data of latents: their factor is chosen to make it so
DECODER = "decoder"
_modules: weakref.WeakValueDictionary[str, Preconditioned] = weakref.WeakValueDictionary()


def read(folder: Path, shown: str) -> tuple[dict, dict[str, Tensor], dict[str, Tensor]]:
    """(description, state of the network, state of its decoder).  Raises UserError."""
    size = sum(file.stat().st_size for file in pipeline.parts_of(folder))
    limits = apart.Limits(seconds=10 + size // SPEED, written=size + 64 * 2**20)
    with apart.read("explorer.reading.pipeline:pipeline", folder, shown, limits) as found:
        told: Any = found.value
        description = _described(told)
        if told["problem"]:
            raise UserError(str(told["problem"]))
        return (
            description,
            renamed(found.tensors("state"), "model.unet."),
            renamed(found.tensors(DECODER)),
        )


def _described(told: Mapping) -> dict:
    """What is known of a pipeline: its network, its decoder and σ_data."""
    config, scheduler = told["config"], told["scheduler"]
    plain = config.get("_class_name") == diffusers_unet.NETWORK
    describe = diffusers_unet.describe if plain else conditional.describe
    description = describe(config, scheduler)
    shape = tuple(description["shape"])
    decoder = latent.describe(told["decoder"], shape)
    return {**description, DECODER: decoder, "sigma_data": UNIT}


def keep(
    folder: Path, name: str = "", root: str | Path | None = None, **known: Any
) -> weights.Checkpoint:
    """Keep a pipeline as a checkpoint of its owner's; if no name is given, one of its digest.

    Raises UserError for a folder that lacks a part, saying which and what would work.
    """
    shown = folder.resolve().name[:80] or "The folder"
    description, state, decoder = read(folder, shown)
    module = build(description, state)
    latent.load(description[DECODER], decoder, module.shape, "cpu")  # fits, or a sentence
    words = prompts.describe(folder, description["network"], shown)
    size = sum(p.numel() for p in module.parameters())
    description = {**description, "label": known.pop("label", "") or shown, "parameters": size}
    if words:
        description["prompts"] = words
    if not name:
        name = weights.named_like(description["label"], _digest(description, state, decoder))
        if weights.is_kept(name, root):
            return weights.kept(name, root)
    return weights.put(
        module.state_dict(),
        {**description, **known},
        name,
        None if root is None else weights.kept_folder(root),
        more=beside.writer({DECODER: decoder}, prompts.files(folder, words)),
    )


def load(folder: Path) -> NetworkDenoiser:
    """The Denoiser in a pipeline's folder, decoding, and asked without a prompt.

    Raises UserError.
    """
    description, state, decoder = read(folder, folder.resolve().name[:80] or "The folder")
    module = build(description, state)
    denoiser = NetworkDenoiser(module, sigma_data=UNIT)
    return _decoding(denoiser, description[DECODER], lambda: decoder)


def attach(denoiser: NetworkDenoiser, checkpoint: weights.Checkpoint) -> NetworkDenoiser:
    """Give a denoiser the decoder of its checkpoint, which is read when it is first asked."""
    told = checkpoint.config[DECODER]
    return _decoding(denoiser, told, lambda: beside.tensors(checkpoint, DECODER))


def _decoding(
    denoiser: NetworkDenoiser, told: Mapping, state: Callable[[], dict[str, Tensor]]
) -> NetworkDenoiser:
    shape, module = denoiser.shape, denoiser.module

    def load() -> latent.Decodes:
        return latent.load(told, state(), shape, next(module.parameters()).device)

    size = latent.image_shape(told, shape)
    module.decoder = latent.Decoder(load, size, str(told["network"]))
    return denoiser


def module_of(checkpoint: weights.Checkpoint) -> Preconditioned:
    """The network of a checkpoint; the same one as long as somebody holds it, so that another
    prompt does not read it again."""
    if (held := _modules.get(checkpoint.digest)) is None:
        held = build(checkpoint.config, weights.read(checkpoint))
        _modules[checkpoint.digest] = held
    return held


def _digest(description: Mapping, *states: Mapping[str, Tensor]) -> str:
    found = hashlib.sha256(json.dumps(description, sort_keys=True).encode())
    for state in states:
        for name, v in sorted(state.items()):
            found.update(f"{name} {tuple(v.shape)} {v.dtype};".encode())
            found.update(v.float().contiguous().view(-1).numpy().tobytes())
    return found.hexdigest()
