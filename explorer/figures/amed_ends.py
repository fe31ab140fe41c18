"""Where evaluations end: a row for each solver, untrained, searched and learned, as the AMED page
opens."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..numerals import number
from .style import FONT, GRID, INK2, LEARNED, REFERENCE, axis_title, faded, legible

UNTRAINED, SEARCHED, LEARNED_ROW = "untrained", "searched", "learned"


class End(NamedTuple):
    """A row.  median: (value, low, high); spread: 10 and 90 % of the seeds; over: what stands at
    the right; kind: untrained, searched or learned."""

    name: str
    kind: str
    median: tuple[float, float, float]
    spread: tuple[float, float]
    value: str
    over: str


def ends(rows: Sequence[End]) -> dict:
    """Median end errors on a log axis: thick bar 95 % of the median, thin 10 to 90 % of the seeds;
    the value and the ratio stand at the right of each row."""
    low = min(min(r.spread[0], r.median[1]) for r in rows)
    high = max(max(r.spread[1], r.median[2]) for r in rows)
    left, right = math.log10(low) - 0.05, math.log10(high) + 0.05
    n = len(rows)
    return {
        "data": [t for i, r in enumerate(rows) for t in _marks(r, n - 1 - i)],
        "layout": {
            "showlegend": False,
            "hovermode": "closest",
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "size": 11, "color": REFERENCE},
            "margin": {"l": 158, "r": 196, "t": 26, "b": 38},
            "xaxis": {
                "type": "log",
                "title": axis_title("end error") | {"standoff": 4},
                "range": [left, right],
                "gridcolor": GRID,
                "zeroline": False,
                "tickvals": (ticks := _ticks(left, right)),
                "ticktext": [number(v) for v in ticks],
            },
            "yaxis": {
                "range": [-0.6, n - 0.4],
                "showgrid": False,
                "zeroline": False,
                "showticklabels": False,
            },
            "shapes": [_band(n - 1 - i) for i, r in enumerate(rows) if r.kind == LEARNED_ROW],
            "annotations": [a for i, r in enumerate(rows) for a in _words(r, n - 1 - i)]
            + [
                _head("median", n, 52),
                _head("÷ DPM-Solver-2", n, 190),
            ],
        },
    }


def _ticks(left: float, right: float) -> list[float]:
    steps = (1, 2, 5) if right - left < 2.2 else (1,)
    powers = range(math.floor(left), math.ceil(right) + 1)
    return [k * 10.0**p for p in powers for k in steps if left <= math.log10(k * 10.0**p) <= right]


def _marks(r: End, y: int) -> list[dict]:
    colour = REFERENCE if r.kind == UNTRAINED else LEARNED
    line = {"type": "scatter", "mode": "lines", "y": [y, y], "hoverinfo": "skip"}
    value, low, high = r.median
    said = (
        f"{r.name}: median {number(value)} ({number(low)}–{number(high)})<br>"
        f"10–90 % of the seeds {number(r.spread[0])}–{number(r.spread[1])}<br>{r.over}"
    )
    return [
        {**line, "x": list(r.spread), "line": {"color": colour, "width": 1}},
        {**line, "x": [low, high], "line": {"color": colour, "width": 4}},
        {
            "type": "scatter",
            "mode": "markers",
            "x": [value],
            "y": [y],
            "name": r.name,
            "text": [said],
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {
                "color": colour,
                "size": 9,
                "symbol": "circle" if r.kind == LEARNED_ROW else "circle-open",
                "line": {"color": colour, "width": 2},
            },
        },
    ]


def _band(y: int) -> dict:
    return {
        "type": "rect",
        "layer": "below",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": y - 0.46,
        "y1": y + 0.46,
        "fillcolor": faded(LEARNED, 0.12),
        "line": {"width": 0},
    }


def _words(r: End, y: int) -> list[dict]:
    colour = legible(LEARNED) if r.kind == LEARNED_ROW else INK2
    name = f"<b>{r.name}</b>" if r.kind == LEARNED_ROW else r.name
    return [
        _word(name, 0, y, "left", -154, colour),
        _word(f"<b>{r.value}</b>", 1, y, "right", 52, colour),
        _word(r.over, 1, y, "right", 190, INK2),
    ]


def _head(text: str, n: int, shift: int) -> dict:
    """Over a column, clear of its first row."""
    word = _word(text, 1, n - 0.4, "right", shift, REFERENCE)
    return word | {"yanchor": "bottom", "yshift": 2}


def _word(text: str, x: float, y: float, anchor: str, shift: int, colour: str) -> dict:
    return {
        "text": text,
        "xref": "paper",
        "x": x,
        "y": y,
        "xanchor": anchor,
        "yanchor": "middle",
        "xshift": shift,
        "showarrow": False,
        "font": {"color": colour, "size": 12},
    }
