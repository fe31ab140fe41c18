"""A1111's samplers and schedules by the names that it writes: labels, keys, aliases, old suffixes.

v1.10.1: modules/sd_schedulers.py, sd_samplers*.py.
"""

from dataclasses import dataclass
from typing import NamedTuple

from ..errors import UserError


class Schedule(NamedTuple):
    """name: A1111's key.  rho: its default, None where it has none."""

    name: str
    label: str
    rho: float | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sampler:
    """schedule: what "Automatic" means, None for the model's own table.

    discards: it drops the next-to-last σ, and asks for one step more before.
    calls: network calls a step; the step to 0 of a two-call sampler takes one.
    timesteps: it runs on whole steps, not on σ, and schedules do not touch it.
    """

    name: str
    schedule: str | None = None
    discards: bool = False
    calls: int = 1
    timesteps: bool = False


SCHEDULES = {
    s.name: s
    for s in (
        Schedule("automatic", "Automatic"),
        Schedule("uniform", "Uniform"),
        Schedule("karras", "Karras", 7.0),
        Schedule("exponential", "Exponential"),
        Schedule("polyexponential", "Polyexponential", 1.0),
        Schedule("sgm_uniform", "SGM Uniform", aliases=("SGMUniform",)),
        Schedule("kl_optimal", "KL Optimal"),
        Schedule("align_your_steps", "Align Your Steps"),
        Schedule("simple", "Simple"),
        Schedule("normal", "Normal"),
        Schedule("ddim", "DDIM"),
        Schedule("beta", "Beta"),
        Schedule("turbo", "Turbo"),  # Forge and reForge
    )
}

SAMPLERS = {  # in A1111's order: the first stands in for a name that it does not know
    s.name: s
    for s in (
        Sampler("DPM++ 2M", "karras"),
        Sampler("DPM++ SDE", "karras", calls=2),
        Sampler("DPM++ 2M SDE", "exponential"),
        Sampler("DPM++ 2M SDE Heun", "exponential"),
        Sampler("DPM++ 2S a", "karras", calls=2),
        Sampler("DPM++ 3M SDE", "exponential", discards=True),
        Sampler("Euler a"),
        Sampler("Euler"),
        Sampler("LMS"),
        Sampler("Heun", calls=2),
        Sampler("DPM2", "karras", discards=True, calls=2),
        Sampler("DPM2 a", "karras", discards=True, calls=2),
        Sampler("DPM fast"),
        Sampler("DPM adaptive"),
        Sampler("Restart", "karras", calls=2),
        Sampler("DDIM", timesteps=True),
        Sampler("DDIM CFG++", timesteps=True),
        Sampler("PLMS", timesteps=True),
        Sampler("UniPC", timesteps=True),
        Sampler("LCM"),
    )
}

FIRST = next(iter(SAMPLERS))
_LABELS = {s.label: s for s in SCHEDULES.values()}


def schedule(name: str | None) -> Schedule:
    """The schedule of this label, key or alias; None is Automatic.  Raises UserError."""
    if name is None:
        return SCHEDULES["automatic"]
    found = SCHEDULES.get(name) or _LABELS.get(name) if isinstance(name, str) else None
    for other in SCHEDULES.values():
        if name in other.aliases:
            found = other
    if found is None:
        raise UserError(f"Unknown schedule {name!r:.60}. Known: {', '.join(_LABELS)}.")
    return found


def sampler(name: str) -> Sampler:
    """The sampler of this name.  Raises UserError."""
    found = SAMPLERS.get(name) if isinstance(name, str) else None
    if found is None:
        raise UserError(f"Unknown sampler {name!r:.60}. Known: {', '.join(SAMPLERS)}.")
    return found


class Chosen(NamedTuple):
    """What A1111 sets from two words of a text; unknown: what it did not know and left out."""

    sampler: str
    schedule: str
    unknown: tuple[str, ...] = ()


def chosen(sampler_name: str | None, schedule_name: str | None) -> Chosen:
    """The sampler and schedule that A1111 sets from "Sampler" and "Schedule type".

    Before 1.9 the schedule stood behind the sampler's name ("DPM++ 2M Karras"): it is taken off.
    A schedule that the sampler has anyway becomes "Automatic".  A name that A1111 does not know
    becomes its first sampler or "Automatic", which `unknown` tells.  A bare alias ("SGMUniform")
    is known as a suffix alone.
    """
    found = SCHEDULES.get(schedule_name or "") or _LABELS.get(schedule_name or "")
    unknown = [] if found or not schedule_name else [schedule_name]
    found = found or SCHEDULES["automatic"]
    name = sampler_name or FIRST
    for each in SCHEDULES.values():
        ends = [e for e in (each.label, each.name, *each.aliases) if name.endswith(" " + e)]
        if ends:
            found, name = each, name[: -len(ends[0]) - 1]
    if name not in SAMPLERS:
        unknown.append(name)
        name = FIRST
    if SAMPLERS[name].schedule == found.name:
        found = SCHEDULES["automatic"]
    return Chosen(name, found.label, tuple(unknown))


def runs_as(sampler_name: str, schedule_name: str) -> str | None:
    """The key of the schedule that runs; None is the model's own table."""
    if schedule_name == "Automatic":
        return SAMPLERS[sampler_name].schedule
    return schedule(schedule_name).name
