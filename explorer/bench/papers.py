"""Compare's measurements of the papers: the first curve, the whole, and how soon a cancel ends one.

Each kind is measured as the page has it measured, by a warm worker of the server, on exact data in
two dimensions or what it needs.  Then it is cancelled at moments spread over its first seconds,
every second time in a worker that has not seen its data or networks yet, and the time until the
worker says that it has stopped is measured.  Beside the clock stand the CPU seconds of the worker,
which say the same on a machine that others use too.
"""

import argparse
import dataclasses
import itertools
import os
import random
import sys
import tempfile
import threading
import time
from typing import Any

from ..errors import UserError
from ..lab.experiment import use_device
from .report import table

MOONS = {"data": "moons", "data.dimension": 2}
VIEWS: dict[str, dict[str, Any]] = {  # kind -> the view's values, and what else is asked for
    "round": {"values": MOONS},
    "likelihood": {"values": MOONS},
    "conservative": {"values": MOONS},
    "stochastic": {"values": {"data": "digits"}},
    "sde": {"values": MOONS},
    "heat": {"values": {"data": "spiral", "data.dimension": 2}},
    "equal": {"values": {"data": "spiral"}},
    "local": {"values": {"data": "spiral"}},
    "plane": {"values": MOONS},
    "learned": {"values": {"data": "spiral"}},
    "between": {"values": {"data": "digits"}},
}
WANTED = {  # seconds of wall clock on 2 quiet cores: the first curve, the whole; None: as it comes
    "heat": (1.0, 10.0),
    "likelihood": (1.0, 2.0),
}
USUAL = (1.0, None)
STOPPED = 0.05  # seconds from a cancel
NUMBER = itertools.count()
_own = tempfile.TemporaryDirectory(prefix="explorer-bench-")  # goes with this process
EARLY = 3.0  # seconds in which it is cancelled
PULSE = 0.002


@dataclasses.dataclass
class Heard:
    """What a measurement took, in seconds of the wall clock, and its first curve of the CPU; stops:
    from a cancel to its end, of both.
    """

    first: float = float("nan")
    first_cpu: float = float("nan")
    whole: float = float("nan")
    rows: int = 0
    total: int = 0
    cut: bool = False
    stops: list[tuple[float, float]] = dataclasses.field(default_factory=list)


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument("--kinds", metavar="A,B", help=f"of {', '.join(VIEWS)}; all without it")
    parser.add_argument("--seconds", type=int, default=60, help="after which one is cancelled")
    parser.add_argument("--stops", type=int, default=6, help="how often each is cancelled")


def measure(given: argparse.Namespace) -> None:
    """Print a table of all kinds."""
    kinds = given.kinds.split(",") if given.kinds else list(VIEWS)
    if unknown := [k for k in kinds if k not in VIEWS]:
        raise UserError(f"Unknown kind {unknown[0]!r:.40}. Known: {', '.join(VIEWS)}.")
    use_device(given.device)
    print("seconds of the wall clock, of the CPU where it says so; from a cancel to the end in")
    print(f"milliseconds: median, worst of all, at most {1000 * STOPPED:.0f} is wanted")
    head = ["kind", "first", "CPU", "wanted", "whole", "wanted", "rows"]
    head += ["stops", "worst", "CPU", "worst"]
    for kind in kinds:
        h = listen(kind, given.seconds, given.stops)
        first, whole = WANTED.get(kind, USUAL)
        clocks = [sorted(1000 * s for s in stops) for stops in zip(*h.stops)]
        stops = [f"{v:.0f}" for c in clocks for v in (c[len(c) // 2], c[-1])] or [""] * 4
        row = [
            f"{kind:12}",
            f"{h.first:.2f}",
            f"{h.first_cpu:.2f}",
            _wanted(first),
            f"{h.whole:.1f}" + ("+" if h.cut else ""),
            _wanted(whole),
            f"{h.rows}/{h.total}",
            *stops,
        ]
        table(head if kind == kinds[0] else row, [row] if kind == kinds[0] else [])
        sys.stdout.flush()


def _wanted(seconds: float | None) -> str:
    return "" if seconds is None else f"< {seconds:g}"


def listen(kind: str, most: float, stops: int = 0) -> Heard:
    """Measure one kind to its end, or for so many seconds; then cancel it so often."""
    heard, ended = Heard(), threading.Event()
    job = _begun(kind, ended, fresh=True)
    begun, used = time.perf_counter(), _used(job)
    while not ended.wait(PULSE):
        now = time.perf_counter() - begun
        if job.count and heard.first != heard.first:
            heard.first, heard.first_cpu = now, _used(job) - used
        if now > most and not heard.cut:
            heard.cut = True
            job.stop("cut")
    heard.whole = time.perf_counter() - begun
    heard.rows, heard.total = job.count, job.total
    if heard.rows and heard.first != heard.first:
        heard.first, heard.first_cpu = heard.whole, _used(job) - used
    moments = random.Random(kind)
    for i in range(stops):
        heard.stops.append(_stopped(kind, moments.uniform(0, min(heard.whole, EARLY)), i % 2 == 0))
    return heard


def _used(job) -> float:
    """Seconds of the CPU that the job's worker has had; nan where no clock tells."""
    try:
        return time.clock_gettime((~job._worker.process.pid << 3) | 2)  # see clock_getcpuclockid
    except (OSError, AttributeError):
        return float("nan")


def _stopped(kind: str, after: float, fresh: bool) -> tuple[float, float]:
    """Seconds from a cancel to where the worker says that nothing is measured any more, of the wall
    clock and of the CPU."""
    ended = threading.Event()
    job = _begun(kind, ended, fresh)
    ended.wait(after)
    asked, used = time.perf_counter(), _used(job)
    job.stop("stopped")
    job.quiet.wait()
    took = time.perf_counter() - asked, _used(job) - used
    ended.wait()
    return took


def _begun(kind: str, ended: threading.Event, fresh: bool):
    """A job at work in a worker that was warm before, on cells that nobody has measured.  fresh:
    and had done nothing yet."""
    from ..server.workers import WORKERS, Away

    if fresh:
        WORKERS.close()
    WORKERS.warm()
    while not WORKERS.ready():
        time.sleep(PULSE)
    os.environ["EXPLORER_CACHE"] = os.path.join(_own.name, str(next(NUMBER)))
    job = Away({"kind": kind, **VIEWS[kind]}, long=False)
    job.begin(lambda problem: ended.set())
    return job
