"""Sizes as a person types them: 600mb, 2 GB, 1.5gib."""

import re

from ..errors import UserError

UNITS = {"": 1, "b": 1} | {
    f"{letter}{end}": base**power
    for power, letter in enumerate("kmgt", 1)
    for end, base in (("", 1000), ("b", 1000), ("ib", 1024))
}


def of_bytes(text: str, option: str, least: float = 1) -> float:
    """“600mb” -> 6e8.  Raises UserError, naming the option, for what is no size or below `least`
    bytes."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text.lower())
    size = float(found[1]) * UNITS.get(found[2], 0) if found else 0.0
    if not size:
        raise UserError(f"{option} = {text!r:.40} is no size; 600mb or 2gb work.")
    if size < least:
        raise UserError(f"{option} = {text} is too small; {least / 1e6:g}mb and more work.")
    return size
