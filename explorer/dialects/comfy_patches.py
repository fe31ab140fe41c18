"""ComfyUI's ModelSampling… nodes: what each makes of a model, and a model from its description.

A description is a dict in the words of ComfyUI's classes: "class", "prediction" and the class's
own settings (beta_schedule, linear_start, linear_end, zsnr, shift, multiplier, sigma_min, …).
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from ..core import tables
from ..errors import UserError
from .asked import count, number
from .comfy_inputs import word
from .comfy_models import (
    Cascade,
    Continuous,
    ContinuousV,
    CosmosFlow,
    Discrete,
    Distilled,
    Flow,
    Flux,
    Sampling,
)
from .comfy_nodes import latent_tokens, tokens_shift

Said = Mapping[str, Any]
PREDICTIONS = ("EPS", "V_PREDICTION", "CONST", "EDM", "LCM", "COSMOS_RFLOW", "X0", "IMG_TO_IMG")
_BETAS = ("linear", "sqrt_linear", "sqrt", "cosine", "squaredcos_cap_v2")


def _above_zero(said: Said, name: str, default: float) -> float:
    value = number(said.get(name, default), name)
    if not 0 < value <= 1e6:
        raise UserError(f"{name} must be above 0 and at most 1,000,000; got {value:g}.")
    return value


def _discrete(said: Said) -> dict:
    name = word(said.get("beta_schedule", "linear"), "beta_schedule", _BETAS)
    start, end = (number(said.get(k, d), k) for k, d in _ENDS)
    steps = count(said.get("timesteps", 1000), "timesteps", 2)
    return {"betas": (name, start, end), "steps": steps, "zero_snr": bool(said.get("zsnr", False))}


_ENDS = (("linear_start", 0.00085), ("linear_end", 0.012))


def _distilled(said: Said) -> dict:
    more = _discrete(said)
    kept = count(said.get("original_timesteps", 50), "original_timesteps", 1, more["steps"])
    return {**more, "kept": kept}


def _flow(said: Said) -> dict:
    return {
        "shift": _above_zero(said, "shift", 1.0),
        "multiplier": _above_zero(said, "multiplier", 1000.0),
    }


def _flux(said: Said) -> dict:
    if "width" in said and "height" in said:
        return {"shift": picture_shift(said)}
    mu = number(said.get("shift", 1.15), "shift")
    tables.alpha_of(mu)  # refuses what is out of reach
    return {"shift": mu}


def picture_shift(said: Said) -> float:
    """μ of ModelSamplingFlux: base_shift at 256 tokens of 16 × 16 pixels, max_shift at 4096."""
    width, height = (count(said.get(k, 1024), k, 16, 65_536) for k in ("width", "height"))
    base, most = (number(said.get(k, d), k) for k, d in (("base_shift", 0.5), ("max_shift", 1.15)))
    return tables.mu_of(width * height / 256, base_shift=base, max_shift=most)


def _continuous(low: float, high: float) -> Callable[[Said], dict]:
    def read(said: Said) -> dict:
        ends = _above_zero(said, "sigma_min", low), _above_zero(said, "sigma_max", high)
        return {"sigma_min": ends[0], "sigma_max": ends[1]}

    return read


CLASSES: dict[str, tuple[type[Sampling], Callable[[Said], dict], str]] = {
    "ModelSamplingDiscrete": (Discrete, _discrete, "EPS"),
    "ModelSamplingDiscreteDistilled": (Distilled, _distilled, "LCM"),
    "ModelSamplingDiscreteFlow": (Flow, _flow, "CONST"),
    "ModelSamplingFlux": (Flux, _flux, "CONST"),
    "ModelSamplingContinuousEDM": (Continuous, _continuous(0.002, 120.0), "EDM"),
    "ModelSamplingContinuousV": (ContinuousV, _continuous(0.03, 500.0), "V_PREDICTION"),
    "ModelSamplingCosmosRFlow": (CosmosFlow, _continuous(0.002, 80.0), "COSMOS_RFLOW"),
    "StableCascadeSampling": (
        Cascade,
        lambda said: {"shift": _above_zero(said, "shift", 1.0)},
        "EPS",
    ),
}


def described(said: Said) -> Sampling:
    """The model sampling of a description.  Raises UserError for a class or setting not known."""
    name = word(said.get("class"), "class", CLASSES)
    made, read, usual = CLASSES[name]
    prediction = word(said.get("prediction", usual), "prediction", PREDICTIONS)
    return _kept(made(prediction, **read(said)))


@lru_cache(maxsize=64)
def _kept(model: Sampling) -> Sampling:
    """The first model equal to this one, with the table that it has made already."""
    return model


def _shift_node(default: float, multiplier: float) -> Callable[[Said, Said], dict]:
    def patch(model: Said, inputs: Said) -> dict:
        return {
            "class": "ModelSamplingDiscreteFlow",
            "prediction": "CONST",
            "shift": inputs.get("shift", default),
            "multiplier": multiplier,
        }

    return patch


def _flux_node(model: Said, inputs: Said) -> dict:
    return {"class": "ModelSamplingFlux", "prediction": "CONST", "shift": picture_shift(inputs)}


def _ltxv_node(model: Said, inputs: Said) -> dict:
    base, most = (
        number(inputs.get(k, d), k) for k, d in (("base_shift", 0.95), ("max_shift", 2.05))
    )
    mu = tokens_shift(latent_tokens(inputs), base, most)
    return {"class": "ModelSamplingFlux", "prediction": "CONST", "shift": mu}


def _discrete_node(model: Said, inputs: Said) -> dict:
    words = {
        "eps": "EPS",
        "v_prediction": "V_PREDICTION",
        "lcm": "LCM",
        "x0": "X0",
        "img_to_img": "IMG_TO_IMG",
    }
    sampling = word(inputs.get("sampling", "eps"), "sampling", words)
    kept = ("beta_schedule", "linear_start", "linear_end", "timesteps")  # the model's own table
    own = model.get("class") in ("ModelSamplingDiscrete", "ModelSamplingDiscreteDistilled")
    return {
        "class": "ModelSamplingDiscrete" + ("Distilled" if sampling == "lcm" else ""),
        "prediction": words[sampling],
        "zsnr": bool(inputs.get("zsnr", False)),
        **{k: model[k] for k in kept if own and k in model},
    }


def _edm_node(model: Said, inputs: Said) -> dict:
    words = {
        "v_prediction": "V_PREDICTION",
        "edm": "EDM",
        "edm_playground_v2.5": "EDM",
        "eps": "EPS",
        "cosmos_rflow": "COSMOS_RFLOW",
    }
    sampling = word(inputs.get("sampling", "v_prediction"), "sampling", words)
    cosmos = sampling == "cosmos_rflow"
    return {
        "class": "ModelSamplingCosmosRFlow" if cosmos else "ModelSamplingContinuousEDM",
        "prediction": words[sampling],
        "sigma_min": inputs.get("sigma_min", 0.002),
        "sigma_max": inputs.get("sigma_max", 120.0),
        "sigma_data": 0.5 if words[sampling] == "EDM" else 1.0,
    }


def _v_node(model: Said, inputs: Said) -> dict:
    return {
        "class": "ModelSamplingContinuousV",
        "prediction": "V_PREDICTION",
        "sigma_min": inputs.get("sigma_min", 0.03),
        "sigma_max": inputs.get("sigma_max", 500.0),
    }


def _cascade_node(model: Said, inputs: Said) -> dict:
    shift = inputs.get("shift", 2.0)
    return {"class": "StableCascadeSampling", "prediction": "EPS", "shift": shift}


PATCHES: dict[str, Callable[[Said, Said], dict]] = {
    "ModelSamplingDiscrete": _discrete_node,
    "ModelSamplingSD3": _shift_node(3.0, 1000.0),
    "ModelSamplingAuraFlow": _shift_node(1.73, 1.0),
    "ModelSamplingFlux": _flux_node,
    "ModelSamplingLTXV": _ltxv_node,
    "ModelSamplingContinuousEDM": _edm_node,
    "ModelSamplingContinuousV": _v_node,
    "ModelSamplingStableCascade": _cascade_node,
}
