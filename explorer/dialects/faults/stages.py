"""Several passes over one picture that do not meet: at another level, or with noise too often."""

import math

from ..report import Fault, Frame, Mend, levels_of
from .case import Case, Stage
from .words import level

KINDS = ("noise_removed_between_stages", "noise_added_twice", "stage_gap")
NEAR = 0.01  # of σ: what rounding between two tools' tables may make


def find(case: Case) -> list[Fault]:
    """Each stage starts where the one before ended, with its noise."""
    found = []
    for i, (before, after) in enumerate(zip(case.stages, case.stages[1:], strict=False)):
        if before.sigmas and after.sigmas:
            found += _between(case, i, before, after)
    return found[:1]


def _between(case: Case, i: int, before: Stage, after: Stage) -> list[Fault]:
    frame: Frame = "flow" if case.model.flow else "ve"
    (end,), (start,) = levels_of(before.sigmas[-1:], frame), levels_of(after.sigmas[:1], frame)
    here, there = level(before.sigmas[-1]), level(after.sigmas[0])
    if end == 0:
        if after.add_noise is not False or start == 0:
            return []  # a second pass that adds its own noise, as hires does
        said = (
            f"Stage {i + 1} runs to 0, and stage {i + 2} starts at {there} without adding noise: "
            "it takes a clean picture for a noisy one."
        )
        mended = (*before.sigmas[:-1], after.sigmas[0])
        return [_fault("noise_removed_between_stages", said, "Leave the noise in", mended, i)]
    if after.add_noise:
        said = (
            f"Stage {i + 1} leaves noise of {here}, and stage {i + 2} adds noise of {there} to it: "
            f"together {level(math.hypot(end, start))} where {there} is expected."
        )
        return [Fault("noise_added_twice", None, said)]
    if abs(end - start) <= NEAR * max(end, start):
        return []
    what = "too much" if end > start else "too little"
    said = (
        f"Stage {i + 1} ends at {here} and stage {i + 2} starts at {there}: it meets {what} noise, "
        f"{level(end / start)} times what it expects."
    )
    mended = (before.sigmas[-1], *(s for s in after.sigmas if s < before.sigmas[-1]))
    return [_fault("stage_gap", said, "Start where the first ends", mended, i + 1)]


def _fault(kind: str, said: str, label: str, sigmas: tuple[float, ...], stage: int) -> Fault:
    return Fault(kind, None, said, Mend(label, sigmas, stage=stage))
