"""GITS: which levels to stop at, found on the teacher's paths; and a search on the error itself.

    cost(i → j): how far one Euler step from x_i lands from x_j, or from the chord of the path
    the K − 1 jumps of least Σ_m g^m cost, by dynamic programming

Chen et al. 2024, arXiv:2405.11326.
"""

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor

from ..analysis.error import rms
from ..analysis.reference import reference
from ..core import known
from ..core.sampling import Noise, sample
from ..core.solvers import IPNDM
from ..core.timesteps import Rho
from ..errors import UserError
from ..settings import param, setting

METRICS = (("dev", "distance to the chord"), ("l2", "L2"), ("l1", "L1"))
OTHER_SEEDS = 2**29  # where held-out paths begin
CLOSEST = 0.02  # in ln σ: levels no nearer than this
HELD_OUT = 256


@setting
class GITS:
    """How the levels are searched.  The defaults are those of the published code."""

    metric: str = param(
        "dev",
        label="Cost",
        choices=METRICS,
        help="what a jump of one Euler step "
        "costs: how much further from the chord it lands, or its distance",
    )
    coefficient: float = param(
        1.15,
        0.5,
        2.0,
        0.01,
        label="Coefficient",
        help="each later jump counts this much more than the one before",
    )
    fine: int = param(61, 16, 201, 1, label="Levels tried", help="of the teacher's grid")
    paths: int = param(
        256, 16, 2048, 1, label="Paths", log=True, help="over which costs are averaged"
    )
    seed: int = param(0, 0, 2**28, 1, label="Seed")


@torch.no_grad()
def teacher_paths(
    denoiser,
    sigma: Tensor,
    how: GITS,
    device="cpu",
    dtype=torch.float64,
    watch: Callable[[], None] | None = None,
) -> tuple[Tensor, Tensor]:
    """x and ε (T, B, *shape) at the fine levels σ (T,), by iPNDM of order 4."""
    noise = Noise(how.seed, how.paths, denoiser.shape, device, dtype).start
    tick = None if watch is None else lambda i, point: watch()
    made = sample(denoiser, noise, sigma, IPNDM(4), denoise=True, watch=tick)
    return made.x[:-1], made.noise


def jump_costs(sigma: Tensor, x: Tensor, slope: Tensor, metric: str = "dev") -> Tensor:
    """(T, T): the cost of an Euler step from level i to level j > i, mean over paths; ∞ elsewhere.

    l1, l2: the norm of x_i + (σ_j − σ_i) ε_i − x_j.  dev: its distance to the line through the
    path's ends less that of x_j; it can be negative.
    """
    x, slope = x.flatten(2), slope.flatten(2)
    T = len(sigma)
    cost = torch.full((T, T), math.inf, dtype=torch.float64)
    along = torch.nn.functional.normalize(x[-1] - x[0], dim=-1)

    def away(v: Tensor) -> Tensor:
        v = v - x[0]
        return (v - (v * along).sum(-1, keepdim=True) * along).norm(dim=-1)

    usual = away(x).mean(1)
    for i in range(T - 1):
        jump = (sigma[i + 1 :] - sigma[i]).to(x)[:, None, None]
        landed = x[i] + jump * slope[i]
        if metric == "dev":
            found = away(landed).mean(1) - usual[i + 1 :]
        else:
            found = (landed - x[i + 1 :]).norm(p=1 if metric == "l1" else 2, dim=-1).mean(1)
        cost[i, i + 1 :] = found.cpu().double()
    return cost


def shortest(cost: Tensor, steps: int, coefficient: float = 1.0) -> list[int]:
    """The indices 0 = i_0 < … < i_steps = T − 1 of least Σ_m g^m cost(i_m, i_{m+1}).

    V_1(i) = cost(i, T − 1),  V_k(j) = min_i cost(j, i) + g V_{k−1}(i).
    """
    T = len(cost)
    if not 1 <= steps <= T - 1:
        raise UserError(f"{steps} steps from {T} levels: 1 to {T - 1} work.")
    value, choices = cost[:, -1].clone(), []
    for _ in range(steps - 1):
        value, chosen = (cost + coefficient * value).min(1)
        choices.append(chosen)
    path = [0]
    for chosen in reversed(choices):
        path.append(int(chosen[path[-1]]))
    return [*path, T - 1]


def gits(
    denoiser,
    steps: int,
    sigma_max: float,
    sigma_min: float,
    how: GITS = GITS(),
    device="cpu",
    dtype=torch.float64,
    watch: Callable[[], None] | None = None,
) -> tuple[float, ...]:
    """The levels of `steps` steps from σ_max to σ_min, from a fine ρ = 7 grid.

    Raises UserError for more steps than the fine grid has.
    """
    sigma = Rho(7.0, sigma_max, sigma_min).sigmas(how.fine)
    if steps > how.fine - 1:
        raise UserError(
            f"{steps} steps from {how.fine} levels tried: use more levels, or at most "
            f"{how.fine - 1} steps."
        )
    cost = jump_costs(sigma, *teacher_paths(denoiser, sigma, how, device, dtype, watch), how.metric)
    return tuple(sigma[shortest(cost, steps, how.coefficient)].tolist())


