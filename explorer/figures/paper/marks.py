"""Each kind of mark as artists of matplotlib, as the page's canvas draws it.

A mark's lengths are pixels of the page, whose letters are 11 high; here they are points.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path

from ...errors import UserError
from ..style import SURFACE
from . import words
from .look import Look
from .sheet import KINDS, Mark

HOT, COLD = math.log(80.0), math.log(0.002)  # the ends of the colours of noise levels
OPEN_RIM = 1.25  # pixels
ABOVE = 4  # z of what lies over the curves
SHAPES = {  # shape: (matplotlib's marker, whether it is filled)
    "circle": ("o", True),
    "ring": ("o", False),
    "diamond": ("D", False),
    "triangle": ("<", True),
    "tick": ("|", False),
    "square": ("s", True),
    "square-open": ("s", False),
    "up": ("^", True),
    "up-open": ("^", False),
    "rhomb": ("D", True),
    "cross": ("x", False),
}


def draw(ax: Axes, mark: Mark, look: Look) -> list:
    """The artists of one mark, added to the axes.  Raises UserError for a kind that is none."""
    kind = mark.get("mark")
    if kind not in KINDS:
        raise UserError(f"Unknown mark {kind!r:.40}. Known: {', '.join(KINDS)}.")
    return DRAWN[kind](ax, mark, look)


def placing(ax: Axes, mark: Mark) -> Any:
    """Where its numbers lie: on the axes, or as parts of the width (`wide`) or height."""
    tall = mark.get("on") == "height"
    if mark.get("wide"):
        return ax.transAxes if tall else ax.get_yaxis_transform()
    return ax.get_xaxis_transform() if tall else ax.transData


def gaps(values: list) -> np.ndarray:
    """None is a gap."""
    return np.array([math.nan if v is None else v for v in values], dtype=float)


def dashes(mark: Mark, look: Look) -> Any:
    """Its dash as matplotlib scales it: in widths of the line."""
    dash = mark.get("dash")
    if not dash:
        return "-"
    wide = max(float(mark.get("width") or 1) * look.pixel, 0.4)
    return 0, tuple(max(float(d) * look.pixel / wide, 0.1) for d in dash)


def stroke(mark: Mark, look: Look) -> dict[str, Any]:
    """How a curve is drawn."""
    return {
        "color": look.ink(mark["colour"], mark.get("alpha", 1)),
        "linewidth": max(float(mark.get("width") or 1) * look.pixel, 0.4),
        "linestyle": dashes(mark, look),
    }


def _curve(ax: Axes, x, y, mark: Mark, look: Look, z: float = 3) -> list:
    if not mark.get("width"):
        return []
    pen = stroke(mark, look) | {"solid_joinstyle": "round", "dash_capstyle": "butt"}
    line = Line2D(x, y, transform=placing(ax, mark), zorder=mark.get("z", z), **pen)
    return [ax.add_line(line)]


def _line(ax: Axes, mark: Mark, look: Look) -> list:
    return _curve(ax, gaps(mark["x"]), gaps(mark["y"]), mark, look)


def _bars(ax: Axes, mark: Mark, look: Look) -> list:
    x, y = [], []
    for a, b, level in zip(mark["start"], mark["stop"], mark["y"]):
        x += [a, b, math.nan]
        y += [level, level, math.nan]
    return _curve(ax, gaps(x), gaps(y), mark, look) if x else []


def _arcs(ax: Axes, mark: Mark, look: Look) -> list:
    """4 u (1 − u) over ln σ: a parabola, which is one Bézier curve of three points."""
    points, codes = [], []
    for a, b, height in zip(mark["start"], mark["stop"], mark["height"]):
        points += [(a, 0.0), (math.sqrt(a * b), 2.0 * height), (b, 0.0)]
        codes += [Path.MOVETO, Path.CURVE3, Path.CURVE3]
    if not points:
        return []
    pen = stroke(mark, look)
    pen["edgecolor"] = pen.pop("color")
    patch = PathPatch(Path(points, codes), facecolor="none", zorder=3, **pen)
    return [ax.add_patch(patch)]


def _filled(ax: Axes, points: list, mark: Mark, look: Look) -> list:
    if not points:
        return []
    colour = look.ink(mark["colour"], mark.get("alpha", 1))
    look_of = {"facecolor": colour, "edgecolor": "none", "linewidth": 0, "zorder": 1}
    out = [ax.add_patch(Polygon(points, closed=True, transform=placing(ax, mark), **look_of))]
    if edge := mark.get("edge"):
        pen = stroke({**mark, **edge, "width": edge.get("width", 1)}, look)
        pen["edgecolor"] = pen.pop("color")
        own = {"facecolor": "none", "zorder": 1, "transform": placing(ax, mark)}
        out.append(ax.add_patch(Polygon(points, closed=True, **own, **pen)))
    return out


def _band(ax: Axes, mark: Mark, look: Look) -> list:
    low, high = gaps(mark["low"]), gaps(mark["high"])
    there = np.isfinite(low) & np.isfinite(high)
    x, low, high = gaps(mark["x"])[there], low[there], high[there]
    return _filled(ax, [*zip(x, high), *zip(x[::-1], low[::-1])], mark, look)


def _area(ax: Axes, mark: Mark, look: Look) -> list:
    x, y = gaps(mark["x"]), gaps(mark["y"])
    there = np.isfinite(x) & np.isfinite(y)
    x, y = x[there], y[there]
    foot = 0.0
    if ax.get_yscale() == "log" and mark.get("on") != "height":
        foot = min(ax.get_ylim())
    return _filled(ax, [(x[0], foot), *zip(x, y), (x[-1], foot)], mark, look) if len(x) else []


def _polygon(ax: Axes, mark: Mark, look: Look) -> list:
    return _filled(ax, [*zip(gaps(mark["x"]), gaps(mark["y"]))], mark, look)


def _dots(ax: Axes, mark: Mark, look: Look) -> list:
    """Signs; those on the rim of the axes are whole, those outside are left out."""
    sign, filled = SHAPES.get(mark.get("shape", "circle"), SHAPES["circle"])
    pairs = zip(gaps(mark["x"]), gaps(mark["y"]))
    inside = [(x, y) for x, y in pairs if within(ax.get_xlim(), x) and within(ax.get_ylim(), y)]
    if not inside:
        return []
    colour, size = look.ink(mark["colour"], mark.get("alpha", 1)), mark["size"] * look.pixel
    size = max(size * {"|": 2, "D": 0.75}.get(sign, 1), 1.2)
    rim = look.ink(mark.get("rim") or (SURFACE if mark.get("ramp") else mark["colour"]))
    thin = OPEN_RIM * look.pixel
    more = {"marker": sign, "s": size**2, "zorder": ABOVE, "clip_on": False}
    more["transform"] = placing(ax, mark)
    if mark.get("ramp"):
        faces = [look.ramp((HOT - math.log(max(x, 1e-9))) / (HOT - COLD)) for x, _ in inside]
        more |= {"c": faces, "edgecolors": [rim], "linewidths": 0.6 * thin}
    elif sign in ("|", "x"):
        more |= {"c": [colour], "linewidths": thin}
    elif filled:
        rimmed = bool(mark.get("rim"))
        more |= {"c": [colour], "edgecolors": [rim], "linewidths": 0.8 * thin * rimmed}
    else:
        more |= {"facecolors": [look.ink(SURFACE)], "edgecolors": [colour], "linewidths": thin}
    return [ax.scatter(*zip(*inside), **more)]


def within(ends: tuple[float, float], v: float) -> bool:
    """Whether a value lies on the axis, its ends with it."""
    low, high = sorted(ends)
    return low - 1e-9 * abs(low) <= v <= high + 1e-9 * abs(high)


def _text(ax: Axes, mark: Mark, look: Look) -> list:
    side, k = mark.get("side", ""), look.pixel
    up = {"above": 3, "below": -2}.get(side, 0) + (mark.get("lift") or 0)
    where = placing(ax, mark)
    found = ax.annotate(
        words.written(mark["text"]),
        (mark["x"], mark["y"]),
        xycoords=where,
        xytext=((mark.get("shift") or 0) * k, up * k),
        textcoords="offset points",
        ha=mark.get("anchor", "center"),
        va={"above": "bottom", "below": "top"}.get(side, "center"),
        color=look.ink(mark["colour"]),
        family=look.family,
        math_fontfamily=look.math,
        size=max(look.small, 6.0),
        weight="bold" if mark.get("bold") or words.is_bold(mark["text"]) else "normal",
        annotation_clip=False,
        linespacing=1.1,
        zorder=ABOVE + 1,
    )
    return [found]


def _whiskers(ax: Axes, mark: Mark, look: Look) -> list:
    """A segment from low to high at each point, with a short cap at both ends."""
    at, low, high = gaps(mark["at"]), gaps(mark["low"]), gaps(mark["high"])
    ends = [[(a, lo), (a, hi)] for a, lo, hi in zip(at, low, high) if math.isfinite(lo + hi)]
    if mark.get("along") == "x":
        ends = [[(v, a) for a, v in segment] for segment in ends]
    cap = "_" if mark.get("along") != "x" else "|"
    out: list = []
    for segment in ends:
        x, y = zip(*segment)
        pen = stroke(mark, look) | {"marker": cap, "markersize": 4 * look.pixel}
        out.append(ax.add_line(Line2D(x, y, zorder=3, **pen)))
    return out


def _cells(ax: Axes, mark: Mark, look: Look) -> list:
    """A map: z (rows, columns), the first row at the foot; a gap is left white."""
    z = np.array([gaps(row) for row in mark["z"]])
    low, high = mark["range"]
    part = (z - low) / ((high - low) or 1)
    faces = np.ones((*z.shape, 4))
    for at in zip(*np.nonzero(np.isfinite(part))):
        v = float(part[at])
        faces[at] = look.ramp(1 - v if mark.get("reverse") else v)
    rows, columns = z.shape
    extent = (-0.5, columns - 0.5, -0.5, rows - 0.5)
    own: dict[str, Any] = {
        "origin": "lower",
        "interpolation": "nearest",
        "aspect": "auto",
        "zorder": 1,
    }
    return [ax.imshow(faces, extent=extent, **own)]


def _image(ax: Axes, mark: Mark, look: Look) -> list:
    """pixels (H, W, 4) between 0 and 1, the first row on top; extent: left, right, foot, top."""
    pixels = np.asarray(mark["pixels"], dtype=float)
    if look.grey:
        grey = pixels[..., :3] @ np.array([0.2126, 0.7152, 0.0722])
        pixels = np.concatenate([np.repeat(grey[..., None], 3, -1), pixels[..., 3:]], -1)
    how = "bilinear" if mark.get("smooth") else "nearest"
    own: dict[str, Any] = {"extent": mark["extent"], "interpolation": how, "aspect": "auto"}
    return [ax.imshow(pixels, zorder=mark.get("z", 0.5), **own)]


def _arrows(ax: Axes, mark: Mark, look: Look) -> list:
    """Arrows of one length about their places."""
    length = mark.get("length", 14) * look.pixel / 72
    return [
        ax.quiver(
            mark["x"],
            mark["y"],
            mark["dx"],
            mark["dy"],
            color=[look.ink(mark["colour"], mark.get("alpha", 1))],
            pivot="mid",
            units="inches",
            scale_units="inches",
            scale=1 / length,
            width=0.55 * look.pixel / 72 * 1.6,
            headwidth=4,
            headlength=5,
            headaxislength=4.5,
            zorder=0.8,
        )
    ]


def _rule(ax: Axes, mark: Mark, look: Look) -> list:
    """A line across the axes."""
    pen = stroke(mark, look) | {"zorder": mark.get("z", 0.9)}
    return [(ax.axvline if mark["across"] == "x" else ax.axhline)(mark["at"], **pen)]


DRAWN: dict[str, Callable[[Axes, Mark, Look], list]] = {
    "line": _line,
    "band": _band,
    "area": _area,
    "arcs": _arcs,
    "bars": _bars,
    "dots": _dots,
    "text": _text,
    "polygon": _polygon,
    "whiskers": _whiskers,
    "cells": _cells,
    "image": _image,
    "arrows": _arrows,
    "rule": _rule,
}
