"""How each of the library's networks is asked: with a class, with a prompt, or with nothing.

    ASK[class name](network, x, step, labels) -> F

labels: `Asked`, or one-hot (B or 1, classes), or None.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

TOKENS = 8  # of nothing, where no prompt is given: zeros


class Asked(dict):
    """What a prompt became, by name, each of batch 1: states (1, L, D), and where the network takes
    them pooled (1, P), mask (1, L) and sizes (1, 6)."""

    def to(self, device) -> "Asked":
        """The same elsewhere."""
        return Asked({k: v.to(device) for k, v in self.items()})


def _asked(labels: Any, x: Tensor, widths: Mapping[str, int | None]) -> dict[str, Tensor]:
    """Each of batch len(x) and on x's device; zeros for what is missing."""
    given = labels if isinstance(labels, Asked) else {}
    out = {}
    for name, width in widths.items():
        value = given.get(name)
        if value is None and width:
            value = x.new_zeros((1, TOKENS, width) if name == "states" else (1, width))
        if value is not None:
            kind = value.dtype if name == "mask" else x.dtype  # a network may be of 16 bits
            out[name] = value.to(x.device, kind).expand(len(x), *value.shape[1:])
    return out


def _class(labels: Any, x: Tensor, any_class: int | None) -> Tensor:
    """(B,): the class of one-hot labels; any_class where a row is all zeros."""
    if not isinstance(labels, Tensor):
        labels = x.new_zeros(1, 1)
    found = labels.argmax(1)
    if any_class is not None:
        found = torch.where(labels.any(1), found, torch.full_like(found, any_class))
    return found.expand(len(x))


def _unet(net: Any, x: Tensor, step: Tensor, labels: Any) -> Tensor:
    c = net.config
    width = c.cross_attention_dim
    given = _asked(labels, x, {"states": width if isinstance(width, int) else width[0]})
    more: dict[str, Any] = {}
    if c.addition_embed_type == "text_time":
        pooled = c.projection_class_embeddings_input_dim - 6 * c.addition_time_embed_dim
        extra = _asked(labels, x, {"pooled": pooled, "sizes": 6})
        more["added_cond_kwargs"] = {"text_embeds": extra["pooled"], "time_ids": extra["sizes"]}
    if c.num_class_embeds:
        more["class_labels"] = _class(labels, x, None)
    return net(x, step, encoder_hidden_states=given["states"], **more).sample


def _dit(net: Any, x: Tensor, step: Tensor, labels: Any) -> Tensor:
    return net(x, step, class_labels=_class(labels, x, net.config.num_embeds_ada_norm)).sample


def _pixart(net: Any, x: Tensor, step: Tensor, labels: Any) -> Tensor:
    given = _asked(labels, x, {"states": net.config.caption_channels, "mask": None})
    side = torch.tensor([x.shape[2] * 8.0, x.shape[3] * 8.0], device=x.device).expand(len(x), 2)
    sizes: dict[str, Tensor | None] = {"resolution": None, "aspect_ratio": None}
    if net.use_additional_conditions:
        sizes = {"resolution": side, "aspect_ratio": side[:, :1] / side[:, 1:]}
    return net(
        x,
        encoder_hidden_states=given["states"],
        encoder_attention_mask=given.get("mask"),
        timestep=step,
        added_cond_kwargs=sizes,
    ).sample


def _sd3(net: Any, x: Tensor, step: Tensor, labels: Any) -> Tensor:
    c = net.config
    given = _asked(labels, x, {"states": c.joint_attention_dim, "pooled": c.pooled_projection_dim})
    return net(x, given["states"], pooled_projections=given["pooled"], timestep=step).sample


def _flux(net: Any, x: Tensor, step: Tensor, labels: Any) -> Tensor:
    """Two by two latents are one token, with its place; F is unpacked again."""
    c, (b, channels, h, w) = net.config, x.shape
    given = _asked(labels, x, {"states": c.joint_attention_dim, "pooled": c.pooled_projection_dim})
    tokens = x.reshape(b, channels, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5)
    tokens = tokens.reshape(b, (h // 2) * (w // 2), 4 * channels)
    rows, columns = torch.meshgrid(torch.arange(h // 2), torch.arange(w // 2), indexing="ij")
    places = torch.stack([torch.zeros_like(rows), rows, columns], -1).reshape(-1, 3).to(x)
    out = net(
        tokens,
        encoder_hidden_states=given["states"],
        pooled_projections=given["pooled"],
        timestep=step / 1000,  # the network counts time from 0 to 1
        img_ids=places,
        txt_ids=x.new_zeros(given["states"].shape[1], 3),
        guidance=x.new_full((b,), 3.5) if c.guidance_embeds else None,  # its pipeline's default
    ).sample
    out = out.reshape(b, h // 2, w // 2, channels, 2, 2).permute(0, 3, 1, 4, 2, 5)
    return out.reshape(b, channels, h, w)


ASK: dict[str, Callable[[nn.Module, Tensor, Tensor, Any], Tensor]] = {
    "UNet2DConditionModel": _unet,
    "DiTTransformer2DModel": _dit,
    "PixArtTransformer2DModel": _pixart,
    "SD3Transformer2DModel": _sd3,
    "FluxTransformer2DModel": _flux,
}
