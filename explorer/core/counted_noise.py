"""Unit normal numbers where they are used: each is a function of its place in the stream.

A generator hands out numbers one after the other, so a batch that is drawn at once depends on its
size.  Here the number of (seed, sample, step, coordinate) is made of these alone: its bits are
splitmix64 of them (Steele et al. 2014), which passes BigCrush, and two halves of them make a normal
number (Box and Muller 1958).  Whole numbers are exact on every device; the last digits of the
logarithm and the cosine are those of the device.
"""

import math

import torch
from torch import Tensor

GAMMA = 0x9E3779B97F4A7C15 - 2**64
FIRST, SECOND = 0xBF58476D1CE4E5B9 - 2**64, 0x94D049BB133111EB - 2**64
HALF = 2**32


def _mixed(z: Tensor) -> Tensor:
    """splitmix64's last steps; int64 stands for uint64, and its products wrap."""
    z = (z ^ _shifted(z, 30)) * FIRST
    z = (z ^ _shifted(z, 27)) * SECOND
    return z ^ _shifted(z, 31)


def _signed(v: int) -> int:
    """The int64 of the same 64 bits."""
    return (v + 2**63) % 2**64 - 2**63


def _shifted(z: Tensor, by: int) -> Tensor:
    return (z >> by) & ((1 << (64 - by)) - 1)


def normal(
    seed: int,
    first: int,
    count: int,
    shape: tuple[int, ...],
    step: int,
    device: torch.device | str,
    dtype: torch.dtype,
) -> Tensor:
    """(count, *shape): the noise of this step for the samples from number `first` on."""
    numbers = math.prod(shape)
    whole = torch.int64
    sample = torch.arange(first, first + count, device=device, dtype=whole)[:, None]
    key = _mixed(_mixed(sample * GAMMA + seed * 2 + 1) + _signed(step * GAMMA))
    bits = _mixed(key + torch.arange(1, numbers + 1, device=device, dtype=whole) * GAMMA)
    size, turn = (((v.to(torch.float64) + 0.5) / HALF) for v in _halves(bits))
    out = (-2 * size.log()).sqrt() * (2 * math.pi * turn).cos()
    return out.to(dtype).reshape(count, *shape)


def _halves(bits: Tensor) -> tuple[Tensor, Tensor]:
    return _shifted(bits, 32), bits & (HALF - 1)
