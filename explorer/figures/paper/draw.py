"""One panel on the paper: its heading, its key, its axes with their marks, and the cursor."""

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter, NullLocator

from ...numerals import number
from ..style import GRID, INK, INK2, INK3, LINE
from . import apart, key, marks, words
from .look import Look
from .measure import GAP, Part, crowded
from .sheet import Panel, Plot, Scale
from .ticks import thinned, ticks

THIN = 0.6  # points of the lines of an axis


def panel(out: Figure, part: Part, sheet, first, place, margins, size, look: Look) -> float:
    """One panel from its top down; the top of the next, in points."""
    x0, top, squeeze = place
    y = top
    for line, bold in part.head:
        y -= 1.35 * look.letters
        _head_line(out, line, bold, x0, y + 0.35 * look.letters, size, look)
    y -= 0.35 * look.letters * bool(part.head)
    key.draw(out, part.table, x0, y, look, size)
    roof = top - part.above
    body = part.body * squeeze
    left, right = x0 + margins.left, size[0] - x0 - margins.right
    texts: list = []
    crossed: list = []
    for plot in part.panel.plots:
        west, south, east, north = plot.box
        frame = (
            left + west * (right - left),
            roof - body * (1 - south),
            (east - west) * (right - left),
            (north - south) * body,
        )
        if plot.equal:  # its height was squeezed: its width goes with it
            wide = frame[2] * squeeze
            frame = (frame[0] + (frame[2] - wide) / 2, frame[1], wide, frame[3])
        ax = _axes(out, plot, frame, part, size, look)
        for mark in plot.marks:
            drawn = marks.draw(ax, mark, look)
            if mark["mark"] == "text":
                texts += drawn
        if plot.over_sigma and sheet.cursor is not None:
            crossed += _cursor(ax, plot, sheet.cursor, first, look)
        for mark in plot.marks:
            if mark["mark"] == "cells":
                _scale_of(out, mark, frame, size, look)
    apart.keep_clear(out, texts)
    if sheet.cursor is not None:
        apart.lift_off(out, texts, crossed)
    bottom = roof - body - part.below
    for k, line in enumerate(reversed(part.aside)):
        y = bottom + GAP * look.letters * 0.4 + (k + 0.3) * 1.35 * look.letters
        _say(out, line, x0, y, size, look, INK3)
    return bottom


def _say(out: Figure, text: str, x: float, y: float, place, look: Look, colour: str, **more):
    own: dict[str, Any] = {"family": look.family, "math_fontfamily": look.math, "size": look.small}
    ink = look.ink(colour)
    return out.text(x / place[0], y / place[1], text, color=ink, **own | more)


def _head_line(out: Figure, line: str, bold: bool, x: float, y: float, size, look: Look) -> None:
    title, _, hint = line.partition("\0")
    if not bold:
        _say(out, title, x, y, size, look, INK2)
        return
    _say(out, title, x, y, size, look, INK, size=look.letters, weight="bold")
    if hint:
        x += words.width(title, look.family, look.letters, True) + 0.8 * look.letters
        _say(out, hint, x, y, size, look, INK2)


def _axes(out: Figure, plot: Plot, frame, part: Part, size, look: Look) -> Axes:
    x, y, w, h = frame
    ax = out.add_axes((x / size[0], y / size[1], w / size[0], h / size[1]))
    ax.set_facecolor("none")
    ax.set_axisbelow(True)
    low, numbered = plot.box[1] <= 0.01, part.numbered
    for name, scale in (("x", plot.x), ("y", plot.y)):
        getattr(ax, f"set_{name}scale")("log" if scale.log else "linear")
        getattr(ax, f"set_{name}lim")(scale.start, scale.end)
        found = ticks(scale) if scale.visible else []
        if name == "y":
            found = thinned(found, scale, h, look)
        axis = getattr(ax, f"{name}axis")
        axis.set_major_locator(FixedLocator([v for v, _ in found]))
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())
        shown = scale.visible and (name == "y" or numbered or not low)
        axis.set_major_formatter(
            FixedFormatter([words.written(t) if shown else "" for _, t in found])
        )
        if scale.grid and found:
            axis.grid(True, color=look.ink(GRID), linewidth=THIN, zorder=0)
        if scale.label and shown and (name == "y" or not _said_below(plot, part.panel)):
            words_of = {"family": look.family, "math_fontfamily": look.math, "size": look.small}
            said = words.written(scale.label)
            if name == "y":
                said = _fitting(said, h, look)
            axis.set_label_text(said, color=look.ink(INK2), **words_of)
            axis.labelpad = 2
        for tick in axis.get_ticklabels():
            tick.set(family=look.family, math_fontfamily=look.math, size=look.small)
            tick.set_color(look.ink(INK3) if not look.grey else "black")
        axis.set_tick_params(length=2, width=THIN, color=look.ink(LINE), pad=2)
    if numbered and low and crowded([plot], look, w / (plot.box[2] - plot.box[0])):
        for k, tick in enumerate(ax.xaxis.get_ticklabels()):
            if k % 2 and tick.get_text():
                tick.set_text("\n" + tick.get_text())
        ax.xaxis.set_major_formatter(
            FixedFormatter([t.get_text() for t in ax.xaxis.get_ticklabels()])
        )
    for side, spine in ax.spines.items():
        there = plot.x.visible if side == "bottom" else plot.y.visible
        spine.set_visible(side in ("left", "bottom") and there)
        spine.set_color(look.ink(INK3))
        spine.set_linewidth(THIN)
    return ax


