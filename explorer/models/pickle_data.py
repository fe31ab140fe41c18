"""A pickle read as data: its opcodes build plain values, and nothing of it is ever called.

    read(file, allowed) -> value

Python's own `pickle` calls whatever a file names.  Here a name becomes a `Name`, a call becomes a
`Call` that nobody makes, and a name that is not on the list is refused by name.  Only opcodes that
Python's picklers write for plain data and objects are understood.
"""

import dataclasses
import pickletools
from collections.abc import Callable
from typing import IO, Any, BinaryIO, cast

from ..errors import UserError

OPCODES = 2_000_000  # a network of 300 million parameters takes some 30,000
NUMBER = 80  # bits of a whole number; the magic number of torch.save has 77
DAMAGED = (ValueError, IndexError, KeyError, TypeError, OverflowError, EOFError, MemoryError)


@dataclasses.dataclass(frozen=True, slots=True)
class Name:
    """A global that the file mentions."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclasses.dataclass(eq=False, slots=True)
class Call:
    """A call that the file asks for and that is not made.  state: what BUILD would set."""

    target: Name
    arguments: tuple
    state: Any = None
    items: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Persistent:
    """A reference to something outside the pickle."""

    key: Any


def read(file: BinaryIO, allowed: Callable[[Name], bool], persistent: bool = False) -> Any:
    """The value of the pickle that begins where the file stands.

    Lists, dicts and sets (as lists) are real; objects are `Call`s.  Raises UserError for a name
    that is not allowed, for opcodes that plain data do not need, and for what is cut or damaged.
    """
    machine = _Machine(allowed)
    try:
        for i, (op, argument, _) in enumerate(pickletools.genops(cast(IO[bytes], _Bounded(file)))):
            if i > OPCODES:
                raise UserError(f"The pickle has more than {OPCODES:,} instructions.")
            act = _ACTS.get(op.name)
            if act is None or op.name == "BINPERSID" and not persistent:
                raise UserError(
                    f"The pickle uses {op.name}, which a file of plain data does not "
                    "need; it is refused."
                )
            act(machine, argument)
    except UserError:
        raise
    except DAMAGED as problem:
        raise UserError(
            f"The pickle is cut short or damaged ({str(problem)[:100] or 'empty'})."
        ) from None
    if len(machine.stack) != 1 or machine.marks:
        raise UserError("The pickle is damaged: it ends with something left over.")
    return machine.stack[0]


class _Bounded:
    """A file that is never asked for more bytes than it has: a length in a pickle is a claim."""

    def __init__(self, file: BinaryIO):
        here = file.tell()
        self.end = file.seek(0, 2)
        file.seek(here)
        self.file, self.tell, self.readline = file, file.tell, file.readline

    def read(self, n: int) -> bytes:
        return self.file.read(min(n, self.end - self.file.tell()))


class _Machine:
    """The stack, the marks and the memo of a pickle."""

    def __init__(self, allowed: Callable[[Name], bool]):
        self.allowed = allowed
        self.stack: list = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def push(self, value) -> None:
        self.stack.append(value)

    def pop(self):
        if self.marks and len(self.stack) <= self.marks[-1]:
            raise ValueError("a value is missing")
        return self.stack.pop()

    def since_mark(self) -> list:
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def take(self, n: int) -> tuple:
        return tuple(self.pop() for _ in range(n))[::-1]

    def whole(self, value: int) -> None:
        if value.bit_length() > NUMBER:
            raise ValueError(f"a whole number of {value.bit_length()} bits")
        self.push(value)

    def name(self, module, name) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise ValueError("a global without a name")
        found = Name(module, name)
        if not self.allowed(found):
            raise UserError(
                f"The pickle asks for {str(found)[:120]}, which no checkpoint of "
                "this kind needs. The file is refused; nothing in it was run."
            )
        self.push(found)

    def call(self, target, arguments) -> None:
        if not isinstance(target, Name) or not isinstance(arguments, tuple):
            raise ValueError("a call of something that is no global")
        self.push(Call(target, arguments))

    def build(self, _) -> None:
        state, target = self.pop(), self.stack[-1]
        if not isinstance(target, Call):
            raise ValueError("a state for something that is no object")
        target.state = state

    def append(self, values: list) -> None:
        self._top(list).extend(values)

    def set_items(self, values: list) -> None:
        target = self.stack[-1]
        into = target.items if isinstance(target, Call) else self._top(dict)
        if len(values) % 2:
            raise ValueError("a key without a value")
        for key, value in zip(values[::2], values[1::2]):
            if not isinstance(key, str | int):
                raise ValueError("a key that is neither text nor a number")
            into[key] = value

    def remember(self, place: int) -> None:
        self.memo[place] = self.stack[-1]

    def _top(self, kind: type):
        if not isinstance(self.stack[-1], kind):
            raise ValueError(f"no {kind.__name__} to fill")
        return self.stack[-1]


def _value(m: _Machine, argument) -> None:
    m.push(argument)


def _get(m: _Machine, argument) -> None:
    m.push(m.memo[argument])


_ACTS: dict[str, Callable[[_Machine, Any], Any]] = {
    "PROTO": lambda m, a: None,
    "FRAME": lambda m, a: None,
    "STOP": lambda m, a: None,
    "MARK": lambda m, a: m.marks.append(len(m.stack)),
    "POP": lambda m, a: m.pop(),
    "POP_MARK": lambda m, a: m.since_mark(),
    "DUP": lambda m, a: m.push(m.stack[-1]),
    "NONE": lambda m, a: m.push(None),
    "NEWTRUE": lambda m, a: m.push(True),
    "NEWFALSE": lambda m, a: m.push(False),
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1"), lambda m, a: m.whole(a)),
    **dict.fromkeys(
        (
            "BINFLOAT",
            "BINUNICODE",
            "SHORT_BINUNICODE",
            "BINUNICODE8",
            "BINBYTES",
            "SHORT_BINBYTES",
            "BINBYTES8",
        ),
        _value,
    ),
    "EMPTY_TUPLE": lambda m, a: m.push(()),
    "TUPLE1": lambda m, a: m.push(m.take(1)),
    "TUPLE2": lambda m, a: m.push(m.take(2)),
    "TUPLE3": lambda m, a: m.push(m.take(3)),
    "TUPLE": lambda m, a: m.push(tuple(m.since_mark())),
    "EMPTY_LIST": lambda m, a: m.push([]),
    "LIST": lambda m, a: m.push(m.since_mark()),
    "EMPTY_SET": lambda m, a: m.push([]),
    "EMPTY_DICT": lambda m, a: m.push({}),
    "APPEND": lambda m, a: m.append([m.pop()]),
    "APPENDS": lambda m, a: m.append(m.since_mark()),
    "ADDITEMS": lambda m, a: m.append(m.since_mark()),
    "SETITEM": lambda m, a: m.set_items(list(m.take(2))),
    "SETITEMS": lambda m, a: m.set_items(m.since_mark()),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), lambda m, a: m.remember(a)),
    "MEMOIZE": lambda m, a: m.remember(len(m.memo)),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _get),
    "GLOBAL": lambda m, a: m.name(*a.split(" ", 1)),
    "STACK_GLOBAL": lambda m, a: m.name(*m.take(2)),
    "REDUCE": lambda m, a: m.call(*m.take(2)),
    "NEWOBJ": lambda m, a: m.call(*m.take(2)),
    "BUILD": _Machine.build,
    "BINPERSID": lambda m, a: m.push(Persistent(m.pop())),
}
