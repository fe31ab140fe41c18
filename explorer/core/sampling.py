"""One run from noise to data, and the record that it leaves."""

import dataclasses
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from ..errors import UserError
from . import infinity, written
from .attempts import Tried
from .churn import Churn, Restart
from .denoisers import Denoiser
from .guidance import more
from .loop import Past, steps
from .noise import Noise
from .ode import Ode, Point, Stepper, adapts, draws, looks, makes_noise, unscaled
from .schedules import EDM

__all__ = ["Churn", "Noise", "Restart", "Trajectory", "makes_noise", "sample", "steps"]


@dataclasses.dataclass(frozen=True, eq=False)
class Trajectory:
    """What a run leaves behind.  States are unscaled, x̂ = x/s(t); paths hold the first K samples.

    t, sigma (N + 1,); sigma_hat (N,), the level after churn; x (N + 1, K, *shape);
    x_hat (N, K, *shape), where D was evaluated (UniPC: that is x, and x_hat the corrected state);
    denoised (N, K, *shape); samples (B, *shape).
    `evaluated` is the noise level of every evaluation in order, `nfe` their number.  With adaptive
    steps, which `tried` tells, samples ask at levels of their own: `evaluated` has the mean level
    of each call, and `nfe` is what the sample with most of them took.
    pure: the first level stands for σ = ∞, and what is held there is a point of the straight line
    that the first step goes along (`infinity`).
    """

    t: Tensor
    sigma: Tensor
    sigma_hat: Tensor
    x: Tensor
    x_hat: Tensor
    denoised: Tensor
    samples: Tensor
    evaluated: Tensor
    pure: bool = False
    tried: Tried | None = None

    @property
    def nfe(self) -> int:
        return len(self.evaluated) if self.tried is None else self.tried.nfe

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
    solver: Stepper,
    schedule=EDM(),
    churn: Churn = Churn(),
    noises=None,
    *,
    afs: bool = False,
    restart: Restart = Restart(),
    denoise: bool = False,
    keep: int | None = None,
    watch: Callable[[int, Point], None] | None = None,
    most: int | None = None,
) -> Trajectory:
    """Sample by integrating from noise to data.

    noise (B, *shape): unit normal, on the device to run on; its dtype is that of the state
    (float64, unless the device has none).  sigmas (N + 1,): descending, ending at 0 or at σ_min;
    the first may be ∞, where the denoiser knows pure noise.
    noises: (N, B, *shape) or a function of the step, the unit noise of churn or of a stochastic
    solver (both: 2N of them; a solver that draws k times in a step: kN); restarts take theirs from
    the end, at −1, −2, …
    afs: the analytic first step, which saves one evaluation.  denoise: where the grid ends above 0,
    add one evaluation and return D there.  keep: record the paths of this many samples (default:
    all).  watch(i, point): called at each step; raise Cancelled in it to stop.  most: evaluations
    that a solver of adaptive steps may spend on a sample.
    """
    sigmas = torch.as_tensor(sigmas, dtype=noise.dtype).cpu()
    levels = sigmas.tolist()
    _check_levels(levels)
    check_guidance(denoiser, solver)
    _check_random(noises, levels, solver, churn, restart)
    drawn = noises if callable(noises) or noises is None else noises.__getitem__
    how = _How(solver, schedule, churn, afs, restart, denoise, most)
    return how.run(denoiser, noise, sigmas, drawn, keep, watch)


