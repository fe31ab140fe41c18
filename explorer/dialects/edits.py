"""A list of noise levels reshaped: more or fewer levels, one put in, taken out or moved.

Levels and steps are counted from 1 in sentences and from 0 in arguments; step i leads from level i
to level i + 1, and the step after the last level leads to 0, written or not.
"""

import math
from collections.abc import Sequence

from ..core.timesteps import HIGHEST, LOWEST, Custom
from ..errors import UserError

LONGEST = 512  # levels, as in `Custom`
GAP = 1.001  # the least ratio of neighbours when a level is moved or put in
MOVING = {"gap": GAP, "low": LOWEST, "high": HIGHEST}  # the rule of `move`, for a hand that drags


def resample(sigmas: Sequence[float], n: int) -> tuple[float, ...]:
    """n levels with the same ends, by interpolating ln σ over the index; a final 0 stays."""
    levels, tail = split(sigmas)
    if not 2 <= n <= LONGEST - len(tail):
        raise UserError(f"A list can have from 2 to {LONGEST - len(tail)} levels; got {n}.")
    if math.isinf(levels[0]):  # pure noise stays, and the others are resampled
        if n == 2:
            return (math.inf, levels[-1], *tail)
        if len(levels) == 2:
            raise UserError(
                f"Between ∞ and {near(levels[1])} lies no curve; put levels in by hand."
            )
        return (math.inf, *resample(levels[1:], n - 1), *tail)
    made = []
    for k in range(n):
        place = k * (len(levels) - 1) / (n - 1)
        i = min(int(place), len(levels) - 2)
        part = place - i
        made.append(levels[i] ** (1 - part) * levels[i + 1] ** part)
    return tuple(made) + tail


def insert(sigmas: Sequence[float], i: int) -> tuple[float, ...]:
    """One more level in the middle of step i: √(σ_i σ_{i+1}), or σ_i/2 in the step to 0."""
    levels, tail = split(sigmas)
    _check_index(i, len(levels), "step")
    if len(levels) + len(tail) >= LONGEST:
        raise UserError(f"The list has {len(sigmas)} levels, which is as many as it can hold.")
    below = levels[i + 1] if i + 1 < len(levels) else levels[i] / 4
    new = math.sqrt(levels[i] * below)
    if math.isinf(levels[i]):  # the middle in flow time
        new = min(2 * below + 1, HIGHEST)
    if levels[i] / below < GAP**2 or new < LOWEST:
        raise UserError(
            f"Step {i + 1} from {near(levels[i])} is too short to split: its middle "
            f"{near(new)} must lie 0.1 % from its ends and not below {LOWEST:g}."
        )
    return (*levels[: i + 1], new, *levels[i + 1 :], *tail)


def remove(sigmas: Sequence[float], i: int) -> tuple[float, ...]:
    """The list without level i."""
    levels, tail = split(sigmas)
    _check_index(i, len(levels), "level")
    if len(levels) == 2:
        raise UserError("A σ list needs at least two levels above 0; this one has just two.")
    return levels[:i] + levels[i + 1 :] + tail


def move(
    sigmas: Sequence[float], i: int, sigma: float, allowed: tuple[float, float] = (LOWEST, HIGHEST)
) -> tuple[float, ...]:
    """Level i moved to sigma, or as near as its neighbours let it: the list always falls.

    The first and the last level stop at the ends of `allowed`; a level without room stays.
    """
    levels, tail = split(sigmas)
    _check_index(i, len(levels), "level")
    if math.isnan(sigma):
        raise UserError(f"Level {i + 1} cannot move to nan; a number above 0 works.")
    low = levels[i + 1] * GAP if i + 1 < len(levels) else max(allowed[0], LOWEST)
    high = levels[i - 1] / GAP if i > 0 else min(allowed[1], HIGHEST)
    moved = min(max(float(sigma), low), high) if low <= high else levels[i]
    return (*levels[:i], moved, *levels[i + 1 :], *tail)


def split(sigmas: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Levels above 0, and (0.0,) or ().  Raises UserError where `Custom` would."""
    levels = Custom(levels=tuple(float(s) for s in sigmas)).levels
    return (levels[:-1], levels[-1:]) if levels[-1] == 0 else (levels, ())


def _check_index(i: int, count: int, what: str):
    if not 0 <= i < count:
        raise UserError(f"There is no {what} {i + 1}; the list has {count}.")


def near(value: float) -> str:
    """Enough digits to tell neighbours apart."""
    return f"{value:.9g}"
