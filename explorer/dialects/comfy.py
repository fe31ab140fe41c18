"""ComfyUI: its models, schedulers, samplers' crops and nodes, by the tool's own words.

    model(family or description, (node, inputs), …)   a loader and its ModelSampling… nodes
    schedule(model, "karras", 20)                     a scheduler's list
    ksampler(model, "euler", "karras", 20, 0.5)       what reaches the sampler
    ksampler_advanced(…, start, end, leftover)        the same of KSampler (Advanced)
    node("SplitSigmas", inputs, model)                the lists that a node gives

ComfyUI 0.3.64; sigma is the tool's own number, t in 0…1 of a flow model.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import UserError
from . import comfy_schedules
from .asked import count, given, number, numbers, plain
from .comfy_cuts import CHANGES
from .comfy_inputs import longer, word
from .comfy_models import Sampling
from .comfy_nodes import NODES, flux2_mu
from .comfy_patches import PATCHES, described
from .families import FAMILIES, Family
from .refused import Refused

SCHEDULERS = tuple(comfy_schedules.SCHEDULES)
# These go on from the next-to-last level to 0 in a step of their own, so the tool leaves it out.
DISCARD = frozenset({"dpm_2", "dpm_2_ancestral", "uni_pc", "uni_pc_bh2"})
FULL = 0.9999  # a denoise above is 1


def model(said: str | Mapping | Family, *patches: tuple[str, Mapping], models=None) -> Sampling:
    """The levels of a model.

    said: a family or its name, a description ("class", …), or a name in `models`.
    patches: (class of a ModelSampling… node, its inputs), in the order in which they are met.
    Raises UserError.
    """
    description = _description(said, models)
    for kind, inputs in patches:
        description = patched(description, kind, inputs)
    return described(description)


def patched(description: Mapping, kind: str, inputs: Mapping) -> dict:
    """What a ModelSampling… node makes of a model's description.  Raises UserError."""
    return PATCHES[word(kind, "A node that changes a model", PATCHES)](description, inputs)


def _description(said: Any, models: Mapping | None) -> Mapping:
    if isinstance(said, Family):
        return said.model()
    if isinstance(said, Mapping):
        return said
    known = _known(models)
    if not isinstance(said, str) or said not in known:
        raise UserError(f"Unknown model {str(said)[:60]!r}. Known: {', '.join(known)}.")
    found = known[said]
    return found.model() if isinstance(found, Family) else found


def _known(models: Mapping | None) -> Mapping:
    """Models by name: the given ones, alone or in the records' header; else the families."""
    if models is None:
        return FAMILIES
    inner = models.get("comfyui_models", models)
    return inner if isinstance(inner, Mapping) else {}


def schedule(model: Sampling, scheduler: str, steps: int) -> list[float]:
    """A scheduler's list, from noise to the final 0.  Raises UserError."""
    return comfy_schedules.schedule(model, scheduler, steps)


Make = Callable[[Sampling, str, int], list[float]]  # as `schedule`


def ksampler(
    model: Sampling,
    sampler: str,
    scheduler: str,
    steps: int,
    denoise: float = 1.0,
    make: Make = schedule,
) -> list[float]:
    """What KSampler hands to its sampler; nothing at denoise 0.

    denoise < 1 makes int(steps/denoise) steps and keeps the last `steps`.
    make: who knows the scheduler's name, where a pack adds some.  Raises UserError.
    """
    steps = count(steps, "steps", 1, 10_000)
    part = number(denoise, "denoise")
    if part > FULL:
        return _for_sampler(model, sampler, scheduler, steps, make)
    if part <= 0:
        return []
    return _for_sampler(model, sampler, scheduler, longer(steps, part), make)[-(steps + 1) :]


def _for_sampler(
    model: Sampling, sampler: str, scheduler: str, steps: int, make: Make
) -> list[float]:
    if not isinstance(sampler, str) or len(sampler) > 60:
        raise UserError("A sampler is a word such as euler.")
    if sampler not in DISCARD:
        return make(model, scheduler, steps)
    made = make(model, scheduler, steps + 1)
    return [*made[:-2], *made[-1:]]


def ksampler_advanced(
    model: Sampling,
    sampler: str,
    scheduler: str,
    steps: int,
    start_at_step: int = 0,
    end_at_step: int = 10_000,
    leftover: bool = False,
    make: Make = schedule,
) -> list[float]:
    """What KSampler (Advanced) hands to its sampler; nothing where no step is left.

    leftover: "return with leftover noise"; without, a list that is cut short still ends in 0.
    """
    sigmas = ksampler(model, sampler, scheduler, steps, make=make)
    start, end = (
        count(v, k) for v, k in ((start_at_step, "start_at_step"), (end_at_step, "end_at_step"))
    )
    if end < len(sigmas) - 1:
        sigmas = sigmas[: end + 1]
        if not leftover:
            sigmas[-1] = 0.0
    return sigmas[start:] if start < len(sigmas) - 1 else []


