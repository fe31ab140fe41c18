"""The layers of EDM's U-Nets, with its initialisation, state names and arithmetic.

Weights are cast to the type of the activations, so that a network can run in half precision.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def initial(shape, mode: str, fan_in: int, fan_out: int, size: float = 1) -> Tensor:
    """Random weights of the size that keeps the variance of activations (He et al.; Glorot), times
    `size`.  On the device "meta", where only shapes are asked for, none are drawn: arithmetic there
    took most of the time in which a small network is opened.
    """
    if torch.get_default_device().type == "meta":
        return torch.empty(shape)
    if mode == "xavier_uniform":
        return size * (math.sqrt(6 / (fan_in + fan_out)) * (torch.rand(shape) * 2 - 1))
    if mode == "kaiming_uniform":
        return size * (math.sqrt(3 / fan_in) * (torch.rand(shape) * 2 - 1))
    assert mode == "kaiming_normal"
    return size * (math.sqrt(1 / fan_in) * torch.randn(shape))


class Linear(nn.Module):
    """x Wᵀ + b.  weight, bias_size: factors on the initial values."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        mode: str = "kaiming_normal",
        weight: float = 1,
        bias_size: float = 0,
    ):
        super().__init__()
        fans = in_features, out_features
        self.weight = nn.Parameter(initial((out_features, in_features), mode, *fans, weight))
        self.bias = nn.Parameter(initial((out_features,), mode, *fans, bias_size)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        bias = None if self.bias is None else self.bias.to(x.dtype)
        return F.linear(x, self.weight.to(x.dtype), bias)


def _square(row) -> Tensor:
    """(1, 1, n, n): the outer product of a row, with sum 1.  In plain numbers: torch's arithmetic
    without weights ("meta") would import its compiler, 1.3 s before the first network.
    """
    total = sum(row) ** 2
    return torch.tensor([[[[a * b / total for b in row] for a in row]]], dtype=torch.float32)


class Conv(nn.Module):
    """A convolution that may halve or double the resolution first; kernel 0 does only that.

    The resampling filter is separable and given as one row; its sum becomes 1.  fused: the filter
    of a halving comes after the convolution, without padding in between.
    """

    resample_filter: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        up: bool = False,
        down: bool = False,
        resample_filter=(1, 1),
        fused: bool = False,
        mode: str = "kaiming_normal",
        weight: float = 1,
        bias_size: float = 0,
    ):
        super().__init__()
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel, self.up, self.down, self.fused = kernel, up, down, fused
        fans = in_channels * kernel**2, out_channels * kernel**2
        shape = out_channels, in_channels, kernel, kernel
        self.weight = nn.Parameter(initial(shape, mode, *fans, weight)) if kernel else None
        self.bias = nn.Parameter(initial(shape[:1], mode, *fans, bias_size)) if kernel else None
        self.pad = (len(resample_filter) - 1) // 2
        self.box = tuple(resample_filter) == (1, 1)
        self.register_buffer("resample_filter", _square(resample_filter) if up or down else None)

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.weight, self.bias
        if self.fused and self.down and weight is not None and bias is not None:
            x = F.conv2d(x, weight.to(x.dtype), padding=self.kernel // 2 + self.pad)
            x = self._filtered(x, 0)
            return x + bias.to(x.dtype)[:, None, None]
        if self.up:
            x = self._doubled(x)
        elif self.down:
            x = self._filtered(x, self.pad)
        if weight is None or bias is None:
            return x
        return F.conv2d(x, weight.to(x.dtype), bias.to(x.dtype), padding=self.kernel // 2)

    def _filtered(self, x: Tensor, pad: int) -> Tensor:
        """Low-pass filter and every second pixel."""
        if (
            self.box and x.shape[-1] % 2 == 0
        ):  # sums of neighbours: on a CPU 5 x faster than pooling
            rows = x.unflatten(2, (-1, 2))
            rows = rows[:, :, :, 0] + rows[:, :, :, 1]
            return (rows[..., ::2] + rows[..., 1::2]) * 0.25
        f = self.resample_filter.to(x.dtype).expand(x.shape[1], -1, -1, -1)
        return F.conv2d(x, f, stride=2, padding=pad, groups=x.shape[1])

    def _doubled(self, x: Tensor) -> Tensor:
        """Zeros between the pixels, and the filter over them."""
        f = (4 * self.resample_filter).to(x.dtype).expand(x.shape[1], -1, -1, -1)
        return F.conv_transpose2d(x, f, stride=2, padding=self.pad, groups=x.shape[1])


class GroupNorm(nn.Module):
    """Group normalisation in at most 32 groups of at least 4 channels, with SiLU if asked."""

    def __init__(self, channels: int, eps: float = 1e-5):
        super().__init__()
        self.groups, self.eps = min(32, channels // 4), eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, silu: bool = False) -> Tensor:
        x = F.group_norm(x, self.groups, self.weight.to(x.dtype), self.bias.to(x.dtype), self.eps)
        return F.silu(x, inplace=not x.requires_grad) if silu else x  # x is nobody else's


class Block(nn.Module):
    """A residual block that hears the embedding, with self-attention if asked.

    emb shifts the activations between the two convolutions (Song) or scales and shifts them after
    their normalisation (ADM, `adaptive_scale`).  dropout sits before the second convolution.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        emb_channels: int,
        up: bool = False,
        down: bool = False,
        attention: bool = False,
        num_heads: int | None = None,
        channels_per_head: int = 64,
        dropout: float = 0.0,
        skip_scale: float = 1.0,
        eps: float = 1e-5,
        resample_filter=(1, 1),
        resample_proj: bool = False,
        adaptive_scale: bool = True,
        init=None,
        init_zero=None,
        init_attn=None,
    ):
        super().__init__()
        init, init_zero = init or {}, init_zero or {"weight": 0}
        self.in_channels, self.out_channels = in_channels, out_channels
        self.heads = (num_heads or out_channels // channels_per_head) if attention else 0
        self.dropout, self.skip_scale, self.adaptive_scale = dropout, skip_scale, adaptive_scale
        resample = dict(up=up, down=down, resample_filter=resample_filter)

        self.norm0 = GroupNorm(in_channels, eps)
        self.conv0 = Conv(in_channels, out_channels, 3, **resample, **init)
        self.affine = Linear(emb_channels, out_channels * (2 if adaptive_scale else 1), **init)
        self.norm1 = GroupNorm(out_channels, eps)
        self.conv1 = Conv(out_channels, out_channels, 3, **init_zero)
        self.skip = None
        if out_channels != in_channels or up or down:
            kernel = 1 if resample_proj or out_channels != in_channels else 0
            self.skip = Conv(in_channels, out_channels, kernel, **resample, **init)
        if self.heads:
            self.norm2 = GroupNorm(out_channels, eps)
            self.qkv = Conv(out_channels, 3 * out_channels, 1, **(init_attn or init))
            self.proj = Conv(out_channels, out_channels, 1, **init_zero)

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        h = self.conv0(self.norm0(x, silu=True))
        heard = self.affine(emb.to(x.dtype))[:, :, None, None]
        if self.adaptive_scale:
            scale, shift = heard.chunk(2, 1)
            h = F.silu(torch.addcmul(shift, self.norm1(h), scale + 1))
        else:
            h = self.norm1(h + heard, silu=True)
        h = self.conv1(F.dropout(h, self.dropout, self.training))
        h = _scaled_sum(h, x if self.skip is None else self.skip(x), self.skip_scale)
        if self.heads:
            h = _scaled_sum(self.attention(self.norm2(h)), h, self.skip_scale)
        return h

    def attention(self, x: Tensor) -> Tensor:
        """Softmax attention over pixels.  q, k and v alternate channel by channel within a head."""
        n, c, height, width = x.shape
        packed = self.qkv(x).reshape(n, self.heads, c // self.heads, 3, height * width)
        if x.is_cuda:
            q, k, v = (packed[:, :, :, i].transpose(2, 3) for i in range(3))
            a = F.scaled_dot_product_attention(q, k, v).transpose(2, 3)
        else:  # written out: up to twice as fast on a CPU, where q, k and v would be copied
            q, k, v = packed.flatten(0, 1).unbind(2)
            scores = torch.bmm(q.transpose(1, 2), k) * math.sqrt(self.heads / c)
            a = torch.bmm(v, scores.softmax(2).transpose(1, 2))
        return self.proj(a.reshape(n, c, height, width))


def _scaled_sum(fresh: Tensor, x: Tensor, scale: float) -> Tensor:
    """(fresh + x) · scale; without gradients in the memory of `fresh`, which nobody else holds."""
    if torch.is_grad_enabled() and (fresh.requires_grad or x.requires_grad):
        return (fresh + x) * scale if scale != 1 else fresh + x
    fresh = fresh.add_(x)
    return fresh.mul_(scale) if scale != 1 else fresh


class Positional(nn.Module):
    """[cos | sin] of n/2 frequencies from 1 down to 1/10000 (just above it without `endpoint`)."""

    def __init__(self, channels: int, endpoint: bool = False):
        super().__init__()
        self.channels, self.endpoint = channels, endpoint

    def forward(self, x: Tensor) -> Tensor:
        half = self.channels // 2
        k = torch.arange(half, dtype=torch.float32, device=x.device)
        angle = torch.outer(x, (1 / 10000) ** (k / (half - self.endpoint)))
        return torch.cat([angle.cos(), angle.sin()], 1)


class Fourier(nn.Module):
    """[cos | sin] of random frequencies ~ N(0, 16²), fixed when the network is made."""

    freqs: Tensor

    def __init__(self, channels: int, scale: float = 16):
        super().__init__()
        self.register_buffer("freqs", torch.randn(channels // 2) * scale)

    def forward(self, x: Tensor) -> Tensor:
        angle = torch.outer(x, 2 * math.pi * self.freqs)
        return torch.cat([angle.cos(), angle.sin()], 1)
