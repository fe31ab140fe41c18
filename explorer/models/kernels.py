"""Fused kernels for images with channels last, on a GPU that Triton knows.  Import only there.

PyTorch's own group norm takes channels first alone, and convolutions in 16 bits want them last; so
each norm would turn the whole activation round twice.  Here a norm with what is added before it and
the SiLU behind it reads the activation twice and writes it once.
"""

import functools

import torch
import triton
import triton.language as tl
from torch import Tensor

PIXELS = 64  # of a tile
WIDE = 128  # channels of a tile, at most


@triton.jit
def _sums(x, add, part, pixels, add_row, C: tl.constexpr, P: tl.constexpr, W: tl.constexpr):
    """Of each channel of one tile, the sum and the sum of squares, in float32."""
    n, chunk, block = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    p = chunk * P + tl.arange(0, P)
    c = block * W + tl.arange(0, W)
    inside = (p[:, None] < pixels) & (c[None, :] < C)
    place = (n.to(tl.int64) * pixels + p[:, None]) * C + c[None, :]
    v = tl.load(x + place, mask=inside, other=0.0).to(tl.float32)
    more = tl.load(add + n * add_row + c, mask=c < C, other=0.0).to(tl.float32)
    v = tl.where(inside, v + more[None, :], 0.0)
    out = part + (n * tl.num_programs(1) + chunk).to(tl.int64) * 2 * C + c
    tl.store(out, tl.sum(v, 0), mask=c < C)
    tl.store(out + C, tl.sum(v * v, 0), mask=c < C)


@triton.jit
def _factors(
    part,
    weight,
    bias,
    add,
    a,
    b,
    pixels,
    weight_row,
    add_row,
    eps,
    CHUNKS: tl.constexpr,
    C: tl.constexpr,
    G: tl.constexpr,
    GP: tl.constexpr,
    EACH: tl.constexpr,
    EP: tl.constexpr,
):
    """norm(x + add) = a x + b, for each channel of one image."""
    n = tl.program_id(0)
    g, j = tl.arange(0, GP), tl.arange(0, EP)
    inside = (g[:, None] < G) & (j[None, :] < EACH)
    c = g[:, None] * EACH + j[None, :]
    total = tl.zeros((GP, EP), tl.float32)
    squares = tl.zeros((GP, EP), tl.float32)
    for k in range(CHUNKS):
        place = part + (n * CHUNKS + k).to(tl.int64) * 2 * C + c
        total += tl.load(place, mask=inside, other=0.0)
        squares += tl.load(place + C, mask=inside, other=0.0)
    count = pixels * EACH
    mean = tl.sum(total, 1) / count
    variance = tl.maximum(tl.sum(squares, 1) / count - mean * mean, 0.0)
    rate = 1.0 / tl.sqrt(variance + eps)
    w = tl.load(weight + n * weight_row + c, mask=inside, other=0.0).to(tl.float32)
    shift = tl.load(bias + n * weight_row + c, mask=inside, other=0.0).to(tl.float32)
    more = tl.load(add + n * add_row + c, mask=inside, other=0.0).to(tl.float32)
    scale = w * rate[:, None]
    tl.store(a + n * C + c, scale, mask=inside)
    tl.store(b + n * C + c, shift + (more - mean[:, None]) * scale, mask=inside)


@triton.jit
def _apply(
    x, a, b, out, pixels, C: tl.constexpr, P: tl.constexpr, W: tl.constexpr, SILU: tl.constexpr
):
    """a x + b, and SiLU of it."""
    n, chunk, block = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    p = chunk * P + tl.arange(0, P)
    c = block * W + tl.arange(0, W)
    inside = (p[:, None] < pixels) & (c[None, :] < C)
    place = (n.to(tl.int64) * pixels + p[:, None]) * C + c[None, :]
    v = tl.load(x + place, mask=inside, other=0.0).to(tl.float32)
    scale = tl.load(a + n * C + c, mask=c < C, other=0.0)
    shift = tl.load(b + n * C + c, mask=c < C, other=0.0)
    v = v * scale[None, :] + shift[None, :]
    if SILU:
        v = v / (1.0 + tl.exp(-v))
    tl.store(out + place, v.to(out.dtype.element_ty), mask=inside)


@triton.jit
def _small(
    x,
    add,
    weight,
    bias,
    out,
    pixels,
    weight_row,
    add_row,
    eps,
    C: tl.constexpr,
    EACH: tl.constexpr,
    P: tl.constexpr,
    EP: tl.constexpr,
    SILU: tl.constexpr,
):
    """One group of one image, whole: what three launches are too many for."""
    n, g = tl.program_id(0), tl.program_id(1)
    p, j = tl.arange(0, P), tl.arange(0, EP)
    mine, c = j < EACH, g * EACH + j
    inside = (p[:, None] < pixels) & mine[None, :]
    place = (n.to(tl.int64) * pixels + p[:, None]) * C + c[None, :]
    v = tl.load(x + place, mask=inside, other=0.0).to(tl.float32)
    more = tl.load(add + n * add_row + c, mask=mine, other=0.0).to(tl.float32)
    v = tl.where(inside, v + more[None, :], 0.0)
    count = pixels * EACH
    v = tl.where(inside, v - tl.sum(tl.sum(v, 1), 0) / count, 0.0)
    rate = 1.0 / tl.sqrt(tl.sum(tl.sum(v * v, 1), 0) / count + eps)
    w = tl.load(weight + n * weight_row + c, mask=mine, other=0.0).to(tl.float32)
    shift = tl.load(bias + n * weight_row + c, mask=mine, other=0.0).to(tl.float32)
    v = v * (w * rate)[None, :] + shift[None, :]
    if SILU:
        v = v / (1.0 + tl.exp(-v))
    tl.store(out + place, v.to(out.dtype.element_ty), mask=inside)


