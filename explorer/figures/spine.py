"""The σ spine: strips that share one log axis, from noise to data.

Each function takes numbers and returns a strip, a plain dict: Plotly traces with a y range, ticks,
words, and labels that find their own place when the page knows its size.  `figure` turns one strip
into a Plotly Figure of its own.

    name, title, hint     words of the head;   weight: its part of the height
    range, log, ticks     of the y axis;       ticks are (value, text)
    traces, shapes        Plotly's, without axes
    labels                {x, y, text, short, colour, at, bold}: a curve, and its name if it has one
    main                  {x, y}: the curve that the cursor's bead follows
"""

import math

import plotly.graph_objects as go

from .style import (
    DASH_DOT,
    FONT,
    GRID,
    INK,
    INK2,
    INK3,
    LEARNED,
    ONE_STEP,
    REFERENCE,
    STOCHASTIC,
    SURFACE,
    faded,
    legible,
    percent,
    rounded,
)

GAP = math.nan  # between the pieces of a line; `rounded` makes it None


def _line(x, y, colour, width=1.5, dash=None, **more):
    line = {"color": colour, "width": width, "simplify": False}
    if dash:
        line["dash"] = dash
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "hoverinfo": "skip",
        "line": line,
        **more,
    }


def _band(x, low, high, colour, alpha=0.1):
    return _line(
        x + x[::-1],
        high + low[::-1],
        "rgba(0,0,0,0)",
        0,
        fill="toself",
        fillcolor=faded(colour, alpha),
    )


def _label(x, y, text=None, colour=INK3, at=0.004, bold=False, short=None):
    return {
        "x": x,
        "y": y,
        "text": text,
        "short": short or text,
        "colour": legible(colour),
        "at": at,
        "bold": bold,
    }


def _strip(name, title, hint, weight, range_, log, ticks, traces, labels=(), main=None, **more):
    return {
        "name": name,
        "title": title,
        "hint": hint,
        "weight": weight,
        "range": range_,
        "log": log,
        "ticks": ticks,
        "traces": traces,
        "labels": list(labels),
        "main": main,
        "shapes": [],
        **more,
    }


def nice(value: float, stops) -> float:
    """The first stop that holds the value, so that an axis moves rarely."""
    return next((s for s in stops if value <= s), stops[-1])


# ---- time steps ---------------------------------------------------------------------------------


def time_steps(sigma, sigma_hat, share=None, hot=(), churn=None, colour=ONE_STEP) -> dict:
    """A hop per step: its height Δ ln σ, its weight the step's part of the end error.

    sigma (N + 1,) with the final 0 if there is one; sigma_hat (N,); share (n,) over the steps that
    end above 0; hot: the fewest steps that make half of the error; churn: (low, high, on).
    """
    ends_at_zero = sigma[-1] == 0
    hops = [(a, b) for a, b in zip(sigma_hat, sigma[1:]) if b > 0]
    heights = [math.log(a / b) for a, b in hops]
    top = nice(max(heights, default=1), (1.6, 3.2, 6.4, 12.8))
    low, high = -0.24 * top, 1.06 * top
    weights = [
        2 if i in hot else 1 if share is not None and share[i] >= 0.03 else 0
        for i in range(len(hops))
    ]
    arcs = [([], []) for _ in range(3)]
    for (a, b), height, weight in zip(hops, heights, weights):
        x, y = arcs[weight]
        for u in range(17):
            x.append(a * (b / a) ** (u / 16))
            y.append(min(u / 4 * (1 - u / 16) * height, high))
        x.append(GAP), y.append(GAP)
    traces = [
        _line(rounded(x), rounded(y), faded(colour, alpha) if alpha < 1 else colour, width)
        for (x, y), alpha, width in zip(arcs, (0.62, 0.85, 1), (1, 1.75, 3))
    ]
    notes = []
    for steps in runs_of(hot):
        middle = steps[len(steps) // 2] if len(steps) > 2 else steps[0]
        a, b = hops[middle]
        notes.append(
            {
                "x": math.sqrt(a * b),
                "y": min(0.8 * high, heights[middle]),
                "text": f"<b>{percent(sum(share[i] for i in steps))}</b>",
                "colour": legible(colour),
                "anchor": "center",
                "above": True,
            }
        )
    above = [s for s in sigma if s > 0]
    if ends_at_zero:
        tail = [above[-1] * 0.675 ** (u / 8) for u in range(9)]
        traces.append(
            _line(
                rounded(tail),
                [_r(0.55 * top * math.sin(u / 16 * math.pi)) for u in range(9)],
                faded(colour, 0.8),
                1,
                "dot",
            )
        )
        notes.append(
            {
                "x": tail[-1],
                "y": 0.55 * top,
                "text": "→ 0",
                "colour": INK3,
                "anchor": "right",
                "above": True,
            }
        )
    traces.append(_line([1e5, 1e-7], [0, 0], INK3, 1))
    traces.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": rounded(above),
            "y": [0] * len(above),
            "hoverinfo": "skip",
            "cliponaxis": False,
            "meta": {"ramp": rounded(above)},
            "marker": {
                "size": 7 if len(above) < 60 else 4,
                "color": INK2,
                "line": {"width": 1, "color": SURFACE},
            },
        }
    )
    shapes = []
    if churn is not None:
        shapes, extra, words = _churn(sigma, sigma_hat, churn, low, high, top)
        traces += extra
        notes.append(words)
    ticks = [
        [v, str(v)]
        for v in (
            [0, 1]
            if top < 2
            else [0, 1, 2, 3]
            if top < 4
            else [0, 2, 4, 6]
            if top < 7
            else [0, 4, 8, 12]
        )
    ]
    return _strip(
        "steps",
        "Time steps",
        "height Δ ln σ, weight = part of the end error",
        1.1,
        [low, high],
        False,
        ticks,
        traces,
        notes=notes,
        shapes=shapes,
        grid=False,
    )


