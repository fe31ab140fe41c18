"""A run written out: every state of it as a sum of its noise and of the denoiser's answers.

Most solvers only add: x_k = Σ_j a_kj v_j, where v_0 is the unit noise of the start and the others
are answers D(x̂; σ) and new noise, in the order in which they come.  The a's depend on levels and
solver, not on what is sampled.  To find them the loop itself is followed once, on the CPU, with
states that are rows of a's; what is left for the device is one product before each evaluation and
one for all paths at the end.  Nothing is copied back and nothing waits within a run.

A second row of each state holds real numbers.  Where it does not agree with the a's, a solver did
more than add (thresholding, learned steps): then there is no such table, and the loop is followed
on the device as on a CPU.
"""

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from . import graphs
from .ahead import Pace, Seen

MOST = 320  # columns of a table: the products grow with their square
KEPT = 64  # tables that are remembered
PROBES = 8
AGREES = 1e-9  # of the sizes that are added: float64 loses 1e-16 in each of some hundred sums
LARGEST = 2**31  # bytes of all answers of a run; larger ones are followed step by step

Follow = Callable[[Any, Tensor, Callable[[int], Tensor], Callable[[int, Any], None]], Any]


class NotWritten(Exception):
    """A run that is no sum, or one too long for a table."""


class Draw(NamedTuple):
    """New unit noise of a step goes into a column."""

    step: int
    column: int


class Ask(NamedTuple):
    """An evaluation at the state with these coefficients; its answer goes into a column."""

    row: int
    column: int
    level: Tensor


class Told(NamedTuple):
    """The watch of step i is called here."""

    step: int


@dataclasses.dataclass(eq=False)
class Table:
    """A run of some solver and levels, whatever it samples.

    todo: what happens, in order.  rows (E, C): the state of each evaluation.  x (N + 1, C),
    x_hat, denoised (N, C) and samples (C,): what its record holds.  points: of each step, its
    time, level and scale, for who watches.  times, sigma, sigma_hat, evaluated: as in a Trajectory.
    """

    todo: list[Draw | Ask | Told]
    points: list[Any]
    rows: Tensor
    x: Tensor
    x_hat: Tensor
    denoised: Tensor
    samples: Tensor
    facts: dict[str, Tensor]
    columns: int

    def __post_init__(self) -> None:
        self._on: dict[tuple, tuple[Tensor, ...]] = {}
        asked = [act for act in self.todo if isinstance(act, Ask)]
        self.levels = torch.stack([act.level for act in asked])
        self.targets = torch.tensor([act.column for act in asked])

    def bytes(self, noise: Tensor) -> int:
        """What a run from this noise holds."""
        return self.columns * noise.numel() * noise.element_size()

    def on(self, noise: Tensor) -> tuple[Tensor, ...]:
        """rows, and x, x_hat, denoised and samples as one, where the noise is; moved once."""
        key = noise.device, noise.dtype
        if key not in self._on:
            record = torch.cat([self.x, self.x_hat, self.denoised, self.samples[None]])
            self._on[key] = tuple(v.to(*key) for v in (self.rows, record))
        return self._on[key]

    def run(
        self,
        denoiser: Any,
        noise: Tensor,
        noises: Callable[[int], Tensor] | None,
        keep: int | None,
        watch: Callable[[int, Any], None] | None,
    ) -> dict[str, Tensor]:
        """What a Trajectory holds, of a run from this noise."""
        whole = getattr(denoiser, "whole", None)  # of one that is asked in pieces
        owner = denoiser if whole is None else whole(len(noise))
        evaluate, steps = getattr(owner, "evaluate", None), None
        if evaluate is not None and noise.is_cuda and (whole is None or owner is not denoiser):
            steps = graphs.stepped(owner, evaluate, noise, self.columns)
        if steps is None:
            held = noise.new_empty(self.columns, noise.numel())
            ask = self._asking(denoiser, noise, held)
            return self._made(noise, held, ask, noises, keep, watch)
        try:
            held = steps.begin(self.on(noise)[0], self.levels, self.targets)[: self.columns]
            return self._made(noise, held, lambda act: steps.replay(), noises, keep, watch)
        finally:
            steps.turn.release()

    def _asking(self, denoiser: Any, noise: Tensor, held: Tensor) -> Callable[[Ask], None]:
        """What makes one evaluation after the other."""
        each = iter(self.on(noise)[0].unbind())

        def ask(act: Ask) -> None:
            row, known = next(each), act.column
            x = torch.mv(held[:known].T, row[:known]).view_as(noise)
            held[known].view_as(noise).copy_(denoiser(x, act.level))

        return ask

    def _made(
        self,
        noise: Tensor,
        held: Tensor,
        ask: Callable[[Ask], None],
        noises: Callable[[int], Tensor] | None,
        keep: int | None,
        watch: Callable[[int, Any], None] | None,
    ) -> dict[str, Tensor]:
        flat, record = held.view(self.columns, *noise.shape), self.on(noise)[1]
        flat[0] = noise
        pace = Pace(noise.device) if watch is not None else None
        for act in self.todo:
            if isinstance(act, Ask):
                ask(act)
                if pace is not None:
                    pace.wait()
            elif isinstance(act, Draw):
                assert noises is not None
                flat[act.column] = noises(act.step)
            elif watch is not None:
                watch(act.step, Seen(self.points[act.step], flat))
        shown = len(noise) if keep is None else min(keep, len(noise))
        few = flat[:, :shown].reshape(self.columns, -1)
        paths = (record[:-1] @ few).view(len(record) - 1, shown, *noise.shape[1:])
        n = len(self.x_hat)
        x, x_hat, denoised = paths.split([len(self.x), n, n])
        samples = torch.mv(held.T, record[-1]).view_as(noise)
        return dict(self.facts, x=x, x_hat=x_hat, denoised=denoised, samples=samples)


