"""Where a Run meets a figure: the parts of the message that the page draws.

    data    belongs to the data set and model: points, density, denoise strip
    loss    too; a part of its own, since a network takes its time
    path    belongs to the reference: curvature, subspace, exact paths
    run     the solver's own states, steps and costs
    error   the run against the reference, and which step is to blame

The page says which parts it holds (`have`), and only the others are made and sent.
"""

import math
from collections.abc import Mapping

import torch

from ..analysis import geometry
from ..analysis.loss import TRAINING, WEIGHTS, change, denoise_strip, loss_per_sigma
from ..core.denoisers import Mixture
from ..core.schedules import EDM, VE, VP
from ..dialects import lists
from ..figures import pack, spine, stage
from ..figures.style import FAMILY, rounded
from ..lab import cost
from ..lab.experiment import Experiment, Run, Watch, incomparable, prepared
from ..lab.truth import compared, comparison, errors_of, path_error, patience, reference_for
from ..lab.view import View
from ..memo import Memo
from ..settings import flatten
from ..study.names import solver_name
from . import words

EXACT_PATHS = 28  # shown whole on the stage
PLANE_POINTS = 41  # points of a path in the PCA, as AMED's 41 stamps
MEASURED = 64  # paths in the measures of geometry
OWN = 24  # of the solver's polylines, whose median is shown
STRIP_LEVELS = (0, 0.2, 0.5, 1, 2, 3, 5, 7, 10, 20, 50)  # EDM Fig. 1
IMAGES = 64
LOSS_LEVELS, LOSS_LEAST = 27, 8  # of a network's loss: noise levels, and samples at least
FRAMES = {"vp": VP(), "ve": VE(), "edm": EDM()}

_parts = Memo(24 * 2**20)


def keys(e: Experiment) -> dict[str, str]:
    """The name of each part's content: equal names, equal parts."""
    return View(e).keys


def absent(e: Experiment) -> list[str]:
    """Parts that would take too long with this network, so that they are not measured."""
    source = prepared(e.data, e.model)
    if source.pace is None:
        return []
    return (["path"] if patience(e) > cost.LONG else []) + (
        ["loss"] if source.pace * LOSS_LEVELS * LOSS_LEAST > cost.LONG else []
    )


def part(name: str, e: Experiment, r: Run, watch: Watch | None = None) -> dict:
    """One part of the message, remembered by its key."""
    key = keys(e)[name]
    make = {
        "data": data_part,
        "loss": loss_part,
        "path": path_part,
        "run": run_part,
        "error": error_part,
        "exact": exact_part,
    }[name]
    if name in ("run", "error", "exact"):
        return {"key": key, **make(r, watch)}
    return _parts((name, key), lambda: {"key": key, **make(e, watch)})


# ---- data ---------------------------------------------------------------------------------------


def data_part(e: Experiment, watch: Watch | None = None) -> dict:
    """What belongs to data and model alone."""
    source = prepared(e.data, e.model)
    out = {
        "kind": source.kind,
        "name": words.data_name(e.data),
        "spread": _spread(source),
        "shape": list(source.shape),
        "points": len(source.mixture),
        "classes": source.data.classes,
        "strip": _strip(source),
    }
    if source.kind == "plane":
        out["plane"] = words.plane_name(e.data)
        points = source.mixture.means
        if len(points) > 1000:
            points = points[torch.linspace(0, len(points) - 1, 1000).long()]
        shown = (
            source.mixture.sample(len(points), torch.Generator().manual_seed(1))
            if source.data.thickness and len(points) < 1000
            else points
        )
        out["dots"] = pack.positions(stage.project(shown, source.view) / _spread(source))
        law = source.denoiser if hasattr(source.denoiser, "means") else source.mixture
        out["density"] = stage.density_maps(law, source.view, _spread(source))
    elif source.kind == "line":
        law = source.denoiser if hasattr(source.denoiser, "means") else source.mixture
        out["line"] = _line_stage(source, law)
    return out