def _churn(sigma, sigma_hat, churn, low, high, top):
    bottom, ceiling, on = churn
    span = dict(x0=max(min(ceiling, 1e5), 1e-6), x1=max(bottom, 1e-6), y0=low, y1=high)
    rect = {
        "type": "rect",
        "layer": "below",
        "fillcolor": faded(STOCHASTIC, 0.1 if on else 0),
        "line": {"width": 0}
        if on
        else {"width": 1, "dash": "dot", "color": faded(STOCHASTIC, 0.55)},
        **span,
    }
    inside = min(max(span["x0"], 1e-6), sigma[0])
    if not on:
        return (
            [rect],
            [],
            {
                "x": inside,
                "y": -0.12 * top,
                "text": "churn range (off)",
                "colour": STOCHASTIC,
                "anchor": "left",
                "shift": 4,
            },
        )
    x, y, heads = [], [], []
    for a, hat in zip(sigma, sigma_hat):
        if hat > a * 1.0001:
            x += [_r(a), _r(hat), None]
            y += [-0.12 * top] * 2 + [None]
            heads.append(_r(hat))
    arrows = [
        _line(x, y, STOCHASTIC, 1.5),
        {
            "type": "scatter",
            "mode": "markers",
            "x": heads,
            "y": [-0.12 * top] * len(heads),
            "hoverinfo": "skip",
            "marker": {"symbol": "triangle-left", "size": 8, "color": STOCHASTIC},
        },
    ]
    return (
        [rect],
        arrows,
        {
            "x": inside,
            "y": high,
            "text": "churn: noise up to σ̂, then step",
            "short": "churn, σ̂ ◂",
            "colour": STOCHASTIC,
            "anchor": "left",
            "shift": 3,
            "below": True,
        },
    )


def runs_of(steps) -> list[list[int]]:
    """Neighbours together: [9, 10, 14] -> [[9, 10], [14]]."""
    out: list[list[int]] = []
    for i in sorted(steps):
        if out and out[-1][-1] == i - 1:
            out[-1].append(i)
        else:
            out.append([i])
    return out


def hottest(share, part: float = 0.5) -> list[int]:
    """The fewest steps that make this part of the error."""
    order, total, out = sorted(range(len(share)), key=lambda i: -share[i]), 0.0, []
    for i in order:
        out.append(i)
        total += share[i]
        if total >= part:
            break
    return sorted(out)


