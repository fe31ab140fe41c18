"""Who computes when: one room for every request that takes time, fair among visitors.

    with ROOM.taking(rank): ...                   in a thread that may wait
    turn = ROOM.enter(visitor, rank, ..., wake)   without one: `wake` is called when it may begin

A few slots compute.  Who waits is served by rank, then the visitor who was served longest ago.  A
newer request of a page drops the older one, before it is computed; one whose client has left goes.
One that works while others should come first gives its slot up at its next step and goes on later;
one that waits for what another makes holds none.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import Cancelled, UserError
from ..lab.machine import cores
from ..numerals import count, duration
from . import visitor as visitors
from .turn import FIRST, Turn, current
from .visitor import Visitor

# small tensors keep the interpreter busy: more at once than cores is slower for all
AT_ONCE = max(2, min(4, cores()))
BEGUN, OWN = 12, 3  # requests that have begun, of all and of one visitor: with a slot, resting, or
#                     waiting for another's result; a visitor who has none may begin beyond these
EACH, ALL = 64, 256  # requests of one visitor, and of all, that may wait
QUANTUM = 0.25  # seconds of a slot after which another visitor may have it


class Room:
    """The turns of a server."""

    def __init__(self, at_once: int = AT_ONCE):
        self.at_once = at_once
        self.waiting: list[Turn] = []  # for a slot, also those that rest
        self._with_slot: list[Turn] = []
        self._outside: list[Turn] = []  # that wait for another's result
        self._lock = threading.RLock()
        self._served: dict[str, int] = {}  # when each visitor was last served
        self._count = itertools.count(1)
        self._pace = 0.1  # seconds of a slot that a request takes

    # ---- coming and going

    def enter(
        self,
        who: Visitor,
        rank: int = FIRST,
        page: str = "",
        number: float = 0,
        wake: Callable[[Turn], Any] = lambda turn: None,
    ) -> Turn:
        """A place among those who wait; wake(turn) is called, once, when it may begin or must not.

        Raises UserError where too many wait, and Cancelled for a request that a newer one of its
        page has overtaken on the way.
        """
        with self._lock:
            if page:
                self._overtake(who, page, number)
            self._make_place(who)
            turn = Turn(self, who, rank, page, number)
            turn.wake = lambda: wake(turn)
            self.waiting.append(turn)
            self._serve()
        return turn

    def leave(self, turn: Turn) -> None:
        """It is done, or given up."""
        with self._lock:
            self._out_of_slot(turn)
            for place in (self.waiting, self._outside):
                if turn in place:
                    place.remove(turn)
            if turn.worked:
                self._pace += (turn.worked - self._pace) / 16
            self._serve()

    @contextmanager
    def taking(self, rank: int = FIRST, page: str = "", number: float = 0) -> Iterator[Turn]:
        """A slot for this thread, when its turn comes; the one it has, if it has one."""
        if (mine := current()) is not None:
            yield mine
            return
        turn = self.enter(visitors.current(), rank, page, number)
        try:
            turn.wait()
            with turn.working():
                yield turn
        finally:
            self.leave(turn)

    def gone(self, turn: Turn) -> None:
        """Whoever asked has left: if it has not begun, it never will."""
        with self._lock:
            if turn in self.waiting and not turn.begun:
                self._stop(turn, Cancelled())

    def drop(self, page: str) -> None:
        """What this page waits for is no longer wanted."""
        with self._lock:
            for turn in self._of(page):
                self._stop(turn, Cancelled())

    def close(self) -> None:
        """The server ends: nobody begins or goes on."""
        with self._lock:
            for turn in self._everywhere():
                self._stop(turn, Cancelled())

    # ---- what those at work ask

    def yields(self, turn: Turn) -> bool:
        """Whether one at work gives its slot up to another, and has done so."""
        with self._lock:
            best = self._best()
            if best is None or turn not in self._with_slot or not self._before(best, turn):
                return False
            self._out_of_slot(turn)
            self.waiting.append(turn)
            self._serve()
            return True

    def step_out(self, turn: Turn) -> None:
        with self._lock:
            self._out_of_slot(turn)
            self._outside.append(turn)
            self._serve()

    def step_in(self, turn: Turn) -> None:
        with self._lock:
            self._outside.remove(turn)
            self.waiting.append(turn)
            self._serve()

    # ---- what is told

    @property
    def busy(self) -> bool:
        """Whether anybody is at work."""
        with self._lock:
            return bool(self._with_slot or self._outside)

    @property
    def line(self) -> int:
        """How many wait for their turn to begin."""
        with self._lock:
            return sum(not t.begun for t in self.waiting)

    @property
    def firsts(self) -> int:
        """How many wait for their first picture."""
        with self._lock:
            return sum(t.rank == FIRST and not t.begun for t in self.waiting)

    @property
    def crowded(self) -> bool:
        """Whether more of them wait than there are slots."""
        return self.firsts > self.at_once

    def others(self, turn: Turn | None) -> bool:
        """Whether other visitors are at work, or wait for it."""
        with self._lock:
            name = turn.who.name if turn else None
            return any(t.who.name != name for t in (*self.waiting, *self._with_slot))

    def place(self, page: str) -> str:
        """Where the newest request of a page waits, as a sentence; empty if it does not."""
        with self._lock:
            mine = [t for t in self._of(page) if t in self.waiting and not t.begun]
            if not mine:
                return ""
            own = self._order(mine[-1])
            ahead = sum(self._order(t) < own for t in self.waiting)
            return f"Place {count(ahead + 1)} in the queue, {self._about(ahead + 1)}"

    # ---- under the lock

    def _about(self, places: int) -> str:
        return f"about {duration(max(0.1, places * self._pace / self.at_once))}"

    def _of(self, page: str) -> list[Turn]:
        return [t for t in self._everywhere() if page and t.page == page]

    def _everywhere(self) -> tuple[Turn, ...]:
        return (*self.waiting, *self._with_slot, *self._outside)

    def _overtake(self, who: Visitor, page: str, number: float) -> None:
        for turn in self._of(page):
            if turn.who.name == who.name:
                if turn.number > number:
                    raise Cancelled
                if turn.number < number:
                    self._stop(turn, Cancelled())

    def _stop(self, turn: Turn, why: Exception) -> None:
        """It must not go on; where it waits it is gone at once."""
        turn.why = why
        if turn in self.waiting:
            self.waiting.remove(turn)
        turn.slot.set()
        if not turn.begun:
            turn.wake()

    def _make_place(self, who: Visitor) -> None:
        new = [t for t in self.waiting if not t.begun]
        mine = sum(t.who.name == who.name for t in new)
        if mine >= EACH:
            raise UserError(
                f"{mine} of your requests wait already, so this would be number {mine + 1}, "
                f"{self._about(len(new) + 1)} from now. Ask again when some are answered."
            )
        if len(new) < ALL:
            return
        names = [t.who.name for t in new]
        most = max(set(names), key=names.count)
        crowd = (
            f"{len(new)} requests wait already, so this would be number {len(new) + 1}, "
            f"{self._about(len(new) + 1)} from now. Ask again then."
        )
        if names.count(most) <= mine + 1:
            raise UserError(crowd)
        last = [t for t in new if t.who.name == most][-1]  # the flood gives way, not a stranger
        self._stop(last, UserError(crowd))

    def _serve(self) -> None:
        while (turn := self._next()) is not None:
            self.waiting.remove(turn)
            self._with_slot.append(turn)
            self._served.pop(turn.who.name, None)
            self._served[turn.who.name] = next(self._count)
            while len(self._served) > 4 * ALL:  # the oldest is as good as never
                self._served.pop(next(iter(self._served)))
            begins = not turn.begun
            turn.begun, turn.started = True, time.monotonic()
            turn.slot.set()
            if begins:
                turn.wake()

    def _next(self) -> Turn | None:
        """Who is given a slot now, if there is one: beside the API's calls the page's have one more
        than there are."""
        if len(self._with_slot) < self.at_once:
            return self._best()
        api = all(t.who.way == "api" for t in self._with_slot)
        return self._best("page") if api and len(self._with_slot) == self.at_once else None

    def _best(self, way: str = "") -> Turn | None:
        """Who is served next, of all or of those that came this way."""
        begun = [t.who.name for t in self._everywhere() if t.begun]

        def able(turn: Turn) -> bool:
            own = begun.count(turn.who.name)
            room = len(begun) < (2 * BEGUN if not own else BEGUN) and own < OWN
            return (turn.begun or room) and way in ("", turn.who.way)

        return min(filter(able, self.waiting), key=self._order, default=None)

    def _order(self, turn: Turn) -> tuple:
        name = turn.who.name
        working = sum(t.who.name == name for t in self._with_slot)
        return turn.level, working, self._served.get(name, 0), turn.since

    def _before(self, best: Turn, turn: Turn) -> bool:
        """Whether one that waits should have the slot of one at work."""
        if best.level < turn.level:
            return True
        long = time.monotonic() - turn.started > QUANTUM
        return long and best.level == turn.level and best.who.name != turn.who.name

    def _out_of_slot(self, turn: Turn) -> None:
        if turn in self._with_slot:
            self._with_slot.remove(turn)
            turn.worked += time.monotonic() - turn.started
            turn.slot.clear()


ROOM = Room()
