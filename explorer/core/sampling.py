"""The loop: churn -> evaluate -> yield -> step, and the record of a run.

Everything that belongs to every solver lives here once: the grid, churn, the step to zero, the
final denoise, recording, counting, cancelling.  EDM's Algorithm 1 is Heun in this loop, its
Algorithm 2 the same with `Churn`.
"""

import dataclasses
import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor

from ..errors import UserError
from ..settings import param, setting
from .denoisers import Denoiser
from .ode import Ode, Point, Solver, unscaled
from .schedules import EDM


@setting
class Churn:
    """New noise before a step: raise σ to σ̂ = σ(1 + γ), γ = min(S_churn/N, √2 − 1) where
    S_tmin ≤ σ ≤ S_tmax, by adding √(σ̂² − σ²) S_noise times unit noise.

    The cap keeps the added variance below what is there.  Karras et al. 2022, Algorithm 2.
    """

    s_churn: float = param(
        0.0,
        0,
        200,
        0.5,
        label="S_churn",
        help="how much old noise is replaced, summed over the steps",
    )
    s_tmin: float = param(
        0.05, 0, 100, label="S_tmin", log=True, help="no new noise below this level"
    )
    s_tmax: float = param(
        1.0, 0, 1e9, label="S_tmax", log=True, help="no new noise above this level"
    )
    s_noise: float = param(
        1.007,
        0.9,
        1.1,
        0.001,
        label="S_noise",
        help="size of the new noise; a little over 1 makes up for lost detail",
    )

    CAP: ClassVar[float] = math.sqrt(2) - 1

    def check(self):
        if self.s_tmin > self.s_tmax:
            raise UserError(
                f"S_tmin = {self.s_tmin:g} lies above S_tmax = {self.s_tmax:g}, so no "
                "step would get noise; swap them."
            )

    def gamma(self, sigma: float, steps: int) -> float:
        """γ at noise level σ when the run has this many steps."""
        if not (self.s_churn > 0 and self.s_tmin <= sigma <= self.s_tmax):
            return 0.0
        return min(self.s_churn / steps, self.CAP)

    def __call__(self, schedule, x: Tensor, t: Tensor, steps: int, noise: Callable[[], Tensor]):
        """(x̂, t̂): the state with new noise and its time.  `noise` is asked only if γ > 0."""
        if self.s_churn == 0:
            return x, t
        sigma = schedule.sigma(t)
        gamma = self.gamma(float(sigma), steps)
        if gamma == 0:
            return x, t
        raised = sigma * (1 + gamma)
        t_hat = schedule.time(raised)
        ratio = schedule.scale(t_hat) / schedule.scale(t)
        size = (raised**2 - sigma**2).sqrt() * schedule.scale(t_hat) * self.s_noise
        return ratio * x + size * noise(), t_hat


