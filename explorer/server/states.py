"""How far each part of an answer is to be trusted, and what the page must not show any longer."""

from ..lab.view import View
from ..ui.parts import PARTS

MEASURES = ("path", "loss", "error")  # what a slow network is asked for one at a time
ABSENT = ("absent", "Measuring …")  # and nothing is there yet


def dropped(have: dict, view: View, pending: list[str], refusals: dict[str, str]) -> list[str]:
    """What the page must not show any longer: an old error, and measures of other data."""
    moved = have.get("data") != view.key("data")
    gone = [p for p in (*pending, *refusals) if have.get(p) is not None]
    return [p for p in gone if p == "error" or (p in MEASURES and (moved or p in refusals))]


def states(
    made: dict, pending: list[str], drop: list[str], have: dict, refusals: dict, view: View
) -> dict[str, dict]:
    """How far each part is to be trusted, and why not further.

    whole     it belongs to these settings            draft   too, with a few of the samples
    refining  too, and a better reference follows     stale   it belongs to former settings
    refused   it would take too long                  absent  there is none, or none yet
    """

    def of(name: str) -> tuple[str, str]:
        if name in refusals:
            return "refused", refusals[name]
        part = made.get(name)
        if part is None and name in pending:
            shown = have.get(name) is not None and name not in drop
            return ("stale", "Measured before the settings changed.") if shown else ABSENT
        if part and "first" in part:
            return "draft", part["first"]
        if part and part.get("why"):
            return "absent" if view.incomparable else "refused", part["why"]
        if name == "error" and "exact" in pending:
            return "draft", "Some of the samples, against a quick reference."
        if name == "error" and "more" in pending:
            return "refining", "More paths say which steps are to blame."
        return "whole", ""

    return {name: dict(zip(("state", "why"), of(name))) for name in PARTS}
