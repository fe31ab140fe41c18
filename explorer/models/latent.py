"""From latents to images: decoders of the diffusers library, or anybody's function.

    describe(config) -> description        Decoder(description, load).images(z) -> (B, C, H, W)
    decoded_by(denoiser, decode, shape) -> the denoiser with a decoder of one's own

A decoder is read when it is first asked, and asked a few latents at a time; no sampler asks it.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ..errors import UserError
from . import diffusers_unet
from .denoiser import NetworkDenoiser
from .library import FLAG, Table, built, checked, fill, real, whole, words

KL, VQ, TINY = "AutoencoderKL", "VQModel", "AutoencoderTiny"
PIXELS = 2**20  # of the images that are decoded at once, and one image at least
_SIZES: Table = {
    "in_channels": whole(1, 4),
    "out_channels": whole(1, 4),
    "latent_channels": whole(1, 64),
    "scaling_factor": real(1e-4, 1e3),
    "shift_factor": real(-100, 100),
    "force_upcast": FLAG,
    "act_fn": words("silu", "swish", "mish", "gelu", "relu"),
}
_BLOCKS: Table = {
    **_SIZES,
    "down_block_types": words("DownEncoderBlock2D", "AttnDownEncoderBlock2D"),
    "up_block_types": words("UpDecoderBlock2D", "AttnUpDecoderBlock2D"),
    "block_out_channels": whole(1, 4096),
    "layers_per_block": whole(1, 16),
    "norm_num_groups": whole(1, 1024),
    "sample_size": whole(1, 4096),
    "mid_block_add_attention": FLAG,
}
TABLES: dict[str, Table] = {
    KL: {
        **_BLOCKS,
        "latents_mean": real(-1e3, 1e3),
        "latents_std": real(1e-3, 1e3),
        "use_quant_conv": FLAG,
        "use_post_quant_conv": FLAG,
    },
    VQ: {
        **_BLOCKS,
        "num_vq_embeddings": whole(1, 2**17),
        "vq_embed_dim": whole(1, 4096),
        "norm_type": words("group"),
    },
    TINY: {
        **_SIZES,
        "encoder_block_out_channels": whole(1, 4096),
        "decoder_block_out_channels": whole(1, 4096),
        "num_encoder_blocks": whole(0, 64),
        "num_decoder_blocks": whole(0, 64),
        "upsampling_scaling_factor": whole(1, 4),
        "upsample_fn": words("nearest", "bilinear"),
        "latent_magnitude": real(1e-3, 1e3),
        "latent_shift": real(-100, 100),
    },
}


counted: Callable[[Any], Any] = lambda decode: (
    decode
)  # who keeps account of memory puts itself here


class Decodes(Protocol):
    """decode(z): images (B, C, H, W) in [−1, 1] of latents (B, *shape), as a sampler ends."""

    def __call__(self, z: Tensor) -> Tensor: ...


class Decoder:
    """Images of latents: read when it is first asked, and a few at a time.

    shape: of an image, (C, H, W).  words: what it is.  load: makes `Decodes`, once.
    """

    def __init__(self, load: Callable[[], Decodes], shape: tuple[int, int, int], words: str = ""):
        self._load, self.shape, self.words = load, shape, words
        self.pace = 0.0  # seconds that one image takes, once some were decoded
        self._decode: Decodes | None = None
        self._lock = threading.Lock()

    @torch.no_grad()
    def images(self, z: Tensor, watch: Callable[[], None] | None = None) -> Tensor:
        """(B, C, H, W) float32 in [−1, 1], on the CPU, of latents z (B, *latent shape).

        watch() is called before every few of them and may raise Cancelled.
        """
        with self._lock:
            if self._decode is None:
                self._decode = counted(self._load())
        size = max(1, PIXELS // math.prod(self.shape[1:]))
        out = []
        for few in z.split(size):
            if watch is not None:
                watch()
            began = time.perf_counter()
            out.append(self._decode(few.float()).float().clamp(-1, 1).cpu())
            each = (time.perf_counter() - began) / len(few)
            self.pace = min(each, self.pace or each)  # the first call warms up
        found = torch.cat(out)
        if tuple(found.shape[1:]) != self.shape:
            raise UserError(
                f"The decoder makes images of {tuple(found.shape[1:])}; {self.shape} were expected."
            )
        return found


def decoded_by(
    denoiser: NetworkDenoiser, decode: Decodes, shape: tuple[int, int, int]
) -> NetworkDenoiser:
    """The same denoiser, its latents shown by decode(z) as images of this shape (C, H, W)."""
    denoiser.module.decoder = Decoder(lambda: decode, shape, "a function of your own")
    return denoiser


def describe(config: Mapping, latent: tuple[int, ...]) -> dict:
    """The description of a decoder for latents of this shape.  Raises UserError."""
    diffusers_unet.require()
    import diffusers

    name = str(config.get("_class_name"))
    if name not in TABLES:
        raise UserError(
            f"The decoder is a {name[:60]!r}, which is not read. Known: {', '.join(TABLES)}."
        )
    if name == TINY:  # it writes down what it is not made with
        config = {k: v for k, v in config.items() if k != "block_out_channels"}
    kwargs = checked(config, TABLES[name], getattr(diffusers, name))
    channels = _setting(name, kwargs, "latent_channels")
    if channels != latent[0]:
        raise UserError(
            f"The decoder takes latents of {channels} channels; the network makes {latent[0]}."
        )
    scale = _setting(name, kwargs, "scaling_factor")
    return {"network": name, "kwargs": kwargs, "scaling_factor": scale}


def image_shape(d: Mapping, latent: tuple[int, ...]) -> tuple[int, int, int]:
    """(C, H, W) of the images that a described decoder makes."""
    name, kwargs = str(d.get("network")), d.get("kwargs") or {}
    blocks = "decoder_block_out_channels" if name == TINY else "block_out_channels"
    times = 2 ** (len(_setting(name, kwargs, blocks)) - 1)
    return _setting(name, kwargs, "out_channels"), latent[1] * times, latent[2] * times


def load(d: Mapping, state: Mapping[str, Tensor], latent: tuple[int, ...], device: Any) -> Decodes:
    """The described decoder with these weights.  Raises UserError."""
    diffusers_unet.require()
    import diffusers

    checked_again = describe({**d["kwargs"], "_class_name": d["network"]}, latent)
    whole_model = built(getattr(diffusers, d["network"]), checked_again["kwargs"])
    made = _Half(whole_model, d["network"])
    fill(made, state)
    return made.to(device)


class _Half(nn.Module):
    """The half of an autoencoder that decodes, under the library's names."""

    def __init__(self, whole_model: Any, name: str):
        super().__init__()
        c = whole_model.config
        self.decoder, self.name = whole_model.decoder, name
        self.post_quant_conv = getattr(whole_model, "post_quant_conv", None)
        if name == VQ:
            self.quantize = whole_model.quantize
        self.scale, self.shift = c.scaling_factor or 1.0, getattr(c, "shift_factor", None) or 0.0
        mean, std = getattr(c, "latents_mean", None), getattr(c, "latents_std", None)
        self.moments = (mean, std) if mean and std else None

    def forward(self, z: Tensor) -> Tensor:
        if self.moments:
            mean, std = (torch.tensor(v).to(z).reshape(1, -1, 1, 1) for v in self.moments)
            z = z * std / self.scale + mean
        else:
            z = z / self.scale + self.shift
        if self.name == VQ:
            z = self.quantize(z)[0]
        if self.post_quant_conv is not None:
            z = self.post_quant_conv(z)
        return self.decoder(z)


def _setting(name: str, kwargs: Mapping, key: str) -> Any:
    """What a setting is, or else the library's default."""
    import inspect

    import diffusers

    if key in kwargs:
        return kwargs[key]
    return inspect.signature(getattr(diffusers, name)).parameters[key].default
