"""How much memory this process may hold at once: counted before it is allocated.

    with room(bytes, what):     takes what a computation needs before it begins, and gives it back
    counted(value)              what it leaves behind counts for as long as somebody holds it

Where the account is full, what the memos remember is forgotten first, the least recently used of
all of them; then whoever asks waits for a while; then there is a sentence.
"""

import contextlib
import contextvars
import ctypes
import os
import sys
import threading
import time
import traceback
import weakref
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..memo import Memo, size_of, waits
from ..numerals import number

MOST = 4e9  # bytes, where nobody says otherwise; or half of the machine
WAIT = (
    30.0  # seconds that a computation waits for room; the longest of those before it take as long
)
LOOK = 0.25  # seconds after which who waits looks again whether a value was let go meanwhile
SMALL = 1 / 32  # of the limit: who needs less does not queue behind who needs more
LARGE = 64e6  # bytes of work after which freed memory is handed back to the system
MMAP_THRESHOLD, BLOCK = -3, 2**23  # bytes: what is larger goes back to the system when it is freed;
#   glibc would raise this to 32 MB by itself, and keep the images of all threads in their heaps
FULL = ("not enough memory", "out of memory", "can't allocate memory")  # torch's own words
CGROUP = Path("/sys/fs/cgroup")  # where Linux says what a container may use


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


def _limits() -> list[Path]:
    """Files that may limit this process: of its own group and of all around it."""
    own = CGROUP
    with contextlib.suppress(OSError, IndexError):
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        own = CGROUP / next(v[3:].strip("/") for v in [*lines, "0::"] if v.startswith("0::"))
    groups = [g for g in (own, *own.parents) if g.is_relative_to(CGROUP)]
    return [g / "memory.max" for g in groups] + [CGROUP / "memory" / "memory.limit_in_bytes"]


def words(size: float) -> str:
    """Bytes for a sentence: 3.1 GB, 210 MB."""
    return f"{number(size / 1e9, 2)} GB" if size >= 1e9 else f"{max(1, round(size / 1e6))} MB"


class Account:
    """What may be held, what is promised to computations that go on, and what is held.

    memos: what is forgotten where room is wanted.
    """

    def __init__(self, limit: float, memos: list):
        self.limit, self.memos = limit, memos
        self.promised = 0.0
        self._held = 0.0
        self._gone: deque[float] = deque()  # a finalizer may run anywhere, and takes no lock
        self._queue: deque[Room] = deque()
        self._lock = threading.Lock()

    @property
    def held(self) -> float:
        """Bytes of counted values that somebody still holds."""
        with self._lock:
            return self._settled()

    def _settled(self) -> float:
        while self._gone:
            self._held -= self._gone.popleft()
        return self._held

    def hold(self, value: Any) -> float:
        """Count a value until nobody holds it; bytes."""
        size = float(size_of(value))
        weakref.finalize(value, self._gone.append, size).atexit = False
        with self._lock:
            self._held += size
        return size

    def enter(self, asked: "Room") -> bool:
        """Whether there is room at once; else it stands in the queue."""
        with self._lock:
            ahead = self._queue and asked.need > SMALL * self.limit
            if not ahead and self._fits(asked.need):
                self.promised += asked.need
                return True
            self._queue.append(asked)
            return False

    def again(self, asked: "Room") -> bool:
        """Whether somebody who waits has room by now."""
        with self._lock:
            self._serve()
            return asked not in self._queue

    def leave(self, asked: "Room") -> None:
        """Give back what is left of a room, or the place in the queue."""
        with self._lock:
            if asked in self._queue:
                self._queue.remove(asked)
            else:
                self.promised -= asked.need
            asked.need = 0.0
            self._serve()

    def _serve(self) -> None:
        while self._queue and self._fits(self._queue[0].need):
            self.promised += self._queue[0].need
            self._queue.popleft().free.set()

    def _fits(self, need: float) -> bool:
        """Forgets what is remembered until there is room; False where that is not enough."""
        if self.promised + need > self.limit:  # whatever is forgotten
            return False
        while self.promised + self._settled() + need > self.limit:
            known = [m for m in self.memos if isinstance(m, Memo) and len(m)]
            if not known:
                return False
            min(known, key=lambda m: m.oldest).forget()
        return True

    def used(self, asked: "Room", size: float) -> None:
        """A value was made of what was promised."""
        with self._lock:
            part = min(size, asked.need)
            asked.need -= part
            self.promised -= part


