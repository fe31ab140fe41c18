"""Long work for the pages: a generator in a thread, read by polling, ended by a word.

The page asks for what has come since it last asked; a job that nobody asks about for a while stops
by itself.
"""

import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import Cancelled, UserError

KEPT = 16  # jobs that can be asked about
ABANDONED = 90.0  # seconds without a question; browsers wake a hidden tab once a minute


class Job:
    """One generator at work."""

    def __init__(self, make: Callable[[Callable[[], None]], Iterator[Any]], total: int, about=None):
        self.rows: list[Any] = []
        self.about = about
        self.total, self.done, self.problem = total, False, None
        self._asked, self._stop = time.monotonic(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(make,), daemon=True)
        self._thread.start()

    def _run(self, make) -> None:
        try:
            for row in make(self._watch):
                self.rows.append(row)
                self._watch()
        except Cancelled:
            self.problem = "Cancelled; what was measured stays."
        except UserError as error:
            self.problem = str(error)
        except Exception as error:  # ours to mend: it goes to the log, and the page must not wait
            self.problem = f"The measurement stopped on a fault of its own: {error!r:.200}."
            raise
        finally:
            self.done = True

    def _watch(self) -> None:
        if self._stop.is_set() or time.monotonic() - self._asked > ABANDONED:
            raise Cancelled

    def ask(self) -> None:
        self._asked = time.monotonic()

    def cancel(self) -> None:
        self._stop.set()


class Jobs:
    """The newest jobs by name; starting one more drops and stops the oldest."""

    def __init__(self):
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, make, total: int, about=None) -> str:
        name = uuid.uuid4().hex
        with self._lock:
            while len(self._jobs) >= KEPT:
                self._jobs.popitem(last=False)[1].cancel()
            self._jobs[name] = Job(make, total, about)
        return name

    def get(self, name) -> Job:
        """The job, noted as asked about.  Raises UserError if it is gone."""
        with self._lock:
            job = self._jobs.get(name) if isinstance(name, str) else None
        if job is None:
            raise UserError("This work is no longer there; start it again.")
        job.ask()
        return job


JOBS = Jobs()  # of this server