def _spread(source) -> float:
    """The spread that the stage divides by: of the data, for points of the two coordinates on show.

    In 16-D those two carry most of the drawing and spread wider than the average coordinate.
    """
    if source.kind != "plane":
        return source.sigma_data
    shown = stage.project(source.mixture.means, source.view)
    return float((shown.var(0, correction=0).mean() + source.data.thickness**2).sqrt())


def loss_part(e: Experiment, watch: Watch | None = None) -> dict:
    """The loss at each noise level in every weighting."""
    source = prepared(e.data, e.model)
    size = math.prod(source.shape)
    count, number = 1024 if len(source.mixture) * size < 2e4 else 256, 52
    if source.pace is not None:
        number = LOSS_LEVELS
        count = cost.affordable(source.pace, number, count, LOSS_LEAST, seconds=1.5)
    clean = _of_class(e, source).sample(count, torch.Generator().manual_seed(2))
    levels = torch.logspace(math.log10(160), math.log10(1e-3), number, dtype=torch.float64)
    measured = loss_per_sigma(
        source.watched(watch), clean, levels, torch.Generator().manual_seed(3), watch
    )
    name = words.loss_name(source)
    strips = {}
    for design in ("edm", "vp", "ve", "iddpm", "raw"):
        weight = WEIGHTS[design](levels, source.sigma_data)
        density = TRAINING["edm" if design == "raw" else design](levels)
        density = density / density.max()
        strips[design] = spine.loss(
            levels,
            measured.mean.cpu() * weight,
            measured.low.cpu() * weight,
            measured.high.cpu() * weight,
            density,
            words.LOSS_HINTS[design],
            name,
            words.FRAME_NAMES["edm" if design == "raw" else design],
        )
    return {"strips": strips}


def _of_class(e: Experiment, source) -> Mixture:
    """What the denoiser has to make: the data, or those of the class that it was told."""
    condition = getattr(e.model, "condition", -1)
    if (
        condition < 0
        or source.labels is None
        or not bool((mine := source.labels == condition).any())
    ):
        return source.mixture
    points = source.mixture.means[mine.to(source.mixture.means.device)]
    return Mixture(points.reshape(-1, *source.shape), source.data.thickness)


def _strip(source) -> dict:
    """EDM Fig. 1: one clean sample under rising noise, and the denoiser's answers."""
    clean = source.clean(1, seed=5)
    noise = torch.randn(
        clean.shape, generator=torch.Generator().manual_seed(6), dtype=torch.float64
    ).to(clean)
    scale = float(f"{source.sigma_data / 0.5:.1g}")  # EDM's levels, for data of another size
    levels = torch.tensor([max(s * scale, 1e-3) for s in STRIP_LEVELS], dtype=torch.float64)
    noisy, denoised = denoise_strip(source.denoiser, clean, levels, noise)
    many = cost.affordable(source.pace, 1, 60, least=12, seconds=0.1)
    fine = torch.logspace(math.log10(0.002), math.log10(80), many, dtype=torch.float64)
    _, answers = denoise_strip(source.denoiser, clean, fine, noise)
    out = {
        "levels": rounded(levels),
        "fine": rounded(fine[1:-1]),
        "change": rounded(change(fine, answers)),
    }
    if source.kind == "image":
        size = stage.spread(levels, source.sigma_data).to(noisy).reshape(-1, 1, 1, 1)
        out["noisy"] = pack.grey(noisy / size * source.sigma_data, -1.2, 1.2)
        out["denoised"] = pack.grey(denoised, -1.2, 1.2)
    else:
        view = source.view if source.kind == "plane" else None
        flat = (
            (lambda v: stage.project(v, view))
            if view is not None
            else (lambda v: torch.cat([v, torch.zeros_like(v)], -1))
        )
        size = stage.spread(levels, _spread(source)).to(noisy).reshape(-1, 1)
        out["noisy"] = pack.positions(flat(noisy) / size)
        out["denoised"] = pack.positions(flat(denoised) / _spread(source))
    return out


