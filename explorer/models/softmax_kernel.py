"""The softmax of the ideal denoiser in one pass, on a GPU that Triton knows.  Import only there."""

import triton
import triton.language as tl
from torch import Tensor

WIDE = 2048  # points that are looked at together


@triton.jit
def _soften(
    products,
    half,
    total,
    total_row,
    points,
    W: tl.constexpr,
    BLOCKS: tl.constexpr,
):
    """One row: p_k ← softmax_k (p_k − half_k)/v."""
    row = tl.program_id(0)
    at = products + row.to(tl.int64) * points
    one = 1.0 / tl.load(total + row * total_row)
    k = tl.arange(0, W)
    top = tl.full((W,), float("-inf"), products.dtype.element_ty)
    for i in range(BLOCKS):
        inside = i * W + k < points
        p = tl.load(at + i * W + k, mask=inside, other=float("-inf"))
        h = tl.load(half + i * W + k, mask=inside, other=0.0)
        top = tl.maximum(top, (p - h) * one)
    most = tl.max(top, 0)
    summed = tl.zeros((W,), products.dtype.element_ty)
    for i in range(BLOCKS):
        inside = i * W + k < points
        p = tl.load(at + i * W + k, mask=inside, other=float("-inf"))
        h = tl.load(half + i * W + k, mask=inside, other=0.0)
        e = tl.exp((p - h) * one - most)
        tl.store(at + i * W + k, e, mask=inside)
        summed += tl.where(inside, e, 0.0)
    scale = 1.0 / tl.sum(summed, 0)
    for i in range(BLOCKS):
        inside = i * W + k < points
        e = tl.load(at + i * W + k, mask=inside, other=0.0)
        tl.store(at + i * W + k, e * scale, mask=inside)


def soften(products: Tensor, half: Tensor, v: Tensor) -> Tensor:
    """softmax((products − half)/v) over each row, in the memory of products (B, K); half (K,),
    v (1, 1) or (B, 1), a tensor since numbers go to a kernel in float32."""
    rows, points = products.shape
    wide = min(WIDE, triton.next_power_of_2(points))
    blocks = triton.next_power_of_2(triton.cdiv(points, wide))
    row = 1 if len(v) > 1 else 0
    _soften[(rows,)](products, half, v, row, points, W=wide, BLOCKS=blocks, num_warps=8)
    return products
