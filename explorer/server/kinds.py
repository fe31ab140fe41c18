"""What can be measured, by name and from plain values: as true in a worker as in the server."""

from typing import Any

from ..errors import UserError
from ..lab.experiment import Experiment
from ..settings import unflatten
from ..ui import amed, amed_table, claims, compare
from ..ui.ab import ab
from ..ui.ablations import ablation
from ..ui.advise import advise
from ..ui.asymmetry import conservative
from ..ui.between import between
from ..ui.churn import churn_effect
from ..ui.distances import distances
from ..ui.edit import edit
from ..ui.equal_error import equal_error
from ..ui.fit import fit
from ..ui.foundry import foundry
from ..ui.guidance import guidance
from ..ui.heat import heat
from ..ui.image_grid import grid
from ..ui.information import information
from ..ui.langevin import langevin
from ..ui.learned import learned
from ..ui.likelihood import likelihood
from ..ui.local_error import local
from ..ui.map import heat_map
from ..ui.measurement import Measurement
from ..ui.plane import plane
from ..ui.round_trip import round_trip
from ..ui.schedules import measured
from ..ui.stochastic import by_training

OF_A_VIEW = {
    "sweep": compare.sweep,
    "local": local,
    "distance": distances,
    "churn": churn_effect,
    "round": round_trip,
    "edit": edit,
    "between": between,
    "likelihood": likelihood,
    "conservative": conservative,
    "guidance": guidance,
    "stochastic": by_training,
    "sde": langevin,
    "heat": heat,
    "map": heat_map,
    "equal": equal_error,
    "learned": learned,
    "information": information,
    "fit": fit,
    "foundry": foundry,
    "plane": plane,
    "ab": ab,
    "grid": grid,
    "ablation": ablation,
    "advise": advise,
}
OTHERS = {
    "train": lambda request, before: amed.train(request, before),
    "table": lambda request, before: amed_table.table(request, before),
    "optimise": lambda request, before: amed_table.better_steps(request),
    "claim": lambda request, before: claims.again(request),
    "shares": lambda request, before: measured.shares(request),
}
CELLS = OF_A_VIEW.keys()  # that an engine can share out
KEPT = CELLS | {"table", "optimise"}  # whose cells are kept; a table may hold what only its job has
LONG = {"train", "table", "optimise", "foundry"}  # minutes rather than seconds


def known(kind: Any, more: tuple[str, ...] = ()) -> str:
    """The kind itself.  Raises UserError unless it can be measured; more: kinds beside these."""
    names = (*OF_A_VIEW, *OTHERS, *more)
    if not isinstance(kind, str) or kind not in names:
        raise UserError(f"Unknown measurement {kind!r:.40}. Known: {', '.join(names)}.")
    return kind


def measurement(request: dict, before: Any = None) -> Measurement:
    """What a request asks for.  before: what an earlier job left, see `ui.amed.Left`.

    Raises UserError where it cannot work.
    """
    kind = known(request.get("kind"))
    if kind in OTHERS:
        return OTHERS[kind](request, before)
    values = request.get("values")
    base = unflatten(Experiment, values if isinstance(values, dict) else {})
    return OF_A_VIEW[kind](base, request)