def _line_stage(source, law) -> dict:
    """EDM Fig. 3 for each frame: slopes and density on the wide view and on the inset near the
    data."""
    unit = max(source.sigma_data, 1e-3)
    out = {}
    for name, frame in FRAMES.items():
        views = {}
        for view, edge, reach, columns, rows in (("wide", 25, 30, 14, 11), ("near", 1, 2.6, 9, 7)):
            sigma_edge = edge * unit
            y_edge = reach * unit if name != "vp" else (2.6 if view == "wide" else 2.0)
            views[view] = {
                "sigma": sigma_edge,
                "y": y_edge,
                "columns": columns,
                "rows": rows,
                "slopes": stage.line_field(
                    source.denoiser, frame, sigma_edge, y_edge, columns, rows
                ),
                "density": stage.line_density(law, frame, sigma_edge, y_edge),
            }
        out[name] = views
    return {"frames": out, "cells": 72}


# ---- the reference path -------------------------------------------------------------------------


def path_part(e: Experiment, watch: Watch | None = None) -> dict:
    """What belongs to the exact paths: geometry and subspace."""
    source, ref = prepared(e.data, e.model), reference_for(e, watch)
    x, answers = ref.x[:, :MEASURED], ref.denoised[:, :MEASURED]
    out = {
        "sigma": rounded(ref.sigma, 6),
        "curvature": _curvature(e, source, ref.sigma, x, answers),
    }
    if source.kind == "plane":
        out["exact"] = stage.planar_paths(
            ref.x[:, :EXACT_PATHS], ref.sigma, source.view, _spread(source)
        )
        out["paths"] = min(EXACT_PATHS, ref.x.shape[1])
        out["hero"] = _longest(ref, source)
    if source.kind == "line":
        order = ref.x[0, :, 0].argsort()
        chosen = order[torch.linspace(0, len(order) - 1, min(24, len(order))).long()]
        out["exact"] = pack.floats(ref.x[:, chosen, 0])
        out["paths"] = len(chosen)
    out |= _subspace(source, ref.sigma, x)
    return out


def _longest(ref, source) -> int:
    """The sample whose path goes furthest on the stage: the one to show first."""
    shown = stage.project(ref.x[:, :EXACT_PATHS], source.view)
    scaled = shown / stage.spread(ref.sigma, _spread(source)).to(shown).reshape(-1, 1, 1)
    length = scaled.diff(dim=0).norm(dim=2).sum(0)
    return int(length.argmax())


def _curvature(e: Experiment, source, sigma, x, answers) -> dict:
    frame = e.schedule.name
    frames = {**FRAMES, frame: e.schedule}
    size = math.prod(source.shape) ** 0.5
    bends, kappas, change = {}, {}, geometry.answer_change(sigma, x, answers)
    for name, schedule in frames.items():
        inner, bend = geometry.bend(sigma, x, answers, schedule, source.sigma_data, change)
        bends[name] = geometry.band(bend)
        t = schedule.time(sigma)
        y = x.flatten(2) * schedule.scale(t).to(x).reshape(-1, 1, 1)
        kappas[name] = geometry.band(geometry.curvature(t, y))
    angle = geometry.band(geometry.turning(x))
    chord = geometry.band(geometry.chord_deviation(x) / geometry.chord_length(x))
    inside = sigma[1:-1]
    return {
        "bend": spine.curvature("bend", frame, inner, bends),
        "kappa": spine.curvature("kappa", frame, inside, kappas),
        "angle": spine.curvature("angle", frame, inside, {"edm": angle}),
        "chord": spine.curvature("chord", frame, inside, {"edm": [v[1:-1] for v in chord]}),
        "dimension": size**2,
    }