class Room:
    """What a computation takes from the account; a context.  Within another room of the same
    context it takes only what that has not left."""

    def __init__(self, account: Account, need: float, what: str):
        self.account, self.need, self.what = account, max(0.0, need), what
        self.large = self.need > LARGE
        self.free = threading.Event()

    def __enter__(self) -> "Room":
        around = _room.get()
        if around is not None:
            self.need = max(0.0, self.need - around.need)
        self.outer = around
        if self.need or around is None:
            self._wait()
        self._token = _room.set(self if around is None else around)
        return self

    def _wait(self) -> None:
        account = self.account
        if self.need > account.limit:
            raise UserError(
                f"{self.what} needs about {words(self.need)}; at most {words(account.limit)} are "
                "allowed. Use fewer samples or evaluations, or smaller images."
            )
        if account.enter(self):
            return
        try:
            until = time.monotonic() + WAIT
            while not account.again(self):
                if time.monotonic() > until:
                    raise UserError(
                        f"{self.what} needs about {words(self.need)}, and the views of others "
                        f"take the memory of this server ({words(account.limit)}) just now. "
                        "Ask again in a moment, or use fewer samples."
                    )
                look = threading.Timer(LOOK, self.free.set)
                look.start()
                waits.get()(self.free)  # may raise Cancelled
                look.cancel()
                self.free.clear()
        except BaseException:
            account.leave(self)
            raise

    def __exit__(self, kind, error, trace) -> None:
        _room.reset(self._token)
        if error is not None:
            traceback.clear_frames(trace)  # what a refused or cancelled computation held goes now
        self.account.leave(self)
        if self.outer is None and self.large:
            hand_back()
        if error is not None and _is_full(error):
            for memo in self.account.memos:
                memo.clear()
            hand_back()
            raise UserError(
                f"{self.what} did not fit into the memory of this machine. Use fewer samples or "
                "evaluations, or smaller images; nothing else is lost."
            ) from None


def _is_full(error: BaseException) -> bool:
    """Whether an allocation failed: Python's, numpy's, or torch's on any device."""
    said = str(error).lower()
    known = isinstance(error, RuntimeError) and any(words in said for words in FULL)
    return isinstance(error, MemoryError) or known


_room: contextvars.ContextVar[Room | None] = contextvars.ContextVar("room", default=None)
MEMOS: list = []  # all that is remembered; forgotten with the device, and where room is wanted
ACCOUNT = Account(default(), MEMOS)


def use(limit: float) -> None:
    """Bytes that this process may hold from now on."""
    ACCOUNT.limit = limit


def room(need: float, what: str) -> Room:
    """A context in which a computation may hold so many bytes; waits for them, at most WAIT.

    Raises UserError where it waited in vain, and where an allocation within it fails.  what: who
    needs it, as a sentence begins.
    """
    return Room(ACCOUNT, need, what)


def shared(work: Callable[[], Any]) -> Callable[[], Any]:
    """The same work for another thread, which takes its memory from the room that this one has."""
    mine = _room.get()

    def within() -> Any:
        token = _room.set(mine)
        try:
            return work()
        finally:
            _room.reset(token)

    return within


def counted(value: Any) -> Any:
    """The same value, which counts for as long as somebody holds it."""
    size = ACCOUNT.hold(value)
    if (mine := _room.get()) is not None:
        ACCOUNT.used(mine, size)
    return value


def hand_back() -> None:
    """Give freed memory back to the system, which glibc would keep for the next time."""
    if _libc is not None:
        _libc.malloc_trim(0)


def _glibc():
    if not sys.platform.startswith("linux"):
        return None
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.malloc_trim.argtypes = [ctypes.c_size_t]
        libc.mallopt(MMAP_THRESHOLD, BLOCK)
        return libc
    except (OSError, AttributeError):  # another C library
        return None


_libc = _glibc()
