"""Lists that go from clean to noisy where noise is to be taken away."""

import itertools
import math

from ..report import Fault, Mend
from .case import Case
from .words import level

KINDS = ("wrong_direction",)
RISES_BY_DESIGN = ("restart",)  # samplers that go back up on purpose


def find(case: Case) -> list[Fault]:
    """A rise in σ or in timesteps.  Inversion runs upwards; Mochi counts the other way."""
    if case.goal == "inversion" or "nvers" in case.class_name or case.config.get("invert_sigmas"):
        return []
    if _counts_up(case):
        return []
    for i, stage in enumerate(case.stages):
        if up := _rises(stage.sigmas):
            said = f"Stage {i + 1} rises from {level(up[0])} to {level(up[1])}: it adds noise."
            return [Fault("wrong_direction", None, said)]
    if case.sigmas:
        return _of_sigmas(case)
    times = case.timesteps
    if len(times) > 1 and times[-1] > times[0]:
        said = (
            f"The timesteps go up, from {times[0]:g} to {times[-1]:g}: the run starts at the clean "
            "end and never meets the noise."
        )
        return [Fault("wrong_direction", 0, said, Mend("Turn it round", (), times[::-1]))]
    return []


def _of_sigmas(case: Case) -> list[Fault]:
    up = _rises(case.sigmas)
    if up is None or any(word in case.sampler.lower() for word in RISES_BY_DESIGN):
        return []
    sigmas, times = case.sigmas, case.run.timesteps
    if sigmas[-1] > sigmas[0] and sorted(sigmas) == list(sigmas):
        turned = (*sigmas[::-1], *(() if sigmas[0] == 0 else (0.0,)))
        said = (
            f"The list goes up, from {level(sigmas[0])} to {level(sigmas[-1])}: the run starts at "
            "the clean end and never meets the noise."
        )
        mend = Mend("Turn it round", turned, times[::-1] if times else None)
        return [Fault("wrong_direction", 0, said, mend)]
    i = sigmas.index(up[1], 1)
    i = next(k for k in range(len(sigmas) - 1) if sigmas[k + 1] > sigmas[k])
    said = (
        f"Step {i + 1} goes up, from {level(up[0])} to {level(up[1])}: a sampler that takes noise "
        "away has no such step."
    )
    fallen = tuple(sorted(set(sigmas), reverse=True))
    return [Fault("wrong_direction", i, said, Mend("Put it in order", fallen))]


def _rises(sigmas: tuple[float, ...]) -> tuple[float, float] | None:
    """The first rise, beyond what rounding makes."""
    steps = itertools.pairwise(sigmas)
    return next(
        ((a, b) for a, b in steps if b > a + 1e-6 * abs(a) + 1e-12 and not math.isinf(b)), None
    )


def _counts_up(case: Case) -> bool:
    """Mochi's time runs from 0, noise, to 1, clean; it has no shift of its own."""
    return case.model.flow and "mochi" in case.model.name.lower()
