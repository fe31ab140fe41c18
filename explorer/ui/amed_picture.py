"""Why AMED works, for the page to draw: one quick call, and its sliders never ask the server."""

import math

from ..errors import UserError
from ..figures import amed_plane
from ..figures.style import rounded
from ..lab.experiment import Experiment, levels
from ..lab.source import prepared
from ..numerals import percent
from ..strips.plane import without
from ..study.optimise import with_levels
from ..study.step_picture import (
    FOLLOWED,
    PATHS,
    StepPicture,
    path_plane,
    predictor_for,
    same_levels,
    step_picture,
)
from . import words
from .amed import Left, view_of
from .parts import unfollowed


def picture(request: dict, about: Left | None = None) -> dict:
    """One step of true paths: its chord, its tangents, and where every r and c would lead.

    about: the training under way.
    """
    e = view_of(request)
    if about is not None and about.levels is not None and about.base == e:
        e = with_levels(e, about.levels)
    steps = len(levels(e)) - 1
    n, k = request.get("step", 0), request.get("pick", 0)
    if not isinstance(n, int) or isinstance(n, bool) or not 0 <= n < steps:
        raise UserError(f"Step must be a whole number from 0 to {steps - 1}; got {n!r:.40}.")
    k = k % PATHS if isinstance(k, int) and not isinstance(k, bool) else 0
    if why := unfollowed(e):
        raise UserError(why)
    found = step_picture(e, n, _predictor(request, e, about))
    on = f"{words.data_name(e.data)}, {e.model.label}"
    return {**_numbers(found), **_drawn(found, k), "on": on}


def _numbers(p: StepPicture) -> dict:
    """What the sliders need of all paths."""
    true, n = p.true, p.step
    return {
        "step": n,
        "steps": len(p.levels) - 1,
        "sigma": p.levels[n : n + 2].tolist(),
        "r": rounded(p.family.r),
        "levels": rounded(p.levels, 5),
        "uu": rounded(p.uu, 6),
        "uw": rounded(p.uw.flatten(), 6),
        "ww": rounded(p.ww.flatten(), 6),
        "errors": {name: rounded(v) for name, v in p.errors.items()},
        "best": {"r": rounded(true.r), "c": rounded(true.c, 5), "angle": rounded(true.angle)},
        "learned": p.learned and {"r": rounded(p.learned[0]), "c": rounded(p.learned[1], 5)},
    }


def _drawn(p: StepPicture, k: int) -> dict:
    """Path k in its own plane."""
    true, axes = p.true, p.axes(k)
    origin, way = true.x[0, k], float(p.levels[p.step + 1] - p.levels[p.step])
    flat = lambda v: rounded(((v - origin) @ axes.T).flatten(), 5)
    return {
        "pick": k,
        "path": flat(true.x[:, k]),
        "points": flat(p.family.points[:, k]),
        "moves": rounded((p.family.moves[:, k] @ axes.T).flatten(), 5),
        "tangents": rounded((true.tangent[:, k] @ axes.T * way).flatten(), 5),
        "marks": {
            "DDIM": flat(p.ends["ddim"][k]),
            "Heun": flat(p.ends["heun"][k]),
            "DPM-Solver-2": flat(p.ends["dpm2"][k]),
        },
        "outside": p.outside(k),
    }


def _predictor(request: dict, e: Experiment, about: Left | None):
    """The predictor of the training under way, if it is for this view; else the one in use."""
    if (
        about is not None
        and about.trained is not None
        and about.trained.solver == e.solver.purpose
        and same_levels(about.trained.sigmas, levels(e))
    ):
        return about.trained.on(prepared(e.data, e.model).device.device).predictor
    values = request.get("values") or {}
    if not isinstance(values, dict):
        raise UserError(f"“values” holds settings by their names; got {values!r:.60}.")
    return predictor_for(e, str(values.get("solver.predictor") or ""))


def plane(request: dict) -> dict:
    """AMED Fig. 4 for the open model: how far paths leave their own line, plane and 3-space."""
    e = view_of(request)
    size = math.prod(prepared(e.data, e.model).shape)
    if size < 3:
        return {"why": without(size)}
    if why := unfollowed(e):
        return {"why": why}
    found = path_plane(e)
    _, two, three = found.residual
    return {
        "figure": amed_plane.plane(
            found.sigma.tolist(), found.residual.tolist(), found.walk.tolist()
        ),
        "words": f"Two components leave out at most {percent(float(two.max()))} of |x|, three at "
        f"most {percent(float(three.max()))}, on average over {FOLLOWED} paths; of a random walk "
        f"with the same steps two leave out up to {percent(float(found.walk.max()))} of that |x|.",
    }
