"""A run told in full: model, goal, sampler, steps and any of sigmas, timesteps, config, stages."""

from typing import Any

from ..errors import UserError
from .given import number
from .report import Frame, Run, levels_of

WHAT = 'a run ({"model": {...}, "sampler": ..., "steps": ..., "sigmas": [...]})'
NEEDS = '"model" with a "kind" in JSON'
LONGEST = 10_000  # numbers in one list


def looks(thing: Any) -> bool:
    """A dict with a "model" that is told in its own words, or one that wraps it as "run"."""
    if isinstance(thing, dict) and isinstance(thing.get("run"), dict):
        thing = thing["run"]
    return (
        isinstance(thing, dict)
        and isinstance(thing.get("model"), dict)
        and "kind" in thing["model"]
    )


def read(thing: dict, model: Any = None) -> list[Run]:
    """The one run of it; what is not understood stays in `facts`."""
    told = thing["run"] if isinstance(thing.get("run"), dict) else thing
    about = told["model"]
    frame: Frame = "flow" if about.get("kind") == "flow" else "ve"
    sigmas = numbers(told.get("sigmas"), "sigmas") or ()
    steps = told.get("steps")
    name = about.get("name") if isinstance(about.get("name"), str) else None
    return [
        Run(
            text=f"{name or 'a model'}: {len(sigmas)} levels",
            sigmas=sigmas,
            levels=levels_of(sigmas, frame),
            evaluations=steps if isinstance(steps, int) else max(len(sigmas) - 1, 0),
            sampler=told.get("sampler") if isinstance(told.get("sampler"), str) else None,
            prediction=about.get("prediction")
            if isinstance(about.get("prediction"), str)
            else None,
            model=name,
            timesteps=numbers(told.get("timesteps"), "timesteps"),
            frame=frame,
            facts=told,
        )
    ]


def numbers(values: Any, name: str) -> tuple[float, ...] | None:
    """A list of numbers, "inf" and "nan" among them; None for none.  UserError for other things."""
    if values is None:
        return None
    if not isinstance(values, list | tuple):
        raise UserError(f"{name} = {values!r:.40} is no list of numbers.")
    if len(values) > LONGEST:
        raise UserError(f"{name} holds {len(values):,} numbers; at most {LONGEST:,} are read.")
    found = [number(value) for value in values]
    for i, (value, given) in enumerate(zip(found, values, strict=True)):
        if value is None:
            raise UserError(f"Entry {i + 1} of {name} is {given!r:.40}, which is no number.")
    return tuple(value for value in found if value is not None)
