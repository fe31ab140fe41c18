"""An interval of guidance in which no step lies."""

import math

from ..given import number
from ..report import Fault
from .case import Case
from .made import told_at
from .words import level

KINDS = ("guidance_interval_bad",)


def find(case: Case) -> list[Fault]:
    """start and end by their unit: parts of the schedule rise, σ and timesteps fall."""
    told = case.told.get("guidance_interval")
    if not isinstance(told, dict):
        return []
    start, end = number(told.get("start")), number(told.get("end"))
    unit = told.get("unit")
    if start is None or end is None or not isinstance(unit, str):
        return []
    said: str | None = None
    if math.isnan(start) or math.isnan(end):
        said = "An end of the interval is no number."
    elif unit.startswith(("fraction", "percent", "part", "step")):
        said = _of_parts(unit, start, end, case)
    elif unit.startswith("sigma"):
        said = _of_sigma(start, end, case)
    elif unit.startswith("time"):
        said = _of_timesteps(start, end, case)
    return [Fault("guidance_interval_bad", None, said)] if said else []


def _of_parts(unit: str, start: float, end: float, case: Case) -> str | None:
    top = 1.0 if unit.startswith(("fraction", "part")) else None
    if unit.startswith("percent"):
        top = 1.0 if max(start, end) <= 1 else 100.0
    if start >= end:
        return (
            f"The interval starts at {start:g} and ends at {end:g} of the schedule: the start lies "
            "after the end, and guidance never applies."
        )
    if unit.startswith("step") and case.steps and start >= case.steps:
        return f"The interval starts at step {start:g} of {case.steps}: guidance never applies."
    if min(start, end) < 0 or top is not None and max(start, end) > top:
        return (
            f"The interval runs from {start:g} to {end:g}; parts of the schedule lie from 0 to 1."
        )
    return None


def _of_sigma(start: float, end: float, case: Case) -> str | None:
    if start <= end:
        return (
            f"The interval starts at σ = {level(start)} and ends at {level(end)}; noise falls, so "
            "the start must be the higher one. Guidance never applies."
        )
    levels = case.above or tuple(s for stage in case.stages for s in stage.sigmas)
    top = max(levels, default=math.nan)
    if case.model.flow and (end > 1 or 1.0005 < start < 900):
        return (
            f"The interval runs from σ = {level(start)} to {level(end)}, another family's: "
            f"{case.model.name} goes from 1 to 0, so guidance "
            f"{'never applies' if end > 1 else 'starts at the first step'}."
        )
    if levels and not any(end <= s <= start for s in levels):
        return (
            f"No step lies from σ = {level(start)} to {level(end)} (the list starts at "
            f"{level(top)}), so guidance never applies."
        )
    return None


def _of_timesteps(start: float, end: float, case: Case) -> str | None:
    whole = (
        case.model.steps if case.model.table is not None or (case.model.scale or 0) > 1 else None
    )
    if start <= end:
        return (
            f"The interval starts at timestep {start:g} and ends at {end:g}; timesteps fall, so "
            "the start must be the higher one. Guidance never applies."
        )
    if whole and start <= 1:
        return (
            f"The interval runs from timestep {start:g} to {end:g}: these are fractions where "
            f"timesteps from {whole - 1} to 0 are wanted, so guidance hardly ever applies."
        )
    times = case.timesteps
    if not times and case.above and (case.model.table is not None or case.model.flow):
        times = tuple(told_at(case.model, s) for s in case.above)
    if whole and times and not any(end <= t <= start for t in times):
        return f"No step lies from timestep {start:g} to {end:g}, so guidance never applies."
    return None
