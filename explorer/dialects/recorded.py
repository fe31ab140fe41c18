"""Reads a recording of a run (explorer.record): the levels that were asked, and its config."""

from typing import Any

from ..recorder import Recording
from ..recorder import read as opened
from ..store.recordings import is_one
from . import scheduler_config
from .diffusers.defaults import full
from .report import Run

WHAT = "a recording of a run"
NEEDS = "a file that explorer.record wrote"


def looks(thing: Any) -> bool:
    """Text whose first line says so."""
    return isinstance(thing, str) and is_one(thing[:400].encode())


def read(thing: str, model: Any = None) -> list[Run]:
    """The one run.  Its levels are those at which the network was asked, and the end.

    Raises UserError for a damaged recording.
    """
    found = opened(thing.encode())
    levels = tuple(float(s) for s, inner in zip(found.sigma, found.inner, strict=True) if not inner)
    flow = is_flow(found)
    own = tuple(1.0 if s == float("inf") else s / (1 + s) for s in levels) if flow else levels
    end = found.end_sigma
    ended, own_end = ((end,), (end / (1 + end) if flow else end,)) if found.ended else ((), ())
    about = found.header.get("about", {})
    scheduler = about.get("scheduler")
    facts = _facts(scheduler, len(levels), model) if isinstance(scheduler, dict) else None
    told = [t for t, inner in zip(found.timestep, found.inner, strict=True) if not inner]
    known = tuple(t for t in told if t is not None)
    return [
        Run(
            text=f"{about.get('pipeline') or 'a recorded run'}, {len(levels)} steps"[:80],
            sigmas=(*own, *own_end),
            levels=(*levels, *ended),
            evaluations=len(found.sigma),
            sampler=facts["sampler"] if facts else None,
            prediction=facts["model"]["prediction"] if facts and not model else None,
            model=model if isinstance(model, str) else None,
            where="as it was recorded",
            timesteps=known if len(known) == len(told) else None,
            frame="flow" if flow else "ve",
            notes=() if ended else ("The recording ends before its run does: it was cut off.",),
            facts=facts,
        )
    ]


def is_flow(found: Recording) -> bool:
    """Whether the states were (1 − t) x0 + t noise: the scale is 1/(1 + σ) throughout."""
    scale = (1 / (1 + found.sigma)).where(found.sigma.isfinite(), 0.0)
    return len(scale) > 0 and bool(((found.scale - scale).abs() < 1e-4).all())


def _facts(scheduler: dict, steps: int, model: Any) -> dict | None:
    """The scheduler in the words of a run record; None of a class that is not known."""
    if not scheduler_config.looks(scheduler):
        return None
    name, config = full(scheduler)
    return scheduler_config.facts(name, config, scheduler, steps, model)