@setting
class Restart:
    """Once the run has come down to S_low, K times: noise back up to S_high and down again.

    The first level at or below S_low is the place; each of the K rounds adds
    √(S_high² − σ²) unit noise and takes `inner` steps of a ρ = 7 grid back to σ.
    Xu et al. 2023, arXiv:2306.14878, Algorithm 1.
    """

    repeats: int = param(
        0, 0, 20, 1, label="Restarts", help="rounds of noise and denoising; 0: off"
    )
    inner: int = param(4, 2, 40, 1, label="Steps each", help="solver steps in each round")
    low: float = param(0.1, 0.005, 10, label="From σ", log=True, help="where the rounds begin")
    high: float = param(1.0, 0.01, 80, label="Up to σ", log=True, help="how much noise comes back")

    def check(self):
        if self.repeats and self.low >= self.high:
            raise UserError(
                f"A restart goes up: from σ = {self.low:g} to {self.high:g} it would "
                "not; swap them."
            )

    def place(self, sigmas: Tensor) -> int | None:
        """Index of the level at which the rounds take place, or None."""
        below = [i for i, s in enumerate(sigmas.tolist()) if 0 < s <= self.low]
        return below[0] if self.repeats and below else None

    def __call__(
        self, ode: Ode, solver: Solver, x: Tensor, t: Tensor, noise: Callable[[int], Tensor]
    ) -> Tensor:
        """The state at t after all rounds."""
        s, sigma = ode.schedule, ode.schedule.sigma(t)
        ramp = torch.arange(self.inner + 1, dtype=torch.float64) / self.inner
        levels = (
            self.high ** (1 / 7) + ramp * (float(sigma) ** (1 / 7) - self.high ** (1 / 7))
        ) ** 7
        times = s.time(levels.to(sigma))
        times[-1] = t
        for k in range(self.repeats):
            first = -1 - k * (self.inner + 1)
            up = (levels[0] ** 2 - sigma**2).sqrt() * noise(first)
            x = ode.scaled(ode.plain(x, t) + up, times[0])
            inside = steps(ode, solver, x, times, noise=lambda i, first=first: noise(first - 1 - i))
            for point in inside:
                x = point.x
        return x

    def draws(self) -> int:
        """How many noises the rounds may ask for: −1, −2, … of `noise`."""
        return self.repeats * (self.inner + 1)


SMALL = 2**17  # numbers of a start that is remembered


def _generators(seed: int, count: int) -> list[torch.Generator]:
    # an odd multiplier spreads the seeds over 32 bits, which is all that the CPU generator uses
    return [torch.Generator().manual_seed((seed * 0x9E3779B1 + k) % 2**32) for k in range(count)]


@lru_cache(maxsize=16)
def _starts(seed: int, count: int, shape: tuple[int, ...]) -> Tensor:
    """(count, *shape), not to be written to."""
    return torch.stack(
        [torch.randn(shape, generator=g, dtype=torch.float64) for g in _generators(seed, count)]
    )


class Noise:
    """Unit normal numbers in which each sample owns its generator.

    Sample k sees the same numbers whatever the size of the batch, its device and the number of
    steps: the first 4 of a batch of 16 are the batch of 4, bit for bit.
    """

    BLOCK = 16  # steps drawn at a time, fixed, so that the stream does not depend on N

    def __init__(
        self, seed: int, count: int, shape: tuple[int, ...], device="cpu", dtype=torch.float64
    ):
        self._seed, self._count, self._shape = seed, count, tuple(shape)
        self._device, self._dtype = device, dtype
        self._generators: list[torch.Generator] = []
        self._blocks: dict[int, Tensor] = {}
        self._drawn = 0
        self._second: Noise | None = None
        self._make_second = lambda: Noise(seed + 2**31, count, shape, device, dtype)
        draws = _starts if count * math.prod(shape) <= SMALL else _starts.__wrapped__
        self.start = draws(seed, count, self._shape).to(device, dtype)

    def _draw(self, lead: tuple[int, ...]) -> Tensor:
        if not self._generators:  # made only now, since most runs need no more than their start
            self._generators = _generators(self._seed, self._count)
            for g in self._generators:
                torch.randn(self._shape, generator=g, dtype=torch.float64)
        rows = [
            torch.randn(lead + self._shape, generator=g, dtype=torch.float64)
            for g in self._generators
        ]
        return torch.stack(rows, len(lead)).to(self._device, self._dtype)

    def __call__(self, i: int) -> Tensor:
        """The noise of step i, (count, *shape).  Steps are asked in rising order.

        −1, −2, … are a second stream, in that order, which restarts use.
        """
        if i < 0:
            self._second = self._second or self._make_second()
            return self._second(-1 - i)
        block = i // self.BLOCK
        while self._drawn <= block:
            self._blocks = {self._drawn: self._draw((self.BLOCK,))}  # only the newest is kept
            self._drawn += 1
        return self._blocks[block][i % self.BLOCK]


