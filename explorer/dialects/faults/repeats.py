"""Neighbouring steps at one level: evaluations that move nothing."""

from ..report import Fault, Mend
from .case import Case
from .words import level

KINDS = ("duplicate_sigmas",)
TWICE = (
    "heun",
    "kdpm2",
    "dpm_2",
    "dpm2",
    "dpmsolversde",
    "dpm++ sde",
    "dpmpp_sde",
    "2s",
    "restart",
)
PAIRED = ("pndm", "plms", "ddim cfg", *TWICE)  # their timesteps repeat by design


def find(case: Case) -> list[Fault]:
    """Equal neighbours, unless a second-order sampler lists each level twice by design."""
    for i, stage in enumerate(case.stages):
        if at := _equal(stage.sigmas):
            said = f"Stage {i + 1} has {level(stage.sigmas[at[0]])} twice: that step moves nothing."
            return [Fault("duplicate_sigmas", None, said)]
    who = f"{case.sampler} {case.class_name}".lower()
    sigmas = case.sigmas
    cut = case.ends_low or sigmas[-1:] > (0.0,)  # the last twice, above 0, is noise left over
    at = _equal(sigmas[:-1] if cut else sigmas)
    if at and not (any(w in who for w in TWICE) and _in_pairs(sigmas)):
        zeros = [i for i in at if sigmas[i] == 0]
        label = "The list ends with more than one 0" if zeros else _which(sigmas, at)
        count = "one evaluation that moves" if len(at) == 1 else f"{len(at)} evaluations that move"
        said = f"{label}: {count} nothing."
        return [Fault("duplicate_sigmas", at[0], said, _mend(case))]
    times = case.timesteps
    at = _equal(times)
    if not sigmas and at and not any(w in who for w in PAIRED) and case.model.scale != 1.0:
        said = f"Timestep {times[at[0]]:g} comes twice: {len(at)} evaluations that move nothing."
        kept = tuple(t for i, t in enumerate(times) if i - 1 not in at)
        return [Fault("duplicate_sigmas", at[0], said, Mend("Take them out", (), kept))]
    return []


def _equal(values: tuple[float, ...]) -> list[int]:
    return [i for i in range(len(values) - 1) if values[i] == values[i + 1]]


def _in_pairs(sigmas: tuple[float, ...]) -> bool:
    """σ₀, σ₁, σ₁, σ₂, σ₂, …, as Heun's and two-stage schedulers of diffusers write them."""
    body = sigmas[:-1] if sigmas[-1] == 0 else sigmas
    inside = body[1:] if len(body) % 2 else body[1:-1]
    pairs = list(zip(inside[::2], inside[1::2], strict=False))
    return bool(pairs) and all(a == b for a, b in pairs)


def _which(sigmas: tuple[float, ...], at: list[int]) -> str:
    i = at[0]
    more = f" and {len(at) - 1} more pairs" if len(at) > 2 else " and one more pair" * (len(at) - 1)
    return f"Levels {i + 1} and {i + 2} are both {level(sigmas[i])}{more}"


def _mend(case: Case) -> Mend:
    sigmas, times = case.sigmas, case.run.timesteps
    keep = [i for i, s in enumerate(sigmas) if not i or s != sigmas[i - 1]]
    fits = times is not None and len(times) in (len(sigmas), len(sigmas) - 1)
    kept = tuple(times[i] for i in keep if i < len(times)) if fits and times else None
    return Mend("Take them out", tuple(sigmas[i] for i in keep), kept)
