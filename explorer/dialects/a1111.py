"""A1111 webui by its own words: which noise levels or steps its samplers run over.

    groups  a1111.schedule, .options, .sampler, .img2img, .hires, .timesteps, .table
    inputs  model, sampler, schedule, steps, denoising_strength, hires_steps, options (its settings)

As v1.10.1 does it: modules/sd_samplers_kdiffusion.py, sd_samplers_common.py.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..errors import UserError
from . import a1111_names as names
from . import a1111_schedules as schedules
from . import a1111_timesteps as timesteps
from .a1111_table import Table, lcm, table
from .asked import count, given, number, numbers

MODELS: dict[str, dict] = {  # as the records describe them
    "sd15": {"is_sdxl": False, "options": {}},
    "sdxl": {"is_sdxl": True, "options": {}},
    "sdxl_v": {"is_sdxl": True, "param": "v", "options": {}},
    "sd15_ztsnr": {"is_sdxl": False, "options": {"sd_noise_schedule": "Zero Terminal SNR"}},
    "sd15_downcast": {"is_sdxl": False, "options": {"use_downcasted_alpha_bar": True}},
}

SETTINGS: dict[str, Any] = {  # A1111's own names and defaults
    "sigma_min": 0.0,  # 0: the model's
    "sigma_max": 0.0,
    "rho": 0.0,  # 0: the schedule's
    "always_discard_next_to_last_sigma": False,
    "use_old_karras_scheduler_sigmas": False,
    "enable_quantization": False,
    "beta_dist_alpha": 0.6,
    "beta_dist_beta": 0.6,
    "img2img_fix_steps": False,
    "use_downcasted_alpha_bar": False,
    "sd_noise_schedule": "Default",
    "uni_pc_skip_type": "time_uniform",
    # these change no list
    "uni_pc_variant": "bh1",
    "uni_pc_order": 3,
    "uni_pc_lower_order_final": True,
    "sgm_noise_multiplier": False,
}
_NOISES = ("Default", "Zero Terminal SNR")
MOST_STEPS = 10_000


class Settings(NamedTuple):
    """A model with the settings it runs under."""

    xl: bool
    options: dict[str, Any]

    def table(self, sampler: str = "") -> Table:
        """The noise table; LCM has its own."""
        whole = table(
            self.options["sd_noise_schedule"] == "Zero Terminal SNR",
            bool(self.options["use_downcasted_alpha_bar"]),
            bool(self.options["enable_quantization"]),
        )
        return lcm(whole) if sampler == "LCM" else whole


def run(group: str, inputs: Mapping, models: Mapping | None = None) -> dict:
    """What A1111 answers; see `dialects.run`."""
    asked = settings(given(inputs, "model"), inputs.get("options"), models)
    if group == "a1111.table":
        return _entries(asked.table(), given(inputs, "index"))
    if group not in _GROUPS:
        raise UserError(f"A1111 has no {group!r:.60}; known are {', '.join(_GROUPS)}, a1111.table.")
    sampler = names.sampler(given(inputs, "sampler"))
    denoise = inputs.get("denoising_strength")
    if denoise is not None or group in ("a1111.img2img", "a1111.hires"):
        denoise = strength(given(inputs, "denoising_strength"))
    hires = "hires_steps" in inputs or group == "a1111.hires"
    steps = count(given(inputs, "hires_steps" if hires else "steps"), "steps", 1, MOST_STEPS)
    if sampler.timesteps:
        return on_steps(asked, sampler, steps, denoise, hires)
    return on_sigmas(asked, sampler, names.schedule(inputs.get("schedule")), steps, denoise, hires)


_GROUPS = tuple(
    f"a1111.{word}" for word in ("schedule", "options", "sampler", "img2img", "hires", "timesteps")
)


def strength(value: Any) -> float:
    """A denoising strength, 0 to 1.  Raises UserError."""
    found = number(value, "denoising strength")
    if not 0 <= found <= 1:
        raise UserError(f"denoising strength = {found:g} is not between 0 and 1.")
    return found


def settings(model: str, options: Mapping | None = None, models: Mapping | None = None) -> Settings:
    """A model's and the given settings over A1111's defaults.  Raises UserError."""
    known = dict(MODELS)
    if models:
        known |= models.get("a1111_models", models)
    said = known.get(model) if isinstance(model, str) else None
    if not isinstance(said, Mapping):
        raise UserError(f"Unknown model {model!r:.60}. Known: {', '.join(map(str, known))}.")
    chosen = dict(SETTINGS)
    for more in (said.get("options") or {}, options or {}):
        if not isinstance(more, Mapping):
            raise UserError("options is a dict of A1111's settings.")
        for key, value in more.items():
            chosen[key] = _setting(key, value)
    return Settings(bool(said.get("is_sdxl")), chosen)


def _setting(key: str, value: Any) -> Any:
    if key not in SETTINGS:
        raise UserError(f"Unknown setting {key!r:.60}. Known: {', '.join(SETTINGS)}.")
    usual = SETTINGS[key]
    if isinstance(usual, bool):
        if not isinstance(value, bool):
            raise UserError(f"{key} = {value!r:.40} is neither True nor False.")
    elif isinstance(usual, str):
        known = {"sd_noise_schedule": _NOISES, "uni_pc_skip_type": timesteps.SKIPS}.get(key)
        if not isinstance(value, str) or (known and value not in known):
            raise UserError(f"Unknown {key} {value!r:.40}. Known: {', '.join(known or ())}.")
    else:
        value = number(value, key)
        if value < 0 or (key.startswith("beta") and value == 0):
            raise UserError(f"{key} = {value:g} must be above 0.")
    return value


def img2img_steps(steps: int, denoise: float, fixed: bool) -> tuple[int, int]:
    """(steps of the whole list, steps that run − 1) of an image that is kept in part.

    fixed: exactly as many steps run as asked for, as in every second pass (Hires fix).
    """
    share = min(denoise, 0.999)
    if fixed:
        return (int(steps / share) if denoise > 0 else 0), steps - 1
    return steps, int(share * steps)


def on_sigmas(
    asked: Settings,
    sampler: names.Sampler,
    schedule: names.Schedule,
    steps: int,
    denoise: float | None = None,
    hires: bool = False,
) -> dict:
    """The levels of a k-diffusion sampler and what A1111 would add to the infotext."""
    whole, last = steps, None
    if denoise is not None:
        whole, last = img2img_steps(steps, denoise, hires or asked.options["img2img_fix_steps"])
        if whole > MOST_STEPS:
            raise UserError(f"denoising strength = {denoise:g} asks for {whole:,} steps in all.")
    adds: dict[str, Any] = {}
    discard = sampler.discards
    if asked.options["always_discard_next_to_last_sigma"] and not discard:
        discard = adds["Discard penultimate sigma"] = True
    try:
        with np.errstate(all="ignore"):  # ∞ and not a number where the tool has them
            sigmas = _levels(asked, sampler, schedule, whole + discard, adds)
    except ZeroDivisionError as error:  # strength 0 asks for no steps at all
        return {"error": type(error).__name__}
    if discard:
        sigmas = sigmas[:-2] + sigmas[-1:]
    if last is not None:
        sigmas = sigmas[whole - last - 1 :]
    return {"sigmas": sigmas} | ({"infotext_adds": adds} if adds else {})


def _levels(
    asked: Settings, sampler: names.Sampler, schedule: names.Schedule, n: int, adds: dict[str, Any]
) -> list[float]:
    """n levels before any is dropped; `adds` receives what is written down about them."""
    found = asked.table(sampler.name)
    name = names.runs_as(sampler.name, schedule.label)
    if name is None:
        return found.even(n)
    options, made = asked.options, names.SCHEDULES[name]
    adds["Schedule type"] = made.label
    low, high = (0.1, 10.0) if options["use_old_karras_scheduler_sigmas"] else found.ends
    if options["sigma_min"] not in (0, found.ends[0]):
        low = adds["Schedule min sigma"] = options["sigma_min"]
    if options["sigma_max"] not in (0, found.ends[1]):
        high = adds["Schedule max sigma"] = options["sigma_max"]
    rho = None
    if made.rho is not None and options["rho"] not in (0, made.rho):
        rho = adds["Schedule rho"] = options["rho"]
    beta = (options["beta_dist_alpha"], options["beta_dist_beta"])
    if name == "beta":
        adds["Beta schedule alpha"], adds["Beta schedule beta"] = beta
    return schedules.MADE[name](schedules.Asked(n, low, high, found, rho, asked.xl, beta))


def on_steps(
    asked: Settings,
    sampler: names.Sampler,
    steps: int,
    denoise: float | None = None,
    hires: bool = False,
) -> dict:
    """The steps of DDIM, PLMS or UniPC: the list that is made and the step of each call."""
    start, noise, last = 1.0, None, None
    if denoise is not None:
        steps, last = img2img_steps(steps, denoise, hires or asked.options["img2img_fix_steps"])
        if steps == 0:
            return {"error": "ZeroDivisionError"}
    made = timesteps.steps_of(steps + asked.options["always_discard_next_to_last_sigma"])
    if not made:
        return {"error": "ValueError"}  # range() with a step of 0
    if last is not None:
        if last >= len(made):
            return {"error": "IndexError"}
        noise, made = made[last], made[:last]
        start = made[-1] / 1000 + 1 / 1000 if made else start
    said: dict[str, Any] = {"timesteps_tool": made}
    if sampler.name == "UniPC":
        if not made:
            return {"error": "IndexError"}
        skip = asked.options["uni_pc_skip_type"]
        times = timesteps.unipc_times(len(made), asked.table(), skip, start)
        said["t_continuous"] = times
    else:
        said["timesteps_run"] = timesteps.calls(sampler.name, made)
    return said | ({"noise_added_at_timestep": noise} if noise is not None else {})


def _entries(found: Table, index: Any) -> dict:
    """Entries of the table and its ends."""
    rows = [count(i, "index", 0, len(found.sigmas) - 1) for i in numbers(index, "index")]
    low, high = found.ends
    sigmas = [float(found.sigmas[i]) for i in rows]
    return {"sigmas": sigmas, "sigma_min": low, "sigma_max": high}
