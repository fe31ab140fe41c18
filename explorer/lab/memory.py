"""How much memory this process may hold at once: counted before it is allocated.

    with room(bytes, what):     takes what a computation needs before it begins, and gives it back
    counted(value)              what it leaves behind counts for as long as somebody holds it

Where the account is full, what the memos remember is forgotten first, the least recently used of
all of them; then whoever asks waits for a while; then there is a sentence.
"""

import contextvars
import threading
import time
import traceback
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from .. import memo as memos
from ..core import graphs
from ..errors import UserError
from ..memo import Memo, pressed, size_of, waits
from ..models import latent, prompts
from ..numerals import number
from .machine import default, hand_back, is_full

WAIT = 60.0  # seconds that a computation waits for room
LOOK = 0.25  # seconds after which who waits looks again whether a value was let go meanwhile
SMALL = 1 / 32  # of the limit: who needs less does not queue behind who needs more
LARGE = 64e6  # bytes of work after which freed memory is handed back to the system


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

    def again(self, asked: "Room", pressed: bool) -> bool:
        """Whether somebody who waits has room by now; at once where another who has some waits for
        what is made in it, and gives nothing back before."""
        with self._lock:
            if pressed and asked in self._queue:
                self._queue.remove(asked)
                self._overdraw(asked)
            self._serve()
            return asked not in self._queue

    def overdraw(self, asked: "Room") -> None:
        """Take room for who is in the middle of a view, whatever there is."""
        with self._lock:
            self._overdraw(asked)

    def _overdraw(self, asked: "Room") -> None:
        if asked.need:
            self._fits(asked.need)  # forgets what it can
            self.promised += asked.need

    def join(self, asked: "Room") -> None:
        """One more thread works in a room."""
        with self._lock:
            asked.users += 1

    def leave(self, asked: "Room") -> bool:
        """Give back the place in the queue or, the last who works in it, what is left of a room:
        then True."""
        with self._lock:
            if asked in self._queue:
                self._queue.remove(asked)
            else:
                asked.users -= 1
                if asked.users:
                    return False
                self.promised -= asked.need
            asked.need = 0.0
            self._serve()
            return True

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
    """What a computation takes from the account; a context.

    Within another room of the same context it takes only what that has not left, and does not wait
    for it: who holds half of a view and waits for the rest would keep others waiting in turn.
    """

    def __init__(self, account: Account, need: float, what: str):
        self.account, self.need, self.what = account, max(0.0, need), what
        self.large = self.need > LARGE
        self.free = threading.Event()
        self.users = 1  # threads that work in it

    def __enter__(self) -> "Room":
        around = self.outer = _room.get()
        if around is not None:
            self.need = max(0.0, self.need - around.need)
            self.account.overdraw(self)
        else:
            self._wait()
        self._token = _room.set(around or self)
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
            while not account.again(self, pressed()):
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
        self.left()
        if error is not None and is_full(error):
            for memo in self.account.memos:
                memo.clear()
            hand_back()
            raise UserError(
                f"{self.what} did not fit into the memory of this machine. Use fewer samples or "
                "evaluations, or smaller images; nothing else is lost."
            ) from None

    def left(self) -> None:
        """One of those who work in it is done; the last gives it back."""
        if self.account.leave(self) and self.outer is None and self.large:
            hand_back()


_room: contextvars.ContextVar[Room | None] = contextvars.ContextVar("room", default=None)
memos.holds = lambda: _room.get() is not None
MEMOS: list = []  # all that is remembered; forgotten with the device, and where room is wanted
ACCOUNT = Account(default(), MEMOS)
MEMOS.extend((graphs.GRAPHS, prompts.PIPELINES_KEPT))


def use(limit: float) -> None:
    """Bytes that this process may hold from now on."""
    ACCOUNT.limit = limit


def at_least(limit: float) -> None:
    """So many bytes, where nobody has said how many: a GPU holds what its views hold."""
    if ACCOUNT.limit == default():
        ACCOUNT.limit = max(ACCOUNT.limit, limit)


def room(need: float, what: str) -> Room:
    """A context in which a computation may hold so many bytes; waits for them, at most WAIT.

    Raises UserError where it waited in vain, and where an allocation within it fails.  what: who
    needs it, as a sentence begins.
    """
    return Room(ACCOUNT, need, what)


_looked: dict[int, float] = {}  # when what a memory keeps above its limit was last used, as seen


def let_go() -> None:
    """Forget what a memory keeps beyond its limit, one large value, where nobody has asked for it
    since the last call.  While a view grows its parts are needed; at rest they are gigabytes.
    """
    freed = False
    for memo in (m for m in MEMOS if isinstance(m, Memo)):
        used = memo.oldest
        if memo.bytes > memo.limit and _looked.get(id(memo)) == used:
            memo.forget()
            freed = True
        _looked[id(memo)] = used
    if freed:
        hand_back()


def shared(pool: Executor, work: Callable[[], Any]) -> Future:
    """Work for another thread; it takes its memory from the room that this one has, which stays
    taken until both are done, or the work is cancelled before it has begun."""
    mine = _room.get()
    if mine is None:
        return pool.submit(work)
    mine.account.join(mine)

    def within() -> Any:
        token = _room.set(mine)
        try:
            return work()
        except BaseException as error:
            traceback.clear_frames(error.__traceback__)
            raise
        finally:
            _room.reset(token)
            mine.left()

    future = pool.submit(within)
    future.add_done_callback(lambda it: mine.left() if it.cancelled() else None)
    return future


def counted(value: Any) -> Any:
    """The same value, which counts for as long as somebody holds it."""
    size = ACCOUNT.hold(value)
    if (mine := _room.get()) is not None:
        ACCOUNT.used(mine, size)
    return value


def _standing(value: Any) -> Any:
    """Captured graphs, text encoders, decoders: no part of what was promised to who made them."""
    ACCOUNT.hold(value)
    return value


graphs.counted = prompts.counted = latent.counted = _standing