def _subspace(source, sigma, x) -> dict:
    dimension = math.prod(source.shape)
    if dimension < 3:
        return {"plane": spine.no_plane(words.no_plane(dimension)), "planes": None}
    keep = torch.linspace(0, len(sigma) - 1, PLANE_POINTS).round().long()
    path, levels = x[keep], sigma[keep]
    residual = geometry.residuals(path)
    walk = geometry.walk_like(path, torch.Generator().manual_seed(4))
    size = path.flatten(2).norm(dim=2)
    baseline = geometry.residuals(walk, scale=size, ks=(2,))[0]
    _, low, high = geometry.band(residual[1])
    strip = spine.out_of_plane(
        levels, residual.mean(2).cpu(), low.cpu(), high.cpu(), baseline.mean(1).cpu()
    )
    several = path[:, :EXACT_PATHS]
    coordinates, _ = geometry.principal(several, min(3, dimension))
    return {
        "plane": strip,
        "planes": {
            "sigma": rounded(levels, 6),
            "paths": several.shape[1],
            "coordinates": pack.floats(coordinates),
            "explained": rounded(geometry.explained(path, 6).mean(1), 7),
            "walk": rounded(geometry.explained(walk, 6).mean(1), 5),
            "peak": float(residual[1].mean(1).max()),
        },
    }


# ---- the run ------------------------------------------------------------------------------------


def run_part(r: Run, watch: Watch | None = None) -> dict:
    """States, steps, costs; without errors, so that it can be drawn at once."""
    e, source, tr = r.experiment, r.source, r.trajectory
    sigma, hat = tr.sigma.tolist(), tr.sigma_hat.tolist()
    colour = FAMILY[e.solver.family]
    churn = (e.churn.s_tmin, e.churn.s_tmax, e.churn.s_churn > 0)
    n = len(hat)
    out = {
        "sigma": rounded(sigma, 7),
        "hat": rounded(hat, 7),
        "t": rounded(tr.t, 6),
        "gamma": rounded([h / s - 1 for s, h in zip(sigma, hat)]),
        "frame": _frame(e.schedule),
        "colour": colour,
        "nfe": r.nfe,
        "steps": r.steps,
        "title": words.title(r),
        "status": words.status(r),
        "evaluations": spine.evaluations(tr.evaluated.tolist(), colour),
        "strip": spine.time_steps(sigma, hat, churn=churn, colour=colour),
        "grid": {
            "formula": words.formula(e.timesteps.formula),
            "source": e.timesteps.source,
        },
        "formats": lists.formats(sigma) if len(r.levels) > 1 and len(sigma) <= 257 else {},
        "own": _own(r, colour),
        "churned": e.churn.s_churn > 0,
    }
    if source.kind == "plane":
        out["x"] = stage.planar_paths(tr.x, tr.sigma, source.view, _spread(source))
        if out["churned"]:
            out["x_hat"] = stage.planar_paths(tr.x_hat, tr.sigma_hat, source.view, _spread(source))
        answers = stage.project(tr.denoised, source.view) / _spread(source)
        out["denoised"] = pack.positions(answers)
        out["count"] = tr.x.shape[1]
    elif source.kind == "image":
        k = min(IMAGES, tr.x.shape[1], max(8, int(6e5 / (math.prod(source.shape) * n))))
        out |= stage.image_run(tr.denoised[:, :k], tr.noise[:, :k], tr.samples[:k])
        out["count"] = k
    else:
        start = tr.x[0, :64, 0]
        order = start.argsort()
        chosen = order[torch.linspace(0, len(order) - 1, min(8, len(order))).long()]
        out |= {
            "x": pack.floats(tr.x[:, chosen, 0]),
            "x_hat": pack.floats(tr.x_hat[:, chosen, 0]),
            "denoised": pack.floats(tr.denoised[:, chosen, 0]),
            "count": len(chosen),
        }
    return out


def _frame(schedule) -> dict:
    return {"name": schedule.name, **flatten(schedule)}


