"""A U-Net of the diffusers library, called as the networks here are.  diffusers is optional.

    describe(config, scheduler) -> description        parts(description) -> (make, precond, shape)

Both configs come from files, so every name and size is held against a list before the library sees
it, as `architecture` does for our own.
"""

import importlib.util
import math
import threading
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from ..errors import UserError
from .discrete import precond_of
from .library import BROKEN

NETWORK = "UNet2DModel"
WHOLE = {  # whole numbers: (least, most)
    "in_channels": (1, 64),
    "out_channels": (1, 128),
    "layers_per_block": (1, 16),
    "downsample_padding": (0, 1),
    "freq_shift": (0, 1),
    "norm_num_groups": (1, 1024),
    "attn_norm_num_groups": (1, 1024),
    "attention_head_dim": (1, 4096),
    "time_embedding_dim": (1, 16384),
    "sample_size": (1, 1024),
    "label_dim": (0, 100_000),
}
REAL = {"mid_block_scale_factor": (1e-3, 1e3), "norm_eps": (1e-12, 1.0), "dropout": (0.0, 1.0)}
FLAGS = ("center_input_sample", "flip_sin_to_cos", "add_attention")
DOWN = (
    "DownBlock2D",
    "AttnDownBlock2D",
    "ResnetDownsampleBlock2D",
    "SkipDownBlock2D",
    "AttnSkipDownBlock2D",
)
UP = ("UpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D", "SkipUpBlock2D", "AttnSkipUpBlock2D")
WORDS = {
    "time_embedding_type": ("positional",),
    "mid_block_type": ("UNetMidBlock2D", None),
    "downsample_type": ("conv", "resnet"),
    "upsample_type": ("conv", "resnet"),
    "act_fn": ("silu", "swish", "mish", "gelu", "relu"),
    "resnet_time_scale_shift": ("default", "scale_shift"),
}
LISTS = {"down_block_types": DOWN, "up_block_types": UP, "block_out_channels": range(1, 4097)}
LONGEST = 8
OPTIONAL = ("attn_norm_num_groups", "attention_head_dim", "time_embedding_dim", "mid_block_type")
IGNORED = ("num_train_timesteps", "class_embed_type", "num_class_embeds")
SCHEDULER = (
    "_class_name",
    "prediction_type",
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "rescale_betas_zero_snr",
    "sigma_data",
    "shift",
    "flow_shift",
    "use_dynamic_shifting",
    "time_shift_type",
    "invert_sigmas",
)


def here() -> bool:
    """Whether the diffusers package is installed."""
    return importlib.util.find_spec("diffusers") is not None


def require() -> None:
    """Raise UserError, saying what to install, where diffusers is not."""
    if not here():
        raise UserError(
            "A network of diffusers needs the diffusers package, which is not "
            "installed here: pip install diffusers"
        )


class Seen(threading.local):
    """What a hook has seen, each thread its own: one network serves several pages."""

    h: Any = None

    def __deepcopy__(self, memo) -> "Seen":
        return Seen()


class Adapter(nn.Module):
    """A UNet2DModel, called as the networks here are."""

    def __init__(self, unet: nn.Module, label_dim: int):
        super().__init__()
        self.unet, self.label_dim = unet, label_dim
        self._seen = Seen()
        blocks: Any = unet.down_blocks
        deepest = blocks[-1] if unet.mid_block is None else unet.mid_block
        assert isinstance(deepest, nn.Module)
        deepest.register_forward_hook(self._see)

    def forward(
        self,
        x: Tensor,
        c_noise: Tensor,
        labels: Tensor | None = None,
        augment: Tensor | None = None,
        features: bool = False,
    ):
        out = self.unet(x, c_noise.expand(len(x)), class_labels=self._classes(x, labels)).sample
        h, self._seen.h = self._seen.h, None
        return (out, h) if features else out

    def _see(self, module, given, out) -> None:
        self._seen.h = out[0] if isinstance(out, tuple) else out

    def _classes(self, x: Tensor, labels: Tensor | None) -> Tensor | None:
        """(B,) of one-hot labels (B or 1, label_dim)."""
        if not self.label_dim:
            return None
        if labels is None or not bool(labels.any(1).all()):
            raise UserError(
                "This diffusers network always had a class in training; give labels "
                f"from 0 to {self.label_dim - 1}."
            )
        return labels.argmax(1).expand(len(x))


