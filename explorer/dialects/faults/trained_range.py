"""Levels that the network never saw, above its noisiest or below its cleanest, and low starts."""

import math

from ..report import Fault, Mend
from .case import Case, endless
from .made import NAMES, made, named, stretched, told_at
from .words import level, place

KINDS = ("outside_trained_range",)
ABOVE, BELOW = 1.01, 0.95  # tools round the ends: 14.615 for 14.6146, 0.0292 for 0.0291672


def find(case: Case) -> list[Fault]:
    """The first level beyond an end, or a full run of an EDM model that starts far below."""
    low, high = case.model.low, case.model.high
    negative = next((i for i, s in enumerate(case.sigmas) if s < 0), None)
    if negative is not None:
        said = f"{place(negative)} is {case.sigmas[negative]:g}; noise has no level below 0."
        return [Fault("outside_trained_range", negative, said, None)]
    if case.model.flow or case.model.kind is None:
        return []
    above = case.above
    if above and high and above[0] > high * ABOVE:
        said = (
            f"The list starts at {level(above[0])}, {level(above[0] / high)} times the "
            f"{level(high)} that {case.model.name} was trained to."
        )
        return [_fault(case, 0, said)]
    if above and low and above[-1] < low * BELOW and not any(map(endless, above[-1:])):
        at = len(above) - 1
        said = (
            f"{place(at)} is {level(above[at])}, below the {level(low)} that is the least noise "
            f"{case.model.name} was trained on."
        )
        return [_fault(case, at, said)]
    if above and high and case.goal == "full" and _starts_low(case, above[0], high):
        said = (
            f"The run starts at {level(above[0])}, far below the {level(high)} to which "
            f"{case.model.name} is noised: there is structure in its noise that was never seen."
        )
        return [_fault(case, 0, said)]
    return []


def _starts_low(case: Case, first: float, high: float) -> bool:
    """Lower than any spacing of so many steps starts; leading spacing starts lowest.

    Models with a table have their own rule in `start`, by timesteps.
    """
    if case.model.table is not None or not case.model.low or not math.isfinite(high):
        return False
    if named(case) in NAMES and named(case) != "ddim_uniform":
        return first < 0.9 * high
    steps = case.steps or len(case.above)
    lists = [made(case.model, "ddim_uniform", n) for n in (steps, steps + 1)]
    return first < 0.9 * min([high, *(found[0] for found in lists if found)])


def _fault(case: Case, at: int, said: str) -> Fault:
    found = stretched(case)
    times = tuple(told_at(case.model, s) for s in found[:-1]) if case.timesteps else None
    mend = Mend("Stretch it onto the trained range", found, times) if found else None
    return Fault("outside_trained_range", at, said, mend)
