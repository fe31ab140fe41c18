"""Solvers side by side: error against NFE, and what one step misses at every noise level.

Both return a Plotly figure as a plain dict.  Colour tells the family, dash and marker the member;
every curve carries its name at its end, with the marker in front.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..numerals import number, short, span
from . import charts
from .style import INK3, REFERENCE, SIGMA_TICKS, rounded


def error_vs_nfe(
    rows: Sequence,
    slopes: Mapping,
    floor: float | None = None,
    highlight: str | None = None,
    title: str = "",
    measured: str = "median end error",
    axis: Any = None,
) -> dict:
    """Median end error, or what else is `measured`, against NFE on log axes, a curve for each name;
    the whiskers are the 95 % interval of each median.  axis: with label and log, a setting that the
    rows go along instead, each at its value; its scale is the setting's own.

    rows: with solver, name, family, x, median, middle (an Estimate), low, high, nominal and note,
    in any order; those without a median are gaps, and a name without any value is said below.
    slopes: name -> a Slope or None.  highlight: the name that gets its 10–90 % band and the thicker
    line.  floor: what is known of the reference's own error.  title: the finding.
    """
    curves: dict[str, list] = {}
    for row in rows:
        curves.setdefault(row.name, []).append(row)
    drawn = {
        name: sorted((r for r in own if r.median is not None), key=lambda r: r.x)
        for name, own in curves.items()
    }
    looks = charts.looks({name: own[0].family for name, own in curves.items()})
    if len(curves) > 1 and len({own[0].solver for own in curves.values()}) == 1:
        looks = charts.ordered(curves)  # one solver, over other steps
    known = {n: own for n, own in drawn.items() if own}
    traces, labels = _drawn(known, looks, slopes, highlight, axis)
    errors = [v for t in traces for v in t["y"] if v]
    budgets = sorted({r.x for own in drawn.values() for r in own})
    if floor and budgets:
        ends, y = [budgets[0], budgets[-1]], rounded([floor] * 2)
        traces.append(charts.line(ends, y, REFERENCE, 1.25, "dot", name="floor"))
        labels.append((floor, "floor: the reference’s own error", INK3, False))
        errors.append(floor)
    reach = charts.decades(errors)
    longest = max((len(text) for _, text, *_ in labels), default=0)
    along = axis.label if axis else "NFE"
    layout = charts.layout(along, measured, reach, right=round(min(max(200, 5.8 * longest), 330)))
    layout["xaxis"] |= _scale(budgets, axis is None or (axis.log and budgets[:1] > [0]))
    layout["title"]["text"] = title
    layout["annotations"] = charts.end_names(labels, reach)
    silent = [f"{name}: {own[0].note}" for name, own in curves.items() if not drawn[name]]
    aside = [charts.words("<br>".join(silent), 0, 0.01, INK3, "left", "bottom")] if silent else []
    layout["annotations"] += aside
    layout["meta"] = charts.narrow(labels, aside) | {"bare": _bare(labels, reach, aside)}
    return {"data": traces, "layout": layout}


def _bare(labels: Sequence[tuple], reach: Sequence[float], aside: list[dict]) -> dict:
    """Where the orders stand beside the figure: only the names at the ends."""
    names = [(v, text.split(": ")[0], colour, bold) for v, text, colour, bold in labels]
    longest = max((len(text) for _, text, *_ in names), default=0)
    right = round(min(max(90, 6.5 * longest), 240))
    return {"margin": {"r": right}, "annotations": charts.end_names(names, reach) + aside}


def _scale(values: Sequence[float], log: bool) -> dict:
    """Of an x axis: each value where it lies, with as many ticks as have room."""
    if not values:
        return {"range": [0.6, 2], "tickvals": [], "ticktext": []}
    put = [math.log10(v) for v in values] if log else list(values)
    width = put[-1] - put[0]
    ticks = _apart(values, put, width / 17)
    ends = [put[0] - 0.03 * (width or 1), put[-1] + 0.03 * (width or 1)]
    said = [str(v) if isinstance(v, int) else number(v) for v in ticks]
    return {
        "type": "log" if log else "linear",
        "range": ends,
        "tickvals": ticks,
        "ticktext": said,
    }


def _drawn(
    drawn: Mapping[str, Sequence],
    looks: Mapping,
    slopes: Mapping,
    highlight: str | None,
    axis: Any,
) -> tuple[list[dict], list[tuple]]:
    """Each name's curve, the band of the highlighted one below them, and what stands at the end."""
    traces: list[dict] = []
    labels = []
    hover = f"{axis.label} = %{{x}}: %{{text}}" if axis else "%{x} NFE: %{text}"
    for name, own in drawn.items():
        colour, dash, (symbol, glyph) = looks[name]
        bold = name == highlight
        x, y = [r.x for r in own], rounded(r.median for r in own)
        if bold:
            low, high = rounded(r.low for r in own), rounded(r.high for r in own)
            traces.insert(0, charts.band(x, low, high, colour, name))
        traces.append(
            charts.curve(x, y, name, colour, dash, symbol, bold, hover)
            | {"text": [_told(r) for r in own], "error_y": _whiskers(own, colour)}
        )
        said = name if axis else _slope_words(name, slopes.get(name), own[0].nominal)
        labels.append((y[-1], f"{glyph} {said}", colour, bold))
    return traces, labels


