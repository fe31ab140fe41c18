"""A stranger's file is read in a process of its own, which ends with it.

    with read("explorer.reading.numbers:points", path, "a.npy", Limits()) as found:
        found.value, found.array("points"), found.tensors("state")

Whatever the file does to its reader, this process lives on: a reader has seconds of computing, an
amount of memory and a size of what it writes, by the system's own limits (`resource`).  Where the
system has none (Windows), time alone is bounded.  A few are at work at once; another waits a while.

What comes back is data, never a pickle: words as JSON, arrays as .npy, tensors as .safetensors, and
each is checked as a stranger's once more.
"""

import atexit
import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from . import places
from .unsaved import saving

MIB = 2**20
AT_ONCE = 2  # readers; each has the memory of its limits
PATIENCE = 20.0  # seconds that a file waits for its turn
LONGEST = 4 * MIB  # bytes of an answer in words
SENTENCE = 1000  # characters
QUICK, NICE = 1.0, 10  # seconds after which a reader steps back behind the page
IDLE = 3  # exit code of a reader that was not asked for anything
_reading: list[str] = []  # for whom, of the files that are being read
_turn = threading.Condition()


@dataclasses.dataclass(frozen=True)
class Limits:
    """Of one reader.  seconds: of computing, and twice as many on the clock of a busy machine;
    memory: bytes beyond those of an idle reader; written: bytes of each file that it hands back.
    """

    seconds: int = 10
    memory: int = 512 * MIB
    written: int = 128 * MIB


class Found:
    """What a reader handed back.  value: plain words and numbers.  shown: the file, for people."""

    def __init__(self, value: Any, folder: Path, shown: str):
        self.value, self._folder, self._shown = value, folder, shown

    def array(self, name: str) -> np.ndarray:
        """The array of this name.  Raises UserError where there is none."""
        try:
            return np.load(self._folder / f"{name}.npy", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            raise _strange(self._shown) from None

    def tensors(self, name: str) -> dict:
        """The tensors of this name, on the CPU.  Raises UserError where there are none."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(self._folder / f"{name}.safetensors")
        except (OSError, ValueError, SafetensorError):
            raise _strange(self._shown) from None


@contextlib.contextmanager
def read(
    task: str,
    source: bytes | str | Path,
    shown: str,
    limits: Limits = Limits(),
    of: str = "",
    **words,
) -> Iterator[Found]:
    """Call the project's function "module:name" with (path, out, **words) in a reader's process.

    source: the file or its bytes.  shown: what a person calls it, for sentences.  of: the visitor
    whose it is, who has one reader at a time, so that nobody's files keep all of them.  words:
    plain, for the function.
    Raises UserError with the function's own sentence, or one that says which limit was met.
    """
    _wait(of, shown)
    with contextlib.ExitStack() as stack:
        try:
            with saving(f"What is read of {shown}"):
                place = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
                folder = Path(place)
                if isinstance(source, bytes):
                    path = folder / "given"
                    path.write_bytes(source)
                else:
                    path = Path(source).resolve()
            job = {
                "task": task,
                "source": str(path),
                "folder": place,
                "words": words | {"shown": shown},
                "shown": shown,
                "limits": dataclasses.asdict(limits),
            }
            code, late = _run(job, 2.0 * limits.seconds)
        finally:
            with _turn:
                _reading.remove(of)
                _turn.notify_all()
        yield Found(_value(folder, shown, limits, code, late), folder, shown)


def _wait(of: str, shown: str) -> None:
    """Come back when it is this file's turn.  Raises UserError where that takes too long."""
    free = lambda: len(_reading) < AT_ONCE and not (of and of in _reading)
    with _turn:
        if not _turn.wait_for(free, PATIENCE):
            raise UserError(
                f"{shown} could not be read yet: other files are being read just now. Try again in "
                "a moment."
            )
        _reading.append(of)


def _run(job: dict, patience: float) -> tuple[int, bool]:
    """(exit code, whether its time was over) of a reader, the one that waits if there is one."""
    waiting = _take()
    code, late = _serve(waiting or _started(), job, patience)
    if waiting and code == IDLE:  # it ended just then
        code, late = _serve(_started(), job, patience)
    threading.Thread(target=_keep_one, daemon=True).start()
    return code, late


def _serve(process: subprocess.Popen, job: dict, patience: float) -> tuple[int, bool]:
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    def lower() -> None:
        with contextlib.suppress(AttributeError, OSError):  # not on Windows; it may have ended
            os.setpriority(os.PRIO_PROCESS, process.pid, NICE)

    timers = [threading.Timer(patience, end), threading.Timer(QUICK, lower)]
    for timer in timers:
        timer.start()
    try:
        with contextlib.suppress(OSError):  # it ended before it was asked
            process.communicate(json.dumps(job).encode())
        return process.wait(), late.is_set()
    finally:
        for timer in timers:
            timer.cancel()
        process.kill()
        process.wait()


def _started(*modules: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "explorer.store.apart_child", *modules],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=places.ROOT,
        env=os.environ | _ALONE,
    )


# One reader waits with its libraries loaded, which is nine tenths of what a small file takes.  It
# serves one file, as any; it ends by itself when none comes, and with this process.

LIBRARIES = ("explorer.reading.numbers", "explorer.reading.pictures", "explorer.reading.snapshot")
_waiting: list[subprocess.Popen] = []
_lock = threading.Lock()


def _take() -> subprocess.Popen | None:
    with _lock:
        process = _waiting.pop() if _waiting else None
    return process if process and process.poll() is None else None


def _keep_one() -> None:
    with _lock:
        if not _waiting:
            _waiting.append(_started(*LIBRARIES))


@atexit.register
def _leave() -> None:
    while process := _take():
        process.kill()
        process.wait()


_ALONE = {  # one thread, and one pool of memory for it
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
}


def _value(folder: Path, shown: str, limits: Limits, code: int, late: bool) -> Any:
    """What the reader answered.  Raises UserError for a refusal, and for no answer."""
    if late or code == -getattr(signal, "SIGXCPU", 0) < 0:
        raise UserError(
            f"{shown} takes more than {limits.seconds} seconds to read; a smaller file works."
        )
    answer = _answer(folder / "answer.json")
    refused, kind = answer.get("refused"), answer.get("kind")
    if isinstance(refused, str) and refused:
        raise UserError(refused[:SENTENCE])
    if kind == "memory":
        raise UserError(
            f"{shown} takes more than {limits.memory // MIB} MiB of memory to read; a smaller "
            "file works."
        )
    if kind == "value" and code == 0:
        return answer.get("value")
    raise _strange(shown)


def _answer(path: Path) -> dict:
    try:
        if path.stat().st_size > LONGEST:
            return {}
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _strange(shown: str) -> UserError:
    return UserError(
        f"{shown} cannot be read: its reader ended without an answer, as a damaged file makes it."
    )
