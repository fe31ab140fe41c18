"""The settings of each scheduler class and what they are where a file does not say.

diffusers 0.42.  Only those that change a list, a refusal or what the network predicts; a key that a
class does not know is ignored by the library and here, but σ_min and σ_max are read wherever they
stand (the library's conversions look for them in every config).
"""

from collections.abc import Mapping
from math import inf
from typing import Any

from ...errors import UserError
from ..asked import MOST, count, number, numbers

Config = dict[str, Any]

TABLE = {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "trained_betas": None,
    "prediction_type": "epsilon",
    "steps_offset": 0,
}
SPACED = TABLE | {"timestep_spacing": "linspace"}
SMALL = {"beta_start": 0.00085, "beta_end": 0.012}
SHAPED = {"use_karras_sigmas": False, "use_exponential_sigmas": False, "use_beta_sigmas": False}
FLOW = {"use_flow_sigmas": False, "flow_shift": 1.0}
DYNAMIC = {"use_dynamic_shifting": False, "time_shift_type": "exponential"}
ZERO = {"rescale_betas_zero_snr": False}
ENDED = {"final_sigmas_type": "zero"}
CLIPPED = {"lambda_min_clipped": -inf}
DISCRETE = TABLE | {"timestep_spacing": "leading"}
SCALED = DISCRETE | SMALL | ZERO | {"beta_schedule": "scaled_linear", "set_alpha_to_one": True}
DISTILLED = SCALED | {"original_inference_steps": 50}
COGVIDEO = SCALED | {"snr_shift_scale": 3.0}
SECOND = SPACED | SMALL | SHAPED
DPM = {"solver_order": 2, "algorithm_type": "dpmsolver++", "solver_type": "midpoint"}
EDM = {
    "sigma_min": 0.002,
    "sigma_max": 80.0,
    "sigma_data": 0.5,
    "sigma_schedule": "karras",
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    "rho": 7.0,
    "final_sigmas_type": "zero",
}
FLOW_MATCH = {
    "num_train_timesteps": 1000,
    "shift": 1.0,
    "use_dynamic_shifting": False,
    "base_shift": 0.5,
    "max_shift": 1.15,
    "base_image_seq_len": 256,
    "max_image_seq_len": 4096,
    "invert_sigmas": False,
    "shift_terminal": None,
    **SHAPED,
    "time_shift_type": "exponential",
}

DEFAULTS: dict[str, Config] = {
    "EulerDiscreteScheduler": SPACED
    | SHAPED
    | ZERO
    | ENDED
    | {"interpolation_type": "linear", "timestep_type": "discrete"}
    | {"sigma_min": None, "sigma_max": None},
    "EulerAncestralDiscreteScheduler": SPACED | ZERO,
    "HeunDiscreteScheduler": SECOND,
    "LMSDiscreteScheduler": SPACED | SHAPED,
    "KDPM2DiscreteScheduler": SECOND,
    "KDPM2AncestralDiscreteScheduler": SECOND,
    "DPMSolverSDEScheduler": SECOND,
    "DPMSolverMultistepScheduler": SPACED
    | SHAPED
    | FLOW
    | DYNAMIC
    | ZERO
    | ENDED
    | CLIPPED
    | DPM
    | {"use_lu_lambdas": False},
    "DPMSolverSinglestepScheduler": {k: v for k, v in TABLE.items() if k != "steps_offset"}
    | SHAPED
    | FLOW
    | DYNAMIC
    | ENDED
    | CLIPPED
    | DPM
    | {"lower_order_final": False},
    "UniPCMultistepScheduler": SPACED
    | SHAPED
    | FLOW
    | DYNAMIC
    | ZERO
    | ENDED
    | {"sigma_min": None, "sigma_max": None, "shift_terminal": None}
    | {"solver_order": 2, "solver_type": "bh2"},
    "DEISMultistepScheduler": SPACED
    | SHAPED
    | FLOW
    | DYNAMIC
    | {"solver_order": 2, "algorithm_type": "deis", "solver_type": "logrho"},
    "SASolverScheduler": SPACED | SHAPED | FLOW | CLIPPED | {"algorithm_type": "data_prediction"},
    "DDIMScheduler": DISCRETE | ZERO | {"set_alpha_to_one": True},
    "DDIMInverseScheduler": DISCRETE | ZERO | {"set_alpha_to_one": True},
    "DDPMScheduler": DISCRETE | ZERO,
    "PNDMScheduler": DISCRETE | {"set_alpha_to_one": False, "skip_prk_steps": False},
    "LCMScheduler": DISTILLED,
    "TCDScheduler": DISTILLED,
    "CogVideoXDDIMScheduler": COGVIDEO,
    "CogVideoXDPMScheduler": COGVIDEO,
    "EDMEulerScheduler": EDM,
    "EDMDPMSolverMultistepScheduler": EDM | DPM,
    "CosineDPMSolverMultistepScheduler": EDM
    | {"sigma_min": 0.3, "sigma_max": 500, "sigma_data": 1.0, "sigma_schedule": "exponential"}
    | {"prediction_type": "v_prediction", "solver_order": 2, "solver_type": "midpoint"},
    "FlowMatchEulerDiscreteScheduler": FLOW_MATCH | {"stochastic_sampling": False},
    "FlowMatchLCMScheduler": FLOW_MATCH,
    "FlowMatchHeunDiscreteScheduler": {"num_train_timesteps": 1000, "shift": 1.0},
    "FlowMapEulerDiscreteScheduler": {"num_train_timesteps": 1000, "shift": 1.0},
    "LTXEulerAncestralRFScheduler": {"num_train_timesteps": 1000},
    "MiniMaxH3Scheduler": {"shift": 12.0},
    "SCMScheduler": {
        "num_train_timesteps": 1000,
        "prediction_type": "trigflow",
        "sigma_data": 0.5,
    },
    "IPNDMScheduler": {"num_train_timesteps": 1000, "trained_betas": None},
    "CMStochasticIterativeScheduler": {
        "num_train_timesteps": 40,
        "sigma_min": 0.002,
        "sigma_max": 80.0,
        "sigma_data": 0.5,
        "rho": 7.0,
    },
    "UnCLIPScheduler": {
        "num_train_timesteps": 1000,
        "prediction_type": "epsilon",
        "beta_schedule": "squaredcos_cap_v2",
    },
    "DDPMWuerstchenScheduler": {"scaler": 1.0, "s": 0.008},
    "ScoreSdeVeScheduler": {
        "num_train_timesteps": 2000,
        "sigma_min": 0.01,
        "sigma_max": 1348.0,
        "sampling_eps": 1e-5,
    },
    "KarrasVeScheduler": {"sigma_min": 0.02, "sigma_max": 100},
}

