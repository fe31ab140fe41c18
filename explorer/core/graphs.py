"""CUDA graphs of one evaluation: a small network is bound by its launches; a graph has one.

    answer(owner, kind, evaluate, x, sigma)       what evaluate(x, σ) gives, or None: then evaluate

A graph belongs to one denoiser, one place and one size of batch; a smaller batch is padded.  It is
captured when a size has been asked for WARM times, so that those evaluations warm up the kernels,
and it costs about as much as two of them.  Where a capture fails, the reason is kept and that
denoiser goes on without.  Weights that are changed where they lie are seen by the graph, which
reads them there; weights that lie elsewhere get a new one.
"""

import itertools
import threading
import weakref
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..memo import Memo

WARM = 2  # evaluations of a size before it is captured
SIZES = (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 4096)
HEAVY = 2e11  # multiplications of a batch from which padding costs more than another capture
LIMIT = 2**32  # bytes that all graphs may hold

GRAPHS = Memo(LIMIT)  # forgotten where room is wanted, the least recently used first
ON = True  # whether any are made
counted: Callable[[Any], Any] = lambda graph: graph  # who keeps account of memory puts itself here
_owners: "weakref.WeakKeyDictionary[Any, _Owner]" = weakref.WeakKeyDictionary()
_numbers = itertools.count()
_lock = threading.Lock()  # one capture at a time

Evaluate = Callable[[Tensor, Tensor], Any]


class _Owner:
    """What is known of one denoiser: what it was asked, its weights, and why it has no graphs."""

    def __init__(self, owner: Any):
        self.number = next(_numbers)
        self.asked: dict[tuple, int] = {}
        self.refused = ""
        module = getattr(owner, "module", None)
        self.weights = [] if module is None else [*module.parameters(), *module.buffers()]

    def stamp(self) -> int:
        """Changes when a weight lies elsewhere."""
        return hash(tuple(v.data_ptr() for v in self.weights))


class Graph:
    """One captured evaluation of a batch at one noise level, or at one for each sample."""

    def __init__(self, evaluate: Evaluate, x: Tensor, levels: int, weights: list[Tensor]):
        self.x, self.turn = torch.zeros_like(x), threading.Lock()
        self.sigma = torch.ones(levels, dtype=x.dtype, device=x.device)
        self.weights = [v.data for v in weights]  # they stay where the graph reads them
        before = torch.cuda.memory_reserved(x.device)
        self.graph = torch.cuda.CUDAGraph()
        here, side = torch.cuda.current_stream(x.device), torch.cuda.Stream(x.device)
        side.wait_stream(here)
        with torch.cuda.stream(side):
            evaluate(self.x, self.sigma)
            side.synchronize()
            self.graph.capture_begin(capture_error_mode="thread_local")
            try:
                self.out = evaluate(self.x, self.sigma)
            finally:
                self.graph.capture_end()
        here.wait_stream(side)
        self.held_bytes = max(0, torch.cuda.memory_reserved(x.device) - before)

    def __call__(self, x: Tensor, sigma: Tensor) -> Any:
        """The answer for the first len(x) samples, a copy."""
        n = len(x)
        with self.turn:  # inputs and answer are overwritten by who comes next
            self.x[:n].copy_(x)
            if sigma.ndim:
                self.sigma[: len(sigma)].copy_(sigma)
            else:
                self.sigma.fill_(sigma)
            self.graph.replay()
            if isinstance(self.out, tuple):
                return tuple(v[:n].clone() for v in self.out)
            return self.out[:n].clone()


def answer(owner: Any, kind: str, evaluate: Evaluate, x: Tensor, sigma: Tensor) -> Any:
    """What evaluate(x, sigma) gives, by a graph; None where there is none, or not yet.

    owner: whose graphs they are.  kind: of what it is asked.  x (B, *shape) on a GPU; sigma () or
    (B,) or (1,), anywhere.
    """
    if not ON or not _plain(x, sigma):
        return None
    known = _owners.get(owner)
    if known is None:
        known = _owners.setdefault(owner, _Owner(owner))
    if known.refused:
        return None
    size = _size(owner, len(x))
    levels = size if sigma.ndim and len(sigma) > 1 else 1
    key = (known.number, kind, size, levels > 1, x.dtype, x.device, known.stamp())
    if key not in GRAPHS:
        times = known.asked[key] = known.asked.get(key, 0) + 1
        if times <= WARM or not _lock.acquire(blocking=False):
            return None
        try:
            if not _captured(known, key, evaluate, x, size, levels):
                return None
        finally:
            _lock.release()
    graph = GRAPHS(key, lambda: None)
    return None if graph is None else graph(x, sigma)


@torch.no_grad()
def _captured(known: _Owner, key: tuple, evaluate: Evaluate, x: Tensor, size: int, levels: int):
    padded = x.new_empty(size, *x.shape[1:])
    try:
        GRAPHS(key, lambda: counted(Graph(evaluate, padded, levels, known.weights)))
    except RuntimeError as problem:
        if isinstance(problem, torch.cuda.OutOfMemoryError):
            GRAPHS.clear()
            known.asked[key] = -(10**6)  # this size goes without
        else:
            known.refused = str(problem).strip().split("\n")[0][:200] or type(problem).__name__
        return False
    return True


def _size(owner: Any, count: int) -> int:
    """The size of the graph that takes a batch of so many."""
    at = bisect_left(SIZES, count)
    if at == len(SIZES) or getattr(owner, "operations", 0.0) * count > HEAVY:
        return count
    return SIZES[at]


def _plain(x: Tensor, sigma: Tensor) -> bool:
    """Whether numbers alone are wanted: no gradient, and nobody who looks at each operation."""
    if (x.requires_grad or sigma.requires_grad) and torch.is_grad_enabled():
        return False
    return not (
        torch.compiler.is_compiling()
        or torch._C._functorch.peek_interpreter_stack() is not None
        or torch._C._len_torch_dispatch_stack()
        or torch.autograd.forward_ad._current_level >= 0
        or torch.cuda.is_current_stream_capturing()
    )


def refused(owner: Any) -> str:
    """Why this denoiser has no graphs; nothing where it may have some."""
    known = _owners.get(owner)
    return known.refused if known else ""
