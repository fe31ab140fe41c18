"""Steps whose length each sample chooses by itself, so that its error stays within a tolerance.

A pair of methods shares its evaluations; the distance of their two results estimates the error of
the lower one, and the higher one goes on:

    e = rms[(x̂' − x̃')/(atol + rtol max(|x̂|, |x̂'|))]      taken where e ≤ 1
    h ← h clip(0.9 e^{−0.7/q} e_before^{0.4/q}, 1/5, 5),   h = ln σ/σ'

q is the order of the higher method, which is that of one step's error of the lower.  After a
refusal the second factor is left out and h does not grow.  The first h is ½, and none is above 2: a
step that looks at four levels between 80 and 0.002 cannot know what lies between them.  The levels
of the run are where all samples arrive; between two of them each goes its own way, so the first 4
of a batch of 16 take the steps of the batch of 4.

Bogacki & Shampine 1989; Söderlind 2003 (PI control); Jolicoeur-Martineau et al. 2021,
arXiv:2105.14080 (each sample its own steps); k-diffusion's DPM-Solver-12 and -23.
"""

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from ...errors import UserError
from ...settings import param, setting
from ..attempts import MOST, Attempt, Attempts
from ..levels import between, is_zero, number
from ..ode import Ode, Point, State
from ..tableau import tableau
from .multistep import _evaluate, _SigmaFrame, added

SAFETY, SHRINK, GROW = 0.9, 0.2, 5.0
FIRST, LONGEST = 0.5, 2.0  # in ln σ: over the whole range two methods may agree by chance
NEARLY = 0.999
TINY = 1e-10  # an error below it is that of rounding


class Pair(NamedTuple):
    """Coefficients of two methods: exponential in λ (a table of data and one of its lower row), or
    plain in σ (c, rows a, b and the lower b, which may have a stage more: that of the arrival)."""

    label: str
    order: int
    cost: int
    lower: Any
    table: str = ""
    plain: tuple = ()


PAIRS = {
    "exp32": Pair(
        "exponential 3(2)",
        3,
        3,
        "1/3: c2*phi1(c2); 2/3: c3*phi1(c3) - 4/3*phi2(c3), 4/3*phi2(c3); phi1 - 3*phi2, 3*phi2, 0",
        "1/3: c2*phi1(c2); 2/3: c3*phi1(c3) - 4/3*phi2(c3), 4/3*phi2(c3);"
        "phi1 - 3/2*phi2, 0, 3/2*phi2",
    ),
    "exp21": Pair(
        "exponential 2(1)",
        2,
        2,
        "1/2: c2*phi1(c2); phi1, 0",
        "1/2: c2*phi1(c2); phi1 - 2*phi2, 2*phi2",
    ),
    "bs32": Pair(
        "Bogacki–Shampine 3(2)",
        3,
        4,
        (7 / 24, 1 / 4, 1 / 3, 1 / 8),
        plain=((1 / 2, (1 / 2,)), (3 / 4, (0.0, 3 / 4)), (1.0, (2 / 9, 1 / 3, 4 / 9))),
    ),
    "heun21": Pair("Heun–Euler 2(1)", 2, 2, (1.0, 0.0), plain=((1.0, (1.0,)), (1.0, (0.5, 0.5)))),
}


class Control(NamedTuple):
    """What each sample hands on: its next step h in λ and its last error, (B, 1, …) each."""

    h: Tensor
    error: Tensor


