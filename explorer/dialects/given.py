"""Whatever somebody gives: bytes, text or values, opened as data, with size and depth capped."""

import json
import math
from typing import Any

from ..errors import UserError
from ..reading import png_text

LONGEST_TEXT = 5_000_000  # characters of JSON or text
DEEPEST = 100  # brackets within brackets
MOST_ITEMS = 500_000  # numbers, words, lists in all


def opened(thing: Any) -> Any:
    """Bytes as text, text of JSON as its value; anything else unchanged.  All of it is capped."""
    if isinstance(thing, bytes | bytearray) and png_text.is_png(bytes(thing[:8])):
        thing = _told(png_text.texts(bytes(thing)))
    if isinstance(thing, bytes | bytearray):
        try:
            thing = bytes(thing[: LONGEST_TEXT + 1]).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UserError(f"Byte {error.start + 1} is no text (UTF-8).") from None
    if isinstance(thing, str):
        if len(thing) > LONGEST_TEXT:
            raise UserError(
                f"The text is {len(thing):,} characters long; at most {LONGEST_TEXT:,} are read."
            )
        thing = _as_json(thing)
    _check_size(thing)
    return thing


# ComfyUI's graph as it ran, and as it was drawn; A1111's infotext
_WORDS = ("prompt", "workflow", "parameters")


def _told(texts: dict[str, str]) -> str:
    """What a picture says of its making: the first of _WORDS that it carries."""
    for word in _WORDS:
        if texts.get(word, "").strip():
            return texts[word]
    carried = ", ".join(repr(word[:40]) for word in list(texts)[:5]) or "no text at all"
    raise UserError(
        f"The picture carries {carried}. Looked for {', '.join(_WORDS)}, which ComfyUI and A1111 "
        "write; a copy that was cut, shared or saved anew has often lost them."
    )


def _as_json(text: str) -> Any:
    """The value of a text that is JSON, else the text."""
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        return json.loads(text)
    except RecursionError:
        raise UserError(f"The JSON is nested more than {DEEPEST} levels deep.") from None
    except ValueError:
        return text


def broken_json(given: Any) -> str | None:
    """Where a text that starts as JSON stops being it, in a sentence; None of other things."""
    text = bytes(given).decode("utf-8-sig", "replace") if isinstance(given, bytes) else given
    if not isinstance(text, str) or text.lstrip()[:1] != "{":
        return None
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"Line {error.lineno}, character {error.colno}: the JSON breaks off ({error.msg})."
    except (ValueError, RecursionError):
        return "The JSON cannot be read."
    return None


def _check_size(thing: Any):
    """Raise UserError for what is nested too deep or holds too much; walks without recursion."""
    left, count = [(thing, 1)], 0
    while left:
        inside, depth = left.pop()
        count += 1
        if count > MOST_ITEMS:
            raise UserError(f"More than {MOST_ITEMS:,} values; no schedule needs as many.")
        if depth > DEEPEST:
            raise UserError(f"The values are nested more than {DEEPEST} levels deep.")
        if isinstance(inside, dict):
            left += [(value, depth + 1) for value in inside.values()]
        elif isinstance(inside, list | tuple):
            left += [(value, depth + 1) for value in inside]


def number(value: Any) -> float | None:
    """A number, or one of the words "inf", "-inf", "nan" for it; None for anything else."""
    if isinstance(value, str) and value in ("inf", "-inf", "nan"):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