def _said_below(plot: Plot, panel: Panel) -> bool:
    """Whether a plot further down in the same columns has the same x axis: its name stands once."""
    return any(
        other.box[3] <= plot.box[1] and other.x.label == plot.x.label
        and other.box[0] < plot.box[2] and plot.box[0] < other.box[2]
        for other in panel.plots
    )  # fmt: skip


def _fitting(label: str, tall: float, look: Look) -> str:
    """The name of an upright axis in as many lines as its height asks for, at most two."""
    lines = words.wrapped(label, look.family, look.small, max(tall, 5 * look.small))
    return "\n".join(lines[:3])


def _cursor(ax: Axes, plot: Plot, sigma: float, first: bool, look: Look) -> list:
    """Where the reader points: an upright line, its level above the first plot, beads on curves;
    the line."""
    low, high = sorted((plot.x.start, plot.x.end))
    if not low <= sigma <= high:
        return []
    upright, ink = ax.get_xaxis_transform(), look.ink(INK)
    line = Line2D([sigma] * 2, [0, 1], transform=upright, color=ink, linewidth=0.7, zorder=2)
    ax.add_line(line)
    if first:
        own: Any = {"textcoords": "offset points", "ha": "center", "va": "bottom", "color": ink}
        own |= {"size": look.small, "family": look.family, "annotation_clip": False}
        said = f"σ = {number(sigma)}"
        ax.annotate(said, (sigma, 1), xycoords=upright, xytext=(0, 2), **own)
    for mark in plot.marks:
        if mark.get("main") and mark["mark"] == "line":
            value = _read(mark, sigma)
            if value is not None and marks.within(ax.get_ylim(), value):
                size = 2 * (3.2 * look.pixel) ** 2
                bead: Any = {"color": [ink], "edgecolors": "white", "linewidths": 0.6}
                ax.scatter([sigma], [value], s=size, zorder=6, **bead)
    return [line]


def _read(mark, sigma: float) -> float | None:
    """A curve's height there, between its points along ln σ."""
    pairs = [(s, v) for s, v in zip(mark["x"], mark["y"]) if s and v is not None and s > 0]
    pairs.sort()
    if len(pairs) < 2 or not pairs[0][0] <= sigma <= pairs[-1][0]:
        return None
    x, y = np.log([p[0] for p in pairs]), [p[1] for p in pairs]
    if min(y) > 0:
        return float(np.exp(np.interp(math.log(sigma), x, np.log(y))))
    return float(np.interp(math.log(sigma), x, y))


def _scale_of(out: Figure, mark, frame, size, look: Look) -> None:
    """The colours of a map, with its ends."""
    x, y, w, h = frame
    bar = out.add_axes(
        (
            (x + w + 0.8 * look.letters) / size[0],
            y / size[1],
            0.8 * look.letters / size[0],
            h / size[1],
        )
    )
    low, high = mark["range"]
    parts = np.linspace(1, 0, 128)
    faces = np.array([[look.ramp(1 - v if mark.get("reverse") else v)] for v in parts])
    bar.imshow(faces, aspect="auto", extent=(0, 1, low, high), interpolation="bilinear")
    bar.xaxis.set_major_locator(NullLocator())
    bar.yaxis.tick_right()
    found = ticks(Scale(low, high)) if high > low else []
    bar.yaxis.set_major_locator(FixedLocator([v for v, _ in found]))
    bar.yaxis.set_major_formatter(FixedFormatter([t for _, t in found]))
    bar.tick_params(
        length=2, width=THIN, pad=2, labelsize=look.small, labelfontfamily=look.family[0]
    )
    for spine in bar.spines.values():
        spine.set_visible(False)
