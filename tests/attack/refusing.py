"""Disks that refuse: one limit of the system that any process may set for itself, and a real one,
full or read-only, where this machine lets an ordinary process mount it.
"""

import contextlib
import subprocess
import sys
from functools import cache

import pytest

resource = pytest.importorskip("resource")


@contextlib.contextmanager
def smallest_files(size: int, process: int = 0):
    """No file of this process, or of another one, grows beyond `size` bytes meanwhile: the system
    refuses the write in its midst, as a full disk does.  Python 3.11 would keep a compiled module
    that was cut off so, which no later process can read: this one writes none meanwhile.
    """
    compiles, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    before = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        sys.dont_write_bytecode = compiles
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(process, resource.RLIMIT_FSIZE, before)


def mounted(code: str, place, options: str) -> subprocess.CompletedProcess:
    """Run Python on a small disk of its own that is mounted at `place`; skips where nobody may."""
    if not can_mount():
        pytest.skip("this machine lets nobody mount a disk for a process alone")
    line = f'mount -t tmpfs -o {options} tmpfs "$1" && exec "$2" -c "$3" "$1"'
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", line, "sh", str(place), sys.executable, code],
        capture_output=True,
        text=True,
    )


@cache
def can_mount() -> bool:
    try:
        return not subprocess.run(
            ["unshare", "-rm", "sh", "-c", "mount -t tmpfs tmpfs /mnt"], capture_output=True
        ).returncode
    except OSError:
        return False


def left_over(folder) -> list:
    """What nobody should find: parts, and locks that nobody holds."""
    return [p for p in folder.rglob(".*") if p.suffix in (".part", ".lock", ".old")]
