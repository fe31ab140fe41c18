"""The same figures in the plain way: six gr.Plot, one slider, default launch settings.

    python -m explorer.bench.plot_baseline --port P

Each figure's title ends with ρ, so that the bench can see when the last one has been drawn.
"""

import argparse
import dataclasses

import gradio as gr
import plotly.graph_objects as go

from ..core.timesteps import Rho
from ..experiment import Experiment, run, use_device
from ..figures import spine, stage
from ..ui import panels


def figures(rho: float) -> list[go.Figure]:
    """The five strips of the spine and the stage, for the default view with this ρ."""
    e = dataclasses.replace(Experiment(), timesteps=Rho(rho=rho))
    r = run(e)
    data, path, error = (panels.part(name, e, r) for name in ("data", "path", "error"))
    strips = [error["steps"], path["curvature"]["bend"], path["plane"], data["loss"]["edm"],
              error["strip"]]
    out = [*map(spine.figure, strips), _stage(r)]
    for fig in out:
        fig.update_layout(title_text=f"{fig.layout.title.text or ''} ρ={rho:g};")
    return out


def _stage(r) -> go.Figure:
    """Samples and paths in the frame of constant spread, as the page's canvas shows them."""
    tr, source = r.trajectory, r.source
    size = stage.spread(tr.sigma, source.sigma_data).reshape(-1, 1, 1)
    xy = (stage.project(tr.x, source.view) / size).round(decimals=4)
    x, y = [], []
    for k in range(min(28, xy.shape[1])):
        x += [*xy[:, k, 0].tolist(), None]
        y += [*xy[:, k, 1].tolist(), None]
    fig = go.Figure(layout={"width": 600, "height": 460, "showlegend": False})
    fig.add_scatter(x=x, y=y, mode="lines", line={"width": 1})
    fig.add_scatter(x=xy[-1, :, 0].tolist(), y=xy[-1, :, 1].tolist(), mode="markers",
                    marker={"size": 5})
    return fig


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=7861)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    use_device(given.device)
    with gr.Blocks() as demo:
        rho = gr.Slider(1, 20, 7, step=0.01, label="rho", elem_id="rho")
        plots = [gr.Plot(show_label=False) for _ in range(6)]
        gr.on([demo.load, rho.input], figures, rho, plots, trigger_mode="always_last")
    demo.launch(server_port=given.port)


if __name__ == "__main__":
    main()
