"""Measurements in processes of their own, which the page's requests never wait behind.

A few workers live as long as the server and take one job after another; one of them is always warm,
so that a short sweep need not wait for a process to start.  One that dies, or holds too much, ends
its job with a sentence and is replaced.  They share the server's accelerator, if it has one.
"""

import atexit
import dataclasses
import json
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

import torch

from ..lab import cost, experiment, memory
from ..numerals import duration
from ..store import places
from ..study.ways import DEFAULT, Way
from . import logs
from .jobs import EXTRA, RUNNING
from .process import HEAVY, Worker
from .shared import BUSY, PROCESSES

MOST = RUNNING + EXTRA  # workers at once
SPARE = 1  # that wait, warm, for the next job
IDLE = 60.0  # seconds after which others than the spare one go
MEMORY = 3 * 2**29  # bytes that a job may take beside what its worker is
PROCESS = 2**29  # bytes that each process of a study may take beside these
LONGEST = 3600.0  # seconds of one job
GRACE, SHOWING = 2.0, 20.0  # seconds to stop, and then to show what there is
TICK = 1.0  # seconds between looks at the workers
AGAIN = 60.0  # seconds until another spare one is tried where one could not start


class Away:
    """A job for a worker, and what has been heard of it."""

    def __init__(
        self,
        request: dict,
        long: bool,
        before: dict | None = None,
        state: bytes = b"",
        way: Way = DEFAULT,
    ):
        self.request, self.long, self.total = request, long, 0
        self._asked, self.way = way, dataclasses.replace(way, workers=0)
        self.shown, self.count = b"{}", 0
        self.left: dict[str, Any] = {}  # see Measurement.left
        self.state, self.cells = b"", b"{}"  # cells: what a study measured, for its card
        self.known = threading.Event()  # whether it could begin
        self.since, self.key = time.monotonic(), secrets.token_hex(8)
        self._before, self._state = before, state
        self._by = logs.current_id()
        self.quiet, self._over = threading.Event(), threading.Event()
        self._why = ""
        self._ended: Callable[[str | None], None] = lambda problem: None
        self._worker: Worker | None = None

    def begin(self, ended: Callable[[str | None], None]) -> None:
        self._ended, self.since = ended, time.monotonic()
        self.way = PROCESSES.take(self._asked)
        self._worker = WORKERS.give(self)
        if self._why:  # stopped meanwhile
            self.stop(self._why)

    def stop(self, why: str) -> None:
        self._why = self._why or why
        if self._worker is not None:
            self._worker.send({"stop": self.key})
            threading.Thread(target=self._make_sure, daemon=True).start()

    def kill(self, why: str) -> None:
        """End it with its process, which can no longer be asked."""
        self._why = self._why or why
        if self._worker is not None and not self._over.is_set():
            self._worker.kill()

    @property
    def alone(self) -> str:
        """That it has no processes though it asked for some; else nothing."""
        begun = self._worker is not None
        return BUSY if begun and self.way.workers < self._asked.workers else ""

    def news(self) -> dict[str, Any]:
        return {"count": self.count, **json.loads(self.shown)}

    def size(self) -> int:
        held = len(self.shown) + len(self.state) + len(self.cells)
        return held + len(json.dumps(self.left))

    def words(self) -> tuple[dict, bytes]:
        """What its worker is sent."""
        facts = {
            "device": experiment.current_device().device.type,
            "threads": max(1, torch.get_num_threads() // max(1, WORKERS.busy())),
            "work": cost.WORK_LIMIT,
            "memory": memory.ACCOUNT.limit / RUNNING,
            "cache": str(places.cache()),
            "way": {k: getattr(self.way, k) for k in ("on", "options", "threads", "workers")},
        }
        words = {"job": self.key, "request": self.request, "facts": facts, "before": self._before}
        words["by"] = self._by
        return words | {"bytes": len(self._state)}, self._state

    def hear(self, words: dict, body: bytes) -> None:
        """Of its worker."""
        if "total" in words:
            self.total = words["total"]
            self.known.set()
        elif "count" in words:
            self.shown, self.count = body, words["count"]
        elif "left" in words:
            self.left = json.loads(body)
        elif "state" in words:
            self.state = body
        elif "cells" in words:
            self.cells = body
        elif "stopped" in words:
            self.quiet.set()
        elif "end" in words:
            self._end(self._why if words["end"] == "" else words["end"])

    def lost(self, code: int) -> None:
        """Its process is gone."""
        how = f"signal {-code}" if code < 0 else f"code {code}"
        self._end(
            self._why
            or f"The process that measured this ended by itself ({how}), perhaps for want of "
            "memory; what was measured stays. Start it again, with fewer samples if it does so too."
        )

    def _end(self, problem: str | None) -> None:
        if not self._over.is_set():
            PROCESSES.back(self.way)
        self._over.set()
        self.quiet.set()
        self._state = b""
        self._ended(problem)
        self.known.set()

    def _make_sure(self) -> None:
        if not self.quiet.wait(GRACE) or not self._over.wait(SHOWING):
            self.kill("")


class Workers:
    """The workers of this server."""

    def __init__(self):
        self._all: list[Worker] = []
        self._lock = threading.RLock()
        self._keeper: threading.Thread | None = None
        self._failed = -AGAIN

    def warm(self) -> None:
        """See that one waits for the next job."""
        with self._lock:
            few = sum(w.job is None for w in self._all) < SPARE and len(self._all) < MOST
            if few and time.monotonic() - self._failed >= AGAIN:
                self._start()

    def give(self, job: Away) -> Worker:
        """Hand a job to a worker that is free, or to a new one."""
        with self._lock:
            free = [w for w in self._all if w.job is None and not w.dead]
            free.sort(key=lambda w: (not w.ready, -w.idle))  # the last one knows its view best
            worker = free[0] if free else self._start(soon=True)
            worker.job = job
        worker.send(*job.words())
        return worker

    def busy(self) -> int:
        """How many are at work."""
        return sum(w.job is not None for w in self._all)

    def ready(self) -> bool:
        """Whether one waits, warm, for a job."""
        return any(w.ready and w.job is None and not w.dead for w in self._all)

    def pids(self) -> list[int]:
        """Of all of them."""
        return [w.process.pid for w in self._all]

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            workers, self._all = self._all, []
        for w in workers:
            w.close()

    def _start(self, soon: bool = False) -> Worker:
        worker = Worker(self._gone, soon)
        self._all.append(worker)
        if self._keeper is None or not self._keeper.is_alive():
            self._keeper = threading.Thread(target=self._keep, daemon=True)
            self._keeper.start()
        return worker

    def _gone(self, worker: Worker) -> None:
        with self._lock:
            if worker not in self._all:  # told to go
                return
            self._all.remove(worker)
            if not worker.ready:
                self._failed = time.monotonic()

    def _keep(self) -> None:
        """Now and then: who takes too long or too much ends, and one is warm."""
        pause = threading.Event()
        while self._all:
            pause.wait(TICK)
            self.look()

    def look(self) -> None:
        """Once: see `_keep`."""
        now = time.monotonic()
        for w in list(self._all):
            job = w.job
            if job is not None and now - job.since > LONGEST:
                job.stop(f"Stopped after {duration(LONGEST)}; what was measured stays.")
            if job is not None and w.held() > MEMORY + HEAVY + job.way.workers * PROCESS:
                job.kill("It needed more memory than a measurement may take here; it was ended.")
        with self._lock:
            free = sorted((w for w in self._all if w.job is None), key=lambda w: -w.idle)
            for w in free[SPARE:]:
                if now - w.idle > IDLE:
                    self._all.remove(w)
                    w.close()
            if any(w.job is not None and now - w.job.since > TICK for w in self._all):
                self.warm()


WORKERS = Workers()
atexit.register(WORKERS.close)
