"""Which numbers stand along an axis."""

import math
from itertools import pairwise

from ...numerals import number
from .look import Look
from .sheet import Scale


def ticks(scale: Scale) -> list[tuple[float, str]]:
    """(value, text) within the axis: those given, or a few round ones."""
    low, high = sorted((scale.start, scale.end))
    given = scale.ticks
    if given is None:
        given = _decades(low, high) if scale.log else _round(low, high)
    slack = 1e-6 * (high - low)
    return [(v, t) for v, t in given if low - slack <= v <= high + slack]


def _decades(low: float, high: float) -> list[tuple[float, str]]:
    exponents = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
    if len(exponents) < 2:  # within one decade
        steps = [
            m * 10.0**k for k in range(exponents.start - 1, exponents.stop + 1) for m in (1, 2, 5)
        ]
        return [(v, number(v)) for v in steps if low <= v <= high]
    every = math.ceil(len(exponents) / 7)
    return [(10.0**k, _power(k)) for k in exponents[::every]]


def _power(k: int) -> str:
    plain = {0: "1", 1: "10", 2: "100", -1: "0.1", -2: "0.01"}
    return plain.get(k) or "10" + str(k).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _round(low: float, high: float) -> list[tuple[float, str]]:
    raw = (high - low) / 5
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(m * size for m in (1, 2, 2.5, 5, 10) if m * size >= raw * 0.999)
    count = round((high - low) / step) + 2
    start = math.ceil(low / step - 1e-9)
    values = [(start + k) * step for k in range(count)]
    return [(v, f"{v:.6g}".replace("-", "−")) for v in values if v <= high * (1 + 1e-9) + 1e-12]


def thinned(found: list, scale: Scale, tall: float, look: Look) -> list:
    """Every second number, or third, where they would touch."""
    if len(found) < 2 or any(not _is_number(t) for _, t in found):
        return found
    turn = math.log if scale.log else float
    unit = tall / abs(turn(scale.end) - turn(scale.start))
    nearest = min(abs(turn(b[0]) - turn(a[0])) for a, b in pairwise(found)) * unit
    every = max(1, math.ceil(1.15 * look.small / max(nearest, 0.1)))
    return found[::every]


def _is_number(text: str) -> bool:
    return any(c.isdigit() for c in text)
