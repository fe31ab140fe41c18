"""What other tools make under a name, as rows: ComfyUI, RES4LYF, A1111 and diffusers.

A name is "comfy:karras", "a1111:Karras", "diffusers:karras", "res4lyf:bong_tangent".
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...core.tables import STABLE_DIFFUSION
from ...dialects import a1111, comfy, diffusers, res4lyf, snippet
from ...dialects.families import FAMILIES, Family
from ...errors import UserError
from .found import Found
from .row import Row

A1111 = (
    "Uniform", "Karras", "Exponential", "Polyexponential", "SGM Uniform", "KL Optimal",
    "Align Your Steps", "Simple", "Normal", "DDIM", "Beta",
)  # fmt: skip
RES4LYF = ("beta57", "bong_tangent")
DIFFUSERS: dict[str, dict[str, Any]] = {
    "karras": {"use_karras_sigmas": True},
    "exponential": {"use_exponential_sigmas": True},
    "beta": {"use_beta_sigmas": True},
    "linspace": {"timestep_spacing": "linspace"},
    "leading": {"timestep_spacing": "leading", "steps_offset": 1},
    "trailing": {"timestep_spacing": "trailing"},
}
TO_DIFFUSERS = {"karras": "karras", "exponential": "exponential", "beta": "beta"}
TO_DIFFUSERS |= {"normal": "linspace", "simple": "trailing", "sgm_uniform": "trailing"}
TO_A1111 = {
    "karras": "Karras",
    "exponential": "Exponential",
    "sgm_uniform": "SGM Uniform",
    "simple": "Simple",
    "normal": "Normal",
    "beta": "Beta",
    "kl_optimal": "KL Optimal",
    "ddim_uniform": "DDIM",
}


def _model(family: Family) -> Any:
    """As ComfyUI is told of it; what a network predicts changes no list."""
    if family.name in FAMILIES:
        return family
    known = ("epsilon", "v_prediction", "flow_prediction", "edm")
    usual = family if family.prediction in known else replace(family, prediction="epsilon")
    return usual.model()


def _described(family: Family) -> dict[str, Any]:
    made = _model(family)
    return made.model() if isinstance(made, Family) else made


def of_comfy(f: Found, name: str) -> Row:
    """What ComfyUI's scheduler of this name makes for the model."""
    if name not in comfy.SCHEDULERS:
        raise UserError(f"ComfyUI has no scheduler {name!r:.40}; {', '.join(comfy.SCHEDULERS)}.")
    sigmas = comfy.schedule(comfy.model(_model(f.model.family)), name, _steps(f))
    return _row(f, f"comfy:{name}", "ComfyUI", f"“{name}”", sigmas)


def of_res4lyf(f: Found, name: str) -> Row:
    """What RES4LYF's scheduler of this name makes for the model."""
    inputs = {"model": "own", "scheduler": name, "steps": _steps(f)}
    made = res4lyf.run("res4lyf.scheduler", inputs, {"own": _described(f.model.family)})
    return _row(f, f"res4lyf:{name}", "RES4LYF", f"“{name}”", _sigmas(made, name))


def of_a1111(f: Found, name: str) -> Row:
    """What A1111's schedule type of this name makes; it knows Stable Diffusion's table alone."""
    if not _stable(f.model.family):
        raise UserError("A1111 knows Stable Diffusion’s noise table alone.")
    inputs = {"model": "sdxl", "sampler": "Euler", "schedule": name, "steps": _steps(f)}
    made = a1111.run("a1111.schedule", inputs, None)
    return _row(f, f"a1111:{name}", "A1111", f"“{name}”", _sigmas(made, name))


def of_diffusers(f: Found, name: str) -> Row:
    """What diffusers makes: of a flow model by its count, else Euler’s class with this option."""
    family = f.model.family
    if family.kind == "flow":
        config = {"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": family.alpha}
        source = f"set_timesteps({_steps(f)})"
    elif family.betas and name in DIFFUSERS:
        schedule, start, end = family.betas
        config = {
            "_class_name": "EulerDiscreteScheduler",
            "beta_schedule": schedule,
            "beta_start": start,
            "beta_end": end,
            "prediction_type": family.prediction,
            "rescale_betas_zero_snr": family.zero_snr,
            **DIFFUSERS[name],
        }
        source = f"Euler, {name}"
    else:
        raise UserError(f"diffusers has no {name!r:.40} for this model.")
    run = snippet.made_run(config, diffusers.config(config, _steps(f)), ())
    return Row(f"diffusers:{name}", "diffusers", source, run.levels, timesteps=run.timesteps)


def _steps(f: Found) -> int:
    return max(1, f.steps)


def _stable(family: Family) -> bool:
    return family.betas == STABLE_DIFFUSION and not family.zero_snr


def _sigmas(made: Mapping[str, Any], name: str) -> list[float]:
    if "sigmas" not in made:
        raise UserError(f"The tool refuses “{name}” for this many steps ({made.get('error')}).")
    return made["sigmas"]


def _row(f: Found, name: str, label: str, source: str, sigmas: list[float]) -> Row:
    levels = tuple(f.model.family.level(float(v)) for v in sigmas)
    return Row(name, label, source, levels)


def same_name(f: Found) -> list[str]:
    """The rows of other tools under the name of the list: its scheduler, or the plain one."""
    facts = f.run.facts or {}
    config = facts.get("scheduler_config")
    config = config if isinstance(config, Mapping) else {}
    said = str(facts.get("scheduler") or "").lower().replace(" ", "_")
    kinds = ("karras", "exponential", "beta")
    name = next((k for k in kinds if config.get(f"use_{k}_sigmas")), None) or said
    if not name and f.run.frame == "flow":
        name = "simple"
    if name not in comfy.SCHEDULERS:
        return []
    flow, what = f.run.frame == "flow", f.what.lower()
    names = {
        "comfy": f"comfy:{name}",
        "a1111": f"a1111:{TO_A1111[name]}" if name in TO_A1111 and _stable(f.model.family) else "",
        "diffusers": f"diffusers:{'flow' if flow else TO_DIFFUSERS.get(name, '')}",
    }
    own = {"comfy": "comfy", "infotext": "a1111", "scheduler": "diffusers"}
    mine = next((tool for word, tool in own.items() if word in what), "")
    return [v for k, v in names.items() if v and not v.endswith(":") and k != mine]


def menu(f: Found) -> list[dict[str, str]]:
    """What “+ List” offers: [{group, name, label}]."""
    here = lambda name, label: {"group": "Here", "name": name, "label": label}
    out = [here("edm", "EDM, ρ = 7")]
    if f.shift is not None:
        out += [here("unshifted", "no shift"), here("own", "the model’s own shift")]
    others = [i for i in range(len(f.runs)) if i != f.pick][:20]
    out += [here(f"run:{i}", f.runs[i].where or f"run {i + 1}") for i in others]
    if f.mended:
        out.append(here("pasted", "as pasted"))
    tool = lambda group, kind, names: [
        {"group": group, "name": f"{kind}:{n}", "label": n} for n in names
    ]
    out += tool("ComfyUI", "comfy", comfy.SCHEDULERS) + tool("RES4LYF", "res4lyf", RES4LYF)
    kinds = ("flow",) if f.run.frame == "flow" else DIFFUSERS if f.model.family.betas else ()
    out += tool("diffusers", "diffusers", kinds)
    if _stable(f.model.family):
        out += tool("A1111", "a1111", A1111)
    return out
