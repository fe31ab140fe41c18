"""Plotly figures of a view: the strips with the marks of the page, the stage, and a path in its own
plane.  What cannot be measured stands as a sentence in its place."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from ..errors import UserError
from ..figures.style import FONT, PALETTE
from ..lab import afford
from ..lab.experiment import Experiment, too_much
from ..lab.source import Watch
from ..lab.truth import patience
from ..lab.view import View
from ..strips import STRIPS
from ..strips.figure import figure
from ..strips.marks import Drawing
from ..strips.strip import Strip
from ..ui import parts
from . import stage

PANELS: dict[str, str] = {  # name -> what stands above it
    "stage": "Stage",
    **{strip.name: strip.title for strip in STRIPS.values()},
    "pca": "In its own plane",
}
HEIGHT = 300
TOOLLESS = ["select", "lasso", "pan", "zoomin", "zoomout", "autoscale"]  # leaves file, zoom, home
SOON = 2.0  # seconds of a reference up to which the error is settled; else it is a draft


class Shown(NamedTuple):
    """A view as figures: what is said of it, its link, and a figure for each panel asked for."""

    text: str
    experiment: Experiment
    figures: list[go.Figure]


def shown(
    e: Experiment, panels: Sequence[str], theme: str = "light", watch: Watch | None = None
) -> Shown:
    """Run an experiment and draw it.  Raises UserError where it is above the limits and nothing is
    left of it, and for an unknown panel."""
    if unknown := [p for p in panels if p not in PANELS]:
        raise UserError(f"There is no panel {unknown[0]!r:.40}. Known: {', '.join(PANELS)}.")
    left = afford.cut(e)
    now = left.experiment if left else e
    if why := too_much(now):
        raise UserError(why)
    settled = patience(now) < SOON
    view = View(now, watch, exact=settled, more=settled)
    with view.room():
        figures = [_panel(name, view, theme) for name in panels]
        text = "\n\n".join(filter(None, [_headline(view), left.words if left else ""]))
    return Shown(text, e, figures)


def _headline(view: View) -> str:
    """The sentences of the page's headline, as Markdown."""
    told = parts.part("error", view)
    if finding := told["finding"]:
        return f"**{finding['title']}** ({finding['interval']})\n\n{finding['subtitle']}"
    alone = told["alone"]
    return f"**{alone['name']}**\n\n{told['why'] or alone['words']}"


def _panel(name: str, view: View, theme: str) -> go.Figure:
    special: dict[str, Callable[[View], go.Figure]] = {"stage": stage.figure, "pca": stage.pca}
    try:
        made = special[name](view) if name in special else _strip(name, view)
    except UserError as error:
        made = _sentence(PANELS[name], str(error))
    return themed(made, theme)


def _strip(name: str, view: View) -> go.Figure:
    strip = STRIPS[name]
    if why := parts.refused(view).get(strip.part):
        raise UserError(why)
    drawing = next(iter(_drawings(strip, view).values()))
    if empty := drawing.get("empty"):
        raise UserError(empty)
    made = figure(strip, drawing, height=HEIGHT)
    made.update_layout(width=None, autosize=True)
    return made


def _drawings(strip: Strip, view: View) -> dict[str, Drawing]:
    """Of a strip; where its numbers cannot be had, what the run shows at once, if anything."""
    try:
        return strip.drawn(parts.measured(strip, view), parts.colour(view))
    except UserError:
        if quick := strip.quick(view, parts.colour(view)):
            return quick
        raise


def _sentence(title: str, text: str) -> go.Figure:
    """An empty figure that says why it is."""
    words = {"text": _wrapped(text), "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper"}
    return go.Figure(
        layout={
            "height": HEIGHT,
            "title": {"text": f"<b>{title}</b>", "font": {"size": 12}},
            "xaxis": {"visible": False},
            "yaxis": {"visible": False},
            "annotations": [{**words, "showarrow": False, "font": {"size": 13}}],
            "font": {"family": FONT},
            "margin": {"l": 44, "r": 10, "t": 28, "b": 44},
        }
    )


def _wrapped(text: str, width: int = 48) -> str:
    import textwrap

    return "<br>".join(textwrap.wrap(text, width))


def themed(made: go.Figure, theme: str) -> go.Figure:
    """The figure in the colours of a theme; figures carry those of the light one."""
    light, own = PALETTE["light"], PALETTE.get(theme, PALETTE["light"])
    made.update_layout(
        paper_bgcolor=own["surface"],
        plot_bgcolor=own["surface"],
        font_color=own["ink-2"],
        hovermode=False,
        dragmode=False,  # a finger on a figure scrolls the page; the bar has a tool that zooms
        modebar={"color": own["ink-3"], "bgcolor": own["surface"], "remove": TOOLLESS},
    )
    made.update_xaxes(gridcolor=own["grid"], linecolor=own["line"], zerolinecolor=own["grid"])
    made.update_yaxes(gridcolor=own["grid"], linecolor=own["line"], zerolinecolor=own["grid"])
    if own is light:
        return made
    swap: dict[str, str] = {}
    for name, colour in light.items():
        if isinstance(colour, str) and colour not in swap:
            swap[colour] = own[name]
    return go.Figure(_swapped(made.to_plotly_json(), _with_alpha(swap)), skip_invalid=True)


def _with_alpha(swap: dict[str, str]) -> dict[str, str]:
    """Also as the figures write a colour that has an opacity: rgba(r,g,b, without the last."""
    rgb = lambda c: ",".join(str(int(c[i : i + 2], 16)) for i in (1, 3, 5))
    return swap | {f"rgba({rgb(a)},": f"rgba({rgb(b)}," for a, b in swap.items()}


def _swapped(value, swap: dict[str, str]):
    if isinstance(value, str):
        if value.startswith("rgba("):
            head, _, alpha = value.rpartition(",")
            return swap.get(f"{head},", f"{head},") + alpha
        return swap.get(value, value)
    if isinstance(value, dict):
        return {k: _swapped(v, swap) if k not in ("x", "y", "z") else v for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_swapped(v, swap) for v in value]
    return value
