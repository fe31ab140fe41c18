"""Augmentation that does not leak: the network is told what was done, and sampling says “nothing”.

Karras et al. 2022, App. F.2 and Table 6.  Six geometric operations with eight random parameters a;
the network sees nine labels, all 0 for an untouched image:

    a0, a1      mirrored in x, in y                              a0, a1
    a2          larger by 2^(0.2 a2)                             a2
    a3          turned by a3                                     cos a3 − 1, sin a3
    a4, a5      stretched by 2^(0.2 a5) along the direction a4   a5 cos a4, a5 sin a4
    a6, a7      moved by (W a6, H a7)/8                          a6, a7
"""

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

LABELS = 9
NAMES = (
    "x-flip",
    "y-flip",
    "scale",
    "cos turn − 1",
    "sin turn",
    "stretch cos",
    "stretch sin",
    "move x",
    "move y",
)
SCALE = 0.2  # octaves per unit of a2 and a5
SHIFT = 1 / 8  # of the side, per unit of a6 and a7
# the low-pass filter of the sym6 wavelet (Daubechies 1992), scaled to sum 1: a filter whose
# even shifts are orthogonal, so that enlarging and shrinking again changes nothing
SYM6 = torch.tensor(
    [
        0.015404109327027373,
        0.0034907120842174702,
        -0.11799011114819057,
        -0.048311742585633,
        0.4910559419267466,
        0.787641141030194,
        0.3379294217276218,
        -0.07263752278646252,
        -0.021060292512300564,
        0.04472490177066578,
        0.0017677118642428036,
        -0.007800708325034148,
    ],
    dtype=torch.float64,
) / math.sqrt(2)
CENTRE = float((SYM6 * torch.arange(12)).sum())  # where a pixel lands among the taps


def augment(
    images: Tensor, probability: float, generator: torch.Generator, mirror: bool = False
) -> tuple[Tensor, Tensor]:
    """Images with each operation at that probability, and what the network is told, (B, 9)."""
    a = parameters(len(images), probability, generator, mirror).to(images)
    return apply(images, a), labels(a)


def parameters(
    n: int, probability: float, generator: torch.Generator, mirror: bool = False
) -> Tensor:
    """Random a, (n, 8); those of an operation that does not happen are 0.

    mirror: x-flips happen to half of all images, as in EDM's runs, where mirrored photographs are
    photographs.  Half of the stretches are along the axes, as in EDM's code.
    """
    u = torch.rand(n, 13, generator=generator, device=generator.device)
    z = torch.randn(n, 4, generator=generator, device=generator.device)
    on = (u[:, :6] < probability).float()
    if mirror:
        on[:, 0] = 1
    coin = (u[:, 6:8] < 0.5).float()
    turn = 2 * math.pi * (u[:, 8] - 0.5)
    lean = 2 * math.pi * (u[:, 9] - 0.5) * (u[:, 10] < 0.5)
    return torch.stack(
        [
            on[:, 0] * coin[:, 0],
            on[:, 1] * coin[:, 1],
            on[:, 2] * z[:, 0],
            on[:, 3] * turn,
            on[:, 4] * lean,
            on[:, 4] * z[:, 1],
            on[:, 5] * z[:, 2],
            on[:, 5] * z[:, 3],
        ],
        1,
    )


def labels(a: Tensor) -> Tensor:
    """(n, 8) parameters -> (n, 9) conditioning numbers, in EDM's order."""
    return torch.stack(
        [
            a[:, 0],
            a[:, 1],
            a[:, 2],
            a[:, 3].cos() - 1,
            a[:, 3].sin(),
            a[:, 5] * a[:, 4].cos(),
            a[:, 5] * a[:, 4].sin(),
            a[:, 6],
            a[:, 7],
        ],
        1,
    )


def apply(images: Tensor, a: Tensor) -> Tensor:
    """The images (B, C, H, W) after the operations with parameters a (B, 8).

    Flips are exact.  The rest is one affine map, resampled at twice the resolution; beyond its edge
    an image goes on in its mirror image.
    """
    flip = lambda x, which, axis: torch.where(which.reshape(-1, 1, 1, 1) > 0, x.flip(axis), x)
    images = flip(flip(images, a[:, 0], 3), a[:, 1], 2)
    moved = a[:, 2:].abs().sum(1) > 0
    if images.is_cuda:  # all of them: to pick those that move, the CPU would have to wait
        warped = _warp(images, _inverse(a, *images.shape[2:]))
        return torch.where(moved.reshape(-1, 1, 1, 1), warped, images)
    if not bool(moved.any()):
        return images
    out = images.clone()
    out[moved] = _warp(images[moved], _inverse(a[moved], *images.shape[2:]))
    return out


