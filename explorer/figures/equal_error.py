"""EDM's Fig. 2: error of the paths above, distance of the samples below, against evaluations."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..numerals import interval, number
from . import charts
from .style import GRID, INK3, REFERENCE, axis_title, faded, rounded

ABOVE, BELOW = (0.42, 1.0), (0.0, 0.31)


def equal_error_figure(
    rows: Sequence[Any], ours: Sequence[str], target: int, chance: Any, names: Mapping[str, str]
) -> dict:
    """rows: with name, nfe, error and distance (Estimates), in any order.  ours: the names that are
    drawn bold, whose errors at `target` evaluations are dotted lines.  chance: an Estimate of the
    distance of draws of the data, a band.  names: for the ends of the curves.
    """
    curves: dict[str, list] = {}
    for row in sorted(rows, key=lambda r: r.nfe):
        curves.setdefault(row.name, []).append(row)
    looks = charts.looks({n: "one-step" for n in names if n in curves})
    traces, labels = [], []
    for name, (colour, dash, (symbol, glyph)) in looks.items():
        own, bold = curves[name], name in ours
        colour = REFERENCE if bold and len(curves) > 1 else colour
        for axis, what in (("y", "error"), ("y2", "distance")):
            found = [getattr(r, what) for r in own]
            traces.append(
                charts.curve(
                    [r.nfe for r in own],
                    rounded(e.value for e in found),
                    name,
                    colour,
                    dash,
                    symbol,
                    bold,
                    f"%{{x}} NFE: {what} %{{text}}",
                    size=5,
                )
                | {
                    "yaxis": axis,
                    "text": [interval(e.value, e.low, e.high) for e in found],
                    **({"error_y": _whiskers(found, colour)} if axis == "y" else {}),
                }
            )
        labels.append((own[-1].error.value, f"{glyph} {names[name]}", colour, bold))
    budgets = sorted({r.nfe for r in rows})
    for name in ours:
        level = next((r.error.value for r in curves.get(name, []) if r.nfe >= target), None)
        if level:
            across = [budgets[0], budgets[-1]]
            traces.append(charts.line(across, rounded([level] * 2), REFERENCE, 1.25, "dot"))
    return {"data": traces, "layout": _layout(rows, budgets, labels, chance)}


def _whiskers(found: Sequence[Any], colour: str) -> dict:
    return {
        "type": "data",
        "symmetric": False,
        "array": rounded(e.high - e.value for e in found),
        "arrayminus": rounded(min(e.value - e.low, 0.99 * e.value) for e in found),
        "color": faded(colour, 0.5),
        "thickness": 1,
        "width": 2,
    }


def _layout(rows: Sequence[Any], budgets: list[int], labels: list[tuple], chance: Any) -> dict:
    reach = charts.decades([r.error.value for r in rows])
    far = charts.decades([chance.low, *(r.distance.value for r in rows)])
    layout = charts.layout("NFE", "median end error", reach, right=190)
    ticks = [b for a, b in zip([0, *budgets], budgets) if b > 1.2 * a]
    layout["xaxis"] |= {
        "range": [math.log10(budgets[0]) - 0.05, math.log10(budgets[-1]) + 0.05],
        "tickvals": ticks,
        "ticktext": [number(v) for v in ticks],
        "anchor": "y2",
    }
    layout["yaxis"]["domain"] = list(ABOVE)
    below = charts.layout("", "", far)["yaxis"]
    layout["yaxis2"] = below | {
        "domain": list(BELOW),
        "title": axis_title("distance to the data"),
        "gridcolor": GRID,
    }
    layout["shapes"] = [
        {
            "type": "rect",
            "layer": "below",
            "xref": "x domain",
            "x0": 0,
            "x1": 1,
            "yref": "y2",
            "y0": chance.low,
            "y1": chance.high,
            "line": {"width": 0},
            "fillcolor": faded(REFERENCE, 0.2),
        }
    ]
    height = ABOVE[1] - ABOVE[0]
    named = charts.end_names(labels, reach)
    for a in named:
        a["y"] = ABOVE[0] + height * a["y"]
    place = (math.log10(chance.high) - far[0]) / (far[1] - far[0])
    aside = [charts.words("draws of the data", 1.01, BELOW[1] * place, INK3, "left", "middle")]
    layout["annotations"] = named + aside
    layout["meta"] = charts.narrow(labels, [])
    return layout