@setting
class Adaptive(_SigmaFrame):
    """Each sample's steps from an embedded pair and PI control; see the module's docstring.

    Every evaluation counts, those of refused steps too.  NFE is a cap for each sample: where it
    would be passed, the sample goes the rest of the way in one step of order 1 with what it has.
    """

    name: ClassVar[str] = "adaptive"
    label: ClassVar[str] = "Adaptive"
    family: ClassVar[str] = "one-step"
    memory: ClassVar[int] = 1
    adapts: ClassVar[bool] = True
    card: ClassVar[str] = (
        "Each sample chooses its steps by an error estimate and a tolerance; refused steps count. "
        "NFE is a cap, and the levels of the time steps are stops between which it is free."
    )
    source: ClassVar[str] = (
        "Bogacki & Shampine 1989; Söderlind 2003; Jolicoeur-Martineau et al. 2021, arXiv:2105.14080"
    )
    aliases: ClassVar[tuple[str, ...]] = (
        "sample_dpm_adaptive (k-diffusion)",
        "DPM adaptive",
        "dpm_adaptive",
        "RK23",
        "embedded pair",
    )
    full_label: ClassVar[str] = "Adaptive {pair}"
    pair: str = param(
        "exp32",
        label="Pair",
        choices=tuple((k, p.label) for k, p in PAIRS.items()),
        help="the method that goes on; in brackets the order of what it is held against",
    )
    rtol: float = param(
        0.02, 1e-8, 1.0, label="rtol", log=True, help="error of a step, as a part of the state"
    )
    atol: float = param(
        0.005, 1e-10, 1.0, label="atol", log=True, help="error of a step that is always allowed"
    )
    stops: int = param(
        8, 1, 64, 1, label="Stops", help="levels where all samples arrive; 1: only the end"
    )

    @property
    def order(self) -> int:
        """Of the method that goes on."""
        return PAIRS[self.pair].order

    @property
    def evaluations(self) -> int:  # type: ignore[override]  # elsewhere one, of the class
        """Of one try, the one where it begins counted."""
        return PAIRS[self.pair].cost

    def step(self, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, Control | None]:
        """All samples to the next level, in steps of their own."""
        here, sigma_next = state.here, number(ode.schedule.sigma(t_next))
        record = _record(ode, here)
        if is_zero(sigma_next):  # D is where λ = ∞
            return ode.scaled(here.denoised, t_next), state.carry
        walk = _Walk(self, ode, state, sigma_next, record)
        while walk.open.any():
            walk.attempt()
        return ode.scaled(walk.x, t_next), Control(walk.h, walk.error)


def _record(ode: Ode, here: Point) -> Attempts:
    """The run's record, in which the evaluation of this step's beginning is counted."""
    if ode.attempts is None or ode.attempts.count != len(here.x):  # of a batch that grows
        ode.attempts = Attempts(here.x, ode.most or MOST)
        ode.attempts.spent += len(ode.evaluated)  # none where the first one was analytic
    else:
        ode.attempts.spent += 1
    return ode.attempts


