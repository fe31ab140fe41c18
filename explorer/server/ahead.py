"""What another core makes of an answer while this one samples.

with beside(view, have, page, number) as shared: ...
"""

import contextlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from ..lab import machine, memory
from ..lab.error import steps_of
from ..lab.experiment import too_much
from ..lab.versus import compared, comparison
from ..lab.view import View
from ..ui import parts
from . import turn
from .desk import DESK
from .turns import AT_ONCE, ROOM

CORES = machine.cores()
BESIDES = ThreadPoolExecutor(AT_ONCE, initializer=machine.flush_tiny)


@contextlib.contextmanager
def beside(view: View, have: dict, page: str, number: float) -> Iterator[bool]:
    """Whether another core makes the rest meanwhile.  What others kept it from is left once the
    answer is there, or fails: what is wanted of it is asked for."""
    rest = _begun(view, have, page, number)
    try:
        yield rest is not None
    finally:
        if rest is not None:
            rest.cancel()


def _begun(view: View, have: dict, page: str, number: float) -> Future | None:
    """Let another core make what does not hang on the run, beginning with the reference; whoever
    asks for it meanwhile waits for that.  None where there is none, or where a network or other
    visitors fill them all.
    """
    e, source = view.experiment, view.source
    if source.pace is not None or source.device.device.type != "cpu" or CORES < 2 or too_much(e):
        return None
    mine = turn.current()
    if ROOM.others(mine):  # the other core has its own work
        return None
    wanted = DESK.check(page, number)

    def check() -> None:
        wanted()
        if mine is not None:
            mine.check()

    watched = view.watched(check)

    def make() -> None:
        for name in ("path", "data", "loss"):
            if have.get(name) != view.key(name):
                parts.part(name, watched)
        if view.incomparable is None and have.get("error") != view.key("error"):
            steps_of(e, check)
        if compared(e):
            comparison(e, check)

    return memory.shared(BESIDES, make)
