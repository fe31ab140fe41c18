"""Distances of samples to the data, with intervals, above what two draws of the data show."""

from typing import Any

from ..numerals import percent1
from . import charts
from .style import FAMILY, FONT, GRID, INK, INK2, INK3, REFERENCE, axis_title, faded, rounded, short

AXIS = {"gridcolor": GRID, "zeroline": False, "tickfont": {"size": 11, "color": INK2}}


def distances(rows, zero, shares=None) -> dict:
    """A dot and its 95 % interval for each row (name, family, wasserstein), top to bottom; the
    shaded band is the distance of two fresh draws of the data (`zero`: value, low, high).

    shares: (title, an Estimate of a share for each row, the Estimate of fresh data), drawn beside.
    """
    names = [r.name for r in rows]
    traces, labels = [], []
    for r in rows:
        traces.append(_dot(r.wasserstein, r, "x"))
        labels.append(_value(short(r.wasserstein.value), r.wasserstein.high, r.name, "x"))
    top = 1.35 * max([r.wasserstein.high for r in rows] + [zero.high])
    labels.append(_head("two draws of the data", zero.value, "x"))
    layout = _layout(names, [0, 0.54] if shares else [0, 1], top, zero)
    if shares:
        title, estimates, fresh = shares
        for r, e in zip(rows, estimates):
            traces.append(_dot(e, r, "x2"))
            # inside the axis whatever the share: to its left above a half
            labels.append(
                _value(
                    percent1(e.value),
                    e.high if e.value < 0.5 else e.low,
                    r.name,
                    "x2",
                    before=e.value >= 0.5,
                )
            )
        labels.append(_head("fresh data", fresh.value, "x2"))
        layout["shapes"].append(_band(fresh, "x2"))
        layout["xaxis2"] = _shares_axis(title)
    return {
        "data": traces,
        "layout": {**layout, "annotations": labels, "meta": _narrow(rows, layout, labels)},
    }


def _layout(names: list[str], domain: list[float], top: float, zero) -> dict[str, Any]:
    """The layout of the distances alone; domain: their part of the width."""
    return {
        "showlegend": False,
        "font": {"family": FONT, "size": 12, "color": INK3},
        "margin": {"l": 150, "r": 40, "t": 36, "b": 48},
        "xaxis": {
            **AXIS,
            "domain": domain,
            "range": [0, top],
            "nticks": 5,
            "title": axis_title("sliced Wasserstein distance"),
        },
        "yaxis": {
            **AXIS,
            "type": "category",
            "range": [len(names) - 0.5, -0.5],
            "categoryorder": "array",
            "categoryarray": names,
            "automargin": True,
        },
        "shapes": [_band(zero, "x")],
    }


def _shares_axis(title: str) -> dict:
    return {
        **AXIS,
        "domain": [0.64, 1],
        "range": [-0.02, 1.02],
        "anchor": "y",
        "tickvals": [0, 0.5, 1],
        "ticktext": ["0 %", "50 %", "100 %"],
        "title": axis_title(title),
    }


def _narrow(rows, layout: dict, labels: list[dict]) -> dict:
    """For a screen with no room at the left: each name above its own line."""
    above = [
        {
            "text": r.name,
            "x": 0,
            "xref": "x domain",
            "y": r.name,
            "xanchor": "left",
            "yshift": 17,
            "showarrow": False,
            "font": {"size": 11, "color": INK2},
        }
        for r in rows
    ]
    axes = {"yaxis": {**layout["yaxis"], "showticklabels": False}}
    axes |= {k: {**layout[k], "nticks": 3} for k in ("xaxis",) if "xaxis2" in layout}
    return {
        "narrow": {
            "margin": {"l": 12, "r": 24, "t": 36, "b": 48},
            "annotations": [*labels, *above],
            **axes,
        }
    }


def _dot(e, row, axis: str) -> dict:
    colour = FAMILY[row.family]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": rounded([e.value]),
        "y": [row.name],
        "xaxis": axis,
        "hoverinfo": "skip",
        "marker": {"size": 9, "color": colour},
        "error_x": charts.whiskers([e], colour, 1.5, 5),
    }


def _value(text: str, x: float, name: str, axis: str, before: bool = False) -> dict:
    return {
        "x": x,
        "y": name,
        "xref": axis,
        "text": text,
        "showarrow": False,
        "xanchor": "right" if before else "left",
        "xshift": -8 if before else 8,
        "font": {"size": 12, "color": INK},
    }


def _head(text: str, x: float, axis: str) -> dict:
    return {
        "x": x,
        "xref": axis,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "text": text,
        "showarrow": False,
        "font": {"size": 11, "color": INK3},
    }


def _band(e, axis: str) -> dict:
    """Where fresh data would lie; a line at least, where that is known to a hair."""
    return {
        "type": "rect",
        "xref": axis,
        "x0": e.low,
        "x1": e.high,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"width": 1, "color": faded(REFERENCE, 0.4)},
        "fillcolor": faded(REFERENCE, 0.18),
    }