class _Walk:
    """From one level of the run to the next: where each sample is, and what it tries.

    Levels, steps and errors are (B, 1, …), like the state's rows; open (not yet there), stale (D is
    not known where it is) and again (refused just before) are (B,).
    """

    def __init__(self, solver: Adaptive, ode: Ode, state: State, end: float, record: Attempts):
        here = state.here
        self.solver, self.pair, self.ode, self.end = solver, PAIRS[solver.pair], ode, end
        self.record, self.reserve = record, state.left - 1  # later levels ask once each
        self.x, self.denoised = here.plain.clone(), here.denoised.clone()
        self.way = -1.0 if number(here.sigma) > end else 1.0  # down, or up as an encoder goes
        ones = self.x.new_ones(len(self.x), *[1] * (self.x.ndim - 1))
        self.sigma = ones * number(here.sigma)
        carry = state.carry or Control(ones * FIRST, ones)
        self.h, self.error = carry.h.clone(), carry.error.clone()
        self.open = torch.ones(len(self.x), dtype=torch.bool, device=self.x.device)
        self.stale, self.again = ~self.open, ~self.open

    def attempt(self) -> None:
        """One try of all samples that are under way."""
        left = (self.sigma / self.end).log().abs()
        whole = self.h > NEARLY * left  # a rest shorter than that is none
        self._jump(self.open & ~self._affordable(whole.flatten(1)[:, 0]))
        rows = self.open.nonzero()[:, 0]
        if not len(rows):
            return
        spent = self.stale[rows].long() + self.pair.cost - 1
        self._ask(rows[self.stale[rows]])
        sigma, x = self.sigma[rows], self.x[rows]
        after = torch.where(whole[rows], self.end, sigma * (self.way * self.h[rows]).exp())
        higher, lower, arrival = self._both(x, self.denoised[rows], sigma, after)
        error = self._size(x, higher, lower)
        taken = (error <= 1).flatten()
        self.record.note(
            Attempt(rows, sigma.flatten(), after.flatten(), error.flatten(), taken), spent
        )
        self._control(rows, (sigma / after).log().abs(), error, taken, whole[rows])
        moved_, there = rows[taken], whole[rows].flatten()[taken]
        self.x[moved_], self.sigma[moved_] = higher[taken], after[taken]
        self.open[moved_[there]] = False
        self.stale[moved_] = arrival is None
        if arrival is not None:
            self.denoised[moved_] = arrival[taken]

    def _affordable(self, whole: Tensor) -> Tensor:
        """Whose budget holds a try, and what must follow it: one evaluation where it would stand
        between levels, and those at later levels."""
        after = ~whole if not self.pair.plain or self.pair.cost == 2 else torch.zeros_like(whole)
        needs = self.stale.long() + self.pair.cost - 1 + after.long() + self.reserve
        return self.record.spent + needs <= self.record.most

    def _jump(self, rows: Tensor) -> None:
        """The rest of the way in one step of order 1, where the budget ends."""
        if not rows.any():
            return
        if self.ode.most is None:
            raise UserError(
                f"Adaptive steps at rtol = {self.solver.rtol:g}, atol = {self.solver.atol:g} take "
                f"more than {MOST:,} evaluations; loosen them."
            )
        late = (rows & self.stale).nonzero()[:, 0]
        self._ask(late)
        self.record.spent[late] += 1
        self.record.end(rows, self.sigma.flatten())
        part = self.end / self.sigma[rows]
        self.x[rows] = between(self.denoised[rows], self.x[rows], part)
        self.h[rows] = FIRST
        self.open &= ~rows

    def _ask(self, rows: Tensor) -> None:
        """D where these samples are."""
        if len(rows):
            there = _evaluate(self.ode, self.x[rows], self.sigma[rows])
            self.denoised[rows] = there.denoised
            self.stale[rows] = False

    def _both(self, x: Tensor, denoised: Tensor, sigma: Tensor, after: Tensor) -> tuple:
        """The states at σ' of both methods, and D there if it was asked."""
        pair, ask = self.pair, lambda v, level: _evaluate(self.ode, v, level)
        if pair.plain:
            return _plain_pair(pair, ask, x, (x - denoised) / sigma, sigma, after)
        h = (sigma / after).log()
        table, answers = tableau(pair.table), [denoised]
        weights = table.weights(h)
        for (keep, row), c in zip(weights.stages, table.c[1:]):
            inner = added(keep * x, row, answers)
            answers.append(ask(inner, sigma * (-c * h).exp()).denoised)
        keep, row = weights.end
        lower = tableau(pair.lower).end(h)
        return added(keep * x, row, answers), added(keep * x, lower, answers), None

    def _size(self, x: Tensor, higher: Tensor, lower: Tensor) -> Tensor:
        """e, (b, 1, …); what is no number is refused."""
        scale = self.solver.atol + self.solver.rtol * torch.maximum(x.abs(), higher.abs())
        own = getattr(self.ode.denoiser, "counts", None)  # what `analysis.anatomy` adds is no error
        size = ((higher - lower) / scale).flatten(1)[:, :own].square().mean(1).sqrt()
        size = torch.where(size.isfinite(), size, torch.inf)
        return size.reshape(-1, *[1] * (x.ndim - 1))

    def _control(self, rows: Tensor, h: Tensor, error: Tensor, taken: Tensor, whole) -> None:
        """The next step of each."""
        q, again = self.pair.order, self.again[rows]
        shaped = lambda v: v.reshape(h.shape)
        e = error.clamp(min=TINY)
        grown = SAFETY * e ** (-0.7 / q) * self.error[rows] ** (0.4 / q)
        most = torch.where(shaped(again), 1.0, GROW)
        after = h * torch.minimum(grown.clamp(min=SHRINK), most)
        planned = self.h[rows]  # a step that was cut at a level says nothing against the longer one
        after = torch.where(whole & ~shaped(again), torch.maximum(after, planned), after)
        less = h * (SAFETY * e ** (-1 / q)).clamp(SHRINK, SAFETY)
        self.h[rows] = torch.where(shaped(taken), after, less).clamp(max=LONGEST)
        self.error[rows] = torch.where(shaped(taken), e, self.error[rows])
        self.again[rows] = ~taken


def _plain_pair(pair: Pair, ask: Callable, x, slope, sigma, after) -> tuple:
    """A Runge–Kutta pair on dx̂/dσ = ε; the last of its rows is the higher method."""
    h, slopes = after - sigma, [slope]
    *stages, (_, last) = pair.plain
    for c, row in stages:
        slopes.append(ask(added(x, [h * w for w in row], slopes), sigma + c * h).noise)
    higher, arrival = added(x, [h * w for w in last], slopes), None
    if len(pair.lower) > len(slopes):  # its last stage is where the step arrives
        there = ask(higher, after)
        slopes.append(there.noise)
        arrival = there.denoised
    return higher, added(x, [h * w for w in pair.lower], slopes), arrival
