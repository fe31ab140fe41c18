"""Local truncation error: what one step misses from a true state, at every noise level.

    τ = x*(σ_i) − Φ(x(σ_{i−1}); σ_{i−1} → σ_i),    x(σ_{i−1}) ~ p(x; σ_{i−1})

Karras et al. 2022 (EDM), App. D.1 and Fig. 13.
"""

from collections import deque
from collections.abc import Callable

import torch
from torch import Tensor

from ..core import loop
from ..core.ode import Ode, State, looks, makes_noise
from ..core.schedules import EDM
from ..errors import UserError
from .error import rms
from .flow import flow, slope_at

STRIDE = 0.15  # of the reference, in ln σ: with it RK4 is good to 1e-7 (analysis.error)

Exact = Callable[[Tensor, Tensor, Tensor], Tensor]


@torch.no_grad()
def local_truncation(
    denoiser,
    solver,
    clean: Tensor,
    sigmas: Tensor,
    schedule=EDM(),
    generator: torch.Generator | None = None,
    substeps: int | None = None,
    exact: Exact | None = None,
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
    to, each = truncations(
        denoiser, solver, clean, sigmas, schedule, generator, substeps, exact, watch
    )
    return to, each.mean(1), each.std(1, correction=0)


@torch.no_grad()
def truncations(
    denoiser,
    solver,
    clean: Tensor,
    sigmas: Tensor,
    schedule=EDM(),
    generator: torch.Generator | None = None,
    substeps: int | None = None,
    exact: Exact | None = None,
    watch: Callable[[], None] | None = None,
) -> tuple[Tensor, Tensor]:
    """(sigma (N − 1,), errors (N − 1, n)): of every sample; see `local_truncation`."""
    _check(solver, sigmas)
    steps = len(sigmas) - 1
    noise = torch.randn(clean.shape, generator=generator, dtype=torch.float64).to(clean)
    if exact is None:
        exact = lambda x, a, b: (
            _euler(denoiser, x, a, b, substeps, watch)
            if substeps
            else flow(denoiser, x, a, b, STRIDE, watch=watch)
        )
    back, truth = _true_states(exact, clean, noise, sigmas.to(clean), solver.memory)
    times, errors = schedule.time(sigmas), []
    ode = Ode(denoiser, schedule, looks(solver))

    def begin(i: int, x: Tensor, past, carry):
        if watch is not None:
            watch()
        true = [
            ode.evaluate(schedule.scale(times[i - k]) * back[k][i - k], times[i - k])
            for k in range(min(i, len(back) - 1), 0, -1)
        ]
        return schedule.scale(times[i]) * back[0][i], tuple(true), None

    def observe(i: int, state: State, x: Tensor, carry) -> None:
        errors.append(rms(x / schedule.scale(times[i + 1]) - truth[i]))

    whole = loop.steps(  # a run goes on to σ = 0
        ode, solver, clean, times, begin=begin, observe=observe, total=steps + 1
    )
    deque(whole, maxlen=0)
    return sigmas[1:], torch.stack(errors)


def _check(solver, sigmas: Tensor) -> None:
    if makes_noise(solver):
        raise UserError(
            f"{solver.label} adds new noise in every step, so one step has no true "
            "answer; choose a deterministic solver."
        )
    if len(sigmas) < 2 or not bool((sigmas[1:] < sigmas[:-1]).all()) or float(sigmas[-1]) <= 0:
        raise UserError(
            "Local errors need at least two falling noise levels above 0; got "
            f"{[round(float(s), 6) for s in sigmas[:8]]}."
        )


def _true_states(
    exact: Exact, clean: Tensor, noise: Tensor, level: Tensor, memory: int
) -> tuple[list[Tensor], Tensor]:
    """Where steps begin with their past, and where they end: back[k][i] is the true state k levels
    before the start of step i + k, truth[i] the one that step i should reach.
    """
    n, steps = len(clean), len(level) - 1
    start = clean + level[:-1].reshape(-1, *[1] * clean.ndim) * noise  # (N − 1, n, *shape)

    def moved(states: Tensor, come: slice, go: slice) -> Tensor:
        """The states at the levels `come` taken along the flow to the levels `go`."""
        column = lambda s: level[s].repeat_interleave(n).reshape(-1, *[1] * (clean.ndim - 1))
        return exact(states.flatten(0, 1), column(come), column(go)).view_as(states)

    truth = moved(start, slice(0, steps), slice(1, steps + 1))
    back = [start]
    for k in range(1, min(memory, steps)):
        back.append(moved(back[-1][1:], slice(1, steps - k + 1), slice(0, steps - k)))
    return back, truth


def _euler(denoiser, x, sigma, sigma_next, n: int, watch=None) -> Tensor:
    h = (sigma_next - sigma) / n
    for i in range(n):
        if watch is not None:
            watch()
        x = x + h * slope_at(denoiser, x, sigma + i * h)
    return x
