"""What is wrong with noise levels, listed or of a grid, and what is odd in them, in sentences."""

import itertools
import math
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from ..core.timesteps import HIGHEST, LOWEST
from ..numerals import number
from .edits import LONGEST, near


class Finding(NamedTuple):
    """What the linter says: "error" (cannot run), "warning" or "note", and where (from 0)."""

    level: str
    text: str
    at: int | None = None


def lint(
    sigmas: Sequence[float],
    sigma_data: float = 0.5,
    model_range: tuple[float, float] = (0.0, math.inf),
    typed: bool = True,
) -> list[Finding]:
    """What is wrong or odd about a list, as it will run: with its final 0 if the loop adds one.
    The first level may be ∞, pure noise.

    Errors are exactly what `Custom` refuses; where there is one, nothing else is said.
    sigma_data: the data's standard deviation.  model_range: noise levels the network was made for.
    typed=False: levels that a formula made for a budget, which may be as few as the budget says.
    """
    sigmas = [float(s) for s in sigmas]
    levels = sigmas[:-1] if sigmas and sigmas[-1] == 0 else sigmas
    if typed and (wrong := [*_errors(sigmas, levels)]):
        return wrong
    if len(levels) < 2:  # the one step of a small budget
        return []
    return [
        *(_about_count(levels) if typed else []),
        *_about_noise(levels, sigma_data),
        *_about_range(levels, *model_range),
        *_about_steps(levels, sigma_data, typed),
        *_about_end(sigmas, levels, sigma_data, "list ends" if typed else "time steps end"),
    ]


def _errors(sigmas: list[float], levels: list[float]) -> list[Finding]:
    for i, s in enumerate(sigmas):
        if not ((math.isfinite(s) or s == math.inf and i == 0) and s >= 0):
            return [
                Finding(
                    "error",
                    f"Level {i + 1} is {s:g}; a noise level is a finite number, 0 or larger.",
                    i,
                )
            ]
    if len(levels) < 2:
        given = f"the list has {'only ' + near(levels[0]) if levels else 'none'}"
        return [Finding("error", f"At least two levels above 0 are needed; {given}.")]
    return [*_too_many(sigmas), *_rises(levels), *_beyond(levels)]


def _too_many(sigmas: list[float]) -> list[Finding]:
    if len(sigmas) <= LONGEST:
        return []
    return [Finding("error", f"The list has {len(sigmas):,} levels; at most {LONGEST} work.")]


def _rises(levels: list[float]) -> list[Finding]:
    found = []
    steps = [i for i, (a, b) in enumerate(itertools.pairwise(levels)) if not a > b]
    for i in steps[:3]:
        a, b = levels[i], levels[i + 1]
        found.append(
            Finding(
                "error",
                f"Levels {i + 1} and {i + 2} are both {near(a)}: step {i + 1} has length 0."
                if a == b
                else f"Step {i + 1} rises from {near(a)} to {near(b)}; a list must fall "
                "all the way.",
                i,
            )
        )
    if len(steps) > 3:
        found.append(Finding("error", f"{len(steps) - 3} more steps do not fall.", steps[3]))
    return found


def _beyond(levels: list[float]) -> list[Finding]:
    found = []
    high, last = max(s for s in levels if math.isfinite(s)), levels[-1]
    if high > HIGHEST:
        found.append(
            Finding(
                "error",
                f"Level {levels.index(high) + 1} is {near(high)}; the lab goes up to {HIGHEST:g}.",
                levels.index(high),
            )
        )
    if last < LOWEST:
        found.append(
            Finding(
                "error",
                f"The last level above 0 is {near(last)}; the lab goes down to {LOWEST:g}."
                if last
                else "The list ends with more than one 0.",
                len(levels) - 1,
            )
        )
    return found


def _about_count(levels: list[float]) -> list[Finding]:
    if len(levels) > 2:
        return []
    return [
        Finding(
            "warning",
            f"The list has only {len(levels)} levels: too few for a "
            "step size to be judged, or for a multistep solver.",
        )
    ]


