"""A step far longer than those beside it: levels are missing inside of the list."""

import itertools
import math
from typing import NamedTuple

from ...numerals import number
from ..report import Fault, Mend
from .case import Case, endless
from .made import told_at
from .words import level

KINDS = ("gap_in_levels",)
# Of 111,000 inner steps that tools and papers make, none is more than twice both of its neighbours
# and halves σ; where two levels of an even list are missing, a step is three times as long.
TIMES, LEAST = 2.5, math.log(2)
ROUNDING = 0.05  # of a step
MOST = 64  # levels that are put into one gap


class Gap(NamedTuple):
    """at: the level that it leaves; drop: its Δ ln σ; before, after: those of the steps beside."""

    at: int
    drop: float
    before: float
    after: float

    @property
    def missing(self) -> int:
        """Levels that make its steps as long as their neighbours are, or shorter: 2 at least."""
        steps = 2 * self.drop / (self.before + self.after)
        return min(math.ceil(steps - ROUNDING) - 1, MOST)


def find(case: Case) -> list[Fault]:
    """The longest gap.  The first and the last step, which schedules make as long as they like,
    and those from ∞ and to 0 are none; nor is a step beside one nearly as long."""
    gaps = gaps_of(case.run.levels)
    if not gaps or case.sigmas and len(case.sigmas) != len(case.run.levels):
        return []
    gap = max(gaps, key=lambda g: g.drop)
    called = "t" if case.model.flow and case.sigmas else "σ"
    own = case.sigmas or case.run.levels
    others = ", ".join(str(g.at + 1) for g in gaps if g is not gap)
    more = f" So {'are steps' if len(gaps) > 2 else 'is step'} {others}." if others else ""
    said = (
        f"Step {gap.at + 1} is a gap: {called} falls from {level(own[gap.at])} to "
        f"{level(own[gap.at + 1])} at once, Δ ln σ {number(gap.drop)} where the steps beside it "
        f"have {number(gap.before)} and {number(gap.after)}. Some {gap.missing} levels are "
        f"missing.{more}"
    )
    return [Fault("gap_in_levels", gap.at, said, _mend(case, gaps))]


def gaps_of(levels: tuple[float, ...]) -> list[Gap]:
    """The gaps of a list that falls; a level that stands twice counts once.

    Where it stops above 0, its last level stands in for 0: the step before it is the last one."""
    if any(a < b for a, b in itertools.pairwise(levels)):
        return []
    inside = levels[:-1] if levels[-1:] > (0.0,) else levels
    drops = [
        (i, math.log(a / b))
        for i, (a, b) in enumerate(itertools.pairwise(inside))
        if 0 < b < a and not endless(a)
    ]
    return [
        Gap(i, drop, before, after)
        for (_, before), (i, drop), (_, after) in zip(drops, drops[1:], drops[2:], strict=False)
        if drop > LEAST and drop > TIMES * max(before, after)
    ]


def _mend(case: Case, gaps: list[Gap]) -> Mend:
    """Levels put into every gap, evenly in ln σ."""
    sigmas, times = [*case.sigmas], [*case.timesteps]
    both = len(times) in (len(sigmas), len(sigmas) - 1)
    for gap in reversed(gaps):
        k, top = gap.missing, case.run.levels[gap.at]
        new = [top * math.exp(-gap.drop * j / (k + 1)) for j in range(1, k + 1)]
        own = [s / (1 + s) for s in new] if case.run.frame == "flow" else new
        if both:
            times[gap.at + 1 : gap.at + 1] = [told_at(case.model, s) for s in own]
        elif times and not sigmas:
            a, b = times[gap.at], times[gap.at + 1]
            times[gap.at + 1 : gap.at + 1] = [a + (b - a) * j / (k + 1) for j in range(1, k + 1)]
        if sigmas:
            sigmas[gap.at + 1 : gap.at + 1] = own
    count = sum(gap.missing for gap in gaps)
    told = tuple(times) if times and (both or not sigmas) else None
    return Mend(f"Put {count} levels in", tuple(sigmas), told)
