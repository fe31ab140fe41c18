"""What a solver sees: the point where it is, and an ODE that answers and counts."""

import dataclasses
import math
from collections.abc import Callable
from typing import ClassVar, Protocol

import torch
from torch import Tensor

from .denoisers import Denoiser
from .predictor import FEATURES, plain_features
from .schedules import EDM


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Point:
    """One evaluation of the denoiser: what history holds, what the loop yields, what plots read.

    t, sigma, scale are () or (B, 1, ...): a learned solver may give each sample its own.  scale
    is None where s = 1, which saves the arithmetic.
    x (B, *shape) is the scaled state s(t) x̂; denoised (B, *shape) is D(x̂; σ), unscaled.
    features (B, 64): what a learned solver looks at, None unless it asked for them.
    """

    t: Tensor
    sigma: Tensor
    scale: Tensor | None
    x: Tensor
    denoised: Tensor
    features: Tensor | None = None

    @property
    def plain(self) -> Tensor:
        """x̂ = x/s, the unscaled state."""
        return unscaled(self.x, self.scale)

    @property
    def noise(self) -> Tensor:
        """ε = (x̂ − D)/σ, the predicted unit noise."""
        return (self.plain - self.denoised) / self.sigma


def unscaled(x: Tensor, scale: Tensor | None) -> Tensor:
    """x/s, where None stands for s = 1."""
    return x if scale is None else x / scale


class Ode:
    """All that a solver may ask for.  One per run: it counts.

    dx/dt = (σ'/σ + s'/s) x − (σ' s/σ) D(x/s; σ)           Karras et al. 2022, Alg. 1, line 4
    """

    def __init__(self, denoiser: Denoiser, schedule=EDM(), solver: "Solver | None" = None):
        self.denoiser = denoiser
        self.schedule = schedule
        self.looks = getattr(solver, "looks", False)  # whether points come with features
        self.begun = False  # whether a learned solver has made its first step
        self.evaluated: list[Tensor] = []
        self.left = 0  # steps from here to the end, this one counted; the loop sets it
        self.span = (math.inf, 0.0)  # the first and the last noise level above 0 of the run
        self.noise: Callable[[], Tensor] | None = None  # new unit noise for this step

    @property
    def nfe(self) -> int:
        """Evaluations of the denoiser so far, counted as they happen."""
        return len(self.evaluated)

    def evaluate(
        self, x: Tensor, t: Tensor, told: Tensor | None = None, look: bool = True
    ) -> Point:
        """One evaluation of D at the scaled state x and time t.

        told: the noise level that D is told, where it is not σ(t).  Where each sample has its own,
        `evaluated` notes their geometric mean.  look=False: without features in any case.
        """
        sigma, scale = self.schedule.sigma(t), self._scale(t)
        level = sigma if told is None else told
        if level.ndim:
            self.evaluated.append(level.detach().log().mean().exp().cpu())
            level = level.flatten()
        else:
            self.evaluated.append(level)
        plain, features = unscaled(x, scale), None
        if not (look and self.looks):
            denoised = self.denoiser(plain, level)
        elif hasattr(self.denoiser, "with_features"):
            denoised, features = self.denoiser.with_features(plain, level)
        else:
            denoised = self.denoiser(plain, level)
            features = plain_features(plain, level, denoised)
        if denoised.dtype != x.dtype:
            denoised = denoised.to(x.dtype)
        return Point(t, sigma, scale, x, denoised, features)

    def analytic(self, x: Tensor, t: Tensor) -> Point:
        """The evaluation at the start that costs nothing: where noise drowns data of unit variance,
        ε = x̂/√(1 + σ²).  Dockhorn et al. 2022 (GENIE); AMED's “analytic first step”.
        """
        sigma, scale = self.schedule.sigma(t), self._scale(t)
        plain = unscaled(x, scale)
        features = x.new_zeros(len(x), FEATURES, dtype=torch.float32) if self.looks else None
        return Point(t, sigma, scale, x, plain * (1 - sigma / (1 + sigma**2).sqrt()), features)

    def _scale(self, t: Tensor) -> Tensor | None:
        return self.schedule.scale(t) if self.schedule.scaled else None

    def scaled(self, x: Tensor, t: Tensor) -> Tensor:
        """s(t) x̂."""
        return self.schedule.scale(t) * x if self.schedule.scaled else x

    def plain(self, x: Tensor, t: Tensor) -> Tensor:
        """x/s(t)."""
        return unscaled(x, self._scale(t))

    def end(self, x: Tensor, t: Tensor) -> Point:
        """Where a run ends: nothing is evaluated, `denoised` is the unscaled state itself."""
        scale = self._scale(t)
        return Point(t, self.schedule.sigma(t), scale, x, unscaled(x, scale))

    def velocity(self, point: Point) -> Tensor:
        """dx/dt at an evaluated point."""
        s, t = self.schedule, point.t
        rate = s.sigma_dot(t) / point.sigma
        if point.scale is None:
            return rate * (point.x - point.denoised)
        return (rate + s.scale_dot(t) / point.scale) * point.x - rate * point.scale * point.denoised


class Solver(Protocol):
    """A frozen dataclass; its fields are its controls."""

    name: ClassVar[str]
    family: ClassVar[str]  # one-step, multistep, learned, stochastic
    order: int
    evaluations: int  # of the denoiser in a full step

    def step(self, ode: Ode, past: list[Point], t_next: Tensor) -> Tensor:
        """The state at t_next; past[-1] is where we are, oldest first.

        A solver that evaluates on its way may append that point, and finds it in `past` later.
        """
