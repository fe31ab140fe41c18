"""The softmax of the ideal denoiser, on a GPU that Triton knows.  Import only there.

A row of few points is read once and written once.  Many points are divided among programs, since a
batch has fewer rows than a GPU has processors: one launch finds the top and the sum of each part,
the next writes what they make of each point.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

WIDE = 2048  # points that are looked at together


@triton.jit
def _row(products, half, total, total_row, points, W: tl.constexpr):
    """One row: p_k ← softmax_k (p_k − half_k)/v."""
    row, k = tl.program_id(0), tl.arange(0, W)
    at, inside = products + row.to(tl.int64) * points, k < points
    one = 1.0 / tl.load(total + row * total_row)
    p = tl.load(at + k, mask=inside, other=float("-inf"))
    h = tl.load(half + k, mask=inside, other=0.0)
    v = (p - h) * one
    e = tl.where(inside, tl.exp(v - tl.max(v, 0)), 0.0)
    tl.store(at + k, e / tl.sum(e, 0), mask=inside)


@triton.jit
def _part(products, half, total, parts, total_row, points, W: tl.constexpr):
    """Of W points of one row: the largest exponent, and the sum of what is below it."""
    row, part = tl.program_id(0), tl.program_id(1)
    k = part * W + tl.arange(0, W)
    inside = k < points
    one = 1.0 / tl.load(total + row * total_row)
    p = tl.load(products + row.to(tl.int64) * points + k, mask=inside, other=float("-inf"))
    h = tl.load(half + k, mask=inside, other=0.0)
    v = (p - h) * one
    top = tl.max(v, 0)
    out = parts + (row * tl.num_programs(1) + part) * 2
    tl.store(out, top)
    tl.store(out + 1, tl.sum(tl.where(inside, tl.exp(v - top), 0.0), 0))


@triton.jit
def _whole(
    products, half, total, parts, total_row, points, PARTS: tl.constexpr, PP: tl.constexpr,
    W: tl.constexpr
):  # fmt: skip
    """The same W points, each over the sum of its row."""
    row, part = tl.program_id(0), tl.program_id(1)
    j = tl.arange(0, PP)
    there = parts + (row * PARTS + j) * 2
    tops = tl.load(there, mask=j < PARTS, other=float("-inf"))
    sums = tl.load(there + 1, mask=j < PARTS, other=0.0)
    top = tl.max(tops, 0)
    scale = 1.0 / tl.sum(sums * tl.exp(tops - top), 0)
    k = part * W + tl.arange(0, W)
    inside = k < points
    at = products + row.to(tl.int64) * points + k
    one = 1.0 / tl.load(total + row * total_row)
    p = tl.load(at, mask=inside, other=float("-inf"))
    h = tl.load(half + k, mask=inside, other=0.0)
    tl.store(at, tl.exp((p - h) * one - top) * scale, mask=inside)


def soften(products: Tensor, half: Tensor, v: Tensor) -> Tensor:
    """softmax((products − half)/v) over each row, in the memory of products (B, K); half (K,),
    v (1, 1) or (B, 1), a tensor since numbers go to a kernel in float32."""
    rows, points = products.shape
    row = 1 if len(v) > 1 else 0
    if points <= WIDE:
        _row[(rows,)](products, half, v, row, points, W=triton.next_power_of_2(points), num_warps=8)
        return products
    parts = triton.cdiv(points, WIDE)
    found = torch.empty(rows, parts, 2, dtype=products.dtype, device=products.device)
    given = products, half, v, found, row, points
    _part[(rows, parts)](*given, W=WIDE, num_warps=8)
    wide = triton.next_power_of_2(parts)
    _whole[(rows, parts)](*given, PARTS=parts, PP=wide, W=WIDE, num_warps=8)
    return products
