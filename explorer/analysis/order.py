"""The order of a solver, measured: how fast its error falls with the number of evaluations."""

import dataclasses
import math

import numpy as np

BEND = 0.25  # how far, in ln error, a point may lie from the line of the tail that it belongs to
CEILING = 1.0  # above it a path has lost the data altogether


@dataclasses.dataclass(frozen=True)
class Slope:
    """d ln error/d ln NFE with its 95 % interval, from so many points.  The order is −value."""

    value: float
    low: float
    high: float
    points: int

    @property
    def order(self) -> float:
        return -self.value

    @property
    def half(self) -> float:
        """Half the width of the interval: the ± of the order."""
        return (self.high - self.low) / 2


def fitted_slope(nfe, error, floor: float = 0.0) -> Slope | None:
    """Least squares of ln error on ln NFE over the asymptotic part; None with fewer than 3 points.

    Points at or below `floor` say nothing, points above 1 have lost the data, and neither do gaps
    (None, NaN) count.  Of the rest the head is dropped while steps are still too long for any order
    to show: kept is the longest tail of at least 3 points in which no ln error lies more than 0.25
    off the tail's own line, and where no tail is so straight, the last 3 points with the wide
    interval that they deserve.  The interval is Student's, for scatter about a line: it does not
    know of a bend.
    """
    known = {
        float(n): float(e)
        for n, e in zip(nfe, error, strict=True)
        if e is not None and math.isfinite(e) and max(floor, 0) < e <= CEILING
    }
    if len(known) < 3:
        return None
    x, y = np.log(np.array(sorted(known.items())).T)
    for first in range(len(x) - 2):
        tail = slice(first, None)
        slope, rest = _line(x[tail], y[tail])
        if np.abs(rest).max() <= BEND:
            break
    n = len(rest)
    spread = math.sqrt((rest @ rest) / (n - 2) / np.square(x[tail] - x[tail].mean()).sum())
    half = student(n - 2) * spread
    return Slope(slope, slope - half, slope + half, n)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Slope and residuals of the least-squares line."""
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    return slope, dy - slope * dx


def student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t."""
    from scipy.special import stdtrit  # scipy.stats takes half a second that no cancel reaches

    return float(stdtrit(freedom, 0.975))
