"""Errors against a reference solution, and which step makes them.

All in RMS per coordinate of the unscaled state, measured down to σ_min: the last Euler step to 0
returns the data exactly on point masses and would hide what came before.
"""

import dataclasses
import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, cast

import torch
from torch import Tensor

from ..core import loop
from ..core.churn import Churn
from ..core.ode import Corrects, Ode, Point, Solver, State, looks
from ..core.rows import mapped
from .flow import flow


def rms(x: Tensor) -> Tensor:
    """Root mean square over the coordinates of each sample: (..., B, *shape) -> (B,) of a batch."""
    return x.flatten(1).square().mean(1).sqrt()


@dataclasses.dataclass(frozen=True, eq=False)
class StepErrors:
    """What each step does, for the steps that end above 0.

    local (N, B): one step from the truth against the truth.  moved (N, B): how far the end of each
    path moves when the step is replaced by the true one.  end (B,): the error of each path.
    truth (N + 1, B, *shape): the exact states, with the same churn as the run.
    """

    local: Tensor
    moved: Tensor
    end: Tensor
    truth: Tensor

    @property
    def shares(self) -> Tensor:
        """(N, B): the part of the moves of each path that the step makes; 0 without error."""
        total = self.moved.sum(0)
        return self.moved / torch.where(total > 0, total, 1)

    @property
    def share(self) -> Tensor:
        """(N,) summing to 1: the mean of the paths' own shares, so that each counts once."""
        share = self.shares.mean(1)
        total = float(share.sum())
        return share / total if total > 0 else share

    @property
    def cancels(self) -> float:
        """How many times the end error the moves of a path add up to, the median over paths."""
        moved = self.moved.sum(0)[self.end > 0] / self.end[self.end > 0]
        return float(moved.quantile(0.5)) if len(moved) else 1.0


@torch.no_grad()
def step_errors(
    denoiser,
    solver,
    schedule,
    sigmas: Tensor,
    truth: Tensor,
    churn: Churn = Churn(),
    noise: Callable[[int], Tensor] | None = None,
    steps: int | None = None,
    afs: bool = False,
    runs: int = 32,
    watch: Callable[[], None] | None = None,
    end: Tensor | None = None,
    pure: Tensor | None = None,
) -> StepErrors:
    """Replace a step by the true one, and see how the end moves.

    Run i follows the truth through the first i steps and the solver from there on, so run 0 is the
    solver, run N the truth, and the differences of neighbours telescope to the end error: step i
    moves a path by ‖end_i − end_{i+1}‖.  All runs move together in one batch that grows by one
    block a step; a multistep solver finds the true past in its block.  With more than `runs` steps,
    neighbours form groups that divide their move by local error.

    sigmas (N + 1,) descending to σ_min; truth (N + 1, B, *shape) or, with churn, (1, B, *shape):
    then the exact flow between the steps, with the run's own noise, is integrated here.
    steps: of the whole run, for γ = S_churn/steps.  afs: the run began with the analytic step.
    end (B, *shape): of the solver's own run; then each step is made alone, and none followed.
    pure (B, *shape): where the first level stands for σ = ∞, the unit noise that the paths have.
    """
    n, ode = len(sigmas) - 1, Ode(denoiser, schedule, looks(solver))
    group = n if end is not None else math.ceil(n / runs)
    batch = _Runs(ode, solver, sigmas, truth, group, watch, end is not None, pure)
    followed = loop.steps(
        ode,
        batch,
        truth[:0].flatten(0, 1),
        schedule.time(sigmas),
        begin=batch.begin,
        observe=batch.observe,
        churn=churn,
        noise=None if noise is None else lambda i: batch.repeated(noise(i)),
        afs=afs,
        total=n if steps is None else steps,
        span=(float(sigmas[0]), float(sigmas[-1])),
        pure=pure is not None,
    )
    for point in followed:
        last = point.denoised  # at last of the end, the unscaled states
    ends = batch.ends(last) if end is None else [end, batch.path[-1]]
    return _found(batch, ends)


