"""EDM's blocks as a GPU runs them fast: channels last, 16 bits, norms and sums fused.

fuse(net) turns the blocks of a U-Net that is held for sampling, in place.  The arithmetic is that
of `edm_layers`; biases move to where an activation is read anyway, and q, k and v lie one after the
other, so that attention takes them as they are.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .edm_layers import Block, Conv, GroupNorm

CL = torch.channels_last


def fuse(net: nn.Module) -> bool:
    """Turn the blocks of a network; False where it has none of EDM's with box filters."""
    blocks = [m for m in net.modules() if isinstance(m, Block)]
    convs = [m for m in net.modules() if isinstance(m, Conv)]
    if not blocks or any((c.up or c.down) and (not c.box or c.fused) for c in convs):
        return False
    net.to(memory_format=CL)  # type: ignore[call-overload]
    for block in blocks:
        _prepare(block)
    for m in net.modules():
        if type(m) is GroupNorm:
            m.__class__ = FusedNorm
        elif type(m) is Conv:
            m.__class__ = LastConv
    return True


@torch.no_grad()
def _prepare(block: Any) -> None:
    block.__class__ = FusedBlock
    bias = block.conv1.bias
    if block.skip is not None and block.skip.bias is not None:
        bias = bias + block.skip.bias
    block.register_buffer("late_bias", bias.clone(), persistent=False)
    if block.heads:
        c = block.out_channels
        order = torch.arange(3 * c).reshape(block.heads, c // block.heads, 3).permute(2, 0, 1)
        order = order.reshape(-1).to(block.qkv.weight.device)
        block.qkv.weight = nn.Parameter(block.qkv.weight[order].contiguous(), False)
        block.qkv.bias = nn.Parameter(block.qkv.bias[order].contiguous(), False)


def _norm(
    x: Tensor,
    groups: int,
    weight: Tensor,
    bias: Tensor,
    eps: float,
    add: Tensor | None = None,
    silu: bool = True,
) -> Tensor:
    """`kernels.group_norm` on a GPU; elsewhere, and on the device “meta”, one thing after another:
    a kernel takes the address of a tensor, whatever lies there."""
    if x.is_cuda:
        from .kernels import group_norm

        return group_norm(x.contiguous(memory_format=CL), groups, weight, bias, eps, add, silu)
    wide = lambda v: v.reshape(-1, v.shape[-1], 1, 1)
    h = F.group_norm(x if add is None else x + wide(add), groups, eps=eps)
    h = h * wide(weight) + wide(bias)
    return F.silu(h) if silu else h


def _joined(h: Tensor, bias: Tensor, x: Tensor, scale: float) -> Tensor:
    """`kernels.joined` on a GPU; elsewhere one thing after another."""
    if x.is_cuda:
        from .kernels import joined

        h, x = (v.contiguous(memory_format=CL) for v in (h, x))
        return joined(h, bias, x, scale)
    return (h + bias[:, None, None] + x) * scale


class LastConv(Conv):
    """`Conv` for channels last."""

    def forward(self, x: Tensor) -> Tensor:
        return self.plain(x, self.bias)

    def plain(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        """With another bias, or none."""
        if self.up:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        elif self.down:
            x = F.avg_pool2d(x, 2)
        if self.weight is None:
            return x
        return F.conv2d(x.contiguous(memory_format=CL), self.weight, bias, padding=self.kernel // 2)


class FusedNorm(GroupNorm):
    """`GroupNorm` for channels last, with what is added before it."""

    def forward(self, x: Tensor, silu: bool = False, add: Tensor | None = None) -> Tensor:
        x = x.contiguous(memory_format=CL)
        return _norm(x, self.groups, self.weight, self.bias, self.eps, add, silu)


class FusedBlock(Block):
    """`Block`, fused."""

    late_bias: Tensor
    conv0: Any
    conv1: Any
    skip: Any
    norm0: Any
    norm1: Any
    norm2: Any
    qkv: Any
    proj: Any

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        h = self.conv0.plain(self.norm0(x, silu=True))
        heard, norm = self.affine(emb.to(x.dtype)), self.norm1
        if self.adaptive_scale:
            scale, shift = heard.chunk(2, 1)
            weight, bias = norm.weight * (scale + 1), norm.bias * (scale + 1) + shift
            h = _norm(h, norm.groups, weight, bias, norm.eps, self.conv0.bias)
        else:
            h = norm(h, silu=True, add=heard + self.conv0.bias)
        h = self.conv1.plain(h)
        kept = x if self.skip is None else self.skip.plain(x)
        h = _joined(h, self.late_bias, kept.contiguous(memory_format=CL), self.skip_scale)
        if self.heads:
            h = _joined(self.seen(self.norm2(h)), self.proj.bias, h, self.skip_scale)
        return h

    def seen(self, x: Tensor) -> Tensor:
        """Attention over pixels, without the bias of its last layer."""
        n, c, height, width = x.shape
        packed = self.qkv(x).permute(0, 2, 3, 1).reshape(n, height * width, 3, self.heads, -1)
        q, k, v = packed.permute(2, 0, 3, 1, 4).unbind(0)
        a = F.scaled_dot_product_attention(q, k, v).transpose(1, 2)
        return self.proj.plain(a.reshape(n, height, width, c).permute(0, 3, 1, 2))
