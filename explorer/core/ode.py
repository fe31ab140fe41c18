"""What a solver is, and all that it sees: points, its State, and an ODE that answers and counts."""

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple, Protocol

import torch
from torch import Tensor

from .attempts import Attempts
from .denoisers import Denoiser, Featured
from .facts import Corrects as Corrects
from .facts import DrawsSeveral as DrawsSeveral
from .facts import FullLabel as FullLabel
from .facts import Looks as Looks
from .facts import MakesNoise as MakesNoise
from .facts import NeedsSchedule as NeedsSchedule
from .facts import Nominal as Nominal
from .facts import Recommended as Recommended
from .facts import Told as Told
from .facts import adapts as adapts
from .facts import corrector as corrector
from .facts import draws as draws
from .facts import looks as looks
from .facts import makes_noise as makes_noise
from .facts import needs_schedule as needs_schedule
from .facts import nominal_order as nominal_order
from .facts import recommended as recommended
from .guidance import more
from .predictor import FEATURES, plain_features
from .schedules import EDM, Flow


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Point:
    """One evaluation of the denoiser: what history holds, what the loop yields, what plots read.

    t, sigma, scale are () or (B, 1, ...): a learned solver may give each sample its own.  scale
    is None where s = 1, which saves the arithmetic.
    x (B, *shape) is the scaled state s(t) x̂; denoised (B, *shape) is D(x̂; σ), unscaled.
    features (B, 64): what a learned solver looks at, None unless it asked for them.
    base (B, *shape): the answer about which noise is taken, where that is not D (CFG++).
    """

    t: Tensor
    sigma: Tensor
    scale: Tensor | None
    x: Tensor
    denoised: Tensor
    features: Tensor | None = None
    base: Tensor | None = None

    @property
    def plain(self) -> Tensor:
        """x̂ = x/s, the unscaled state."""
        return unscaled(self.x, self.scale)

    @property
    def noise(self) -> Tensor:
        """ε = (x̂ − D)/σ, the predicted unit noise."""
        about = self.denoised if self.base is None else self.base
        return (self.plain - about) / self.sigma


def unscaled(x: Tensor, scale: Tensor | None) -> Tensor:
    """x/s, where None stands for s = 1."""
    return x if scale is None else x / scale


class Ode:
    """Evaluates the denoiser and counts.  One per run; of the run it knows what guidance remembers.

    dx/dt = (σ'/σ + s'/s) x − (σ' s/σ) D(x/s; σ)           Karras et al. 2022, Alg. 1, line 4

    looks: whether its points come with features, for a solver that asks for them.
    most: evaluations that a solver of adaptive steps may spend on a sample; its tries are noted in
    `attempts`.
    """

    attempts: Attempts | None = None

    def __init__(
        self,
        denoiser: Denoiser,
        schedule=EDM(),
        looks: bool = False,
        most: int | None = None,
    ):
        self.denoiser = denoiser
        self.schedule = schedule
        self.looks, self.most = looks, most
        self.evaluated: list[Tensor] = []
        # of a network of discrete levels, the nearest of them; None where every level is known
        self.nearest: Callable[[Tensor], Tensor] | None = getattr(denoiser, "round_sigma", None)
        # of guidance that remembers, or tells more than D: who is asked instead
        self._told = more(denoiser)
        self._memory: Tensor | None = None  # the differences so far

    @property
    def nfe(self) -> int:
        """Evaluations of the denoiser so far, counted as they happen; where each sample has its own
        steps, those of the sample with most."""
        return len(self.evaluated) if self.attempts is None else self.attempts.nfe

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
        plain, features, base = unscaled(x, scale), None, None
        if self._told is not None:
            denoised, base, self._memory = self._told(plain, level, self._memory)
        elif not (look and self.looks):
            denoised = self.denoiser(plain, level)
        elif isinstance(self.denoiser, Featured):
            denoised, features = self.denoiser.with_features(plain, level)
        else:
            denoised = self.denoiser(plain, level)
            features = plain_features(plain, level, denoised)
        if denoised.dtype != x.dtype:
            denoised = denoised.to(x.dtype)
        return Point(t, sigma, scale, x, denoised, features, base)

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
        if isinstance(s, Flow) and (own := s.rate(t)) is not None:
            return own * (point.x - point.denoised)
        rate = s.sigma_dot(t) / point.sigma
        if point.scale is None:
            return rate * (point.x - point.denoised)
        return (rate + s.scale_dot(t) / point.scale) * point.x - rate * point.scale * point.denoised


class State(NamedTuple):
    """All that a solver may know besides the ODE: where it is, and what it has seen.

    past: the last `solver.memory` points, oldest first; the last is here.
    left: steps to the end, this one counted.  span: the first and the last noise level above 0.
    noise: gives new unit noise for this step, `noise(k)` the k-th of a solver that wants several;
    None where the run has none to give.
    carry: what the solver's last step handed on; None at a start and where its path was broken.
    It is made of tensors with a row for each sample, in tuples and dataclasses, and of values that
    all samples share, so that runs can part and join.
    """

    past: tuple[Point, ...]
    left: int
    span: tuple[float, float]
    noise: Callable[..., Tensor] | None = None
    carry: Any = None

    @property
    def here(self) -> Point:
        """The point where the step begins."""
        return self.past[-1]

    def fresh_noise(self, k: int = 0) -> Tensor:
        """New unit noise of the shape of the state, the k-th of this step."""
        assert self.noise is not None, "`sample` refuses a run without noises"
        return self.noise(k) if k else self.noise()


class Stepper(Protocol):
    """What the loop asks of a solver, or of what stands in for one."""

    @property
    def memory(self) -> int:
        """Evaluated points that it looks at, the one where it is counted."""
        ...

    def step(self, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, Any]:
        """The state at t_next, scaled, and what it wants to find as `carry` in its next step."""
        ...


class Solver(Stepper, Protocol):
    """A frozen dataclass; its fields are its controls, and its class says all that is true of it.

    Optional facts, each a Protocol of `facts`: `Corrects`, `Looks`, `MakesNoise`, `DrawsSeveral`,
    `NeedsSchedule`, `Adapts`, `Nominal`, `Recommended`, `FullLabel`, `Told`; `renoises`: CFG++ is
    defined for it.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    family: ClassVar[str]  # one-step, multistep, learned, stochastic
    card: ClassVar[str]  # in two sentences, for the list of solvers
    source: ClassVar[str]  # who published it, and where
    aliases: ClassVar[tuple[str, ...]]  # what other tools call it

    @property
    def order(self) -> int: ...

    @property
    def evaluations(self) -> int:
        """Of the denoiser in a full step; a step to σ = 0 costs one."""
        ...
