"""Runs that are right as diffusers' own schedulers make them, in the words of a run record."""

import warnings
from collections.abc import Iterator
from unittest import mock

import numpy as np

from .clean_runs import FULL, MODELS, SD

LEADING = {"timestep_spacing": "leading", "steps_offset": 1}
SPACINGS = ({"timestep_spacing": "linspace"}, LEADING, {"timestep_spacing": "trailing"})
LISTS = (
    {},
    {"use_karras_sigmas": True},
    {"use_exponential_sigmas": True},
    {"use_beta_sigmas": True},
)
TABLES = {  # class: what of LISTS it takes
    "EulerDiscreteScheduler": LISTS,
    "EulerAncestralDiscreteScheduler": LISTS[:1],
    "HeunDiscreteScheduler": LISTS,
    "KDPM2DiscreteScheduler": LISTS,
    "KDPM2AncestralDiscreteScheduler": LISTS,
    "LMSDiscreteScheduler": LISTS,
    "DPMSolverMultistepScheduler": (*LISTS, {"use_lu_lambdas": True}),
    "DPMSolverSinglestepScheduler": LISTS,
    "DEISMultistepScheduler": LISTS,
    "UniPCMultistepScheduler": LISTS,
    "SASolverScheduler": LISTS,
    "DDIMScheduler": LISTS[:1],
    "DDPMScheduler": LISTS[:1],
    "PNDMScheduler": LISTS[:1],
    "LCMScheduler": LISTS[:1],
    "TCDScheduler": LISTS[:1],
}
STEPS = (2, 4, 7, 25, 50)  # one step of linspace starts at timestep 0, which is a fault


def table_runs() -> Iterator[dict]:
    """Stable Diffusion and its v-prediction kin through every scheduler with a table."""
    for name in ("SD1.5", "SD2.1 768 v", "SDXL v, zero SNR"):
        model = MODELS[name][0]
        for kind, lists in TABLES.items():
            for more in lists:
                for spacing in SPACINGS:
                    yield from _runs(model, kind, more | spacing)


def _runs(model: dict, kind: str, options: dict) -> Iterator[dict]:
    zero = model.get("zero_terminal_snr")
    if zero and (options["timestep_spacing"] == "leading" or kind in NO_ZERO or "DPM2" in kind):
        return
    options = {**SD, "prediction_type": model["prediction"], **options}
    options |= {"rescale_betas_zero_snr": True} if zero else {}
    if kind == "PNDMScheduler":
        options["skip_prk_steps"] = True
    spaced = kind not in ("LCMScheduler", "DPMSolverSinglestepScheduler")
    if not spaced and options.pop("timestep_spacing") != "linspace":
        return
    if options.get("timestep_spacing") != "leading":
        options.pop("steps_offset", None)
    for steps in STEPS:
        if (len(kind) + len(options) + steps) % 5 == 0:  # a fifth: diffusers takes its time
            yield from made(model, kind, options, steps)


NO_ZERO = (
    "DPMSolverSinglestepScheduler",
    "PNDMScheduler",
    "DEISMultistepScheduler",
    "HeunDiscreteScheduler",
    "LMSDiscreteScheduler",
    "SASolverScheduler",
)


def flow_runs() -> Iterator[dict]:
    """Flow models: the scheduler's own call, the pipelines' calls, and the flow side of others."""
    for name in ("SD3 medium", "Wan 2.1 14B", "HunyuanVideo", "FLUX.1 dev 1024x1024", "AuraFlow"):
        model = MODELS[name][0]
        mu, shift = model.get("mu"), model.get("shift", 1.0)
        options = {"shift": shift} if mu is None else {"use_dynamic_shifting": True}
        scale = model["timestep_scale"]
        for steps in STEPS:
            even = np.linspace(1.0, 1 / steps, steps)
            for call in ({"sigmas": even}, {"sigmas": even} if mu else {}):
                more = call | ({"mu": mu} if mu else {})
                kind = "FlowMatchEulerDiscreteScheduler"
                for run in made(model, kind, options, steps, **more):
                    yield _divided(run, scale)
            for more in LISTS[1:]:
                yield from made(model, kind, options | more, steps, **({"mu": mu} if mu else {}))
            if mu is None:
                for kind in ("UniPCMultistepScheduler", "DPMSolverMultistepScheduler"):
                    flow = {"use_flow_sigmas": True, "flow_shift": shift}
                    flow["prediction_type"] = "flow_prediction"
                    yield from made(model, kind, flow, steps)


def _divided(run: dict, scale: float) -> dict:
    """As the pipeline tells the network, without the scheduler's config."""
    run = {key: run[key] for key in run if key != "scheduler_config"} | {"sampler": "euler"}
    return run | {"timesteps": [t / (1000 / scale) for t in run["timesteps"]]}


def made(model: dict, kind: str, options: dict, steps: int, **call) -> Iterator[dict]:
    """The run of a scheduler; nothing where it refuses or makes equal levels."""
    import diffusers
    from diffusers.utils import logging

    logging.set_verbosity_error()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheduler = _quickly(getattr(diffusers, kind), options)
        try:
            if "sigmas" in call and "mu" not in call:
                scheduler.set_timesteps(sigmas=call["sigmas"])
            else:
                scheduler.set_timesteps(steps, **call)
        except (ValueError, RuntimeError, IndexError):
            return
    run = {
        "model": model,
        "goal": FULL,
        "sampler": kind,
        "steps": steps,
        "scheduler_config": {**options, "num_train_timesteps": 1000, "_class_name": kind},
        "timesteps": [float(t) for t in scheduler.timesteps],
    }
    if len(getattr(scheduler, "sigmas", ())) and "PNDM" not in kind:
        run["sigmas"] = [float(s) for s in scheduler.sigmas]
    yield run


def _quickly(kind: type, options: dict):
    """A scheduler as it is made, but for the list of all its training steps, which some make first,
    KDPM2 in a quarter of a second: of two steps instead, which the call that follows replaces.
    """
    few = lambda scheduler, *_: real(scheduler, 2)
    real = kind.set_timesteps  # type: ignore[attr-defined]
    with mock.patch.object(kind, "set_timesteps", few):
        return kind(**options)
