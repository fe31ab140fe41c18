"""A piece of somebody's code: a scheduler with its settings, and the list that it is handed.

    {"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0}
    sigmas = [1.0, 0.98, …]        pipe(prompt, sigmas=sigmas)

Nothing is run: a config is JSON, or the literal arguments of a scheduler's call; a list is numbers.
"""

import ast
import itertools
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import UserError
from . import diffusers, lists
from .faults.shift import EVEN, NEAR, evenest
from .given import LONGEST_TEXT
from .report import Run, levels_of

WHAT = "a scheduler with the list it is handed"
NEEDS = "a scheduler of diffusers by name, and a list for it"
LONGEST_CALL = 4_000  # characters of a scheduler's arguments
HEAD, TRIES = 200_000, 100  # characters in which one is looked for; places where it may begin
_CALL = re.compile(r"\b([A-Z]\w*Scheduler)\s*(?:\.\w+\s*)?\(")
_SAID = re.compile(r"\bFlowMatchEuler\w*\b[^\n]{0,1000}?\bshift\s*[=:]\s*([0-9.]+)")
_LIST = re.compile(
    r"[\[(]\s*[-+.0-9][-+.0-9eE]*\s*,\s*[-+.0-9]"
)  # two numbers: set_timesteps(25) is none


def looks(thing: Any) -> bool:
    """Text, or JSON, with both a scheduler and a list for it."""
    if isinstance(thing, Mapping):
        named = isinstance(thing.get("_class_name"), str)
        return named and any(_numbers(thing.get(k)) for k in _LISTS)
    if not isinstance(thing, str) or len(thing) > LONGEST_TEXT:
        return False
    found = scheduler(thing)
    return found is not None and bool(_LIST.search(_without(thing, found[1])))


def read(thing: Any, model: Any = None) -> list[Run]:
    """The one run of it.  Raises UserError where the list or the scheduler cannot be read."""
    if isinstance(thing, Mapping):
        name = next(k for k in _LISTS if _numbers(thing.get(k)))
        config = {k: v for k, v in thing.items() if k not in _LISTS}
        return [handed(config, name, [float(v) for v in thing[name]], [])]
    found = scheduler(thing)
    if found is None:
        raise UserError("No scheduler is named in the text.")
    config, span = found
    rest = _without(thing, span)
    given = lists.raw_numbers(rest)
    name = "timesteps" if re.search(r"\btimesteps\s*=\s*\[", rest) else "sigmas"
    return [handed(config, name, list(given.sigmas), given.notes)]


_LISTS = ("sigmas", "timesteps")


def _numbers(values: Any) -> bool:
    """A list of numbers, and one at least."""
    if not isinstance(values, list) or not values:
        return False
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


