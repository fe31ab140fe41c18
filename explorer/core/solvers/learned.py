"""AMED: where in each step to evaluate, and how far to go, set by hand or by a small network.

    σ_m = σ'^r σ^{1−r}      r = 0 the start of the step, 1 its end, ½ the geometric middle

Zhou et al. 2024, arXiv:2312.00094.  Each sample has its own r, c and a, so σ_m is (B, 1, …).
"""

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor

from ...errors import UserError
from ...settings import param, setting
from ..levels import between, is_zero, moved, number
from ..ode import Ode, Point, State
from ..trained import Trained
from .inside import INNER
from .multistep import DPM2, IPNDM
from .one_step import DDIM
from .steered import Choose, Steerable, Steered, guided_by


def _r():
    return param(
        0.5,
        0.02,
        1.0,
        0.01,
        label="r",
        help="where the step evaluates, in log σ: 0 its start, 1 its end",
    )


def _c():
    return param(1.0, 0.8, 1.2, 0.001, label="c", help="how far the step goes; 1 is all the way")


def _a():
    return param(
        1.0, 0.8, 1.2, 0.001, label="a", help="the denoiser is told σ times this at the inner point"
    )


def _predictor():
    return param(
        "",
        label="Predictor",
        longest=64,
        help="name of a trained predictor, which chooses r, c and a for each sample; "
        "empty: the values above",
    )


def inner_point(ode: Ode, x: Tensor, sigma, a) -> Point:
    """One evaluation at the unscaled state x and the levels σ (() or (B, 1, …)); D is told a σ."""
    if isinstance(sigma, float):
        sigma = torch.full((), sigma, dtype=torch.float64)
    t = ode.schedule.time(sigma)
    told = None if isinstance(a, float) and a == 1 else a * sigma
    return ode.evaluate(ode.scaled(x, t), t, told=told, look=False)


def amed_step(ode: Ode, here: Point, sigma_next: float, r, c, a) -> Tensor:
    """x̂' = x̂ + c (σ' − σ) ε(x̂_m, σ_m), x̂_m by an Euler step.  r, c, a: numbers or (B, 1, …)."""
    x, sigma = here.plain, number(here.sigma)
    middle = sigma_next**r * sigma ** (1 - r)
    there = inner_point(ode, moved(x, middle - sigma, here.noise), middle, a)
    return moved(x, c * (sigma_next - sigma), there.noise)


def plugin_step(
    solver, ode: Ode, state: State, sigma_next: float, r, c, a
) -> tuple[Tensor, tuple[Point, ...]]:
    """Two steps of `solver`, to σ_m and on to σ', the model part of the second times c.

    The inner points join the past of a multistep solver, so it remembers both kinds: its past goes
    on as `carry`, and begins as the points at the levels.  DPM-Solver-2 has an inner point of its
    own: there r, c and a are simply its own.
    """
    here = state.here
    x, sigma = here.plain, number(here.sigma)
    middle = sigma_next**r * sigma ** (1 - r)
    if isinstance(solver, DPM2):
        slope = here.noise
        there = inner_point(ode, moved(x, middle - sigma, slope), middle, a)
        mean = between(slope, there.noise, 1 / (2 * r))
        return moved(x, c * (sigma_next - sigma), mean), ()
    before = state.past[:-1] if state.carry is None else state.carry
    left = 2 * state.left  # of its own steps, two to each of ours
    first = State((*before, here), left, state.span)
    x = unscaled_step(solver, ode, first, middle)
    there = inner_point(ode, x, middle, a)
    second = State((*first.past, there), left - 1, state.span)
    end = unscaled_step(solver, ode, second, sigma_next)
    base = sigma_next / middle * x if getattr(solver, "prediction", "eps") == "x0" else x
    kept = 1 - solver.memory
    return between(base, end, c), second.past[kept:] if kept else ()


def unscaled_step(solver, ode: Ode, state: State, sigma_next) -> Tensor:
    """A step of a σ-frame solver to unscaled states, at one level or at one for each sample."""
    if isinstance(solver, DDIM):
        return moved(state.here.denoised, sigma_next, state.here.noise)
    return solver.update(ode, state, sigma_next)


