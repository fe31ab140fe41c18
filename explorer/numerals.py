"""Numbers for reading, the same on the page (assets/js/numbers.js) and in words.

    number 0.0123, 213, 2.6·10⁻⁶    short 0.012    percent 56 %, 0.3 %    duration 30.0 s, 107 ms
    span 0.0048–0.0054              interval 0.005 (0.0048–0.0054)

Both are held to one table of cases, tests/data/numbers.json.  Exports keep all digits instead.
"""

import math
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal

NONE = "–"  # what is not known
ROUNDING = 1e-11  # what many float64 operations leave of a number near 1
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float | None, digits: int = 3) -> str:
    """So many significant digits; from 100 up whole, beyond 10⁻⁴ and 10⁵ with a power of ten."""
    if value is None or math.isnan(value):
        return NONE
    sign, size = "−" * (value < 0), abs(value)
    if size == 0 or math.isinf(size):
        return "0" if size == 0 else f"{sign}∞"
    if not 1e-4 <= size < 1e5:
        return sign + _power(size)
    if size >= 99.95:
        return sign + _fixed(size, 0)
    text = _fixed(size, digits - 1 - math.floor(math.log10(size)))
    return sign + (text.rstrip("0").rstrip(".") if "." in text else text)


def short(value: float | None) -> str:
    """Two digits, for what is measured on few samples: an error, a loss; mere rounding reads 0."""
    return number(0 if value is not None and abs(value) < ROUNDING else value, 2)


def times(value: float) -> str:
    """A ratio, without its ×: 0.75, 1.07, 3.1, 0.018; around 1 two decimals, as there they tell."""
    return _fixed(value, 2) if 0.095 <= value < 1.995 else short(value)


def percent(part: float) -> str:
    """A share: 56 %, 0.3 %, <0.1 %."""
    if part >= 0.00995:
        return f"{_fixed(100 * part, 0)} %"
    return f"{number(100 * part, 1)} %" if part >= 0.0005 else "<0.1 %"


def percent1(part: float) -> str:
    """A share that is near all or nothing: 99.7 %."""
    return f"{_fixed(100 * part, 1).removesuffix('.0')} %"


def span(low: float, high: float, write: Callable[[float], str] = short) -> str:
    """An interval: 0.0048–0.0054, 51–53 %, 9.0–9.6·10⁻⁵; nothing where there is none."""
    if math.isnan(low) or math.isnan(high):
        return ""
    first, last = write(low), write(high)
    mark = next((m for m in " ·" if m in last), "")  # a unit, or a power of ten
    unit = last[last.find(mark) :] if mark else ""
    return last if first == last else f"{first.removesuffix(unit)}–{last}"


def interval(value: float, low: float, high: float, write: Callable[[float], str] = short) -> str:
    """A value with its interval, if it has one: 0.005 (0.0048–0.0054)."""
    said, between = write(value), span(low, high, write)
    return f"{said} ({between})" if between not in ("", said) else said


def factor(value: float, low: float, high: float) -> str:
    """A ratio with its interval, if it has one: 0.75 × (0.71–0.84); a digit more where both ends
    would read alike."""
    write = number if low <= high and times(low) == times(high) else times
    said, between = write(value), span(low, high, write)
    return f"{said} × ({between})" if between not in ("", said) else f"{said} ×"


def duration(seconds: float) -> str:
    """Three digits of seconds, whole milliseconds below one, two digits below ten of them."""
    if seconds >= 99.95:
        return f"{_fixed(seconds, 0)} s"
    if seconds >= 0.9995:
        return f"{_fixed(seconds, 1 if seconds >= 9.995 else 2)} s"
    ms = 1e3 * seconds
    return f"{_fixed(ms, 0 if ms >= 9.95 else 1 if ms >= 0.995 else 2)} ms"


def count(n: int) -> str:
    """A whole number, its thousands set apart: 220,176."""
    return f"{n:,}"


def capital(text: str) -> str:
    """The first letter large, the others as they are: σ and names keep their own."""
    return text[:1].upper() + text[1:]


def _fixed(size: float, places: int) -> str:
    """As JavaScript's toFixed: halves of the double itself go up."""
    return str(Decimal(size).quantize(Decimal(1).scaleb(-max(places, 0)), ROUND_HALF_UP))


def _power(size: float) -> str:
    front, power = f"{size:.1e}".split("e")
    return f"{front}·10{str(int(power)).translate(_RAISED)}"


def listed(names: Sequence[str]) -> str:
    """“a”, “a and b”, “a, b and c”."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
