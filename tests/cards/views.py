"""Random views that cost little: any solver, grid, schedule and model, on points by formula."""

import random

from explorer.errors import UserError
from explorer.lab.experiment import Experiment, run
from explorer.settings import parameters, slots, unflatten

DATA = (
    "spiral",
    "moons",
    "swissroll",
    "rings",
    "checkerboard",
    "pinwheel",
    "grid",
    "diracs",
    "tree",
)
MODELS = ("exact", "exact", "ideal", "gaussian", "guided")
LEFT = {"timesteps.levels", "samples", "nfe", "data.dimension", "timesteps.list"}  # as they are
LEARNED = {"amed", "plugin", "forged"}  # their weights are tested by name


def views(count, seed=0):
    """As many different views that run, the same for the same seed."""
    draw, found = random.Random(seed), []
    while len(found) < count:
        try:
            e = unflatten(Experiment, _flat(draw))
            run(e)
        except UserError:  # no view: a grid without two levels, an order without its steps
            continue
        if e not in found:
            found.append(e)
    return found


def _flat(draw):
    entries = slots(Experiment)
    flat = {
        "data": draw.choice(DATA),
        "model": draw.choice(MODELS),
        "schedule": draw.choice(list(entries["schedule"])),
        "timesteps": draw.choice(
            ["rho", "vp", "ve", "iddpm", "logsnr", "vp_time", "flow", "comfy"]
        ),
        "solver": draw.choice([s for s in entries["solver"] if s not in LEARNED]),
        "samples": draw.randint(2, 12),
        "nfe": draw.randint(4, 14),
    }
    for p in parameters(Experiment):
        if p.key in LEFT or p.key in flat or (p.slot and flat.get(p.slot) != p.entry):
            continue
        if draw.random() < 0.3:
            flat |= _value(draw, p)
    return flat


def _value(draw, p):
    spec = p.spec
    if spec.choices:
        return {p.key: draw.choice([v for v, _ in spec.choices])}
    if isinstance(p.default, bool | str | tuple) or spec.low is None or spec.high is None:
        return {}
    if isinstance(p.default, int):
        return {p.key: draw.randint(int(spec.low), min(int(spec.high), int(spec.low) + 40))}
    near = max(abs(p.default), 0.01)
    low, high = max(spec.low, p.default - near / 2), min(spec.high, p.default + near / 2)
    return {p.key: draw.uniform(low, high)}
