"""φ functions, and the small language in which coefficients of an exponential method are typed.

    φ_0(z) = e^z,   φ_k(z) = (φ_{k−1}(z) − 1/(k−1)!)/z,   φ_k(0) = 1/k!

What is typed is read as data: numbers, fractions, + − * / and parentheses, `c2`, `c3`, … for the
places of the stages, and `phi0` to `phi3`.  `phi2` is φ_2(−h), `phi2(c3)` is φ_2(−c_3 h), where h
is the step in λ = −ln σ.  Nothing is executed.
"""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import torch

from ..errors import UserError
from .levels import exp

DEEPEST = 24  # parentheses and signs within each other
LONGEST = 60  # signs + − * / of one coefficient
SMALL = 0.3  # below it a series: the recursion loses digits as z^−k
TERMS = 14  # 0.3^14/14! is below the last digit
TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-zφ]+)\s*_?\s*(\d+)|(.))")

Node = tuple  # ("number", v), ("c", i), ("phi", k, node), ("-", a), ("+", a, b), …


def phi(k: int, z: Any) -> Any:
    """φ_k(z) of a number or a tensor, to the last digits also near 0."""
    if isinstance(z, float):
        return _series(k, z) if abs(z) < SMALL else _recursion(k, z)
    near = z.abs() < SMALL
    return torch.where(near, _series(k, z), _recursion(k, torch.where(near, 1.0, z)))


def _series(k: int, z: Any) -> Any:
    out = 1 / math.factorial(k + TERMS)
    for j in range(TERMS - 1, -1, -1):
        out = out * z + 1 / math.factorial(k + j)
    return out


def _recursion(k: int, z: Any) -> Any:
    out = exp(z)
    for j in range(k):
        out = (out - 1 / math.factorial(j)) / z
    return out


def evaluate(node: Node, c: Sequence[float], z: Any) -> Any:
    """The value of a coefficient at z = −h (a number or a tensor), with c_1 = 0 first in c."""
    kind = node[0]
    if kind == "number":
        return node[1]
    if kind == "c":
        return c[node[1] - 1]
    if kind == "phi":
        return phi(node[1], z * evaluate(node[2], c, z))
    values = [evaluate(n, c, z) for n in node[1:]]
    return -values[0] if len(values) == 1 else OPERATORS[kind](*values)


OPERATORS: dict[str, Callable] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


def read(text: str, places: int, where: str) -> Node:
    """A typed coefficient.  places: how many c there are; where: the row, for what is said.

    Raises UserError, which names the row, for what is none.
    """
    reader = _Reader(text, places, where)
    node = reader.sum(0)
    if reader.here is not None:
        raise reader.wrong(f"{reader.word()} stands where + − * / or the end belongs")
    return node


def constant(node: Node) -> bool:
    """Whether it does not depend on the step."""
    return node[0] != "phi" and all(constant(n) for n in node[1:] if isinstance(n, tuple))


class _Reader:
    """Reads from left to right, one token ahead; `depth` counts what lies within each other."""

    def __init__(self, text: str, places: int, where: str):
        self.text, self.places, self.where = text, places, where
        self.at, self.joined = 0, 0
        self.here: tuple[str, Any] | None = None
        self.next()

    def next(self) -> None:
        """The next token: ("number", v), (name, index) or (sign, None); None at the end."""
        found = TOKEN.match(self.text, self.at)
        if found is None or not self.text[self.at :].strip():
            self.here = None
            return
        self.at = found.end()
        number, name, index, sign = found.groups()
        if number is not None:
            self.here = ("number", float(number))
        elif name is not None:
            self.here = (name, int(index[:6]))
        else:
            self.here = (sign.translate({0x2212: "-", 0xB7: "*", 0xD7: "*"}), None)

    def word(self) -> str:
        if self.here is None:
            return "the end"
        name, value = self.here
        return f"“{value:g}”" if name == "number" else f"“{name}{'' if value is None else value}”"

    def wrong(self, why: str) -> UserError:
        return UserError(
            f"{self.where}: {why}. Numbers, c2, c3, … and phi0 to phi3, as in phi1 or phi1(c2), "
            "are joined by + − * / and parentheses."
        )

    def takes(self, *signs: str) -> str | None:
        """The sign that stands here, if it is one of these; the reader moves on."""
        if self.here is None or self.here[1] is not None or self.here[0] not in signs:
            return None
        sign = self.here[0]
        self.next()
        return sign

    def sum(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise self.wrong(f"more than {DEEPEST} parentheses lie within each other")
        node = self.product(depth)
        while sign := self.joins("+", "-"):
            node = (sign, node, self.product(depth))
        return node

    def product(self, depth: int) -> Node:
        node = self.factor(depth)
        while sign := self.joins("*", "/"):
            node = (sign, node, self.factor(depth))
        return node

    def joins(self, *signs: str) -> str | None:
        """As `takes`, and counts them."""
        if sign := self.takes(*signs):
            self.joined += 1
            if self.joined > LONGEST:
                raise self.wrong(f"more than {LONGEST} signs stand in one coefficient")
        return sign

    def factor(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise self.wrong(f"more than {DEEPEST} signs or parentheses lie within each other")
        if self.takes("-"):
            return ("-", self.factor(depth + 1))
        if self.takes("("):
            return self.closed(depth)
        if self.here is None or self.here[1] is None:
            raise self.wrong(f"{self.word()} stands where a number, a c or a phi belongs")
        name, value = self.here
        if name == "number":
            self.next()
            return ("number", value)
        return self.place(value) if name == "c" else self.function(name, value, depth)

    def closed(self, depth: int) -> Node:
        node = self.sum(depth + 1)
        if not self.takes(")"):
            raise self.wrong(f"{self.word()} stands where a ) belongs")
        return node

    def place(self, index: int) -> Node:
        if not 1 <= index <= self.places:
            known = ", ".join(f"c{k}" for k in range(1, self.places + 1))
            raise self.wrong(f"c{index} is no place of this table, which has {known}")
        self.next()
        return ("c", index)

    def function(self, name: str, index: int, depth: int) -> Node:
        if name not in ("phi", "φ") or index > 3:
            raise self.wrong(f"{self.word()} is unknown")
        self.next()
        inside = self.closed(depth) if self.takes("(") else ("number", 1.0)
        if not constant(inside):
            raise self.wrong(f"what stands in phi{index}( ) may not hold another phi")
        return ("phi", index, inside)
