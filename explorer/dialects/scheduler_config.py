"""Reads a diffusers scheduler: its config, a JSON that holds one, or words that name its class."""

from collections.abc import Mapping
from typing import Any

from ..errors import UserError
from .asked import count
from .diffusers import calls, config, doubts, found
from .diffusers.defaults import Config, full
from .diffusers.levels import frame_of, levels
from .families import family
from .faults import faults_of
from .report import Fault, Report, Run

WHAT = "a diffusers scheduler config ({_class_name: ..., ...}, or words that name its class)"
NEEDS = '"_class_name" of a scheduler of diffusers'
STEPS = 20  # where nobody says how many
TOKENS = 4096  # of 1024 × 1024, where a shift is of the picture's size and nobody says which
HINTS = {
    "ValueError": "its settings contradict each other, or are not in the class's own list",
    "NotImplementedError": "the class has no such schedule or algorithm",
    "AssertionError": "μ is given to a config without use_dynamic_shifting",
    "TypeError": "an argument is given that the class does not take, or a switch is null",
}
NO_END = (  # end at the lowest level, always
    "DEISMultistepScheduler",
    "SASolverScheduler",
    "CMStochasticIterativeScheduler",
)
OWN_VELOCITY = ("LTXEuler", "MiniMax")  # read flow matching's velocity and have no word for it


def looks(thing: Any) -> bool:
    """JSON with a known scheduler's _class_name, or text with one's name."""
    if isinstance(thing, str):
        return bool(found.NAME.search(thing))
    return isinstance(thing, dict) and bool(found.in_json(thing))


def read(thing: Any, model: Any = None) -> Report:
    """The runs of all configs in it, their faults, and what was assumed.

    model: the family that the config is used with; else the config says what the network is.
    Raises UserError for a config that diffusers refuses.
    """
    if model is not None and not isinstance(model, str):
        raise UserError("A scheduler config is read for one family of models, by its name.")
    known = None if model is None else family(model)
    runs, faults = [], []
    for one in found.in_text(thing) if isinstance(thing, str) else found.in_json(thing):
        run, own = _run(one, None if known is None else known.name)
        runs.append(run)
        faults += own
    return Report("diffusers scheduler config", tuple(runs), tuple(faults))


def _run(one: found.Found, model: str | None) -> tuple[Run, list[Fault]]:
    name, c = full(one.config)
    steps = STEPS if one.steps is None else count(one.steps, "steps", 1)
    call, notes = _call(name, c, one)
    if one.steps is None:
        notes.append(f"No number of steps is given; {STEPS} are shown.")
    if one.named_only:
        notes.append("Only the class is named here; its own settings are assumed.")
    elif "beta_start" in c and not one.config.keys() & {"beta_start", "beta_end", "trained_betas"}:
        notes.append(
            f"No betas are given; shown are the class's own, {c['beta_schedule']} from "
            f"{c['beta_start']:g} to {c['beta_end']:g}, which a model's config may replace."
        )
    told = config(one.config, steps, call)
    if "error" in told:
        why = HINTS.get(told["error"], "it cannot make the list")
        raise UserError(f"diffusers refuses {name} with {steps} steps ({told['error']}): {why}.")
    squares = name == "KarrasVeScheduler"  # from the lowest up: no list of σ
    sigmas = () if squares else tuple(told.get("sigmas", ()))
    run = Run(
        text=f"{name.removesuffix('Scheduler')}, {steps} step{'s' * (steps != 1)}",
        sigmas=sigmas,
        levels=levels(name, c, told),
        evaluations=_calls(told),
        sampler=name,
        prediction=_prediction(name, c),
        model=model,
        where=one.where,
        timesteps=tuple(told["timesteps"]),
        frame=frame_of(name, c),
        notes=tuple(notes),
        facts=facts(name, c, one.config, steps, model),
    )
    own_list = any(k in call for k in calls.LISTS)
    lists = [_eased(name, fault) for fault in faults_of(run)]
    kinds = {fault.kind for fault in lists}
    own = [f for f in doubts.find(name, c, steps, own_list, run) if f.kind not in kinds]
    return run, [*lists, *own]


