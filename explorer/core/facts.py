"""The optional facts of a solver: a Protocol for each, and what asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from .ode import Ode, Point, Solver, State, Stepper


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


class DrawsSeveral(Protocol):
    """A solver that says how many new noises a step of it may ask for; one if it does not say."""

    draws: int


class Adapts(Protocol):
    """A solver that chooses its steps itself."""

    adapts: bool


class NeedsSchedule(Protocol):
    """A solver that says whether σ(t) and s(t) matter to it; they do if it does not say."""

    needs_schedule: bool


class Nominal(Protocol):
    """A solver whose error falls with another power than its `order` names."""

    nominal_order: int


class Recommended(Protocol):
    """A solver that stands first in the menu."""

    recommended: bool


class Told(Protocol):
    """A solver that says what its settings come to, in a sentence beside its card."""

    told: str


class FullLabel(Protocol):
    """A solver whose name in a legend holds some of its fields: "RK2 α = {alpha:g}"."""

    full_label: str


def corrector(solver: Stepper) -> Callable[[Ode, State], Point] | None:
    """Its `correct`, if it is one that `Corrects`."""
    return getattr(solver, "correct", None)  # isinstance of a protocol costs as much as ten steps


def makes_noise(solver: Stepper) -> bool:
    """Whether its steps ask for new noise: those of stochastic solvers, unless η = 0."""
    return getattr(solver, "makes_noise", False)


def draws(solver: Stepper) -> int:
    """How many new noises a step of it may ask for."""
    return getattr(solver, "draws", 1) if makes_noise(solver) else 0


def adapts(solver: Stepper) -> bool:
    """Whether it chooses its steps itself, and NFE is a cap."""
    return getattr(solver, "adapts", False)


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
