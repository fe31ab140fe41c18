"""Solvers side by side: error against NFE, and what one step misses at every noise level.

Both return a Plotly figure as a plain dict.  Colour tells the family, dash and marker the member;
every curve carries its name at its end, with the marker in front.
"""

import math
from collections.abc import Mapping, Sequence

from .style import (
    DASH_DOT,
    FAMILY,
    FONT,
    GRID,
    INK3,
    ONE_STEP,
    REFERENCE,
    SIGMA_TICKS,
    axis_title,
    faded,
    legible,
    rounded,
    short,
)

DASHES = ("solid", "dash", "2px,2px", DASH_DOT, "8px,3px", "1px,3px")
MARKERS = (
    ("circle", "●"),
    ("square", "■"),
    ("triangle-up", "▲"),
    ("diamond", "◆"),
    ("circle-open", "○"),
    ("square-open", "□"),
    ("triangle-up-open", "△"),
    ("diamond-open", "◇"),
)
HEIGHT, TOP, BOTTOM = 420, 34, 46
LINE_HEIGHT = 15  # pixels from one label to the next
HIGHEST = 10.0  # errors above it are off the chart: such a path has lost the data


def error_vs_nfe(
    rows: Sequence, slopes: Mapping, floor: float | None = None, highlight: str | None = None
) -> dict:
    """Mean end error against measured NFE on log axes, a curve for each name.

    rows: with solver, name, family, nfe, mean, low, high, nominal and note, in any order; those
    without a mean are gaps, and a name without any value is said below.  slopes: name -> a Slope or
    None.  highlight: the name that gets its 10–90 % band and the thicker line.  floor: what is
    known of the reference's own error.
    """
    curves: dict[str, list] = {}
    for row in rows:
        curves.setdefault(row.name, []).append(row)
    drawn = {
        name: sorted((r for r in own if r.mean is not None), key=lambda r: r.nfe)
        for name, own in curves.items()
    }
    looks = _looks({name: own[0].family for name, own in curves.items()})
    traces: list[dict] = []
    labels = []
    for name, own in drawn.items():
        if not own:
            continue
        colour, dash, (symbol, glyph) = looks[name]
        bold = name == highlight
        x, y = [r.nfe for r in own], rounded(r.mean for r in own)
        if bold:
            traces.insert(
                0, _band(x, rounded(r.low for r in own), rounded(r.high for r in own), colour, name)
            )
        traces.append(_curve(x, y, name, colour, dash, symbol, bold, "%{x} NFE: %{y:.2g}"))
        labels.append(
            (y[-1], f"{glyph} {_slope_words(name, slopes.get(name), own[0].nominal)}", colour, bold)
        )
    errors = [v for t in traces for v in t["y"] if v]
    budgets = sorted({r.nfe for own in drawn.values() for r in own})
    if floor and budgets:
        traces.append(
            _line(
                [budgets[0], budgets[-1]],
                rounded([floor] * 2),
                REFERENCE,
                1.25,
                "dot",
                name="floor",
            )
        )
        labels.append((floor, "floor: the reference’s own error", INK3, False))
        errors.append(floor)
    span = _decades(errors)
    longest = max((len(text) for _, text, *_ in labels), default=0)
    layout = _layout("NFE", "mean end error", span, right=round(min(max(200, 5.8 * longest), 330)))
    ends = [math.log10(budgets[0]) - 0.03, math.log10(budgets[-1]) + 0.03] if budgets else [0.6, 2]
    ticks = _apart(budgets)
    layout["xaxis"] |= {"range": ends, "tickvals": ticks, "ticktext": [str(v) for v in ticks]}
    layout["title"]["text"] = _finding(drawn)
    layout["annotations"] = _ends(labels, span)
    silent = [f"{name}: {own[0].note}" for name, own in curves.items() if not drawn[name]]
    aside = [_words("<br>".join(silent), 0, 0.01, INK3, "left", "bottom")] if silent else []
    layout["annotations"] += aside
    layout["meta"] = _narrow(labels, aside)
    return {"data": traces, "layout": layout}


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
    looks = _looks(dict.fromkeys(curves, family))
    traces: list[dict] = []
    labels, levels = [], []
    for name, (sigma, mean, std) in curves.items():
        colour, dash, (symbol, glyph) = looks[name]
        bold = name == highlight
        x, y = rounded(sigma), [v or None for v in rounded(mean)]
        levels += x
        if bold:
            low = [max(float(m) - float(s), float(m) / 100) for m, s in zip(mean, std)]
            known = [i for i, v in enumerate(y) if v]
            pick = lambda values: [values[i] for i in known]
            traces.insert(
                0,
                _band(
                    pick(x),
                    pick(rounded(low)),
                    pick(rounded(float(m) + float(s) for m, s in zip(mean, std))),
                    colour,
                    name,
                ),
            )
        traces.append(
            _curve(x, y, name, colour, dash, symbol, bold, "σ = %{x:.3g}: %{y:.2g}", size=4)
        )
        end = next((v for v in reversed(y) if v), None)
        if end is not None:
            labels.append((end, f"{glyph} {name}", colour, bold))
    span = _decades([v for t in traces for v in t["y"] if v], lowest=1e-12)
    layout = _layout("noise level σ", "error of one step, RMS per coordinate", span, right=90)
    left, right = (max(levels), min(levels)) if levels else (100, 0.001)
    layout["xaxis"] |= {
        "range": [math.log10(left) + 0.05, math.log10(right) - 0.05],
        "tickvals": list(SIGMA_TICKS),
        "ticktext": [f"{v:g}" for v in SIGMA_TICKS],
    }
    layout["title"]["text"] = title
    layout["annotations"] = _ends(labels, span)
    layout["meta"] = _narrow(labels, [])
    return {"data": traces, "layout": layout}


