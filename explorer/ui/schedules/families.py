"""Which model a run is for, and that model as a run record tells it."""

import math
from dataclasses import replace
from typing import Any

from ...core.tables import STABLE_DIFFUSION, Table
from ...dialects import families as known
from ...dialects.families import STAND_IN, Family
from ...dialects.report import Run, levels_of

EDM = Family(
    "edm", "EDM, σ up to 80", "edm", "edm", 0.002, 80.0, sampling="ModelSamplingContinuousEDM"
)
_ENDS = 1e-3  # relative: ends of the same table, as two tools print them


def of(run: Run, chosen: str | None, reading: str | None) -> tuple[Family, str]:
    """The family of a run and, in words, what told it."""
    if chosen == EDM.name:
        return EDM, "as chosen"
    if chosen:
        return known.family(chosen), "as chosen"
    facts = run.facts or {}
    model, config = facts.get("model"), facts.get("scheduler_config")
    if run.model in known.FAMILIES:
        return _patched(known.family(run.model), model), "from the file that is loaded"
    if isinstance(config, dict) and (found := _of_config(config, run)):
        return found
    if isinstance(model, dict):
        return _of_words(model, run)
    return _of_values(run, reading)


def _patched(family: Family, model: Any) -> Family:
    """A family with the shift that the file gives it in place of its own."""
    told = model if isinstance(model, dict) and family.kind == "flow" else {}
    mu, shift = told.get("mu"), told.get("shift")
    if isinstance(mu, int | float):
        return replace(family, mu=float(mu), shift=None)
    if isinstance(shift, int | float) and shift > 0:
        return replace(family, mu=None, shift=float(shift))
    return family


def _of_config(config: dict[str, Any], run: Run) -> tuple[Family, str] | None:
    name = str(config.get("_class_name", ""))
    if (
        "FlowMatch" in name
        or config.get("prediction_type") == "flow_prediction"
        or run.frame == "flow"
    ):
        shift = config.get("shift", config.get("flow_shift", 1.0))
        alpha = float(shift) if isinstance(shift, int | float) and shift > 0 else 1.0
        label = "flow model"
        return replace(
            known.family("sd3"), name="config", label=label, shift=alpha
        ), "from its shift"
    if "EDM" in name:
        return EDM, "from the class"
    betas = (
        config.get("beta_schedule", "linear"),
        config.get("beta_start", 1e-4),
        config.get("beta_end", 0.02),
    )
    zero = bool(config.get("rescale_betas_zero_snr"))
    prediction = str(config.get("prediction_type", "epsilon"))
    label = "Stable Diffusion’s table" if betas == STABLE_DIFFUSION else "a table of its own"
    try:
        return _table(label, prediction, betas, zero), "from beta_start and beta_end"
    except (ValueError, TypeError):
        return None


def _table(label: str, prediction: str, betas: tuple, zero: bool) -> Family:
    table = Table.of(*betas, zero_snr=zero)
    low, high = float(table.sigmas[0]), float(table.sigmas[-1])
    top = STAND_IN if math.isinf(high) else high
    name = {"epsilon": "", "v_prediction": ", v-prediction"}.get(prediction, "")
    snr = ", zero terminal SNR" if zero else ""
    return Family(
        "config",
        f"{label}{name}{snr}",
        "discrete",
        prediction,
        low,
        top,
        betas=betas,
        zero_snr=zero,
    )


