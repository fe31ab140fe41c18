"""diffusers' schedulers: the lists that a scheduler_config.json makes, without the library.

Each class's own arithmetic, in its own precision and order, so that whole timesteps are the same to
the last one.  `DEFAULTS` names the classes (diffusers 0.42).  Written anew from what they compute.
"""

from collections.abc import Callable, Mapping

import numpy as np

from . import calls, continuous, discrete, euler, flow, multistep
from .code import as_diffusers
from .defaults import DEFAULTS, Config, full
from .refusal import Refused

__all__ = ["DEFAULTS", "SCHEDULERS", "as_diffusers", "config"]

SCHEDULERS: dict[str, Callable[[str, Config, int, Mapping], dict]] = {
    "EulerDiscreteScheduler": euler.euler,
    "EulerAncestralDiscreteScheduler": euler.euler_ancestral,
    "HeunDiscreteScheduler": euler.heun,
    "LMSDiscreteScheduler": euler.lms,
    "KDPM2DiscreteScheduler": euler.kdpm2,
    "KDPM2AncestralDiscreteScheduler": euler.kdpm2,
    "DPMSolverSDEScheduler": euler.sde,
    "DPMSolverMultistepScheduler": multistep.dpm_multistep,
    "DPMSolverSinglestepScheduler": multistep.dpm_singlestep,
    "UniPCMultistepScheduler": multistep.unipc,
    "DEISMultistepScheduler": multistep.without_end,
    "SASolverScheduler": multistep.without_end,
    "DDIMScheduler": discrete.ddim,
    "DDIMInverseScheduler": discrete.inverse,
    "DDPMScheduler": discrete.ddpm,
    "PNDMScheduler": discrete.pndm,
    "LCMScheduler": discrete.distilled,
    "TCDScheduler": discrete.distilled,
    "CogVideoXDDIMScheduler": discrete.ddim,
    "CogVideoXDPMScheduler": discrete.ddim,
    "UnCLIPScheduler": discrete.unclip,
    "EDMEulerScheduler": continuous.edm_euler,
    "EDMDPMSolverMultistepScheduler": continuous.edm_multistep,
    "CosineDPMSolverMultistepScheduler": continuous.edm_multistep,
    "CMStochasticIterativeScheduler": continuous.consistency,
    "SCMScheduler": continuous.scm,
    "IPNDMScheduler": continuous.ipndm,
    "DDPMWuerstchenScheduler": continuous.wuerstchen,
    "ScoreSdeVeScheduler": continuous.score_ve,
    "KarrasVeScheduler": continuous.karras_ve,
    "FlowMatchEulerDiscreteScheduler": flow.euler,
    "FlowMatchLCMScheduler": flow.euler,
    "FlowMatchHeunDiscreteScheduler": flow.heun,
    "FlowMapEulerDiscreteScheduler": flow.flow_map,
    "LTXEulerAncestralRFScheduler": flow.ltx,
    "MiniMaxH3Scheduler": flow.minimax,
}
assert SCHEDULERS.keys() == DEFAULTS.keys()


def config(config: Mapping, n: int, call: Mapping | None = None) -> dict:
    """What a scheduler of this config holds after set_timesteps, in the library's words.

    config: a scheduler_config.json; keys it lacks are as the class has them.
    n: number of steps.  call: other arguments, as in `calls`; None for set_timesteps(n).
    Gives "timesteps" and, by class, "sigmas", "init_noise_sigma", "order", "order_list",
    "sigmas_interpol", "alphas_cumprod_at_timesteps", "final_alpha_cumprod", and the numbers' types;
    {"error": name of the exception} where the library refuses.
    Raises UserError for what is no config or no call.
    """
    name, c = full(config)
    count, given = calls.read(c, n, call)
    try:
        with np.errstate(all="ignore"):
            return SCHEDULERS[name](name, c, count, given)
    except Refused as refused:
        return {"error": refused.name}
    except ArithmeticError as overflow:  # the library's numbers leave the range where ours do
        return {"error": type(overflow).__name__}
