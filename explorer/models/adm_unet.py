"""EDM's U-Net ADM, called as those of edm_unet are, with the state names of EDM's files.

Dhariwal & Nichol 2021, arXiv:2105.05233; Karras et al. 2022.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .edm_layers import Block, Conv, GroupNorm, Linear, Positional
from .edm_unet import bottleneck, hidden


class DhariwalUNet(nn.Module):
    """ADM, with adaptive group normalisation and attention of 64 channels a head."""

    def __init__(
        self,
        img_resolution: int,
        in_channels: int,
        out_channels: int,
        label_dim: int = 0,
        augment_dim: int = 0,
        model_channels: int = 192,
        channel_mult=(1, 2, 3, 4),
        channel_mult_emb: int = 4,
        num_blocks: int = 3,
        attn_resolutions=(32, 16, 8),
        dropout: float = 0.10,
        label_dropout: float = 0.0,
    ):
        super().__init__()
        self.img_resolution, self.label_dim, self.augment_dim = (
            img_resolution,
            label_dim,
            augment_dim,
        )
        self.num_blocks, self.label_dropout = num_blocks, label_dropout
        emb = model_channels * channel_mult_emb
        init: dict[str, Any] = dict(
            mode="kaiming_uniform", weight=math.sqrt(1 / 3), bias_size=math.sqrt(1 / 3)
        )
        zero: dict[str, Any] = dict(mode="kaiming_uniform", weight=0, bias_size=0)
        block: dict[str, Any] = dict(
            emb_channels=emb, channels_per_head=64, dropout=dropout, init=init, init_zero=zero
        )

        self.map_noise = Positional(model_channels)
        self.map_augment = (
            Linear(augment_dim, model_channels, bias=False, **zero) if augment_dim else None
        )
        self.map_layer0 = Linear(model_channels, emb, **init)
        self.map_layer1 = Linear(emb, emb, **init)
        self.map_label = (
            Linear(label_dim, emb, bias=False, mode="kaiming_normal", weight=math.sqrt(label_dim))
            if label_dim
            else None
        )

        self.enc = nn.ModuleDict()
        width = in_channels
        for level, mult in enumerate(channel_mult):
            res = img_resolution >> level
            if level == 0:
                before, width = width, model_channels * mult
                self.enc[f"{res}x{res}_conv"] = Conv(before, width, 3, **init)
            else:
                self.enc[f"{res}x{res}_down"] = Block(width, width, down=True, **block)
            for i in range(num_blocks):
                before, width = width, model_channels * mult
                self.enc[f"{res}x{res}_block{i}"] = Block(
                    before, width, attention=res in attn_resolutions, **block
                )
        skips: list[Any] = [layer.out_channels for layer in self.enc.values()]

        self.dec = nn.ModuleDict()
        for level in reversed(range(len(channel_mult))):
            res = img_resolution >> level
            if level == len(channel_mult) - 1:
                self.dec[f"{res}x{res}_in0"] = Block(width, width, attention=True, **block)
                self.dec[f"{res}x{res}_in1"] = Block(width, width, **block)
            else:
                self.dec[f"{res}x{res}_up"] = Block(width, width, up=True, **block)
            for i in range(num_blocks + 1):
                before, width = width + skips.pop(), model_channels * channel_mult[level]
                self.dec[f"{res}x{res}_block{i}"] = Block(
                    before, width, attention=res in attn_resolutions, **block
                )
        self.out_norm = GroupNorm(width)
        self.out_conv = Conv(width, out_channels, 3, **zero)

    def forward(
        self,
        x: Tensor,
        c_noise: Tensor,
        labels: Tensor | None = None,
        augment: Tensor | None = None,
        features: bool = False,
    ):
        emb = self.embedding(c_noise, labels, augment)
        tap = bottleneck(self, labels is not None) if features else None
        found, skips = None, []
        for name, layer in self.enc.items():
            x = layer(x, emb) if isinstance(layer, Block) else layer(x)
            skips.append(x)
            found = x if name == tap else found
        for layer in self.dec.values():
            if x.shape[1] != layer.in_channels:
                x = torch.cat([x, skips.pop()], 1)
            x = layer(x, emb)
        out = self.out_conv(self.out_norm(x, silu=True))
        return (out, found) if features else out

    def embedding(self, c_noise: Tensor, labels: Tensor | None, augment: Tensor | None) -> Tensor:
        """What the blocks hear of noise level, class and augmentation, (B or 1, emb)."""
        emb = self.map_noise(c_noise)
        if self.map_augment is not None and augment is not None:
            emb = emb + self.map_augment(augment)
        emb = self.map_layer1(F.silu(self.map_layer0(emb)))
        if self.map_label is not None and labels is not None:
            emb = emb + self.map_label(hidden(self, labels))
        return F.silu(emb)
