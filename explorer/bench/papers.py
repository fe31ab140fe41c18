"""Compare's measurements of the papers: the first curve, the whole, and how soon a cancel is heard.

Each kind is measured as a worker measures it, in this process, on exact data in two dimensions or
what it needs.  “deaf” is the longest time between two questions whether it is still wanted, which a
cancel may wait for.  CPU seconds leave out what other programs take on this machine.
"""

import argparse
import dataclasses
import sys
import time
from typing import Any

from ..errors import Cancelled, UserError
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
    "stochastic": (None, None),  # networks
}
USUAL = (1.0, None)
DEAF = 0.05


@dataclasses.dataclass
class Heard:
    """What a measurement took, in seconds of the wall clock and of this process."""

    first: float = float("nan")
    first_cpu: float = float("nan")
    whole: float = float("nan")
    whole_cpu: float = float("nan")
    deaf: float = 0.0
    deaf_cpu: float = 0.0
    rows: int = 0
    total: int = 0
    stopped: bool = False


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument("--kinds", metavar="A,B", help=f"of {', '.join(VIEWS)}; all without it")
    parser.add_argument("--seconds", type=int, default=60, help="after which one is cancelled")


def measure(given: argparse.Namespace) -> None:
    """Print a table of all kinds."""
    kinds = given.kinds.split(",") if given.kinds else list(VIEWS)
    if unknown := [k for k in kinds if k not in VIEWS]:
        raise UserError(f"Unknown kind {unknown[0]!r:.40}. Known: {', '.join(VIEWS)}.")
    use_device(given.device)
    print("seconds of the wall clock (of the CPU); deaf in milliseconds, at most 50 is wanted")
    head = ["kind", "first", "wanted", "whole", "wanted", "rows", "deaf"]
    for kind in kinds:
        h = listen(kind, given.seconds)
        first, whole = WANTED.get(kind, USUAL)
        row = [
            f"{kind:12}",
            f"{h.first:.2f} ({h.first_cpu:.2f})",
            _wanted(first),
            f"{h.whole:.1f} ({h.whole_cpu:.1f})" + ("+" if h.stopped else ""),
            _wanted(whole),
            f"{h.rows}/{h.total}",
            f"{1000 * h.deaf:.0f} ({1000 * h.deaf_cpu:.0f})",
        ]
        table(head if kind == kinds[0] else row, [row] if kind == kinds[0] else [])
        sys.stdout.flush()


def _wanted(seconds: float | None) -> str:
    return "" if seconds is None else f"< {seconds:g}"


def listen(kind: str, most: float) -> Heard:
    """Measure one kind to its end, or for so many seconds."""
    from ..server.kinds import measurement

    heard = Heard()
    begun, begun_cpu = time.perf_counter(), time.process_time()
    last = [begun, begun_cpu]

    def watch() -> None:
        now, cpu = time.perf_counter(), time.process_time()
        heard.deaf = max(heard.deaf, now - last[0])
        heard.deaf_cpu = max(heard.deaf_cpu, cpu - last[1])
        last[:] = now, cpu
        if now - begun > most:
            raise Cancelled

    asked = measurement({"kind": kind, **VIEWS[kind]})
    heard.total = asked.total
    found: list = []
    try:
        for row in asked.rows(watch):
            found.append(row)
            watch()
            if len(found) == 1:
                asked.show(found)
                heard.first = time.perf_counter() - begun
                heard.first_cpu = time.process_time() - begun_cpu
                last[:] = time.perf_counter(), time.process_time()
    except Cancelled:
        heard.stopped = True
    heard.rows = len(found)
    heard.whole = time.perf_counter() - begun
    heard.whole_cpu = time.process_time() - begun_cpu
    return heard
