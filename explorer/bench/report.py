"""What the benches share: two things timed side by side, and a plain table."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

LEAST_ROUNDS, PATIENCE = 5, 6.0  # a slow pair stops early: so many rounds, or seconds


def side_by_side(
    ours: Callable[[], object],
    baseline: Callable[[], object],
    rounds: int,
    wait: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, float, float]:
    """(seconds of ours, seconds of the baseline, ratio), medians over alternating rounds.

    The ratio is the median of the ratios of neighbours, in alternating order: a machine that slows
    down half way does not move it.  The first round is a warm-up.  wait() blocks until the device
    is idle.  clock: time.process_time leaves out what other programs take, for work on one thread.
    """
    first: list[float] = []
    second: list[float] = []
    for i in range(rounds + 1):
        if i > LEAST_ROUNDS and sum(first) + sum(second) > PATIENCE:
            break
        pair = [(ours, first), (baseline, second)]
        for work, seconds in pair if i % 2 else pair[::-1]:
            wait()
            started = clock()
            work()
            wait()
            seconds.append(clock() - started)
    first, second = first[1:], second[1:]
    ratios = [a / b for a, b in zip(first, second)]
    return statistics.median(first), statistics.median(second), statistics.median(ratios)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print columns: the first to the left, the others to the right."""
    widths = [max(len(str(r[i])) for r in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        print(
            "  ".join(
                str(v).ljust(w) if i == 0 else str(v).rjust(w)
                for i, (v, w) in enumerate(zip(row, widths))
            )
        )


def verdict(what: str, value: float, target: float, unit: str = "", least: bool = False) -> None:
    """Print PASS or FAIL against a target: at most, or at least, so much."""
    good = value >= target if least else value <= target
    bound = "at least" if least else "at most"
    print(
        f"{'PASS' if good else 'FAIL'}  {what}: {value:.4g}{unit}, {bound} {target:g}{unit}",
        flush=True,
    )


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least this part of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(100 * part) * len(ordered) // 100) - 1))]


def worked(process: int) -> float:
    """Seconds of a core that a process has had, as Linux tells them."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(what: str = "VmRSS", process: int | str = "self") -> int:
    """Bytes in memory now (VmRSS) or at the peak (VmHWM), as Linux tells them."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return 1024 * int(line.split()[1])
    raise OSError(f"no {what} in /proc/{process}/status")
