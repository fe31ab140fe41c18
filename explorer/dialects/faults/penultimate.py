"""The second-to-last level, which some samplers of ComfyUI and A1111 leave out and others keep."""

import re

from ..report import Fault, Mend
from .case import Case
from .made import NAMES, made, named, same
from .words import level

KINDS = ("penultimate_dropped", "penultimate_added")
# comfy/samplers.py DISCARD_PENULTIMATE_SIGMA_SAMPLERS; A1111's discard_next_to_last_sigma
DROPPING = {"dpm_2", "dpm_2_ancestral", "uni_pc", "uni_pc_bh2", "dpm2", "dpm2 a", "dpm++ 3m sde"}


def drops(case: Case) -> bool:
    """Does the sampler leave the second-to-last level out by design?"""
    return re.sub(r" (karras|exponential)$", "", case.sampler.lower()) in DROPPING


def find(case: Case) -> list[Fault]:
    """One level fewer, or more, than so many steps of this schedule have."""
    sigmas, steps = case.sigmas, case.steps
    plain = case.goal == "full" and not case.config and len(sigmas) > 1 and sigmas[-1] == 0
    if not plain or steps is None:
        return []
    return _added(case, steps) if drops(case) else _dropped(case, steps)


def _dropped(case: Case, steps: int) -> list[Fault]:
    sigmas = case.sigmas
    full: tuple[float, ...] = ()
    if len(sigmas) == steps or named(case):
        for name in [named(case)] if named(case) else NAMES:
            found = made(case.model, name, steps)
            if found and len(found) > 2 and same(sigmas, (*found[:-2], 0.0), case.model.flow):
                full = found
                break
    if not full and not (len(sigmas) == steps and _jumps(case)):
        return []
    last = sigmas[-2]
    count = len(sigmas) - 1
    said = (
        f"The second-to-last level is cut, as for dpm_2 and uni_pc, but {case.sampler} keeps it: "
        f"{count} steps instead of {count + 1}, and a last jump from {level(last)} to 0."
    )
    if full:
        said = said.removesuffix(".") + f" past {level(full[-2])}."
    mend = Mend("Put it back", full) if full else None
    return [Fault("penultimate_dropped", len(sigmas) - 1, said, mend)]


def _jumps(case: Case) -> bool:
    """Of a schedule that is not known by its formula: does it end well above the model's least?

    Only where the name is told and is none whose own list may be shorter than asked.
    """
    known = not case.scheduler or named(case) or not case.model.low
    return not known and not case.model.flow and case.sigmas[-2] > 1.3 * (case.model.low or 0)


def _added(case: Case, steps: int) -> list[Fault]:
    sigmas = case.sigmas
    if len(sigmas) != steps + 2 and not named(case):
        return []
    names = [named(case)] if named(case) else NAMES
    lists = [made(case.model, name, steps + 1) for name in names]
    if any(f and same(sigmas, (*f[:-2], 0.0), case.model.flow) for f in lists):
        return []  # the tool's own list is a step longer than asked
    if named(case) and not any(same(sigmas, f, case.model.flow) for f in lists):
        return []
    at = len(sigmas) - 2
    said = (
        f"{case.sampler} runs without the second-to-last level, {level(sigmas[at])}; here it is "
        f"still in, so there are {len(sigmas) - 1} steps instead of {len(sigmas) - 2}."
    )
    mended = (*sigmas[:-2], 0.0)
    return [Fault("penultimate_added", at, said, Mend("Take it out", mended))]
