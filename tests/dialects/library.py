"""Random questions to diffusers itself, and its answers in the words of the recorded ones."""

import math
import random
from typing import Any

from explorer.dialects.diffusers import DEFAULTS
from explorer.dialects.diffusers.calls import formula

OPTIONS: dict[str, list] = {
    "num_train_timesteps": [1000] * 8 + [100, 40, 1100, 500, 7],
    "beta_start": [0.00085, 0.0001, 0.002],
    "beta_end": [0.012, 0.02, 0.05],
    "beta_schedule": ["scaled_linear"] * 4
    + ["linear", "squaredcos_cap_v2", "sigmoid", "laplace", "exp"],
    "trained_betas": [None] * 9 + [[0.001 + 1e-5 * i for i in range(1000)]],
    "prediction_type": ["epsilon", "v_prediction", "sample"],
    "timestep_spacing": ["linspace", "leading", "trailing"] * 5 + ["odd"],
    "steps_offset": [0, 1, 1, 5],
    "final_sigmas_type": ["zero", "zero", "sigma_min", "sigma_min"] * 3 + ["odd"],
    "interpolation_type": ["linear"] * 5 + ["log_linear", "cubic"],
    "timestep_type": ["discrete", "discrete", "continuous"],
    "sigma_min": [None, None, 0.002, 0.1],
    "sigma_max": [None, None, 80.0, 700.0, 10],
    "lambda_min_clipped": [-math.inf, -math.inf, -5.1, -3.0, 0.0],
    "algorithm_type": ["dpmsolver++"] * 4 + ["sde-dpmsolver++", "dpmsolver", "deis", "other"],
    "solver_type": ["midpoint", "heun", "bh1", "bh2", "logrho"] * 2 + ["other"],
    "solver_order": [1, 2, 2, 3],
    "flow_shift": [1.0, 3.0, 5.0, 8.0, 2.5],
    "shift": [1.0, 3.0, 1.15, 6.0, 12.0, 0.5],
    "shift_terminal": [None, None, 0.1, 0.02],
    "time_shift_type": ["exponential"] * 4 + ["linear", "odd"],
    "snr_shift_scale": [1.0, 3.0],
    "original_inference_steps": [50, 50, 100, 20, 1500],
    "sigma_schedule": ["karras", "exponential"] * 4 + ["odd"],
    "rho": [7.0, 3.0, 5],
    "sigma_data": [0.5, 1.0],
    "s": [0.008],
    "scaler": [1.0],
    "sampling_eps": [1e-5, 1e-3],
}
OWN: dict[str, dict[str, list]] = {  # other values of these, in one class
    "SASolverScheduler": {"algorithm_type": ["data_prediction"] * 4 + ["noise_prediction", "deis"]},
    "DEISMultistepScheduler": {"algorithm_type": ["deis"] * 3 + ["dpmsolver++", "other"]},
    "UnCLIPScheduler": {"beta_schedule": ["squaredcos_cap_v2"] * 4 + ["linear"]},
    "CMStochasticIterativeScheduler": {"num_train_timesteps": [40, 40, 100]},
}
NUMBERED = {  # whose σ range is always a number
    "EDMEulerScheduler",
    "EDMDPMSolverMultistepScheduler",
    "CosineDPMSolverMultistepScheduler",
    "CMStochasticIterativeScheduler",
    "ScoreSdeVeScheduler",
    "KarrasVeScheduler",
}
COUNTS = [1, 2, 3, 4, 5, 6, 7, 9, 10, 13, 15, 20, 25, 28, 30, 37, 50, 99, 150]
LISTS = ["linspace(1,1/n,n)", "linspace(1,0,n+1)[:-1]", "linspace(1,0.02,n)"]
FLOWS = {"FlowMatchEulerDiscreteScheduler", "FlowMatchLCMScheduler"}
GIVEN_TIMES = {
    "EulerDiscreteScheduler",
    "HeunDiscreteScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "DDPMScheduler",
    "LCMScheduler",
    "TCDScheduler",
}


def question(name: str, dice: random.Random) -> tuple[dict, int, dict]:
    """A config of the class, a number of steps and a call."""
    config: dict[str, Any] = {"_class_name": name}
    for key, usual in DEFAULTS[name].items():
        if isinstance(usual, bool):
            value: Any = dice.random() < (0.12 if "use_" in key else 0.3)
        else:
            choices = OWN.get(name, {}).get(key) or OPTIONS.get(key, [usual])
            value = dice.choice(choices)
            if name in NUMBERED and value is None:
                value = usual
        if dice.random() < 0.85:
            config[key] = value
    return config, dice.choice(COUNTS), call(name, config, dice)


