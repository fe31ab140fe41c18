"""What a language model's client may ask of this server: four tools, each with its arguments told.

A tool is a name, words, a JSON Schema and a function of its arguments.  The settings' own help is
their description; nothing here knows how a client calls (`mcp` does).
"""

import dataclasses
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from ..dialects.families import FAMILIES
from ..dialects.lists import formats
from ..dialects.xray import xray
from ..errors import UserError
from ..lab.experiment import Experiment, levels
from ..settings import Parameter, parameters, slots, unflatten
from ..strips import STRIPS
from ..ui.schedules.asked import Asked
from ..ui.schedules.copies import copies
from ..ui.schedules.found import found
from . import api
from .turn import FOLLOWS
from .turns import ROOM

Arguments = dict[str, Any]
LONGEST = 1 << 20  # characters of a text to read
DIALECTS = ("python", "k-diffusion", "diffusers", "comfy", "a1111", "json")
EXAMPLE = {"data": "spiral", "solver": "heun", "nfe": 35, "timesteps.rho": 5}
LIKE = (
    "Settings by their keys, as in the links of the page; what is not given has its default. "
    'Example: {"data": "spiral", "solver": "heun", "nfe": 35, "timesteps.rho": 5}.'
)
AS_IN_RUN = f"{LIKE} The tool run_view describes each of them."


class Tool(NamedTuple):
    """about: for the client's model.  schema: of the arguments.  do: raises UserError."""

    about: str
    schema: dict[str, Any]
    do: Callable[[Arguments], dict]


def _object(properties: dict[str, dict], needed: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(needed),
        "additionalProperties": False,
    }


