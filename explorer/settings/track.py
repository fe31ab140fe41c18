"""The track of a setting's slider: its two ends, and values spread along it.

A setting may reach further than its slider: to ∞, or down to 0 where the slider moves in factors.
"""

import math

from .values import Spec

FLOOR, CEILING = 0.001, 1000.0  # of a slider in equal factors whose setting goes on to 0, or to ∞


def track(spec: Spec) -> tuple[float, float] | None:
    """The values at the two ends, or None of what has no slider.  In equal factors, a lower bound
    of 0 keeps the very end, and the track begins at FLOOR just above it."""
    if spec.low is None or spec.high is None:
        return None
    if not spec.log:
        return float(spec.low), float(spec.high)
    low = spec.low if spec.low > 0 else FLOOR
    return float(low), float(min(spec.high, max(CEILING, spec.low)))


def spread(spec: Spec, whole: bool, count: int) -> list[float]:
    """At most so many values that cover the track about evenly, both ends among them, in round
    numbers.

    whole: integers only.
    """
    ends = track(spec)
    if ends is None:
        return []
    low, high = ends
    if whole and high - low < count:
        return [*range(int(low), int(high) + 1)]
    if spec.log:
        below = [0.0] if low != spec.low else []
        n = count - len(below)
        found = below + [_digits(low * (high / low) ** (i / (n - 1))) for i in range(n)]
    else:
        each = (high - low) / (count - 1)
        unit = _unit(each)
        found = [round(round((low + i * each) / unit) * unit, 10) for i in range(count)]
        found[0] = low
    found[-1] = high
    return sorted({round(v) if whole else float(v) for v in found if found[0] <= v <= high})


def _digits(v: float) -> float:
    """Two significant digits."""
    return float(f"{v:.2g}")


def _unit(most: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is no more than this."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(k * power for k in (5, 2, 1) if k * power <= most * (1 + 1e-9))
