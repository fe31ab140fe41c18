"""The strips of a run that was recorded elsewhere, on paper.

recording.sheet(read("run.jsonl"))
"""

from collections.abc import Mapping
from typing import Any

from ... import __version__
from ...errors import UserError
from ...figures import paper
from ...figures.paper.sheet import Sheet
from ...recorder import Recording
from .. import recorded

BEFORE, BEHIND = 1.2, 2.0  # the axis beyond the levels, as on the page


def sheet(
    r: Recording, denser: Recording | None = None, choices: Mapping[str, str] | None = None
) -> Sheet:
    """Every strip of the recording, in the page's order.  choices: what is chosen of a strip, by
    its name; else its first.  Raises UserError where it holds no level."""
    told = recorded.shown(r, denser)
    if told["range"] is None:
        raise UserError("This recording holds no noise level between 0 and ∞ to draw over.")
    high, low = told["range"]
    span, chosen = (high * BEFORE, low / BEHIND), choices or {}
    panels = []
    for strip in told["strips"]:
        known = [value for value, _ in strip["options"]]
        choice = chosen.get(strip["name"], known[0] if known else "")
        if known and choice not in known:
            raise UserError(f"Unknown {strip['name']} {choice!r:.40}. Known: {', '.join(known)}.")
        own = strip["drawn"].get(choice) or strip["drawn"].get("") or {}
        words = {k: strip[k] for k in ("title", "hint", "height")}
        panels.append(paper.strip({**words, "marks": [], **own}, span))
    return Sheet(panels, caption=_said(told), title=told["title"])


def _said(told: Mapping[str, Any]) -> str:
    """What stands below the figure."""
    beside = (told["beside"] or {}).get("title", "")
    parts = [told["title"], told["note"], beside, f"Diffusion Sampler Explorer {__version__}"]
    return " ".join(f"{part.rstrip('. ')}." for part in parts if part)
