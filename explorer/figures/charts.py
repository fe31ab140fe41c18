"""Curves on log axes that carry their names at their ends: lines, bands, ends and layout.

Colour tells the family, dash and marker the member.
"""

import math
from collections.abc import Collection, Mapping, Sequence

from .style import (
    DASH_DOT,
    FAMILY,
    FONT,
    GRID,
    INK3,
    ONE_STEP,
    ORDER,
    axis_title,
    faded,
    legible,
    rounded,
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


def looks(families: Mapping[str, str]) -> dict[str, tuple]:
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


def ordered(names: Collection[str]) -> dict[str, tuple]:
    """name -> colour, dash and marker of one setting’s values, in order: a hue that darkens."""
    last = max(len(names) - 1, 1)
    place = {name: round(k * (len(ORDER) - 1) / last) for k, name in enumerate(names)}
    return {
        name: (ORDER[place[name]], "solid", MARKERS[k % len(MARKERS)])
        for k, name in enumerate(names)
    }


def line(x, y, colour, width, dash="solid", **more) -> dict:
    """A curve without markers, silent under the pointer."""
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


def curve(x, y, name, colour, dash, symbol, bold, hover, size=6) -> dict:
    """A curve with markers that says its values under the pointer."""
    return line(
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


def whiskers(found: Sequence, colour: str, thickness: float = 1, width: int = 3) -> dict:
    """The intervals of some estimates, as `error_x` or `error_y` of their markers; a gap where one
    has none."""
    return {
        "type": "data",
        "symmetric": False,
        "array": rounded(e.high - e.value for e in found),
        "arrayminus": rounded(e.value - e.low for e in found),
        "color": colour,
        "thickness": thickness,
        "width": width,
    }


def band(x, low, high, colour, name) -> dict:
    """A shaded band from low to high, without an edge."""
    return line(
        x + x[::-1],
        high + low[::-1],
        "rgba(0,0,0,0)",
        0,
        fill="toself",
        fillcolor=faded(colour, 0.12),
        name=f"{name}, band",
    )


def decades(values: Sequence[float], lowest: float = 1e-9) -> list[float]:
    """Whole decades that hold the values, as exponents, so that axes move rarely."""
    kept = [v for v in values if lowest <= v <= HIGHEST]
    if not kept:
        return [-4.0, 0.0]
    low, high = math.floor(math.log10(min(kept))), math.ceil(math.log10(max(kept)))
    return [float(low), float(max(high, low + 1))]


def end_names(labels: Sequence[tuple], span: Sequence[float]) -> list[dict]:
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
        words(f"<b>{text}</b>" if bold else text, 1.01, h / pixels, colour, "left", "middle")
        for h, (_, text, colour, bold) in zip(heights, wanted)
    ]


def narrow(labels: Sequence[tuple], aside: list[dict]) -> dict:
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


def words(text, x, y, colour, xanchor, yanchor) -> dict:
    """Words at a place given in shares of the plot."""
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


def layout(x: str, y: str, span: Sequence[float], right: int = 280) -> dict:
    """The layout of a figure on log axes; span: exponents of the lowest and highest decade."""
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
            "ticktext": [power(k) for k in exponents],
        },
    }


def power(k: int) -> str:
    """A power of ten as people write it: 0.1, 10⁻³."""
    plain = {0: "1", 1: "10", -1: "0.1", -2: "0.01"}
    return plain.get(k) or "10" + str(k).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
