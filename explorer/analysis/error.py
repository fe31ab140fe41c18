"""Errors against a reference solution, and which step makes them.

All in RMS per coordinate of the unscaled state, measured down to σ_min: the last Euler step to 0
returns the data exactly on point masses and would hide what came before.
"""

import dataclasses
import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from ..core.sampling import Churn, Ode, Point


def rms(x: Tensor) -> Tensor:
    """Root mean square over the coordinates of each sample: (..., B, *shape) -> (B,) of a batch."""
    return x.flatten(1).square().mean(1).sqrt()


def _column(sigma: Tensor, x: Tensor) -> Tensor:
    return sigma.to(x).reshape(-1, *[1] * (x.ndim - 1))


def _slope(denoiser, x: Tensor, sigma: Tensor) -> Tensor:
    return (x - denoiser(x, sigma)) / sigma


def flow_step(denoiser, x: Tensor, sigma: Tensor, sigma_next: Tensor, slope=None) -> Tensor:
    """One step of classical RK4 for dx/dσ = (x − D(x; σ))/σ, EDM's frame (Eq. 1 with σ = t).

    Exact wherever D stands still, at large and at small σ, so its error sits where paths bend.
    """
    h, middle = sigma_next - sigma, (sigma + sigma_next) / 2
    k1 = _slope(denoiser, x, sigma) if slope is None else slope
    k2 = _slope(denoiser, x + h / 2 * k1, middle)
    k3 = _slope(denoiser, x + h / 2 * k2, middle)
    k4 = _slope(denoiser, x + h * k3, sigma_next)
    return x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def flow(denoiser, x: Tensor, sigma: float, sigma_next: float, stride: float = 0.15) -> Tensor:
    """The exact flow from one level to another in RK4 steps of at most `stride` in ln σ."""
    n = max(1, math.ceil(abs(math.log(sigma / sigma_next)) / stride))
    levels = torch.linspace(math.log(sigma), math.log(sigma_next), n + 1, dtype=torch.float64).exp()
    for a, b in pairwise(levels):
        x = flow_step(denoiser, x, a, b)
    return x


@dataclasses.dataclass(frozen=True, eq=False)
class Reference:
    """Fine paths from the same starts: sigma (T,), x and denoised (T, B, *shape), unscaled."""

    sigma: Tensor
    x: Tensor
    denoised: Tensor

    @torch.no_grad()
    def at(self, sigmas: Tensor, count: int | None = None) -> Tensor:
        """The states at any levels in range, (N, count, *shape): cubic Hermite in σ between nodes.

        The slopes (x − D)/σ are known, so nothing is evaluated, and the error stays at that of the
        nodes.
        """
        count = self.x.shape[1] if count is None else min(count, self.x.shape[1])
        sigmas = sigmas.clamp(self.sigma[-1], self.sigma[0])
        node = torch.searchsorted(-self.sigma, -sigmas, right=True) - 1
        node = node.clamp(0, len(self.sigma) - 2)
        a, b = self.sigma[node], self.sigma[node + 1]
        u, h = _column((sigmas - a) / (b - a), self.x), _column(b - a, self.x)
        start, end = self.x[node, :count], self.x[node + 1, :count]
        slope = (start - self.denoised[node, :count]) / _column(a, self.x)
        slope_end = (end - self.denoised[node + 1, :count]) / _column(b, self.x)
        return ((1 + 2 * u) * start + u * h * slope) * (1 - u) ** 2 \
            + ((3 - 2 * u) * end - (1 - u) * h * slope_end) * u**2


@torch.no_grad()
def reference(denoiser, start: Tensor, sigma_max: float, sigma_min: float, points: int = 97,
              watch: Callable[[], None] | None = None) -> Reference:
    """Follow the probability-flow ODE from `start` (B, *shape) at σ_max by RK4, uniform in ln σ.

    With 97 points over EDM's range the end agrees with an adaptive method of order 8 to 1e-6.
    """
    ends = torch.tensor([sigma_max, sigma_min], dtype=torch.float64).log()
    sigma = torch.linspace(ends[0], ends[1], points, dtype=torch.float64).exp()
    xs, answers, x = [], [], start
    for i, here in enumerate(sigma):
        if watch is not None:
            watch()
        xs.append(x)
        answers.append(denoiser(x, here))
        if i + 1 < points:
            x = flow_step(denoiser, x, here, sigma[i + 1], (x - answers[-1]) / here)
    return Reference(sigma, torch.stack(xs), torch.stack(answers))


