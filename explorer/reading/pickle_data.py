"""A pickle read as data: its opcodes build plain values, and nothing of it is ever called.

    read(window, allowed) -> value

Python's own `pickle` calls whatever a file names.  Here a name becomes a `Name`, a call becomes a
`Call` that nobody makes, and a name that is not on the list is refused by name.  Only opcodes that
Python's picklers write for plain data and objects are understood.  Bytes stay in the file, as a
`Window` of it.

A few hundred bytes can describe a value that unfolds without end, since a list may hold the same
list twice.  So nothing here or later formats, compares, hashes or sorts a value before its type is
known to be a number or a short text: C code that does so holds the interpreter until it is done.
"""

import dataclasses
import pickletools
from collections.abc import Callable, Iterable
from typing import Any

from ..errors import UserError
from .windows import Window

DEEPEST = 200  # values inside values; a network of 12 levels of modules has some 60
NUMBER = 80  # bits of a whole number; the magic number of torch.save has 77
NAME = 200  # characters of a global's module, and of its name
SHOWN = 60
_CODES = {op.code.encode("latin-1"): op for op in pickletools.opcodes}
DAMAGED = (ValueError, IndexError, KeyError, TypeError, OverflowError, EOFError)


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


def said(value: Any) -> str:
    """A value for a sentence: numbers and texts cut short, of anything else only what it is."""
    if value is None or isinstance(value, bool | int | float):
        return str(value)[:SHOWN]
    return repr(value[:SHOWN]) if isinstance(value, str) else f"a {type(value).__name__}"


def read(window: Window, allowed: Callable[[Name], bool], persistent: bool = False) -> Any:
    """The value of the pickle that begins where the window stands.

    Lists, dicts and sets (as lists) are real; objects are `Call`s.  Raises UserError for a name
    that is not allowed, for opcodes that plain data do not need, for what is cut or damaged, nests
    too deep or takes more than its budget.
    """
    machine = _Machine(allowed, window)
    try:
        _run(machine, window, persistent)
    except DAMAGED as problem:
        if isinstance(problem, UserError):
            raise
        raise UserError(
            f"The pickle is cut short or damaged ({str(problem)[:100] or 'empty'})."
        ) from None
    if len(machine.stack) != 1 or machine.marks:
        raise UserError("The pickle is damaged: it ends with something left over.")
    _measure(machine.stack[0])
    return machine.stack[0]


def _run(machine: "_Machine", window: Window, persistent: bool) -> None:
    while True:
        window.budget.take("opcodes")
        op = _CODES.get(window.read(1))
        if op is None:
            raise ValueError("an unknown instruction, or none")
        act = _ACTS.get(op.name)
        if act is None or op.name == "BINPERSID" and not persistent:
            raise UserError(
                f"The pickle uses {op.name}, which a file of plain data does not need; it is "
                "refused."
            )
        reader: Any = op.arg and op.arg.reader
        width = _BYTES.get(op.name)
        act(machine, _piece(window, width) if width else reader(window) if reader else None)
        if op.name == "STOP":
            return


def _piece(window: Window, width: int) -> Window:
    """The bytes that a length of `width` bytes goes before."""
    head = window.read(width)
    if len(head) < width:
        raise ValueError("a length is missing")
    return window.piece(int.from_bytes(head, "little"))


def _measure(root: Any) -> None:
    """Raises UserError where values lie too deep inside each other, or inside themselves."""
    depth: dict[int, int] = {}  # by identity; 0 while what is inside is being looked at
    waiting = [(root, False)]
    while waiting:
        value, seen = waiting.pop()
        if seen:
            inner = (depth.get(id(v), 0) for v in _inside(value))
            depth[id(value)] = 1 + max(inner, default=0)
            if depth[id(value)] > DEEPEST:
                raise UserError(f"The pickle nests values more than {DEEPEST} deep.")
        elif id(value) not in depth:
            depth[id(value)] = 0
            waiting.append((value, True))
            waiting += [(v, False) for v in _inside(value) if isinstance(v, _HOLDERS)]
        elif not depth[id(value)]:
            raise UserError("The pickle nests a value inside itself, which no plain data do.")


_HOLDERS = (list, tuple, dict, Call, Persistent)


def _inside(value: Any) -> Iterable:
    if isinstance(value, Call):
        return [value.arguments, value.state, value.items]
    if isinstance(value, Persistent):
        return [value.key]
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


class _Machine:
    """The stack, the marks and the memo of a pickle."""

    def __init__(self, allowed: Callable[[Name], bool], window: Window):
        self.allowed, self.budget = allowed, window.budget
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
        if len(module) > NAME or len(name) > NAME:
            raise ValueError("a global with a name that is too long")
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
        self.budget.take("memo")
        self.memo[place] = self.stack[-1]

    def _top(self, kind: type):
        if not isinstance(self.stack[-1], kind):
            raise ValueError(f"no {kind.__name__} to fill")
        return self.stack[-1]


def _value(m: _Machine, argument) -> None:
    m.push(argument)


def _get(m: _Machine, argument) -> None:
    m.push(m.memo[argument])


_BYTES = {"SHORT_BINBYTES": 1, "BINBYTES": 4, "BINBYTES8": 8}  # and how long their length is
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
            *_BYTES,
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
