"""What is decided at each noise level, and how each list of steps shares AYS's bound."""

import math
from collections.abc import Sequence
from typing import Any

from ..numerals import number, percent
from . import charts
from .style import GRID, INK3, REFERENCE, SIGMA_TICKS, axis_title, rounded

ABOVE, BELOW = (0.58, 1.0), (0.0, 0.46)


def information_figure(curve: Any, grids: Sequence[Any], families: dict[str, str]) -> dict:
    """curve: with sigma, nats, low and high.  grids: with name, levels and bound, each a step curve
    below whose height is a step's part of that list's bound.  families: name -> family, for colour.
    """
    sigma = rounded(curve.sigma)
    traces = [
        charts.band(sigma, rounded(curve.low), rounded(curve.high), REFERENCE, "nats"),
        charts.line(sigma, rounded(curve.nats), REFERENCE, 2, name="decided per e-fold of σ")
        | {"hoverinfo": "all", "hovertemplate": "σ = %{x}: %{y:.3g} nats<extra></extra>"},
    ]
    looks, labels = charts.looks({g.name: families[g.name] for g in grids}), []
    for g in grids:
        colour, dash, (_, glyph) = looks[g.name]
        shares = _shares(g.bound)
        x = [v for v in g.levels for _ in (0, 1)][1:-1]
        y = [v for v in shares for _ in (0, 1)]
        traces.append(
            charts.line(rounded(x), rounded(y), colour, 1.75, dash, name=g.name)
            | {
                "yaxis": "y2",
                "hoverinfo": "all",
                "hovertemplate": f"{g.name}, σ = %{{x}}: %{{text}} of its bound<extra></extra>",
                "text": [percent(v) for v in y],
            }
        )
        labels.append((shares[-1], f"{glyph} {g.name}", colour, False))
    return {"data": traces, "layout": _layout(curve, labels)}


def _shares(bound: Sequence[float]) -> list[float]:
    total = sum(bound)
    return [b / total if total > 0 else 1 / len(bound) for b in bound]


def _layout(curve: Any, labels: list[tuple]) -> dict:
    layout = charts.layout("noise level σ", "nats per e-fold", (0, 1), right=150)
    left, right = math.log10(curve.sigma[0]), math.log10(curve.sigma[-1])
    layout["xaxis"] |= {
        "range": [left + 0.05, right - 0.05],
        "tickvals": list(SIGMA_TICKS),
        "ticktext": [number(v) for v in SIGMA_TICKS],
        "anchor": "y2",
    }
    top = 1.08 * max(curve.high)
    layout["yaxis"] |= {"type": "linear", "range": [0, top], "domain": list(ABOVE)}
    for key in ("tickvals", "ticktext"):
        del layout["yaxis"][key]
    layout["yaxis"]["nticks"] = 4
    layout["yaxis2"] = {
        "domain": list(BELOW),
        "range": [0, 1.02],
        "title": axis_title("part of AYS’s bound"),
        "gridcolor": GRID,
        "zeroline": False,
        "tickvals": [0, 0.5, 1],
        "ticktext": ["0", "50 %", "100 %"],
    }
    names = [
        charts.words(
            text, 1.01, BELOW[1] * (k + 0.5) / max(len(labels), 1), colour, "left", "middle"
        )
        for k, (_, text, colour, _) in enumerate(reversed(labels))
    ]
    decided = charts.words("decided", 1.01, sum(ABOVE) / 2, INK3, "left", "middle")
    layout["annotations"] = [*names, decided]
    layout["meta"] = charts.narrow(labels, [])
    return layout
