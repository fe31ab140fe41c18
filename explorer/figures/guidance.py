"""Ways to guide beside each other: how far their samples end, and how many are good and covered."""

import math
import re
from collections.abc import Sequence
from typing import Any

from ..numerals import interval, percent1
from . import charts
from .style import GRID, INK3, LEARNED, MULTISTEP, ONE_STEP, REFERENCE, axis_title, rounded

AXIS = {"gridcolor": GRID, "zeroline": False, "tickfont": {"size": 11, "color": INK3}}
PANELS = (
    ("distance", "to the class", ONE_STEP, "circle", ""),
    ("meant", "to what is meant", REFERENCE, "diamond-open", ""),
    ("good", "good samples", LEARNED, "circle", "2"),
    ("covered", "class covered", MULTISTEP, "square", "2"),
)


def guidance_figure(rows: Sequence[Any]) -> dict:
    """rows: with name and level(measure), an Estimate or None.  Left distances, right shares;
    whiskers are 95 % intervals."""
    traces = [_dots(rows, *panel) for panel in PANELS]
    ends = (v for t in ("distance", "meant") for e in _known(rows, t) for v in (e.value, e.high))
    most = 1.15 * max((v for v in ends if math.isfinite(v)), default=1.0)
    names = [r.name for r in rows]
    category = {
        **AXIS,
        "type": "category",
        "categoryorder": "array",
        "categoryarray": names,
        "range": [-0.6, len(names) - 0.4],
        "tickvals": names,
        "ticktext": [re.sub("^by (a )?", "", name).replace(" ", "<br>") for name in names],
        "tickangle": 0,
    }
    return {
        "data": [t for t in traces if t["x"]],
        "layout": {
            "xaxis": {**category, "domain": [0, 0.46], "anchor": "y"},
            "xaxis2": {**category, "domain": [0.56, 1], "anchor": "y2"},
            "yaxis": {
                **AXIS,
                "range": [0, most],
                "title": axis_title("sliced Wasserstein distance"),
            },
            "yaxis2": {
                **AXIS,
                "range": [min(_least(rows), 0.9) - 0.03, 1.02],
                "anchor": "x2",
                "tickformat": ".3~%",
                "title": axis_title("share"),
            },
            "legend": {"orientation": "h", "y": 1.12, "x": 0, "font": {"size": 11}},
            "showlegend": True,
            "margin": {"l": 64, "r": 16, "t": 40, "b": 52},
        },
    }


def _known(rows: Sequence[Any], measure: str) -> list[Any]:
    return [e for r in rows if (e := r.level(measure)) is not None]


def _least(rows: Sequence[Any]) -> float:
    """The lowest share; one seed alone has no interval."""
    ends = (v for m in ("good", "covered") for e in _known(rows, m) for v in (e.value, e.low))
    return min((v for v in ends if math.isfinite(v)), default=0.0)


def _dots(rows: Sequence[Any], measure: str, name: str, colour: str, symbol: str, axis: str):
    own = [(r.name, e) for r in rows if (e := r.level(measure)) is not None]
    write = (lambda e: interval(e.value, e.low, e.high, percent1)) if axis else str
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [n for n, _ in own],
        "y": rounded(e.value for _, e in own),
        "text": [write(e) for _, e in own],
        "hovertemplate": f"%{{x}}, {name}: %{{text}}<extra></extra>",
        "xaxis": f"x{axis}",
        "yaxis": f"y{axis}",
        "marker": {"color": colour, "symbol": symbol, "size": 9},
        "error_y": charts.whiskers([e for _, e in own], colour, 1.5, 4),
    }