def describe(config: Mapping, scheduler: Mapping) -> dict:
    """The description for `architecture.build`, of the two configs that diffusers writes.

    Raises UserError for another kind of network, and for whatever its lists do not hold.
    """
    if config.get("_class_name") != NETWORK:
        raise UserError(
            f"The config is of a {str(config.get('_class_name'))[:60]!r}; UNet2DModel "
            "is read here, without text and without a latent space; a whole pipeline, with vae/ "
            "and scheduler/ in it, is opened by its owner: python -m explorer fetch FOLDER."
        )
    if config.get("class_embed_type") is not None:
        raise UserError(
            f"class_embed_type {str(config['class_embed_type'])[:60]!r} is not read; "
            "plain class labels (null) are."
        )
    kwargs = {k: v for k, v in config.items() if k[:1] != "_" and k not in IGNORED}
    side = kwargs.get("sample_size")
    if isinstance(side, list) and side and side == side[:1] * len(side):
        kwargs["sample_size"] = side[0]
    kwargs = _checked(kwargs | {"label_dim": config.get("num_class_embeds") or 0})
    scheduler = {k: scheduler[k] for k in SCHEDULER if k in scheduler}
    precond_of(scheduler)
    side = kwargs["sample_size"]
    return {
        "network": NETWORK,
        "kwargs": kwargs,
        "scheduler": scheduler,
        "shape": [kwargs.get("in_channels", 3), side, side],
    }


def parts(d: Mapping):
    """(a function that makes the network, its preconditioning, shape of a sample)."""
    require()
    kwargs, scheduler = d.get("kwargs"), d.get("scheduler")
    if not isinstance(kwargs, Mapping) or not isinstance(scheduler, Mapping):
        raise UserError("The config of a diffusers network names its kwargs and its scheduler.")
    kwargs = _checked(kwargs)
    side, classes = kwargs["sample_size"], kwargs.pop("label_dim", 0)

    def make() -> Adapter:
        from diffusers import UNet2DModel

        try:
            unet = UNet2DModel(**kwargs, num_class_embeds=classes or None)
        except BROKEN as problem:
            raise UserError(f"diffusers cannot build this network: {str(problem)[:200]}") from None
        return Adapter(unet, classes)

    return make, precond_of(scheduler), (kwargs.get("in_channels", 3), side, side)


def _checked(kwargs: Mapping) -> dict:
    """Known names with values of their kind and within bounds.  Raises UserError."""
    if type(kwargs.get("sample_size")) is not int:
        raise UserError("The config does not say how large its square images are (sample_size).")
    for key, value in kwargs.items():
        if not _permitted(key, value):
            raise UserError(f"{str(key)[:60]} = {str(value)[:60]!r} is not read in a UNet2DModel.")
    return dict(kwargs)


def _permitted(key: str, value) -> bool:
    if value is None and key in OPTIONAL:
        return True
    if key in WHOLE:
        return type(value) is int and WHOLE[key][0] <= value <= WHOLE[key][1]
    if key in REAL:
        return (
            type(value) in (int, float)
            and math.isfinite(value)
            and REAL[key][0] <= value <= REAL[key][1]
        )
    if key in LISTS:
        return (
            isinstance(value, list | tuple)
            and 1 <= len(value) <= LONGEST
            and all(type(v) in (int, str) and v in LISTS[key] for v in value)
        )
    return (
        type(value) is bool
        if key in FLAGS
        else isinstance(value, str | None) and value in WORDS.get(key, ())
    )
