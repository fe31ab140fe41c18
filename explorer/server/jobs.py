"""Long work for the pages: begun for a visitor, read by polling, ended by a word.

Nobody's work makes room for another's.  A few jobs run at once and the others wait, whoever has
least at work comes next; a visitor who has too many is told so; of finished ones each visitor keeps
the own newest.  A job that nobody asks about for a while stops by itself.
"""

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from statistics import median
from typing import Any, Protocol

from ..errors import UserError
from ..numerals import duration

RUNNING = 4  # jobs at work at once
EXTRA = 2  # places beside these, each for a visitor who has nothing at work
LONG = 3  # of RUNNING that long kinds may hold: a quick one need not wait for trainings
OWN = 8  # jobs of one visitor that run or wait
ALL = 200  # of all visitors
KEPT, KEPT_ALL = 8, 128  # finished jobs that can be asked about: of one visitor, and of all
BYTES, BYTES_ALL = 32 * 2**20, 256 * 2**20  # what these may hold
ABANDONED = 90.0  # seconds without a question; browsers wake a hidden tab once a minute
FORGOTTEN = 3600.0  # seconds without a question after which a finished job goes
TICK = 1.0  # seconds between looks at what was abandoned
KNOWN = 3  # finished jobs after which it can be said how long one takes
NOBODY = "Nobody asked for this any more, so it has ended; what was measured stays."
CANCELLED = "Cancelled; what was measured stays."


class Work(Protocol):
    """What a job does, wherever it does it."""

    long: bool  # whether it takes minutes rather than seconds
    total: int  # rows to come, 0 while that is not known

    def begin(self, ended: Callable[[str | None], None]) -> None:
        """Start and return; `ended` is told once, with the problem if there was one."""

    def stop(self, why: str) -> None:
        """End soon, with this sentence; what was measured stays."""

    def news(self) -> dict[str, Any]:
        """What there is so far, "count" among it."""

    def size(self) -> int:
        """Bytes that are held for whoever asks."""


class Job:
    """One piece of work of a visitor's: it waits, runs and ends; what it has shown stays."""

    def __init__(self, work: Work, visitor: str, owned: bool = False):
        self.name = secrets.token_urlsafe(24)
        self.work, self.visitor, self.owned = work, visitor, owned
        self.problem: str | None = None
        self.made = self.asked = time.monotonic()
        self.begun: float | None = None
        self.ended: float | None = None

    @property
    def done(self) -> bool:
        return self.ended is not None

    @property
    def waits(self) -> bool:
        return self.begun is None and self.ended is None

    @property
    def runs(self) -> bool:
        return self.begun is not None and self.ended is None


