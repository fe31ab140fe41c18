"""Steps of a solver that chooses them itself: those taken and those refused, hanging under the
axis, and the list that they come to."""

import dataclasses
import math

from ..core.solvers import RES2S, Heun, TypedRK
from ..core.solvers.adaptive import PAIRS, Adaptive
from ..core.timesteps import Custom
from ..figures.style import STOCHASTIC
from ..lab.experiment import Experiment, Run
from ..settings import to_query
from .marks import FINE, Mark, arcs, digits, text
from .strip import Numbers

ROOM, WORDS = 0.66, 0.86  # of the height above the axis: how deep they hang, and their words
ENOUGH = 500  # levels of a list that may be opened


def tried(run: Run) -> Numbers:
    """start, stop, error and taken of each try of the first sample; nothing for other solvers."""
    found = run.trajectory.tried
    if found is None:
        return {}
    columns = {"start": found.sigma, "stop": found.sigma_next, "error": found.error}
    numbers = {k: digits(v.tolist()) for k, v in columns.items()}
    return {"tried": numbers | {"taken": found.taken.tolist()}}


def hanging(numbers: Numbers, top: float, colour: str) -> list[Mark]:
    """An arc down for each try, its depth Δ ln σ: refused ones in another colour, and dashed."""
    start, stop, taken = numbers["start"], numbers["stop"], numbers["taken"]
    deepest = max((abs(math.log(a / b)) for a, b in zip(start, stop)), default=1.0)
    marks = []
    for wanted, ink, more in (
        (True, colour, {"alpha": 0.9}),
        (False, STOCHASTIC, {"alpha": 0.9, "dash": list(FINE)}),
    ):
        mine = [k for k, t in enumerate(taken) if t == wanted]
        a, b = ([v[k] for k in mine] for v in (start, stop))
        down = [-ROOM * top * abs(math.log(x / y)) / deepest for x, y in zip(a, b)]
        marks.append(arcs(a, b, down, ink, 1.25, **more))
    refused = len(taken) - sum(taken)
    steps = f"{sum(taken)} step{'' if sum(taken) == 1 else 's'}"
    words = f"first sample: {steps} taken, {refused} refused"
    short = f"{sum(taken)} taken, {refused} refused"
    place = max(start, default=1.0)
    marks.append(text(place, -WORDS * top, words, STOCHASTIC, "left", short=short, shift=4))
    return marks


def opened(run: Run) -> list[dict]:
    """What leads to the same view with the first sample's steps as a typed list, and its pair as a
    solver of one step; none where there is nothing to open."""
    found, e = run.trajectory.tried, run.experiment
    if found is None or not 2 <= len(found.levels) <= ENOUGH:
        return []
    return [{"kind": "open", "label": "Open as list", "query": to_query(listed(e, found.levels))}]


def listed(e: Experiment, levels: list[float]) -> Experiment:
    """The view with these levels as a typed list, made by the method of its pair that goes on;
    Bogacki and Shampine's has none among the solvers, and Heun stands in for it."""
    solver = e.solver
    assert isinstance(solver, Adaptive)
    single = {"exp21": RES2S(0.5), "exp32": TypedRK(PAIRS["exp32"].table)}.get(solver.pair, Heun())
    return dataclasses.replace(e, timesteps=Custom(tuple(levels)), solver=single)
