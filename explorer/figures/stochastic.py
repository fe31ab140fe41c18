"""The share of good samples against S_churn, a curve for each denoiser."""

from collections.abc import Sequence
from typing import Any

from ..numerals import number
from . import charts
from .style import LEARNED, MULTISTEP, ONE_STEP, REFERENCE, rounded

COLOURS = (REFERENCE, LEARNED, ONE_STEP, MULTISTEP)


def stochastic_figure(rows: Sequence[Any], measured: str) -> dict:
    """rows: with model, amount and level, an Estimate; measured: what the share is of.  Whiskers
    are 95 % intervals.  EDM, Fig. 5b and 5c.
    """
    traces, labels, ends = [], [], []
    amounts = sorted({r.amount for r in rows})
    place = {a: i for i, a in enumerate(amounts)}  # evenly: 0 would have no place on a log axis
    for k, name in enumerate(dict.fromkeys(r.model for r in rows)):
        own = sorted((r for r in rows if r.model == name), key=lambda r: r.amount)
        colour, (symbol, glyph) = COLOURS[k % len(COLOURS)], charts.MARKERS[k % 8]
        levels = [r.level for r in own]
        y = rounded(e.value for e in levels)
        hover = "S_churn %{text}: %{y:.1%}"
        traces.append(
            charts.curve(
                [place[r.amount] for r in own], y, name, colour, "solid", symbol, False, hover
            )
            | {
                "text": [number(r.amount) for r in own],
                "error_y": charts.whiskers(levels, colour),
            }
        )
        labels.append((10 ** y[-1], f"{glyph} {name}", colour, False))  # `end_names` takes its log
        ends += [e.low for e in levels] + [e.high for e in levels]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    room = 0.08 * (high - low) or 0.05
    reach = (max(0.0, low - room), min(1.02, high + room))
    layout = charts.layout("S_churn", measured, (0, 1), right=190)
    layout["xaxis"] |= {
        "type": "linear",
        "range": [-0.3, len(amounts) - 0.7],
        "tickvals": list(place.values()),
        "ticktext": [number(a) for a in amounts],
    }
    axis = layout["yaxis"] | {"type": "linear", "range": list(reach), "tickformat": ".3~%"}
    layout["yaxis"] = {k: v for k, v in axis.items() if k not in ("tickvals", "ticktext")}
    layout["annotations"] = charts.end_names(labels, reach)
    layout["meta"] = charts.narrow(labels, [])
    return {"data": traces, "layout": layout}
