"""A small network for points, in the plane or in a few dozen dimensions."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .edm_layers import Linear, Positional
from .edm_unet import hidden


class Mlp(nn.Module):
    """Residual blocks on vectors, h + W₂ silu(W₁ silu(norm h) + affine(emb)); a raw network F.

    Called like the U-Nets: net(c_in x, c_noise, labels, augment), with `features=True` for (F, h),
    h (B, width) the state in the middle.  x (B, dimension); labels (B or 1, label_dim) one-hot or
    None.  The last layer starts at zero, so an untrained D is c_skip x.  augment is for images.

    waves: frequencies 1, 2, 4, … with which the input is also given as sines and cosines, for a
    thin curve is more than a plain network learns in a few minutes (Tancik et al. 2020,
    arXiv:2006.10739).
    """

    def __init__(
        self,
        dimension: int,
        label_dim: int = 0,
        width: int = 128,
        depth: int = 4,
        waves: int = 3,
        dropout: float = 0.0,
        label_dropout: float = 0.0,
    ):
        super().__init__()
        self.dimension, self.label_dim, self.augment_dim = dimension, label_dim, 0
        self.waves, self.label_dropout = waves, label_dropout
        init: dict[str, Any] = dict(mode="kaiming_normal")
        self.map_noise = Positional(32, endpoint=True)
        self.map_label = Linear(label_dim, 32, **init) if label_dim else None
        self.map_layer0 = Linear(32, width, **init)
        self.into = Linear(dimension * (1 + 2 * waves), width, **init)
        self.blocks = nn.ModuleList(_Residual(width, dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.out = Linear(width, dimension, weight=0, **init)

    def forward(
        self,
        x: Tensor,
        c_noise: Tensor,
        labels: Tensor | None = None,
        augment: Tensor | None = None,
        features: bool = False,
    ):
        emb = self.map_noise(c_noise)
        if self.map_label is not None and labels is not None:
            emb = emb + self.map_label(hidden(self, labels))
        emb = F.silu(self.map_layer0(emb)).to(x.dtype)
        rate = 2.0 ** torch.arange(self.waves, device=x.device)
        angle = (x[:, None] * rate[:, None]).flatten(1)
        h = self.into(torch.cat([x, angle.sin(), angle.cos()], 1).to(x.dtype))
        middle = None
        for i, block in enumerate(self.blocks):
            h = block(h, emb)
            if i == (len(self.blocks) - 1) // 2:
                middle = h
        out = self.out(F.silu(self.norm(h)))
        return (out, middle) if features else out


class _Residual(nn.Module):
    def __init__(self, width: int, dropout: float):
        super().__init__()
        self.dropout = dropout
        self.norm = nn.LayerNorm(width)
        self.first = Linear(width, width)
        self.affine = Linear(width, width)
        self.second = Linear(width, width, weight=0.1)

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        h = self.first(F.silu(self.norm(x))) + self.affine(emb)
        return x + self.second(F.dropout(F.silu(h), self.dropout, self.training))