def makes_noise(solver: Solver) -> bool:
    """Whether its steps ask for new noise: those of stochastic solvers, unless η = 0."""
    return getattr(solver, "eta", 0) > 0


def steps(
    ode: Ode,
    solver: Solver,
    x: Tensor,
    times: Tensor,
    churn: Churn = Churn(),
    noise: Callable[[int], Tensor] | None = None,
    arrived: list | None = None,
    afs: bool = False,
    restart: Restart = Restart(),
) -> Iterator[Point]:
    """Run the solver over `times`, yielding each evaluated point and last the end.

    The end's `denoised` is its unscaled state, for nothing is evaluated there.  `arrived` collects
    the states before churn raised their noise.  afs: the first evaluation is the analytic one.
    A solver with a `correct(ode, past)` may replace a point by a better one, knowing the evaluation
    made there.  New noise of churn or a restart ends the history: what was evaluated before lies on
    another path, and a difference of the two, divided by a short step, is noise blown up.  Step i
    takes noise i; where churn and the solver both want some, 2i and 2i + 1.  Stop iterating to
    cancel.
    """
    past: list[Point] = []
    n = len(times) - 1
    back = restart.place(ode.schedule.sigma(times)) if restart.repeats else None
    both = churn.s_churn > 0 and makes_noise(solver)
    for i, (here, there) in enumerate(pairwise(times.unbind())):
        if i == back:
            x = restart(ode, solver, x, here, noise)
            past = []
        if arrived is not None:
            arrived.append(x)
        ode.left, ode.noise = n - i, lambda: noise(2 * i + 1 if both else i)
        x, t = churn(ode.schedule, x, here, n, lambda: noise(2 * i if both else i))
        if t is not here:
            past = []
        past = [*past[-3:], ode.analytic(x, t) if afs and i == 0 else ode.evaluate(x, t)]
        if len(past) > 1 and hasattr(solver, "correct"):
            past[-1] = solver.correct(ode, past)
        yield past[-1]
        x = solver.step(ode, past, there)
    if back == n:
        x = restart(ode, solver, x, there, noise)
    yield ode.end(x, there)


@dataclasses.dataclass(frozen=True, eq=False)
class Trajectory:
    """What a run leaves behind.  States are unscaled, x̂ = x/s(t); paths hold the first K samples.

    t, sigma (N + 1,); sigma_hat (N,), the level after churn; x (N + 1, K, *shape);
    x_hat (N, K, *shape), where D was evaluated (UniPC: that is x, and x_hat the corrected state);
    denoised (N, K, *shape); samples (B, *shape).
    `evaluated` is the noise level of every evaluation in order, `nfe` their number.
    """

    t: Tensor
    sigma: Tensor
    sigma_hat: Tensor
    x: Tensor
    x_hat: Tensor
    denoised: Tensor
    samples: Tensor
    evaluated: Tensor

    @property
    def nfe(self) -> int:
        return len(self.evaluated)

    @property
    def noise(self) -> Tensor:
        """ε = (x̂ − D)/σ̂ at each evaluated point, (N, K, *shape)."""
        sigma = self.sigma_hat.reshape(-1, *[1] * (self.x_hat.ndim - 1)).to(self.x_hat)
        return (self.x_hat - self.denoised) / sigma