@dataclasses.dataclass(frozen=True, eq=False)
class StepErrors:
    """What each step does, for the steps that end above 0.

    local (N, B): one step from the truth against the truth.  share (N,): the part of the end error
    that the step causes, summing to 1.  truth (N + 1, B, *shape): the exact states, with the same
    churn as the run.
    """

    local: Tensor
    share: Tensor
    truth: Tensor


@torch.no_grad()
def step_errors(denoiser, solver, schedule, sigmas: Tensor, truth: Tensor, churn: Churn = Churn(),
                noise: Callable[[int], Tensor] | None = None, steps: int | None = None,
                afs: bool = False, runs: int = 32, watch: Callable[[], None] | None = None) -> StepErrors:
    """Replace a step by the true one, and see how the end moves.

    Run i follows the truth through the first i steps and the solver from there on, so run 0 is the
    solver, run N the truth, and the differences of neighbours telescope to the end error: the share
    of step i is E‖end_i − end_{i+1}‖ over the sum.  All runs move together in one batch that grows
    by one block a step; a multistep solver finds the true past in its block.  With more than `runs`
    steps, neighbours form groups that divide their share by local error.

    sigmas (N + 1,) descending to σ_min; truth (N + 1, B, *shape) or, with churn, (1, B, *shape):
    then the exact flow between the steps, with the run's own noise, is integrated here.
    steps: of the whole run, for γ = S_churn/steps.  afs: the run began with the analytic step.
    """
    n = len(sigmas) - 1
    steps = n if steps is None else steps
    times, ode = schedule.time(sigmas), Ode(denoiser, schedule)
    ode.span = float(sigmas[0]), float(sigmas[-1])
    size = truth.shape[1]
    group = math.ceil(n / runs)
    here, path, local = truth[0], [truth[0]], []
    batch = truth[:0].flatten(0, 1)
    past: list[Point] = []  # of the runs that are under way
    true_past: list[Point] = []  # of the run that starts now: it comes along the truth
    for i in range(n):
        if watch is not None:
            watch()
        batch = torch.cat([batch, here * schedule.scale(times[i])])
        blocks = len(batch) // size
        x, t = churn(schedule, batch, times[i], steps,
                     lambda: noise(i)[:size].repeat(blocks, *[1] * (here.ndim - 1)))
        ode.left = steps - i
        point = ode.analytic(x, t) if afs and i == 0 else ode.evaluate(x, t)
        joined = [*map(_join, past, true_past), point]
        if i and hasattr(solver, "correct") and not churn.s_churn:  # all but the newcomer
            joined[-1] = _join(_rows(solver.correct(ode, joined), slice(len(x) - size)),
                               _rows(point, slice(len(x) - size, None)))
        batch = solver.step(ode, joined, times[i + 1])
        if len(truth) > 1:
            here = truth[i + 1]
        else:
            start = x[-size:] / point.scale
            here = flow(denoiser, start, float(point.sigma), float(sigmas[i + 1]))
        path.append(here)
        local.append(rms(batch[-size:] / schedule.scale(times[i + 1]) - here))
        true_past = [*true_past, _rows(point, slice(-size, None))][-3:]
        if i % group:  # a probe inside a group: measured, then dropped
            batch = batch[:-size]
            joined = [_rows(p, slice(len(batch))) for p in joined]
        past = joined[-3:]
    local = torch.stack(local)
    ends = (batch / schedule.scale(times[n])).split(size)
    starts = list(range(0, n, group))
    ends = [*ends[:len(starts)], path[-1]]
    moved = torch.stack([rms(a - b).mean() for a, b in pairwise(ends)])
    share = torch.zeros(n, dtype=local.dtype, device=local.device)
    for k, first in enumerate(starts):
        part = local[first:first + group].mean(1)
        part = part / part.sum() if float(part.sum()) > 0 else torch.full_like(part, 1 / len(part))
        share[first:first + group] = moved[k] * part
    total = float(share.sum())
    return StepErrors(local, share / total if total > 0 else share, torch.stack(path))


def _rows(p: Point, rows: slice) -> Point:
    cut = lambda v: v[rows] if v.ndim else v
    return dataclasses.replace(p, t=cut(p.t), sigma=cut(p.sigma), scale=cut(p.scale),
                               x=p.x[rows], denoised=p.denoised[rows])


def _join(p: Point, q: Point) -> Point:
    both = lambda v, w: torch.cat([v, w]) if v.ndim else v
    return Point(both(p.t, q.t), both(p.sigma, q.sigma), both(p.scale, q.scale),
                 torch.cat([p.x, q.x]), torch.cat([p.denoised, q.denoised]))
