"""Levels that are no numbers: an arithmetic that broke where the list was made."""

import itertools
import math

from ..report import Fault, Mend
from .case import Case
from .made import whole
from .words import place

KINDS = ("not_a_number",)


def find(case: Case) -> list[Fault]:
    """NaN anywhere; ∞ anywhere but at the start, which pure noise may be."""
    for name, values in (("sigmas", case.sigmas), ("timesteps", case.timesteps)):
        broken = [i for i, v in enumerate(values) if math.isnan(v) or math.isinf(v) and i]
        broken += [0] if values and values[0] == -math.inf else []
        if broken:
            return [Fault("not_a_number", broken[0], _text(case, name, broken), _mend(case, name))]
    for i, stage in enumerate(case.stages):
        if any(not math.isfinite(s) for s in stage.sigmas[1:]) or any(
            map(math.isnan, stage.sigmas)
        ):
            said = f"Stage {i + 1} holds levels that are no numbers; every step from there is lost."
            return [Fault("not_a_number", None, said)]
    return []


def _text(case: Case, name: str, broken: list[int]) -> str:
    values = case.sigmas if name == "sigmas" else case.timesteps
    more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
    said = f"{place(broken[0])} of {len(values)}{more} is no number, so the picture is none either."
    if name == "timesteps":
        said = (
            f"Timestep {broken[0] + 1} of {len(values)}{more} is no number: the network gets none."
        )
    if case.scheduler == "kl_optimal" and len(values) <= 2:
        said += " The schedule divides by the steps minus 1: it needs 2 steps or more."
    elif values[-1:] == (0.0,) and len(broken) == 1:
        said += " Something took ln 0 or divided by 0 while the list was made."
    return said


def _mend(case: Case, name: str) -> Mend | None:
    if name != "sigmas":
        return None
    kept = tuple(
        s for i, s in enumerate(case.sigmas) if math.isfinite(s) or not i and s == math.inf
    )
    remade = (float(case.model.high or 0), 0.0) if len(case.sigmas) <= 2 else whole(case)
    falls = len(kept) > 2 and all(a > b for a, b in itertools.pairwise(kept))
    top = kept and case.model.high and kept[0] >= 0.98 * case.model.high
    if falls and top and case.goal == "full":
        return Mend("Take it out", kept)
    return Mend("Mend it", remade) if len(remade) > 1 and remade[0] > 0 else None
