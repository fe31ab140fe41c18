"""Timesteps that are one beside the levels they belong to."""

import math

from ..given import number
from ..report import Fault, Mend
from .case import Case
from .words import level

KINDS = ("off_by_one_timesteps",)
NEAR = 0.06  # of a timestep: a tool interpolates σ where we interpolate ln σ


def find(case: Case) -> list[Fault]:
    """Every timestep is 1 above, or 1 below, the table's entry; or its offset is not its own."""
    if case.goal == "inversion":
        return []  # its timesteps may be those that it goes to
    off = _beside(case) or _beyond(case)
    if off:
        times = tuple(t - off for t in case.timesteps)
        word = "higher" if off > 0 else "lower"
        said = (
            f"Every timestep is 1 {word} than the table's entry for its level: "
            f"{case.timesteps[0]:g} stands with σ = {level(max(case.above, default=0))}, "
            f"which is {times[0]:g}."
        )
        if not case.above:
            last = case.model.steps - 1
            said = f"The timesteps run to {max(case.timesteps):g}; the table ends at {last}."
        return [
            Fault("off_by_one_timesteps", 0, said, Mend(f"Take off {off:g}", case.sigmas, times))
        ]
    return _by_offset(case)


def _beside(case: Case) -> int:
    """+1 or −1 where all timesteps lie that far from their levels' own, else 0."""
    above = [s for s in case.above if s >= 0]
    count = min(len(above), len(case.timesteps))
    if not count or len(above) != len(case.above):
        return 0
    pairs = [
        (t, s) for t, s in zip(case.timesteps, above, strict=False) if math.isfinite(s) and s < 4000
    ]
    if case.model.flow and (case.model.scale or 0) > 1 and len(pairs) > 1:
        gaps = [t - (case.model.scale or 1000) * s for t, s in pairs]
    elif case.model.table is not None and len(pairs) > 1:
        own = case.model.table.timestep([s for _, s in pairs])
        gaps = [t - float(k) for (t, _), k in zip(pairs, own, strict=True)]
    else:
        return 0
    return next((c for c in (1, -1) if all(abs(g - c) < NEAR for g in gaps)), 0)


def _beyond(case: Case) -> int:
    """1 where timesteps alone run to the table's length, which is no entry."""
    times, table = case.timesteps, case.model.table
    return 1 if table and times and not case.above and max(times) == case.model.steps else 0


def _by_offset(case: Case) -> list[Fault]:
    """Leading spacing adds steps_offset to every timestep; Stable Diffusion's own is 1."""
    about = case.told.get("model")
    wanted = number(case.told.get("expected_steps_offset"))
    if wanted is None and isinstance(about, dict):
        wanted = number(about.get("steps_offset"))
    given = number(case.config.get("steps_offset")) or 0.0
    if wanted is None or not case.config or not case.timesteps or wanted == given:
        return []
    off = given - wanted
    times = tuple(t - off for t in case.timesteps)
    said = (
        f"steps_offset is {given:g} where {case.model.name} wants {wanted:g}: every timestep is "
        f"{abs(off):g} too {'low' if off < 0 else 'high'}, the last {case.timesteps[-1]:g} instead "
        f"of {times[-1]:g}."
    )
    table = case.model.table
    sigmas = case.sigmas
    if table is not None and sigmas and len(sigmas) == len(times) + 1:
        sigmas = (*(float(s) for s in table.sigma(times)), sigmas[-1])
    return [Fault("off_by_one_timesteps", 0, said, Mend(f"Use offset {wanted:g}", sigmas, times))]