@dataclasses.dataclass(frozen=True)
class _How:
    """How a run goes, whatever it samples."""

    solver: Stepper
    schedule: Any
    churn: Churn
    afs: bool
    restart: Restart
    denoise: bool
    most: int | None = None

    def run(self, denoiser: Denoiser, noise: Tensor, sigmas: Tensor, *rest: Any) -> Trajectory:
        """Written out on a GPU, where each launch counts; followed step by step elsewhere."""
        if noise.is_cuda and (table := self.table(denoiser, noise, sigmas)) is not None:
            found: dict[str, Any] = {**table.run(denoiser, noise, *rest)}
            return Trajectory(**found)
        return self.follow(denoiser, noise, sigmas, *rest)

    def table(self, denoiser: Denoiser, noise: Tensor, sigmas: Tensor) -> written.Table | None:
        """The run written out for a device, or None where it must be followed step by step."""
        if more(denoiser):
            return None  # guidance that tells more than D
        if looks(self.solver) or adapts(self.solver) or not dataclasses.is_dataclass(self.solver):
            return None  # what a predictor or a tolerance says depends on the samples
        if bool(sigmas[0].isinf()):
            return None  # no graph of a device is made for ∞
        rounding = getattr(denoiser, "round_sigma", None) if self._rounds else None
        key = (self, tuple(sigmas.tolist())) if rounding is None else None
        columns = self._columns(len(sigmas))
        if columns * noise.numel() * noise.element_size() > written.LARGEST:
            return None
        follow = lambda d, x, draw, watch: self.follow(d, x, sigmas.double(), draw, None, watch)
        return written.table(key, columns, rounding, follow)

    @property
    def _rounds(self) -> bool:
        return self.churn.s_churn > 0 or self.restart.repeats > 0

    def _columns(self, levels: int) -> int:
        """No fewer than it has answers and noises."""
        each = getattr(self.solver, "evaluations", 4)
        new = (self.churn.s_churn > 0) + draws(self.solver)
        again = self.restart.repeats * (self.restart.inner * (each + max(1, new)) + 1)
        return 2 + levels * (each + new) + again

    def _ode(self, denoiser: Denoiser) -> Ode:
        most = None if self.most is None else self.most - self.denoise
        return Ode(denoiser, self.schedule, looks(self.solver), most)

    def follow(
        self,
        denoiser: Denoiser,
        noise: Tensor,
        sigmas: Tensor,
        noises: Callable[[int], Tensor] | None,
        keep: int | None,
        watch: Callable[[int, Point], None] | None,
    ) -> Trajectory:
        """The loop, step by step."""
        sigmas, pure = infinity.placed(sigmas)
        levels = sigmas.tolist()
        times = self.schedule.time(sigmas)  # 0-d times stay on the CPU: no launch, no waiting
        ode, record = self._ode(denoiser), _Record(noise, keep)
        run = steps(
            ode,
            self.solver,
            noise if pure else ode.scaled(noise * sigmas[0], times[0]),
            times,
            begin=record.begin,
            churn=self.churn,
            noise=noises,
            afs=self.afs,
            restart=self.restart,
            span=(levels[0], levels[-1] or levels[-2]),
            pure=pure,
        )
        for i, point in enumerate(run):
            if i < len(levels) - 1:
                if watch is not None:
                    watch(i, point)
                record.evaluated(point)
        paths = [*record.paths(ode, times, pure), record.first(point.denoised)]
        if self.denoise and levels[-1] > 0:
            point = ode.evaluate(point.x, point.t)
            record.evaluated(point)
            paths.append(record.denoised[-1])
            times, sigmas = (torch.cat([v, v.new_zeros(1)]) for v in (times, sigmas))
        return Trajectory(
            times,
            sigmas,
            torch.stack(record.sigma),
            _stacked(paths),
            _stacked(record.x),
            _stacked(record.denoised),
            point.denoised,
            torch.stack(ode.evaluated),
            pure,
            None if ode.attempts is None else ode.attempts.made(self.denoise),
        )


def _stacked(states: list[Tensor]) -> Tensor:
    """The states as one; the list is emptied, so that no two of them are held twice."""
    out = torch.stack(states)
    states.clear()
    return out


class _Record:
    """The paths of the first K samples: where each step arrived, and where D was evaluated."""

    def __init__(self, noise: Tensor, keep: int | None):
        self.first = _first(noise, keep)
        self.arrived: list[Tensor] = []  # before churn raises their noise
        self.sigma: list[Tensor] = []
        self.x: list[Tensor] = []
        self.denoised: list[Tensor] = []

    def begin(self, i: int, x: Tensor, past: Past, carry: Any) -> tuple[Tensor, Past, Any]:
        self.arrived.append(self.first(x))
        return x, past, carry

    def paths(self, ode: Ode, times: Tensor, pure: bool) -> list[Tensor]:
        """The unscaled states where each step began; what it held of them is let go."""
        found = [ode.plain(x, t) for x, t in zip(self.arrived, times)]
        if pure:
            found[0] = self.x[0]
        self.arrived.clear()
        return found

    def evaluated(self, point: Point) -> None:
        self.sigma.append(point.sigma)
        self.x.append(unscaled(self.first(point.x), point.scale))
        self.denoised.append(self.first(point.denoised))


def _first(noise: Tensor, keep: int | None) -> Callable[[Tensor], Tensor]:
    """The first samples of a batch like the noise, without a view of the others."""
    if keep is None or keep >= len(noise):
        return lambda v: v
    nothing = noise[:0].clone()
    return (lambda v: v[:keep].clone()) if keep else (lambda v: nothing)


def _check_levels(levels: list[float]):
    if len(levels) < 2 or not all(a > b for a, b in pairwise(levels)) or levels[-1] < 0:
        raise UserError(
            f"sigmas must fall from σ_max to σ_min or 0; got {[round(s, 6) for s in levels[:8]]}."
        )


def check_guidance(denoiser: Any, solver: Stepper) -> None:
    """Raises UserError for a rule of guidance that is not defined for this solver."""
    label = getattr(solver, "label", type(solver).__name__)
    renoises = getattr(solver, "renoises", False)
    if getattr(denoiser, "renoises", False) and not renoises:
        raise UserError(
            "CFG++ is defined for steps that go to D and add its noise again: DDIM and Euler "
            f"ancestral; {label} does not. Choose one of these, or the plain rule."
        )
    if getattr(denoiser, "recalls", False) and looks(solver):
        raise UserError(
            f"{label} looks at the features of its network, which APG with momentum does not "
            "hand on; set Momentum to 0, or choose another solver."
        )


def _check_random(noises, sigmas: list[float], solver: Stepper, churn: Churn, restart: Restart):
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
    each = (churn.s_churn > 0) + draws(solver)
    rows = (len(sigmas) - 1) * max(1, each) + restart.draws(draws(solver))
    if who and noises is None:
        raise UserError(f"{who[0]} needs the noise of each step (noises=...).")
    if who and not callable(noises) and len(noises) < rows:
        raise UserError(f"{' and '.join(who)} need {rows} noises; got {len(noises)}.")
