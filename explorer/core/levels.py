"""Arithmetic on noise levels: plain numbers where all samples share one, tensors (B, 1, …) where
each sample has its own.

A number costs a tenth of a tensor of one element, and a state moves along a direction in one pass.
"""

import math

import torch
from torch import Tensor


def number(v):
    """A level as a plain number, where all samples share it."""
    return v if isinstance(v, float) or v.ndim else v.item()


def is_zero(v) -> bool:
    """Whether a number is 0; levels of their own for each sample never are."""
    return isinstance(v, float) and v == 0


def is_infinite(sigma) -> bool:
    """Whether a level that all samples share is ∞; one that lies on a device is none."""
    if isinstance(sigma, Tensor):
        return not sigma.ndim and not sigma.is_cuda and math.isinf(sigma.item())
    return math.isinf(sigma)


def log(v):
    """ln v of a number or a tensor."""
    return math.log(v) if isinstance(v, float) else v.log()


def exp(v):
    """e^v of a number or a tensor."""
    return math.exp(v) if isinstance(v, float) else v.exp()


def expm1(v):
    """e^v − 1 of a number or a tensor, exact near 0."""
    return math.expm1(v) if isinstance(v, float) else torch.expm1(v)


def moved(x: Tensor, size, direction: Tensor) -> Tensor:
    """x + size · direction."""
    if isinstance(size, float):
        return torch.add(x, direction, alpha=size)
    return x + size * direction


def between(a: Tensor, b: Tensor, part) -> Tensor:
    """(1 − part) a + part b."""
    return torch.lerp(a, b, part) if isinstance(part, float) else a + part * (b - a)
