"""What churn does: where it acts, how much it adds, and how far the samples end from the data.

Returns a Plotly figure as a plain dict.
"""

import math
from collections.abc import Mapping, Sequence

from ..numerals import number
from . import churn_amounts
from .churn_amounts import AXIS
from .style import (
    FONT,
    INK,
    INK2,
    INK3,
    REFERENCE,
    SIGMA_TICKS,
    STOCHASTIC,
    SURFACE,
    axis_title,
    faded,
    rounded,
    short,
)

LEFT, RIGHT = [0, 0.56], [0.68, 1]
UPPER, LOWER = [0.42, 0.9], [0, 0.24]


def churn_figure(
    steps: Sequence, band: tuple[float, float], cap: float, amounts: Mapping, own: float, floor
) -> dict:
    """Left, over σ: γ of each step as an arrow from σ to σ̂ under the cap √2 − 1, and the noise
    added; right: distance to the data for each S_churn, with intervals.

    steps: with sigma, gamma, sigma_hat, noise, from σ_max down.  band: (S_tmin, S_tmax).
    amounts: S_churn -> Estimate, of those measured so far; own: the one in use.  floor: the
    Estimate of two draws of the data.
    """
    high, low = 1.6 * max(s.sigma_hat for s in steps), min(s.sigma for s in steps) / 1.6
    inside = [s for s in steps if s.gamma > 0]
    top = max(cap * 1.18, 1.1 * max(s.gamma for s in steps))
    traces = [
        *_arrows(inside, top),
        *_levels(steps),
        _noise(inside),
        *churn_amounts.dots(amounts, own),
    ]
    shapes = _shapes([min(max(v, low), high) for v in band], cap)
    words = _heads(inside, cap)
    shapes += churn_amounts.bands(amounts.get(0.0), floor)
    if floor is not None:
        words.append(_floor(floor))
    ends = list(amounts.values()) + ([floor] if floor else [])
    layout = _layout(high, low, top, inside) | churn_amounts.axes(ends, amounts, RIGHT)
    return {
        "data": traces,
        "layout": layout
        | {"shapes": shapes, "annotations": words, "meta": {"narrow": _narrow(layout, words)}},
    }


def _shapes(edges: Sequence[float], cap: float) -> list[dict]:
    """Where churn may act, and how much a step may add at most."""
    shapes: list[dict] = [
        {
            "type": "rect",
            "layer": "below",
            "x0": edges[1],
            "x1": edges[0],
            "yref": ref,
            "y0": 0,
            "y1": 1,
            "line": {"width": 0},
            "fillcolor": faded(STOCHASTIC, 0.1),
        }
        for ref in ("y domain", "y2 domain")
    ]
    shapes.append(
        {
            "type": "line",
            "xref": "x domain",
            "x0": 0,
            "x1": 1,
            "yref": "y",
            "y0": cap,
            "y1": cap,
            "line": {"color": REFERENCE, "width": 1.25, "dash": "dot"},
        }
    )
    return shapes


def _heads(inside: Sequence, cap: float) -> list[dict]:
    """The names of the three parts, of the cap and of the first γ."""
    words = [
        _words(
            "<b>γ</b>: from S<sub>tmax</sub> to S<sub>tmin</sub>, σ first goes up to σ̂ = (1 + γ) σ",
            0,
            1,
            "paper",
            "paper",
            below=True,
        ),
        _words("<b>noise added</b>, √(σ̂² − σ²) S<sub>noise</sub>", 0, 0.25, "paper", "paper"),
        _words("<b>distance to the data</b>", RIGHT[0], 1, "paper", "paper", below=True),
        _words(
            f"cap √2 − 1 = {number(cap, 2)}", 0.99, cap, "x domain", "y", colour=INK3, right=True
        ),
    ]
    if inside:
        first = inside[0]
        words.append(
            {
                **_words(
                    f"γ = {short(first.gamma)}",
                    math.log10(first.sigma_hat),
                    first.gamma,
                    "x",
                    "y",
                    colour=STOCHASTIC,
                    bold=True,
                    right=True,
                    below=True,
                ),
                "xshift": -6,
                "yshift": -2,
            }
        )
    return words


def _floor(floor) -> dict:
    """The name of the band of two draws of the data."""
    return {
        **_words(
            "two draws of the data",
            0.5,
            floor.low,
            "x2 domain",
            "y3",
            colour=INK3,
            below=True,
        ),
        "xanchor": "center",
        "bgcolor": SURFACE,
        "opacity": 0.9,
    }