def _inverse(a: Tensor, height: int, width: int) -> Tensor:
    """Where the pixel at (x, y), counted from the middle of the result, comes from, (B, 2, 3)."""

    def turn(angle: Tensor) -> Tensor:
        c, s = angle.cos(), angle.sin()
        return torch.stack([torch.stack([c, -s], 1), torch.stack([s, c], 1)], 1)

    larger, longer = torch.exp2(SCALE * a[:, 2]), torch.exp2(SCALE * a[:, 5])
    stretch = (
        turn(a[:, 4]) @ torch.diag_embed(torch.stack([longer, 1 / longer], 1)) @ turn(-a[:, 4])
    )
    forward = stretch @ turn(a[:, 3]) * larger[:, None, None]
    shift = SHIFT * torch.stack([width * a[:, 6], height * a[:, 7]], 1)[:, :, None]
    back = torch.linalg.inv_ex(forward).inverse  # it is never singular: nobody waits to see
    return torch.cat([back, -back @ shift], 2)


def _warp(images: Tensor, back: Tensor) -> Tensor:
    """Resample by the maps `back` (B, 2, 3).

    The image and its mirror image repeat with period 2(W − 1), so one period holds all of the
    plane.  It is enlarged twice with sym6, sampled bilinearly where the pixels of an enlarged
    result come from, and shrunk with the same filter reversed.
    """
    B, _C, H, W = images.shape
    f = _taps(images.device, images.dtype)
    whole = torch.cat([images, images[:, :, 1:-1].flip(2)], 2)
    whole = torch.cat([whole, whole[..., 1:-1].flip(3)], 3)
    whole = _enlarge(_enlarge(whole, f).mT, f).mT
    count = lambda n: torch.arange(2 * n + 10, device=images.device).to(images.dtype)
    ys, xs = (count(n) / 2 - CENTRE / 2 - (n - 1) / 2 for n in (H, W))
    here = torch.stack(
        [
            xs.expand(len(ys), -1),
            ys[:, None].expand(-1, len(xs)),
            images.new_ones(len(ys), len(xs)),
        ]
    ).flatten(1)
    there = (back @ here).reshape(B, 2, len(ys), len(xs))
    size = _sides(W, H, images.device, images.dtype)
    place = (2 * (there + (size - 1) / 2) + CENTRE) % (4 * (size - 1))
    whole = functional.pad(whole, (0, 1, 0, 1), mode="circular")
    last = _sides(*whole.shape[:1:-1], images.device, images.dtype) - 1
    seen = functional.grid_sample(
        whole, (2 * place / last - 1).permute(0, 2, 3, 1), align_corners=True
    )
    return _shrink(_shrink(seen, f).mT, f).mT


@lru_cache(maxsize=8)
def _taps(device: torch.device, dtype: torch.dtype) -> Tensor:
    """SYM6 where it is needed, moved once."""
    return SYM6.to(device, dtype)


@lru_cache(maxsize=64)
def _sides(width: int, height: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Width and height, (1, 2, 1, 1)."""
    return torch.tensor([width, height]).to(device, dtype).reshape(1, 2, 1, 1)


def _enlarge(x: Tensor, f: Tensor) -> Tensor:
    """Twice as wide, periodic: zeros between the pixels, then the filter; (..., W) -> (..., 2W)."""
    spread = torch.stack([x, torch.zeros_like(x)], -1).flatten(-2)
    before = torch.cat([spread] * -(-11 // spread.shape[-1]), -1)[..., -11:]
    around = torch.cat([before, spread], -1)
    return _filter(around, 2 * f.flip(0), 1)


def _shrink(x: Tensor, f: Tensor) -> Tensor:
    """(..., 2W + 10) -> (..., W)."""
    return _filter(x, f, 2)


def _filter(x: Tensor, taps: Tensor, stride: int) -> Tensor:
    flat = functional.conv1d(x.reshape(-1, 1, x.shape[-1]), taps.reshape(1, 1, -1), stride=stride)
    return flat.reshape(*x.shape[:-1], -1)
