"""A run that is given to a device ahead of time: what its watch sees, and how far ahead it is."""

from typing import Any

import torch
from torch import Tensor

from .ode import Point

AHEAD = 4  # evaluations that a device is given before the first of them must be done, if watched


class Seen(Point):
    """A point of a run that is written out: its states are made when somebody looks at them."""

    __slots__ = ("_held", "_row")
    _held: Tensor
    _row: Point

    def __init__(self, row: Point, held: Tensor):
        for name in ("t", "sigma", "scale", "features"):
            object.__setattr__(self, name, getattr(row, name))
        object.__setattr__(self, "_row", row)
        object.__setattr__(self, "_held", held)

    @property
    def x(self) -> Tensor:
        return self._state(self._row.x)

    @property
    def denoised(self) -> Tensor:
        return self._state(self._row.denoised)

    def _state(self, state: Tensor) -> Tensor:
        a = state[0, : len(self._held)]
        known = int(a.nonzero().max()) + 1  # what comes later is not there yet
        flat = self._held[:known].flatten(1)
        return torch.mv(flat.T, a[:known].to(flat)).view_as(self._held[0])


class Pace:
    """Keeps who gives work to a device at most AHEAD evaluations before it: what is given cannot be
    called back, so a run that nobody wants any more ends that soon."""

    def __init__(self, device: torch.device):
        self.device = device
        self.given: list[Any] | None = [] if device.type == "cuda" else None

    def wait(self) -> None:
        if self.given is None:
            return
        event = torch.cuda.Event()
        event.record(torch.cuda.current_stream(self.device))
        self.given.append(event)
        if len(self.given) > AHEAD:
            self.given.pop(0).synchronize()
