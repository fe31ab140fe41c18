"""A training as figures: the loss at every noise level (EDM Fig. 5a), and over what was seen."""

import math
from collections.abc import Sequence
from functools import partial

import torch

from ..numerals import number, short
from .style import (
    FONT,
    GRID,
    INK,
    INK3,
    LEARNED,
    REFERENCE,
    SIGMA_TICKS,
    STOCHASTIC,
    SURFACE,
    faded,
    legible,
    rounded,
)

TOP = 1.25  # of the loss axis: untrained networks start at 1
ABOVE = 1.06  # on that axis: below it there is room for two lines above the names
STEEP, ROOM = 0.2, 0.08  # on that axis: between two levels, and for a name under a curve


def loss_by_sigma(
    sigma: Sequence[float],
    first: Sequence[float],
    now: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    floor: Sequence[float],
    objective,
    ideal: str = "ideal denoiser",
    now_called: str = "now",
) -> dict:
    """λ(σ) E‖D − y‖² before training, now with its interval, and the ideal denoiser's; p_train.

    All (S,), unweighted; objective: has weight(σ) and density(σ).
    """
    levels = torch.tensor(list(sigma), dtype=torch.float64)
    weight = objective.weight(levels)
    weighted = lambda v: rounded(torch.tensor(list(v), dtype=torch.float64) * weight)
    x = rounded(levels)
    fine = torch.logspace(math.log10(x[-1]), math.log10(x[0]), 90, dtype=torch.float64)
    density = objective.density(fine)
    density = density / float(density.max().clamp(min=1e-12))
    line = partial(_line, x)
    edge, pale = weighted(high) + weighted(low)[::-1], faded(LEARNED, 0.18)
    traces = [
        _area(fine, density),
        line(edge, "rgba(0,0,0,0)", 0, "solid", "interval", fill="toself", fillcolor=pale)
        | {"x": x + x[::-1], "hoverinfo": "skip", "hovertemplate": None},
        line(weighted(first), REFERENCE, 1.5, "dash", "before training"),
        line(weighted(floor), INK, 1.5, "dot", ideal),
        line(weighted(now), LEARNED, 2.25, "solid", now_called),
    ]
    peak = float(fine[int(density.argmax())])
    layout = _layout("noise level σ", "λ(σ) E‖D − y‖²")
    layout["xaxis"] |= {
        "type": "log",
        "range": [math.log10(x[-1]), math.log10(x[0])],
        "tickvals": list(SIGMA_TICKS),
        "ticktext": [number(v) for v in SIGMA_TICKS],
    }
    layout["yaxis"] |= {"range": [0, TOP]}
    layout["annotations"] = [
        *_names(x, weighted(first), weighted(now), weighted(floor), ideal, now_called),
        _word("p<sub>train</sub>", peak, 0.37, STOCHASTIC, "top")
        | {"xanchor": "left", "xshift": 8},
    ]
    return {"data": traces, "layout": layout}


def bracketed(figure: dict, sigma: float, said: str) -> dict:
    """The figure of `loss_by_sigma` with a bracket at one of its levels from before training down
    to now, and what it says."""
    before, now = (
        next(t for t in figure["data"] if t["name"] == name)
        for name in ("before training", figure["data"][-1]["name"])
    )
    at = min(range(len(now["x"])), key=lambda i: abs(math.log(now["x"][i] / sigma)))
    x, ends = now["x"][at], (now["y"][at], min(before["y"][at], TOP))
    colour = legible(LEARNED)
    bracket = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [x, x],
        "y": list(ends),
        "name": "bracket",
        "showlegend": False,
        "hoverinfo": "skip",
        "line": {"color": colour, "width": 1.5},
        "marker": {"color": colour, "size": [8, 0]},
    }
    if ends[1] < ABOVE:
        word = _word(said, x, ends[1], colour, "bottom") | {"yshift": 12}
    else:  # on a phone the curve runs through where it stands: it has a ground of its own
        look = {"xanchor": "left", "xshift": 8, "bgcolor": SURFACE}
        word = _word(said, x, sum(ends) / 2, colour, "middle") | look
    kept = [n for n in figure["layout"]["annotations"] if n["text"] != now["name"]]
    return {
        "data": [*figure["data"], bracket],
        "layout": figure["layout"] | {"annotations": [*kept, _beside(now, x), word]},
    }


