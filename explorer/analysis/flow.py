"""The exact flow of the probability-flow ODE: Runge–Kutta of order 4 in short steps.

dx/dσ = (x − D(x; σ))/σ          EDM's frame: Karras et al. 2022, Eq. 1 with σ = t
"""

import math
from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor

from ..core.levels import moved, number
from ..core.ode import Ode, State

STRIDE = 0.25  # in ln σ


def flow_step(denoiser, x: Tensor, sigma: Tensor, sigma_next: Tensor, slope=None) -> Tensor:
    """One step of classical RK4.  sigma, sigma_next: () or (B, 1, …); slope: (x − D)/σ, if known.

    Exact wherever D stands still, at large and at small σ, so its error sits where paths bend.
    """
    h, middle = number(sigma_next - sigma), (sigma + sigma_next) / 2
    k1 = slope_at(denoiser, x, sigma) if slope is None else slope
    k2 = slope_at(denoiser, moved(x, h / 2, k1), middle)
    k3 = slope_at(denoiser, moved(x, h / 2, k2), middle)
    k4 = slope_at(denoiser, moved(x, h, k3), sigma_next)
    return moved(x, h / 6, (k2 + k3).mul_(2).add_(k1).add_(k4))


def slope_at(denoiser, x: Tensor, sigma: Tensor) -> Tensor:
    """(x − D(x; σ))/σ."""
    return (x - denoiser(x, sigma.flatten() if sigma.ndim else sigma)) / sigma


def flow(
    denoiser,
    x: Tensor,
    sigma: float | Tensor,
    sigma_next: float | Tensor,
    stride: float = STRIDE,
    slope: Tensor | None = None,
    watch: Callable[[], None] | None = None,
) -> Tensor:
    """The exact flow from one level to another in RK4 steps of at most `stride` in ln σ.

    Levels are numbers or (B, 1, …), one for each sample; then all take as many steps as the longest
    way needs.
    """
    start = torch.as_tensor(sigma, dtype=None if isinstance(sigma, Tensor) else torch.float64)
    way = (sigma_next / start).log()
    n = max(1, math.ceil(float(way.abs().max()) / stride))
    a = start
    for i in range(n):
        if watch is not None:
            watch()
        b = start * (way * ((i + 1) / n)).exp()
        x, a, slope = flow_step(denoiser, x, a, b, slope), b, None
    return x


class Flow:
    """The truth as a solver: from each point along the exact flow, whatever the schedule.

    It takes the slope that was evaluated there, so it does not go with an analytic first step.
    """

    name: ClassVar[str] = "flow"
    label: ClassVar[str] = "Exact flow"
    family: ClassVar[str] = "one-step"
    card: ClassVar[str] = "Runge–Kutta of order 4 in short steps."
    source: ClassVar[str] = "Kutta 1901"
    aliases: ClassVar[tuple[str, ...]] = ()
    order: ClassVar[int] = 4
    evaluations: ClassVar[int] = 4
    memory: ClassVar[int] = 1

    def step(self, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, None]:
        here, sigma_next = state.here, ode.schedule.sigma(t_next)
        x = flow(ode.denoiser, here.plain, here.sigma, sigma_next, slope=here.noise)
        return ode.scaled(x, t_next), None
