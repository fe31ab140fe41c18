"""Timesteps in a unit that the network does not read: 0 to 1 where it wants 0 to 1000, or back."""

import math

from ..report import Fault, Mend
from .case import Case
from .words import level

KINDS = ("timestep_scale_wrong",)


def find(case: Case) -> list[Fault]:
    """The largest timestep against the largest that the model is ever told."""
    times = [t for t in case.timesteps if math.isfinite(t)]
    if not times:
        return []
    top, want = max(times), _wanted(case)
    if want is None:
        return []
    factor = _factor(case, top, want)
    if factor is None:
        return []
    said = (
        f"The network is told up to {level(top)}; {case.model.name} reads timesteps from 0 to "
        f"{want:g}, so every level is taken for another."
    )
    told = tuple(t * factor for t in case.timesteps)
    label = f"Multiply by {factor:g}" if factor > 1 else f"Divide by {1 / factor:g}"
    return [Fault("timestep_scale_wrong", 0, said, Mend(label, case.sigmas, told))]


def _wanted(case: Case) -> float | None:
    if case.model.flow:
        return case.model.scale
    if case.model.table is not None:
        return float(case.model.steps - 1)
    return None


def _factor(case: Case, top: float, want: float) -> float | None:
    """What the timesteps would have to be multiplied by; None where they are right.

    A scheduler of diffusers counts to 1000 for every model: the pipeline divides later.
    """
    if case.model.flow and want <= 1:
        return want / 1000 if top > 2 and not case.config else None
    if case.model.flow:
        first = max(case.above, default=0.0)
        return want if top <= 1.0005 and first > 0.01 else None
    many = len(case.timesteps) > 1 and any(0 < t < 1 for t in case.timesteps)
    first = case.above[0] if case.above else math.inf
    table = case.model.table
    agrees = table is not None and bool(abs(float(table.timestep(first)) - top) < 2)
    return want + 1 if top <= 1.0005 and many and not agrees else None
