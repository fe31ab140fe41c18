"""The run on show beside a pinned one: on the same noise, path by path, or why that cannot be."""

import math
from html import escape

from ..analysis.intervals import Estimate, apart
from ..lab.experiment import Experiment
from ..lab.judged import unknown
from ..lab.source import Watch
from ..lab.timesteps import in_one_word
from ..lab.versus import paired, unpaired
from ..lab.view import View
from ..numerals import count, short
from ..settings import flatten
from . import headline, words

NAMED = 2  # settings that a run is named after, at most


def beside(e: Experiment, pinned: Experiment, watch: Watch | None = None, called: str = "") -> dict:
    """{value, html, text}: the settled end error of the pinned run, and the sentence.  called: what
    a person named it.

    Raises UserError where a run is refused.
    """
    if e == pinned:
        return _said("This is the pinned run.")
    mine, its = named(e, pinned)
    its = escape(called) or its
    lead = f"Pinned <b>{its}</b>" if its else "The pinned run"
    kept = View(pinned, watch, exact=True)
    if why := unknown(kept):
        return _said(f"{lead} has no path error: {why}")
    other = kept.errors
    value = short(other.middle.value)
    lead += f": {value}."
    if why := unpaired(e, pinned):
        return _said(f"{lead} No ratio: {why.rstrip('.')}.", value)
    here = View(e, watch, exact=True)
    if why := unknown(here):
        return _said(f"{lead} No ratio: {why.rstrip('.')}.", value)
    return _said(f"{lead} {_ratio(mine or 'This run', paired(here.errors, other))}", value)


def _ratio(mine: str, found: Estimate) -> str:
    made = headline.ratio_of(found)
    if apart(found):
        return f"{mine} makes {made} of its error on the same paths."
    samples = f"{count(found.count)} sample{'s' * (found.count != 1)}"
    measured = "" if math.isnan(found.low) else f": {made}"
    return f"{mine} cannot be told apart from it with {samples}{measured}."


def _said(html: str, value: str = "") -> dict:
    return {"value": value, "html": html, "text": headline.text(html)}


def named(e: Experiment, pinned: Experiment) -> tuple[str, str]:
    """What the two are called: after the settings in which they differ, “ρ = 3” and “ρ = 7”;
    nothing where these are more than can be said.
    """
    now, then = in_one_word(flatten(e)), in_one_word(flatten(pinned))
    keys = [k for k in now if now[k] != then.get(k)]
    slots = {k for k in keys if "." not in k}
    keys = [k for k in keys if k in then and k.split(".")[0] not in slots - {k}]
    if not 0 < len(keys) <= NAMED:
        return "", ""
    return tuple(", ".join(words.setting(k, of[k]) for k in keys) for of in (now, then))
