"""What may be asked of a tool: counts and numbers, checked before any arithmetic.

A question is a stranger's data: a count of 1e9 steps, a word for a number or a list without end is
refused in a sentence here, and never reaches a loop.
"""

from collections.abc import Mapping
from math import isfinite, isnan
from typing import Any

import numpy as np

from ..errors import UserError

MOST = 10_000  # steps, entries of a table or of a list; real ones have 1 to 1000


def count(value: Any, name: str, least: int = 0, most: int = MOST) -> int:
    """A whole number from `least` to `most`.  Raises UserError."""
    whole = isinstance(value, int | float | np.integer | np.floating) and value == int_of(value)
    if isinstance(value, bool) or not whole or not least <= value <= most:
        raise UserError(f"{name} = {shown(value)} is not a whole number from {least} to {most}.")
    return int(value)


def int_of(value: Any) -> int | None:
    """The value without its fraction, None where it has none (infinity, not a number)."""
    return value if isinstance(value, int) else int(value) if isfinite(value) else None


def shown(value: Any) -> str:
    """The beginning of what was given, as a sentence quotes it."""
    if isinstance(value, int) and value.bit_length() > 200:
        return f"a whole number of {value.bit_length():,} bits"
    return str(value)[:40]


def number(value: Any, name: str, infinite: bool = False) -> float:
    """A float; `infinite` ones only where said.  Raises UserError."""
    if isinstance(value, str) and value in ("inf", "-inf"):
        value = float(value)
    fits = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    huge = fits and abs(value) > 1e300 and not (infinite and value in (INF, -INF))
    if not fits or huge or isnan(value):
        raise UserError(f"{name} = {shown(value)} is not a number that can be used.")
    return float(value)


INF = float("inf")


def numbers(value: Any, name: str, infinite: bool = False) -> list[float]:
    """A list of 1 to MOST numbers.  Raises UserError."""
    if not isinstance(value, list | tuple | np.ndarray) or not 0 < len(value) <= MOST:
        raise UserError(f"{name} is a list of 1 to {MOST} numbers.")
    return [number(v, name, infinite) for v in value]


def given(inputs: Mapping, name: str) -> Any:
    """`inputs[name]`.  Raises UserError where it is not given."""
    if name not in inputs:
        raise UserError(f"{name} is not given; known are {', '.join(map(str, inputs)) or 'none'}.")
    return inputs[name]


def plain(values: Any) -> list[float]:
    """An array as a list of floats, in its order."""
    return [float(v) for v in np.asarray(values, dtype=np.float64).ravel()]
