"""Where a learned solver evaluates: its levels and the points inside its steps, placed together.

    σ_0 > m_0 > σ_1 > m_1 > … > σ_{K−1}        m_k = σ_{k+1}^{r_k} σ_k^{1−r_k}

A predictor that starts from r = ½ on somebody else's levels first has to find its way; here all
stops move until the measured end error no longer falls, and the predictor starts from there.  For
AMED-Solver that matters: it leaves a step in one direction, so a first step of wide reach wants its
point near the start, where untrained solvers have theirs in the middle.
"""

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import torch
from torch import Tensor

from ..core.solvers import AMED, Plugin
from ..core.solvers.steered import Steered
from ..core.timesteps import Rho, VPTime
from .gits import GITS, EndError, Search, descend, gits

PLACES = (("view", "the view’s"), ("gits", "GITS"), ("search", "searched"))
PATHS = 48  # over which the error is measured while stops move
STRIDES = (0.5, 0.25, 0.12)  # in ln σ
STARTS = 2  # of the grids below, the best ones are searched from
GRIDS = (VPTime(1.0), VPTime(1.5), VPTime(2.0), Rho(7.0), Rho(5.0))
INSIDE = (0.1, 0.5)  # r in the steps of those grids


@dataclasses.dataclass(frozen=True)
class Placed:
    """The stops so far: levels (K,), r (K − 1,), geometric mean end error on the paths searched;
    how many lists of stops were tried.
    """

    levels: tuple[float, ...]
    r: tuple[float, ...]
    error: float
    tried: int


def by_step(
    solver: AMED | Plugin, r: Sequence[float], c: Sequence[float] = (), a: Sequence[float] = ()
) -> Steered:
    """A learned solver with an r of its own for each step, and a c and an a if they are given."""
    c, a = c or (1.0,) * len(r), a or (1.0,) * len(r)

    def choose(ode, state, sigma_next: float) -> tuple:
        k = len(r) - state.left
        return r[k], c[k], a[k]

    return Steered(solver, choose)


def stops_of(levels: Sequence[float], r: Sequence[float]) -> tuple[float, ...]:
    """(2K − 1,): the levels with the point inside each step between them."""
    inside = [a ** (1 - q) * b**q for a, b, q in zip(levels, levels[1:], r)]
    return (*itertools.chain.from_iterable(zip(levels, inside)), levels[-1])


def levels_and_r(stops: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """What `stops_of` put together: (K,) and (K − 1,)."""
    a, m, b = stops[:-1:2], stops[1::2], stops[2::2]
    r = (math.log(p / q) / math.log(p / s) for p, q, s in zip(a, m, b))
    return tuple(stops[::2]), tuple(r)


class Typical(EndError):
    """The geometric mean of the end errors over levels: each path counts by how many times its
    error grows or shrinks, where one path of 48 that is lost makes half of a mean.
    """

    def summary(self, errors: Tensor) -> float:
        return math.exp(float(errors.log().mean()))


class StopError(Typical):
    """That of a learned solver over its stops."""

    def __call__(self, stops) -> float:
        levels, r = levels_and_r(stops)
        return self.of(levels, by_step(self.solver, r))


def searched(
    denoiser,
    solver,
    levels: Sequence[float],
    seed: int = 0,
    afs: bool = False,
    device="cpu",
    dtype=torch.float64,
    watch: Callable[[], None] | None = None,
) -> Iterator[Search]:
    """Better levels for any solver between the ends of `levels`, as many; the last one yielded is
    the best.  The same paths, starts and strides that `place` has for a learned solver.
    """
    top, bottom = levels[0], levels[-1]
    where = {"device": device, "dtype": dtype, "watch": watch}
    measured = Typical(denoiser, solver, top, bottom, seed, PATHS, afs=afs, **where)
    best = None
    for s in _descents(measured, _grids(levels)):
        if best is None or s.error < best.error:
            best = s
        yield dataclasses.replace(best, tried=measured.tried)


def _grids(levels: Sequence[float]) -> list[tuple[float, ...]]:
    """The levels themselves, and others with the same ends."""
    own = (dataclasses.replace(g, sigma_max=levels[0], sigma_min=levels[-1]) for g in GRIDS)
    return [tuple(levels), *(tuple(g.sigmas(len(levels)).tolist()) for g in own)]


def _descents(
    measured: EndError, starts: Sequence[tuple[float, ...]], moved: Iterable[int] | None = None
) -> Iterator[Search]:
    """The search from the best of the starts."""
    for start in sorted(starts, key=measured)[:STARTS]:
        yield from descend(measured, start, STRIDES, moved=moved)


def place(
    denoiser,
    solver: AMED | Plugin,
    levels: Sequence[float],
    how: str,
    seed: int = 0,
    afs: bool = True,
    device="cpu",
    dtype=torch.float64,
    watch: Callable[[], None] | None = None,
) -> Iterator[Placed]:
    """Better stops between the ends of `levels`, as many; the last one yielded is the best.

    how: “gits” keeps to the levels that GITS finds and moves the points inside, “search” moves all.
    Coordinate descent on ln σ (`gits.descend`); watch() may raise Cancelled.
    """
    top, bottom, steps = levels[0], levels[-1], len(levels) - 1
    where = {"device": device, "dtype": dtype, "watch": watch}
    measured = StopError(denoiser, solver, top, bottom, seed, PATHS, afs=afs, **where)
    if how == "gits":
        grids = [gits(denoiser, steps, top, bottom, GITS(seed=seed % 2**28), **where)]
    else:
        grids = _grids(levels)
    starts = [stops_of(g, [r] * steps) for g in grids for r in INSIDE]
    best = None
    for s in _descents(measured, starts, range(1, 2 * steps, 2) if how == "gits" else None):
        if best is None or s.error < best.error:
            best = Placed(*levels_and_r(s.levels), s.error, measured.tried)
        yield dataclasses.replace(best, tried=measured.tried)
