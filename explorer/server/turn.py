"""One request's turn to compute: where it stands, and what it does at each of its steps.

    breathe()      checks that somebody still wants the answer, and rests while others come first

A turn that waits for what another makes holds no slot meanwhile.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from .. import memo
from ..errors import Cancelled
from .visitor import Visitor

FIRST, FOLLOWS, SETTLED = range(3)  # ranks: a first picture, what follows of it, its settled error
AGES = 3.0  # seconds of waiting that are worth a rank: nobody waits for ever
LOOKS = 0.02  # seconds between two looks of one at work whether others should come first
POLL = 0.25  # seconds between two looks of one that waits whether its client has left

_turn: ContextVar["Turn | None"] = ContextVar("turn", default=None)


class Place(Protocol):
    """What a turn asks of its room."""

    waiting: list["Turn"]

    def yields(self, turn: "Turn") -> bool: ...
    def step_out(self, turn: "Turn") -> None: ...
    def step_in(self, turn: "Turn") -> None: ...


class Turn:
    """One request in the room.  Changed under the room's lock alone."""

    def __init__(self, room: Place, who: Visitor, rank: int, page: str, number: float):
        self.room, self.who, self.rank = room, who, rank
        self.page, self.number = page, number
        self.since = self.started = self.looked = time.monotonic()
        self.worked = 0.0  # seconds with a slot
        self.begun = False
        self.why: Exception | None = None  # it must not go on
        self.slot = threading.Event()
        self.wake: Callable[[], Any] = lambda: None  # called, by any thread, when it may begin or
        #                                              must not

    @property
    def level(self) -> int:
        """Its rank by now."""
        return max(0, self.rank - int((time.monotonic() - self.since) / AGES))

    def check(self) -> None:
        """Raises Cancelled if nobody wants the answer any more."""
        if self.why is not None:
            raise self.why
        if self.who.gone.is_set():
            raise Cancelled

    def breathe(self) -> None:
        """At each step of the work: check, and rest while others should come first."""
        self.check()
        if not self.room.waiting:
            return
        now = time.monotonic()
        if now - self.looked < LOOKS:
            return
        self.looked = now
        if self.room.yields(self):
            self.wait()

    def wait(self) -> None:
        """Until there is a slot.  Raises Cancelled, or UserError if it lost its place."""
        while not self.slot.wait(POLL):
            self.check()
        self.check()

    def aside(self, made: threading.Event) -> None:
        """Wait for what another makes, without a slot."""
        self.room.step_out(self)
        while not made.wait(POLL):
            self.check()
        self.room.step_in(self)
        self.wait()

    @contextmanager
    def working(self) -> Iterator["Turn"]:
        """The turn of this thread, while it computes."""
        mine, waits = _turn.set(self), memo.waits.set(self.aside)
        try:
            yield self
        finally:
            memo.waits.reset(waits)
            _turn.reset(mine)


def current() -> Turn | None:
    """The turn that this thread works for."""
    return _turn.get()


def breathe() -> None:
    """At each step of what takes time: may raise Cancelled, or rest while others come first."""
    if (turn := _turn.get()) is not None:
        turn.breathe()
