"""What a reader might do to its process; called there by `store.apart`, by name."""

import os
import pickle
import signal
import threading
from pathlib import Path

import numpy as np


class Canary:
    """Its pickle, loaded, makes a file."""

    def __init__(self, path: str):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def spin(path: Path, out, shown: str):
    while True:
        pass


def wait(path: Path, out, shown: str):
    threading.Event().wait()


def swallow(path: Path, out, shown: str):
    return len(bytearray(2 * 10**9))


def hoard(path: Path, out, shown: str):
    kept = []
    while True:
        kept.append(b"x" * 10**6 + str(len(kept)).encode())


def fill(path: Path, out, shown: str):
    with (out.folder / "large").open("wb") as file:
        while True:
            file.write(bytes(2**20))


def vanish(path: Path, out, shown: str):
    os._exit(0)


def crash(path: Path, out, shown: str):
    os.kill(os.getpid(), signal.SIGSEGV)


def fail(path: Path, out, shown: str):
    raise RuntimeError(f"of {path}")


def chatter(path: Path, out, shown: str):
    """Answers garbage, as a reader that a file has taken over might."""
    (out.folder / "answer.json").write_bytes(path.read_bytes())
    os._exit(0)


def arrays(path: Path, out, shown: str):
    """Hands back a pickle under the names of an array and of tensors."""
    raw = pickle.dumps(Canary(str(path.parent / "executed")))
    np.save(out.folder / "objects.npy", np.array([Canary("executed")] * 2), allow_pickle=True)
    for name in ("points.npy", "state.safetensors"):
        (out.folder / name).write_bytes(raw)
    return 1


def open_files(path: Path, out, shown: str):
    kept = [path.open("rb") for _ in range(1000)]
    return len(kept)
