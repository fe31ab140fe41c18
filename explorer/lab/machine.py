"""How much memory and how many cores this machine has, how freed memory goes back to it, and what
its threads take for 0."""

import contextlib
import ctypes
import os
import sys
from pathlib import Path

MOST = 4e9  # bytes that this process may hold, where nobody says otherwise; or half of the machine
CGROUP = Path("/sys/fs/cgroup")  # where Linux says what a container may use
MMAP_THRESHOLD, LARGE = -3, 2**23  # mallopt's name for it; bytes
ARENA_MAX, ARENAS = -8, 2  # mallopt's name for it; heaps that all threads share
FULL = ("not enough memory", "out of memory", "can't allocate memory")  # torch's own words


def default() -> float:
    """Half of the machine, or of what its container may use, at most MOST; bytes."""
    return min(MOST, _machine() / 2)


def _machine() -> float:
    sizes = [2 * MOST]
    with contextlib.suppress(ValueError, OSError, AttributeError):  # not on every system
        sizes.append(float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")))
    for place in _limits():
        with contextlib.suppress(OSError, ValueError):  # "max", or no such file
            sizes.append(float(place.read_text()))
    return min(sizes)


def cores() -> int:
    """Cores that this process may use: a container has fewer than its machine; at least one."""
    found = [float(os.cpu_count() or 1)]
    with contextlib.suppress(AttributeError, OSError):  # not on every system
        found.append(float(len(os.sched_getaffinity(0))))
    for group in _groups():
        with contextlib.suppress(OSError, ValueError):  # "max", or no such file
            share, period = (group / "cpu.max").read_text().split()
            found.append(float(share) / float(period))
    return max(1, int(min(found)))


def _limits() -> list[Path]:
    """Files that may limit this process: of its own group and of all around it."""
    groups = [g / "memory.max" for g in _groups()]
    return [*groups, CGROUP / "memory" / "memory.limit_in_bytes"]


def _groups() -> list[Path]:
    own = CGROUP
    with contextlib.suppress(OSError, IndexError):
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        own = CGROUP / next(v[3:].strip("/") for v in [*lines, "0::"] if v.startswith("0::"))
    return [g for g in (own, *own.parents) if g.is_relative_to(CGROUP)]


def hand_back() -> None:
    """Give freed memory back to the system, which glibc would keep for the next time."""
    if (libc := _glibc()) is not None:
        libc.malloc_trim(0)


def let_go_early() -> None:
    """From now on whatever is larger than LARGE goes back when it is freed, and threads share
    heaps.

    glibc raises this to 32 MB by itself, and then keeps the images of all threads in their heaps,
    of which it makes up to eight for each core.
    """
    if (libc := _glibc()) is not None:
        libc.mallopt(MMAP_THRESHOLD, LARGE)
        libc.mallopt(ARENA_MAX, ARENAS)


def flush_tiny() -> None:
    """This thread takes numbers below 2e-308 for 0, where its processor can.

    Far from a data point an exact denoiser's weight is such a number, and a product with one takes
    as long as a hundred others.  Beside the nearest point's it does not reach the last bit.
    """
    import torch  # what only asks for cores does not wait for it

    torch.set_flush_denormal(True)


def _glibc():
    """The C library, where it is the one that has these; elsewhere None."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.malloc_trim.argtypes = [ctypes.c_size_t]
        return libc
    except (OSError, AttributeError):  # another C library
        return None


def is_full(error: BaseException) -> bool:
    """Whether an allocation failed: Python's, numpy's, or torch's on any device."""
    said = str(error).lower()
    known = isinstance(error, RuntimeError) and any(words in said for words in FULL)
    return isinstance(error, MemoryError) or known