def call(name: str, config: dict, dice: random.Random) -> dict:
    """Arguments that the class may be given, some of them wrong for its config."""
    said: dict[str, Any] = {}
    dynamic = config.get("use_dynamic_shifting")
    if dynamic and dice.random() < 0.9:
        said["mu"] = dice.choice([0.5, 0.8, 1.15, 2.0])
    if name in FLOWS and dice.random() < 0.5:
        said["sigmas"] = dice.choice(LISTS)
    elif name in FLOWS and dice.random() < 0.1:
        said["timesteps"] = "1000*linspace(1,1/n,n)"
        if dice.random() < 0.5:  # as CogView4 does
            said["sigmas"] = "linspace(1,1/n,n)"
    elif (
        name == "UniPCMultistepScheduler" and config.get("use_flow_sigmas") and dice.random() < 0.4
    ):
        said["sigmas"] = dice.choice(LISTS)
    elif name == "EulerDiscreteScheduler" and dice.random() < 0.1:
        said["sigmas"] = [14.6, 7.0, 2.0, 0.5, 0.03, 0.0]
    elif name in GIVEN_TIMES and dice.random() < 0.1:
        said["timesteps"] = dice.choice([[999, 749, 499, 249], [99, 66, 33], [20, 30]])
    elif name == "LTXEulerAncestralRFScheduler" and dice.random() < 0.5:
        said["sigmas"] = "linspace(1,0,n+1)"
    elif name == "MiniMaxH3Scheduler" and dice.random() < 0.3:
        said["sigmas"] = [1.0, 0.7, 0.2, 0.0]
    elif name == "SCMScheduler":
        said["intermediate_timesteps"] = dice.choice([None, None, None, 1.3])
    return said | _more(name, dice)


def _more(name: str, dice: random.Random) -> dict:
    """Arguments of one class alone."""
    said: dict[str, Any] = {}
    if name in ("LCMScheduler", "TCDScheduler") and dice.random() < 0.4:
        said["strength"] = dice.choice([0.3, 0.6, 0.85, 1.0])
    if name in ("LCMScheduler", "TCDScheduler") and dice.random() < 0.3:
        said["original_inference_steps"] = dice.choice([10, 50, 100, 1000, 1200])
    if name == "SCMScheduler" and dice.random() < 0.3:
        said["max_timesteps"] = dice.choice([1.5, 1.0])
    if name == "ScoreSdeVeScheduler" and dice.random() < 0.3:
        said["sampling_eps"] = 0.01
    return said


def answer(config: dict, n: int, said: dict) -> dict:
    """What the library holds after set_timesteps, or {"error": name of what it raised}."""
    import diffusers

    arguments = dict(said)
    for key in ("sigmas", "timesteps"):
        if isinstance(said.get(key), str):
            arguments[key] = formula(said[key], n)
    if config["_class_name"] == "UniPCMultistepScheduler" and "sigmas" in arguments:
        import numpy as np

        arguments["sigmas"] = np.array(arguments["sigmas"])
    if not arguments.keys() & {"sigmas", "timesteps"}:
        arguments["num_inference_steps"] = n
    try:
        scheduler = getattr(diffusers, config["_class_name"]).from_config(config)
        scheduler.set_timesteps(**arguments)
    except Exception as error:  # noqa: BLE001  any is an answer
        return {"error": type(error).__name__}
    return _held(config["_class_name"], scheduler)


def _held(name: str, scheduler) -> dict:
    """The lists and numbers of a scheduler that has its timesteps."""
    told: dict[str, Any] = {"timesteps": scheduler.timesteps.tolist()}
    told["timesteps_dtype"] = str(scheduler.timesteps.dtype).removeprefix("torch.")
    sigmas = scheduler.schedule if hasattr(scheduler, "schedule") else None
    if sigmas is None and name != "ScoreSdeVeScheduler":
        sigmas = getattr(scheduler, "sigmas", None)
    if sigmas is not None:
        told |= {"sigmas": sigmas.tolist(), "sigmas_dtype": str(sigmas.dtype)[6:]}
    for key in ("init_noise_sigma", "final_alpha_cumprod"):
        if hasattr(scheduler, key):
            told[key] = float(getattr(scheduler, key))
    for key in ("order_list", "order"):
        if hasattr(scheduler, key):
            told[key] = getattr(scheduler, key)
    if hasattr(scheduler, "sigmas_interpol"):
        told["sigmas_interpol"] = scheduler.sigmas_interpol.tolist()
    if sigmas is None and hasattr(scheduler, "alphas_cumprod"):
        bar = scheduler.alphas_cumprod
        at = [int(t) for t in told["timesteps"]]
        if all(-len(bar) <= t < len(bar) for t in at):
            told["alphas_cumprod_at_timesteps"] = [float(bar[t]) for t in at]
    return told
