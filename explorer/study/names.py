"""What a solver with its settings, and what samples with it, is called."""

import re

from ..core.solvers.inside import spoken
from ..lab.experiment import Experiment
from ..settings import flatten, parameters

FRAME_NAMES = {"edm": "EDM", "vp": "VP", "ve": "VE", "iddpm": "iDDPM"}


def sampler_name(e: Experiment) -> str:
    """“Heun in the VP frame with churn”."""
    plain = not e.solver.needs_schedule or e.schedule.name == "edm"
    frame = "" if plain else f" in the {FRAME_NAMES[e.schedule.name]} frame"
    return f"{solver_name(e.solver)}{frame}{' with churn' if e.churn.s_churn > 0 else ''}"


def solver_name(solver) -> str:
    """“Heun”, “RK2 α = 0.5”, “DPM-Solver++(2M)”, “UniPC-3, bh1”: the label with its settings, those
    beside the order and the letter only where they are not the default.
    """
    flat, default = flatten(solver), flatten(type(solver)())
    if solver.family == "learned" and solver.predictor:
        return f"{spoken(solver.purpose)}, {solver.predictor}"
    letter = {"α": "alpha", "r": "r"}
    name = re.sub(r"\(([αr])\)$", lambda m: f" {m[1]} = {flat[letter[m[1]]]:g}", solver.label)
    told = set(letter.values()) if name != solver.label else set()
    if "order" in flat:
        told.add("order")
        name += f"({solver.order}M)" if solver.name == "dpmpp" else f"-{solver.order}"
    return ", ".join(
        [
            name,
            *(_words(solver, k, v) for k, v in flat.items() if k not in told and v != default[k]),
        ]
    )


def _words(solver, key: str, value) -> str:
    spec = next(p.spec for p in parameters(type(solver)) if p.key == key)
    if spec.choices is None:
        return f"{spec.label} = {value:g}"
    return f"{spec.label} {dict(spec.choices)[value]}"