def _call(name: str, c: Config, one: found.Found) -> tuple[dict, list[str]]:
    """The call as given; with a μ for a config that cannot do without."""
    call = dict(one.call)
    notes: list[str] = []
    length = call.pop("image_seq_len", None)
    if name == "SCMScheduler" and one.steps != 2:
        call.setdefault("intermediate_timesteps", None)  # 1.3 unless it is taken away
    if not c.get("use_dynamic_shifting"):
        return call, notes
    if call.get("mu") is None and c.get("time_shift_type") in ("exponential", "linear"):
        tokens = TOKENS if length is None else length
        call["mu"] = round(calls.mu(c, tokens), 6)
        size = "1024 × 1024 (4096 tokens)" if length is None else f"{tokens:g} tokens"
        notes.append(f"The shift is of the picture's size; shown is μ = {call['mu']:g}, of {size}.")
    if name.startswith("FlowMatch") and not any(k in call for k in calls.LISTS):
        call["sigmas"] = calls.PIPELINES["FluxPipeline"]
        notes.append("The levels before the shift are even from 1 to 1/n, as pipelines give them.")
    return call, notes


def _calls(told: dict) -> int:
    """Evaluations: one a timestep, but for a last one that only names the end."""
    count_of = len(told["timesteps"])
    if not count_of:
        raise UserError("The config leaves no timestep to ask the network at.")
    if "sigmas" in told:
        return min(count_of, max(len(told["sigmas"]) - 1, 1))
    return count_of - (told["timesteps"][-1] == 0 and told["timesteps_dtype"] == "float32")


def _prediction(name: str, c: Config) -> str | None:
    if name.startswith(("FlowM", *OWN_VELOCITY)):
        return "flow_prediction"
    told = c.get("prediction_type")
    return "edm" if name.startswith("EDM") and told == "epsilon" else told


def facts(name: str, c: Config, config: Mapping, steps: int, model: str | None) -> dict:
    """The run in the words of a run record, for the detectors.

    Without a family the model is what the config says, so that only what contradicts itself shows.
    """
    told: dict[str, Any] = {
        "goal": "image to noise (inversion)" if "Inverse" in name else "full denoise from noise",
        "sampler": name,
        "steps": steps,
        "scheduler_config": {**config, "_class_name": name},
    }
    if name.startswith(OWN_VELOCITY):
        told["scheduler_config"]["prediction_type"] = "flow_prediction"
    return told | {"model": model if model is not None else _model(name, c)}


def _model(name: str, c: Config) -> dict:
    total = c.get("num_train_timesteps", 1000)
    told: dict[str, Any] = {"name": "the config's own model", "prediction": _prediction(name, c)}
    if frame_of(name, c) == "flow":
        scale = None if name == "MiniMaxH3Scheduler" else total  # that one is told 1 − t
        return told | {"kind": "flow", "sigma_min": 0.0, "sigma_max": 1.0, "timestep_scale": scale}
    own_levels = (
        c.get("sigma_max") is not None
        or c.get("trained_betas")
        or c.get("timestep_type") == "continuous"
        or c.get("snr_shift_scale", 1.0) != 1.0
    )
    if own_levels or c.get("beta_schedule", "squaredcos_cap_v2") == "squaredcos_cap_v2":
        return told | {"kind": None}  # a cosine's last σ is 20,000 and no stand-in for infinity
    return told | {
        "kind": "discrete",
        "zero_terminal_snr": bool(c.get("rescale_betas_zero_snr")),
        "num_train_timesteps": total,
        "beta_schedule": c["beta_schedule"],
        "beta_start": c.get("beta_start"),
        "beta_end": c.get("beta_end"),
    }


def _eased(name: str, fault: Fault) -> Fault:
    """Two classes never end at 0, and their users live with it."""
    if name in NO_END and fault.kind in ("leftover_noise", "duplicate_sigmas"):
        return Fault(fault.kind, fault.at, fault.text, fault.mend, "know")
    return fault
