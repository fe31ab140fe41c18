"""A Plotly figure, as Compare, Train, AMED and Design draw it, as a panel of marks."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import tiles
from .plotly_axes import Axis, axes_of
from .plotly_words import annotations
from .sheet import Mark, Panel, Plot

SYMBOLS = {
    "circle": "circle",
    "circle-open": "ring",
    "square": "square",
    "square-open": "square-open",
    "triangle-up": "up",
    "triangle-up-open": "up-open",
    "triangle-left": "triangle",
    "diamond": "rhomb",
    "diamond-open": "diamond",
    "line-ns-open": "tick",
    "line-ns": "tick",
    "x": "cross",
    "x-thin": "cross",
    "x-thin-open": "cross",
    "cross": "cross",
}
DASHES: dict[str, list[float]] = {
    "solid": [],
    "dot": [1.5, 3],
    "dash": [7, 5],
    "longdash": [11, 4],
    "dashdot": [6, 2, 1, 2],
    "longdashdot": [11, 3, 1.5, 3],
}
TALL = 34.0  # letters of a chart that says no height of its own; of 420 pixels
CLEAR = 0.02  # opacity below which nothing is drawn


def panel(figure: Mapping) -> Panel:
    """The figure with its title as heading and the names at its curves' ends in the key."""
    layout, traces = figure.get("layout") or {}, list(figure.get("data") or ())
    axes = axes_of(layout, traces)
    plots: dict[tuple[str, str], Plot] = {}
    curves: list[tuple[str, Mark]] = []
    for k, trace in enumerate(traces):
        pair = (trace.get("xaxis") or "x", trace.get("yaxis") or "y")
        plot = plots.setdefault(pair, _plot(axes, pair))
        made = _marks(trace, axes[pair[0]], axes[pair[1]], k)
        plot.marks += made
        curves += [(str(trace.get("name") or ""), m) for m in made if _is_curve(m)]
    if not plots:
        plots[("x", "y")] = _plot(axes, ("x", "y"))
    if told := (layout.get("meta") or {}).get("pictures"):
        first = next(iter(plots.values()))
        first.marks += tiles.table(told)
        first.equal = True
    shapes(layout.get("shapes") or (), plots, axes)
    title = layout.get("title") or ""
    title = title.get("text", "") if isinstance(title, Mapping) else title
    out = Panel(str(title or ""), list(plots.values()), height=_height(layout))
    annotations(layout.get("annotations") or (), plots, axes, out, curves)
    return out


def _plot(axes: Mapping[str, Axis], pair: tuple[str, str]) -> Plot:
    x, y = axes[pair[0]], axes[pair[1]]
    box = (x.domain[0], y.domain[0], x.domain[1], y.domain[1])
    return Plot(x.scale, y.scale, [], box)


def _height(layout: Mapping) -> float:
    """Letters of its height: as on the page, less what its words take beside the plots."""
    pixels = layout.get("height") or 300
    margin = layout.get("margin") or {}
    inside = pixels - (margin.get("t") or 0) - (margin.get("b") or 0)
    return min(max(inside / 14, 9.0), 60.0)


def _is_curve(mark: Mark) -> bool:
    return mark["mark"] in ("line", "dots") and bool(mark.get("alpha", 1) > CLEAR)


# ---- traces -------------------------------------------------------------------------------------


def _marks(trace: Mapping, x: Axis, y: Axis, k: int) -> list[Mark]:
    kind = trace.get("type", "scatter")
    if kind == "heatmap":
        return _heat(trace)
    if kind not in ("scatter", "scattergl"):
        raise ValueError(f"no trace of the kind {kind}")
    xs, ys = x.values(_listed(trace.get("x"))), y.values(_listed(trace.get("y")))
    if not xs and ys:
        xs = [float(i) for i in range(len(ys))]
    mode = trace.get("mode", "lines")
    line = trace.get("line") or {}
    colour = line.get("color") or (trace.get("marker") or {}).get("color")
    colour = colour if isinstance(colour, str) else "rgba(0,0,0,0)"
    out: list[Mark] = _fill(trace, xs, ys)
    out += _errors(trace, xs, ys, colour)
    dots = _dots(trace, xs, ys, k) if "markers" in mode else []
    if "lines" in mode and line.get("width", 2) and not _clear(colour):
        curve = {"mark": "line", "x": xs, "y": ys, "colour": colour, "of": k}
        curve |= {"width": line.get("width", 2), "dash": _dash(line.get("dash"))}
        curve["alpha"] = trace.get("opacity", 1)
        if dots:
            curve["signs"] = {"shape": dots[0]["shape"], "colour": dots[0]["colour"],
                              "size": dots[0]["size"], "of": k}  # fmt: skip
        out.append(curve)
    out += dots
    if "text" in mode:
        out += _texts(trace, xs, ys)
    return out


def _listed(values: Any) -> list:
    if values is None:
        return []
    return values.tolist() if hasattr(values, "tolist") else list(values)


def _clear(colour: str) -> bool:
    return colour.replace(" ", "").startswith("rgba(") and colour.replace(" ", "").endswith(",0)")


def _dash(dash: Any) -> list[float]:
    if not dash:
        return []
    if dash in DASHES:
        return DASHES[dash]
    return [float(v.strip().removesuffix("px")) for v in str(dash).split(",")][:8]


def _fill(trace: Mapping, xs: list, ys: list) -> list[Mark]:
    fill, colour = trace.get("fill"), trace.get("fillcolor")
    if not fill or fill == "none" or not colour or _clear(colour):
        return []
    kind = "polygon" if fill == "toself" else "area"
    if kind == "polygon":
        pairs = [(a, b) for a, b in zip(xs, ys) if a is not None and b is not None]
        xs, ys = [a for a, _ in pairs], [b for _, b in pairs]
    return [{"mark": kind, "x": xs, "y": ys, "colour": colour}] if xs else []


