"""Which steps make the error, by their shares of it."""

from collections.abc import Iterable, Sequence


def hottest(share: Sequence[float], part: float = 0.5) -> list[int]:
    """The fewest steps that make this part of the error."""
    order, total, out = sorted(range(len(share)), key=lambda i: -share[i]), 0.0, []
    for i in order:
        out.append(i)
        total += share[i]
        if total >= part:
            break
    return sorted(out)


def runs_of(steps: Iterable[int]) -> list[list[int]]:
    """Neighbours together: [9, 10, 14] -> [[9, 10], [14]]."""
    out: list[list[int]] = []
    for i in sorted(steps):
        if out and out[-1][-1] == i - 1:
            out[-1].append(i)
        else:
            out.append([i])
    return out
