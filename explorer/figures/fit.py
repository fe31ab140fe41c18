"""Where the directions of data are decided, beside EDM's p_train and the one that fits them."""

import math
from collections.abc import Mapping, Sequence

from ..numerals import number
from . import charts
from .style import INK3, ONE_STEP, REFERENCE, SIGMA_TICKS, STOCHASTIC, rounded


def fit_figure(
    sigma: Sequence[float],
    decided: Sequence[float],
    fitted: Mapping[str, float],
    edm: Mapping[str, float],
) -> dict:
    """decided: a density along ln σ.  fitted, edm: with p_mean, p_std, sigma_min and sigma_max."""
    x = rounded(sigma)
    curves = [
        ("directions decided", decided, REFERENCE, "solid", 2.25),
        ("p_train that fits", _normal(sigma, fitted), ONE_STEP, "solid", 2.25),
        ("EDM’s p_train", _normal(sigma, edm), STOCHASTIC, "dash", 1.5),
    ]
    traces = [
        charts.line(x, rounded(y), colour, width, dash, name=name)
        | {"hoverinfo": "all", "hovertemplate": f"{name}<br>σ = %{{x}}<extra></extra>"}
        for name, y, colour, dash, width in curves
    ]
    top = 1.1 * max(max(y) for _, y, *_ in curves)
    labels = [(max(y), name, colour, False) for name, y, colour, *_ in curves]
    return {"data": traces, "layout": _layout(sigma, top, labels, fitted, edm)}


def _normal(sigma: Sequence[float], of: Mapping[str, float]) -> list[float]:
    mean, std = of["p_mean"], of["p_std"]
    bell = lambda s: math.exp(-0.5 * ((math.log(s) - mean) / std) ** 2)
    return [bell(s) / (std * math.sqrt(2 * math.pi)) for s in sigma]


def _layout(sigma, top: float, labels: list[tuple], fitted, edm) -> dict:
    layout = charts.layout("noise level σ", "density along ln σ", (0, 1), right=150)
    left, right = math.log10(max(sigma)), math.log10(min(sigma))
    layout["xaxis"] |= {
        "range": [left + 0.05, right - 0.05],
        "tickvals": list(SIGMA_TICKS),
        "ticktext": [number(v) for v in SIGMA_TICKS],
    }
    layout["yaxis"] |= {"type": "linear", "range": [0, top]}
    for key in ("tickvals", "ticktext"):
        del layout["yaxis"][key]
    layout["shapes"] = [
        {
            "type": "line",
            "x0": of[end],
            "x1": of[end],
            "yref": "y domain",
            "y0": 0,
            "y1": 1,
            "line": {"color": colour, "width": 1, "dash": dash},
        }
        for of, colour, dash in ((fitted, ONE_STEP, "solid"), (edm, STOCHASTIC, "dash"))
        for end in ("sigma_max", "sigma_min")
    ]
    names = [
        charts.words(name, 1.01, 0.9 - 0.08 * k, colour, "left", "middle")
        for k, (_, name, colour, _) in enumerate(labels)
    ]
    upright = charts.words("upright: σ_max, σ_min", 1.01, 0.9 - 0.08 * 3, INK3, "left", "middle")
    layout["annotations"] = [*names, upright]
    layout["meta"] = charts.narrow(labels, [])
    return layout
