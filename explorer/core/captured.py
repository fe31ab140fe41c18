"""A piece of a GPU's work, captured: what is launched again as one.

All of a device share one pool of memory for what lies between input and answer: they are replayed
one after the other, on the stream that all threads share.  An answer lies where another may write,
so who replays has the device's turn until its answer is copied.
"""

import contextlib
import threading
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

ONE = threading.RLock()  # capture at a time: all of a device are made on one stream


class Place:
    """A device: the stream that captures, the pool that its graphs share, and whose turn it is."""

    def __init__(self, device: torch.device):
        self.side, self.turn = torch.cuda.Stream(device), threading.Lock()
        self.graphs: weakref.WeakSet[Captured] = weakref.WeakSet()
        self.pool: Any = None

    def members(self) -> list["Captured"]:
        """Who keeps the pool alive; a new one where nobody does: PyTorch takes up no dead one."""
        alive = list(self.graphs)
        if not alive:
            self.pool = torch.cuda.graph_pool_handle()
        return alive


_places: dict[torch.device, Place] = {}


class Captured:
    """A captured piece of work; `held_bytes` is what it keeps from others."""

    def __init__(self, work: Callable[[], Any], device: torch.device, weights: list[Tensor]):
        self.weights = [v.data for v in weights]  # they stay where the graph reads them
        with ONE:
            before = torch.cuda.memory_reserved(device)
            self._capture(work, device)
            self.held_bytes = max(0, torch.cuda.memory_reserved(device) - before)

    def _capture(self, work: Callable[[], Any], device: torch.device) -> None:
        if device not in _places:
            _places[device] = Place(device)
        self.place, here = _places[device], torch.cuda.current_stream(device)
        side, alive = self.place.side, self.place.members()
        self.graph = torch.cuda.CUDAGraph()
        side.wait_stream(here)
        with torch.cuda.stream(side):
            work()
            side.synchronize()
            self.graph.capture_begin(pool=self.place.pool, capture_error_mode="thread_local")
            try:
                self.out = work()
                self.graph.capture_end()
            except BaseException:
                self._given_up(device)
                raise
        here.wait_stream(side)
        self.place.graphs.add(self)
        del alive  # until here, so that the pool could not die

    def _given_up(self, device: torch.device) -> None:
        """After a capture that failed: its stream may be captured still, and its pool be taken, so
        the next capture has others."""
        _places.pop(device, None)
        with contextlib.suppress(RuntimeError):  # where the end itself is what failed
            self.graph.capture_end()
