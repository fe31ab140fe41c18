"""How likely data are under the model: the probability-flow ODE upwards, with its divergence.

    d log p(x(σ); σ)/dσ = −∇·(x − D)/σ = −(d − tr ∂D/∂x)/σ

    log p(x; σ_min) = log p(x(σ_max); σ_max) + ∫ (d − tr ∂D/∂x) d ln σ      from σ_min to σ_max

Song et al. 2021, Sec. 4.3 and App. D.2, in EDM's frame; Chen et al. 2018.  For an exact denoiser it
is the log-density itself; for a network it is that of its own ODE.
"""

import dataclasses
import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import UserError
from .jacobian import signs, trace

FEW = 8  # coordinates up to which the trace is exact unless somebody wants it otherwise
FIRST, MOST = 32, 512  # RK4 steps in ln σ: doubled until the answer stands still
CLOSE = 1e-3  # nats between one number of steps and half of it

Density = Callable[[Tensor, float], Tensor]


@dataclasses.dataclass(frozen=True, eq=False)
class Likelihood:
    """log_density (B,): nats.  latent (B, *shape): where the flow took each sample, at σ_max.
    spread (B,): standard error over the probes of an estimated trace, 0 where it is exact.
    moved (B,): how far the last doubling of the steps moved the answer.  steps: in ln σ.
    """

    log_density: Tensor
    latent: Tensor
    spread: Tensor
    moved: Tensor
    steps: int

    def bits(self, dimension: int) -> Tensor:
        """Bits per coordinate, −log₂ p/d; of data in units of their own, no 8-bit pixels."""
        return -self.log_density / (dimension * math.log(2))


def gaussian_density(spread: float = 0.0) -> Density:
    """log N(x; 0, σ² + spread²): what is taken for p(x; σ_max) where nobody knows it."""

    def density(x: Tensor, sigma: float) -> Tensor:
        v = sigma**2 + spread**2
        flat = x.flatten(1)
        return -flat.square().sum(1) / (2 * v) - flat.shape[1] / 2 * math.log(2 * math.pi * v)

    return density


@torch.no_grad()
def log_likelihood(
    denoiser,
    x: Tensor,
    sigma_min: float = 0.002,
    sigma_max: float = 80.0,
    density: Density | None = None,
    probes: int = 0,
    generator: torch.Generator | None = None,
    watch: Callable[[], None] | None = None,
) -> Likelihood:
    """log p(x; σ_min) of each x (B, *shape), in nats.

    x is a state at σ_min: clean data with that much noise on them.  density: log p(·; σ_max), by
    default that of noise of variance σ_max² + 1.  probes: 0 for an exact trace up to 8 coordinates
    and for 8 random probes beyond; else their number.  generator: on the CPU, for the probes.
    Raises UserError for a range that does not rise.
    """
    if not 0 < sigma_min < sigma_max < math.inf:
        raise UserError(
            f"A likelihood needs 0 < σ_min < σ_max; got σ_min = {sigma_min:g} and σ_max = "
            f"{sigma_max:g}."
        )
    size = x[0].numel()
    count = probes or (0 if size <= FEW else 8)
    given = signs((count, *x.shape), generator).to(x) if count else None
    density = density or gaussian_density(1.0)
    before, steps = None, FIRST
    while True:
        latent, grown = _upwards(denoiser, x, sigma_min, sigma_max, steps, given, watch)
        each = density(latent, sigma_max) + grown  # (B,), or (P, B)
        found = each.mean(0) if count else each
        if before is not None:
            moved = (found - before).abs()
            if float(moved.median()) < CLOSE or steps >= MOST:
                break
        before, steps = found, 2 * steps
    spread = each.std(0) / math.sqrt(count) if count > 1 else torch.zeros_like(found)
    return Likelihood(found, latent, spread, moved, steps)


def _upwards(
    denoiser,
    x: Tensor,
    low: float,
    high: float,
    steps: int,
    probes: Tensor | None,
    watch: Callable[[], None] | None,
) -> tuple[Tensor, Tensor]:
    """(the state at σ_max, ∫ (d − tr J) d ln σ): RK4 in u = ln σ, where dx/du = x − D."""
    size, h = x[0].numel(), math.log(high / low) / steps

    def slope(x: Tensor, u: float) -> tuple[Tensor, Tensor]:
        if watch is not None:
            watch()
        sigma = torch.tensor(math.exp(u), dtype=x.dtype)
        denoised, traced = trace(denoiser, x, sigma, probes)
        return x - denoised, size - traced

    grown = torch.zeros((*probes.shape[:1], len(x)) if probes is not None else len(x)).to(x)
    for i in range(steps):
        u = math.log(low) + i * h
        k1, g1 = slope(x, u)
        k2, g2 = slope(x + h / 2 * k1, u + h / 2)
        k3, g3 = slope(x + h / 2 * k2, u + h / 2)
        k4, g4 = slope(x + h * k3, u + h)
        x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        grown = grown + h / 6 * (g1 + 2 * g2 + 2 * g3 + g4)
    return x, grown
