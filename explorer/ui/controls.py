"""What the page is told of every control: bounds, words and defaults, as plain values."""

import json

from ..core.ode import makes_noise, needs_schedule, recommended
from ..lab.designs import DESIGNS, PARTS
from ..lab.experiment import Experiment
from ..lab.timesteps import lists
from ..settings import Parameter, flatten, parameters, slots
from ..settings.track import track
from ..strips.markup import formula
from ..study.setting_error import NOT_ASKED


def config() -> dict:
    """What the page must know about the settings, as plain values."""
    entries = {
        slot: {
            name: {
                "label": cls.label,
                "short": getattr(cls, "short", cls.label),
                "values": _own(slot, cls),
                "about": getattr(cls, "card", getattr(cls, "about", "")),
                **(_card(cls) if slot == "solver" else {}),
                "needs_schedule": needs_schedule(cls),
                "needs": getattr(cls, "needs", ""),
                **(_lists(cls) if slot == "timesteps" else {}),
            }
            for name, cls in choices.items()
        }
        for slot, choices in slots(Experiment).items()
    }
    table = {p.key: _facts(p) for p in parameters(Experiment)}
    designs = {
        k: {"label": d.label, "about": d.about, "flat": dict(d.flat)} for k, d in DESIGNS.items()
    }
    return {
        "defaults": flatten(Experiment()),
        "entries": entries,
        "parameters": table,
        "designs": designs,
        "parts": list(PARTS),
    }


def _own(slot: str, cls) -> dict:
    return {f"{slot}.{k}": v for k, v in flatten(cls()).items()}


def _lists(cls) -> dict:
    """What the list of time steps says of one: a tool's by the field that tells its lists apart."""
    told = {"source": cls.source, "formula": formula(cls.formula)}
    if listed := lists(cls):
        told |= {"by": f"timesteps.{cls.by}", "lists": [list(pair) for pair in listed]}
    return told


def _card(cls) -> dict:
    """What the list of solvers says of one."""
    solver = cls()
    return {
        "family": cls.family,
        "order": f"up to {solver.order}" if "order" in flatten(solver) else str(solver.order),
        "evaluations": solver.evaluations,
        "memory": solver.memory - 1,
        "makes_noise": makes_noise(solver),
        "source": cls.source,
        "names": list(cls.aliases),
        "recommended": recommended(cls),
    }


def _facts(p: Parameter) -> dict:
    kind = (
        "list"
        if isinstance(p.default, tuple)
        else "text"
        if isinstance(p.default, str)
        else "number"
    )
    return {
        "low": p.spec.low,
        "high": p.spec.high,
        "step": p.spec.step,
        "log": p.spec.log,
        "integer": isinstance(p.default, int),
        "kind": kind,
        "help": p.spec.help,
        **_curve(p, kind),
    }


def _curve(p: Parameter, kind: str) -> dict:
    """The values at a slider's two ends, and whether there is an answer curve along it."""
    ends = track(p.spec) if kind == "number" and p.spec.choices is None else None
    return {} if ends is None else {"track": ends, "answers": p.key not in NOT_ASKED}


def as_json() -> str:
    """What the page is told of every control, as it stands in its source."""
    return json.dumps(config(), ensure_ascii=False)
