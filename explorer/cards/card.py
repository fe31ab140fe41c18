"""The run card: what somebody needs to cite a view, to check it and to make it again."""

import math
from typing import Any
from urllib.parse import parse_qsl

from ..dialects import exports
from ..dialects.families import Family
from ..errors import UserError
from ..lab.experiment import Experiment
from ..lab.notes import notes
from ..lab.source import Watch
from ..reading.cards import FORMAT, VERSION
from ..settings import flatten, jsonable, to_query
from ..study.names import sampler_name
from .citations import cited
from .code import python
from .made import made, read_from_disk
from .numbers import exact, measured, ran

LONGEST_LINK = 20_000  # characters
PLAIN = Family(
    "edm", "EDM", "edm", "edm", 0.002, 80.0, sigma_data=0.5, sampling="ModelSamplingContinuousEDM"
)
FLOW = Family("flow", "flow matching", "flow", "flow_prediction", 0.0, 1.0, shift=1.0)


def card(
    e: Experiment, watch: Watch | None = None, link: str = "", errors: bool = True
) -> dict[str, Any]:
    """The card of an experiment: plain values, fit for JSON.  It is run, and its error settled;
    errors=False leaves that out.  A run that blew up has a card too, which says so.

    link: the query of a page that shows it, with what that page adds (a lesson, a cursor); else
    that of the settings alone.  watch() may raise Cancelled.  Raises UserError for what is refused.
    """
    r, why = ran(e, watch)
    query = to_query(e)
    found = exact(r)
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": f"{sampler_name(e)}, {r.nfe} evaluations, {e.data.label}",
        "link": f"?{_link(link) or query}",
        **({"lesson": place} if (place := _lesson(link)) else {}),
        "settings": jsonable(flatten(e)),
        "python": python(e),
        "levels": dialects(r.trajectory.sigma.double().tolist()),
        "numbers": measured(r, watch, errors, why),
        "exact": found,
        "weights": read_from_disk(e),
        "made": made(r.source),
        "notes": notes(e),
        "citations": cited(e),
    }


def _link(text: str) -> str:
    if not isinstance(text, str) or len(text) > LONGEST_LINK:
        raise UserError(f"A link is a text of at most {LONGEST_LINK:,} characters.")
    return text.lstrip("?")


def _lesson(link: str) -> dict[str, str]:
    """Which step of which lesson a link opens, if any."""
    named = dict(parse_qsl(_link(link)))
    return {k: named[k][:64] for k in ("lesson", "at") if k in named} if "lesson" in named else {}


def dialects(sigma: list[float]) -> dict[str, dict[str, str]]:
    """The noise levels as each tool takes them: {tool: {text, note}}."""
    made = {
        "python": exports.python(sigma, PLAIN),
        "k-diffusion": exports.k_diffusion(sigma, PLAIN),
        "diffusers": exports.diffusers(sigma, PLAIN),
        "comfyui": exports.manual_sigmas(sigma, PLAIN),
        "flow": exports.python(sigma, FLOW),
    }
    said = {name: {"text": found.text, "note": found.note} for name, found in made.items()}
    if math.isinf(sigma[0]):
        said["k-diffusion"]["note"] += " The first level, ∞, stands as its tool writes it."
    return said
