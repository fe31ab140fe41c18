"""A training in a process of its own, for the page: it tells by lines of JSON and stops when told.

    python -m explorer.training.child '{"name": ..., "flat": {...}, "letter": "F", "parent": pid}'

The page stays live, and nothing that happens to it or to this process loses more than seconds: the
state is on disk.  It stops, keeping the state, when its parent writes to it or goes: a pipe needs
no disk, which may be full.

    {"images": ..., ...}  a report         {"kept": n}  stopped, the state at n images is on disk
    {"problem": "..."}    why it ended     {"alive": true}  nothing new, but this process runs
"""

import base64
import contextlib
import json
import os
import signal
import sys
import threading
from typing import Any

from .. import start
from ..errors import Cancelled, UserError
from ..store import trainings

with start.libraries():
    from . import runs
    from .configs import chosen
    from .loop import Progress

LOOK = 4.0  # seconds between looks at samples
PULSE = 2.0  # seconds between two signs of life
NICE = 5  # the page comes first, and training still goes on
_telling = threading.Lock()
_stop = threading.Event()


def main(words: dict) -> int:
    """Run and tell; returns the exit code."""
    import torch

    start.compiler_later()
    torch.set_num_threads(int(words.get("threads", 1)))
    if hasattr(os, "nice"):
        os.nice(NICE)
    name, parent = words["name"], words["parent"]
    trainings.folder(name)  # says what is wrong with the name
    for work in (_listen, _pulse):
        threading.Thread(target=work, daemon=True).start()

    def watch() -> None:
        if _stop.is_set() or hasattr(os, "getppid") and os.getppid() != parent:
            raise Cancelled

    seen = last = None
    try:
        t = chosen(words["letter"], words["flat"])
        for last in runs.run(t, name, look=LOOK, watch=watch, lock=words.get("lock")):
            _tell(report(last, last.now is not seen or last.done))
            seen = last.now
    except UserError as error:
        _tell({"problem": str(error)})
        return 2
    if last is not None and not last.done:
        _tell({"kept": last.images})
    return 0


def report(p: Progress, looked: bool) -> dict:
    """A report as plain values; what is seen at looks only when it is new."""
    out: dict[str, Any] = {
        "images": p.images,
        "total": p.total,
        "seconds": p.seconds,
        "rate": p.rate,
        "left": p.left if p.left < 1e9 else None,
        "loss": p.loss,
        "done": p.done,
    }
    if looked:
        values = p.samples.contiguous().float().numpy().astype("<f4")
        out |= {
            "curve": p.curve,
            "first": p.first.flat(),
            "now": p.now.flat(),
            "samples": base64.b64encode(values.tobytes()).decode(),
            "shape": list(values.shape),
            "labels": None if p.labels is None else p.labels.tolist(),
        }
    return out


def _listen() -> None:
    """A word from the parent, or its end, is the wish to stop."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdin.readline()
    _stop.set()


def _pulse() -> None:
    while not _stop.wait(PULSE):
        _tell({"alive": True})


def _tell(words: dict) -> None:
    with _telling, contextlib.suppress(BrokenPipeError):  # its parent is gone, so it stops soon
        sys.stdout.write(json.dumps(words) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, which then says stop
    sys.exit(main(json.loads(sys.argv[1])))
