"""What the stage shows: data and density, true paths, the states of a run; packed for a canvas.

of_data  belongs to data and model      of_paths  to the reference      of_run  to the solver
"""

import math

import torch

from ..core.guided import Guided
from ..core.schedules import SCHEDULES
from ..figures import frames, pack, stage
from ..lab import afford
from ..lab.source import Source
from ..lab.view import View
from . import decoded, denoise_strip, guided, words

EXACT_PATHS = 28  # shown whole on the stage
POINTS = 1000  # data points, at most
IMAGES = 64
FRAMES = {name: schedule() for name, schedule in reversed(SCHEDULES.items())}  # the plainest last


def of_data(view: View) -> dict:
    """Data, density and the denoise strip."""
    source = view.source
    out: dict = {"spread": spread(source)}
    if afford.strip(source) is None and not hasattr(
        source.data, "lacking"
    ):  # a slow network shows its first samples before
        out["strip"] = strip(view)
    if source.kind == "plane":
        out["dots"] = pack.positions(data_points(view))
        out["density"] = stage.density_maps(law_of(source), source.view, spread(source))
        out |= guided.meant(source, spread(source))
    elif source.kind == "line":
        out["line"] = _line_stage(source, law_of(source))
    return out


def data_points(view: View) -> torch.Tensor:
    """(n, 2): the data that the stage shows, in units of their spread."""
    source = view.source
    points = source.mixture.means
    if len(points) > POINTS:
        points = points[torch.linspace(0, len(points) - 1, POINTS).long()]
    shown = (
        source.mixture.sample(len(points), torch.Generator().manual_seed(1))
        if hasattr(source.data, "law") or (source.data.thickness and len(points) < POINTS)
        else points
    )
    return stage.project(shown, source.view) / spread(source)


def of_paths(view: View) -> dict:
    """The true paths, and the one to show first."""
    source, ref = view.source, view.paths
    if source.kind == "plane":
        x = ref.x[:, :EXACT_PATHS]
        return {
            "exact": stage.planar_paths(x, ref.sigma, source.view, spread(source)),
            "paths": x.shape[1],
            "hero": hero(view),
        }
    if source.kind == "line":
        order = ref.x[0, :, 0].argsort()
        chosen = order[torch.linspace(0, len(order) - 1, min(24, len(order))).long()]
        return {"exact": pack.floats(ref.x[:, chosen, 0]), "paths": len(chosen)}
    return {}


def of_run(view: View) -> dict:
    """The states and the denoiser's answers at each step."""
    source, tr = view.source, view.run.trajectory
    if source.kind == "plane":
        return _planar_run(view)
    if getattr(source.denoiser, "decoder", None):
        return decoded.of_run(view)
    if source.kind == "image":
        room = int(6e5 / (math.prod(source.shape) * len(tr.sigma_hat)))
        k = min(IMAGES, tr.x.shape[1], max(8, room))
        shown = stage.image_run(tr.denoised[:, :k], tr.noise[:, :k], tr.samples[:k])
        return {**shown, "count": k}
    order = tr.x[0, :64, 0].argsort()
    chosen = order[torch.linspace(0, len(order) - 1, min(8, len(order))).long()]
    return {
        "x": pack.floats(tr.x[:, chosen, 0]),
        "x_hat": pack.floats(tr.x_hat[:, chosen, 0]),
        "denoised": pack.floats(tr.denoised[:, chosen, 0]),
        "count": len(chosen),
        "shown": chosen.tolist(),
    }


def _planar_run(view: View) -> dict:
    source, tr = view.source, view.run.trajectory
    level = spread(source)
    out = {"x": stage.planar_paths(tr.x, tr.sigma, source.view, level)}
    if view.experiment.churn.s_churn > 0:
        out["x_hat"] = stage.planar_paths(tr.x_hat, tr.sigma_hat, source.view, level)
    out["denoised"] = pack.positions(stage.project(tr.denoised, source.view) / level)
    return {**out, "count": tr.x.shape[1], **guided.drawn(view.run, level)}


def law_of(source: Source):
    """The law that the denoiser works with: its own points, or those of the data."""
    law = source.denoiser
    if isinstance(law, Guided) and source.shape != (2,):  # of more it has no map
        law = law.strong
    known = hasattr(law, "means") or (isinstance(law, Guided) and hasattr(law.strong, "means"))
    return law if known else source.mixture


def spread(source) -> float:
    """The spread that the stage divides by: of the data, for points of the two coordinates on show.

    In 16-D those two carry most of the drawing and spread wider than the average coordinate.
    """
    if source.kind != "plane":
        return source.sigma_data
    if hasattr(source.data, "law"):
        return source.sigma_data
    shown = stage.project(source.mixture.means, source.view)
    return float((shown.var(0, correction=0).mean() + source.data.thickness**2).sqrt())


def strip(view: View) -> dict:
    """EDM Fig. 1, see `denoise_strip`."""
    return denoise_strip.strip(view, spread(view.source))


def _line_stage(source, law) -> dict:
    """EDM Fig. 3 for each frame: slopes and density on the wide view and on the inset near the
    data."""
    unit = max(source.sigma_data, 1e-3)
    out = {}
    for name, frame in FRAMES.items():
        views = {}
        for view, edge, reach, columns, rows in (("wide", 25, 30, 14, 11), ("near", 1, 2.6, 9, 7)):
            sigma_edge = edge * unit
            y_edge = (2.6 if view == "wide" else 2.0) if frame.scaled else reach * unit
            views[view] = {
                "sigma": sigma_edge,
                "y": y_edge,
                "columns": columns,
                "rows": rows,
                "slopes": stage.line_field(
                    source.denoiser, frame, sigma_edge, y_edge, columns, rows, source.mixture.means
                ),
                "density": stage.line_density(law, frame, sigma_edge, y_edge),
            }
        out[name] = views | {"frame": frame_of(frame)}
    return {"frames": out, "cells": 72}


def frame_of(schedule) -> dict:
    """A schedule for the page: its names, t(σ) and s(σ) as a table, and `opens`, which belongs to
    the frame and not to how its parameters are set."""
    return {
        "name": schedule.name,
        "label": schedule.label,
        "words": words.frame(schedule),
        "plain": schedule == type(schedule)(),
        "opens": frames.opens(type(schedule)()),
        "table": frames.table(schedule),
    }


def hero(view: View) -> int:
    """The sample whose path goes furthest on the stage: the one to show first."""
    ref, source = view.paths, view.source
    scaled = stage.planar(ref.x[:, :EXACT_PATHS], ref.sigma, source.view, spread(source))
    length = scaled.diff(dim=0).norm(dim=2).sum(0)
    return int(length.argmax())
