"""How long a study still takes, from its last cells.

pace = Pace(total)
pace.after(measured=True) -> seconds left, or None while nothing is known
"""

import time
from collections import deque
from collections.abc import Callable

LAST = 20  # cells by which it is told


class Pace:
    """clock: seconds.  Cells that were kept before take no time and say nothing."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic):
        self.left, self.clock = total, clock
        self.ended: deque[float] = deque([clock()], LAST + 1)

    def after(self, measured: bool) -> float | None:
        """Seconds until the end once one more cell is there."""
        self.left -= 1
        if not measured:
            self.ended[0] = self.clock() if len(self.ended) == 1 else self.ended[0]
            return self.seconds
        self.ended.append(self.clock())
        return self.seconds

    @property
    def seconds(self) -> float | None:
        """Of all cells that are left, at the pace of the last ones; None before the first."""
        if self.left <= 0:
            return 0.0
        many = len(self.ended) - 1
        return self.left * (self.ended[-1] - self.ended[0]) / many if many else None


def told(seconds: float | None) -> str:
    """“about 3 min left”; nothing where nothing is known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} min left"
    return f"about {seconds / 3600:.1f} h left"