WORDS = {  # settings that are a word; any other setting is a number, and one of FLAGS yes or no
    "beta_schedule",
    "prediction_type",
    "timestep_spacing",
    "final_sigmas_type",
    "interpolation_type",
    "timestep_type",
    "time_shift_type",
    "algorithm_type",
    "solver_type",
    "sigma_schedule",
}
FLAGS = {key for cls in DEFAULTS.values() for key, value in cls.items() if isinstance(value, bool)}
COUNTS = {"num_train_timesteps", "original_inference_steps"}
WHOLE = {"steps_offset", "solver_order"}


def full(config: Mapping) -> tuple[str, Config]:
    """The class a config is for and its settings, each given or as the class has it.

    Raises UserError for what is no config of a class known here, or no value a setting can have.
    """
    if not isinstance(config, Mapping):
        raise UserError("A scheduler's config is a JSON object with _class_name and its settings.")
    name = config.get("_class_name")
    if not isinstance(name, str) or name not in DEFAULTS:
        known = ", ".join(k.removesuffix("Scheduler") for k in DEFAULTS)
        raise UserError(f"_class_name = {str(name)[:60]!r} is no scheduler known here: {known}.")
    usual = DEFAULTS[name]
    keys = [*usual, *(k for k in ("sigma_min", "sigma_max") if k not in usual and k in config)]
    if name == "LTXEulerAncestralRFScheduler":  # hands its whole config to flow matching's Euler
        keys += [k for k in FLOW_MATCH if k in config and k not in usual]
    return name, {k: _value(k, config[k], usual.get(k)) if k in config else usual[k] for k in keys}


def _value(key: str, value: Any, usual: Any) -> Any:
    if key in FLAGS:
        if value is not None and not isinstance(value, bool):
            raise UserError(f"{key} = {str(value)[:40]!r} must be true or false.")
        return value
    if key in WORDS:
        if not isinstance(value, str) or len(value) > 100:
            raise UserError(f"{key} = {str(value)[:40]!r} must be a word.")
        return value
    if value is None and usual is None:
        return None
    if key == "trained_betas":
        return numbers(value, key)
    if key in COUNTS:
        return count(value, key, 1)
    if key in WHOLE:
        return count(value, key, -MOST)
    found = number(value, key, infinite=key == "lambda_min_clipped")
    if key in ("beta_start", "beta_end") and not 0 <= found <= 1:
        raise UserError(f"{key} = {found:g} must lie from 0 to 1.")
    if key in ("sigma_min", "sigma_max", "sigma_data", "scaler") and found < 0:
        raise UserError(f"{key} = {found:g} must be at least 0.")
    return found
