"""CUDA graphs of one evaluation: a small network is bound by its launches; a graph has one.

    answer(owner, kind, evaluate, x, sigma)       what evaluate(x, σ) gives, or None: then evaluate
    stepped(owner, evaluate, held, …)             all evaluations of a run that is written out
    ahead(owner, noise)                           both, of every size up to that, before they are

A graph belongs to one denoiser, one place and one size of batch; a smaller batch is padded.  It is
captured when a size has been asked for WARM times, so that those evaluations warm up the kernels,
or `ahead` of that, while nobody waits; it costs about as much as two of them.  Where a capture
fails, the reason is kept and that denoiser goes on without.  Weights that are changed where they
lie are seen by the graph, which reads them there; weights that lie elsewhere get a new one.
"""

import itertools
import threading
import weakref
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from ..memo import Memo
from .captured import ONE, Captured

WARM = 2  # evaluations of a size before it is captured
AHEAD = 0  # where nobody has asked for it yet
SIZES = (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 4096)
COLUMNS = (24, 40, 64, 128, 264, 520)  # of what a run holds; a reference has 258 or 514
HEAVY = 2e11  # multiplications of a batch from which padding costs more than another capture
LIMIT = 2**32  # bytes that all graphs may hold
SHARE = LIMIT // 32  # of one run that nobody has asked for yet

GRAPHS = Memo(LIMIT)  # forgotten where room is wanted, the least recently used first
ON = True  # whether any are made
counted: Callable[[Any], Any] = lambda graph: graph  # who keeps account of memory puts itself here
_owners: "weakref.WeakKeyDictionary[Any, _Owner]" = weakref.WeakKeyDictionary()
_numbers = itertools.count()

Evaluate = Callable[[Tensor, Tensor], Any]


class _Owner:
    """What is known of one denoiser: what it was asked, its weights, and why it has no graphs."""

    def __init__(self, owner: Any):
        self.number = next(_numbers)
        self.asked: dict[tuple, int] = {}
        self.refused = ""
        parts = [getattr(owner, name, None) for name in ("strong", "weak")]  # of guidance
        modules = [getattr(part, "module", None) for part in (owner, *parts)]
        self.modules = [m for m in modules if m is not None]
        numbers = ((*m.parameters(), *m.buffers()) for m in self.modules)
        self.weights = list(itertools.chain.from_iterable(numbers))

    def stamp(self) -> int:
        """Changes when a weight lies elsewhere, or a network has got a faster form."""
        swaps = (getattr(getattr(m, "model", None), "swaps", 0) for m in self.modules)
        return hash((*(v.data_ptr() for v in self.weights), *swaps))


class Graph(Captured):
    """One evaluation of a batch at one noise level, or at one for each sample."""

    def __init__(self, evaluate: Evaluate, x: Tensor, levels: int, weights: list[Tensor]):
        self.x = torch.zeros_like(x)
        self.sigma = torch.ones(levels, dtype=x.dtype, device=x.device)
        super().__init__(lambda: evaluate(self.x, self.sigma), x.device, weights)

    def __call__(self, x: Tensor, sigma: Tensor) -> Any:
        """The answer for the first len(x) samples, a copy."""
        n = len(x)
        with self.place.turn:
            self.x[:n].copy_(x)
            if sigma.ndim:
                self.sigma[: len(sigma)].copy_(sigma)
            else:
                self.sigma.fill_(sigma)
            self.graph.replay()
            if isinstance(self.out, tuple):
                return tuple(v[:n].clone() for v in self.out)
            return self.out[:n].clone()


class Steps(Captured):
    """One evaluation of a run that is written out, with what comes before it: the next row of
    coefficients times what is held, D of that, into its column.  A replay is the next evaluation.
    """

    def __init__(self, evaluate: Evaluate, noise: Tensor, columns: int, weights: list[Tensor]):
        self.turn = threading.Lock()  # what is held is overwritten by who comes next
        new = lambda *size, **kind: torch.zeros(size, device=noise.device, **kind)
        self.held = new(columns, noise.numel(), dtype=noise.dtype)
        self.rows = new(columns, columns, dtype=noise.dtype)
        self.levels = new(columns, dtype=noise.dtype) + 1
        self.columns, self.at = (new(n, dtype=torch.int64) for n in (columns, 1))

        def work() -> None:
            row = self.rows.index_select(0, self.at)
            x = (row @ self.held).view_as(noise)
            answer = evaluate(x, self.levels.index_select(0, self.at))
            place = self.columns.index_select(0, self.at)
            self.held.index_copy_(0, place, answer.to(noise.dtype).view(1, -1))
            self.at.add_(1)

        super().__init__(work, noise.device, weights)

    def replay(self) -> None:
        """The next evaluation."""
        with self.place.turn:
            self.graph.replay()

    def begin(self, rows: Tensor, levels: Tensor, columns: Tensor) -> Tensor:
        """Take up a run of these coefficients (E, C), levels (E,) and columns (E,) of its answers;
        what it holds (all columns, numbers), all zeros."""
        e, c = rows.shape
        self.held.zero_()
        self.rows.zero_()
        self.rows[:e, :c].copy_(rows, non_blocking=True)
        self.levels[:e].copy_(levels, non_blocking=True)
        self.columns[:e].copy_(columns, non_blocking=True)
        self.at.zero_()
        return self.held


