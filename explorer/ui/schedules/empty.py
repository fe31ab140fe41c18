"""The page before anything is pasted: live rulers under the ghost of a list, and examples."""

from functools import cache
from typing import Any

from ...core.timesteps import Rho
from ...dialects.families import family
from ...errors import UserError
from . import axis, examples, found, words
from .asked import Asked
from .axis import Model
from .row import Row

GHOST = 18  # levels of EDM's list


@cache
def answer() -> dict[str, Any]:
    """In the form of `answer.schedules`."""
    from .answer import row  # the answer asks for this one

    model = Model(family("sdxl"))
    ghost = Row(
        "yours", "yours", "nothing pasted yet", (*Rho().sigmas(GHOST).tolist(), 0.0), "yours"
    )
    ends = axis.ends([ghost.levels], model) | {"trained": None}
    return {
        "empty": True,
        "ghost": True,
        "text": "",
        "link": {},
        "title": "See what your tool really runs",
        "note": "Paste a config, a workflow, an infotext or a list. Every list is drawn on one "
        "axis, and read as σ, t, timestep, log SNR, ᾱ and percent.",
        "status": ["nothing pasted", words.checks()],
        "model": {"name": "", "label": "", "kind": "", "said": ""},
        "steps": {"value": GHOST, "own": GHOST, "why": None},
        "axis": ends,
        **axis.told(model, ends),
        "rows": [row(ghost, model)],
        "faults": [],
        "mended": [],
        "marks": [],
        "examples": [card(e) for e in examples.examples()],
    }


def card(e: examples.Example) -> dict[str, Any]:
    """An example with its list and the one that mends it, or EDM's, drawn small."""
    try:
        f = found.found(Asked(text=e.text, **e.more))
    except UserError:
        lists: list[list[float]] = []
    else:
        fault = next((x for x in f.faults if x.mend), None)
        mended = found.mend(f.run, fault.mend, f.model.family) if fault and fault.mend else None
        lists = [_inside(f.run.levels)] + ([_inside(mended.levels)] if mended else [])
    return {"name": e.name, "title": e.title, "note": e.note, "lists": lists}


def _inside(levels: tuple[float, ...]) -> list[float]:
    return [float(f"{v:.5g}") for v in levels if 0 < v < 1e6]