def _about_noise(levels: list[float], sigma_data: float) -> list[Finding]:
    first = levels[0]
    if first >= 10 * sigma_data:
        return []
    part = sigma_data**2 / (sigma_data**2 + first**2)
    return [
        Finding(
            "warning",
            f"At σ_max = {first:.3g} the data still show through: "
            f"{100 * part:.2g} % of the variance is theirs, and samples that "
            "start as pure noise miss it.",
            0,
        )
    ]


def _about_range(levels: list[float], low: float, high: float) -> list[Finding]:
    """A printed range has few digits, so 0.01 % beyond it passes."""
    found = []
    for beyond, side, end, what in (
        ([i for i, s in enumerate(levels) if s > high * 1.0001], "above", high, "largest"),
        ([i for i, s in enumerate(levels) if s < low / 1.0001], "below", low, "smallest"),
    ):
        if beyond:
            a, b = beyond[0], beyond[-1]
            which = (
                f"Level {a + 1} ({levels[a]:.3g}) lies"
                if a == b
                else f"Levels {a + 1} to {b + 1} ({levels[a]:.3g} to {levels[b]:.3g}) lie"
            )
            found.append(
                Finding(
                    "warning",
                    f"{which} {side} {end:.3g}, the {what} noise that this model was made for.",
                    a,
                )
            )
    return found


def _gapes(levels: list[float], drops: list[float], i: int, sigma_data: float) -> bool:
    """Whether step i of a typed list leaves out what its neighbours tell of, or goes in one from
    noise that drowns the data to noise that does not.  EDM's grids never do, however short."""
    if drops[i] > math.log(40) and levels[i] > 8 * sigma_data and len(drops) > 1:
        return True
    return 0 < i < len(drops) - 1 and drops[i] > 2 * max(drops[i - 1], drops[i + 1])


def _about_steps(levels: list[float], sigma_data: float, typed: bool) -> list[Finding]:
    """Steps that stand out in Δ ln σ.  On EDM's grid the last is 2.8 medians at most.  A step from
    ∞ has no length there."""
    skipped = 1 if math.isinf(levels[0]) else 0
    levels = levels[skipped:]
    drops = [math.log(a / b) for a, b in itertools.pairwise(levels)]
    if not drops:
        return []
    usual, last, found = median(drops), len(drops) - 1, []
    for i, drop in enumerate(drops):
        at = i + skipped
        span = f"step {at + 1} from {levels[i]:.3g} to {levels[i + 1]:.3g}"
        jump = drop > 3 * usual or typed and _gapes(levels, drops, i, sigma_data)
        if jump and drop > 1:
            place = {0: "The first", last: "The last"}.get(i, "One")
            place = "One" if skipped and i == 0 else place
            found.append(
                Finding(
                    "warning",
                    f"{place} step is a jump: {span} divides σ by "
                    f"{number(math.exp(drop), 2)}, the usual step by {number(math.exp(usual), 2)}.",
                    at,
                )
            )
        elif len(drops) > 2 and drop < usual / 10:
            found.append(
                Finding(
                    "note", f"{span.capitalize()} hardly moves: its evaluation buys little.", at
                )
            )
    return found


def _about_end(
    sigmas: list[float], levels: list[float], sigma_data: float, ends: str
) -> list[Finding]:
    last, at, found = levels[-1], len(levels) - 1, []
    if last > 0.05 * sigma_data > 0:
        found.append(
            Finding(
                "warning",
                f"The last level above 0 is {last:.3g}, "
                f"{100 * last / sigma_data:.0f} % of the data's spread "
                f"{sigma_data:.3g}: finer detail is left to one guess of the "
                "denoiser.",
                at,
            )
        )
    if sigmas[-1] != 0 and last > 0.01 * sigma_data:  # below, nobody sees it: EDM stops at 0.002
        found.append(
            Finding(
                "note",
                f"The {ends} at {last:.3g}: noise of this size stays "
                "unless a final denoise is added.",
                at,
            )
        )
    return found
