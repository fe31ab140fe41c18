"""The list that a tool would make for this model: what a run is held against, and its mend."""

import itertools
import json
import math
from collections.abc import Sequence
from functools import lru_cache

from ...errors import UserError
from ..comfy_models import COMFY_BETAS
from .case import About, Case, endless

COMFY = {"discrete": "ModelSamplingDiscrete", "cosine": "StableCascadeSampling"}
NAMES = (
    "simple",
    "normal",
    "sgm_uniform",
    "karras",
    "exponential",
    "ddim_uniform",
    "beta",
    "linear_quadratic",
    "kl_optimal",
)
ALSO = {
    "uniform": "normal",
    "automatic": "normal",
    "ddim": "ddim_uniform",
    "sgmuniform": "sgm_uniform",
}
OTHERS = {"bong_tangent": "RES4LYF", "beta57": "RES4LYF"}
LOWEST = 0.003  # of flow lists, whose table has no lowest level in a record
MOST = 2000  # steps; longer lists are not made to compare


def named(case: Case) -> str:
    """The scheduler's name as ComfyUI writes it, "" where it is none that can be made."""
    name = ALSO.get(case.scheduler, case.scheduler)
    return name if name in NAMES or name in OTHERS else ""


def made(about: About, name: str, steps: int) -> tuple[float, ...] | None:
    """ComfyUI's list of this name with its final 0, in the tool's numbers; None where it has none.

    A list for zero terminal SNR starts at ComfyUI's stand-in for infinity, 4518.76.
    """
    model = _model(about)
    if model is None or not 1 <= steps <= MOST:
        return None
    return _made(json.dumps(model, sort_keys=True), name, steps)


@lru_cache(maxsize=512)
def _made(model: str, name: str, steps: int) -> tuple[float, ...] | None:
    from .. import run

    tool = OTHERS.get(name, "ComfyUI")
    group = "comfyui.scheduler" if tool == "ComfyUI" else "res4lyf.scheduler"
    asked = {"model": "asked", "scheduler": name, "steps": steps}
    try:
        found = run(tool, group, asked, {"comfyui_models": {"asked": json.loads(model)}})
    except UserError:
        return None
    sigmas = found.get("sigmas")
    return tuple(map(float, sigmas)) if sigmas else None


def _model(about: About) -> dict | None:
    """The model in the words of ComfyUI's model samplings."""
    if about.flow:
        if about.by_mu and about.alpha:
            return {
                "class": "ModelSamplingFlux",
                "prediction": "CONST",
                "shift": math.log(about.alpha),
            }
        return {
            "class": "ModelSamplingDiscreteFlow",
            "prediction": "CONST",
            "shift": about.alpha or 1.0,
            "multiplier": 1000,
        }
    if about.kind == "cosine":
        return {"class": COMFY["cosine"], "prediction": "EPS", "shift": about.shift or 1.0}
    if about.kind == "discrete" and about.betas:
        name, start, end = about.betas
        return {
            "class": COMFY["discrete"],
            "prediction": "V_PREDICTION" if about.prediction == "v_prediction" else "EPS",
            "beta_schedule": COMFY_BETAS.get(name, name),
            "linear_start": start,
            "linear_end": end,
            "timesteps": about.steps,
            "zsnr": about.zero_snr,
        }
    if about.low and about.high and 0 < about.low < about.high < math.inf:
        return {
            "class": "ModelSamplingContinuousEDM",
            "prediction": "EDM",
            "sigma_min": about.low,
            "sigma_max": about.high,
            "sigma_data": about.sigma_data,
        }
    return None


def same(a: Sequence[float], b: Sequence[float] | None, flow: bool = False) -> bool:
    """Are two lists one, up to the rounding of other tools' arithmetic?

    0.2 % of σ (half precision keeps 0.05 %), 0.0004 of a time of flow matching.
    """
    if b is None or len(a) != len(b):
        return False
    if flow:
        return all(abs(p - q) <= 4e-4 for p, q in zip(a, b, strict=True))
    return all(
        abs(p - q) <= 2e-3 * max(abs(p), abs(q)) or endless(p) and endless(q)
        for p, q in zip(a, b, strict=True)
    )


def whole(case: Case, about: About | None = None) -> tuple[float, ...]:
    """A full run of as many steps for this model: by the scheduler's name, else the plainest."""
    about = about or case.model
    steps = case.steps or max(len(case.above), 1)
    usual = "simple" if about.flow else "normal" if about.betas else "karras"
    for name in (named(case), usual):
        found = made(about, name, steps) if name and name != "bong_tangent" else None
        if found and _falls(found):
            return found
    return ()


def stretched(case: Case) -> tuple[float, ...]:
    """The run's own list with ln σ stretched onto the model's range; () where it has none."""
    above, low, high = case.above, case.model.low, case.model.high
    if low is None or high is None or low <= 0 or not 0 < high < math.inf:
        return ()
    if not len(above) or not all(s > 0 for s in above):
        return ()
    if len(above) == 1:
        return (high, 0.0)
    a, b = math.log(above[0]), math.log(above[-1])
    top, end = math.log(high), math.log(low)
    if case.goal not in ("full", ""):
        top = min(a, top)
    if a <= b or top <= end:
        return ()
    part = [(math.log(s) - b) / (a - b) for s in above]
    inside = [math.exp(end + p * (top - end)) for p in part]
    return (math.exp(top), *inside[1:-1], low, 0.0)


def _falls(sigmas: Sequence[float]) -> bool:
    return all(a > b for a, b in itertools.pairwise(sigmas))


def told_at(about: About, sigma: float, scale: float | None = None) -> float:
    """What the network is told at a level: t times the scale, or its table's timestep."""
    if about.flow:
        return sigma * (scale or about.scale or 1000.0)
    if about.table is None:
        return 0.25 * math.log(sigma)
    return float(about.table.timestep(math.inf if endless(sigma) else sigma))


def trailing(about: About, steps: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Timesteps that end at the noisiest, evenly, and their σ with a final 0."""
    n = about.steps
    times = tuple(float(round(n - i * n / steps) - 1) for i in range(steps))
    if about.table is None:
        return times, ()
    return times, (*(float(about.table.sigma(t)) for t in times), 0.0)
