"""A process that measures for the page, one job after another: the page comes first, so it is nice.

    python -m explorer.server.worker '{"parent": pid, "soon": false, "log": "plain"}'

    in    {"job": name, "request": {...}, "facts": {...}, "before": {...}, "by": whose request,
           "bytes": n}, n bytes
          {"stop": name}
    out   {"ready": true}, then of a job {"total"}, {"count", "bytes"}, {"left"}, {"state"}, {"end"}

A line of JSON each, and as many bytes behind it as it says.  It ends when its parent goes.
"""

import contextlib
import faulthandler
import gc
import json
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from .. import start
from ..errors import Cancelled, UserError
from ..study.ways import Way, way
from . import logs
from .ending import Ending

NICE = 10  # far below the page
FIRST, SHARE = 0.2, 3.0  # seconds between two looks, and how many times their own cost
LEFT, STATE = 1.0, 10.0  # seconds between reports of what is left for others, and to go on with
LARGEST = 16 * 2**20  # bytes of one report
REST = 2.0  # seconds without a job after which memory is given back
STUCK = 120.0  # seconds in one operation that lets no other thread go on, after which it ends
ALONE = 1.0  # seconds between questions whether the parent is still there


class Told:
    """What a job tells, from whichever thread; half a line would be worse than a late end."""

    def __init__(self, out: BinaryIO, ending: Ending):
        self._out, self._lock, self._ending = out, threading.Lock(), ending

    def __call__(self, words: dict, body: bytes = b"") -> None:
        head = json.dumps(words | {"bytes": len(body)}).encode() + b"\n"
        with self._ending.held(), self._lock:
            self._out.write(head + body)
            self._out.flush()


class Shower:
    """Shows the rows so far, the first at once and then every now and then, in its own thread."""

    def __init__(self, show: Callable[[list], dict], tell: Callable[[dict, bytes], None]):
        self.rows: list[Any] = []
        self.problem: str | None = None  # in the way of showing the newest
        self._show, self._tell = show, tell
        self._shown, self._news, self._over = 0, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def add(self, row: Any) -> None:
        self.rows.append(row)
        self._news.set()

    def end(self) -> None:
        """Show what is not shown yet."""
        self._over.set()
        self._news.set()
        self._thread.join()
        self._look()

    def _run(self) -> None:
        while not self._over.is_set():
            self._news.wait()
            self._news.clear()
            started = time.perf_counter()
            if not self._over.is_set():
                self._look()
            self._over.wait(max(FIRST, SHARE * (time.perf_counter() - started)))

    def _look(self) -> None:
        rows = list(self.rows)
        if len(rows) == self._shown:
            return
        try:
            body = json.dumps(self._show(rows), ensure_ascii=False, allow_nan=False).encode()
        except UserError as error:
            self.problem = str(error)
            return
        except Exception:  # what cannot be shown now may be shown with the next row
            logging.getLogger(__name__).exception("of what is shown")
            return
        if len(body) <= LARGEST:
            self._shown, self.problem = len(rows), None
            self._tell({"count": len(rows)}, body)


class Bench:
    """Where jobs come in: a thread reads, the main thread works."""

    def __init__(self, source: BinaryIO, tell: Told, ending: Ending, parent: int):
        self._source, self._tell, self._ending, self._parent = source, tell, ending, parent
        self._jobs: queue.SimpleQueue[tuple[dict, bytes]] = queue.SimpleQueue()
        for task in (self._read, self._watch_parent):
            threading.Thread(target=task, daemon=True).start()

    def work(self) -> None:
        """One job after another, until the parent closes the line."""
        while True:
            words, state = self._next()
            self._one(words, state, words["job"])
            del words, state

    def _one(self, words: dict, state: bytes, name: str) -> None:
        told = lambda words, body=b"": self._tell({"job": name} | words, body)
        logs.work_for(words.get("by", ""))
        told({"end": _done(words, state, told, self._ending, name)})
        self._ending.forget(name)

    def _next(self) -> tuple[dict, bytes]:
        with contextlib.suppress(queue.Empty):
            return self._jobs.get(timeout=REST)
        _release()
        return self._jobs.get()

    def _read(self) -> None:
        try:
            for line in self._source:
                words = json.loads(line)
                if "stop" in words:
                    self._ending.stop(words["stop"])
                else:
                    self._jobs.put((words, self._source.read(words.get("bytes", 0))))
        finally:  # whatever the main thread is at; one that hears nothing is of no use
            os._exit(0)

    def _watch_parent(self) -> None:
        while not hasattr(os, "getppid") or os.getppid() == self._parent:
            faulthandler.dump_traceback_later(STUCK, exit=True)  # anew each time
            threading.Event().wait(ALONE)
        os._exit(0)


