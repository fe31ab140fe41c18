"""A process of this server that measures: what is sent to it, what it says, and what it holds."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..store import places
from . import logs

if TYPE_CHECKING:
    from .workers import Away

HEAVY = 2**30  # bytes held between jobs above which a worker is replaced


class Worker:
    """A process that takes one job after another.  soon: somebody waits for it already."""

    def __init__(self, forget: Callable[["Worker"], None], soon: bool):
        self.ready, self.dead = False, False
        self.job: Away | None = None
        self.idle = time.monotonic()
        self._forget, self._writing = forget, threading.Lock()
        words = {"parent": os.getpid(), "soon": soon, "log": logs.kind}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "explorer.server.worker", json.dumps(words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=places.ROOT,
            env=os.environ
            | {
                "OMP_NUM_THREADS": "1",
                "OMP_WAIT_POLICY": "PASSIVE",
                "CUDA_MODULE_LOADING": "LAZY",
            },
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, words: dict, body: bytes = b"") -> None:
        """To the process; one that is gone is noticed by who listens."""
        with self._writing, contextlib.suppress(OSError, ValueError):
            assert self.process.stdin is not None
            self.process.stdin.write(json.dumps(words).encode() + b"\n" + body)
            self.process.stdin.flush()

    def kill(self) -> None:
        self.process.kill()

    def close(self) -> None:
        """It ends by itself when the line is closed."""
        with self._writing, contextlib.suppress(OSError):
            assert self.process.stdin is not None
            self.process.stdin.close()

    def held(self) -> int:
        """Bytes of memory, with the processes of its study; 0 where that cannot be known."""
        pid = self.process.pid
        own = held(pid)
        with contextlib.suppress(OSError, ValueError):
            text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
            own += sum(map(held, map(int, text.split())))
        return own

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(ValueError):  # a line cut off by its end
            for line in self.process.stdout:
                words = json.loads(line)
                self._hear(words, self.process.stdout.read(words["bytes"]))
        self.process.kill()  # one whose line is broken is of no use
        code = self.process.wait()
        self.dead = True
        self._forget(self)
        job, self.job = self.job, None
        if job is not None:
            job.lost(code)

    def _hear(self, words: dict, body: bytes) -> None:
        if "ready" in words:
            self.ready = True
            return
        job = self.job
        if job is None or words.get("job") != job.key:
            return
        if "end" in words:  # free before anybody is told, who may send the next one
            heavy = self.held() > HEAVY
            if heavy:
                self._forget(self)
            self.job, self.idle = None, time.monotonic()
            if heavy:
                self.close()
        job.hear(words, body)


def held(pid: int) -> int:
    """Bytes of memory of a process; 0 where that cannot be known."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0