@triton.jit
def _joined(h, bias, x, out, scale, count, C: tl.constexpr, SIZE: tl.constexpr):
    """(h + bias + x) · scale."""
    i = tl.program_id(0).to(tl.int64) * SIZE + tl.arange(0, SIZE)
    inside = i < count
    v = tl.load(h + i, mask=inside, other=0.0).to(tl.float32)
    v += tl.load(x + i, mask=inside, other=0.0).to(tl.float32)
    v += tl.load(bias + i % C, mask=inside, other=0.0).to(tl.float32)
    tl.store(out + i, (v * scale).to(out.dtype.element_ty), mask=inside)


def _there(launch):
    """Triton launches on the device of its thread, which for a second GPU is another's."""

    @functools.wraps(launch)
    def on(x: Tensor, *rest, **named):
        with torch.cuda.device(x.device):
            return launch(x, *rest, **named)

    return on


@_there
def group_norm(
    x: Tensor,
    groups: int,
    weight: Tensor,
    bias: Tensor,
    eps: float,
    add: Tensor | None = None,
    silu: bool = True,
) -> Tensor:
    """SiLU(norm(x + add)) of x (N, C, H, W) with channels last; weight, bias (C,) or (N, C); add
    (N or 1, C).  Sums are float32; the answer has x's type and layout.
    """
    assert x.is_contiguous(memory_format=torch.channels_last)
    n, c, height, width = x.shape
    pixels, each = height * width, c // groups
    add = _nothing(c, x.device) if add is None else add.reshape(-1, c).contiguous()
    rows = c if weight.ndim > 1 and len(weight) > 1 else 0, c if len(add) > 1 else 0
    given, out = (x, add, weight.contiguous(), bias.contiguous()), torch.empty_like(x)
    if pixels > PIXELS:
        _in_three(*given, out, pixels, *rows, eps, groups, silu)
        return out
    tile = triton.next_power_of_2(pixels), triton.next_power_of_2(each)
    warps = min(4, max(1, tile[0] * tile[1] // 256))
    sizes = dict(C=c, EACH=each, P=tile[0], EP=tile[1], SILU=silu, num_warps=warps)
    _small[(n, groups)](*given, out, pixels, *rows, eps, **sizes)
    return out


def _in_three(
    x: Tensor,
    add: Tensor,
    weight: Tensor,
    bias: Tensor,
    out: Tensor,
    pixels: int,
    weight_row: int,
    add_row: int,
    eps: float,
    groups: int,
    silu: bool,
) -> None:
    """Sums, what they make of each channel, and that of each pixel: a launch each."""
    n, c = x.shape[:2]
    each, wide = c // groups, min(WIDE, triton.next_power_of_2(c))
    chunks = triton.cdiv(pixels, PIXELS)
    new = lambda *size: torch.empty(size, device=x.device, dtype=torch.float32)
    part, a, b = new(n, chunks, 2, c), new(n, c), new(n, c)
    grid = n, chunks, triton.cdiv(c, wide)
    _sums[grid](x, add, part, pixels, add_row, C=c, P=PIXELS, W=wide)
    _factors[(n,)](
        *(part, weight, bias, add, a, b, pixels, weight_row, add_row, eps),
        CHUNKS=chunks,
        C=c,
        G=groups,
        GP=triton.next_power_of_2(groups),
        EACH=each,
        EP=triton.next_power_of_2(each),
    )
    _apply[grid](x, a, b, out, pixels, C=c, P=PIXELS, W=wide, SILU=silu)


@_there
def joined(h: Tensor, bias: Tensor, x: Tensor, scale: float) -> Tensor:
    """(h + bias + x) · scale of two images (N, C, H, W) with channels last; bias (C,)."""
    last = torch.channels_last
    assert h.is_contiguous(memory_format=last) and x.is_contiguous(memory_format=last)
    out = torch.empty_like(h)
    count = h.numel()
    _joined[(triton.cdiv(count, 2048),)](
        h, bias, x, out, scale, count, C=h.shape[1], SIZE=2048, num_warps=8
    )
    return out


_zeros: dict[tuple, Tensor] = {}


def _nothing(channels: int, device: torch.device) -> Tensor:
    """Zeros to add, made once."""
    key = channels, device
    if key not in _zeros:
        _zeros[key] = torch.zeros(1, channels, device=device)
    return _zeros[key]
