"""AMED's ablations as a forest: each choice's error as a multiple of that of the paper's choice."""

from collections.abc import Sequence
from math import log10
from typing import Any

from ..numerals import times
from . import charts
from .style import GRID, INK, INK2, INK3, LEARNED, REFERENCE, axis_title

ROW = 22  # pixels of a choice
TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)


def ablation_figure(rows: Sequence[Any]) -> dict:
    """rows: with choice (question, name, own), times (an Estimate), verdict and seeds, in order.

    A question opens with a row of its own name.  What cannot be told from 1 is grey.
    """
    places, names, heads = [], [], []
    y, question = 0.0, None
    for r in rows:
        if r.choice.question != question:
            question = r.choice.question
            heads.append((y, question))
            y += 1
        places.append(y)
        names.append(r.choice.name)
        y += 1
    of = [r.times for r in rows]
    known = [e.value if e.low != e.low else v for e in of for v in (e.low, e.high)]
    low, high = min([0.5, *known]) / 1.15, max([2.0, *known]) * 1.15
    colour = {"better": LEARNED, "worse": INK, "the paper’s": REFERENCE}
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [e.value for e in of],
        "y": places,
        "showlegend": False,
        "marker": {
            "size": 8,
            "symbol": ["circle" if r.verdict in colour else "circle-open" for r in rows],
            "color": [colour.get(r.verdict, INK3) for r in rows],
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [_half(e.high - e.value) for e in of],
            "arrayminus": [_half(e.value - e.low) for e in of],
            "color": INK3,
            "thickness": 1.25,
            "width": 3,
        },
        "text": [f"{n}: {times(e.value)} ×, {r.verdict}" for n, e, r in zip(names, of, rows)],
        "hovertemplate": "%{text}<extra></extra>",
    }
    return {"data": [trace], "layout": _layout(y, places, names, heads, (low, high))}


def _half(size: float) -> float:
    return size if size == size else 0.0


def _layout(height, places, names, heads, ends: tuple[float, float]) -> dict:
    """heads: (place, question); ends: of the axis of ratios."""
    layout = charts.layout("× the error of the paper’s choice", "", (0, 1), 12)
    ticks = [t for t in TICKS if ends[0] <= t <= ends[1]]
    look = {"showarrow": False, "xref": "paper", "yref": "y", "x": 0, "xanchor": "right"}
    return layout | {
        "height": int(height * ROW) + 70,
        "margin": {"l": 170, "r": 14, "t": 8, "b": 44},
        "xaxis": {
            "type": "log",
            "range": [log10(v) for v in ends],
            "tickvals": ticks,
            "ticktext": [f"{t:g}" for t in ticks],
            "title": axis_title("× the error of the paper’s choice"),
            "gridcolor": GRID,
            "zeroline": False,
        },
        "yaxis": {
            "range": [height - 0.4, -0.6],
            "tickvals": places,
            "ticktext": names,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        "annotations": [
            {
                "text": f"<b>{q}</b>",
                "y": at,
                "xshift": -4,
                **look,
                "font": {"size": 11, "color": INK2},
            }
            for at, q in heads
        ],
        "shapes": [
            {
                "type": "line",
                "x0": 1,
                "x1": 1,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": REFERENCE, "width": 1.25, "dash": "dot"},
            }
        ],
    }
