"""In which numbers a list is written: noise levels σ, times of flow matching, or timesteps.

[14.6, 5.8, …, 0] is σ      [1, 0.96, …, 0] is t of flow matching      [999, 979, …] counts steps
"""

import math
import re
from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..core import tables

Frame = Literal["ve", "flow", "timesteps"]

FEWEST, MOST = 100, 1000  # where a list of timesteps starts; below 100 it may as well be σ
NEAR_ALL = 990.0  # where one with fractions starts; a part of one may as well be σ
SPREAD = (
    0.15  # timesteps are spread over their range; σ falls by factors, its middle lies far below
)
NEAR_ONE = 0.95  # from here to 1 a list starts with nearly pure noise of flow matching
TABLE = tables.Table.of(*tables.STABLE_DIFFUSION)  # where none is named


def frame_of(values: Sequence[float]) -> tuple[Frame, str]:
    """What the numbers of a list most likely are, and why, in a sentence.

    "ve": noise levels σ.  "flow": times of flow matching, σ = t/(1 − t), which other tools call
    sigmas too.  "timesteps": steps of a table, or flow matching's times 1000.  The order of the
    list, zeros and what is no number do not matter; an empty list is taken for σ.
    """
    if any(v == math.inf for v in values):
        return "ve", "It holds ∞, which only noise levels σ reach."
    levels = sorted(float(v) for v in values if math.isfinite(v) and v > 0)
    if not levels:
        return "ve", "Nothing in it tells otherwise."
    top, middle = levels[-1], levels[(len(levels) - 1) // 2]
    if top > 1:
        least = FEWEST if all(v == int(v) for v in levels) else NEAR_ALL
        if least <= top <= MOST and middle >= SPREAD * top:
            return "timesteps", (
                f"Its numbers are spread from {top:g} down, as timesteps are; noise levels fall "
                "by factors."
            )
        return "ve", f"It starts at {top:g}, and times of flow matching lie from 0 to 1."
    if top >= 1 - 1e-6:
        return "flow", "It starts at 1, which is pure noise in flow matching."
    if top >= NEAR_ONE:
        return "flow", f"It starts at {top:g}, which is nearly pure noise in flow matching."
    if len(levels) > 1 and levels[0] >= top / len(levels) / 2:
        return "flow", (
            "It goes to 0 from 1 or below in steps of about one size, as times of flow matching "
            "do; noise levels fall by factors."
        )
    return "ve", f"It starts at {top:g} and falls by factors, as noise levels do."


def levels_of(values: Sequence[float], frame: Frame, table: tables.Table = TABLE) -> np.ndarray:
    """Noise levels σ of numbers in that frame, in their order; t = 1 is ∞.

    Timesteps are those of the table, between entries by ln σ; where they reach above its last,
    which only flow matching's do, they are its times 1000.  A 0 that ends them is the table's first
    entry where the steps are even, as diffusers' spacings make it, and else the clean end.
    Raises UserError for a time that is not from 0 to 1.
    """
    given = np.asarray(values, np.float64)
    if frame == "ve":
        return given
    if frame == "flow":
        return tables.flow_sigma(given)
    if given.max(initial=0) > len(table.sigmas) - 1:
        return tables.flow_sigma(given / 1000)
    found = table.sigma(given)
    if len(given) > 1 and given[-1] == 0 and np.ptp(np.diff(given)) > 1:
        found[-1] = 0
    return found


def said_frame(text: str) -> tuple[Frame | None, str]:
    """The frame that stands before a list or in a comment on it, and the rest of the text."""
    if not isinstance(text, str):
        return None, text  # who reads it refuses
    found = re.match(r"\s*(ve|flow|timesteps?)\s*:", text, re.IGNORECASE)
    if found and not re.search(r"(?<!\w)(?:sigmas?|σ)[\"']?\s*[:=]", text, re.IGNORECASE):
        word = found[1].lower()
        frame: Frame = "ve" if word == "ve" else "flow" if word == "flow" else "timesteps"
        return frame, text[found.end() :]
    return ("ve" if re.search(r"#\s*VE:", text) else None), text


def frame_in(
    text: str, words: list[str], values: Sequence[float], said: Frame | None, notes: list[str]
) -> Frame:
    """The frame of a list: as it is said, else as its numbers tell, with a note of how it is read.

    Whole numbers with decimals, “900.0”, and numbers above 1 that are called sigmas are σ.
    """
    if said is not None:
        return said
    frame, reason = frame_of(values)
    if frame == "timesteps":
        decimals = all(v == int(v) for v in values) and any(re.search(r"\.[0-9]", w) for w in words)
        if decimals or re.search(r"(?<!\w)(?:sigmas?|σ)[\"']?\s*[:=]", text, re.IGNORECASE):
            return "ve"
        table = (
            "flow matching’s times in thousandths"
            if max(values) > 999
            else "timesteps of Stable Diffusion’s table"
        )
        notes.append(
            f"Read as {table}: {reason[0].lower()}{reason[1:]} Write “VE:” before the list if "
            "these are noise levels σ."
        )
    elif frame == "flow":
        notes.append(
            f"Read as times t of flow matching, σ = t/(1 − t): {reason[0].lower()}{reason[1:]} "
            "Write “VE:” before the list if these are noise levels σ."
        )
    return frame
