"""Local truncation error: what one step misses from a true state, at every noise level.

    τ = x*(σ_i) − Φ(x(σ_{i−1}); σ_{i−1} → σ_i),    x(σ_{i−1}) ~ p(x; σ_{i−1})

Karras et al. 2022 (EDM), App. D.1 and Fig. 13.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..core.ode import Ode, Point
from ..core.schedules import EDM
from ..errors import UserError
from .error import rms

STRIDE = 0.15  # of the reference, in ln σ: with it RK4 is good to 1e-7 (analysis.error)
MEMORY = 3  # past evaluations that a multistep solver may look at

Flow = Callable[[Tensor, Tensor, Tensor], Tensor]


@torch.no_grad()
def local_truncation(
    denoiser,
    solver,
    clean: Tensor,
    sigmas: Tensor,
    schedule=EDM(),
    generator: torch.Generator | None = None,
    substeps: int | None = None,
    exact: Flow | None = None,
    watch: Callable[[], None] | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """(sigma, mean, std), each (N − 1,): the error of the step that arrives at each level, as RMS
    per coordinate, its mean and standard deviation over the samples.

    clean (n, *shape): clean samples; sigmas (N,): falling, all above 0; generator: on the CPU, for
    the noise, which is the same at every level, so that curves are smooth and grids compare.
    The truth is RK4; substeps = 200 takes Euler substeps uniform in σ instead, the protocol of the
    paper, and exact(x, σ, σ') a closed form, with x (B, *shape) and levels (B, 1, ...).
    A multistep solver gets its past along the true path, and UniPC is measured before it corrects.

    The truths of all steps are found together in one batch, the solver's own steps one by one.
    Raises UserError for a stochastic solver.
    """
    if solver.family == "stochastic":
        raise UserError(
            f"{solver.label} adds new noise in every step, so one step has no true "
            "answer; choose a deterministic solver."
        )
    if len(sigmas) < 2 or not bool((sigmas[1:] < sigmas[:-1]).all()) or float(sigmas[-1]) <= 0:
        raise UserError(
            "Local errors need at least two falling noise levels above 0; got "
            f"{[round(float(s), 6) for s in sigmas[:8]]}."
        )
    n, steps = len(clean), len(sigmas) - 1
    noise = torch.randn(clean.shape, generator=generator, dtype=torch.float64).to(clean)
    if exact is None:
        exact = lambda x, a, b: (
            _euler(denoiser, x, a, b, substeps, watch)
            if substeps
            else _rk4(denoiser, x, a, b, watch)
        )
    level = sigmas.to(clean)
    start = clean + level[:-1].reshape(-1, *[1] * clean.ndim) * noise  # (N − 1, n, *shape)

    def moved(states: Tensor, come: slice, go: slice) -> Tensor:
        """The states at the levels `come` taken along the flow to the levels `go`."""
        column = lambda s: level[s].repeat_interleave(n).reshape(-1, *[1] * (clean.ndim - 1))
        return exact(states.flatten(0, 1), column(come), column(go)).view_as(states)

    truth = moved(start, slice(0, steps), slice(1, steps + 1))
    back = [start]  # back[k][i]: the true state k levels before the start of step i + k
    for k in range(1, min(MEMORY, steps - 1) + 1 if solver.family == "multistep" else 1):
        back.append(moved(back[-1][1:], slice(1, steps - k + 1), slice(0, steps - k)))
    times, ode, errors = schedule.time(sigmas), Ode(denoiser, schedule), []
    ode.span = float(sigmas[0]), float(sigmas[-1])
    for i in range(steps):
        if watch is not None:
            watch()
        ode.left = steps - i + 1  # a run goes on to σ = 0
        past: list[Point] = []
        for k in range(min(i, len(back) - 1), -1, -1):
            t = times[i - k]
            past.append(ode.evaluate(schedule.scale(t) * back[k][i - k], t))
        arrived = solver.step(ode, past, times[i + 1]) / schedule.scale(times[i + 1])
        errors.append(rms(arrived - truth[i]))
    errors = torch.stack(errors)
    return sigmas[1:], errors.mean(1), errors.std(1, correction=0)


def _slope(denoiser, x: Tensor, sigma: Tensor) -> Tensor:
    return (x - denoiser(x, sigma.flatten())) / sigma


def _euler(denoiser, x, sigma, sigma_next, n: int, watch=None) -> Tensor:
    h = (sigma_next - sigma) / n
    for i in range(n):
        if watch is not None:
            watch()
        x = x + h * _slope(denoiser, x, sigma + i * h)
    return x


def _rk4(denoiser, x, sigma, sigma_next, watch=None) -> Tensor:
    """RK4 for dx/dσ where each sample has its own levels, in as many steps as the longest way
    needs, uniform in ln σ.
    """
    way = (sigma_next / sigma).log()
    n = max(1, math.ceil(float(way.abs().max()) / STRIDE))
    for i in range(n):
        if watch is not None:
            watch()
        a, b = sigma * (way * i / n).exp(), sigma * (way * (i + 1) / n).exp()
        h, middle = b - a, (a + b) / 2
        k1 = _slope(denoiser, x, a)
        k2 = _slope(denoiser, x + h / 2 * k1, middle)
        k3 = _slope(denoiser, x + h / 2 * k2, middle)
        x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + _slope(denoiser, x + h * k3, b))
    return x
