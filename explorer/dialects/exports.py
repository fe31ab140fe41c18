"""A list as another tool takes it: lines that run there and give the same noise levels.

Nine significant digits, all that a float32 holds.  σ is noise over signal; a flow model's tools
count in t = σ/(1 + σ) instead, and ∞ is t = 1, or the σ that each tool writes for it.
"""

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..core.tables import STABLE_DIFFUSION, flow_time
from ..errors import UserError
from .diffusers.code import FLOATS, WHOLE, as_diffusers
from .families import STAND_IN, Family

ENDLESS = {"diffusers": 4096.0, "comfy": STAND_IN}  # what stands for σ = ∞ of a table
TAKE_TIMESTEPS = (*FLOATS, *WHOLE)
EDM = {  # the class of diffusers for a sampling of ComfyUI's
    "ModelSamplingContinuousEDM": "EDMEulerScheduler",
    "ModelSamplingContinuousV": "CosineDPMSolverMultistepScheduler",
}
TAKE_SIGMAS = (  # the classes of diffusers 0.42 whose set_timesteps takes sigmas=
    "EulerDiscreteScheduler",
    "FlowMatchEulerDiscreteScheduler",
    "FlowMatchLCMScheduler",
)


@dataclass(frozen=True)
class Export:
    """text: to copy.  note: what to know of it, in a sentence."""

    text: str
    note: str = ""


def digits(values: Sequence[float]) -> str:
    """Numbers with commas, nine digits each."""
    return ", ".join(repr(float(f"{v:.9g}")) for v in values)


def own(levels: Sequence[float], family: Family, tool: str = "comfy") -> list[float]:
    """σ in the numbers of a family's tools: t of a flow model, else σ with a stand-in for ∞."""
    if family.kind == "flow":
        return [float(flow_time(v)) for v in levels]
    return [ENDLESS[tool] if math.isinf(v) else v for v in levels]


def python(levels: Sequence[float], family: Family) -> Export:
    """A list of Python, σ, and t for a flow model."""
    lines = [f"sigmas = [{_inf(levels)}]  # noise over signal"]
    if family.kind == "flow":
        lines = [f"t = [{digits(own(levels, family))}]  # of x_t = (1 - t) x + t noise", *lines]
    return Export("\n".join(lines) + "\n")


def _inf(levels: Sequence[float]) -> str:
    return digits(levels).replace("inf", 'float("inf")')


def k_diffusion(levels: Sequence[float], family: Family) -> Export:
    """A tensor for the samplers of k-diffusion."""
    text = f"import torch\n\nsigmas = torch.tensor([{digits(own(levels, family))}])\n"
    note = (
        "t of flow matching, as ComfyUI hands it to these samplers; plain k-diffusion expects σ."
        if family.kind == "flow"
        else ""
    )
    return Export(text, note)


def manual_sigmas(levels: Sequence[float], family: Family) -> Export:
    """ComfyUI's ManualSigmas: numbers with commas."""
    return Export(digits(own(levels, family)))


def diffusers(
    levels: Sequence[float],
    family: Family,
    name: str = "",
) -> Export:
    """A scheduler of diffusers with this list.  name: the class that was pasted, "" for none.

    A flow scheduler shifts what it is given, so it is given the list before its shift.  A class
    that takes timesteps alone is given these, and one that takes nothing has its list replaced.
    """
    if family.kind == "flow":
        return _flow(levels, family)
    if family.kind == "edm":
        return _edm(levels, family)
    if name in TAKE_TIMESTEPS and levels and levels[-1] == 0:
        with contextlib.suppress(UserError):  # the levels that it cannot have, Euler can
            text = as_diffusers(_once(levels), {"_class_name": name, **_betas(family)})
            return Export(text, f"{name} takes timesteps.")
    made = _made("EulerDiscreteScheduler", _betas(family))
    numbers = digits(own(levels, family, "diffusers"))
    note = (
        f"{name} takes no sigmas=; EulerDiscreteScheduler runs the same levels."
        if name and name not in TAKE_SIGMAS
        else ""
    )
    if levels and levels[-1] != 0:
        note = (
            f"{note} The list ends above 0, and so do the samples: noise is left in them.".strip()
        )
    return Export(f"{made}scheduler.set_timesteps(sigmas=[{numbers}])\n", note)


def _flow(levels: Sequence[float], family: Family) -> Export:
    """What is given goes through t' = α t/(1 + (α − 1) t), so t/(α − (α − 1) t) is given."""
    alpha = 1.0 if family.mu is not None else family.alpha
    given = [float(flow_time(v / alpha)) for v in levels if v > 0]
    made = _made("FlowMatchEulerDiscreteScheduler", {"shift": alpha})
    note = "Unshifted: the scheduler shifts the list once." if alpha != 1 else ""
    if family.mu is not None:
        note = "shift=1.0 and no dynamic shift: the list is shifted already."
    if levels and levels[-1] > 0:
        note = f"{note} The scheduler adds a final 0, which your list has not.".strip()
    return Export(f"{made}scheduler.set_timesteps(sigmas=[{digits(given)}])\n", note)


def _edm(levels: Sequence[float], family: Family) -> Export:
    """Euler for Stable Video Diffusion's v, else a class whose own list is replaced.

    EDMEulerScheduler's `sigmas` are places on its ramp from 0 to 1 and no levels.
    """
    name = EDM.get(family.sampling, EDM["ModelSamplingContinuousEDM"])
    if name == "EDMEulerScheduler" and family.prediction == "v_prediction":
        name = "EulerDiscreteScheduler"
    ends: dict[str, Any] = {"sigma_min": family.sigma_min, "sigma_max": family.sigma_max}
    if name == "EulerDiscreteScheduler":
        ends |= {"timestep_type": "continuous"}
    else:
        ends |= {"sigma_data": family.sigma_data}
    word = {"prediction_type": "v_prediction"} if family.prediction == "v_prediction" else {}
    try:
        config = {"_class_name": name, **ends, **word}
        return Export(as_diffusers(_once(levels), config))
    except UserError as error:
        return Export(f"sigmas = [{digits(levels)}]\n", str(error))


def _once(levels: Sequence[float]) -> list[float]:
    """Without the second of two equal neighbours, as second-order samplers write them."""
    return [s for i, s in enumerate(levels) if not i or s != levels[i - 1]]


def _betas(family: Family) -> dict[str, Any]:
    name, start, end = family.betas or STABLE_DIFFUSION
    more = (
        {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"} if family.zero_snr else {}
    )
    return {
        "beta_start": start,
        "beta_end": end,
        "beta_schedule": name,
        "prediction_type": family.prediction,
        **more,
    }


def _made(name: str, options: dict[str, Any]) -> str:
    given = ", ".join(f"{k}={v!r}" for k, v in options.items())
    return f"from diffusers import {name}\n\nscheduler = {name}({given})\n"
