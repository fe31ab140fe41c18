"""A lesson's sentences with their numbers put in, each from the record of claims that ships.

A sentence stands on verdicts: where one of its claims has another verdict today, or is of an
earlier version, the step says that instead, and no number of it is passed off as found.
"""

import re
from html import escape
from typing import Any

from ..analysis.intervals import Estimate
from ..numerals import NONE, interval, number, percent, short, span, times
from ..study.claims import claim, record
from ..study.claims.tried import Row, estimate
from . import glossary
from .lessons import Lesson, Step, lesson

PLACE = re.compile(r"\{([a-z0-9.-]+?)(?:\.(value|interval))?(?:\|(percent|times|over|digits))?\}")
LOW = re.compile(r"(?<=[A-Za-zσpcλ])_(max|min|tmin|tmax|churn|noise|mean|std|skip|out|in|train)\b")
WRITTEN = {
    "": short,
    "digits": lambda v: number(v, 4),
    "percent": percent,
    "times": lambda v: f"{times(v)} ×",
    "over": lambda v: f"{times(1 / v)} ×",
}


def told(name: Any) -> dict[str, Any]:
    """A lesson as the page shows it.  Raises UserError for an unknown name."""
    one = lesson(name)
    return one.head | {"steps": [_step(one, step) for step in one.steps]}


def names(text: str) -> list[str]:
    """The claims that a text has a place for, in order, each once."""
    return list(dict.fromkeys(found[1] for found in PLACE.finditer(text)))


def _step(one: Lesson, step: Step) -> dict[str, Any]:
    wanted = [*names(step.claim), *step.expects]
    turned = [name for name in dict.fromkeys(wanted) if _turned(step, name)]
    own = {k: getattr(step, k) for k in ("control", "strip", "view", "live", "scene", "done")}
    return own | {
        "claim": html(step.claim if not turned else step.otherwise) or _instead(turned),
        "stands": not turned,
        "do": html(step.do),
        "look": html(step.look),
        "claims": list(dict.fromkeys(wanted)) or ([one.claim] if one.claim else []),
    }


def html(text: str) -> str:
    """Text with its numbers, low indices and words of the glossary, safe to stand in the page."""
    low = lambda plain: LOW.sub(r"<sub>\1</sub>", escape(plain, quote=False))
    return PLACE.sub(lambda m: _put(*m.groups()), glossary.marked(text, low))


def _put(name: str, part: str | None, form: str | None) -> str:
    found = _found(name)
    write = WRITTEN[form or ""]
    if found is None:
        return NONE
    low, high = (found.high, found.low) if form == "over" else (found.low, found.high)
    bounds = span(low, high, write)
    bounds = "" if bounds == write(found.value) else bounds  # as narrow as it is written
    value = f'<b class="found">{write(found.value)}</b>'
    if part == "interval":
        return bounds
    return value if part == "value" or not bounds else f"{value} <small>({bounds})</small>"


def _kept(name: str) -> dict[str, Any] | None:
    return record.read()["rows"].get(claim(name).name)


def _found(name: str) -> Estimate | None:
    kept = _kept(name)
    return None if kept is None else estimate(kept)


def _turned(step: Step, name: str) -> bool:
    """Whether the record does not have the verdict that the step's sentence stands on."""
    kept = _kept(name)
    if kept is None or record.stale(name, kept):
        return True
    return Row(claim(name), estimate(kept)).verdict != step.expected(name)


def _instead(turned: list[str]) -> str:
    """What is said for a step whose claims have turned, and that has no words of its own for it."""
    c, found = claim(turned[0]), _found(turned[0])
    if found is None or record.stale(c.name, _kept(c.name)):
        return f"Not measured with this version: {html(c.quote)}"
    verdict = Row(c, found).verdict
    numbers = interval(found.value, found.low, found.high, short)
    return f"This {verdict}: {html(c.quote)} Found: {numbers}, and it would be {c.relation}."
