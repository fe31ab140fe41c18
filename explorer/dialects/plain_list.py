"""A bare list: noise levels σ, times t of flow matching, or timesteps."""

from typing import Any

from .families import Family, family
from .frames import TABLE, frame_of, levels_of
from .lists import raw_numbers
from .report import Report, Run
from .report import levels_of as levels_in
from .run_record import numbers

WHAT = "a list of σ, t or timesteps"
NEEDS = "numbers that stand alone or in one pair of brackets"
CALLED = {"ve": "list of sigmas", "flow": "list of flow times", "timesteps": "list of timesteps"}


def looks(thing: Any) -> bool:
    """A list of numbers, or any text: the last reader that is asked."""
    return isinstance(thing, str) or (
        isinstance(thing, list | tuple)
        and bool(thing)
        and all(isinstance(v, int | float | str) for v in thing)
    )


def read(thing: Any, model: Any = None) -> Report | list[Run]:
    """The one run of the list, in the frame that its numbers or the model's family tell.

    Raises UserError for text without a list, and for a family that is not known.
    """
    if isinstance(thing, str):
        values, notes = raw_numbers(thing)
    else:
        values, notes = numbers(thing, "the list") or (), []
    known = family(model) if model is not None else None
    frame, why = frame_of(values)
    if known and frame != "timesteps":
        frame = "flow" if known.kind == "flow" else "ve"
    run = _of_timesteps(values, known) if frame == "timesteps" else _of_levels(values, frame, known)
    from .faults import faults_of

    notes = notes if known else [*notes, why]
    return Report(CALLED[frame], (run,), tuple(faults_of(run)), tuple(notes))


def _of_levels(values: tuple[float, ...], frame, known: Family | None) -> Run:
    levels = tuple(known.level(v) for v in values) if known else levels_in(values, frame)
    count = max(len(values) - (values[-1:] == (0.0,)), 1)
    return Run(
        f"{len(values)} levels",
        values,
        levels,
        count,
        model=known.name if known else None,
        prediction=known.prediction if known else None,
        frame=frame,
    )


def _of_timesteps(values: tuple[float, ...], known: Family | None) -> Run:
    """Timesteps of Stable Diffusion's table, or of the family's."""
    from ..core.tables import Table

    table = Table.of(*known.betas, 1000, known.zero_snr) if known and known.betas else TABLE
    if known and known.kind == "flow":
        table = Table(TABLE.sigmas[:1])  # above which all are times of flow matching
    inside = all(0 <= v <= 1000 for v in values)
    levels = (*(float(s) for s in levels_of(values, "timesteps", table)), 0.0) if inside else ()
    return Run(
        f"{len(values)} timesteps",
        (),
        levels,
        len(values),
        model=known.name if known else None,
        prediction=known.prediction if known else None,
        timesteps=values,
    )