def _beside(now: dict, clear: float) -> dict:
    """What the learned curve is called, away from the level of a bracket: left of it where it is
    steep, else above."""
    x, y = now["x"], now["y"]
    beyond = lambda times: next((i for i, v in enumerate(x) if v > times * clear), len(x) // 2)
    named = lambda at: _word(now["name"], x[at], y[at], legible(LEARNED), "bottom")
    at = beyond(3.5)
    if abs(y[min(at + 1, len(y) - 1)] - y[at - 1]) < STEEP:
        return named(beyond(30)) | {"yshift": 4}  # the words above the bracket are wide
    return named(at) | {"yanchor": "middle", "xanchor": "left", "xshift": -6 - 7 * len(now["name"])}


def _names(x: list, first: list, now: list, floor: list, ideal: str, called: str) -> list[dict]:
    """What the three curves are called, each where it is clear of the others."""
    near = lambda levels: min(levels, key=lambda i: abs(math.log(x[i]) - math.log(0.3)))
    at = near(range(len(x)))
    return [
        _word("before training", x[2], first[2], INK3, "bottom"),
        _word(called, x[at], now[at], legible(LEARNED), "bottom"),
        _ideal(x, floor, ideal, at, near),
    ]


def _ideal(x: list, floor: list, ideal: str, at: int, near) -> dict:
    """Under the ideal curve: at its lowest where that leaves room, else left of where it falls."""
    high = [i for i, v in enumerate(floor) if v and v > 0.15]
    if floor[at] and floor[at] > ROOM:
        return _word(ideal, x[at], floor[at], INK3, "top")
    if not high:
        return _word(ideal, x[-3], floor[-3], INK3, "top")
    low = near(high)
    return _word(ideal, x[low], floor[low], INK3, "middle") | {"xanchor": "right", "xshift": -10}


def _line(x, y, colour, width, dash, name, **more) -> dict:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": name,
        "showlegend": False,
        "text": [f"σ = {number(a)}: {short(b)}" for a, b in zip(x, y)],
        "hovertemplate": f"{name}<br>%{{text}}<extra></extra>",
        "line": {"color": colour, "width": width, "dash": dash},
        **more,
    }


def _area(fine, density) -> dict:
    """How often training draws each noise level."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": rounded(fine),
        "y": rounded(density * 0.4),
        "fill": "tozeroy",
        "fillcolor": faded(STOCHASTIC, 0.1),
        "hoverinfo": "skip",
        "name": "p_train",
        "showlegend": False,
        "line": {"color": STOCHASTIC, "width": 1},
    }


def planned(
    sigma: Sequence[float], floor: Sequence[float], objective, ideal: str = "ideal denoiser"
) -> dict:
    """What a training heads for, before it begins: the ideal denoiser's loss, and p_train."""
    whole = loss_by_sigma(sigma, floor, floor, floor, floor, floor, objective, ideal)
    told = [n for n in whole["layout"]["annotations"] if n["text"].startswith("p<")]
    i = max(range(len(sigma)), key=lambda k: min(sigma[k], 8))  # where the curve is flat
    y = float(objective.weight(torch.tensor(float(sigma[i]), dtype=torch.float64))) * floor[i]
    told.append(_word(ideal, sigma[i], y, INK3, "bottom"))
    return {
        "data": [t for t in whole["data"] if t["name"] in ("p_train", ideal)],
        "layout": whole["layout"] | {"annotations": told},
    }


def loss_curve(curve: Sequence[tuple], total: int, unit: str = "images") -> dict:
    """Mean weighted loss over thousands of images or points; a running mean over what is noisy."""
    x = [i / 1000 for i, _ in curve]
    y = rounded([v for _, v in curve])
    smooth: list[float] = []
    for v in y:
        smooth.append(v if not smooth else 0.85 * smooth[-1] + 0.15 * v)
    thin = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False}
    layout = _layout(f"thousands of {unit}", "loss")
    layout["xaxis"]["range"] = [0, total / 1000]
    shown = sorted(y)[: max(1, math.ceil(0.97 * len(y)))] if y else [1.0]
    layout["yaxis"]["range"] = [0, 1.15 * shown[-1]]
    layout["annotations"] = [_WHICH] if y else []
    return {
        "data": [
            {**thin, "x": x, "y": y, "line": {"color": faded(LEARNED, 0.4), "width": 1}},
            {
                **thin,
                "x": x,
                "y": rounded(smooth),
                "hoverinfo": "all",
                "line": {"color": LEARNED, "width": 2},
                "text": [f"after {number(a)} thousand: {number(b)}" for a, b in zip(x, smooth)],
                "hovertemplate": "%{text}<extra></extra>",
            },
        ],
        "layout": layout,
    }


_WHICH = {  # in the corner that a falling loss leaves free
    "text": "thick: the running mean",
    "showarrow": False,
    "xref": "paper",
    "yref": "paper",
    "x": 1,
    "y": 1,
    "xanchor": "right",
    "yanchor": "top",
    "font": {"color": INK3, "size": 11},
}


def _word(text: str, x: float, y, colour: str, anchor: str) -> dict:
    return {
        "text": text,
        "x": math.log10(x),
        "y": min(y or 0.0, TOP),
        "showarrow": False,
        "xanchor": "center",
        "yanchor": anchor,
        "font": {"color": colour, "size": 11},
    }


def _layout(x: str, y: str) -> dict:
    return {
        "showlegend": False,
        "hovermode": "closest",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 11, "color": REFERENCE},
        "margin": {"l": 52, "r": 12, "t": 10, "b": 40},
        "xaxis": {"title": {"text": x}, "gridcolor": GRID, "zeroline": False},
        "yaxis": {"title": {"text": y}, "gridcolor": GRID, "zeroline": False},
    }
