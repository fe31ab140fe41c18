"""A strip as a Plotly Figure of its own, for notebooks and files: the same marks as on the page."""

import math

import plotly.graph_objects as go

from ..figures.style import FONT, GRID, LINE, faded
from .marks import Drawing, Mark
from .strip import Strip

SYMBOLS = {
    "circle": "circle",
    "ring": "circle-open",
    "diamond": "diamond-open",
    "triangle": "triangle-left",
    "tick": "line-ns-open",
}
POINTS = 16  # pieces of an arc


def figure(strip: Strip, drawing: Drawing, width: int = 600, height: int = 220) -> go.Figure:
    """One drawing of a strip."""
    low, high = drawing["axis"]["range"]
    log, ticks = drawing["axis"]["log"], drawing["axis"]["ticks"]
    fig = go.Figure(
        layout={
            "width": width,
            "height": height,
            "showlegend": False,
            "font": {"family": FONT, "size": 11},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 44, "r": 10, "t": 28, "b": 44},
            "title": {
                "text": f"<b>{strip.title}</b>  {drawing.get('hint', strip.hint)}",
                "font": {"size": 12},
            },
            "xaxis": {
                "type": "log",
                "range": [math.log10(95), math.log10(0.00135)],
                "title": {"text": "noise level σ"},
                "gridcolor": GRID,
            },
            "yaxis": {
                "type": "log" if log else "linear",
                "gridcolor": GRID,
                "range": [math.log10(low), math.log10(high)] if log else [low, high],
                "tickvals": [t[0] for t in ticks],
                "ticktext": [t[1] for t in ticks],
            },
            "yaxis2": {"overlaying": "y", "range": [0, 1], "visible": False},
        }
    )
    for mark in [*drawing["marks"], *drawing.get("over", [])]:
        for trace in _traces(mark):
            fig.add_trace({**trace, "yaxis": "y2" if mark.get("on") == "height" else "y"})
    return fig


def _traces(mark: Mark) -> list[dict]:
    kind = mark["mark"]
    return {
        "line": lambda: [_line(mark, mark["x"], mark["y"])],
        "arcs": lambda: [_line(mark, *_hops(mark))],
        "bars": lambda: [_line(mark, *_levels(mark))],
        "band": lambda: [_ground(mark, mark["x"], mark["high"], mark["low"])],
        "area": lambda: [_ground(mark, mark["x"], mark["y"], [0] * len(mark["x"]))],
        "dots": lambda: [_dots(mark)],
        "text": lambda: [_words(mark)],
    }[kind]()


def _colour(mark: Mark) -> str:
    return faded(mark["colour"], mark.get("alpha", 1))


def _line(mark: Mark, x: list, y: list) -> dict:
    line = {"color": _colour(mark), "width": mark["width"], "simplify": False}
    if dash := mark.get("dash"):
        line["dash"] = ",".join(f"{d}px" for d in dash)
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "hoverinfo": "skip", "line": line}


def _ground(mark: Mark, x: list, high: list, low: list) -> dict:
    fill = {"fill": "toself", "fillcolor": _colour(mark), "line": {"width": 0, "color": LINE}}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x + x[::-1],
        "y": high + low[::-1],
        "hoverinfo": "skip",
    } | fill


def _dots(mark: Mark) -> dict:
    filled = mark["shape"] in ("circle", "triangle")
    marker = {"symbol": SYMBOLS[mark["shape"]], "size": mark["size"], "color": _colour(mark)}
    marker["line"] = {"width": 0 if filled else 1.25, "color": mark.get("rim", mark["colour"])}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": mark["x"],
        "y": mark["y"],
        "hoverinfo": "skip",
        "cliponaxis": False,
        "marker": marker,
    }


def _words(mark: Mark) -> dict:
    up = {"above": "top", "below": "bottom"}.get(mark.get("side", ""), "middle")
    side = {"left": "right", "right": "left", "center": "center"}[mark["anchor"]]
    words = f"<b>{mark['text']}</b>" if mark.get("bold") else mark["text"]
    return {
        "type": "scatter",
        "mode": "text",
        "x": [mark["x"]],
        "y": [mark["y"]],
        "text": [words],
        "textposition": f"{up} {side}",
        "textfont": {"color": mark["colour"]},
        "hoverinfo": "skip",
    }


def _hops(mark: Mark) -> tuple[list, list]:
    """The parabola 4 u (1 − u) of each hop."""
    x, y = [], []
    for a, b, height in zip(mark["start"], mark["stop"], mark["height"]):
        for k in range(POINTS + 1):
            u = k / POINTS
            x.append(a * (b / a) ** u)
            y.append(4 * u * (1 - u) * height)
        x.append(None)
        y.append(None)
    return x, y


def _levels(mark: Mark) -> tuple[list, list]:
    x, y = [], []
    for a, b, level in zip(mark["start"], mark["stop"], mark["y"]):
        x += [a, b, None]
        y += [level, level, None]
    return x, y