def node(kind: str, inputs: Mapping, model: Sampling | None = None) -> tuple[list[float], ...]:
    """The lists that a node gives, one for each output, by its class and inputs.

    inputs: the node's widgets by name; "sigmas" is the list that is wired in, "latent_fhw" the
    latent's frames, height and width.  Raises UserError; `refused.Refused` where the tool raises.
    """
    return NODES[word(kind, "A node that gives sigmas", NODES)](inputs, model)


def run(group: str, inputs: Mapping, models: Mapping | None = None) -> dict:
    """A record's answer; see `dialects.run`.  Raises UserError."""
    asked = model(inputs["model"], models=models) if inputs.get("model") is not None else None
    try:
        if group.startswith("comfyui.node."):
            return _node_record(group.removeprefix("comfyui.node."), inputs, asked)
        word(group, "group", [*_GROUPS, "comfyui.node.…"])
        if asked is None:
            raise UserError(f"{group} needs a model.")
        return _GROUPS[group](asked, inputs)
    except Refused as error:
        return {"error": error.name}


def _node_record(kind: str, inputs: Mapping, asked: Sampling | None) -> dict:
    """A node's list, the second where `output` says so; one to change comes from `scheduler`."""
    inner = dict(inputs)
    if kind in CHANGES and "scheduler" in inputs and asked is not None:
        steps = given(inputs, "steps")
        inner["sigmas"] = schedule(asked, given(inputs, "scheduler"), steps)
        inner["steps"] = inputs.get("extend_steps", 2)
    made = node(kind, inner, asked)
    for _ in range(count(inputs.get("times", 1), "times", 1, 100) - 1):
        made = node(kind, {**inner, "sigmas": made[0]}, asked)
    output = inputs.get("output")
    sigmas = made[1] if output == "low_sigmas" and len(made) > 1 else made[0]
    told: dict[str, Any] = {"sigmas": sigmas}
    if kind == "Flux2Scheduler":
        told["mu"] = flux2_mu(
            inputs.get("width", 1024), inputs.get("height", 1024), len(sigmas) - 1
        )
    return told


def _scheduler(asked: Sampling, inputs: Mapping) -> dict:
    return {"sigmas": schedule(asked, given(inputs, "scheduler"), given(inputs, "steps"))}


def _ksampler(asked: Sampling, inputs: Mapping) -> dict:
    words = inputs.get("sampler", "euler"), given(inputs, "scheduler"), given(inputs, "steps")
    return {"sigmas": ksampler(asked, *words, inputs.get("denoise", 1.0))}


def _advanced(asked: Sampling, inputs: Mapping) -> dict:
    words = inputs.get("sampler", "euler"), given(inputs, "scheduler"), given(inputs, "steps")
    ends = inputs.get("start_at_step", 0), inputs.get("end_at_step", 10_000)
    leftover = inputs.get("return_with_leftover_noise", "disable") == "enable"
    return {"sigmas": ksampler_advanced(asked, *words, *ends, leftover)}


def _model_sampling(asked: Sampling, inputs: Mapping) -> dict:
    """Entries of the table, and conversions, by which of them is asked for."""
    if "index" in inputs:
        last = len(asked.table) - 1
        at = [count(i, "index", 0, last) for i in numbers(inputs["index"], "index")]
        ends = {"sigma_min": asked.low, "sigma_max": asked.high}
        return {"sigmas": plain(asked.table[at]), "table_length": last + 1, **ends}
    if "percent" in inputs:
        return {"sigmas": [asked.percent(p) for p in numbers(inputs["percent"], "percent")]}
    if "timestep" in inputs:
        return {"sigmas": plain(asked.sigma(np.array(numbers(inputs["timestep"], "timestep"))))}
    if "max_denoise" in inputs:
        level = number(inputs.get("sigma", asked.high), "sigma")
        return {"sigmas": [asked.noise(level, bool(inputs["max_denoise"]))]}
    levels = np.array(numbers(given(inputs, "sigma"), "sigma"))
    if not (levels > 0).all():
        raise UserError("A sigma that has a timestep lies above 0.")
    return {"timesteps": plain(asked.timestep(levels))}


_GROUPS = {
    "comfyui.scheduler": _scheduler,
    "comfyui.ksampler_denoise": _ksampler,
    "comfyui.ksampler_discard": _ksampler,
    "comfyui.ksampler_advanced": _advanced,
    "comfyui.model_sampling": _model_sampling,
}
