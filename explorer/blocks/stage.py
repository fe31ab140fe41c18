"""The stage as a Plotly figure: the run's paths and samples, and paths in their own plane."""

import base64
import io
import math

import numpy as np
import plotly.graph_objects as go
import torch
from torch import Tensor

from ..analysis import geometry
from ..errors import UserError
from ..figures import stage
from ..figures.style import FONT, INK3, REFERENCE, faded
from ..lab.view import View
from ..strips import plane
from ..ui import parts
from ..ui import stage as page

HEIGHT = 420
PATHS = 32


def figure(view: View) -> go.Figure:
    """Where the run goes: in the plane its paths in the frame of constant spread, in one dimension
    x over σ, of images the samples."""
    kind = view.source.kind
    if kind == "plane":
        return _plane(view)
    return _line(view) if kind == "line" else _images(view)


def _plane(view: View) -> go.Figure:
    source, tr = view.source, view.run.trajectory
    size = page.spread(source)
    paths = stage.planar(tr.x[:, :PATHS], tr.sigma, source.view, size)
    ends = stage.project(tr.samples, source.view) / size
    own = parts.colour(view)
    made = go.Figure(
        [
            _dots(page.data_points(view), REFERENCE, 3, "data"),
            _lines(paths, own),
            _dots(ends, own, 4, "samples"),
        ],
        _layout("Paths, over √(σ² + σ_data²)"),
    )
    made.update_yaxes(scaleanchor="x", title="x₂")
    return made.update_xaxes(title="x₁")


def _line(view: View) -> go.Figure:
    tr, own = view.run.trajectory, parts.colour(view)
    sigma = tr.sigma.clamp(min=1e-3)
    size = stage.spread(sigma, view.source.sigma_data).to(tr.x)
    y = tr.x[:, :PATHS].flatten(2)[..., 0] / size[:, None]
    x = sigma[:, None].expand(-1, y.shape[1])
    made = go.Figure(
        _lines(torch.stack([x.to(y), y], -1), own), _layout("Paths, over √(σ² + σ_data²)")
    )
    made.update_yaxes(title="x")
    return made.update_xaxes(title="noise level σ (0 at 0.001)", type="log", autorange="reversed")


def _images(view: View) -> go.Figure:
    """The samples, side by side in one picture."""
    samples, decoder = view.run.samples, getattr(view.source.denoiser, "decoder", None)
    if decoder is not None:
        samples = torch.stack([*decoder.images(samples[:4], view.watch)])
    shown = samples[: page.IMAGES].float().cpu()
    made = go.Figure(go.Image(source=_png(shown), hoverinfo="skip"), _layout("Samples"))
    made.update_xaxes(visible=False)
    return made.update_yaxes(visible=False)


def _png(images: Tensor) -> str:
    """(K, C, H, W) in [−1, 1] as one PNG in a data: address, in rows, a pixel apart."""
    from PIL import Image

    k, c, h, w = images.shape
    columns = math.ceil(math.sqrt(k))
    rows = math.ceil(k / columns)
    sheet = np.full((rows * (h + 1) - 1, columns * (w + 1) - 1, 3), 255, np.uint8)
    bytes_ = ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    bytes_ = bytes_[:, :1].expand(-1, 3, -1, -1) if c < 3 else bytes_[:, :3]
    for i, image in enumerate(bytes_.permute(0, 2, 3, 1).numpy()):
        y, x = i // columns * (h + 1), i % columns * (w + 1)
        sheet[y : y + h, x : x + w] = image
    times = max(1, 384 // max(sheet.shape[:2]))
    held = io.BytesIO()
    Image.fromarray(sheet.repeat(times, 0).repeat(times, 1)).save(held, "PNG")
    return "data:image/png;base64," + base64.b64encode(held.getvalue()).decode()


def pca(view: View) -> go.Figure:
    """True paths, each in its own two first principal axes, as the shelf of the page has them.
    Raises UserError in one or two dimensions."""
    dimension = math.prod(view.source.shape)
    if dimension < 3:
        raise UserError(plane.without(dimension))
    _, several = plane.thinned(view, PATHS)
    found, _ = geometry.principal(several, 2)
    made = go.Figure(_lines(found, REFERENCE), _layout("True paths, each in its own plane"))
    made.update_yaxes(title="second axis, on a scale of its own")
    return made.update_xaxes(title="way still to go, along the first axis", autorange="reversed")


def _lines(paths: Tensor, colour: str) -> go.Scatter:
    """(N, K, 2) as K lines in one trace."""
    gap = torch.full((1, *paths.shape[1:]), math.nan, dtype=paths.dtype, device=paths.device)
    flat = torch.cat([paths, gap]).transpose(0, 1).flatten(0, 1).float().cpu().tolist()
    clean = [[None if math.isnan(v) else round(v, 5) for v in p] for p in flat]
    return go.Scatter(
        x=[p[0] for p in clean],
        y=[p[1] for p in clean],
        mode="lines",
        line={"color": faded(colour, 0.55), "width": 1},
        hoverinfo="skip",
        name="paths",
    )


def _dots(at: Tensor, colour: str, size: int, name: str) -> go.Scatter:
    xy = at.float().cpu()
    marker = {"color": faded(colour, 0.7), "size": size}
    return go.Scatter(
        x=[round(v, 5) for v in xy[:, 0].tolist()],
        y=[round(v, 5) for v in xy[:, 1].tolist()],
        mode="markers",
        marker=marker,
        hoverinfo="skip",
        name=name,
    )


def _layout(title: str) -> dict:
    return {
        "height": HEIGHT,
        "showlegend": False,
        "title": {"text": f"<b>{title}</b>", "font": {"size": 12}},
        "font": {"family": FONT, "size": 11, "color": INK3},
        "margin": {"l": 44, "r": 10, "t": 28, "b": 44},
    }