@torch.no_grad()
def sample(
    denoiser: Denoiser,
    noise: Tensor,
    sigmas: Tensor,
    solver: Solver,
    schedule=EDM(),
    churn: Churn = Churn(),
    noises=None,
    *,
    afs: bool = False,
    restart: Restart = Restart(),
    denoise: bool = False,
    keep: int | None = None,
    watch: Callable[[int, Point], None] | None = None,
) -> Trajectory:
    """Sample by integrating from noise to data.

    noise (B, *shape): unit normal, on the device to run on; its dtype is that of the state
    (float64, unless the device has none).  sigmas (N + 1,): descending, ending at 0 or at σ_min.
    noises: (N, B, *shape) or a function of the step, the unit noise of churn or of a stochastic
    solver (both: 2N of them); restarts take theirs from the end, at −1, −2, …
    afs: the analytic first step, which saves one evaluation.
    denoise: where the grid ends above 0, add one evaluation and return D there.
    keep: record the paths of this many samples (default: all).  watch(i, point): called at
    each step; raise Cancelled in it to stop.
    """
    sigmas = torch.as_tensor(sigmas, dtype=noise.dtype).cpu()
    levels = sigmas.tolist()
    if len(levels) < 2 or not all(a > b for a, b in pairwise(levels)) or levels[-1] < 0:
        raise UserError(
            f"sigmas must fall from σ_max to σ_min or 0; got {[round(s, 6) for s in levels[:8]]}."
        )
    n = len(levels) - 1
    _check_random(noises, levels, solver, churn, restart)
    draw = noises if callable(noises) or noises is None else noises.__getitem__
    times = schedule.time(sigmas)  # 0-d times stay on the CPU: no launch, no synchronisation
    ode = Ode(denoiser, schedule, solver)
    ode.span = levels[0], levels[-1] or levels[-2]
    first = _first(noise, keep)
    arrived: list[Tensor] = []
    hats, answers, raised = [], [], []
    x = ode.scaled(noise * sigmas[0], times[0])
    for i, point in enumerate(steps(ode, solver, x, times, churn, draw, arrived, afs, restart)):
        if i == n:
            break
        if watch is not None:
            watch(i, point)
        arrived[i] = first(arrived[i])
        hats.append(unscaled(first(point.x), point.scale))
        answers.append(first(point.denoised))
        raised.append(point.sigma)
    samples = point.denoised
    paths = [ode.plain(v, t) for v, t in zip(arrived, times)] + [first(samples)]
    if denoise and levels[-1] > 0:
        last = ode.evaluate(point.x, point.t)
        samples = last.denoised
        times, sigmas = (torch.cat([v, v.new_zeros(1)]) for v in (times, sigmas))
        hats.append(paths[-1])
        paths.append(first(samples))
        answers.append(paths[-1])
        raised.append(last.sigma)
    return Trajectory(
        times,
        sigmas,
        torch.stack(raised),
        torch.stack(paths),
        torch.stack(hats),
        torch.stack(answers),
        samples,
        torch.stack(ode.evaluated),
    )


def _first(noise: Tensor, keep: int | None) -> Callable[[Tensor], Tensor]:
    """The first samples of a batch like the noise, without a view of the others."""
    if keep is None or keep >= len(noise):
        return lambda v: v
    nothing = noise[:0].clone()
    return (lambda v: v[:keep].clone()) if keep else (lambda v: nothing)


def _check_random(noises, sigmas: list[float], solver: Solver, churn: Churn, restart: Restart):
    """Raises UserError where restarts have no place, or the new noise that is wanted is missing."""
    if restart.repeats and restart.place(torch.tensor(sigmas)) is None:
        raise UserError(
            f"Restarts begin at the first level at or below σ = {restart.low:g}, and "
            f"these end at {sigmas[-1] or sigmas[-2]:g}; go further down, or begin "
            "them higher."
        )
    who = (
        [f"S_churn = {churn.s_churn:g}"] * (churn.s_churn > 0)
        + [f"{restart.repeats} restarts of {restart.inner} steps"] * (restart.repeats > 0)
        + [type(solver).__name__] * makes_noise(solver)
    )
    each = (churn.s_churn > 0) + makes_noise(solver)
    rows = (len(sigmas) - 1) * max(1, each) + restart.draws()
    if who and noises is None:
        raise UserError(f"{who[0]} needs the noise of each step (noises=...).")
    if who and not callable(noises) and len(noises) < rows:
        raise UserError(f"{' and '.join(who)} need {rows} noises; got {len(noises)}.")