def _told(row) -> str:
    """“0.005 (0.0048–0.0054), 10–90 % 0.002–0.03”."""
    interval = span(row.middle.low, row.middle.high)
    return (
        f"{short(row.median)}{f' ({interval})' * bool(interval)}, 10–90 % {span(row.low, row.high)}"
    )


def _whiskers(own: Sequence, colour: str) -> dict:
    """The 95 % interval of each median, where there is one."""
    return {
        "type": "data",
        "symmetric": False,
        "array": rounded(r.middle.high - r.median for r in own),
        "arrayminus": rounded(r.median - r.middle.low for r in own),
        "color": colour,
        "thickness": 1,
        "width": 2,
    }


def truncation_figure(
    curves: Mapping,
    highlight: str | None = None,
    family: str = "one-step",
    title: str = "What one step misses",
) -> dict:
    """Local truncation error over σ on log axes, from σ_max on the left to σ_min on the right.

    curves: name (“ρ = 7”) -> (sigma, mean, std), each (n,), of the steps that arrive at sigma.
    highlight: the name that gets its band of one standard deviation.  EDM, Fig. 13.
    """
    looks = charts.ordered(curves)
    if len(curves) == 1:
        looks = charts.looks(dict.fromkeys(curves, family))
    traces: list[dict] = []
    labels, levels = [], []
    for name, (sigma, mean, std) in curves.items():
        colour, dash, (symbol, glyph) = looks[name]
        bold = name == highlight
        x, y = rounded(sigma), [v or None for v in rounded(mean)]
        levels += x
        if bold:
            traces.insert(0, _deviation(x, y, mean, std, colour, name))
        traces.append(
            charts.curve(x, y, name, colour, dash, symbol, bold, "%{text}", size=4)
            | {"text": [f"σ = {number(a)}: {short(v)}" for a, v in zip(x, y)]}
        )
        end = next((v for v in reversed(y) if v), None)
        if end is not None:
            labels.append((end, f"{glyph} {name}", colour, bold))
    reach = charts.decades([v for t in traces for v in t["y"] if v], lowest=1e-12)
    layout = charts.layout(
        "noise level σ", "error of one step, RMS per coordinate", reach, right=90
    )
    left, right = (max(levels), min(levels)) if levels else (100, 0.001)
    layout["xaxis"] |= {
        "range": [math.log10(left) + 0.05, math.log10(right) - 0.05],
        "tickvals": list(SIGMA_TICKS),
        "ticktext": [number(v) for v in SIGMA_TICKS],
    }
    layout["title"]["text"] = title
    layout["annotations"] = charts.end_names(labels, reach)
    layout["meta"] = charts.narrow(labels, [])
    return {"data": traces, "layout": layout}


def _deviation(x, y, mean, std, colour: str, name: str) -> dict:
    """The band of one standard deviation about a curve, where the curve has a value."""
    low = [max(float(m) - float(s), float(m) / 100) for m, s in zip(mean, std)]
    high = rounded(float(m) + float(s) for m, s in zip(mean, std))
    known = [i for i, v in enumerate(y) if v]
    pick = lambda values: [values[i] for i in known]
    return charts.band(pick(x), pick(rounded(low)), pick(high), colour, name)


def _slope_words(name: str, slope, nominal: int) -> str:
    """“Heun: order 1.9 ± 0.1, nominal 2”."""
    if slope is None:
        return f"{name}: nominal order {nominal}"
    half = (slope.high - slope.low) / 2
    if half > 2:  # three scattered points show no order
        return f"{name}: not yet straight, nominal {nominal}"
    return f"{name}: order {-slope.value:.1f} ± {max(half, 0.1):.1f}, nominal {nominal}"


def _apart(values: Sequence[float], put: Sequence[float], room: float) -> list[float]:
    """Ticks that leave room for each other's numbers; put: where each value lies."""
    out: list[int] = []
    for k, p in enumerate(put):
        if not out or p - put[out[-1]] >= room:
            out.append(k)
    return [values[k] for k in out]
