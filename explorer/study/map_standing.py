"""Which cells of a map are best, and which cannot be told from them.

A cell's number has a 95 % interval; its ratio to the best of its group has one of pairs: each draw
of the bootstrap takes the same paths in both, as both began in the same noise.  The best is chosen
among many, so the intervals of a group's ratios hold together (`together`).
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ..analysis import intervals
from ..analysis.intervals import DRAWS, FEWEST, LEVEL, SEED, Estimate, bounds
from .maps import Map, Spot

At = tuple[int, int]
ROWS = 250  # draws that are sorted together
TIMES = 5.0  # mean over median from which they tell different stories
NONE = Estimate(math.nan, math.nan, math.nan, 0)


@dataclasses.dataclass(frozen=True)
class Standing:
    """value: of each cell that has one; ratio: to the best of its group, which is in `best` by the
    group's place; level: cells whose interval of the ratio holds 1, the best among them; none where
    there is no interval."""

    value: Mapping[At, Estimate]
    ratio: Mapping[At, Estimate]
    best: Mapping[int, At]
    level: frozenset[At]

    def group(self, at: At, by: int | None) -> int:
        """The place of a cell's group."""
        return 0 if by is None else at[by]


class Known:
    """What was drawn of each cell so far, so that another cell costs only its own draws."""

    def __init__(self) -> None:
        self._drawn: dict[tuple[int, str], tuple[Spot, Tensor]] = {}

    def drawn(self, spot: Spot, measure: str) -> Tensor:
        """(DRAWS,) values of the measure, of the same paths for all spots of as many."""
        key = (id(spot), measure)
        if key not in self._drawn:
            self._drawn[key] = (spot, drawn(spot.each, measure))
        return self._drawn[key][1]


def value_of(each: Tensor, measure: str) -> Estimate:
    """The measure of (n,) errors, or distances, with its interval; the worst path has none."""
    if measure == "median":
        return intervals.median(each)
    if measure == "worst":
        return Estimate(float(each.max()), math.nan, math.nan, len(each))
    return intervals.mean(each)


def drawn(each: Tensor, measure: str) -> Tensor:
    """(DRAWS,) bootstrap values of the measure of (n,) errors; equal n means equal draws."""
    n = len(each)
    if measure != "median":
        return intervals.weights(n) @ each
    g = torch.Generator().manual_seed(SEED)
    return torch.cat(
        [
            each[torch.randint(n, (ROWS, n), generator=g)].quantile(0.5, 1)
            for _ in range(DRAWS // ROWS)
        ]
    )


def ratios(
    own: Sequence[Spot], best: Spot, measure: str, known: Known | None = None
) -> list[Estimate]:
    """How many times the best's value each makes, in pairs, with 95 % intervals that hold for all
    of them together; nan where there are fewer than FEWEST pairs, of the worst path, and of unequal
    counts."""
    known = known or Known()
    least, n = value_of(best.each, measure).value, len(best.each)
    found = []
    for spot in own:
        value = value_of(spot.each, measure).value
        times = 1.0 if value == least else value / least if least else math.inf
        found.append(Estimate(times, math.nan, math.nan, len(spot.each)))
    paired = [k for k, e in enumerate(found) if e.count == n >= FEWEST and measure != "worst"]
    if not paired:
        return found
    under = known.drawn(best, measure)
    over = [known.drawn(own[k], measure) for k in paired]
    drawn = torch.stack([torch.where(x == under, 1.0, x / under) for x in over], 1)
    for k, low, high in zip(paired, *(ends.tolist() for ends in together(drawn)), strict=True):
        found[k] = dataclasses.replace(found[k], low=low, high=high)
    return found


def together(drawn: Tensor) -> tuple[Tensor, Tensor]:
    """(m,) low and high of (draws, m) bootstrap values: intervals between equal ranks which hold
    all m at once in 95 % of the draws; of one column its percentile interval.

    Besag, Green, Higdon & Mengersen 1995, Statistical Science 10, 3, Sec. 6.3.
    """
    columns = drawn.T.contiguous()
    ranked, n = columns.sort(1).values, len(drawn)
    upto = torch.searchsorted(ranked, columns, right=True)
    since = n - torch.searchsorted(ranked, columns)
    outmost = torch.minimum(upto, since).amin(0).double()  # the outmost rank that a draw has
    part = (outmost.quantile(1 - LEVEL) - 1) / (n - 1)
    return ranked.quantile(part, 1), ranked.quantile(1 - part, 1)


def standing(found: Map, known: Known | None = None) -> Standing:
    """Of all cells that have a value so far."""
    known, measure, by = known or Known(), found.asked.measure, found.asked.by
    spots = {at: s for at, s in found.spots.items() if len(s.each)}
    value = {at: value_of(s.each, measure) for at, s in spots.items()}
    groups: dict[int, list[At]] = {}
    for at in spots:
        groups.setdefault(0 if by is None else at[by], []).append(at)
    best = {g: min(own, key=lambda at: value[at].value) for g, own in groups.items()}
    times: dict[At, Estimate] = {}
    for g, own in groups.items():
        made = ratios([spots[at] for at in own], spots[best[g]], measure, known)
        times.update(zip(own, made, strict=True))
    level = frozenset(at for at, e in times.items() if e.low <= 1 <= e.high)
    return Standing(value, times, best, level)


def mean_over_median(each: Tensor) -> Estimate:
    """By how many times the mean of (n,) errors is above their median."""
    middle = float(each.quantile(0.5))
    if not middle or len(each) < FEWEST:
        return NONE
    low, high = bounds(drawn(each, "mean") / drawn_as_means(each))
    return Estimate(float(each.mean()) / middle, low, high, len(each))


def drawn_as_means(each: Tensor) -> Tensor:
    """(DRAWS,) medians of the very draws that `intervals.weights` makes."""
    n = len(each)
    picks = torch.randint(n, (DRAWS, n), generator=torch.Generator().manual_seed(SEED))
    return each[picks].quantile(0.5, 1)