def scheduler(text: str) -> tuple[dict[str, Any], tuple[int, int]] | None:
    """The first scheduler in a text with its settings, and where it stands; None for none.

    Of objects and of calls the first TRIES are read: each may go on to the end of the text.
    """
    decode, head = json.JSONDecoder().raw_decode, text[:HEAD]
    objects = re.finditer(r'\{\s*"', head) if '"_class_name"' in head else ()
    for m in itertools.islice(objects, TRIES):
        try:
            found, end = decode(text, m.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and isinstance(found.get("_class_name"), str):
            return found, (m.start(), end)
    calls = (m for m in _CALL.finditer(head) if m[1] in diffusers.SCHEDULERS)
    for m in itertools.islice(calls, TRIES):
        if (arguments := _arguments(text, m.end())) is not None:
            settings, end = arguments
            return {"_class_name": m[1], **settings}, (m.start(), end)
    if said := _SAID.search(head):
        config = {"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": float(said[1])}
        return config, said.span()
    return None


def _arguments(text: str, start: int) -> tuple[dict[str, Any], int] | None:
    """The literal named arguments of a call whose bracket opens before `start`."""
    depth, end = 1, start
    while end < min(len(text), start + LONGEST_CALL) and depth:
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        end += 1
    if depth:
        return None
    try:
        call = ast.parse(f"f({text[start : end - 1]})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    out = {}
    for word in call.keywords if isinstance(call, ast.Call) else ():
        try:
            value = ast.literal_eval(word.value)
        except (ValueError, TypeError, RecursionError):
            continue
        if word.arg and isinstance(value, int | float | str | bool | None):
            out[word.arg] = value
    return out, end


def _without(text: str, span: tuple[int, int]) -> str:
    return text[: span[0]] + " " + text[span[1] :]


def handed(config: Mapping[str, Any], name: str, values: list[float], notes: Sequence[str]) -> Run:
    """The run of a scheduler that is handed a list.

    A flow list that holds the scheduler's shift twice already is what runs; any other is shifted
    once more, as diffusers shifts whatever it is handed.
    """
    alpha = config.get("shift")
    own = float(alpha) if isinstance(alpha, int | float) and alpha > 0 else 1.0
    inside = tuple(v for v in values if v > 0)
    said = list(notes)
    flow = "FlowMatch" in str(config.get("_class_name"))
    if flow and name == "sigmas" and own != 1 and len(inside) > 4 and max(inside) <= 1:
        found, off = evenest(inside)
        if off < EVEN and abs(math.log(found / own**2)) < NEAR:
            said.append("The list holds the shift twice already, so it is read as what runs.")
            return _run(config, tuple(values), tuple(1000 * v for v in inside), said)
    if values and values[-1] == 0:
        said.append("The scheduler adds a final 0 of its own; that of the list is left out.")
    made = diffusers.config(dict(config), len(inside), {name: list(inside)})
    return made_run(config, made, said)


def made_run(config: Mapping[str, Any], made: Mapping[str, Any], notes: Sequence[str]) -> Run:
    """A run of what a scheduler holds.  Raises UserError with the name of its error."""
    name = str(config.get("_class_name"))
    if "error" in made:
        raise UserError(f"{name} refuses these settings, with {made['error']}.")
    timesteps = tuple(float(t) for t in made.get("timesteps", ()))
    if "sigmas" in made:
        sigmas = tuple(float(s) for s in made["sigmas"])
    else:
        bars = [*made.get("alphas_cumprod_at_timesteps", ()), made.get("final_alpha_cumprod", 1.0)]
        sigmas = tuple(math.inf if a <= 0 else math.sqrt((1 - a) / a) for a in bars)
    return _run(config, sigmas, timesteps, notes)


def _run(
    config: Mapping[str, Any],
    sigmas: tuple[float, ...],
    timesteps: tuple[float, ...],
    notes: Sequence[str],
) -> Run:
    name = str(config.get("_class_name"))
    flow = "Flow" in name or config.get("prediction_type") == "flow_prediction"
    zero = bool(config.get("rescale_betas_zero_snr"))
    prediction = "flow_prediction" if flow else str(config.get("prediction_type", "epsilon"))
    levels = (
        levels_of(sigmas, "flow")
        if flow
        else tuple(math.inf if zero and s >= 4000 else float(s) for s in sigmas)
    )
    steps = len(set(timesteps)) or max(len(sigmas) - 1, 0)
    facts = {
        "model": _model(config, flow, zero, prediction),
        "goal": "full denoise from noise",
        "sampler": name,
        "steps": steps,
        "scheduler_config": dict(config),
        "sigmas": list(sigmas),
        "timesteps": list(timesteps),
    }
    return Run(
        text=f"{name}: {steps} steps",
        sigmas=sigmas,
        levels=levels,
        evaluations=len(timesteps) or max(len(sigmas) - 1, 0),
        sampler=name,
        prediction=prediction,
        timesteps=timesteps or None,
        frame="flow" if flow else "ve",
        notes=tuple(notes),
        facts=facts,
    )


def _model(config: Mapping[str, Any], flow: bool, zero: bool, prediction: str) -> dict[str, Any]:
    """The model that a config is for, in the words of a run record."""
    if flow:
        shift = config.get("shift", config.get("flow_shift", 1.0))
        return {
            "name": "the config's own model",
            "kind": "flow",
            "prediction": prediction,
            "sigma_min": 0.0,
            "sigma_max": 1.0,
            "shift": float(shift) if isinstance(shift, int | float) else 1.0,
            "timestep_scale": 1000,
        }
    return {
        "name": "the config's own model",
        "kind": "discrete",
        "prediction": prediction,
        "zero_terminal_snr": zero,
        "num_train_timesteps": config.get("num_train_timesteps", 1000),
        "beta_schedule": config.get("beta_schedule", "linear"),
        "beta_start": config.get("beta_start", 1e-4),
        "beta_end": config.get("beta_end", 0.02),
    }
