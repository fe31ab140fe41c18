"""Paths corrected all along: the integral of the ODE at many levels at once.

For networks whose answers turn quickly with σ.  In a step of 128 the time embedding of VP's turns
by up to 6 rad and the Fourier features of VE's by as much, which no method of so few steps can
follow; yet their paths are nearly right, and what a network answers along them differs little from
what it answers along the true ones.  So it is asked at all levels together, in large batches, and
only the difference is followed step by step (deferred correction, Dutt, Greengard & Rokhlin 2000).

The same makes paths that are quick better for less: of a network that bends mildly, the half of
their steps and two levels in each are four times as near as Runge–Kutta in as many steps.
"""

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor

from ..core.graphs import SIZES
from .error import rms
from .reference import Reference, nodes

POINTS = 6  # of the polynomial through the slopes around a step
TOGETHER, WIDE = 2**21, 2**24  # numbers of the paths that are corrected together; on a GPU
ASKED = 2**15  # of those that a CPU's network is asked for at once: larger batches are no quicker
COPIES = 5  # of the paths at all levels, while they are worked on


@torch.no_grad()
def corrected_reference(
    denoiser,
    known: Reference,
    parts: int,
    watch: Callable[[], None] | None = None,
    halves: int = 1,
) -> Reference:
    """A reference without its errors, as far as a network is seen at `parts` levels in each of its
    steps, or of the `halves` of them.  The difference from `known`, which is what that one was off
    by, is the floor.

        x_{i+1} = x_i + ∫ f(X(u), u) du + ∫ (f(x, u) − f(X(u), u)) du       f = x − D, u = ln σ

    X: the paths as they were known; the first integral is of order 6 at the levels between, the
    second, of what is small, by Heun's rule over the step.
    """
    steps, ends = halves * (len(known.sigma) - 1), (float(known.sigma[0]), float(known.sigma[-1]))
    sigma, own = nodes(*ends, parts * steps + 1), nodes(*ends, steps + 1)
    size, made = together(known.x[0, 0].numel(), len(sigma), known.x.is_cuda), []
    for a in range(0, known.x.shape[1], size):
        some = dataclasses.replace(
            known, x=known.x[:, a : a + size], denoised=known.denoised[:, a : a + size]
        )
        made.append(_corrected(denoiser, some.at(sigma), sigma, parts, watch))
    x, answers = (torch.cat(each, 1) for each in zip(*made, strict=True))
    before = known.x if halves == 1 else known.at(own)
    floor = torch.stack([rms(a - b) for a, b in zip(x, before)]).quantile(0.5, 1).cpu().double()
    method = f"Runge–Kutta of order 4, corrected at {len(sigma)} levels"
    return Reference(own, x, answers, floor, method)


def together(size: int, levels: int, cuda: bool = False) -> int:
    """How many paths of `size` numbers are corrected together."""
    return max(1, (WIDE if cuda else TOGETHER) // (levels * size))


def _corrected(
    denoiser, path: Tensor, sigma: Tensor, parts: int, watch: Callable[[], None] | None
) -> tuple[Tensor, Tensor]:
    """Better paths and D, (N, B, *shape), at every `parts`-th level, of paths (T, B, *shape)."""
    slopes = path - _answers(denoiser, path, sigma, watch)
    h = float(sigma[1].log() - sigma[0].log())
    first = _integrals(slopes, h).unflatten(0, (-1, parts)).sum(1)
    x, slopes, sigma = path[::parts].clone(), slopes[::parts], sigma[::parts]
    told = x - slopes
    off = torch.zeros_like(x[0])  # f less f along the paths as they were
    for i in range(len(first)):
        if watch is not None:
            watch()
        ahead = x[i] + first[i] + parts * h * off
        told[i + 1] = denoiser(ahead, sigma[i + 1])
        off, before = ahead - told[i + 1] - slopes[i + 1], off
        x[i + 1] = x[i] + first[i] + parts * h / 2 * (before + off)
    return x, told


def _answers(denoiser, path: Tensor, sigma: Tensor, watch: Callable[[], None] | None) -> Tensor:
    """D at each level of the paths, as many levels at once as fit, and as a graph takes."""
    most = (WIDE if path.is_cuda else ASKED) // path[0].numel()
    out, rows = torch.empty_like(path), max(1, min(most, SIZES[-1] // path.shape[1]))
    for i in range(0, len(path), rows):
        if watch is not None:
            watch()
        part = path[i : i + rows]
        each = sigma[i : i + rows].to(path).repeat_interleave(path.shape[1])
        out[i : i + rows] = denoiser(part.flatten(0, 1), each).view_as(part)
    return out


def _integrals(slopes: Tensor, h: float) -> Tensor:
    """(T − 1, B, *shape): of each step between even levels, by the polynomial of degree 5 through
    the six levels around it."""
    k = torch.arange(POINTS, dtype=torch.float64)
    powers = k[:, None] ** k  # of each place; of a polynomial the weights integrate every one
    exact = ((k[:-1, None] + 1) ** (k + 1) - k[:-1, None] ** (k + 1)) / (k + 1)
    weights = torch.linalg.solve(powers.T, exact.T).T.to(slopes)  # (5, 6): of each step of five
    n = len(slopes) - 1
    first = (torch.arange(n) - (POINTS // 2 - 1)).clamp(0, n + 1 - POINTS)
    out = torch.zeros_like(slopes[1:])
    for j in range(POINTS):
        w = weights[torch.arange(n) - first, j].reshape(-1, *[1] * (slopes.ndim - 1))
        out += w * slopes[first + j]
    return h * out
