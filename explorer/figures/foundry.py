"""A training in the foundry: the error as it falls, and the numbers of each step as they stand."""

import math
from collections.abc import Sequence
from typing import Any

from ..numerals import number
from . import charts
from .style import GRID, INK3, LEARNED, ONE_STEP, REFERENCE, SIGMA_TICKS, axis_title, rounded

ABOVE, BELOW = (0.6, 1.0), (0.0, 0.42)
LAGS = ("newest slope", "one before", "two before", "three before")
INSIDE = ("slope inside", "slope at the start")


def foundry_figure(
    history: Sequence[Any],
    first: float,
    own: Sequence[float],
    levels: Sequence[float],
    rows: Sequence[Sequence[float]],
    more: dict[str, Sequence[float]],
) -> dict:
    """history: looks, with update and best; first: the error before.  own, levels: the noise levels
    before and now.  rows: a_nj of each step, none where only times were learned; more: other
    numbers of each step by name, r and γ.
    """
    looks = [h for h in history if h.error is not None]
    x = [0, *(h.update for h in looks)]
    y = [first, *(h.error for h in looks)]
    traces = [
        charts.line([0, max(x[-1], 1)], rounded([first, first]), ONE_STEP, 1.5, "dash", name="now"),
        charts.curve(
            x, rounded(y), "forged", LEARNED, "solid", "circle", False, "update %{x}: %{y:.3g}"
        ),
    ]
    numbers, labels = _numbers(levels, rows, more)
    traces += [*_combs(own, levels, not numbers), *numbers]
    known = [v for v in y if math.isfinite(v) and v > 0]
    return {"data": traces, "layout": _layout(known, x[-1], own, labels)}


def _numbers(levels, rows, more) -> tuple[list[dict], list[tuple]]:
    """A curve over the steps for each number of a step."""
    names = INSIDE if more else LAGS
    across = max(map(len, rows), default=0)
    columns: list[tuple[str, list]] = [
        (names[j], [row[j] if j < len(row) else None for row in rows]) for j in range(across)
    ]
    columns += [(name, list(values)) for name, values in more.items()]
    looks = charts.looks({name: "learned" for name, _ in columns})
    traces, labels = [], []
    for name, values in columns:
        colour, dash, (symbol, glyph) = looks[name]
        shown = [None if v is None else float(f"{v:.4g}") for v in values]
        hover = "from σ = %{x}: %{y:.4g}"
        made = charts.curve(
            rounded(levels[:-1]), shown, name, colour, dash, symbol, False, hover, 5
        )
        traces.append(made | {"xaxis": "x2", "yaxis": "y2"})
        labels.append((values[-1] if values[-1] is not None else 0.0, f"{glyph} {name}", colour))
    return traces, labels


def _combs(own, levels, whole: bool) -> list[dict]:
    """The levels before and now, as rows of ticks; beside numbers, those before alone, at 0."""
    rows = [("levels now", own, REFERENCE, 0.0)]
    if whole:
        rows.append(("levels forged", levels, LEARNED, 1.0))
    return [
        charts.curve(
            rounded(found), [at] * len(found), name, colour, "solid", "line-ns-open", False,
            "σ = %{x}", 9,
        )
        | {"xaxis": "x2", "yaxis": "y2", "mode": "markers"}
        for name, found, colour, at in rows
    ]  # fmt: skip


def _layout(known: Sequence[float], last: int, own: Sequence[float], labels: list[tuple]) -> dict:
    span = charts.decades(known)
    layout = charts.layout("update", "end error", span, right=150)
    layout["xaxis"] |= {
        "type": "linear",
        "range": [0, max(last, 1) * 1.02],
        "anchor": "y",
        "title": {"text": ""},
    }
    layout["yaxis"] |= {"domain": list(ABOVE)}
    left, right = math.log10(own[0]), math.log10(own[-1])
    layout["xaxis2"] = {
        "type": "log",
        "title": axis_title("noise level σ where a step begins"),
        "gridcolor": GRID,
        "zeroline": False,
        "range": [left + 0.08, right - 0.08],
        "tickvals": list(SIGMA_TICKS),
        "ticktext": [number(v) for v in SIGMA_TICKS],
        "anchor": "y2",
    }
    layout["yaxis2"] = {
        "domain": list(BELOW),
        "gridcolor": GRID,
        "zeroline": False,
        "nticks": 4,
        "title": axis_title("of each step" if labels else ""),
    }
    if not labels:
        layout["yaxis2"] |= {
            "range": [-0.6, 1.6],
            "tickvals": [0, 1],
            "ticktext": ["now", "forged"],
        }
    names = [
        charts.words(text, 1.01, BELOW[1] * (k + 0.5) / len(labels), colour, "left", "middle")
        for k, (_, text, colour) in enumerate(sorted(labels, key=lambda w: w[0]))
    ]
    updates = charts.words("error over updates", 1.01, sum(ABOVE) / 2, INK3, "left", "middle")
    layout["annotations"] = [*names, updates]
    layout["meta"] = charts.narrow([(1.0, t, c, False) for _, t, c in labels], [])
    return layout