class Jobs:
    """Jobs by name, and who is next."""

    def __init__(self):
        self._jobs: dict[str, Job] = {}
        self._lock = threading.RLock()
        self._took: dict[bool, deque[float]] = {k: deque(maxlen=32) for k in (True, False)}
        self._keeper: threading.Thread | None = None

    def start(self, work: Work, visitor: str, owned: bool = False) -> Job:
        """Begin, or put in line.  owned: nobody else may ask about it, even by its name.

        Raises UserError where the visitor, or the server, has enough.
        """
        with self._lock:
            open_ = [j for j in self._jobs.values() if not j.done]
            own = [j for j in open_ if j.visitor == visitor]
            if len(own) >= OWN:
                running = sum(j.runs for j in own)
                raise UserError(
                    f"{running} of your measurements are running and {len(own) - running} wait, "
                    f"and one visitor can have {OWN}: wait until one has ended, or cancel one."
                )
            if len(open_) >= ALL:
                raise UserError(
                    f"{len(open_)} measurements run or wait on this server, which is the most it "
                    "takes; ask again in a minute."
                )
            job = Job(work, visitor, owned)
            self._jobs[job.name] = job
            self._forget()
            if self._keeper is None or not self._keeper.is_alive():
                self._keeper = threading.Thread(target=self._keep, daemon=True)
                self._keeper.start()
        self._go_on()
        return job

    def get(self, name, visitor: str | None = None) -> Job:
        """The job, noted as asked about.  visitor: who asks; None asks for the server itself.

        Raises UserError if it is gone, or another's: these two nobody can tell apart.
        """
        with self._lock:
            job = self._jobs.get(name) if isinstance(name, str) else None
        if job is None or job.owned and visitor not in (None, job.visitor):
            raise UserError("This work is no longer there; start it again.")
        job.asked = time.monotonic()
        return job

    def cancel(self, job: Job, why: str = CANCELLED) -> None:
        """End a job, waiting or at work."""
        with self._lock:
            if job.waits:
                self._end(job, why)
                return
        if job.runs:
            job.work.stop(why)

    def place(self, job: Job) -> tuple[int, float | None] | None:
        """(which in line, about how many seconds until it begins, None where that is not known);
        None of a job that does not wait."""
        with self._lock:
            line = self._line()
            if job not in line:
                return None
            place, took = line.index(job) + 1, self._took[job.work.long]
            if len(took) < KNOWN:
                return place, None
            return place, median(took) * place / RUNNING

    def unfinished(self) -> list[Job]:
        """Those that run or wait."""
        with self._lock:
            return [j for j in self._jobs.values() if not j.done]

    def close(self) -> None:
        """End all."""
        for job in list(self._jobs.values()):
            self.cancel(job)

    # Whose turn it is

    def _line(self) -> list[Job]:
        """Those that wait, in their order: each visitor's next one after what it has at work."""
        jobs = list(self._jobs.values())
        has: dict[str, int] = {}
        for j in jobs:
            has[j.visitor] = has.get(j.visitor, 0) + j.runs
        rank = {}
        for j in jobs:  # by the time they came
            if j.waits:
                rank[j.name] = has[j.visitor]
                has[j.visitor] += 1
        return sorted((j for j in jobs if j.waits), key=lambda j: (rank[j.name], j.made))

    def _may(self, job: Job) -> bool:
        at_work = [j for j in self._jobs.values() if j.runs]
        if not any(j.visitor == job.visitor for j in at_work):
            return len(at_work) < RUNNING + EXTRA
        if job.work.long and sum(j.work.long for j in at_work) >= LONG:
            return False
        return len(at_work) < RUNNING

    def _go_on(self) -> None:
        """Begin what may begin."""
        beginning = []
        with self._lock:
            for job in self._line():
                if self._may(job):
                    job.begun = time.monotonic()
                    beginning.append(job)
        for job in beginning:
            try:
                job.work.begin(lambda problem, job=job: self._ended(job, problem))
            except UserError as error:
                self._ended(job, str(error))

    def _ended(self, job: Job, problem: str | None) -> None:
        with self._lock:
            self._end(job, problem)
            if problem is None and job.begun is not None and job.ended is not None:
                self._took[job.work.long].append(job.ended - job.begun)
            self._forget()
        self._go_on()

    def _end(self, job: Job, problem: str | None) -> None:
        if not job.done:
            job.problem, job.ended = problem, time.monotonic()

    # What is kept

    def _forget(self) -> None:
        """Of finished jobs each visitor keeps the own newest; in all too many, who has most."""
        done = sorted((j for j in self._jobs.values() if j.done), key=lambda j: -(j.ended or 0))
        held: dict[str, list[int]] = {}
        kept = []
        for job in done:
            count, size = held.setdefault(job.visitor, [0, 0])
            here = size + job.work.size()
            if count and (count >= KEPT or here > BYTES) or self._is_old(job):
                del self._jobs[job.name]
                continue
            held[job.visitor] = [count + 1, here]
            kept.append(job)
        while len(kept) > KEPT_ALL or sum(size for _, size in held.values()) > BYTES_ALL:
            most = max(held, key=lambda v: (held[v][1], held[v][0]))
            oldest = next(j for j in reversed(kept) if j.visitor == most)
            count, size = held[most]
            held[most] = [count - 1, size - oldest.work.size()]
            if count == 1:
                del held[most]
            kept.remove(oldest)
            del self._jobs[oldest.name]

    def _is_old(self, job: Job) -> bool:
        return time.monotonic() - job.asked > FORGOTTEN

    def _keep(self) -> None:
        """While there are jobs: end those that nobody asks about."""
        pause = threading.Event()
        while True:
            pause.wait(TICK)
            with self._lock:
                self._forget()
                if not self._jobs:
                    self._keeper = None
                    return
                late = [
                    j
                    for j in self._jobs.values()
                    if not j.done and time.monotonic() - j.asked > ABANDONED
                ]
            for job in late:
                self.cancel(job, NOBODY)


def waiting(place: tuple[int, float | None] | None) -> dict[str, Any]:
    """What is told of one that waits: "place", "wait" in seconds or None, and "waiting" in words;
    nothing of one that does not."""
    if place is None:
        return {}
    at, seconds = place
    long = "how long is not known yet" if seconds is None else f"about {duration(max(seconds, 1))}"
    return {"place": at, "wait": seconds, "waiting": f"In line, place {at}; {long}."}


JOBS = Jobs()  # of this server
