"""What looks odd in a run and is a tool's own way, or rests on its version: notes, never faults."""

import re
from typing import Any

from ..numerals import number
from .report import Run

OLD_RANGE = (10.0, 0.1)  # A1111 before 1.6, and its option use_old_karras_scheduler_sigmas since


def notes_of(run: Run) -> list[str]:
    """A sentence for each oddity of a run."""
    return [said for look in LOOKS if (said := look(run))]


def old_karras(sigmas: tuple[float, ...]) -> bool:
    """Does a list run over the old range of A1111's Karras schedule?"""
    above = [s for s in sigmas if s]
    ends = zip(OLD_RANGE, (above[0], above[-1]), strict=True) if len(above) > 1 else ()
    return bool(above[1:]) and all(abs(a - b) < 2e-3 * a for a, b in ends)


def _old_karras(run: Run) -> str | None:
    if run.frame == "flow" or not old_karras(run.sigmas):
        return None
    return "The list runs from 10 to 0.1, the old range of A1111's Karras schedule (before 1.6)."


def _leading(run: Run) -> str | None:
    config = _part(run, "scheduler_config")
    if config.get("timestep_spacing") != "leading" or not run.timesteps:
        return None
    first, last = max(run.timesteps), _part(run, "model").get("num_train_timesteps", 1000)
    if not isinstance(last, int) or not 0 < first < last - 1.5:
        return None
    return (
        f"Leading spacing starts at timestep {first:g} and not at {last - 1}: the publisher's own "
        "choice where it stands in the model's config."
    )


def _noise_on_flow(run: Run) -> str | None:
    """The noise that is added needs the scale 1 − t as well: ComfyUI PRs 8627, 9542."""
    if run.frame != "flow" or not re.search(r"ancestral|sde|seeds|euler_?a\b", run.sampler or ""):
        return None
    return (
        f"{run.sampler} adds noise, and in a flow model that noise has to shrink with the "
        "picture, by 1 − t. Samplers made for other models leave that out, as ComfyUI's "
        "res_multistep_ancestral did (PR 9542), and grain or blur stays; the list is not to blame."
    )


def _ends_twice(run: Run) -> str | None:
    """diffusers shifts the ends of its range before the list that it shifts: issue 13243."""
    config, sigmas = _part(run, "scheduler_config"), [s for s in run.sigmas if s]
    shift = config.get("shift")
    if config.get("_class_name") != "FlowMatchEulerDiscreteScheduler" or not 3 <= len(sigmas) < 900:
        return None  # more are all of the table, where it is a fault
    if isinstance(shift, bool) or not isinstance(shift, int | float) or not 1.01 < shift < 100:
        return None
    once, last = shift * 1e-3 / (1 + (shift - 1) * 1e-3), sigmas[-1]
    twice = shift * once / (1 + (shift - 1) * once)
    if abs(last / twice - 1) > 0.01:
        return None
    return (
        f"The last level is {number(last)}, the table's least 0.001 shifted twice; once is "
        f"{number(once)}. diffusers does so when no list is passed (issue 13243)."
    )


def _part(run: Run, name: str) -> dict[str, Any]:
    found = (run.facts or {}).get(name)
    return found if isinstance(found, dict) else {}


LOOKS = (_old_karras, _leading, _noise_on_flow, _ends_twice)
