"""A run from noise that does not start at the noisiest timestep where it has to."""

from ..oddities import old_karras
from ..report import Fault, Mend
from .case import Case, endless
from .made import NAMES, named, told_at, trailing, whole
from .words import level

KINDS = ("terminal_timestep_short",)
SLACK = 0.02  # of the table: a tool's rounding of the first timestep


def find(case: Case) -> list[Fault]:
    """Zero terminal SNR and few-step models need the last timestep; others their spacing's first.

    Leading spacing of n steps starts at N − N/n, which a publisher may have chosen: no fault.
    """
    if case.goal not in ("full", "first") or case.model.kind is None:
        return []
    if case.model.flow:
        return _of_flow(case)
    first = _first(case)
    if first is None or old_karras(case.sigmas):
        return []
    last, n = case.model.steps - 1, max(case.steps or 1, len(case.timesteps) // 2, 1)
    if case.model.zero_snr:
        if first > last - 1.5 or case.above and endless(case.above[0]):
            return []  # 998 is a tool's rounding of 999
        why = f"the pure noise at {last} that {case.model.name} was trained on is never run"
    elif case.model.few_step:
        if first >= (1 - SLACK) * last:
            return []
        why = f"a model of few steps has to start at {last}"
    else:
        leading = min((k - 1) * (case.model.steps // k) for k in (n, n + 1))
        at_top = named(case) in NAMES and named(case) != "ddim_uniform"
        least = (1 - SLACK) * last if at_top else leading - SLACK * last
        if first >= least:
            return []
        why = (
            f"no spacing of {n} steps starts so low, and a run from noise has to start near {last}"
        )
    said = f"The run starts at timestep {first:.4g}{_sigma(case)}, and {why}."
    if case.spacing and case.spacing != "trailing":
        said += f" “{case.spacing}” spacing does this; “trailing” starts at {last}."
    return [Fault("terminal_timestep_short", 0, said, _mend(case))]


def _first(case: Case) -> float | None:
    """The first timestep: told, or that of the first level."""
    if case.timesteps and (case.model.table is not None or not case.above):
        return max(case.timesteps[:2])
    if not case.above or case.model.table is None:
        return None
    return told_at(case.model, case.above[0])


def _of_flow(case: Case) -> list[Fault]:
    if not case.above or case.sigmas[0] <= 0:
        return []
    t, alpha = max(case.above), case.model.alpha or 1.0
    n = max(case.steps or 1, len(case.above))
    unshifted = t / (t + alpha * (1 - t))
    if unshifted >= 1 - 1.1 / n - SLACK:
        return []
    said = (
        f"The run starts at t = {level(t)}, and a run from pure noise starts at 1: the part above "
        "is never denoised."
    )
    return [Fault("terminal_timestep_short", 0, said, _mend(case))]


def _sigma(case: Case) -> str:
    return f" (σ = {level(case.above[0])})" if case.above else ""


def _mend(case: Case) -> Mend | None:
    steps = case.steps or max(len(case.timesteps), len(case.above))
    if case.model.table is None or not case.timesteps:
        found = whole(case)
        told = tuple(told_at(case.model, s) for s in found[:-1]) if case.timesteps else None
        return Mend("Start at the top", found, told) if found else None
    times, sigmas = trailing(case.model, steps)
    if sigmas and endless(sigmas[0]):
        sigmas = (4096.0, *sigmas[1:])  # diffusers' number for it
    return Mend("Use trailing", sigmas if case.sigmas else (), times)