def _looks(families: Mapping[str, str]) -> dict[str, tuple]:
    """name -> colour of its family, dash and marker of its place in it."""
    place: dict[str, int] = {}
    out = {}
    for name, family in families.items():
        k = place[family] = place.get(family, -1) + 1
        out[name] = (
            FAMILY.get(family, ONE_STEP),
            DASHES[k % len(DASHES)],
            MARKERS[k % len(MARKERS)],
        )
    return out


def _slope_words(name: str, slope, nominal: int) -> str:
    """“Heun: order 1.9 ± 0.1, nominal 2”."""
    if slope is None:
        return f"{name}: nominal order {nominal}"
    half = (slope.high - slope.low) / 2
    if half > 2:  # three scattered points show no order
        return f"{name}: not yet straight, nominal {nominal}"
    return f"{name}: order {-slope.value:.1f} ± {max(half, 0.1):.1f}, nominal {nominal}"


def _finding(drawn: Mapping[str, Sequence]) -> str:
    """The lowest error among the curves' last points, with its cost."""
    last = {name: own[-1] for name, own in drawn.items() if own}
    if not last:
        return "Nothing measured yet"
    best = min(last, key=lambda name: last[name].mean)
    return f"{best}, {last[best].nfe} NFE: mean error {short(last[best].mean)}"


def _line(x, y, colour, width, dash="solid", **more) -> dict:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "hoverinfo": "skip",
        "showlegend": False,
        "line": {"color": colour, "width": width, "dash": dash},
        **more,
    }


def _curve(x, y, name, colour, dash, symbol, bold, hover, size=6) -> dict:
    return _line(
        x,
        y,
        colour,
        2.5 if bold else 1.5,
        dash,
        name=name,
        mode="lines+markers",
        hoverinfo="all",
        hovertemplate=f"{name}<br>{hover}<extra></extra>",
        marker={
            "symbol": symbol,
            "size": size + bold,
            "color": colour,
            "line": {"width": 1.25, "color": colour},
        },
    )


def _band(x, low, high, colour, name) -> dict:
    return _line(
        x + x[::-1],
        high + low[::-1],
        "rgba(0,0,0,0)",
        0,
        fill="toself",
        fillcolor=faded(colour, 0.12),
        name=f"{name}, band",
    )


