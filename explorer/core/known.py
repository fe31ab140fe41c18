"""A run kept to the noise that its network knows, as EDM's published sampler keeps it.

    sigma_min = max(sigma_min, net.sigma_min)      sigma_max = min(sigma_max, net.sigma_max)
    t_steps = net.round_sigma(t_steps)             t_hat = net.round_sigma(t_cur + γ t_cur)

`edm_sampler` and `ablation_sampler` of its generate.py.  Exact denoisers know every level, and
whatever is known already stays as it is, to the bit.
"""

import math
from typing import TypeVar

import torch
from torch import Tensor

from ..errors import UserError
from ..numerals import number
from .denoisers import Denoiser
from .timesteps import TimeSteps

Grid = TypeVar("Grid", bound=TimeSteps)


def bounds(denoiser: Denoiser) -> tuple[float, float]:
    """The least and the largest noise that it knows; 0 and ∞ where it knows them all."""
    low, high = getattr(denoiser, "sigma_min", None), getattr(denoiser, "sigma_max", None)
    if low is None or high is None:  # no Bounded one
        return 0.0, math.inf
    return float(low), float(high)


NO_NOISE = (
    "This network was not trained on pure noise, so it cannot begin at σ = ∞ (t = 1). Begin at a "
    "finite level such as 80, or take a network of flow matching."
)


def knows_noise(denoiser: Denoiser) -> bool:
    """Whether it answers at σ = ∞: exact ones do, and networks that were trained on pure noise."""
    return getattr(denoiser, "knows_noise", math.isinf(bounds(denoiser)[1]))


def within(grid: Grid, denoiser: Denoiser) -> Grid:
    """The grid between the ends of what the denoiser knows; itself where it lies there already.

    Raises UserError where they have nothing in common.
    """
    low, high = bounds(denoiser)
    top, bottom = float(grid.sigma_max), float(grid.sigma_min)
    if getattr(grid, "pure", False):
        if knows_noise(denoiser):
            high = math.inf
        elif math.isinf(high):
            raise UserError(NO_NOISE)
        else:
            top = math.inf
    if low <= bottom and top <= high:
        return grid
    if not max(low, bottom) * 1.001 < min(high, top):
        raise UserError(
            f"This network knows σ from {number(low)} to {number(high)}; time steps from "
            f"{number(top)} to {number(bottom)} lie beyond. Choose others."
        )
    return grid.within(low, high)


def nearest(denoiser: Denoiser, sigmas: Tensor) -> Tensor:
    """The levels nearest to these that the denoiser has learned: falling, each once.

    sigmas (n,), falling and within its range; the answer may be shorter, where two have the same
    neighbour.  EDM's code takes such a step twice, without going anywhere.
    """
    round_sigma = getattr(denoiser, "round_sigma", None)  # of Rounded ones
    if round_sigma is None:
        return sigmas
    if len(sigmas) and math.isinf(float(sigmas[0])):  # pure noise is a level of its own
        return torch.cat([sigmas[:1], nearest(denoiser, sigmas[1:])])
    found = round_sigma(sigmas).to(sigmas)
    if torch.equal(found, sigmas):
        return sigmas
    moves = torch.ones(len(found), dtype=torch.bool, device=found.device)
    moves[1:] = found[1:] < found[:-1]
    return found[moves]


def learned(denoiser: Denoiser, sigmas: Tensor) -> Tensor:
    """Those of the levels that lie in its range, each at the nearest that it has learned: where a
    measure may ask.  sigmas (n,) falling; the answer may be shorter, and is one end of the range
    at least.
    """
    low, high = bounds(denoiser)
    inside = sigmas[(sigmas >= low) & (sigmas <= high)]
    if not len(inside):
        inside = sigmas[:1].clamp(low, high)
    return nearest(denoiser, inside)
