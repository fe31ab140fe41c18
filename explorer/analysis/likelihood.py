"""How likely data are under the model: the probability-flow ODE upwards, with its divergence.

    d log p(x(σ); σ)/dσ = −∇·(x − D)/σ = −(d − tr ∂D/∂x)/σ

    log p(x; σ_min) = log p(x(σ_max); σ_max) + ∫ (d − tr ∂D/∂x) d ln σ      from σ_min to σ_max

Song et al. 2021, Sec. 4.3 and App. D.2, in EDM's frame; Chen et al. 2018.  For an exact denoiser it
is the log-density itself; for a network it is that of its own ODE.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from .jacobian import signs, trace

FEW = 8  # coordinates up to which the trace is exact unless somebody wants it otherwise
TOLERANCE = 1e-5  # of states and nats in one step of the integrator

Density = Callable[[Tensor, Any], Tensor]  # of states (B, *shape) at a level


@dataclasses.dataclass(frozen=True, eq=False)
class Likelihood:
    """log_density (B,): nats.  latent (B, *shape): where the flow took each sample, at σ_max.
    spread (B,): standard error over the probes of an estimated trace, 0 where it is exact.
    moved (B,): how far a tenfold tolerance moves the answer.  evaluations: of D and its Jacobian.
    """

    log_density: Tensor
    latent: Tensor
    spread: Tensor
    moved: Tensor
    evaluations: int

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
    Raises UserError for a range that does not rise, or a way that cannot be integrated.
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
    rough, found = (
        _found(denoiser, x, sigma_min, sigma_max, density, given, tolerance, watch)
        for tolerance in (10 * TOLERANCE, TOLERANCE)
    )
    each, latent, evaluated = found
    middle = each.mean(0)
    spread = each.std(0) / math.sqrt(count) if count > 1 else torch.zeros_like(middle)
    moved = (middle - rough[0].mean(0)).abs()
    return Likelihood(middle, latent, spread, moved, evaluated + rough[2])


def _found(
    denoiser,
    x: Tensor,
    low: float,
    high: float,
    density: Density,
    probes: Tensor | None,
    tolerance: float,
    watch: Callable[[], None] | None,
) -> tuple[Tensor, Tensor, int]:
    """(log p (P or 1, B), the state at σ_max, evaluations): Dormand–Prince of order 8 in u = ln σ,
    where dx/du = x − D and d log p/du = −(d − tr J).
    """
    count, many = (1 if probes is None else len(probes)), x.numel()

    def slope(u: float, y: np.ndarray) -> np.ndarray:
        if watch is not None:
            watch()
        state = torch.from_numpy(y[:many]).view(x.shape).to(x)
        sigma = torch.tensor(math.exp(u), dtype=x.dtype)
        denoised, traced = trace(denoiser, state, sigma, probes)
        grown = (x[0].numel() - traced).expand(count, len(x))
        return torch.cat([(state - denoised).flatten(), grown.flatten()]).cpu().double().numpy()

    start = np.concatenate([x.flatten().cpu().double().numpy(), np.zeros(count * len(x))])
    way = (math.log(low), math.log(high))
    from scipy.integrate import solve_ivp  # a third of a second, for this alone

    run = solve_ivp(slope, way, start, "DOP853", t_eval=way[1:], rtol=tolerance, atol=tolerance)
    if not run.success:
        raise UserError(f"The way up from σ = {low:g} could not be integrated: {run.message}")
    end = torch.from_numpy(run.y[:, -1])
    latent, grown = end[:many].view(x.shape).to(x), end[many:].view(count, len(x)).to(x)
    return density(latent, high) + grown, latent, int(run.nfev)