def _decades(values: Sequence[float], lowest: float = 1e-9) -> list[float]:
    """Whole decades that hold the values, as exponents, so that axes move rarely."""
    kept = [v for v in values if lowest <= v <= HIGHEST]
    if not kept:
        return [-4.0, 0.0]
    low, high = math.floor(math.log10(min(kept))), math.ceil(math.log10(max(kept)))
    return [float(low), float(max(high, low + 1))]


def _apart(budgets: Sequence[int]) -> list[int]:
    """Ticks that leave room for each other's numbers."""
    out: list[int] = []
    for v in budgets:
        if not out or v >= 1.15 * out[-1]:
            out.append(v)
    return out


def _ends(labels: Sequence[tuple], span: Sequence[float]) -> list[dict]:
    """Labels (value, text, colour, bold) right of the plot, at their curve's end or, where several
    end together, spread about it in the order of their values.
    """
    pixels = HEIGHT - TOP - BOTTOM
    size = (span[1] - span[0]) / pixels
    wanted = [
        ((min(max(math.log10(v), span[0]), span[1]) - span[0]) / size, text, colour, bold)
        for v, text, colour, bold in labels
        if v and v > 0
    ]
    wanted.sort(key=lambda w: w[0])
    heights = spread([w[0] for w in wanted], LINE_HEIGHT, pixels)
    return [
        _words(f"<b>{text}</b>" if bold else text, 1.01, h / pixels, colour, "left", "middle")
        for h, (_, text, colour, bold) in zip(heights, wanted)
    ]


def _narrow(labels: Sequence[tuple], aside: list[dict]) -> dict:
    """For a screen with no room beside the plot: the labels as a list, in the order of the ends."""
    known = sorted((w for w in labels if w[0] and w[0] > 0), key=lambda w: -w[0])
    return {
        "narrow": {"margin": {"l": 48, "r": 12, "t": 12, "b": BOTTOM}, "annotations": aside},
        "names": [[text, legible(colour)] for _, text, colour, _ in known],
    }


def spread(places: Sequence[float], gap: float, room: float) -> list[float]:
    """The nearest places (least squares) that keep the order and a distance of `gap`, inside room.

    Neighbours that are too close become a block about their mean; blocks that meet are joined.
    """
    blocks: list[list[float]] = []  # sum of places shifted to the block's foot, count
    for p in places:
        blocks.append([p, 1])
        while len(blocks) > 1 and _foot(blocks[-2], gap, room) + blocks[-2][1] * gap > _foot(
            blocks[-1], gap, room
        ):
            total, count = blocks.pop()
            before = blocks[-1]
            before[0] += total - count * before[1] * gap
            before[1] += count
    return [_foot(b, gap, room) + k * gap for b in blocks for k in range(int(b[1]))]


def _foot(block: Sequence[float], gap: float, room: float) -> float:
    return min(max(block[0] / block[1], 0), max(room - (block[1] - 1) * gap, 0))


def _words(text, x, y, colour, xanchor, yanchor) -> dict:
    return {
        "text": text,
        "x": x,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "showarrow": False,
        "xanchor": xanchor,
        "yanchor": yanchor,
        "align": "left",
        "font": {"color": legible(colour), "size": 11},
    }


def _layout(x: str, y: str, span: Sequence[float], right: int = 280) -> dict:
    exponents = range(math.ceil(span[0]), math.floor(span[1]) + 1)
    exponents = exponents[:: math.ceil(len(exponents) / 8)]
    return {
        "height": HEIGHT,
        "showlegend": False,
        "hovermode": "closest",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 11, "color": INK3},
        "margin": {"l": 56, "r": right, "t": TOP, "b": BOTTOM},
        "title": {"text": "", "font": {"size": 13}, "x": 0, "xref": "paper", "xanchor": "left"},
        "xaxis": {"type": "log", "title": axis_title(x), "gridcolor": GRID, "zeroline": False},
        "yaxis": {
            "type": "log",
            "title": axis_title(y),
            "gridcolor": GRID,
            "zeroline": False,
            "range": list(span),
            "tickvals": [10.0**k for k in exponents],
            "ticktext": [_power(k) for k in exponents],
        },
    }


def _power(k: int) -> str:
    plain = {0: "1", 1: "10", -1: "0.1", -2: "0.01"}
    return plain.get(k) or "10" + str(k).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
