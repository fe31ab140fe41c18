"""The loop: begin -> churn -> evaluate -> correct -> yield -> step -> observe.

All that happens in every run stands here once.  EDM's Algorithm 1 is Heun in this loop, its
Algorithm 2 the same with `Churn`.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

from torch import Tensor

from . import infinity
from .churn import Churn, Restart
from .known import nearest
from .ode import Ode, Point, State, Stepper, corrector, draws

Past = tuple[Point, ...]
Begin = Callable[[int, Tensor, Past, Any], tuple[Tensor, Past, Any]]
Observe = Callable[[int, State, Tensor, Any], None]


def steps(
    ode: Ode,
    solver: Stepper,
    x: Tensor,
    times: Tensor,
    *,
    begin: Begin | None = None,
    observe: Observe | None = None,
    churn: Churn = Churn(),
    noise: Callable[[int], Tensor] | None = None,
    afs: bool = False,
    restart: Restart = Restart(),
    total: int | None = None,
    span: tuple[float, float] | None = None,
    pure: bool = False,
) -> Iterator[Point]:
    """Run the solver over `times` from the scaled state x, yielding each evaluated point, last the
    end.  Nothing is evaluated at the end: its `denoised` is its unscaled state.

    begin(i, x, past, carry) gives back what step i is to begin from, before churn; so a caller may
    put a run elsewhere, or let others join its batch.  observe(i, state, x, carry) sees what step i
    knew and where it came to.
    afs: the first evaluation is the analytic one.  total: steps of the whole run, where these are
    only its beginning.  span: its first and last level above 0, found from `times` if not given.
    Step i takes noise i; where churn and the solver both want some, 2i and 2i + 1; a solver that
    wants several has a row of them in each step.

    New noise of churn or a restart ends the history: what was evaluated before lies on another
    path, and a difference of the two, divided by a short step, is noise blown up.
    Stop iterating to cancel.
    """
    n = len(times) - 1
    total = n if total is None else total
    span = span or _span(ode, times)
    back = restart.place(ode.schedule.sigma(times)) if restart.repeats else None
    churned, each = churn.s_churn > 0, draws(solver)
    row = max(1, churned + each)
    correct, kept = corrector(solver), 1 - solver.memory
    past: Past = ()
    carry = None
    for i, (here, there) in enumerate(pairwise(times.unbind())):
        if i == back:
            x, past, carry = _restarted(restart, ode, solver, x, here, noise, span), (), None
        if begin is not None:
            x, past, carry = begin(i, x, past, carry)
        if pure and i == 0:
            state = State((infinity.first_point(ode, x, here, afs),), total, span)
            yield state.here
            x = infinity.first_step(ode, solver, state, x, there)
            if observe is not None:
                observe(i, state, x, None)
            continue
        draw = None if noise is None else partial(_nth, noise, row * i)
        x, t = churn(ode.schedule, x, here, total, draw, ode.nearest)
        if t is not here:
            past, carry = (), None
        point = ode.analytic(x, t) if afs and i == 0 else ode.evaluate(x, t)
        if churned and each and noise is not None:
            draw = partial(_nth, noise, row * i + 1)
        state = State((*past, point), total - i, span, draw, carry)
        if correct is not None and past:
            point = correct(ode, state)
            state = State((*past, point), total - i, span, draw, carry)
        yield point
        x, carry = solver.step(ode, state, there)
        past = state.past[kept:] if kept else ()
        if observe is not None:
            observe(i, state, x, carry)
    if back == n:
        x = _restarted(restart, ode, solver, x, there, noise, span)
    yield ode.end(x, there)


def _nth(noise: Callable[[int], Tensor], first: int, k: int = 0) -> Tensor:
    return noise(first + k)


def _span(ode: Ode, times: Tensor) -> tuple[float, float]:
    levels = ode.schedule.sigma(times).tolist()
    return levels[0], levels[-1] or levels[-2]


def _restarted(
    restart: Restart,
    ode: Ode,
    solver: Stepper,
    x: Tensor,
    t: Tensor,
    noise: Callable[[int], Tensor] | None,
    span: tuple[float, float],
) -> Tensor:
    """The state at t after all rounds; they take their noises from the end, at −1, −2, …"""
    assert noise is not None
    sigma = ode.schedule.sigma(t)
    levels = nearest(ode.denoiser, restart.levels(float(sigma)).to(sigma))
    if len(levels) < 2:  # a network of discrete levels knows none between
        return x
    times = ode.schedule.time(levels)
    times[-1] = t
    for k in range(restart.repeats):
        first = -1 - k * (restart.inner * max(1, draws(solver)) + 1)
        up = (levels[0] ** 2 - sigma**2).sqrt() * noise(first)
        x = ode.scaled(ode.plain(x, t) + up, times[0])
        draw = lambda i, first=first: noise(first - 1 - i)
        for point in steps(ode, solver, x, times, noise=draw, span=span):
            x = point.x
    return x
