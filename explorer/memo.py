"""A memory of results, bounded in bytes, safe between threads.

Who asks for what another thread is making waits for that, as `waits` of its context says: a server
lets others work meanwhile.
"""

import contextlib
import dataclasses
import itertools
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from torch import Tensor, nn

T = TypeVar("T")

# how a thread waits until another has made what it asks for; may raise Cancelled
waits: ContextVar[Callable[[threading.Event], object]] = ContextVar(
    "waits", default=threading.Event.wait
)


def holds() -> bool:
    """Whether this thread has what others wait for, such as memory: who makes what it asks for must
    not wait for the same in turn.  Whoever deals such things out says it."""
    return False


class Making:
    """A value that a thread makes.  made: set when it is there, or given up; pressed: whether who
    holds what others wait for waits for it; needs: the value that its thread waits for meanwhile.
    """

    def __init__(self) -> None:
        self.made, self.pressed = threading.Event(), False
        self.needs: Making | None = None

    def press(self) -> None:
        """Somebody who holds waits for this, and so for what this waits for."""
        if not self.pressed:
            self.pressed = True  # before the look: who begins to wait looks in the other order
            if self.needs is not None:
                self.needs.press()

    def wait(self) -> None:
        """Until another thread has made it."""
        mine = _making.get()
        for own in mine:
            own.needs = self
        if holds() or pressed():
            self.press()
        try:
            waits.get()(self.made)
        finally:
            for own in mine:
                own.needs = None


_making: ContextVar[tuple[Making, ...]] = ContextVar("making", default=())  # by this thread


def pressed() -> bool:
    """Whether who holds what others wait for waits for a value that this thread makes."""
    return any(own.pressed for own in _making.get())


_clock = itertools.count()  # of all memories, so that they can be told which was used last


class Kept(Generic[T]):
    """A property that is made once for each object, when it is first asked for.

    `functools.cached_property` of Python 3.11 makes one at a time for all objects of a class: two
    views could not be measured at once, and one that rests would hold up all others.
    """

    def __init__(self, make: Callable[[Any], T]):
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, it: Any, owner: type | None = None) -> T:
        if it is None:
            return self  # type: ignore[return-value]  # of the class: for documentation
        value = self._make(it)
        vars(it)[self._name] = value  # found there from now on
        return value


NUMBERS = (int, float, type(None))  # what a list of them begins with


def size_of(value: Any) -> int:
    """Bytes of the tensors and text inside a value: dataclasses, dicts, lists and tuples; or what
    it says by itself, as `held_bytes`.
    """
    if isinstance(value, Tensor):
        return value.element_size() * value.nelement()
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, nn.Module):
        return sum(v.nbytes for v in (*value.parameters(), *value.buffers()))
    if isinstance(value, dict):
        return sum(map(size_of, value.values()))
    if isinstance(value, list | tuple):
        if value and isinstance(value[0], NUMBERS):
            return 32 * len(value)
        return sum(map(size_of, value)) + 8 * len(value)
    if isinstance(held := getattr(value, "held_bytes", None), int):
        return held
    if dataclasses.is_dataclass(value):
        return sum(size_of(getattr(value, f.name)) for f in dataclasses.fields(value))
    if hasattr(value, "__dict__"):
        return sum(map(size_of, vars(value).values()))
    return 32


def _nothing() -> None:
    """A reference to what is gone."""


class Memo:
    """key -> value, the least recently used dropped first.  A value is made once, also when two
    threads ask for it at the same time, and while anybody holds one that was dropped it is found
    there; one that fails or is cancelled leaves nothing behind, and one whose making began before
    all was forgotten is not remembered.
    """

    def __init__(self, limit: int):
        self.limit = limit
        self.bytes = 0  # of all values
        self._values: OrderedDict[Hashable, tuple[Any, int, int]] = OrderedDict()
        self._held: dict[Hashable, tuple[weakref.ref, int]] = {}  # dropped, and perhaps alive
        self._making: dict[Hashable, Making] = {}
        self._cleared = 0  # times
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    def __call__(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value of `key`, made if it is not there."""
        while True:
            with self._lock:
                if key in self._values:
                    value, size, _ = self._values[key]
                    self._values[key] = value, size, next(_clock)
                    self._values.move_to_end(key)
                    return value
                alive, size = self._held.pop(key, (_nothing, 0))
                if (value := alive()) is not None:
                    return self._remember(key, value, size)
                others = self._making.get(key)
                if others is None:
                    mine, begun = Making(), self._cleared
                    self._making[key] = mine
                    break
            others.wait()
        token = _making.set((*_making.get(), mine))
        try:
            value = make()
            size = size_of(value)
            with self._lock:
                return value if begun < self._cleared else self._remember(key, value, size)
        finally:
            _making.reset(token)
            with self._lock:
                self._making.pop(key, None)
            mine.made.set()

    @property
    def oldest(self) -> float:
        """When the value was last asked for that would go first, on the clock of all memories."""
        with self._lock:
            first = next(iter(self._values.values()), None)
            return float("inf") if first is None else first[2]

    def forget(self) -> None:
        """Drop the value that was used least recently, if there is one."""
        with self._lock:
            if self._values:
                self._drop()

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self._held.clear()
            self.bytes = 0
            self._cleared += 1

    # ---- under the lock

    def _remember(self, key: Hashable, value: T, size: int) -> T:
        self._values[key] = value, size, next(_clock)
        self.bytes += size
        while len(self._values) > 1 and self.bytes > self.limit:
            self._drop()
        return value

    def _drop(self) -> None:
        key, (value, size, _) = self._values.popitem(last=False)
        self.bytes -= size
        self._held = {k: held for k, held in self._held.items() if held[0]() is not None}
        with contextlib.suppress(TypeError):  # numbers, text and tuples are copied, not shared
            self._held[key] = weakref.ref(value), size