def _found(batch: "_Runs", ends: list[Tensor]) -> StepErrors:
    moved, local = torch.stack([rms(a - b) for a, b in pairwise(ends)]), torch.stack(batch.local)
    shared, off = _divided(moved, local, batch.group), rms(ends[0] - ends[-1])
    return StepErrors(local, shared, off, torch.stack(batch.path))


def _divided(moved: Tensor, local: Tensor, group: int) -> Tensor:
    """(N, B): how far each path moves by each group, divided by local error within it."""
    out = torch.zeros_like(local)
    for k, whole in enumerate(moved):
        part = local[k * group : (k + 1) * group]
        total = part.sum(0)
        part = torch.where(total > 0, part / torch.where(total > 0, total, 1), 1 / len(part))
        out[k * group : (k + 1) * group] = whole * part
    return out


class _Runs:
    """The growing batch: a solver and the two hooks of the loop.

    Its last rows are the run that starts now.  They stand on the truth with a true past, so they
    have nothing to correct; a start inside a group is a probe, measured and then dropped.
    """

    def __init__(
        self,
        ode: Ode,
        solver: Solver,
        sigmas: Tensor,
        truth: Tensor,
        group: int,
        watch: Callable[[], None] | None,
        alone: bool = False,
        pure: Tensor | None = None,
    ):
        self.ode, self.sigmas, self.truth, self.group, self.watch = ode, sigmas, truth, group, watch
        self.alone, self.pure = alone, pure
        self.size, self.solver = truth.shape[1], solver
        self.memory, self.step = solver.memory, solver.step
        if isinstance(solver, Corrects):
            self.correct = self._correct_others
        self.path, self.local = [truth[0]], list[Tensor]()
        self.blocks = 0
        self.newest: tuple[tuple[Point, ...], Any] = (), None  # the past and carry of the truth

    def begin(self, i: int, x: Tensor, past: tuple[Point, ...], carry: Any):
        if self.watch is not None:
            self.watch()
        if i == 0 and self.pure is not None:
            self.blocks = 1
            return self.pure, past, carry
        if i and self.alone:
            x, past, carry = self._rows((x, past, carry), slice(0))
        elif i and (i - 1) % self.group:
            x, past, carry = self._rows((x, past, carry), slice(-self.size))
        t = self.ode.schedule.time(self.sigmas[i])
        x = torch.cat([x, self.path[-1] * self.ode.schedule.scale(t)])
        self.blocks = len(x) // self.size
        if i:
            both = lambda v, w: torch.cat([v, w]) if v.ndim else v
            past, carry = mapped(both, (past, carry), self.newest)
        return x, past, carry

    def observe(self, i: int, state: State, x: Tensor, carry: Any) -> None:
        newest = slice(-self.size, None)
        at_infinity = i == 0 and self.pure is not None
        if len(self.truth) > 1:
            there = self.truth[i + 1]
        else:
            here = self._rows(state.here, newest)
            sigma, sigma_next = float(here.sigma), float(self.sigmas[i + 1])
            plain = self.path[0] if at_infinity else here.plain
            there = flow(self.ode.denoiser, plain, sigma, sigma_next)
        t_next = self.ode.schedule.time(self.sigmas[i + 1])
        self.path.append(there)
        self.local.append(rms(x[newest] / self.ode.schedule.scale(t_next) - there))
        kept = state.past[1 - self.memory :] if self.memory > 1 and not at_infinity else ()
        self.newest = self._rows((kept, carry), newest)

    def ends(self, last: Tensor) -> list[Tensor]:
        """Of all runs, the truth at last; last: where their batch is in the end."""
        runs = math.ceil(len(self.local) / self.group)
        return [*last.split(self.size)[:runs], self.path[-1]]

    def repeated(self, noise: Tensor) -> Tensor:
        """The same new noise for every run."""
        return noise[: self.size].repeat(self.blocks, *[1] * (noise.ndim - 1))

    def _correct_others(self, ode: Ode, state: State) -> Point:
        better, given = cast(Corrects, self.solver).correct(ode, state), state.here
        n = len(given.x) - self.size
        return mapped(lambda v, w: torch.cat([v[:n], w[n:]]) if v.ndim else v, better, given)

    @staticmethod
    def _rows(tree: Any, rows: slice) -> Any:
        return mapped(lambda v: v[rows] if v.ndim else v, tree)