_tables: OrderedDict[Hashable, Table | None] = OrderedDict()
_lock = threading.Lock()


def table(
    key: Hashable | None, columns: int, rounding: Any, follow: Follow, most: int | None = None
) -> Table | None:
    """The table of a run, made once for each key but None; None where it is no sum, or has more
    than `most` columns, MOST if not said.

    columns: no fewer than the run has answers and noises.  rounding: of a denoiser of discrete
    levels, what gives the nearest.  follow(denoiser, noise, noises, watch): the loop, which gives
    back a Trajectory.
    """
    with _lock:
        if key is not None and key in _tables:
            _tables.move_to_end(key)
            return _tables[key]
    made = _made(columns, rounding, follow) if columns <= (most or MOST) else None
    if key is None:
        return made
    with _lock:
        _tables[key] = made
        while len(_tables) > KEPT:
            _tables.popitem(last=False)
    return made


def _made(columns: int, rounding: Any, follow: Follow) -> Table | None:
    trace = _Trace(max(columns, PROBES))  # a row holds real numbers too
    if rounding is not None:
        trace.round_sigma = rounding
    try:
        found = follow(trace, trace.column(), trace.draw, trace.told)
        return trace.table(found)
    except NotWritten:
        return None


class _Trace:
    """Stands in for the denoiser while a run is written out: each answer is a column of its own."""

    round_sigma: Any = None

    def __init__(self, columns: int):
        self.shape = (columns,)
        generator = torch.Generator().manual_seed(0)
        self.probes = torch.randn(columns, PROBES, generator=generator, dtype=torch.float64)
        self.used = 0
        self.todo: list[Draw | Ask | Told] = []
        self.rows: list[Tensor] = []
        self.points: list[Any] = []

    def column(self) -> Tensor:
        """A new column, as a batch of two: its a's, and real numbers."""
        if self.used >= self.shape[0]:
            raise NotWritten
        out = torch.zeros(2, *self.shape, dtype=torch.float64)
        out[0, self.used] = 1
        out[1, :PROBES] = self.probes[self.used]
        self.used += 1
        return out

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        if sigma.ndim:
            raise NotWritten
        self.check(x)
        self.rows.append(x[0].clone())
        answer = self.column()
        self.todo.append(Ask(len(self.rows) - 1, self.used - 1, sigma))
        return answer

    def draw(self, i: int) -> Tensor:
        new = self.column()
        self.todo.append(Draw(i, self.used - 1))
        return new

    def told(self, i: int, point: Any) -> None:
        self.points.append(point)
        self.todo.append(Told(i))

    def check(self, x: Tensor) -> None:
        """x (…, 2, columns): whether its real numbers are what its a's make of them."""
        a, real = x[..., 0, :], x[..., 1, :PROBES]
        size = a.abs() @ self.probes.abs() + 1e-300
        off = (a @ self.probes - real).abs() / size
        if not bool((off <= AGREES).all()):  # also where it is no number
            raise NotWritten

    def table(self, found: Any) -> Table:
        for v in (found.x, found.x_hat, found.denoised, found.samples):
            self.check(v)
        few = lambda v: v[..., 0, : self.used].contiguous()
        names = ("t", "sigma", "sigma_hat", "evaluated")
        return Table(
            self.todo,
            self.points,
            torch.stack(self.rows)[:, : self.used].contiguous(),
            few(found.x),
            few(found.x_hat),
            few(found.denoised),
            few(found.samples),
            {k: getattr(found, k) for k in names},
            self.used,
        )
