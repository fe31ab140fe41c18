"""What the page is told of every control: bounds, words and defaults, as plain values."""

import json

from ..core.ode import makes_noise, needs_schedule, recommended
from ..lab.designs import DESIGNS, PARTS
from ..lab.experiment import Experiment
from ..settings import Parameter, flatten, parameters, slots


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
    }


def as_json() -> str:
    """What the page is told of every control, as it stands in its source."""
    return json.dumps(config(), ensure_ascii=False)
