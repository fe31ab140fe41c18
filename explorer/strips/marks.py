"""What a strip is drawn of: marks in the units of the data, as plain dicts, and its axis.

    line   x, y                     dots   x, y, size, shape (circle, ring, diamond, triangle, tick)
    band   x, low, high             area   x, y: filled down to the foot
    arcs   start, stop, height      bars   start, stop, y
    text   x, y, text, anchor

x, start and stop are noise levels, None is a gap.  Each mark has a `colour` of the light theme,
which the page swaps, and may have `alpha`, `width` and `dash` (lengths in pixels), and

    label  {text, short, colour, at, bold}   a curve's name: it finds its own place, near σ = at
    main   true: the curve that the cursor's bead follows and the reading is of
    pin    true: stays as a ghost when the run is pinned
    drag   true: dots that move a level of the schedule
    ramp   true: dots coloured by their noise level
    on     "height": y is a part of the strip's height, not a value of its axis

No pixels and no fonts: a canvas, an SVG and `figure` draw the same list.
"""

import math
from collections.abc import Sequence
from typing import Any, TypedDict

from ..figures.style import INK3, legible, rounded

Mark = dict[str, Any]
DOT, DASH, DASH_DOT, FINE = (1.5, 3), (7, 5), (6, 2, 1, 2), (2, 2)


class Axis(TypedDict, total=False):
    """The range of y; ticks are (value, text), chosen by the page where there are none."""

    range: list[float]
    log: bool
    ticks: list
    grid: bool


class Drawing(TypedDict, total=False):
    """One strip, or what one part of the message says of it; the page lays them over each other.

    over: marks of the run on a strip of the data, which its axis must hold.  reading: how the value
    at the cursor is written.  columns: of the table of numbers, beside those of the named curves.
    told: a formula and source that hang on the view.  about: what else the help shows.  empty: why
    there is nothing to see;  offer: {text, set}, a button that changes settings.  height: its part
    of the height, if not the strip's usual one.
    """

    hint: str
    axis: Axis
    marks: list[Mark]
    over: list[Mark]
    reading: dict
    columns: list[dict]
    about: list[dict]
    told: dict
    empty: str
    offer: dict
    height: float


# ---- marks --------------------------------------------------------------------------------------


def line(x: Sequence, y: Sequence, colour: str, width: float = 1.5, **more) -> Mark:
    """A curve."""
    return {"mark": "line", "x": digits(x), "y": digits(y), "colour": colour, "width": width} | more


def band(x: Sequence, low: Sequence, high: Sequence, colour: str, alpha: float = 0.1, **more):
    """The ground between two curves; edge: its outline, {alpha, dash}."""
    return {
        "mark": "band",
        "x": digits(x),
        "low": digits(low),
        "high": digits(high),
        "colour": colour,
        "alpha": alpha,
    } | more


def area(x: Sequence, y: Sequence, colour: str, alpha: float, **more) -> Mark:
    """The ground below a curve."""
    return {"mark": "area", "x": digits(x), "y": digits(y), "colour": colour, "alpha": alpha} | more


def dots(x: Sequence, y: Sequence, colour: str, size: float, shape: str = "circle", **more) -> Mark:
    """A sign at each point; rim: the colour around a filled one."""
    return {
        "mark": "dots",
        "x": digits(x),
        "y": digits(y),
        "colour": colour,
        "size": size,
        "shape": shape,
    } | more


def arcs(start: Sequence, stop: Sequence, height: Sequence, colour: str, width: float, **more):
    """A hop from level to level; none leaves the axis."""
    return {
        "mark": "arcs",
        "start": digits(start),
        "stop": digits(stop),
        "height": digits(height),
        "colour": colour,
        "width": width,
    } | more


def bars(start: Sequence, stop: Sequence, y: Sequence, colour: str, width: float, **more) -> Mark:
    """A level line over each step."""
    return {
        "mark": "bars",
        "start": digits(start),
        "stop": digits(stop),
        "y": digits(y),
        "colour": colour,
        "width": width,
    } | more


def text(x: float, y: float, words: str, colour: str = INK3, anchor: str = "center", **more):
    """Words at a place; side: above or below it; shift, lift: pixels to the right and up."""
    return {
        "mark": "text",
        "x": float(f"{x:.6g}"),
        "y": float(f"{y:.6g}"),
        "text": words,
        "colour": legible(colour),
        "anchor": anchor,
    } | more


def label(words: str, colour: str = INK3, at: float = 0.004, bold: bool = False, short=None):
    """The name of a curve: short where there is little room, column in the table of numbers."""
    return {
        "text": words,
        "short": short or words,
        "colour": legible(colour),
        "at": at,
        "bold": bold,
    }


def digits(values: Sequence) -> list:
    """Four of them, with None for gaps."""
    if isinstance(values, list) and None in values:
        values = [math.nan if v is None else v for v in values]
    return rounded(values)


# ---- axes ---------------------------------------------------------------------------------------

LOWEST = 1e-12  # of a log axis: below it lies rounding


def axis(low: float, high: float, log: bool = False, ticks: Sequence = (), grid=True) -> Axis:
    """An axis; ticks as values, or as (value, text)."""
    written = [[v, f"{v:g}"] if isinstance(v, int | float) else list(v) for v in ticks]
    return {"range": [low, high], "log": log, "ticks": written, "grid": grid}


def nice(value: float, stops: Sequence[float]) -> float:
    """The first stop that holds the value, so that an axis moves rarely."""
    return next((s for s in stops if value <= s), stops[-1])


def power(k: int) -> tuple[float, str]:
    """A tick at 10^k."""
    known = {0: "1", -1: "0.1", -2: "0.01", 1: "10", 2: "100"}
    raised = str(k).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return 10.0**k, known.get(k, "10" + raised)


def linear_axis(usual: Sequence[float], values: Sequence[float]) -> Axis:
    """From 0 to the usual top or, where a value lies above it, to twice, four times … as much."""
    top = usual[1]
    while max(values, default=0) > top:
        top *= 2
    half = float(f"{0.45 * top:.1g}")
    return axis(0, top, ticks=(0, half, 2 * half))


def log_axis(usual: Sequence[float], values: Sequence[float]) -> Axis:
    """The usual range, or whole decades more where a value above rounding lies outside it."""
    low, high = usual
    least = min((v for v in values if v > LOWEST), default=low)
    if least < low:
        low = float(f"1e{math.floor(math.log10(least))}")
    if (most := max(values, default=high)) > high:
        high = float(f"1e{math.ceil(math.log10(most))}")
    powers = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
    kept = powers[:: -math.ceil(len(powers) / 4)][::-1]
    return axis(low, high, True, [power(k) for k in kept])
