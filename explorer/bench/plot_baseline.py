"""The same figures in the plain way: a gr.Plot each, one slider, default launch settings.

    python -m explorer.bench.plot_baseline --port P

Each figure's title ends with ρ, so that the bench can see when the last one has been drawn.
"""

import argparse
import base64
import dataclasses
import functools

import gradio as gr
import numpy as np
import plotly.graph_objects as go

from ..analysis import geometry
from ..core.timesteps import Rho
from ..figures import stage
from ..lab.experiment import Experiment, use_device
from ..lab.truth import reference_for
from ..lab.view import View
from ..strips import STRIPS
from ..strips.figure import figure
from ..ui import parts
from ..ui.stage import spread

FIGURES = 7


def figures(rho: float) -> list[go.Figure]:
    """What the default view shows, for this ρ: five strips of the spine, the stage, a path in its
    plane.  The page's table of steps is left out."""
    e = dataclasses.replace(Experiment(), timesteps=Rho(rho=rho))
    view = View(e)
    made = {name: parts.part(name, view) for name in ("loss", "path", "error")}
    strips = []
    for strip in STRIPS.values():
        by_choice = made[strip.part]["strips"][strip.name]
        strips.append(figure(strip, next(iter(by_choice.values()))))
    hero = made["path"]["hero"]
    out = [*strips, _stage(view.run, hero), _plane(e, hero)]
    for fig in out:
        fig.update_layout(title_text=f"{fig.layout.title.text or ''} ρ={rho:g};")
    return out


def _stage(r, hero: int) -> go.Figure:
    """Density, data, samples and paths in the frame of constant spread, as on the page's canvas."""
    tr, source = r.trajectory, r.source
    law, level = source.mixture, spread(source)
    size = stage.spread(tr.sigma, level).reshape(-1, 1, 1)
    xy = (stage.project(tr.x, source.view) / size).round(decimals=4)
    fig = go.Figure(layout={"width": 600, "height": 460, "showlegend": False})
    fig.add_heatmap(
        z=_density(source),
        x0=-stage.REACH_X,
        dx=2 * stage.REACH_X / stage.WIDTH,
        y0=stage.REACH_Y,
        dy=-2 * stage.REACH_Y / stage.HEIGHT,
        showscale=False,
        colorscale="Greys",
    )
    dots = stage.project(law.means, source.view)[:1000] / level
    fig.add_scatter(
        x=dots[:, 0].tolist(), y=dots[:, 1].tolist(), mode="markers", marker={"size": 2}
    )
    x, y = [], []
    for k in range(min(28, xy.shape[1])):
        x += [*xy[:, k, 0].tolist(), None]
        y += [*xy[:, k, 1].tolist(), None]
    fig.add_scatter(x=x, y=y, mode="lines", line={"width": 1})
    fig.add_scatter(
        x=xy[-1, :, 0].tolist(), y=xy[-1, :, 1].tolist(), mode="markers", marker={"size": 5}
    )
    truth = reference_for(r.experiment)
    exact = stage.project(truth.x[:, hero], source.view) / stage.spread(truth.sigma, level)[:, None]
    for line in (exact, xy[:, hero]):
        fig.add_scatter(x=line[:, 0].tolist(), y=line[:, 1].tolist(), mode="lines+markers")
    return fig


@functools.cache
def _density(source) -> np.ndarray:
    """p(x; σ) in the middle of the range of σ; computed once, as on the page."""
    maps = stage.density_maps(source.mixture, source.view, spread(source))
    grey = np.frombuffer(base64.b64decode(maps["maps"]), np.uint8)
    return grey.reshape(-1, stage.HEIGHT, stage.WIDTH)[stage.MAPS // 2]


def _plane(e: Experiment, hero: int) -> go.Figure:
    """One exact path in its own principal axes."""
    axes, _ = geometry.principal(reference_for(e).x[:, hero : hero + 1], 3)
    fig = go.Figure(layout={"width": 260, "height": 200, "showlegend": False})
    fig.add_scatter(x=axes[:, 0, 0].tolist(), y=axes[:, 0, 1].tolist(), mode="lines+markers")
    fig.add_scatter(x=axes[:, 0, 0].tolist(), y=axes[:, 0, 2].tolist(), mode="lines")
    return fig


def main() -> None:
    """Serve the page at the port that is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=7861)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    use_device(given.device)
    with gr.Blocks() as demo:
        rho = gr.Slider(1, 20, 7, step=0.01, label="rho", elem_id="rho")
        plots = [gr.Plot(show_label=False) for _ in range(FIGURES)]
        gr.on([demo.load, rho.input], figures, rho, plots, trigger_mode="always_last")
    demo.launch(server_port=given.port)


if __name__ == "__main__":
    main()
