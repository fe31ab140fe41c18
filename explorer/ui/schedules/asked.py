"""What the Schedules page asks, from plain values that may be anything.

A text travels in a link packed: raw deflate in URL-safe base64, as Python and browsers both write
it.  A text too long for a link stays out of it, and the list that was read from it goes instead.
"""

import base64
import binascii
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...dialects.given import LONGEST_TEXT
from ...errors import UserError

LONGEST_LINK = 6_000  # characters of a packed text; browsers and servers take more than this
UNPACKED = 200_000  # bytes that a link may unpack to
MOST_ROWS, MOST_STEPS = 12, 512
READINGS = ("sigma", "flow", "timestep")  # what the numbers of a bare list may be


@dataclass(frozen=True)
class Asked:
    """One question of the page.

    text: what was pasted.  reading: one of READINGS, None where the reader decides.  model: the
    name of a family, None where the text says.  steps, shift: None as the text has them.  pick:
    which of the runs in it.  rows: names of the lists to show, None for those that are usual.
    mended: kinds of faults that were mended, in their order.  strength: how much of the way is
    run.  split: σ where a second stage takes over.
    """

    text: str = ""
    reading: str | None = None
    model: str | None = None
    steps: int | None = None
    shift: float | None = None
    pick: int = 0
    rows: tuple[str, ...] | None = None
    mended: tuple[str, ...] = ()
    strength: float = 1.0
    split: float | None = None

    @classmethod
    def of(cls, request: Any) -> "Asked":
        """The question in a request.  Raises UserError with what is wrong in it."""
        given = request if isinstance(request, Mapping) else {}
        text = given.get("text")
        if text is None and given.get("packed"):
            text = unpack(given["packed"])
        text = "" if text is None else text
        if not isinstance(text, str):
            raise UserError("What is pasted must be text.")
        if len(text) > LONGEST_TEXT:
            raise UserError(
                f"The text is {len(text):,} characters long; at most {LONGEST_TEXT:,} are read."
            )
        rows = given.get("rows")
        return cls(
            text=text,
            reading=_word(given.get("reading"), READINGS),
            model=given["model"]
            if isinstance(given.get("model"), str) and given["model"]
            else None,
            steps=_whole(given.get("steps"), "Steps", 1, MOST_STEPS),
            shift=_number(given.get("shift"), "A shift", 0.01, 1000),
            pick=_whole(given.get("pick"), "Which run", 0, 100_000) or 0,
            rows=_names(rows, MOST_ROWS) if isinstance(rows, list) else None,
            mended=_names(given.get("mended") or [], 30),
            strength=_number(given.get("strength"), "Strength", 0, 1, 1.0) or 0.0,
            split=_number(given.get("split"), "The hand-over", 0, 1e6),
        )


def pack(text: str) -> str | None:
    """A text for a link, or None where it is too long for one."""
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) > UNPACKED:
        return None
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = base64.urlsafe_b64encode(squeezed.compress(raw) + squeezed.flush())
    return packed.decode().rstrip("=") if len(packed) <= LONGEST_LINK else None


def unpack(packed: Any) -> str:
    """The text of a link.  Raises UserError for what `pack` did not write."""
    broken = "The link's text is cut or changed; paste the text itself."
    if not isinstance(packed, str) or len(packed) > 2 * LONGEST_LINK:
        raise UserError(broken)
    try:
        raw = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        opened = zlib.decompressobj(-15)
        text = opened.decompress(raw, UNPACKED)
        if not opened.eof:
            raise UserError(broken)
        return text.decode("utf-8")
    except (binascii.Error, zlib.error, ValueError):
        raise UserError(broken) from None


def _word(value: Any, known: tuple[str, ...]) -> str | None:
    if value is None or value == "":
        return None
    if value not in known:
        raise UserError(f"{value!r:.40} is no kind of number here. Known: {', '.join(known)}.")
    return value


def _whole(value: Any, name: str, low: int, high: int) -> int | None:
    found = _number(value, name, low, high)
    if found is None:
        return None
    if found != int(found):
        raise UserError(f"{name} must be a whole number; got {value!r:.40}.")
    return int(found)


def _number(
    value: Any, name: str, low: float, high: float, default: float | None = None
) -> float | None:
    if value is None or value == "":
        return default
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise UserError(f"{name} must be a number; got {value!r:.40}.") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UserError(f"{name} must be a number; got {value!r:.40}.")
    if not low <= value <= high:
        raise UserError(f"{name} must be from {low:g} to {high:g}; got {value!r:.40}.")
    return float(value)


def _names(values: Any, most: int) -> tuple[str, ...]:
    if not isinstance(values, list) or any(not isinstance(v, str) for v in values):
        raise UserError("Lists and faults are asked for by their names.")
    return tuple(v[:20_000] for v in values[:most])