def _text(about: str, *examples: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": about, "examples": list(examples), **more}


def setting(p: Parameter) -> dict[str, Any]:
    """One parameter as JSON Schema: type, range, choices, default and its help."""
    spec, default = p.spec, p.default
    about = spec.help or spec.label or p.name
    words = f"Of {p.slot}={p.entry}. {about}" if p.entry else about
    if isinstance(default, tuple):
        return {"type": "string", "description": f"{words} Numbers with commas."}
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    kind = kinds[type(default)]
    out: dict[str, Any] = {"type": kind, "description": words, "default": default}
    if spec.choices is not None:
        known = [value for value, _ in spec.choices]
        told = ", ".join(f"{value}: {label}" for value, label in spec.choices)
        return {**out, "enum": known, "description": f"{words} ({told})"}
    if spec.endless:
        return {"description": f"{words} “inf” works too.", "default": str(default)}
    if kind in ("integer", "number"):
        out |= {k: v for k, v in (("minimum", spec.low), ("maximum", spec.high)) if v is not None}
    if kind == "string":
        out["maxLength"] = spec.longest
    return out


@lru_cache(1)
def settings_schema() -> dict[str, dict]:
    """Every setting of a view, by its flat key."""
    fields = {f.name: f.metadata for f in dataclasses.fields(Experiment)}
    out: dict[str, dict] = {}
    for name, entries in slots(Experiment).items():
        told = ", ".join(f"{key}: {cls.label}" for key, cls in entries.items())
        about = fields[name]["help"] or fields[name]["label"] or name
        out[name] = {
            "type": "string",
            "enum": list(entries),
            "description": f"{about} ({told})",
        }
    return out | {p.key: setting(p) for p in parameters(Experiment)}


def _flat(given: Any) -> dict[str, Any]:
    """Settings as a client gives them, in the flat form.  Raises UserError."""
    if not isinstance(given, dict):
        raise UserError(f"settings must be an object of keys and values; got {given!r:.60}.")
    flat = {}
    for key, value in given.items():
        if isinstance(value, list) and all(type(v) in (int, float, str) for v in value):
            value = ", ".join(map(str, value))
        if not isinstance(value, str | int | float):
            raise UserError(f"{key:.60} must be a number or a text; got {value!r:.60}.")
        flat[key] = value
    return flat


def _run_view(given: Arguments) -> dict:
    return api.explore_endpoint(_flat(given.get("settings", {})), given.get("strips"))


def _xray(given: Arguments) -> dict:
    with ROOM.taking(FOLLOWS):
        return xray(given["schedule"], given.get("model") or None).json()


def _sweep(given: Arguments) -> dict:
    names = ("solvers", "budgets", "grids")
    flat = _flat(given.get("settings", {}))
    return api.sweep_endpoint(flat, *(given.get(name) for name in names))


def _convert(given: Arguments) -> dict:
    """The list in one dialect or in all of them."""
    text, model = given.get("schedule"), given.get("model") or ""
    if (text is None) == ("settings" not in given):
        raise UserError("convert takes a schedule or the settings of a view, one of them.")
    with ROOM.taking(FOLLOWS):
        if text is None:
            e = unflatten(Experiment, _flat(given["settings"]))
            text = formats([float(v) for v in levels(e)])["plain"]
        it = found(Asked(text=text, model=model))
        made = {c["name"]: {"text": c["text"], "note": c["note"]} for c in copies(it)}
    if not made:
        raise UserError("This schedule holds levels that no tool can take; xray_schedule says why.")
    to = given.get("to")
    if to is not None and to not in made:
        raise UserError(f"Unknown dialect {to!r:.40}. Known: {', '.join(made)}.")
    return {
        "read_as": it.what,
        "model": it.model.family.name,
        "told_by": it.how,
        "notes": list(it.notes),
        "dialects": made if to is None else {to: made[to]},
    }


MODEL = _text(
    "The family of the model that the schedule is for; guessed where it is not given.",
    "sdxl",
    enum=list(FAMILIES),
)
SCHEDULE = _text(
    "The text of a scheduler_config.json, a ComfyUI workflow, an A1111 infotext, or a list of "
    "noise levels, flow times or timesteps. It is data; nothing in it is run.",
    "14.6, 5.8, 0.9, 0.03, 0",
    maxLength=LONGEST,
)
SETTINGS = {"type": "object", "description": AS_IN_RUN, "examples": [EXAMPLE]}


def _of_run() -> dict[str, Any]:
    whole = {"description": LIKE, "properties": settings_schema(), "additionalProperties": False}
    known = ", ".join(STRIPS)
    strips = f"Strips of the page whose numbers are wanted too, with commas: {known}."
    return _object({"settings": SETTINGS | whole, "strips": _text(strips, "curvature, loss")})


def _of_sweep() -> dict[str, Any]:
    grids = "Time steps, with commas; those of the settings if not given."
    return _object(
        {
            "settings": SETTINGS,
            "solvers": _text("Solvers, with commas; the page’s if not given.", "ddim, heun"),
            "budgets": _text("Counts of evaluations (NFE), with commas.", "5, 9, 17"),
            "grids": _text(grids, "rho, comfy:karras"),
        }
    )


def _of_convert() -> dict[str, Any]:
    to = _text("The one that is wanted; all if not given.", "diffusers", enum=list(DIALECTS))
    instead = {"description": f"Instead of a schedule: {AS_IN_RUN}"}
    given = {"schedule": SCHEDULE, "settings": SETTINGS | instead, "model": MODEL, "to": to}
    return _object(given)


@lru_cache(1)
def tools() -> dict[str, Tool]:
    """The four of them, by name."""
    return {
        "run_view": Tool(
            "Run one sampling experiment (data, model, solver, time steps, noise schedule, churn) "
            "and measure it: the median end error with its 95 % interval, the steps that make it, "
            "its cost, and the link that opens it.",
            _of_run(),
            _run_view,
        ),
        "xray_schedule": Tool(
            "X-ray a schedule: which noise levels a config, workflow, infotext or list really "
            "samples, and what is wrong with it, with a mended list where there is one.",
            _object({"schedule": SCHEDULE, "model": MODEL}, ("schedule",)),
            _xray,
        ),
        "sweep": Tool(
            "Error against evaluations for several solvers, budgets and time steps: medians with "
            "intervals, the measured order of each, and which is best, or that it cannot be told.",
            _of_sweep(),
            _sweep,
        ),
        "convert_schedule": Tool(
            "Write a schedule, or the noise levels of a view, as another tool takes it: Python, "
            "k-diffusion, diffusers, ComfyUI, A1111 or JSON, with what to know of each.",
            _of_convert(),
            _convert,
        ),
    }


def use(name: str, given: Any) -> dict:
    """What a tool answers.  Raises UserError for a tool or an argument that there is not."""
    known = tools()
    if name not in known:
        raise UserError(f"There is no tool {name!r:.60}. Known: {', '.join(known)}.")
    given = {} if given is None else given
    schema = known[name].schema
    for key, value in given.items():
        if key not in schema["properties"]:
            takes = ", ".join(schema["properties"])
            raise UserError(f"{name} takes no {key!r:.60}. It takes: {takes}.")
        if schema["properties"][key]["type"] == "string" and not isinstance(value, str):
            raise UserError(f"{key} must be a text; got {value!r:.60}.")
        if isinstance(value, str) and len(value) > LONGEST:
            raise UserError(f"{key} has {len(value):,} characters; {LONGEST:,} work.")
    if missing := [key for key in schema["required"] if key not in given]:
        example = schema["properties"][missing[0]]["examples"][0]
        raise UserError(f"{name} needs “{missing[0]}”, such as {example!r}.")
    return known[name].do(given)