def _r(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


# ---- curvature, plane, loss, error --------------------------------------------------------------

FRAME_DASH = {"vp": DASH_DOT, "ve": "dash", "edm": "2px,2px"}
MEASURES = {  # (hint, the range that most data keep to, log)
    "bend": ("bend in t, per (ln σ)²", (0, 1.12), False),
    "kappa": ("κ of the curve (t, s x), in its own units", (1e-9, 30), True),
    "angle": ("angle between successive directions, rad", (0, 0.6), False),
    "chord": ("distance from the chord, ÷ its length", (1e-5, 0.2), True),
}
LOWEST = 1e-12  # of a log axis: below it lies rounding


def curvature(measure: str, frame: str, sigma, curves) -> dict:
    """One measure on the reference paths; the chosen frame in ink with its band.

    curves: frame -> (median, low, high), each (T,); measures of data space have one, under "edm".
    """
    hint, usual, log = MEASURES[measure]
    s = rounded(sigma)
    traces, labels = [], []
    chosen = frame if frame in curves else "edm"
    median, low, high = (rounded(v) for v in curves[chosen])
    own = _label(
        s,
        median,
        f"{chosen.upper()}, 10–90 %" if len(curves) > 1 else "10–90 %",
        INK,
        _peak(s, median) / 4,
        True,
        chosen.upper() if len(curves) > 1 else "",
    )
    labels.append(own)
    for name, values in curves.items():
        if name != chosen:
            y = rounded(values[0])
            traces.append(_line(s, y, REFERENCE, 1.25, FRAME_DASH[name]))
            labels.append(_label(s, y, name.upper(), INK3, _peak(s, y) * 2))
    shown = [
        v for y in (high, *(rounded(c[0]) for c in curves.values())) for v in y if v is not None
    ]
    range_, ticks = (_log_range if log else _linear_range)(usual, shown)
    if log:
        low, high = ([max(v or 0, range_[0] / 2) for v in y] for y in (low, high))
    traces += [_band(s, low, high, INK), _line(s, median, INK, 2)]
    return _strip(
        "curvature",
        "Curvature",
        hint,
        1,
        range_,
        log,
        ticks,
        traces,
        labels,
        {"x": s, "y": median},
        unit=chosen.upper() if len(curves) > 1 else "",
    )


def _linear_range(usual, values) -> tuple[list, list]:
    """From 0 to the usual top or, where a value lies above it, to twice, four times … as much."""
    top = usual[1]
    while max(values, default=0) > top:
        top *= 2
    half = float(f"{0.45 * top:.1g}")
    return [0, top], [[v, f"{v:g}"] for v in (0, half, 2 * half)]


def _log_range(usual, values) -> tuple[list, list]:
    """The usual range, or whole decades more where a value above rounding lies outside it."""
    low, high = usual
    least = min((v for v in values if v > LOWEST), default=low)
    if least < low:
        low = float(f"1e{math.floor(math.log10(least))}")
    if (most := max(values, default=high)) > high:
        high = float(f"1e{math.ceil(math.log10(most))}")
    powers = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
    kept = powers[:: -math.ceil(len(powers) / 4)][::-1]
    return [low, high], [[10.0**k, _power(k)] for k in kept]


def _peak(x, y) -> float:
    i = max(range(len(y)), key=lambda k: y[k] or 0)
    return x[i]


def out_of_plane(sigma, residual, low, high, walk) -> dict:
    """Distance from the path's own k-dimensional subspace over |x|.

    residual (3, T) for k = 1, 2, 3; low and high (T,) of k = 2; walk (T,): a random walk, k = 2.
    """
    s = rounded(sigma)
    k1, k2, k3 = (rounded(v) for v in residual)
    w = rounded(walk)
    traces = [
        _line(s, w, REFERENCE, 1.75, "dot"),
        _band(s, rounded(low), rounded(high), INK),
        _line(s, k1, INK2, 1.25, "dash"),
        _line(s, k3, INK2, 1.25, DASH_DOT),
        _line(s, k2, INK, 2),
    ]
    labels = [
        _label(s, k2, "k = 2", INK, bold=True),
        _label(s, k1, "k = 1", INK2),
        _label(s, k3, "k = 3", INK2),
        _label(s, w, "random walk, k = 2", INK3, 20, short="random walk"),
    ]
    return _strip(
        "plane",
        "Out of plane",
        "distance from the path’s own k-D subspace, ÷ |<i>x</i>|",
        1,
        [1e-5, 6],
        True,
        [[1e-4, "0.01 %"], [1e-2, "1 %"], [1, "100 %"]],
        traces,
        labels,
        {"x": s, "y": k2},
    )


def no_plane(why: str) -> dict:
    """The empty strip of data that have no plane to leave."""
    return _strip(
        "plane",
        "Out of plane",
        "distance from the path’s own k-D subspace, ÷ |<i>x</i>|",
        0.3,
        [0, 1],
        False,
        [],
        [],
        empty=why,
    )


def loss(sigma, mean, low, high, density, hint: str, name: str, design: str) -> dict:
    """The loss of a denoiser at each noise level with its confidence band; p_train shaded."""
    s = rounded(sigma)
    y, lo, hi = (rounded(max(float(v), 1e-12) for v in row) for row in (mean, low, high))
    floor = nice(-min((v for v in y if v), default=0.05), (-0.5, -0.05, -0.006, -6e-4, -6e-6))
    top = nice(max(y), (2.2, 22, 220, 2e4))
    bottom = -floor if floor < 0 else 6e-6
    ticks = [[10.0**k, _power(k)] for k in range(-5, 5) if bottom <= 10.0**k <= top]
    ticks = ticks[-1::-2][::-1] if len(ticks) > 3 else ticks
    if len(ticks) < 2:  # less than two decades
        ticks = [[v, f"{v:g}"] for v in (0.1, 0.2, 0.5, 1, 2, 5, 10) if bottom <= v <= top]
    shade = _line(
        s,
        rounded(density),
        "rgba(0,0,0,0)",
        0,
        fill="tozeroy",
        fillcolor=faded(REFERENCE, 0.14),
        meta={"overlay": True},
    )
    clipped = [max(v, bottom / 2) for v in y]
    traces = [
        shade,
        _band(
            s, [max(v, bottom / 2) for v in lo], [max(v, bottom / 2) for v in hi], REFERENCE, 0.2
        ),
        _line(s, clipped, REFERENCE, 1.5, "dot"),
    ]
    labels = [_label(s, y, name, INK3, 8, short="floor")]
    peak = _peak(s, rounded(density))
    notes = [
        {
            "x": 7 * peak,
            "y": bottom,
            "text": f"{design} trains here",
            "colour": INK3,
            "anchor": "center",
            "above": True,
            "lift": 13,
        }
    ]  # above the ticks at the foot
    return _strip(
        "loss",
        "Loss",
        hint,
        0.95,
        [bottom, top],
        True,
        ticks,
        traces,
        labels,
        {"x": s, "y": y},
        notes=notes,
    )


def _power(k: int) -> str:
    return {0: "1", -1: "0.1", -2: "0.01", 1: "10", 2: "100"}.get(
        k, "10" + str(k).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    )


def error(
    sigma, added_up, low, high, local, hot, name: str, colour=ONE_STEP, other=None, floor=None
) -> dict:
    """Segments: each step alone.  Line: what has added up, with its band.

    sigma (n,) levels above 0; added_up, low, high (n,); local (n − 1,); other: (sigma, error, name)
    of the simplest solver at the same cost; floor: (sigma, error) of the reference itself.
    """
    s, y = rounded(sigma[1:]), rounded(added_up[1:])
    lo, hi = (rounded(max(float(v), 2e-6) for v in row[1:]) for row in (low, high))
    segments = [([], []), ([], [])]
    stairs_x, stairs_y = [], []
    for i, v in enumerate(local):
        x, ys = segments[i in hot]
        a, b = sigma[i] * 0.985, sigma[i + 1] * 1.015
        x += [_r(a), _r(b), None]
        ys += [_r(v), _r(v), None]
        stairs_x += [_r(sigma[i]), _r(sigma[i + 1] * 1.0001)]
        stairs_y += [_r(v)] * 2
    traces = [_band(s, lo, hi, colour)]
    labels = [_label(s, y, name, colour, 0.004, True, name.split(",")[0])]
    if other is not None:
        ox, oy = rounded(other[0][1:]), rounded(other[1][1:])
        traces.append(_line(ox, oy, colour, 1.25, "dash"))
        labels.append(_label(ox, oy, other[2], colour, 0.006, short=other[2].split(",")[0]))
    traces += [
        _line(*segments[0], faded(colour, 0.75), 1.5),
        _line(*segments[1], colour, 3.5),
        {**_line(s, y, colour, 2), "mode": "lines+markers", "marker": {"size": 4, "color": colour}},
    ]
    labels.append(_label(stairs_x, stairs_y, "each step alone", INK3, 6))
    highest = max([v for v in hi + y if v is not None], default=1)
    end = next((v for v in reversed(y) if v), 1e-3)
    bottom = next(b for b in (6e-5, 6e-7, 6e-9, 6e-12, 0) if end > 1.5 * b) or 6e-15
    if floor is not None and max(floor[1]) > bottom:
        fx, fy = rounded(floor[0]), rounded(max(v, bottom / 2) for v in floor[1])
        traces.insert(0, _line(fx, fy, REFERENCE, 1.25, "dot"))
        labels.append(_label(fx, fy, "floor: the reference", INK3, 0.02, short="floor"))
    ticks = [[10.0**k, _power(k)] for k in range(-14, 5, 2 if bottom > 1e-7 else 4)]
    return _strip(
        "error",
        "Error",
        "against the reference, RMS per coordinate",
        1.15,
        [bottom, nice(highest, (2, 20, 200, 2000, 1e6))],
        True,
        [t for t in ticks if t[0] >= bottom],
        traces,
        labels,
        {"x": s, "y": y},
    )


def own_steps(sigma, values, colour=ONE_STEP) -> list[dict]:
    """The same measure on the solver's own steps: a dot a step, for the strip of the reference."""
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": rounded(sigma),
            "y": rounded(values),
            "hoverinfo": "skip",
            "marker": {
                "size": 4.5,
                "color": colour,
                "symbol": "circle-open",
                "line": {"width": 1.25, "color": colour},
            },
        }
    ]