def _own(r: Run, colour: str) -> dict:
    """The measures of curvature on the solver's own steps: its polyline, step size and all."""
    tr, e = r.trajectory, r.experiment
    if len(tr.sigma_hat) < 4 or e.churn.s_churn > 0:
        return {}
    x, answers, sigma = tr.x_hat[:, :OWN], tr.denoised[:, :OWN], tr.sigma_hat
    inner, bend = geometry.bend(sigma, x, answers, e.schedule, r.source.sigma_data)
    y = x.flatten(2) * e.schedule.scale(tr.t[: len(x)]).to(x).reshape(-1, 1, 1)
    kappa = geometry.curvature(tr.t[: len(x)], y)
    chord = geometry.chord_deviation(x) / geometry.chord_length(x)
    median = lambda v: v.median(1).values.cpu()
    return {
        "bend": spine.own_steps(inner, median(bend), colour),
        "kappa": spine.own_steps(sigma[1:-1], median(kappa), colour),
        "angle": spine.own_steps(sigma[1:-1], median(geometry.turning(x)), colour),
        "chord": spine.own_steps(sigma[1:-1], median(chord[1:-1]), colour),
    }


def exact_part(r: Run, watch: Watch | None = None) -> dict:
    """The error part, held against the best reference there is."""
    return error_part(r, watch, exact=True)


def error_part(r: Run, watch: Watch | None = None, exact: bool = False) -> dict:
    """The run against the reference: added up, each step alone, and the shares."""
    e, tr = r.experiment, r.trajectory
    colour = FAMILY[e.solver.family]
    if why := incomparable(e):
        return {"finding": None, "why": why}
    if patience(e) > cost.LONG:
        return {
            "finding": None,
            "exact": True,
            "why": f"The true paths of this network would take {patience(e) / 60:.0f} minutes "
            "here, so its error is not measured.",
        }
    # first what does not wait for the reference, which may be under way
    euler = comparison(e, watch) if compared(e) else None
    errors = errors_of(r, watch, exact)
    share = errors.steps.share.tolist()
    hot = spine.hottest(share)
    other = euler and (euler.levels, path_error(euler, watch, exact).mean(1), euler.nfe)
    band = geometry.band(errors.path)
    mean = errors.path.mean(1)
    truth = errors.truth
    floor = (
        None
        if float(truth.floor.max()) == 0
        else (truth.sigma[::4].tolist(), truth.floor[::4].tolist())
    )
    strip = spine.error(
        errors.sigma.tolist(),
        mean.tolist(),
        band[1].tolist(),
        band[2].tolist(),
        errors.steps.local.mean(1).tolist(),
        hot,
        f"{solver_name(e.solver)}, {r.nfe} NFE",
        colour,
        None if other is None else (other[0].tolist(), other[1].tolist(), f"Euler, {other[2]} NFE"),
        floor,
    )
    churn = (e.churn.s_tmin, e.churn.s_tmax, e.churn.s_churn > 0)
    sigma, hat = tr.sigma.tolist(), tr.sigma_hat.tolist()
    return {
        "finding": words.finding(r, errors, hot, other),
        "share": rounded(share),
        "reference": words.reference(truth),
        "exact": exact or truth.closed is not None,
        "local": rounded(errors.steps.local.mean(1)),
        "hot": hot,
        "measured": errors.measured,
        "added_up": rounded(mean),
        "ends": words.ends(errors),
        "strip": strip,
        "steps": spine.time_steps(sigma, hat, share, hot, churn, colour),
    }


def numbers(r: Run) -> Mapping:
    """The run as plain numbers, for the API; "why" says why it has no error, where it has none."""
    tr = r.trajectory
    out = {
        "nfe": r.nfe,
        "steps": r.steps,
        "sigma": tr.sigma.tolist(),
        "evaluated": tr.evaluated.tolist(),
        "seconds": r.seconds,
        "ms_per_evaluation": r.ms_per_evaluation,
        "device": r.source.device.label,
    }
    if why := incomparable(r.experiment):
        return out | {"mean_error": None, "why": why}
    errors = errors_of(r)
    return out | {
        "mean_error": float(errors.end.mean()),
        "median_error": float(errors.end.median()),
        "worst_error": float(errors.end.max()),
        "share": errors.steps.share.tolist(),
        "local_error": errors.steps.local.mean(1).tolist(),
    }
