"""What a solver is, and all that it sees: points, its State, and an ODE that answers and counts."""

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from .denoisers import Denoiser, Featured
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
    """Evaluates the denoiser and counts.  One per run; of the run itself it knows nothing.

    dx/dt = (σ'/σ + s'/s) x − (σ' s/σ) D(x/s; σ)           Karras et al. 2022, Alg. 1, line 4

    looks: whether its points come with features, for a solver that asks for them.
    """

    def __init__(self, denoiser: Denoiser, schedule=EDM(), looks: bool = False):
        self.denoiser = denoiser
        self.schedule = schedule
        self.looks = looks
        self.evaluated: list[Tensor] = []
        # of a network of discrete levels, the nearest of them; None where every level is known
        self.nearest: Callable[[Tensor], Tensor] | None = getattr(denoiser, "round_sigma", None)

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
        elif isinstance(self.denoiser, Featured):
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


class State(NamedTuple):
    """All that a solver may know besides the ODE: where it is, and what it has seen.

    past: the last `solver.memory` points, oldest first; the last is here.
    left: steps to the end, this one counted.  span: the first and the last noise level above 0.
    noise: gives new unit noise for this step; None where the run has none to give.
    carry: what the solver's last step handed on; None at a start and where its path was broken.
    It is made of tensors with a row for each sample, in tuples and dataclasses, and of values that
    all samples share, so that runs can part and join.
    """

    past: tuple[Point, ...]
    left: int
    span: tuple[float, float]
    noise: Callable[[], Tensor] | None = None
    carry: Any = None

    @property
    def here(self) -> Point:
        """The point where the step begins."""
        return self.past[-1]

    def fresh_noise(self) -> Tensor:
        """New unit noise of the shape of the state."""
        assert self.noise is not None, "`sample` refuses a run without noises"
        return self.noise()


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

    Optional facts, each a Protocol below: `Corrects`, `Looks`, `MakesNoise`, `NeedsSchedule`,
    `Nominal`, `Recommended`, `FullLabel`.
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


@runtime_checkable
class Corrects(Protocol):
    """A solver that improves the arrival of its last step by what was evaluated there."""

    def correct(self, ode: Ode, state: State) -> Point:
        """A better state.here, or the same; state.past holds what came before."""


class Looks(Protocol):
    """A solver whose points must come with features."""

    looks: bool


class MakesNoise(Protocol):
    """A solver whose steps may ask for new noise."""

    makes_noise: bool


class NeedsSchedule(Protocol):
    """A solver that says whether σ(t) and s(t) matter to it; they do if it does not say."""

    needs_schedule: bool


class Nominal(Protocol):
    """A solver whose error falls with another power than its `order` names."""

    nominal_order: int


class Recommended(Protocol):
    """A solver that stands first in the menu."""

    recommended: bool


class FullLabel(Protocol):
    """A solver whose name in a legend holds some of its fields: "RK2 α = {alpha:g}"."""

    full_label: str


def mapped(fn: Callable, tree: Any, *others: Any) -> Any:
    """fn of each tensor of a point, a past or a carry, and of those in the same place of `others`;
    what is no tensor, tuple or dataclass stays as it is in the first.
    """
    if isinstance(tree, Tensor):
        return fn(tree, *others)
    if isinstance(tree, tuple):
        new = tuple(mapped(fn, *parts) for parts in zip(tree, *others, strict=True))
        return type(tree)._make(new) if hasattr(tree, "_make") else new
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        names = [f.name for f in dataclasses.fields(tree)]
        parts = {k: mapped(fn, *(getattr(v, k) for v in (tree, *others))) for k in names}
        return dataclasses.replace(tree, **parts)
    return tree


def corrector(solver: Stepper) -> Callable[[Ode, State], Point] | None:
    """Its `correct`, if it is one that `Corrects`."""
    return getattr(solver, "correct", None)  # isinstance of a protocol costs as much as ten steps


def makes_noise(solver: Stepper) -> bool:
    """Whether its steps ask for new noise: those of stochastic solvers, unless η = 0."""
    return getattr(solver, "makes_noise", False)


def needs_schedule(solver: Solver | type[Solver]) -> bool:
    """Whether σ(t) and s(t) matter to it; solvers of the (x̂, σ) frame say that they do not."""
    return getattr(solver, "needs_schedule", True)


def looks(solver: Stepper) -> bool:
    """Whether its points must come with features."""
    return getattr(solver, "looks", False)


def recommended(solver: type[Solver]) -> bool:
    """Whether it stands first in the menu."""
    return getattr(solver, "recommended", False)


def nominal_order(solver: Solver) -> int:
    """The power of the step with which its error falls on paper."""
    return getattr(solver, "nominal_order", solver.order)
