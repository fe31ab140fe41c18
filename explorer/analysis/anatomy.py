"""A step taken apart: the new state as a sum of the old one, of the answers of D and of new noise.

A solver only adds: whatever it does inside, where it asks D and where it arrives are sums

    X = Σ_j a_j v_j        v: the state where a step began, an answer D(x̂; σ), or new unit noise

whose a's depend on levels and on nothing else.  No formula is written down here: the loop itself is
followed once for one path, and beside its coordinates the state carries the a's, one place for each
v.  What the solver does to the one it does to the other, so the a's are those that it used, of any
solver.  Steps of a solver of tolerances and those of a predictor are chosen by the coordinates
alone.

Where a solver does more than add, the sum is not the state, and `Cut.off` says by how much.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..core import infinity
from ..core.churn import Churn, Restart
from ..core.loop import Past, steps
from ..core.ode import Ode, Point, State, looks
from ..core.predictor import plain_features
from ..core.solvers.exponential import threshold
from ..errors import UserError

Row = dict[int, float]  # the a's of a state that are not 0, by their columns

ROOM = 64  # columns at first; twice as many where they do not do
MOST = 2**14


class _Full(Exception):
    """More columns are needed."""


@dataclasses.dataclass(frozen=True, eq=False)
class Vector:
    """One v: kind x (where a step began), c (the same after churn or a corrector), D (an answer),
    b (the answer about which CFG++ takes noise) or n (unit noise).  step: of the run; sigma: its
    level; value (D,), float64."""

    kind: str
    step: int
    sigma: float
    value: Tensor


@dataclasses.dataclass(frozen=True, eq=False)
class Asked:
    """An evaluation: where, x = Σ row·v, (D,); at which level; and the column of its answer."""

    row: Row
    x: Tensor
    sigma: float
    column: int


@dataclasses.dataclass(frozen=True, eq=False)
class Cut:
    """One step.  States are unscaled.

    begun: column of its x; hat: the level after churn, with the row and state there, which a
    corrector may have moved as well; asked: its evaluations, in order; row, x: where it arrived.
    off: how far the sum is from that, relative to what is added.
    """

    step: int
    sigma: float
    sigma_hat: float
    sigma_next: float
    begun: int
    hat_row: Row
    hat: Tensor
    asked: tuple[Asked, ...]
    row: Row
    x: Tensor
    off: float


@dataclasses.dataclass(frozen=True, eq=False)
class Anatomy:
    """The steps of one path, and the vectors that they are sums of."""

    cuts: tuple[Cut, ...]
    vectors: tuple[Vector, ...]
    asked: dict[int, Asked]  # by the column of the answer, of the whole run


class _Witness:
    """A denoiser of states that carry their a's: it asks the real one about the coordinates."""

    def __init__(self, denoiser: Any, size: int, room: int, clips: bool):
        self.real, self.shape = denoiser, denoiser.shape
        self.counts, self.room, self.clips = size, room, clips
        self.vectors: list[Vector] = []
        self.asked: dict[int, Asked] = {}
        self.step = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def column(self, kind: str, sigma: float, value: Tensor) -> Tensor:
        """(1, D + room): these coordinates, as a v of their own."""
        if len(self.vectors) == self.room:
            raise _Full
        out = value.new_zeros(1, self.counts + self.room)
        out[0, : self.counts] = value
        out[0, self.counts + len(self.vectors)] = 1
        self.vectors.append(Vector(kind, self.step, sigma, value.double()))
        return out

    def row(self, x: Tensor) -> Row:
        """The a's of a state."""
        a = x[0, self.counts :]
        return {int(j): float(a[j]) for j in a.nonzero()[:, 0]}

    def value(self, x: Tensor) -> Tensor:
        """The coordinates of a state."""
        return x[0, : self.counts]

    def _plain(self, x: Tensor) -> Tensor:
        return self.value(x).reshape(1, *self.shape)

    def _answer(self, x: Tensor, sigma: Tensor, found: Tensor) -> Tensor:
        level, found = float(sigma), found.to(x.dtype)
        found = threshold(found) if self.clips else found
        out = self.column("D", level, found.flatten())
        asked = Asked(self.row(x), self.value(x).double().clone(), level, len(self.vectors) - 1)
        self.asked[asked.column] = asked
        return out

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        return self._answer(x, sigma, self.real(self._plain(x), sigma))

    def with_features(self, x: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """D, and what a predictor looks at: of the coordinates."""
        plain = self._plain(x)
        if hasattr(self.real, "with_features"):
            found, features = self.real.with_features(plain, sigma)
        else:
            found = self.real(plain, sigma)
            features = plain_features(plain, sigma, found)
        return self._answer(x, sigma, found), features

    def told(self, x: Tensor, sigma: Tensor, memory: Tensor | None = None) -> tuple:
        """D and the answer about which noise is taken, each a v."""
        found, base, memory = self.real.told(self._plain(x), sigma, memory)
        about = None if base is None else self.column("b", float(sigma), base.flatten().to(x.dtype))
        return self._answer(x, sigma, found), about, memory


@dataclasses.dataclass(frozen=True, eq=False)
class How:
    """How a path goes: what `core.sampling.sample` is told.

    noises(): the new noise of the path from its beginning, (1, *shape) for a number.
    """

    solver: Any
    schedule: Any
    churn: Churn
    restart: Restart
    noises: Callable[[], Callable[[int], Tensor]] | None = None
    afs: bool = False
    denoise: bool = False
    most: int | None = None


@torch.no_grad()
def dissect(denoiser: Any, noise: Tensor, sigmas: Tensor, how: How, until: int) -> Anatomy:
    """The first `until` steps of the path that begins at noise (1, *shape), taken apart.

    sigmas (N + 1,): as of `sample`.
    """
    room = ROOM
    while room <= MOST:
        try:
            return _Dissection(denoiser, noise, sigmas, how, room).made(until)
        except _Full:
            room *= 2
    raise UserError(
        f"A path of more than {MOST} evaluations and states is too long to be taken apart; "
        "use fewer evaluations."
    )


class _Dissection:
    """The loop, followed once by a state that carries its a's."""

    def __init__(self, denoiser: Any, noise: Tensor, sigmas: Tensor, how: How, room: int):
        # Clipping is the one thing that solvers of the list do to an answer besides adding it.
        clips = getattr(how.solver, "thresholding", False)
        data = getattr(how.solver, "prediction", "data") == "data"
        self.solver = dataclasses.replace(how.solver, thresholding=False) if clips else how.solver
        self.witness = _Witness(denoiser, noise.numel(), room, clips and data)
        self.noise, self.how = noise, how
        self.new = None if how.noises is None else how.noises()
        self.sigmas, self.pure = infinity.placed(sigmas)
        self.ode = Ode(self.witness, how.schedule, looks(self.solver), how.most)
        self.times = how.schedule.time(self.sigmas)
        self.cuts: list[Cut] = []
        self.begun = self.first = 0

    def made(self, until: int) -> Anatomy:
        witness, how, levels = self.witness, self.how, self.sigmas.tolist()
        start = witness.column("n", levels[0], self.noise.flatten())
        begin = start if self.pure else self.ode.scaled(start * self.sigmas[0], self.times[0])
        run = steps(
            self.ode,
            self.solver,
            begin,
            self.times,
            begin=self._begin,
            observe=self._observe,
            churn=how.churn,
            noise=None if self.new is None else self._draw,
            afs=how.afs,
            restart=how.restart,
            span=(levels[0], levels[-1] or levels[-2]),
            pure=self.pure,
        )
        for point in run:
            ends = len(self.cuts) == len(levels) - 1
            if ends and how.denoise and levels[-1] > 0 and until >= len(levels):
                self._denoise(point)
            if len(self.cuts) >= until:
                break
        return Anatomy(tuple(self.cuts), tuple(witness.vectors), witness.asked)

    def _denoise(self, end: Point) -> None:
        """The evaluation after the last step, which is where the run ends."""
        i = len(self.times) - 1
        x, _, _ = self._begin(i, end.x, (), None)
        point = self.ode.evaluate(x, end.t)
        self._cut(i, point, point.denoised, 0.0)

    def _draw(self, i: int) -> Tensor:
        assert self.new is not None
        return self.witness.column("n", math.nan, self.new(i).flatten())

    def _begin(self, i: int, x: Tensor, past: Past, carry: Any) -> tuple[Tensor, Past, Any]:
        """The step begins at a v of its own, which is where the last one came to."""
        witness, t = self.witness, self.times[i]
        pure = self.pure and i == 0
        plain = x if pure else self.ode.plain(x, t)
        past = (*past[:-1], self._whole(past[-1])) if past else past
        witness.step, self.begun = i, len(witness.vectors)
        own = witness.column("x", float(self.sigmas[i]), witness.value(plain))
        if not pure:
            own = self.ode.scaled(own, t)
            own[0, : witness.counts] = witness.value(x)
        return own, past, carry

    def _whole(self, point: Point) -> Point:
        """A past point that churn or a corrector moved as a v of its own, else all before it would
        come in."""
        witness, plain = self.witness, point.plain
        if len(witness.row(plain)) < 2:
            return point
        moved = witness.column("c", float(point.sigma), witness.value(plain))
        x = moved if point.scale is None else moved * point.scale
        x[0, : witness.counts] = witness.value(point.x)
        return dataclasses.replace(point, x=x)

    def _observe(self, i: int, state: State, x: Tensor, carry: Any) -> None:
        arrived = self.ode.plain(x, self.times[i + 1])
        self._cut(i, state.here, arrived, float(self.sigmas[i + 1]))

    def _cut(self, i: int, here: Point, arrived: Tensor, sigma_next: float) -> None:
        witness, plain = self.witness, here.plain
        row, value = witness.row(arrived), witness.value(arrived).double().clone()
        levels = float(self.sigmas[i]), float(here.sigma), sigma_next
        hat = witness.row(plain), witness.value(plain).double().clone()
        asked = tuple(a for c, a in witness.asked.items() if c >= self.begun)
        off = self._off(row, value)
        self.cuts.append(Cut(i, *levels, self.begun, *hat, asked, row, value, off))

    def _off(self, row: Row, value: Tensor) -> float:
        terms = [a * self.witness.vectors[j].value for j, a in row.items()]
        if not terms:
            return float(value.abs().max() > 0)
        added = torch.stack(terms)
        return float((added.sum(0) - value).abs().max() / added.abs().max().clamp(min=1e-300))