class _Learned:
    """Shared: r, c and a from the settings, or from a predictor that is handed over (`bind`)."""

    label: ClassVar[str]
    predictor: str
    r: float
    c: float
    a: float
    update: Callable[..., tuple[Tensor, Any]]  # (ode, state, σ', r, c, a) -> unscaled state, carry
    family: ClassVar[str] = "learned"
    evaluations: ClassVar[int] = 2
    needs_schedule: ClassVar[bool] = False

    def step(self, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, Any]:
        return self.go(ode, state, t_next, self.coefficients)

    def go(self, ode: Ode, state: State, t_next: Tensor, choose: Choose) -> tuple[Tensor, Any]:
        """A step whose r, c and a are those of `choose`."""
        sigma_next = number(ode.schedule.sigma(t_next))
        if is_zero(sigma_next):
            return ode.scaled(state.here.denoised, t_next), None
        x, carry = self.update(ode, state, sigma_next, *choose(ode, state, sigma_next))
        return ode.scaled(x, t_next), carry

    def coefficients(self, ode: Ode, state: State, sigma_next: float) -> tuple:
        """(r, c, a) of every step, as set."""
        if self.predictor:
            raise UserError(
                f"{self.label} names its predictor, {self.predictor!r}, and was not given it: "
                "sample with solver.bind(trained)."
            )
        return self.r, self.c, self.a

    def bind(self: Steerable, trained: Trained) -> "Steered":
        """This solver with r, c and a from a trained predictor; each step refuses with a UserError
        what it was not trained for.
        """
        return Steered(self, guided_by(trained, self.purpose), looks=True)


@setting
class AMED(_Learned):
    """x̂' = x̂ + c (σ' − σ) ε(x̂_m, a σ_m): one direction for the whole step, the inner point's.

    A path lies nearly in a plane, so by the mean value theorem there is a σ_m whose tangent points
    along the chord; r looks for it, c mends the length.  Zhou et al. 2024, Eqs. 8 and 9; a: its
    Table 2, marked †.
    """

    name: ClassVar[str] = "amed"
    memory: ClassVar[int] = 1
    label: ClassVar[str] = "AMED-Solver"
    card: ClassVar[str] = (
        "One direction a step, from a point that is learned; two evaluations, "
        "the first of them only leads there. Made for about 5 evaluations."
    )
    source: ClassVar[str] = "Zhou et al. 2024, arXiv:2312.00094"
    aliases: ClassVar[tuple[str, ...]] = ()
    r: float = _r()
    c: float = _c()
    a: float = _a()
    predictor: str = _predictor()

    @property
    def order(self) -> int:
        """2 at the geometric middle; elsewhere 1, and for c or a other than 1 none at all."""
        return 2 if (self.r, self.c, self.a, self.predictor) == (0.5, 1.0, 1.0, "") else 1

    @property
    def purpose(self) -> str:
        """What a predictor for it is trained for."""
        return "amed"

    def update(self, ode: Ode, state: State, sigma_next: float, r, c, a) -> tuple[Tensor, None]:
        return amed_step(ode, state.here, sigma_next, r, c, a), None


@setting
class Plugin(_Learned):
    """Another solver with an extra stop in each step: to σ_m, evaluate, on to σ' with length c.

        x̂_m = Φ(x̂; σ → σ_m),   x̂' = Φ(x̂_m; σ_m → σ') with its model part times c

    Zhou et al. 2024, Sec. 3.4 and App. C.  Any solver of one evaluation works; in DPM-Solver-2 its
    own inner point is the one that r moves.
    """

    name: ClassVar[str] = "plugin"
    label: ClassVar[str] = "AMED-Plugin"
    card: ClassVar[str] = (
        "A known solver with one learned stop inside each step; two "
        "evaluations a step. On iPNDM the best of its paper."
    )
    source: ClassVar[str] = "Zhou et al. 2024, arXiv:2312.00094"
    aliases: ClassVar[tuple[str, ...]] = ()
    solver: str = param(
        "ipndm4",
        label="Solver inside",
        choices=tuple((k, v[0]) for k, v in INNER.items()),
        help="the solver whose steps are split",
    )
    r: float = _r()
    c: float = _c()
    a: float = _a()
    predictor: str = _predictor()

    @property
    def inside(self):
        """The solver whose steps are split."""
        return INNER[self.solver][1]

    @property
    def memory(self) -> int:
        """That of the solver inside."""
        return self.inside.memory

    @property
    def order(self) -> int:
        """That of the solver inside, at most 2; iPNDM's weights for even steps keep 2 only at
        r = ½, where the two halves of a step become even as it shrinks.
        """
        if (self.c, self.a, self.predictor) != (1.0, 1.0, ""):
            return 1
        if isinstance(self.inside, IPNDM) and self.r != 0.5:
            return 1
        return min(self.inside.order, 2)

    @property
    def purpose(self) -> str:
        """What a predictor for it is trained for."""
        return f"plugin:{self.solver}"

    def update(self, ode: Ode, state: State, sigma_next: float, r, c, a) -> tuple[Tensor, Any]:
        return plugin_step(self.inside, ode, state, sigma_next, r, c, a)
