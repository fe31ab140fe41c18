"""How long a study still takes, from its last cells.

pace = Pace(total)
pace.after(measured=True) -> seconds left, or None while nothing is known
"""

import time
from collections import deque
from collections.abc import Callable

LAST = 20  # cells by which it is told


class Pace:
    """Cells that were kept before take no time: neither do they tell of the pace, nor is time left
    for them.

    clock: seconds.  missing(after): how many of the cells after so many are not kept, asked once,
    when the first is measured; unsaid: all.
    """

    def __init__(
        self,
        total: int,
        clock: Callable[[], float] = time.monotonic,
        missing: Callable[[int], int] | None = None,
    ):
        self.total, self.clock, self.missing = total, clock, missing
        self.seen, self.last, self.to_measure = 0, clock(), total
        self.each: deque[float] = deque(maxlen=LAST)  # seconds of the last that were measured

    def after(self, measured: bool) -> float | None:
        """Seconds until the end once one more cell is there."""
        now = self.clock()
        self.seen += 1
        if measured:
            self.to_measure -= 1
            if not self.each and self.missing is not None:
                self.to_measure = self.missing(self.seen)
            self.each.append(now - self.last)
        self.last = now
        self.to_measure = min(self.to_measure, self.total - self.seen)
        return self.seconds

    @property
    def seconds(self) -> float | None:
        """Of all that are still to be measured, at the pace of the last ones; None before the
        first."""
        if self.to_measure <= 0 and self.seen:
            return 0.0
        return self.to_measure * sum(self.each) / len(self.each) if self.each else None


def told(seconds: float | None) -> str:
    """“about 3 min left”; nothing where nothing is known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} min left"
    return f"about {seconds / 3600:.1f} h left"
