"""The reader's side of `apart`: one job from standard input, one answer as a file, and the end.

    python -m explorer.store.apart_child [modules to load meanwhile]

The job is the server's own, so its words are trusted; the file that it names is a stranger's.
"""

import contextlib
import importlib
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import start
from ..errors import UserError
from . import tensors
from .unsaved import saving

if TYPE_CHECKING:
    import numpy as np

IDLE, PATIENCE = 3, 120.0  # exit code of a reader that nobody asks, and its seconds
FILES = 64  # that may be open


class Out:
    """Where a task puts what is too large for words."""

    def __init__(self, folder: Path, shown: str):
        self.folder, self._what = folder, f"What is read of {shown}"

    def array(self, name: str, values: "np.ndarray") -> None:
        """Hand back an array of numbers."""
        import numpy as np  # half of a reader's start, and not every reader's

        with saving(self._what):
            np.save(self.folder / f"{name}.npy", values, allow_pickle=False)

    def tensors(self, name: str, found: dict[str, Any]) -> None:
        """Hand back tensors, each written as it is read."""
        with saving(self._what):
            tensors.write(self.folder / f"{name}.safetensors", found)


def main() -> int:
    """Serve one job; returns the exit code."""
    with start.libraries():
        for module in sys.argv[1:]:
            importlib.import_module(module)
    idle = threading.Timer(PATIENCE, os._exit, [IDLE])
    idle.start()
    line = sys.stdin.buffer.readline()
    idle.cancel()
    idle.join()
    if not line:  # whoever would ask is gone
        return IDLE
    job = json.loads(line)
    task = found(job)  # before the limits: libraries are large
    limit(**job["limits"])
    serve(job, task)
    return 0


def found(job: dict) -> Callable:
    """The function that a job names."""
    module, _, name = job["task"].partition(":")
    return getattr(importlib.import_module(module), name)


def serve(job: dict, task: Callable) -> None:
    """Call it, and write what it answers."""
    folder = Path(job["folder"])
    answer: dict[str, Any]
    out = Out(folder, job["shown"])
    try:
        answer = {"kind": "value", "value": task(Path(job["source"]), out, **job["words"])}
    except UserError as error:
        answer = {"kind": "refused", "refused": str(error)}
    except MemoryError:
        answer = {"kind": "memory"}
    except Exception as error:  # noqa: BLE001  a damaged file meets libraries with every kind
        why = f"{job['shown']} is damaged or not what its ending says ({type(error).__name__})."
        answer = {"kind": "refused", "refused": why}
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


def limit(seconds: int, memory: int, written: int) -> None:
    """Hold this process to these from now on, as far as its system can."""
    try:
        import resource
    except ImportError:  # not on Windows, where the clock of `apart` alone is the limit
        return
    for kind, most in (
        ("RLIMIT_CPU", seconds + 1),  # a second after the softer limit, which names its reason
        ("RLIMIT_AS", _held() + memory),
        ("RLIMIT_FSIZE", written),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NOFILE", FILES),
    ):
        if hasattr(resource, kind):
            number = getattr(resource, kind)
            hard = resource.getrlimit(number)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            with contextlib.suppress(ValueError, OSError):  # macOS knows limits that it refuses
                resource.setrlimit(number, (seconds if kind == "RLIMIT_CPU" else most, most))


def _held() -> int:
    """Bytes of addresses that this process has already."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 2**30  # where it cannot be known, more than any idle Python has


if __name__ == "__main__":
    sys.exit(main())