def _narrow(layout: dict, words: list[dict]) -> dict:
    """For a screen with no room for two columns: the right one below the left."""
    places = {"yaxis": [0.71, 0.95], "yaxis2": [0.49, 0.59], "yaxis3": [0, 0.33]}
    axes = {k: {**layout[k], "domain": v} for k, v in places.items()}
    axes |= {k: {**layout[k], "domain": [0, 1]} for k in ("xaxis", "xaxis2")}
    heads = {1: 1.0, 2: 0.6, 3: 0.37}  # where γ, the noise and the distance begin
    moved = [dict(w) for w in words]
    for head, i in zip(heads.values(), range(3)):
        moved[i] |= {"x": 0, "y": head}
    return {**axes, "annotations": moved, "margin": {**layout["margin"], "r": 12}, "height": 620}


def _arrows(inside: Sequence, top: float) -> list[dict]:
    x, y, stems_x, stems_y = [], [], [], []
    for s in inside:
        x += [s.sigma, s.sigma_hat, None]
        y += [s.gamma, s.gamma, None]
        stems_x += [s.sigma, s.sigma, None]
        stems_y += [0, s.gamma, None]
    line = lambda x, y, width, alpha: {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "hoverinfo": "skip",
        "line": {"color": faded(STOCHASTIC, alpha), "width": width},
    }
    heads = {
        "type": "scatter",
        "mode": "markers",
        "x": rounded(s.sigma_hat for s in inside),
        "y": rounded(s.gamma for s in inside),
        "marker": {"symbol": "triangle-left", "size": 9, "color": STOCHASTIC},
        "text": [
            f"σ = {number(s.sigma)} → σ̂ = {number(s.sigma_hat)}<br>γ = {number(s.gamma)}, "
            f"noise {short(s.noise)}"
            for s in inside
        ],
        "hovertemplate": "%{text}<extra></extra>",
    }
    return [line(stems_x, stems_y, 1, 0.5), line(x, y, 2, 1), heads]


def _levels(steps: Sequence) -> list[dict]:
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": rounded(s.sigma for s in steps),
            "y": [0] * len(steps),
            "hoverinfo": "skip",
            "cliponaxis": False,
            "marker": {"size": 6, "color": INK2},
        }
    ]


def _noise(inside: Sequence) -> dict:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "yaxis": "y2",
        "x": rounded(s.sigma for s in inside),
        "y": rounded(s.noise for s in inside),
        "text": [f"σ = {number(s.sigma)}: noise {short(s.noise)}" for s in inside],
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": STOCHASTIC, "width": 1.5},
        "marker": {"size": 5, "color": STOCHASTIC},
    }


def _words(text, x, y, xref, yref, colour=INK, right=False, below=False, bold=False) -> dict:
    return {
        "text": f"<b>{text}</b>" if bold else text,
        "x": x,
        "y": y,
        "xref": xref,
        "yref": yref,
        "showarrow": False,
        "xanchor": "right" if right else "left",
        "yanchor": "top" if below else "bottom",
        "font": {"size": 11, "color": colour},
    }


def _layout(high, low, top, inside) -> dict:
    ticks = [v for v in SIGMA_TICKS if low <= v <= high]
    noises = [s.noise for s in inside] or [1.0]
    span = [math.floor(math.log10(min(noises))), math.ceil(math.log10(max(noises)) + 1e-9)]
    powers = [10.0**k for k in range(span[0], span[1] + 1)]
    return {
        "showlegend": False,
        "hovermode": "closest",
        "font": {"family": FONT, "size": 11, "color": INK3},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 46, "r": 14, "t": 10, "b": 46},
        "title": {"text": ""},
        "xaxis": {
            **AXIS,
            "type": "log",
            "domain": LEFT,
            "anchor": "y2",
            "range": [math.log10(high), math.log10(low)],
            "tickvals": ticks,
            "ticktext": [number(v) for v in ticks],
            "title": axis_title("noise level σ"),
        },
        "yaxis": {
            **AXIS,
            "domain": UPPER,
            "range": [-0.02 * top, top],
            "anchor": "x",
            "tickvals": [0, 0.2, 0.4],
            "title": axis_title("γ"),
        },
        "yaxis2": {
            **AXIS,
            "domain": LOWER,
            "type": "log",
            "anchor": "x",
            "range": [span[0] - 0.2, span[1]],  # its lowest number clears the x axis's
            "tickvals": powers,
            "ticktext": [short(p) for p in powers],
        },
    }