def _of_words(model: dict[str, Any], run: Run) -> tuple[Family, str]:
    """Of a run record's model."""
    how = "as the run tells it"
    label = str(model.get("name") or "the run’s model")[:60]
    if model.get("kind") == "flow" or run.frame == "flow":
        mu, shift = model.get("mu"), model.get("shift")
        base = replace(known.family("sd3"), name="run", label=label)
        if isinstance(mu, int | float):
            return replace(base, shift=None, mu=float(mu)), how
        return replace(base, shift=float(shift) if isinstance(shift, int | float) else 1.0), how
    zero = bool(model.get("zero_terminal_snr"))
    if model.get("kind") == "discrete" and isinstance(model.get("beta_schedule"), str):
        betas = (model["beta_schedule"], model.get("beta_start", 1e-4), model.get("beta_end", 0.02))
        return replace(
            _table(label, str(model.get("prediction", "epsilon")), betas, zero), label=label
        ), how
    low, high = model.get("sigma_min"), model.get("sigma_max")
    if isinstance(low, int | float) and isinstance(high, int | float) and 0 < low < high:
        return replace(
            EDM, name="run", label=label, sigma_min=float(low), sigma_max=float(high)
        ), how
    return known.family("sdxl"), "a guess"


def _of_values(run: Run, reading: str | None) -> tuple[Family, str]:
    """Of a bare list: the shape of its numbers."""
    if reading == "flow":
        return known.family("sd3"), "from the values, all 0 to 1; SD3 is a guess"
    if reading == "timestep":
        return known.family("sdxl"), "from the values, whole numbers up to 1000; SDXL is a guess"
    top = max((v for v in run.sigmas if math.isfinite(v)), default=0.0)
    family = known.family("sdxl")
    if top <= family.sigma_max * (1 + _ENDS):
        return family, f"from the values, at most {family.sigma_max:.1f}; SDXL is a guess"
    return EDM, "from the values, beyond the 14.6 of Stable Diffusion"


def words(family: Family) -> dict[str, Any]:
    """A family in the words of a run record, for the detectors of faults."""
    out: dict[str, Any] = {
        "name": family.label,
        "kind": family.kind,
        "prediction": family.prediction,
        "sigma_min": 0.0 if family.kind == "flow" else family.sigma_min,
        "sigma_max": family.sigma_max,
    }
    if family.kind == "flow":
        out["timestep_scale"] = 1000 if family.multiplier > 1 else 1.0
        out |= {"mu": family.mu} if family.mu is not None else {"shift": family.alpha}
    if family.betas:
        name, start, end = family.betas
        out |= {"beta_schedule": name, "beta_start": start, "beta_end": end}
        out |= {"num_train_timesteps": 1000, "zero_terminal_snr": family.zero_snr}
    return out


def judged_as(run: Run, family: Family, reading: str | None) -> Run:
    """The run as one of this family: its levels anew, and its facts for the detectors."""
    flow = family.kind == "flow"
    sigmas, timesteps = run.sigmas, run.timesteps
    if reading == "timestep":
        sigmas, timesteps = _of_timesteps(sigmas, family)
    elif reading and flow and reading == "sigma":
        sigmas = tuple(v / (1 + v) if v >= 0 and math.isfinite(v) else v for v in sigmas)
    as_flow = (flow or reading == "flow") if reading else run.frame == "flow"
    levels = levels_of(sigmas, "flow") if as_flow else tuple(family.level(s) for s in sigmas)
    facts = {
        "goal": "full denoise from noise",
        "steps": max(len(sigmas) - 1, 0),
        "sampler": run.sampler or "euler",
        **(run.facts or {}),
        "model": words(family),
        "sigmas": list(sigmas),
    }
    if timesteps:
        facts["timesteps"] = list(timesteps)
    return replace(
        run,
        sigmas=tuple(sigmas),
        levels=levels,
        timesteps=tuple(timesteps) if timesteps else None,
        frame="flow" if as_flow else "ve",
        prediction=family.prediction,
        model=family.name,
        facts=facts,
        evaluations=run.evaluations if run.facts else max(len(sigmas) - 1, 0),
    )


def _of_timesteps(
    steps: tuple[float, ...], family: Family
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """σ of timesteps, with the 0 that every tool runs to, and the timesteps themselves."""
    if family.kind == "flow":
        return tuple(v / 1000 for v in steps) + ((0.0,) if steps[-1] else ()), steps
    betas = family.betas or STABLE_DIFFUSION
    table = Table.of(*betas, zero_snr=family.zero_snr)
    return (*(float(table.sigma(v)) for v in steps), 0.0), steps
