"""What visitors leave behind goes: their uploads when they are gone, all within a day, the oldest
where the cache is full; and large values that nobody has asked for since the last look.

    python -m explorer cache        says what there is, and lets go of more
"""

import threading
import time

from ..errors import UserError
from ..lab import memory
from ..store import room, trainings, uploads
from . import visitor
from .logs import log

EVERY = 60.0  # seconds
ABSENT = (
    2 * 3600.0
)  # seconds without a request after which a visitor has left: a lecture and a break


def start() -> threading.Thread:
    """Keep the cache tidy for as long as this server lives."""
    thread = threading.Thread(target=_for_ever, name="tidy", daemon=True)
    thread.start()
    return thread


def tidy() -> None:
    """Let go of what nobody needs any more."""
    memory.let_go()
    for name in visitor.absent(ABSENT):
        uploads.left(name)
    room.expire()
    if uploads.limit < float("inf"):
        room.trim(uploads.limit)
    trainings.sweep()


def _for_ever() -> None:
    while True:
        try:
            tidy()
        except (OSError, UserError) as problem:  # a disk that comes and goes
            log.warning("the cache could not be tidied: %s", problem)
        time.sleep(EVERY)
