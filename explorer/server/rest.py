"""What a GPU makes ready while nobody waits.

after(experiment)      told of each view whose error is settled
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from ..lab import captures
from ..lab.experiment import Experiment, current_device
from .stopping import STOP
from .turns import ROOM

LOOKS = 0.05  # seconds between two looks whether anybody is at work

_one = ThreadPoolExecutor(1, "rest")
_newest: list[Experiment] = []


def after(e: Experiment) -> None:
    """A page is at rest on this view: capture what its next moves will ask for, whenever nobody
    is at work, until another view is at rest."""
    if current_device().device.type == "cuda":
        _newest[:] = [e]
        _one.submit(_capture, e)


def _capture(e: Experiment) -> None:
    try:
        for _ in captures.ahead(e):
            while _newest == [e] and not STOP.asked and (ROOM.busy or ROOM.line):
                threading.Event().wait(LOOKS)
            if _newest != [e] or STOP.asked:
                return
    except Exception:  # nobody waits for it, and a view makes what it lacks
        logging.getLogger(__name__).exception("of what was captured ahead")
