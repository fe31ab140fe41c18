"""What a solver with its settings, and what samples with it, is called."""

from string import Formatter

from ..core.ode import needs_schedule
from ..core.solvers.inside import spoken
from ..lab.experiment import Experiment
from ..numerals import number
from ..settings import flatten, parameters
from ..store.predictors import called

TYPED = 32  # characters of a typed text that a name holds
FRAME_NAMES = {"edm": "EDM", "vp": "VP", "ve": "VE", "iddpm": "iDDPM", "flow": "flow"}


def sampler_name(e: Experiment) -> str:
    """“Heun in the VP frame with churn”."""
    plain = not needs_schedule(e.solver) or e.schedule.name == "edm"
    frame = "" if plain else f" in the {FRAME_NAMES[e.schedule.name]} frame"
    return f"{solver_name(e.solver)}{frame}{' with churn' if e.churn.s_churn > 0 else ''}"


def solver_name(solver) -> str:
    """“Heun”, “RK2 α = 0.5”, “DPM-Solver++(2M)”, “UniPC-3, bh1”: the label with its settings, those
    beside the order and the letter only where they are not the default.
    """
    flat, default = flatten(solver), flatten(type(solver)())
    if whole := getattr(solver, "whole_name", ""):  # of its own: its settings are too many to say
        return whole
    if getattr(solver, "predictor", ""):
        return f"{spoken(solver.purpose)}, {called(solver.predictor) or 'trained here'}"
    own = getattr(solver, "full_label", None)
    label = own or (solver.label + "-{order}" if "order" in flat else solver.label)
    told = {field for _, field, *_ in Formatter().parse(label) if field}
    name = label.format(**{k: flat[k] for k in told})
    return ", ".join(
        [
            name,
            *(_words(solver, k, v) for k, v in flat.items() if k not in told and v != default[k]),
        ]
    )


def _words(solver, key: str, value) -> str:
    spec = next(p.spec for p in parameters(type(solver)) if p.key == key)
    if isinstance(value, str) and spec.choices is None:  # typed: its beginning tells it from others
        return value if len(value) <= TYPED else f"{value[:TYPED]}…"
    if spec.choices is None:
        return f"{spec.label} = {number(value)}"
    return f"{spec.label} {dict(spec.choices)[value]}"
