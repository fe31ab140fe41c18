"""Who was judged at one budget: the error of each with its interval, the chosen one first."""

from collections.abc import Sequence
from math import log10
from typing import Any

from ..numerals import interval
from . import charts
from .style import GRID, INK, INK3, ONE_STEP, axis_title

ROW, LETTER = 32, 5.6  # pixels of a name, and of a letter of it


def advise_figure(rows: Sequence[Any], even: Sequence[bool], axis: str) -> dict:
    """rows: with name and error (an Estimate), in order; even: which cannot be told from the first,
    drawn in its colour; the others are open and grey.  axis: its title.
    """
    found = [r.error for r in rows]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [e.value for e in found],
        "y": list(range(len(rows))),
        "showlegend": False,
        "marker": {
            "size": 9,
            "symbol": ["circle" if same else "circle-open" for same in even],
            "color": [ONE_STEP if i == 0 else INK if s else INK3 for i, s in enumerate(even)],
        },
        "error_x": charts.whiskers(found, INK3, 1.25),
        "text": [f"{r.name}: {interval(e.value, e.low, e.high)}" for r, e in zip(rows, found)],
        "hovertemplate": "%{text}<extra></extra>",
    }
    return {"data": [trace], "layout": _layout(rows, axis)}


def _layout(rows: Sequence[Any], axis: str) -> dict:
    names = [r.name.replace(" on ", "<br>on ") for r in rows]
    known = [
        v for r in rows for v in (r.error.value, r.error.low, r.error.high) if v == v and v > 0
    ]
    low, high = (min(known) / 1.3, max(known) * 1.3) if known else (0.1, 1.0)
    ticks = [m * 10.0**k for k in range(-9, 3) for m in (1, 2, 5) if low <= m * 10.0**k <= high]
    return charts.layout(axis, "", (0, 1), 12) | {
        "height": len(rows) * ROW + 70,
        "margin": {
            "l": 16 + LETTER * max(map(len, "<br>".join(names).split("<br>"))),
            "r": 14,
            "t": 8,
            "b": 44,
        },
        "xaxis": {
            "type": "log",
            "range": [log10(low), log10(high)],
            "tickvals": ticks,
            "ticktext": [f"{t:g}" for t in ticks],
            "title": axis_title(axis),
            "gridcolor": GRID,
            "zeroline": False,
        },
        "yaxis": {
            "range": [len(rows) - 0.4, -0.6],
            "tickvals": list(range(len(rows))),
            "ticktext": names,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
    }
