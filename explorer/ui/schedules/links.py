"""What a link carries of a text: itself, packed, or the list that was read from it."""

from typing import Any

from ...dialects.exports import digits
from .asked import Asked, pack
from .found import Found


def link(asked: Asked, f: Found) -> dict[str, Any]:
    """The parts of the question that a link has in place of its own."""
    packed = pack(asked.text)
    if packed is not None:
        return {"packed": packed}
    short = f"sigmas = [{digits(f.run.sigmas)}]"
    family = f.model.family.name
    return {
        "packed": pack(short),
        "reading": "flow" if f.run.frame == "flow" else "sigma",
        "model": None if family in ("config", "run") else family,
        "steps": None,
        "shift": None,
        "pick": None,
        "mended": [],
        "said": "The text is too long for a link; the link carries its list.",
    }
