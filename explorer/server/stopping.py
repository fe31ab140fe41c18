"""How the server ends when it is told to: nothing of visitors' is lost, and it takes seconds.

A signal (SIGTERM, or SIGINT of Ctrl+C) wakes `wait`; the door then refuses what comes, and `end`
has the training save its state, ends measurements, keeps the predictors that were being trained as
far as they have learned, and lets running answers go out.  A second
signal, or SECONDS, end it at once: what was saved until then stays.
"""

import gc
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from ..errors import UserError
from ..ui import amed
from . import hall, jobs, measurements
from .logs import log, say
from .turns import ROOM

SECONDS = 8.0  # in all: an engine of containers kills after 10
SAVING = 6.0  # of these for a training and measurements
ANSWERS = 1.0  # of these for answers that are being computed
REFUSED = "The server is stopping; ask again when it is back."
MEASURED = "The server stopped; what was measured stays."
TICK = 0.05


class Stop:
    """The wish to end, of this server."""

    def __init__(self):
        self._asked = threading.Event()

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    def ask(self, *_: Any) -> None:
        """By a signal or by a word; who asks twice does not want to wait."""
        if self._asked.is_set():
            os._exit(0)
        self._asked.set()

    def wait(self) -> None:
        """Until it is asked."""
        for name in ("SIGTERM", "SIGINT"):
            signal.signal(getattr(signal, name), self.ask)
        while not self._asked.wait(3600):  # with a limit, or Windows hears no Ctrl+C
            pass


STOP = Stop()


def end(close: Callable[[], Any]) -> None:
    """Save what is at work, say so, and close; close: the web server's end."""
    limit = threading.Timer(SECONDS, os._exit, (0,))
    limit.daemon = True
    limit.start()
    until = time.monotonic() + SAVING
    session = hall.HALL.session
    training = session if session is not None and session.busy else None
    if training is not None:
        training.stop("paused")
    measured = _measurements()
    if training is not None:
        training.join(max(0.0, until - time.monotonic()))
        say(_of_training(training))
    while any(not job.done for job in measured) and time.monotonic() < until:
        time.sleep(TICK)
    if measured:
        say(f"Measurements that ended: {len(measured)}. What studies have measured is kept.")
    for job in measured:
        _keep_predictor(job)
    _answers(time.monotonic() + ANSWERS)
    try:
        close()
    except Exception:  # noqa: BLE001 (it ends in any case)
        log.exception("while the server closed")
    gc.collect()  # what is told of things that nobody fetched is told before
    say("Stopped.")


def _measurements() -> list[jobs.Job]:
    """Those that ran or waited, told to end."""
    mine = jobs.JOBS.unfinished()
    for job in mine:
        jobs.JOBS.cancel(job, MEASURED)
    return mine


def _keep_predictor(job: jobs.Job) -> None:
    """Of a training of a predictor: what it has learned, as its page’s Keep would."""
    left = measurements.left_by(job)
    if left is None or left.trained is None:
        return
    try:
        name = amed.keep(left)["name"]
    except UserError as error:
        say(f"A predictor that was being trained is not kept: {error}")
    else:
        say(f"The predictor {name} is kept as far as it has learned; its view lists it.")


def _of_training(training) -> str:
    if training.state == "paused":
        return f"The training “{training.name}” is saved; the Train page goes on with it."
    if training.state == "done":
        return f"The training “{training.name}” has just ended; its network is kept."
    if training.busy:
        return (
            f"The training “{training.name}” has not answered within {SAVING:.0f} s; what it saved "
            "last is there to go on from."
        )
    return f"The training “{training.name}” ended: {training.problem or 'nothing of it is kept.'}"


def _answers(until: float) -> None:
    """Let what is being computed go out; who only waits is told."""
    while ROOM.busy and time.monotonic() < until:
        time.sleep(TICK)
    ROOM.close()
