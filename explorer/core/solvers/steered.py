"""Learned solvers whose r, c and a are chosen in each step, by a trained predictor or by others."""

from collections.abc import Callable
from typing import Any, ClassVar, Protocol

from torch import Tensor

from ...errors import UserError
from ..levels import number
from ..ode import Ode, State
from ..trained import Trained, answers_of
from .inside import spoken

Choose = Callable[[Ode, State, float], tuple]  # (r, c, a) of a step to σ'


class Steerable(Protocol):
    """A learned solver that may be told its r, c and a in each step."""

    name: ClassVar[str]
    label: ClassVar[str]

    @property
    def order(self) -> int: ...
    @property
    def evaluations(self) -> int: ...
    @property
    def memory(self) -> int: ...
    @property
    def purpose(self) -> str:
        """What a predictor for it is trained for."""
        ...

    def go(self, ode: Ode, state: State, t_next: Tensor, choose: Choose) -> tuple[Tensor, Any]: ...


class Steered:
    """A learned solver whose r, c and a are chosen in each step: choose(ode, state, σ')."""

    family = "learned"

    def __init__(self, solver: Steerable, choose: Choose, looks: bool = False):
        self.solver, self.choose, self.looks = solver, choose, looks
        self.name, self.label, self.order = solver.name, solver.label, solver.order
        self.evaluations, self.memory = solver.evaluations, solver.memory

    def step(self, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, Any]:
        return self.solver.go(ode, state, t_next, self.choose)


def guided_by(trained: Trained, purpose: str) -> Choose:
    """A trained predictor chooses; it refuses with a UserError what it was not trained for."""

    def choose(ode: Ode, state: State, sigma_next: float) -> tuple:
        here, sigma = state.here, number(state.here.sigma)
        _check(trained, purpose, ode, sigma, sigma_next, state.span[0])
        found = trained.on(here.x.device)(here.features, sigma, sigma_next, len(here.x))
        return columns(found, here.x)

    return choose


def columns(found: tuple, x: Tensor) -> tuple:
    """What a predictor says, (B,) each or a number, beside the state x: (B, 1, …) in its dtype."""
    return tuple(
        v if isinstance(v, float) else v.to(x.dtype).reshape(-1, *[1] * (x.ndim - 1)) for v in found
    )


def _check(
    trained: Trained, solver: str, ode: Ode, sigma: float, sigma_next: float, top: float
) -> None:
    """Raise UserError unless it was trained for this step of this solver on this model.

    top: where the run begins.
    """
    of = f"Predictor {trained.name or trained.digest}"
    if solver != trained.solver:
        raise UserError(
            f"{of} was trained for {spoken(trained.solver)}, not for "
            f"{spoken(solver)}; choose that solver or train another."
        )
    same = lambda a, b: abs(a / b - 1) <= 1e-5
    near = [i for i, s in enumerate(trained.sigmas[:-1]) if same(sigma, s)]
    if not (
        near and same(sigma_next, trained.sigmas[near[0] + 1]) and same(top, trained.sigmas[0])
    ):
        steps = len(trained.sigmas) - 1
        shown = ", ".join(f"{s:.4g}" for s in trained.sigmas)
        raise UserError(
            f"{of} was trained for {steps} step{'s' if steps > 1 else ''}, "
            f"{trained.nfe} evaluations, over σ = {shown}; this run steps from "
            f"{sigma:.4g} to {sigma_next:.4g}. Open the view it was trained on or "
            "train another."
        )
    if near[0] == 0 and (ode.nfe == 0) != trained.afs:
        wanted = "an analytic" if trained.afs else "an evaluated"
        raise UserError(f"{of} was trained with {wanted} first step; change “First step”.")
    if not trained.knows(*answers_of(ode.denoiser)):
        raise UserError(
            f"{of} was trained for another model"
            + (f" ({m})" if (m := trained.record.get("model")) else "")
            + "; open the view it was trained on or train one for this model."
        )
