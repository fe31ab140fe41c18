"""A finished run that stops above 0: noise stays in the picture."""

from ..report import Fault, Mend
from .case import Case
from .made import named, same, whole
from .penultimate import drops
from .words import level

KINDS = ("leftover_noise",)


def find(case: Case) -> list[Fault]:
    """The last level of a run that ends with a picture, or of its last stage."""
    if case.stages:
        last = case.stages[-1].sigmas[-1:] or (0.0,)
        if last[0] > 0:
            said = f"The last stage stops at {level(last[0])}: that noise stays in the picture."
            mended = (*case.stages[-1].sigmas, 0.0)
            mend = Mend("Go on to 0", mended, stage=len(case.stages) - 1)
            return [Fault("leftover_noise", None, said, mend)]
        return []
    if not case.sigmas or case.sigmas[-1] <= 0 or case.goal in ("first", "inversion", "stages"):
        return []
    low = case.model.low
    if case.config.get("invert_sigmas") or case.ends_low and low and case.sigmas[-1] < 1.5 * low:
        return []
    end, at = case.sigmas[-1], len(case.sigmas) - 1
    said = f"The list ends at {level(end)}, not at 0: noise of this size stays in the picture."
    if case.config.get("final_sigmas_type") == "sigma_min":
        said += " final_sigmas_type = “zero” ends it."
    elif at and case.sigmas[at - 1] == end:
        said = (
            f"The list ends with {level(end)} twice: the last step moves nothing and leaves noise."
        )
    if case.goal:
        return [Fault("leftover_noise", at, said, _mend(case))]
    return [Fault("leftover_noise", at, said, _mend(case), "know")]  # it may be a first stage


def _mend(case: Case) -> Mend:
    sigmas, times = case.sigmas, case.timesteps
    if len(sigmas) > 1 and (len(times) == len(sigmas) - 1 or sigmas[-2] == sigmas[-1]):
        return Mend("End at 0", (*sigmas[:-1], 0.0), case.run.timesteps)
    full = whole(case) if named(case) else ()
    if len(full) > len(sigmas) and same(sigmas, full[: len(sigmas)], case.model.flow):
        return Mend("Run it to the end", full)  # a first stage, stopped before its time
    if drops(case):
        return Mend("End at 0", (*sigmas[:-1], 0.0), case.run.timesteps)
    return Mend("End at 0", (*sigmas, 0.0), case.run.timesteps)