def answer(owner: Any, kind: str, evaluate: Evaluate, x: Tensor, sigma: Tensor) -> Any:
    """What evaluate(x, sigma) gives, by a graph; None where there is none, or not yet.

    owner: whose graphs they are.  kind: of what it is asked.  x (B, *shape) on a GPU; sigma () or
    (B,) or (1,), anywhere.
    """
    if not ON or not _plain(x, sigma):
        return None
    size = _size(owner, len(x))
    levels = size if sigma.ndim and len(sigma) > 1 else 1
    graph = _evaluation(owner, kind, evaluate, x, size, levels, WARM)
    return None if graph is None else graph(x, sigma)


def stepped(owner: Any, evaluate: Evaluate, noise: Tensor, columns: int) -> Steps | None:
    """The graph that makes the runs of so many columns from noise like this.

    Its `turn` is the caller's, who gives it back.  None where there is none, or not yet (the first
    run warms up the kernels), or where another run is made with it: to wait for that could be to
    wait for oneself.
    """
    at = bisect_left(COLUMNS, columns)
    if not ON or at == len(COLUMNS) or not _plain(noise, noise):
        return None
    found = _run(owner, evaluate, noise, COLUMNS[at], 1)
    return found if found is not None and found.turn.acquire(blocking=False) else None


def ahead(owner: Any, noise: Tensor) -> Iterator[None]:
    """Capture what runs from noise like this will ask for, and from less of it: one evaluation of
    each size at one level, and the steps of runs of every length that fits.

    A generator, so that whoever has time to spare looks up between two of them; it ends at the
    first that cannot be had.  owner: as for `answer`, with its `evaluate`, of one label for all;
    noise (B, *shape) on a GPU.
    """
    if not ON or not _plain(noise, noise):
        return
    most, each = _size(owner, len(noise)), noise.numel() * noise.element_size()
    for size in (*(n for n in SIZES if n < most), most):
        if _evaluation(owner, "D", owner.evaluate, noise, size, 1, AHEAD) is None:
            return
        yield
    for columns in (n for n in COLUMNS if n * each <= SHARE):
        if _run(owner, owner.evaluate, noise, columns, AHEAD) is None:
            return
        yield


def _evaluation(
    owner: Any, kind: str, evaluate: Evaluate, x: Tensor, size: int, levels: int, warm: int
) -> Graph | None:
    """The graph of one evaluation of `size` samples like those of x."""
    make = lambda weights: Graph(evaluate, x.new_empty(size, *x.shape[1:]), levels, weights)
    return _found(owner, (kind, size, levels > 1, x.dtype, x.device), warm, make)


def _run(owner: Any, evaluate: Evaluate, noise: Tensor, columns: int, warm: int) -> Steps | None:
    """The graph of the steps of runs from noise like this."""
    make = lambda weights: Steps(evaluate, noise, columns, weights)
    return _found(owner, ("run", columns, noise.shape, noise.dtype, noise.device), warm, make)


def _found(owner: Any, what: tuple, warm: int, make: Callable[[list[Tensor]], Any]) -> Any:
    """The graph of this denoiser for this, made when it has been asked for more than `warm` times;
    else None."""
    known = _owners.get(owner)
    if known is None:
        known = _owners.setdefault(owner, _Owner(owner))
    if known.refused:
        return None
    key = (known.number, *what, known.stamp())
    if key not in GRAPHS:
        times = known.asked[key] = known.asked.get(key, 0) + 1
        if times <= warm or not ONE.acquire(blocking=False):
            return None
        try:
            with torch.no_grad():
                GRAPHS(key, lambda: counted(make(known.weights)))
        except RuntimeError as problem:
            if isinstance(problem, torch.cuda.OutOfMemoryError):
                if warm > AHEAD:  # else those that were asked for stay
                    GRAPHS.clear()
                known.asked[key] = -(10**6)  # this size goes without
            else:
                known.refused = str(problem).strip().split("\n")[0][:200] or "no reason given"
            return None
        finally:
            ONE.release()
    return GRAPHS(key, lambda: None)


def _size(owner: Any, count: int) -> int:
    """The size of the graph that takes a batch of so many."""
    at = bisect_left(SIZES, count)
    if at == len(SIZES) or getattr(owner, "operations", 0.0) * count > HEAVY:
        return count
    return SIZES[at]


def numbers_alone(*given: Tensor) -> bool:
    """Whether numbers alone are wanted: no gradient, and nobody who looks at each operation."""
    if torch.is_grad_enabled() and any(v.requires_grad for v in given):
        return False
    return not (
        torch.compiler.is_compiling()
        or torch._C._functorch.peek_interpreter_stack() is not None
        or torch._C._len_torch_dispatch_stack()
        or torch.autograd.forward_ad._current_level >= 0
    )


def _plain(x: Tensor, sigma: Tensor) -> bool:
    return numbers_alone(x, sigma) and not torch.cuda.is_current_stream_capturing()


def refused(owner: Any) -> str:
    """Why this denoiser has no graphs; nothing where it may have some."""
    known = _owners.get(owner)
    return known.refused if known else ""
