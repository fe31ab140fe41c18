"""EDM's Fig. 5a: the loss after training over that before it, along σ, and p_train."""

import math
from collections.abc import Sequence
from typing import Any

from ..numerals import interval, number, short
from . import charts
from .style import INK3, LEARNED, ONE_STEP, REFERENCE, SIGMA_TICKS, STOCHASTIC, rounded

TOP = 1.15
HILL = 0.5  # the height of p_train


def learned_figure(rows: Sequence[Any], own: str) -> dict:
    """rows: with name, label, sigma, ratio (Estimates), floor, fine and density; own: the name of
    the one that stands out, with its interval, the ideal denoiser and p_train.
    """
    looks = charts.looks({r.name: "learned" for r in rows})
    traces: list[dict] = []
    labels = []
    for r in rows:
        _, dash, (symbol, glyph) = looks[r.name]
        bold, colour = r.name == own, ONE_STEP if r.name == own else LEARNED
        x, y = rounded(r.sigma), rounded(e.value for e in r.ratio)
        if bold:
            top = max(r.density) or 1.0
            hill = [HILL * v / top for v in r.density]
            traces[:0] = [
                charts.band(
                    rounded(r.fine), [0.0] * len(r.fine), rounded(hill), STOCHASTIC, "p_train"
                ),
                charts.band(
                    x,
                    rounded(e.low for e in r.ratio),
                    rounded(e.high for e in r.ratio),
                    colour,
                    r.label,
                ),
                charts.line(x, rounded(r.floor), REFERENCE, 1.5, "dot", name="ideal denoiser"),
            ]
        traces.append(
            charts.curve(x, y, r.label, colour, dash, symbol, bold, "σ = %{x}: %{text}", size=4)
            | {"text": [interval(e.value, e.low, e.high) for e in r.ratio]}
        )
        labels.append((r.ratio[0].value, f"{glyph} {r.name}", colour, bold))
    ends = max(max(r.sigma) for r in rows), min(min(r.sigma) for r in rows)
    traces.append(charts.line(list(ends), [1.0, 1.0], REFERENCE, 1.25, "solid", name="before"))
    return {"data": traces, "layout": _layout(ends, labels)}


def _layout(ends: tuple[float, float], labels: list[tuple]) -> dict:
    layout = charts.layout("noise level σ", "loss after training ÷ before", (0, 1), right=190)
    left, right = (math.log10(v) for v in ends)
    layout["xaxis"] |= {
        "range": [left + 0.05, right - 0.05],
        "tickvals": list(SIGMA_TICKS),
        "ticktext": [number(v) for v in SIGMA_TICKS],
    }
    layout["yaxis"] |= {
        "type": "linear",
        "range": [0, TOP],
        "tickvals": [0, 0.25, 0.5, 0.75, 1],
        "ticktext": [short(v) for v in (0, 0.25, 0.5, 0.75, 1)],
    }
    room = charts.HEIGHT - charts.TOP - charts.BOTTOM
    order = sorted(labels, key=lambda w: w[0])
    heights = charts.spread([room * min(1.0, w[0] / TOP) for w in order], charts.LINE_HEIGHT, room)
    layout["annotations"] = [
        charts.words(f"<b>{t}</b>" if b else t, 1.01, h / room, colour, "left", "middle")
        for h, (_, t, colour, b) in zip(heights, order)
    ]
    layout["annotations"] += [
        charts.words("p<sub>train</sub> shaded, ideal dotted", 0.01, 0.02, INK3, "left", "bottom")
    ]
    layout["meta"] = charts.narrow(labels, [])
    return layout