def _done(words: dict, state: bytes, tell: Callable, ending: Ending, name: str) -> str | None:
    """Do a job; None, or a sentence on what was in its way ("" where it was stopped)."""
    from ..cards.cells import Kept
    from ..ui import kept
    from ..ui.amed import Left
    from . import kinds
    from .here import FAULT

    watch, shower, cells = lambda: ending.watch(name), None, Kept()
    try:
        _take(words["facts"])
        folder = kept.offered() if words["request"].get("kind") in kinds.KEPT else None
        how = Way(**words["facts"]["way"], tell=cells.hear, folder=folder)
        with ending.anywhere(name) as asked_only, way(how):
            before = words.get("before")
            left = before and Left.of(before["request"], before["left"], state)
            work = kinds.measurement(words["request"], left)
            if work.state is not None or how.workers or how.on:  # who asks all the time
                asked_only()
            tell({"total": work.total})
            shower, told = Shower(work.show, tell), {"left": 0.0, "state": time.monotonic()}
            for row in work.rows(watch):
                shower.add(row)
                _leave(work, tell, told)
                watch()
    except Cancelled:
        return ""
    except UserError as error:
        return str(error)
    except Exception as error:
        problem = _fault(error)
        if problem is None:
            logging.getLogger(__name__).exception("of a measurement")
            problem = FAULT.format(type(error).__name__)
        return problem
    finally:
        tell({"stopped": True})
        if shower is not None:
            with contextlib.suppress(Exception):
                _leave(work, tell, {"left": 0.0, "state": 0.0})
            with contextlib.suppress(Exception):
                _cells(cells.listed(words["facts"]["way"]["threads"]), tell)
            shower.end()
    return shower.problem


def _leave(work, tell: Callable, told: dict[str, float]) -> None:
    """Report what others may use, and what the job could go on with, every now and then."""
    now = time.monotonic()
    if work.left is not None and now - told["left"] >= LEFT:
        told["left"] = now
        tell({"left": True}, json.dumps(work.left(), allow_nan=False).encode())
    if work.state is not None and now - told["state"] >= STATE:
        told["state"] = now
        state = work.state()
        tell({"state": True}, state if len(state) <= LARGEST else b"")


def _cells(found: dict, tell: Callable) -> None:
    """What a study measured, for its card."""
    body = json.dumps(found, allow_nan=False).encode()
    if found and len(body) <= LARGEST:
        tell({"cells": True}, body)


def _fault(error: Exception) -> str | None:
    """A sentence on memory that is not there; None of other faults."""
    text = str(error).lower()
    if (
        isinstance(error, MemoryError)
        or isinstance(error, RuntimeError)
        and ("can't allocate" in text or "out of memory" in text)
    ):
        return "It needs more memory than a measurement may take here; choose fewer samples."
    return None


def _take(facts: dict) -> None:
    """Be as the server is now."""
    import torch

    from ..lab import cost, experiment, memory

    torch.set_num_threads(facts["threads"])
    cost.WORK_LIMIT = facts["work"]
    memory.use(facts["memory"])
    if facts["cache"] is not None:
        os.environ["EXPLORER_CACHE"] = facts["cache"]
    if experiment.current_device().device.type != facts["device"]:
        experiment.use_device(facts["device"], "float32")


def _release() -> None:
    """Give back what the last job held."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).malloc_trim(0)


def _prepare(soon: bool) -> None:
    """What every job needs, before the first one: modules, the usual data, a first step.  soon:
    somebody waits, so what only some jobs need is left to them; it takes half a second."""
    if not soon:
        import scipy.integrate
        import scipy.special  # noqa: F401
        import sklearn.datasets
        import sklearn.decomposition  # noqa: F401

    from ..lab.experiment import Experiment, use_device
    from ..ui import compare
    from . import kinds  # noqa: F401

    use_device("cpu")
    work = compare.sweep(Experiment(samples=4), {"solvers": ["heun"], "budgets": "5"})
    work.show(list(work.rows(lambda: None)))


def _first_to_go() -> None:
    """Where the machine has no memory left, this process goes before the server."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def main(words: dict) -> int:
    """Work until the line is closed."""
    logs.use(words["log"])
    ending = Ending()
    nice = lambda: hasattr(os, "nice") and os.nice(NICE)
    if not words["soon"]:
        nice()
    _first_to_go()
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print does not come between
    tell = Told(out, ending)
    bench = Bench(sys.stdin.buffer, tell, ending, words["parent"])
    with start.libraries():
        import torch

        start.compiler_later()
        torch.set_num_threads(1)
        _prepare(words["soon"])
    if words["soon"]:
        nice()
    tell({"ready": True})
    bench.work()
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
