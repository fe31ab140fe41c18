"""Data on a line on paper: every path against time, EDM Fig. 3, wide and near the data."""

import math

import torch

from ...figures import stage as drawn
from ...figures.paper.look import parsed
from ...figures.paper.sheet import Mark, Panel, Plot, Scale
from ...figures.style import INK, ONE_STEP, REFERENCE, STOCHASTIC
from ...lab import judged
from ...lab.view import View
from ...numerals import number
from .. import stage as page
from .. import words

PATHS, EXACT = 8, 14
CELLS = 72
WIDE, NEAR = (25.0, 30.0, 14, 11), (1.0, 2.6, 9, 7)  # of EDM's Fig. 3: see ui.stage


def panel(view: View, cursor: float | None, what: str) -> Panel:
    """Paths of x over time with density and slopes; D over time, or ε."""
    frame = view.experiment.schedule
    opens = page.frame_of(frame)["opens"]
    boxes = [(WIDE, (0.0, 0.0, 1.0, 1.0))]
    if not opens and what != "e":
        boxes = [(WIDE, (0.0, 0.0, 0.56, 1.0)), (NEAR, (0.66, 0.0, 1.0, 1.0))]
    plots = [_plot(view, cursor, what, how, box) for how, box in boxes]
    hint = {"x": "paths against time", "D": "denoised D along the paths", "e": "predicted noise ε"}
    said = f", σ = {number(cursor)} upright" if cursor is not None else ""
    return Panel(words.name_of(view), plots, hint[what] + said, 20.0)


def _plot(view: View, cursor: float | None, what: str, how: tuple, box: tuple) -> Plot:
    source, frame = view.source, view.experiment.schedule
    unit = max(source.sigma_data, 1e-3)
    edge, reach, columns, rows = how
    sigma = edge * unit
    top = (2.6 if how is WIDE else 2.0) if frame.scaled else reach * unit
    time = lambda s: float(frame.time(torch.tensor(float(s), dtype=torch.float64)))
    size = lambda s: float(frame.scale(torch.tensor(time(s), dtype=torch.float64)))
    t_edge = time(sigma)
    marks: list[Mark] = []
    if what == "x":
        marks += _ground(view, sigma, top, t_edge, columns, rows)
    else:
        top = 3.0 if what == "e" else 1.35 * float(source.mixture.means.abs().max())
    marks += _curves(view, what, time, size)
    if cursor is not None and time(cursor) <= t_edge:
        marks.append({"mark": "rule", "across": "x", "at": time(cursor), "colour": INK, "width": 1})
    plain = frame.name == "edm"
    x = Scale(t_edge, 0.0, "noise level σ = t" if plain else f"time t, {frame.formula}", grid=False)
    name = what if what != "x" else ("s x" if frame.scaled else "x")
    said = "" if how is NEAR else {"e": "ε"}.get(name, name)
    return Plot(x, Scale(-top, top, said, grid=False), marks, box)


def _ground(view: View, sigma: float, top: float, t_edge: float, columns: int, rows: int):
    """The density in each column, and the slopes of the flow."""
    source, frame = view.source, view.experiment.schedule
    law = page.law_of(source)
    p = drawn.line_density_map(law, frame, sigma, top, CELLS, CELLS)
    r, g, b, _ = parsed(REFERENCE)
    pixels = torch.empty(*p.shape, 4, dtype=torch.float64)
    pixels[..., 0], pixels[..., 1], pixels[..., 2] = r, g, b
    pixels[..., 3] = 52 / 255 * p.double() ** 0.8
    extent = (t_edge, 0.0, -top, top)
    out: list[Mark] = [
        {"mark": "image", "pixels": pixels.tolist(), "extent": extent, "smooth": True}
    ]
    slopes = drawn.line_field(
        source.denoiser, frame, sigma, top, columns, rows, source.mixture.means
    )
    x, y, dx, dy = [], [], [], []
    for i in range(columns):
        for j in range(rows):
            slope = slopes[i * rows + j]
            if slope is None:
                continue
            run, rise = 1 / t_edge, -slope / (2 * top)
            long = math.hypot(run, rise)
            x.append((i + 0.5) / columns * t_edge)
            y.append(top * (2 * (j + 0.5) / rows - 1))
            dx.append(run / long)
            dy.append(rise / long)
    own = {"x": x, "y": y, "dx": dx, "dy": dy, "length": 11}
    return [*out, {"mark": "arrows", "colour": INK, "alpha": 0.35, **own}]


def _curves(view: View, what: str, time, size) -> list[Mark]:
    tr, out = view.run.trajectory, []
    order = tr.x[0, :64, 0].argsort()
    chosen = order[torch.linspace(0, len(order) - 1, min(PATHS, len(order))).long()].tolist()
    if what == "x" and not judged.unknown(view):
        out.append(_exact(view, time, size))
    levels, hats = tr.sigma.tolist(), tr.sigma_hat.tolist()
    x, y = [], []
    jx, jy = [], []
    for k in chosen:
        if what == "x":
            for i, hat in enumerate(hats):
                x += [time(hat), time(levels[i + 1]), math.nan]
                y += [float(tr.x_hat[i, k, 0]) * size(hat),
                      float(tr.x[i + 1, k, 0]) * size(levels[i + 1]), math.nan]  # fmt: skip
                if hat > levels[i]:
                    jx += [time(levels[i]), time(hat), math.nan]
                    jy += [float(tr.x[i, k, 0]) * size(levels[i]), y[-3], math.nan]
        else:
            values = tr.denoised if what == "D" else tr.noise
            x += [*(time(s) for s in hats), math.nan]
            y += [*(float(values[i, k, 0]) for i in range(len(hats))), math.nan]
    label = {
        "text": f"{words.sampler_name(view.experiment)}, {len(hats)} steps",
        "colour": ONE_STEP,
    }
    out.append({"mark": "line", "x": x, "y": y, "colour": ONE_STEP, "width": 1.75, "label": label})
    if jx:
        named = {"text": "new noise", "colour": STOCHASTIC}
        out.append(
            {"mark": "line", "x": jx, "y": jy, "colour": STOCHASTIC, "width": 1.25, "label": named}
        )
    ends = [(time(s), i) for i, s in enumerate(levels)]
    if what == "x":
        dots = [(t, float(tr.x[i, k, 0]) * size(levels[i])) for k in chosen for t, i in ends]
        out.append({"mark": "dots", "x": [t for t, _ in dots], "y": [v for _, v in dots],
                    "colour": ONE_STEP, "size": 4.5, "shape": "circle"})  # fmt: skip
    return out


def _exact(view: View, time, size) -> Mark:
    ref = view.paths
    order = ref.x[0, :, 0].argsort()
    chosen = order[torch.linspace(0, len(order) - 1, min(EXACT, len(order))).long()].tolist()
    at = [(time(s), size(s)) for s in ref.sigma.tolist()]
    x, y = [], []
    for k in chosen:
        x += [*(t for t, _ in at), math.nan]
        y += [*(float(v) * s for v, (_, s) in zip(ref.x[:, k, 0], at)), math.nan]
    label = {"text": "exact paths", "colour": REFERENCE}
    return {"mark": "line", "x": x, "y": y, "colour": REFERENCE, "width": 1, "label": label}
