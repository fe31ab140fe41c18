"""A list in the numbers of another family: times of flow matching as σ, or σ as times."""

import math

from ..report import Fault, Mend
from .case import Case
from .made import told_at, whole
from .words import level

KINDS = ("flow_list_on_eps_model", "eps_list_on_flow_model")
NEAR_ONE = 0.9  # a flow list starts with nearly pure noise; OptimalSteps' first is 0.9968


def find(case: Case) -> list[Fault]:
    """Levels at most 1 where the model is noised far above, or far above 1 where t is at most 1."""
    above = case.above
    if not above or not all(map(math.isfinite, above[1:])):
        return []
    if case.model.flow:
        return _sigma_for_t(case) if max(above) > 1.0005 else []
    high = case.model.high
    looks = NEAR_ONE <= above[0] <= 1.0005 and max(above) <= 1.0005
    if not (looks and high and high > 2 and case.goal in ("full", "")):
        return []
    table, times = case.model.table, case.timesteps
    if table and times and abs(float(table.timestep(above[0])) - times[0]) < 30:
        return []  # the timesteps say the same: a short list, not another family's
    if case.goal == "" and (above[0] != 1 or case.model.kind is None):
        return []
    said = (
        f"The list runs from {level(above[0])} to {level(case.sigmas[-1])}, which are times "
        f"of flow matching; {case.model.name} is noised to {level(high)} and would take this "
        "for a nearly clean picture."
    )
    return [Fault("flow_list_on_eps_model", 0, said, _mend(case))]


def _sigma_for_t(case: Case) -> list[Fault]:
    said = (
        f"The list starts at {level(case.above[0])}; {case.model.name} is a flow model, whose t "
        "lies from 0 to 1."
    )
    at = next(i for i, s in enumerate(case.sigmas) if s > 1.0005)
    return [Fault("eps_list_on_flow_model", at, said, _mend(case))]


def _mend(case: Case) -> Mend | None:
    found = whole(case)
    if not found:
        return None
    times = tuple(told_at(case.model, s) for s in found[:-1]) if case.timesteps else None
    return Mend("Use this model's list", found, times)