def evaluations(levels, colour=ONE_STEP) -> list[dict]:
    """Ticks where the sampler spends its evaluations, along the foot of a strip."""
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": rounded(levels),
            "y": [0] * len(levels),
            "hoverinfo": "skip",
            "meta": {"foot": True},
            "marker": {
                "symbol": "line-ns",
                "size": 6,
                "color": colour,
                "line": {"width": 1, "color": faded(colour, 0.8)},
            },
        }
    ]


def figure(strip: dict, width: int = 600, height: int = 220) -> go.Figure:
    """One strip as a Plotly Figure of its own, for notebooks and files."""
    log = strip["log"]
    fig = go.Figure(
        layout={
            "width": width,
            "height": height,
            "showlegend": False,
            "font": {"family": FONT, "size": 11},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 44, "r": 10, "t": 28, "b": 44},
            "title": {"text": f"<b>{strip['title']}</b>  {strip['hint']}", "font": {"size": 12}},
            "xaxis": {
                "type": "log",
                "range": [math.log10(95), math.log10(0.00135)],
                "title": {"text": "noise level σ"},
                "gridcolor": GRID,
            },
            "yaxis": {
                "type": "log" if log else "linear",
                "gridcolor": GRID,
                "range": [math.log10(v) for v in strip["range"]] if log else strip["range"],
                "tickvals": [t[0] for t in strip["ticks"]],
                "ticktext": [t[1] for t in strip["ticks"]],
            },
            "yaxis2": {"overlaying": "y", "range": [0, 1.9], "visible": False},
        }
    )
    for trace in strip["traces"]:
        axis = "y2" if (trace.get("meta") or {}).get("overlay") else "y"
        fig.add_trace({**trace, "yaxis": axis})
    for shape in strip["shapes"]:
        fig.add_shape(shape)
    return fig


__all__ = [
    "LEARNED",
    "curvature",
    "error",
    "evaluations",
    "figure",
    "hottest",
    "loss",
    "no_plane",
    "out_of_plane",
    "own_steps",
    "runs_of",
    "time_steps",
]
