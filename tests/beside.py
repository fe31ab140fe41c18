"""What a test asks about the threads of this process that work beside it."""

import math
import threading

import pytest

from explorer.server import turn as turn_of
from explorer.server.ahead import BESIDES
from explorer.server.jobs import JOBS
from explorer.server.message import WARM
from explorer.server.turn import Turn
from explorer.server.turns import AT_ONCE, ROOM

from .waiting import PATIENCE, until


def nothing_beside():
    """Waits until what earlier tests, or a server that has just begun, left at work has ended: it
    holds memory and a place, makes values for the device of its time, and is counted."""
    for thread in threading.enumerate():
        if thread.name == WARM:
            thread.join(PATIENCE)
    for job in JOBS.unfinished():
        JOBS.cancel(job)
    until(lambda: not JOBS.unfinished())
    until(lambda: not ROOM._everywhere())
    gate = threading.Barrier(AT_ONCE + 1)  # passed once all threads of the pool are free
    for _ in range(AT_ONCE):
        BESIDES.submit(gate.wait, PATIENCE)
    gate.wait(PATIENCE)


def given_slots(monkeypatch: pytest.MonkeyPatch) -> dict[Turn, None]:
    """Who is given a slot of the room from now on, in that order: in which their threads then get
    to work is the machine's.  Nobody counts as waiting for long, however long a machine takes to
    bring all of them here."""
    monkeypatch.setattr(turn_of, "AGES", math.inf)
    given, real = {}, ROOM._next

    def noted() -> Turn | None:
        if (turn := real()) is not None:
            given[turn] = None
        return turn

    monkeypatch.setattr(ROOM, "_next", noted)
    return given
