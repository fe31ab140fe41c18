"""The U-Nets of EDM: DDPM++ and NCSN++, here; ADM, in adm_unet.

    F = net(c_in x, c_noise, labels, augment)

x (B, C, H, W); c_noise (B,), or (1,) where all samples share one level, which saves their
embeddings; labels (B or 1, label_dim), one-hot, or None; augment (B, augment_dim) or None.  With
`features=True` the answer is (F, h), h (B, c, h, w) the bottleneck of the encoder.
State names and arithmetic are those of EDM's files, so that their weights fit as they are.
Song et al. 2021, arXiv:2011.13456; Karras et al. 2022.
"""

import math
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .edm_layers import Block, Conv, Fourier, GroupNorm, Linear, Positional


class SongUNet(nn.Module):
    """DDPM++ (positional, standard, [1, 1]) and NCSN++ (fourier, residual, [1, 3, 3, 1]).

    channel_mult: the width of each resolution in units of model_channels; num_blocks: residual
    blocks of each; attn_resolutions: heights with attention; label_dropout: how often training
    hides the label, so that label zero comes to mean “any”.
    """

    def __init__(
        self,
        img_resolution: int,
        in_channels: int,
        out_channels: int,
        label_dim: int = 0,
        augment_dim: int = 0,
        model_channels: int = 128,
        channel_mult=(1, 2, 2, 2),
        channel_mult_emb: int = 4,
        num_blocks: int = 4,
        attn_resolutions=(16,),
        dropout: float = 0.10,
        label_dropout: float = 0.0,
        embedding_type: str = "positional",
        channel_mult_noise: int = 1,
        encoder_type: str = "standard",
        decoder_type: str = "standard",
        resample_filter=(1, 1),
    ):
        super().__init__()
        self.img_resolution, self.label_dim, self.augment_dim = (
            img_resolution,
            label_dim,
            augment_dim,
        )
        self.num_blocks, self.label_dropout = num_blocks, label_dropout
        emb = model_channels * channel_mult_emb
        noise = model_channels * channel_mult_noise
        init: dict[str, Any] = dict(mode="xavier_uniform")
        block: dict[str, Any] = dict(
            emb_channels=emb,
            num_heads=1,
            dropout=dropout,
            skip_scale=math.sqrt(0.5),
            eps=1e-6,
            resample_filter=resample_filter,
            resample_proj=True,
            adaptive_scale=False,
            init=init,
            init_zero=dict(init, weight=1e-5),
            init_attn=dict(init, weight=math.sqrt(0.2)),
        )

        self.map_noise = (
            Positional(noise, endpoint=True) if embedding_type == "positional" else Fourier(noise)
        )
        self.map_label = Linear(label_dim, noise, **init) if label_dim else None
        self.map_augment = Linear(augment_dim, noise, bias=False, **init) if augment_dim else None
        self.map_layer0 = Linear(noise, emb, **init)
        self.map_layer1 = Linear(emb, emb, **init)

        self.enc = nn.ModuleDict()
        width, aux = in_channels, in_channels
        for level, mult in enumerate(channel_mult):
            res = img_resolution >> level
            if level == 0:
                width, before = model_channels, width
                self.enc[f"{res}x{res}_conv"] = Conv(before, width, 3, **init)
            else:
                self.enc[f"{res}x{res}_down"] = Block(width, width, down=True, **block)
                if encoder_type == "skip":
                    self.enc[f"{res}x{res}_aux_down"] = Conv(
                        aux, aux, 0, down=True, resample_filter=resample_filter
                    )
                    self.enc[f"{res}x{res}_aux_skip"] = Conv(aux, width, 1, **init)
                elif encoder_type == "residual":
                    self.enc[f"{res}x{res}_aux_residual"] = Conv(
                        aux,
                        width,
                        3,
                        down=True,
                        resample_filter=resample_filter,
                        fused=True,
                        **init,
                    )
                    aux = width
            for i in range(num_blocks):
                before, width = width, model_channels * mult
                self.enc[f"{res}x{res}_block{i}"] = Block(
                    before, width, attention=res in attn_resolutions, **block
                )
        skips: list[Any] = [
            layer.out_channels for name, layer in self.enc.items() if "aux" not in name
        ]

        self.dec = nn.ModuleDict()
        last = len(channel_mult) - 1
        for level in reversed(range(len(channel_mult))):
            res = img_resolution >> level
            if level == last:
                self.dec[f"{res}x{res}_in0"] = Block(width, width, attention=True, **block)
                self.dec[f"{res}x{res}_in1"] = Block(width, width, **block)
            else:
                self.dec[f"{res}x{res}_up"] = Block(width, width, up=True, **block)
            for i in range(num_blocks + 1):
                before, width = width + skips.pop(), model_channels * channel_mult[level]
                self.dec[f"{res}x{res}_block{i}"] = Block(
                    before, width, attention=i == num_blocks and res in attn_resolutions, **block
                )
            if decoder_type == "skip" or level == 0:
                if decoder_type == "skip" and level < last:
                    self.dec[f"{res}x{res}_aux_up"] = Conv(
                        out_channels, out_channels, 0, up=True, resample_filter=resample_filter
                    )
                self.dec[f"{res}x{res}_aux_norm"] = GroupNorm(width, eps=1e-6)
                self.dec[f"{res}x{res}_aux_conv"] = Conv(
                    width, out_channels, 3, **dict(init, weight=1e-5)
                )

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
        found, aux = None, x
        skips: list[Tensor] = []
        for name, layer in self.enc.items():
            if "aux_down" in name:
                aux = layer(aux)
            elif "aux_skip" in name:
                x = skips[-1] = x + layer(aux)
            elif "aux_residual" in name:
                x = skips[-1] = aux = (x + layer(aux)) / math.sqrt(2)
            else:
                x = layer(x, emb) if isinstance(layer, Block) else layer(x)
                skips.append(x)
                found = x if name == tap else found
        out = before_out = None
        for name, layer in self.dec.items():
            if "aux_up" in name:
                out = layer(out)
            elif "aux_norm" in name:
                before_out = layer(x, silu=True)
            elif "aux_conv" in name:
                out = layer(before_out) if out is None else out + layer(before_out)
            else:
                if x.shape[1] != layer.in_channels:
                    x = torch.cat([x, skips.pop()], 1)
                x = layer(x, emb)
        return (out, found) if features else out

    def embedding(self, c_noise: Tensor, labels: Tensor | None, augment: Tensor | None) -> Tensor:
        """What the blocks hear of noise level, class and augmentation, (B or 1, emb)."""
        cos, sin = self.map_noise(c_noise).chunk(2, 1)
        emb = torch.cat([sin, cos], 1)  # these networks were trained with the halves this way round
        if self.map_label is not None and labels is not None:
            emb = emb + self.map_label(hidden(self, labels) * math.sqrt(self.label_dim))
        if self.map_augment is not None and augment is not None:
            emb = emb + self.map_augment(augment)
        return F.silu(self.map_layer1(F.silu(self.map_layer0(emb))))


class _Encoding(Protocol):
    enc: nn.ModuleDict
    num_blocks: int


class _Labelled(Protocol):
    training: bool
    label_dropout: float


def bottleneck(net: _Encoding, labelled: bool) -> str:
    """The encoder block that AMED looks at: 8x8_block2 where labels are given, else 8x8_block3.

    Networks without that block give the last one at or before it at 8 x 8, or at their lowest
    resolution.  Zhou et al. 2024, AMED-Solver.
    """
    lowest = [name for name in net.enc if "_block" in name][-1].split("_")[0]
    place = "8x8" if "8x8_block0" in net.enc else lowest
    return f"{place}_block{min(2 if labelled else 3, net.num_blocks - 1)}"


def hidden(net: _Labelled, labels: Tensor) -> Tensor:
    """In training, labels that are now and then set to zero."""
    if not (net.training and net.label_dropout):
        return labels
    return labels * (torch.rand(len(labels), 1, device=labels.device) >= net.label_dropout)
