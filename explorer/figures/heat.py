"""Two settings of Algorithm 2 against each other: a map of what its samples are worth."""

from typing import Any

from ..numerals import number, percent1, short
from . import charts
from .style import INK, PALETTE

NAMES = {"s_churn": "S_churn", "s_tmin": "S_tmin", "s_tmax": "S_tmax", "s_noise": "S_noise"}


def heat_figure(found: Any) -> dict:
    """found: with axes, spots (values, found an Estimate or None), more and best.  The first axis
    goes up, the second across; every spot says its interval under the pointer.  EDM, Fig. 4.
    """
    rows, columns = (sorted({s.values[k] for s in found.spots}) for k in (0, 1))
    write = percent1 if found.more else short
    at = {s.values: s.found for s in found.spots}
    told = lambda e: (
        "no noise" if e is None else f"{write(e.value)} ({write(e.low)}–{write(e.high)})"
    )
    grid = [[at.get((a, b)) for b in columns] for a in rows]
    up, across = ([_said(v) for v in values] for values in (rows, columns))
    ramp = PALETTE["light"]["ramp"]
    scale = [[i / (len(ramp) - 1), c] for i, c in enumerate(ramp)]
    trace = {
        "type": "heatmap",
        "x": across,
        "y": up,
        "z": [[None if e is None else e.value for e in row] for row in grid],
        "text": [[told(e) for e in row] for row in grid],
        "hovertemplate": f"{NAMES[found.axes[0]]} %{{y}}, {NAMES[found.axes[1]]} %{{x}}: "
        "%{text}<extra></extra>",
        "colorscale": scale,
        "reversescale": not found.more,
        "hoverongaps": False,
        "colorbar": {"thickness": 10, "len": 0.9, "outlinewidth": 0},
        "xgap": 1,
        "ygap": 1,
    }
    layout = charts.layout(NAMES[found.axes[1]], NAMES[found.axes[0]], (0, 1), right=70)
    for name in ("xaxis", "yaxis"):
        axis = layout[name] | {"type": "category"}
        layout[name] = {k: v for k, v in axis.items() if k not in ("tickvals", "ticktext", "range")}
    many = sum(s.found is not None for s in found.spots) > 1
    if (best := found.best) is not None and many and not found.level:  # all others can be told
        layout["annotations"] = [
            {
                "x": _said(best.values[1]),
                "y": _said(best.values[0]),
                "text": "best",
                "showarrow": False,
                "font": {"size": 11, "color": INK},
                "bgcolor": "rgba(255,255,255,0.85)",
            }
        ]
    return {"data": [trace], "layout": layout}


def _said(value: float) -> str:
    return "∞" if value >= 1e8 else number(value)
