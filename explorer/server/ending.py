"""How a worker's job ends when nobody wants it any more.

A job asks between its steps, but a first network, a search of neighbours or a long line of imports
asks nobody.  So a stop is also a signal to the main thread, where Python raises Cancelled between
any two operations; only inside `anywhere`, and never in the middle of a line to the server or of an
import, which would leave half a module behind for the jobs that follow.
"""

import contextlib
import signal
import threading
from _thread import interrupt_main
from collections.abc import Callable, Iterator
from types import FrameType

from ..errors import Cancelled

SOON = 0.005  # seconds until a stop that met an import comes again


class Ending:
    """Which jobs are to end, and where they may.  Made in the main thread, which does the jobs."""

    def __init__(self):
        self._stopped: set[str] = set()
        self._inside = ""  # the job that may end anywhere in it
        self._held = False
        signal.signal(signal.SIGINT, self._signalled)

    def stop(self, job: str) -> None:
        """From another thread."""
        self._stopped.add(job)
        interrupt_main(signal.SIGINT)

    def watch(self, job: str) -> None:
        """Raises Cancelled if the job is stopped."""
        if job in self._stopped:
            raise Cancelled

    def forget(self, job: str) -> None:
        self._stopped.discard(job)

    @contextlib.contextmanager
    def anywhere(self, job: str) -> Iterator[Callable[[], None]]:
        """Inside, Cancelled may come at any place.  Gives a function that ends this: from then on
        the job only ends where it asks, as one does whose state is kept to go on with."""
        self._inside = job
        try:
            yield self._asked_only
        finally:
            self._asked_only()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Inside, nothing comes to the main thread; the next question will tell."""
        main = threading.current_thread() is threading.main_thread()
        self._held |= main
        try:
            yield
        finally:
            self._held &= not main

    def _asked_only(self) -> None:
        self._inside = ""

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        """Ctrl+C comes here too; it is for the server alone."""
        if self._inside not in self._stopped or self._held:
            return
        if _importing(frame):
            again = threading.Timer(SOON, interrupt_main, (signal.SIGINT,))
            again.daemon = True
            again.start()
            return
        self._asked_only()  # once
        raise Cancelled


def _importing(frame: FrameType | None) -> bool:
    """Whether a module is being imported somewhere below."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