def _errors(trace: Mapping, xs: list, ys: list, colour: str) -> list[Mark]:
    out: list[Mark] = []
    for along in ("y", "x"):
        error = trace.get(f"error_{along}")
        if not error or error.get("visible") is False:
            continue
        up = _listed(error.get("array"))
        down = _listed(error.get("arrayminus")) if not error.get("symmetric", True) else up
        values, at = (ys, xs) if along == "y" else (xs, ys)
        missing = lambda v, e: v is None or e is None
        out.append(
            {
                "mark": "whiskers",
                "along": along,
                "at": at,
                "low": [None if missing(v, e) else v - e for v, e in zip(values, down)],
                "high": [None if missing(v, e) else v + e for v, e in zip(values, up)],
                "colour": error.get("color") or colour,
                "width": error.get("thickness", 1),
            }
        )
    return out


def _dots(trace: Mapping, xs: list, ys: list, k: int) -> list[Mark]:
    """One mark for the points of one look."""
    marker = trace.get("marker") or {}
    count = len(xs)
    rim = marker.get("line") or {}
    each = lambda value, plain: (
        [*value, *[plain] * count][:count] if isinstance(value, list | tuple) else [value] * count
    )
    signs, sizes = each(marker.get("symbol", "circle"), "circle"), each(marker.get("size", 6), 6)
    colours = each(marker.get("color") or (trace.get("line") or {}).get("color"), None)
    groups: dict[tuple, Mark] = {}
    for i in range(count):
        look = (signs[i], sizes[i], colours[i])
        if not sizes[i] or not isinstance(colours[i], str) or _clear(colours[i]):
            continue
        new = {
            "mark": "dots",
            "x": [],
            "y": [],
            "colour": colours[i],
            "size": min(float(sizes[i]), 60.0),
        }
        new |= {"shape": SYMBOLS.get(str(signs[i]), "circle"), "of": k}
        new["alpha"] = marker.get("opacity", trace.get("opacity", 1))
        if isinstance(rim.get("color"), str) and rim.get("width"):
            new["rim"] = rim["color"]
        mark = groups.setdefault(look, new)
        mark["x"].append(xs[i])
        mark["y"].append(ys[i])
    return list(groups.values())


def _texts(trace: Mapping, xs: list, ys: list) -> list[Mark]:
    said = trace.get("text") or []
    said = [said] * len(xs) if isinstance(said, str) else list(said)
    place = str(trace.get("textposition", "middle center"))
    side = {"top": "above", "bottom": "below"}.get(place.split()[0], "")
    anchor = {"left": "right", "right": "left"}.get(place.split()[-1], "center")
    colour = (trace.get("textfont") or {}).get("color") or "rgb(95,104,120)"
    out: list[Mark] = []
    for x, y, text in zip(xs, ys, said):
        if text and x is not None and y is not None:
            own = {"mark": "text", "x": x, "y": y, "text": str(text), "colour": colour}
            out.append(own | {"side": side, "anchor": anchor})
    return out


def _heat(trace: Mapping) -> list[Mark]:
    z = [_listed(row) for row in trace["z"]]
    known = [v for row in z for v in row if v is not None and math.isfinite(v)]
    ends = [trace.get("zmin", min(known, default=0)), trace.get("zmax", max(known, default=1))]
    return [{"mark": "cells", "z": z, "range": ends, "reverse": bool(trace.get("reversescale"))}]


# ---- shapes -------------------------------------------------------------------------------------


def shapes(found: Iterable[Mapping], plots: Mapping[tuple, Plot], axes: Mapping[str, Axis]) -> None:
    """Rectangles and lines, put below or over the curves of the plot that they name."""
    for shape in found:
        x, y = _placed(shape, "x", axes), _placed(shape, "y", axes)
        plot = of_axes((x[1], y[1]), plots)
        line = shape.get("line") or {}
        mark: Mark = {}
        if shape.get("type", "rect") == "rect":
            fill = shape.get("fillcolor")
            if fill and not _clear(fill):
                (x0, x1), (y0, y1) = x[0], y[0]
                mark = {"mark": "polygon", "x": [x0, x1, x1, x0], "y": [y0, y0, y1, y1]}
                mark |= {"colour": fill, "alpha": shape.get("opacity", 1)}
        elif shape.get("type") == "line" and line.get("color"):
            mark = {"mark": "line", "x": list(x[0]), "y": list(y[0]), "colour": line["color"]}
            mark |= {"width": line.get("width", 1), "dash": _dash(line.get("dash")), "z": 0.9}
        if mark:
            mark |= ({"wide": True} if x[2] else {}) | ({"on": "height"} if y[2] else {})
            plot.marks.insert(0, mark)


def _placed(shape: Mapping, way: str, axes: Mapping[str, Axis]) -> tuple[list, str, bool]:
    """Both ends, the axis, and whether they are parts of its length."""
    ref = str(shape.get(f"{way}ref") or way)
    name = ref.split()[0] if ref != "paper" else way
    ends = [shape[f"{way}0"], shape[f"{way}1"]]
    parts = ref == "paper" or ref.endswith("domain")
    name = name if name in axes else way
    return (ends if parts else axes[name].values(ends)), name, parts


def of_axes(pair: tuple[str, str], plots: Mapping[tuple, Plot]) -> Plot:
    """The plot of these axes, or the one that shares one of them."""
    if pair in plots:
        return plots[pair]
    near: Sequence[Plot] = [p for k, p in plots.items() if k[1] == pair[1] or k[0] == pair[0]]
    return near[0] if near else next(iter(plots.values()))