def with_analytic(
    found: tuple[float, ...], error: Callable[[tuple[float, ...]], float], fine: int
) -> tuple[float, ...]:
    """One level more, between the first two: the step there costs nothing where the first
    evaluation is analytic.  Of the levels of a fine grid it is the one with the least error, as in
    the published code.
    """
    sigma = Rho(7.0, found[0], found[-1]).sigmas(fine).tolist()
    between = [s for s in sigma if found[1] * 1.001 < s < found[0] * 0.999]
    between = between or [math.sqrt(found[0] * found[1])]
    return min(((found[0], s, *found[1:]) for s in between), key=error)


@dataclasses.dataclass(frozen=True)
class Search:
    """How far a search is: the levels so far, their error on the seeds searched, how many lists
    were tried, and about which part of the search is done.
    """

    levels: tuple[float, ...]
    error: float
    tried: int
    part: float = 0.0


class EndError:
    """Mean end error of a solver over levels with the same ends, RMS per coordinate at σ_min.
    truth: where these paths end, from who has followed them before.
    """

    def __init__(
        self,
        denoiser,
        solver,
        sigma_max: float,
        sigma_min: float,
        seed: int,
        paths: int,
        schedule=None,
        afs: bool = False,
        device="cpu",
        dtype=torch.float64,
        watch: Callable[[], None] | None = None,
        truth: Tensor | None = None,
    ):
        self.denoiser, self.solver, self.afs, self.watch = denoiser, solver, afs, watch
        self.options = {} if schedule is None else {"schedule": schedule}
        self.noise = Noise(seed, paths, denoiser.shape, device, dtype).start
        start = self.noise * sigma_max
        if truth is None:
            truth = reference(denoiser, start, sigma_max, sigma_min, 65, watch).x[-1]
        self.truth = truth
        self.tried = 0

    def __call__(self, levels) -> float:
        """∞ where the run blows up."""
        return self.of(levels, self.solver)

    def of(self, levels, solver) -> float:
        """The error of any solver over any levels, as the network knows them."""
        error = self.summary(self.each(levels, solver))
        return error if math.isfinite(error) else math.inf

    def each(self, levels, solver=None) -> Tensor:
        """(B,): the end error of every path; not finite where it blew up."""
        if self.watch is not None:
            self.watch()
        self.tried += 1
        end = sample(
            self.denoiser,
            self.noise,
            known.nearest(self.denoiser, torch.tensor(levels, dtype=torch.float64)),
            self.solver if solver is None else solver,
            afs=self.afs,
            keep=0,
            **self.options,
        ).samples
        return rms(end - self.truth)

    def summary(self, errors: Tensor) -> float:
        """What (B,) end errors come to, the number that is made small."""
        return float(errors.mean())


def descend(
    error: Callable[[tuple[float, ...]], float],
    levels: tuple[float, ...],
    strides: tuple[float, ...] = (0.4, 0.2, 0.1, 0.05),
    rounds: int = 6,
    moved: Iterable[int] | None = None,
    often: bool = False,
) -> Iterator[Search]:
    """Coordinate descent on ln σ of the inner levels, one Search after each round; often: after
    each level.

    Each level in turn moves by ± a stride while that helps; a round without a gain goes on to the
    next stride.  The error never rises, and nothing is assumed of the solver.  moved: the indices
    of the levels that may move; all but the ends if not given.
    """
    best, tried = error(levels), 1
    log = [math.log(s) for s in levels]
    moved = list(range(1, len(log) - 1) if moved is None else moved)
    yield Search(tuple(levels), best, tried)
    for at, stride in enumerate(strides):
        for _ in range(rounds):
            before = best
            for k, i in enumerate(moved):
                for way in (stride, -stride):
                    while True:
                        there = log[i] + way
                        if not log[i + 1] + CLOSEST < there < log[i - 1] - CLOSEST:
                            break
                        trial = [*log[:i], there, *log[i + 1 :]]
                        found = error(_levels(trial, levels))
                        tried += 1
                        if not found < best:
                            break
                        best, log = found, trial
                if often:
                    part = (at + (k + 1) / len(moved)) / len(strides)
                    yield Search(_levels(log, levels), best, tried, part)
            yield Search(_levels(log, levels), best, tried, (at + 1) / len(strides))
            if best > before * (1 - 1e-3):
                break


def _levels(log: list[float], ends: tuple[float, ...]) -> tuple[float, ...]:
    return (ends[0], *(math.exp(v) for v in log[1:-1]), ends[-1])
