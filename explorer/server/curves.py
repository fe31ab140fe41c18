"""The answer curves that pages look at: measured a little at a time, and kept.

    answer({"values", "setting", "page"})  ->  what there is of the curve, a few points more

A page asks again until nothing is left; each answer takes SLICE seconds, or one point, so that the
reader's own requests find the server free.  What the reader does meanwhile ends it at once.
"""

import threading
import time
from collections import OrderedDict
from typing import Any

from ..errors import Cancelled, UserError
from ..lab.experiment import Experiment
from ..lab.memory import MEMOS
from ..study.end_error import Row
from ..study.setting_error import Axis, Rounds, axis_of, missing, one, others, rounds
from ..ui import answer as words
from .answer import as_json
from .asked import experiment_of
from .desk import DESK
from .turn import SETTLED, breathe
from .turns import ROOM

SLICE = 0.12  # seconds of one answer
KEPT = 64  # curves; a curve holds the errors of some 4,000 paths
POINTS = 64  # of a curve; whoever drags on adds one more each time


class Curves:
    """(setting, all others) -> {value: row}, the least recently asked for dropped first."""

    def __init__(self):
        self._known: OrderedDict[tuple, dict[Any, Row]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: tuple) -> dict[Any, Row]:
        """What is known of a curve, to be added to."""
        with self._lock:
            known = self._known.setdefault(key, {})
            self._known.move_to_end(key)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
            if len(known) > POINTS:
                known.clear()
            return known

    def clear(self) -> None:
        with self._lock:
            self._known.clear()


CURVES = Curves()
MEMOS.append(CURVES)  # forgotten with the device


def answer(request: dict):
    """The end error along “setting” with all else as in “values” or “query”, as far as it is: the
    page asks again while "state" is draft or refining.  “full”: measure also what takes minutes."""
    try:
        base = experiment_of(request)
        axis = axis_of(base, str(request.get("setting", ""))[:64])
        page, full = str(request.get("page", ""))[:64], request.get("full") is True
        wanted = DESK.yielding(page) if page else lambda: None

        def check() -> None:
            wanted()
            breathe()

        with ROOM.taking(SETTLED):
            return as_json(grown(base, axis, full, check, SLICE))
    except Cancelled:
        return {"stale": True}
    except UserError as error:
        return {"problem": str(error)}


def grown(
    base: Experiment, axis: Axis, full: bool, check, seconds: float = float("inf")
) -> dict[str, Any]:
    """The curve after so many seconds more, one point at least; raises Cancelled as `check` does,
    and what was measured by then is kept."""
    plan, known = rounds(base, axis, full), CURVES.of(others(base, axis.key))
    if not words.unasked(base, axis, plan):
        _measure(base, axis, plan, known, check, seconds)
    return words.answer(base, axis, plan, dict(known))


def _measure(
    base: Experiment, axis: Axis, plan: Rounds, known: dict[Any, Row], check, seconds: float
) -> None:
    until = time.monotonic() + seconds
    while (left := missing(axis, plan, known)) is not None:
        value, paths = left
        known[value] = one(base, axis, value, paths, check)
        if time.monotonic() > until:
            return
