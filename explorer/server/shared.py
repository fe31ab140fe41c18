"""The processes that a page's study has beside its worker: one study has them at a time, and one
that asks meanwhile runs in its worker alone, so that it need not wait and no machine is drowned.
"""

import dataclasses
import threading

from ..study.ways import Way

BUSY = "Another study has the processes of this machine, so this one runs in one."


class Processes:
    """Who has them: one way, or nobody."""

    def __init__(self) -> None:
        self._lent, self._lock = 0, threading.Lock()

    def take(self, way: Way) -> Way:
        """The way itself, or with no processes where another has them."""
        with self._lock:
            if self._lent:
                return dataclasses.replace(way, workers=0)
            self._lent = way.workers
            return way

    def back(self, way: Way) -> None:
        """A study has ended, whose way was taken."""
        with self._lock:
            self._lent -= way.workers


PROCESSES = Processes()
