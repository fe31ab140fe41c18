"""A training under way or just over: its process, and the newest of what it said.

The process holds the lock of its run, which this server took and handed over, so that no other
server takes the run, whatever becomes of this one.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import deque

from ..errors import UserError
from ..store import locks, places, trainings
from ..training.configs import Training
from . import logs

LONGEST = 3600.0  # seconds that one training may take without being taken up again
GRACE = 5.0  # seconds for a process to end that was told to; then it is killed
SILENT = 20.0  # seconds without a sign of life, which comes every 2: it was stopped, or starves
STARTING = 120.0  # seconds that it may take to import PyTorch on a machine that is busy


class Session:
    """state: starting, then running, stopping, and done, paused, cancelled or failed.

    held: the lock of its run; it belongs to the process from now on.  Nothing is called paused
    whose state is not on disk.
    """

    def __init__(self, name: str, letter: str, flat: dict, t: Training, held: locks.Held):
        self.name, self.training = name, t
        self.seen: dict = {}
        self.problem: str | None = None
        self.state = "starting"
        self.started = self._heard = time.monotonic()
        self._ending: str | None = None
        self._kept = False
        self._process = self._spawn({"name": name, "letter": letter, "flat": flat}, held)
        self._by = logs.current()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        return self.state in ("starting", "running", "stopping")

    @property
    def trouble(self) -> str | None:
        """What a person should know of it."""
        quiet = time.monotonic() - self._heard
        if self.busy and quiet > (STARTING if self.state == "starting" else SILENT):
            return (
                f"The training process has not answered for {quiet:.0f} s: something has stopped "
                "it, or the machine is too busy. Cancel ends it at once; what it last saved can "
                "be gone on from only if it wakes."
            )
        return self.problem

    def stop(self, how: str) -> None:
        """how: paused or cancelled.  Who is cancelled and does not end by itself is killed."""
        self._ending = how
        self.state = "stopping"
        with contextlib.suppress(OSError, ValueError):  # it has just ended
            self._process.stdin.write("stop\n")
            self._process.stdin.flush()
        if how == "cancelled":
            timer = threading.Timer(GRACE, self._process.kill)
            timer.daemon = True
            timer.start()

    def join(self, seconds: float = 30.0) -> None:
        self._thread.join(seconds)

    def _spawn(self, words: dict, held: locks.Held) -> subprocess.Popen:
        inherits = os.name != "nt"
        words |= {"parent": os.getpid(), "lock": held.file.fileno() if inherits else None}
        if not inherits:  # the child takes it for itself
            held.release()
        process = subprocess.Popen(
            [sys.executable, "-m", "explorer.training.child", json.dumps(words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=places.ROOT,
            pass_fds=(words["lock"],) if inherits else (),
            env=os.environ | {"OMP_NUM_THREADS": "1", "CUDA_MODULE_LOADING": "LAZY"},
        )
        if inherits:
            held.hand_over()
        return process

    def _listen(self) -> None:
        logs.asks(self._by)
        errors: deque[str] = deque(maxlen=20)
        drain = threading.Thread(target=errors.extend, args=(self._process.stderr,), daemon=True)
        drain.start()
        for line in self._process.stdout:
            self._heard = time.monotonic()
            with contextlib.suppress(ValueError):
                self._take(json.loads(line))
        code = self._process.wait()
        drain.join(5)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                pipe.close()
        self.state = self._ended(code, "".join(errors))

    def _take(self, news: dict) -> None:
        if "problem" in news:
            self.problem = news["problem"]
        elif "kept" in news:
            self._kept = True
        elif "images" in news:
            self.seen = self.seen | news
            if self.state == "starting":
                self.state = "running"
        if self.state == "running" and time.monotonic() - self.started > LONGEST:
            self.problem = f"Paused after {LONGEST / 60:.0f} minutes; resume it to go on."
            self.stop("paused")

    def _ended(self, code: int, errors: str) -> str:
        """What became of it; what is not worth keeping is gone before anybody is told."""
        if self.seen.get("done"):
            return "done"
        there = _there(self.name, self._ending == "cancelled")
        if self._ending == "cancelled" and not there:
            self.problem = None  # nobody wants what could not be saved
            return "cancelled"
        if self._ending == "paused" and self._kept and there:
            return "paused"
        if self._ending == "cancelled":
            self.problem = f"“{self.name}” has stopped, but the disk lets nothing of it be removed."
            return "failed"
        if code != 2 or not self.problem:  # 2: it said why
            if errors:
                logs.log.error("a training ended: %s", errors)  # for the owner; it may name folders
            how = f"The training process ended by itself (code {code}{_kind(errors)}). "
            self.problem = how + (
                "Resume it to go on from its last checkpoint."
                if there
                else "Nothing of it was saved yet; its name is free again."
            )
        return "failed"


def _there(name: str, cancelled: bool) -> bool:
    """Whether a state of a run is kept; one without it is forgotten, as is a cancelled one."""
    place = trainings.folder(name)
    if cancelled or trainings.state(place) is None:
        with contextlib.suppress(UserError):  # another process is at work there, or nobody may
            held = trainings.reserve(place, patience=1.0)
            try:
                trainings.forget(name)
            finally:
                held.release()
    trainings.sweep()
    return trainings.state(place) is not None


def _kind(errors: str) -> str:
    """The name of the error that a traceback ends with; its words may name folders."""
    found = re.match(r"[\w.]+(?=:|$)", errors.strip().splitlines()[-1]) if errors.strip() else None
    return f", {found[0].rpartition('.')[2]}" if found else ""
