"""Denoisers over latents of the diffusers library, called as the networks here are.

    describe(config, scheduler) -> description        build(description, state) -> Preconditioned

A U-Net or a transformer that is asked with a class, with what became of a prompt (`Asked`), or with
nothing.  What its config may say is held against tables by `library`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor, nn

from ..errors import UserError
from . import diffusers_unet
from .asking import ASK, Asked
from .denoiser import Preconditioned
from .discrete import precond_of
from .library import FLAG, Table, built, checked, fill, real, whole, words

UNET, DIT, PIXART = "UNet2DConditionModel", "DiTTransformer2DModel", "PixArtTransformer2DModel"
SD3, FLUX = "SD3Transformer2DModel", "FluxTransformer2DModel"
OLD = {"ada_norm_zero": DIT, "ada_norm_single": PIXART}  # Transformer2DModel by its norm_type
FLUX_SIDE = 128  # of latents: what its pipeline makes where nobody says a size

_DOWN = ("DownBlock2D", "CrossAttnDownBlock2D", "AttnDownBlock2D", "SimpleCrossAttnDownBlock2D")
_UP = ("UpBlock2D", "CrossAttnUpBlock2D", "AttnUpBlock2D", "SimpleCrossAttnUpBlock2D")
_TOKENS: Table = {
    "num_attention_heads": whole(1, 256),
    "attention_head_dim": whole(1, 1024),
    "in_channels": whole(1, 256),
    "out_channels": whole(1, 512),
    "num_layers": whole(1, 64),
    "dropout": real(0, 1),
    "norm_num_groups": whole(1, 1024),
    "attention_bias": FLAG,
    "sample_size": whole(2, 256),
    "patch_size": whole(1, 16),
    "activation_fn": words("gelu-approximate", "gelu", "geglu"),
    "num_embeds_ada_norm": whole(1, 100_000),
    "upcast_attention": FLAG,
    "norm_type": words("ada_norm_zero", "ada_norm_single"),
    "norm_elementwise_affine": FLAG,
    "norm_eps": real(1e-12, 1),
}
TABLES: dict[str, Table] = {
    UNET: {
        "sample_size": whole(1, 256),
        "in_channels": whole(1, 64),
        "out_channels": whole(1, 128),
        "center_input_sample": FLAG,
        "flip_sin_to_cos": FLAG,
        "freq_shift": whole(0, 1),
        "down_block_types": words(*_DOWN),
        "up_block_types": words(*_UP),
        "mid_block_type": words("UNetMidBlock2DCrossAttn", "UNetMidBlock2D"),
        "only_cross_attention": FLAG,
        "block_out_channels": whole(4, 4096),
        "layers_per_block": whole(1, 16),
        "downsample_padding": whole(0, 1),
        "mid_block_scale_factor": real(1e-3, 1e3),
        "dropout": real(0, 1),
        "act_fn": words("silu", "swish", "mish", "gelu", "relu"),
        "norm_num_groups": whole(1, 1024),
        "norm_eps": real(1e-12, 1),
        "cross_attention_dim": whole(1, 8192),
        "transformer_layers_per_block": whole(0, 32),
        "attention_head_dim": whole(1, 1024),
        "num_attention_heads": whole(1, 256),
        "dual_cross_attention": FLAG,
        "use_linear_projection": FLAG,
        "addition_embed_type": words("text_time"),
        "addition_time_embed_dim": whole(1, 4096),
        "projection_class_embeddings_input_dim": whole(1, 16384),
        "num_class_embeds": whole(1, 100_000),
        "upcast_attention": FLAG,
        "resnet_time_scale_shift": words("default", "scale_shift"),
        "time_embedding_dim": whole(1, 16384),
    },
    DIT: _TOKENS,
    PIXART: {
        **_TOKENS,
        "cross_attention_dim": whole(1, 8192),
        "interpolation_scale": real(0.01, 100),
        "use_additional_conditions": FLAG,
        "caption_channels": whole(1, 16384),
    },
    SD3: {
        "sample_size": whole(2, 256),
        "patch_size": whole(1, 16),
        "in_channels": whole(1, 64),
        "num_layers": whole(1, 64),
        "attention_head_dim": whole(1, 1024),
        "num_attention_heads": whole(1, 256),
        "joint_attention_dim": whole(1, 16384),
        "caption_projection_dim": whole(1, 16384),
        "pooled_projection_dim": whole(1, 16384),
        "out_channels": whole(1, 64),
        "pos_embed_max_size": whole(1, 512),
        "dual_attention_layers": whole(0, 64),
        "qk_norm": words("rms_norm"),
    },
    FLUX: {
        "patch_size": whole(1, 1),
        "in_channels": whole(4, 256),
        "out_channels": whole(4, 256),
        "num_layers": whole(1, 64),
        "num_single_layers": whole(0, 64),
        "attention_head_dim": whole(1, 1024),
        "num_attention_heads": whole(1, 256),
        "joint_attention_dim": whole(1, 16384),
        "pooled_projection_dim": whole(1, 16384),
        "guidance_embeds": FLAG,
        "axes_dims_rope": whole(2, 256),
    },
}
NETWORKS = tuple(TABLES)


class Conditional(nn.Module):
    """One of the library's, called as the networks here are.

    labels: `Asked`, or one-hot (B or 1, label_dim), or None: asked with nothing.
    """

    def __init__(self, name: str, unet: nn.Module, label_dim: int):
        super().__init__()
        self.unet, self.label_dim, self._ask = unet, label_dim, ASK[name]
        self._seen = diffusers_unet.Seen()
        deepest = getattr(unet, "mid_block", None)
        if deepest is None:
            blocks: Any = unet.transformer_blocks if name != UNET else unet.down_blocks
            deepest = blocks[-1]
        deepest.register_forward_hook(self._see)

    def forward(
        self,
        x: Tensor,
        c_noise: Tensor,
        labels: Tensor | Asked | None = None,
        augment: Tensor | None = None,
        features: bool = False,
    ):
        out = self._ask(self.unet, x, c_noise.expand(len(x)), labels)
        h, self._seen.h = self._seen.h, None
        return (out, h) if features else out

    def _see(self, module, given, out) -> None:
        h = out[-1] if isinstance(out, tuple) else out
        self._seen.h = h.mean(1) if h.ndim == 3 else h  # tokens (B, N, D), or (B, C, H, W)


class Found(NamedTuple):
    """What a config is of."""

    name: str
    kwargs: dict
    shape: tuple[int, int, int]
    classes: int


def found(config: Mapping) -> Found:
    """Raises UserError for what its tables do not hold."""
    diffusers_unet.require()
    import diffusers

    name = str(config.get("_class_name"))
    if name == "Transformer2DModel":
        name = OLD.get(str(config.get("norm_type")), name)
        config = {k: v for k, v in config.items() if v is not None}
    if name not in TABLES:
        known = ", ".join((diffusers_unet.NETWORK, *NETWORKS))
        raise UserError(f"The network is a {name[:60]!r}, which is not read. Known: {known}.")
    cls = getattr(diffusers, name)
    config = _plain(config, cls) if config.get("_class_name") == "Transformer2DModel" else config
    kwargs = checked(config, TABLES[name], cls)
    whole_config = {k: p.default for k, p in _parameters(cls).items()} | kwargs
    channels, side = whole_config["in_channels"], whole_config.get("sample_size", FLUX_SIDE)
    if isinstance(side, list) and side[:1] * len(side) == side:
        side = kwargs["sample_size"] = side[0]
    if type(side) is not int or type(channels) is not int:
        raise UserError(f"sample_size = {str(side)[:40]} is no side of a square of latents.")
    classes = whole_config.get("num_class_embeds") or 0
    if name == DIT:
        classes = whole_config["num_embeds_ada_norm"]
    if name == FLUX:
        channels //= 4  # two by two latents are one token
    return Found(name, kwargs, (channels, side, side), classes)


def describe(config: Mapping, scheduler: Mapping) -> dict:
    """The description for `architecture.build`, of the two configs that diffusers writes.

    Raises UserError.
    """
    name, kwargs, shape, classes = found(config)
    scheduler = {k: scheduler[k] for k in diffusers_unet.SCHEDULER if k in scheduler}
    precond_of(scheduler)
    return {
        "network": name,
        "kwargs": {**kwargs, "label_dim": classes},
        "scheduler": scheduler,
        "shape": list(shape),
        "null_label": name == DIT,  # its last class but one is “any”
    }


def build(d: Mapping, state: Mapping[str, Tensor] | None = None) -> Preconditioned:
    """The described network with these weights, or as it comes.  Raises UserError."""
    given, scheduler = d.get("kwargs"), d.get("scheduler")
    if not isinstance(given, Mapping) or not isinstance(scheduler, Mapping):
        raise UserError("The config of a diffusers network names its kwargs and its scheduler.")
    own = {k: v for k, v in given.items() if k != "label_dim"}
    name, kwargs, shape, classes = found({**own, "_class_name": d.get("network")})
    shape = tuple(d["shape"]) if name == FLUX and _square(d.get("shape"), shape[0]) else shape
    import diffusers

    net = Conditional(name, built(getattr(diffusers, name), kwargs, state is None), classes)
    module = Preconditioned(net, precond_of(scheduler), shape)
    if state is not None:
        fill(module, state)
    return module


def _square(shape: Any, channels: int) -> bool:
    return (
        isinstance(shape, list)
        and len(shape) == 3
        and all(type(n) is int for n in shape)
        and shape[0] == channels
        and shape[1] == shape[2]
        and 2 <= shape[1] <= 256
        and shape[1] % 2 == 0
    )


def _parameters(cls: type) -> Mapping:
    import inspect

    return inspect.signature(cls).parameters


def _plain(config: Mapping, cls: type) -> dict:
    """Of the settings that all old transformers shared those that this one has."""
    return {k: v for k, v in config.items() if k in _parameters(cls)}
