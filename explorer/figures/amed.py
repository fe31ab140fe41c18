"""What a predictor learns while it learns it, and stops while they are searched."""

import math
from collections.abc import Sequence

from ..numerals import number
from .amed_parts import line, note, plain_axis
from .charts import decades, power, spread
from .style import (
    FONT,
    INK,
    INK2,
    INK3,
    LEARNED,
    REFERENCE,
    axis_title,
    faded,
    rounded,
    short,
)

DASHES = ("solid", "dash", "2px,2px", "6px,2px,1px,2px", "8px,3px", "1px,3px")
POINTS = 240  # of a curve that is drawn


def learning(rows: Sequence) -> dict:
    """Above, the median end error on held-out seeds with its interval, against what it came from;
    below, the loss of each step.  rows: Progress, in order.
    """
    looked = [(p.batch, p.standing) for p in rows if p.standing is not None]
    traces, notes, heights = _medians(looked, rows[-1].batches)
    lines, names, span = _losses(rows)
    traces += lines
    notes += names
    axis, above = plain_axis(), decades(heights)
    layout = _layout(rows[-1].batches, notes) | {
        "yaxis": {
            **axis,
            "domain": [0, 0.44],
            "type": "log",
            "range": [span[0] - 0.1 * (span[1] - span[0]), span[1]],  # clear of the corner
            "tickvals": [10.0**k for k in range(int(span[0]), int(span[1]) + 1)],
            "ticktext": [power(k) for k in range(int(span[0]), int(span[1]) + 1)],
            "title": axis_title("loss of a step"),
        },
        "yaxis2": {
            **axis,
            "domain": [0.56, 1],
            "anchor": "x",
            "type": "log",
            "range": above,
            "tickvals": [10.0**k for k in range(int(above[0]), int(above[1]) + 1)],
            "ticktext": [power(k) for k in range(int(above[0]), int(above[1]) + 1)],
            "title": axis_title("median end error"),
        },
    }
    return {"data": traces, "layout": layout}


def _medians(looked: Sequence[tuple], batches: int) -> tuple[list[dict], list[dict], list[float]]:
    """The error so far with its band, and a dotted line for each thing it came from."""
    if not looked:
        return [], [], []
    x, last = [batch for batch, _ in looked], looked[-1][1]
    *before, mine = last.errors
    found = [s.median(mine) for _, s in looked]
    y = rounded(m.value for m in found)
    band = [m.high for m in found] + [m.low for m in found][::-1]
    traces = [
        line(
            x + x[::-1],
            rounded(band),
            "rgba(0,0,0,0)",
            0,
            fill="toself",
            fillcolor=faded(LEARNED, 0.2),
            yaxis="y2",
        ),
        line(
            x,
            y,
            LEARNED,
            2.5,
            mode="lines+markers",
            marker={"size": 5, "color": LEARNED},
            hoverinfo="all",
            yaxis="y2",
            text=[f"batch {k}: {number(v)}" for k, v in zip(x, y)],
            hovertemplate="%{text}<extra></extra>",
        ),
    ]
    levels = {name: last.median(name).value for name in before}
    names = list(levels)
    span = decades([*levels.values(), *y])
    places = _apart([math.log10(v) for v in levels.values()], *span)
    notes = []
    for name, height in zip(names, places):
        colour = REFERENCE if name == names[0] else LEARNED
        traces.append(line([0, batches], [levels[name]] * 2, colour, 1.25, "dot", yaxis="y2"))
        words = f"{name}, {short(levels[name])}"
        notes.append(note(words, 0, 10**height, "y2", colour, "bottom", log=True))
    words = f"<b>{short(y[-1])}</b>"
    notes.append(note(words, x[-1], y[-1], "y2", LEARNED, "top", "right", log=True))
    return traces, notes, [*levels.values(), *y]


def _losses(rows: Sequence) -> tuple[list[dict], list[dict], list[float]]:
    """The loss of each step over the batches: lines, their names, and the decades they need."""
    traces = []
    few = rows[:: max(1, len(rows) // POINTS)]
    losses, ends = [], []
    for k in range(len(rows[0].loss)):
        smooth = _smoothed([p.loss[k] for p in few])
        losses += [v for v in smooth if v > 0]
        ends.append(smooth[-1])
        traces.append(
            line(
                [p.batch for p in few],
                rounded(smooth),
                faded(LEARNED, 0.9),
                1.5,
                DASHES[k % len(DASHES)],
            )
        )
    span = decades(losses)
    heights = _apart([math.log10(max(v, 1e-30)) for v in ends], *span)
    names = [
        note(f"step {k + 1}", few[-1].batch, 10**h, "y", INK3, "middle", "left", log=True)
        for k, h in enumerate(heights)
    ]
    return traces, names, span


def placing(rows: Sequence) -> dict:
    """While stops are searched: the error of the best ones so far over the lists tried.

    rows: Placed, in order.
    """
    x, y = [p.tried for p in rows], rounded(p.error for p in rows)
    traces = [
        line(
            x,
            y,
            LEARNED,
            2.5,
            mode="lines+markers",
            marker={"size": 5, "color": LEARNED},
            hoverinfo="all",
            text=[f"{k} lists tried: {number(v)}" for k, v in zip(x, y)],
            hovertemplate="%{text}<extra></extra>",
        )
    ]
    notes = [note(f"<b>{short(y[-1])}</b>", x[-1], y[-1], "y", LEARNED, "bottom", "right")]
    layout = _layout(x[-1], notes, "lists of stops tried")
    layout["yaxis"] = {
        **plain_axis(),
        "range": [0, 1.12 * max(y)],
        "title": axis_title("mean end error"),
    }
    return {"data": traces, "layout": layout}


def settling(rows: Sequence) -> dict:
    """While all samples share what is learned: the error of each update's paths.  rows: Settled."""
    x, y = [p.update for p in rows], rounded(_smoothed([p.error for p in rows]))
    traces = [line(x, y, LEARNED, 2.5)]
    notes = [note(f"<b>{short(y[-1])}</b>", x[-1], y[-1], "y", LEARNED, "bottom", "right")]
    layout = _layout(rows[-1].updates, notes, "update of what all samples share")
    layout["yaxis"] = {
        **plain_axis(),
        "range": [0, 1.12 * max(y)],
        "title": axis_title("end error"),
    }
    return {"data": traces, "layout": layout}


def stops(rows: Sequence) -> dict:
    """While stops are searched: where the levels (solid) and the points inside (dashed) lie."""
    x = [p.tried for p in rows]
    high, low = rows[-1].levels[0], rows[-1].levels[-1]
    traces, notes = [], []
    for k in range(len(rows[0].r)):
        ends = [(p.levels[k], p.levels[k + 1], p.r[k]) for p in rows]
        traces.append(
            line(x, rounded(a ** (1 - r) * b**r for a, b, r in ends), LEARNED, 1.75, "dash")
        )
        traces.append(line(x, rounded(b for _, b, _ in ends), INK, 1.75))
        notes.append(
            note(
                f"r<sub>{k + 1}</sub> = {short(ends[-1][2])}",
                x[-1],
                traces[-2]["y"][-1],
                "y",
                LEARNED,
                "middle",
                "left",
                log=True,
            )
        )
    layout = _layout(x[-1], notes, "lists of stops tried")
    layout["margin"]["r"] = 84
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    layout["yaxis"] = {
        **plain_axis(),
        "type": "log",
        "title": axis_title("noise level σ"),
        "range": [math.log10(low) - 0.1, math.log10(high) + 0.1],
        "tickvals": [10.0**k for k in powers],
        "ticktext": [number(10.0**k) for k in powers],
    }
    return {"data": traces, "layout": layout}


def choices(rows: Sequence) -> dict:
    """r_n above and c_n below over the batches, mean and standard deviation over samples."""
    few = rows[:: max(1, len(rows) // POINTS)]
    x = [p.batch for p in few]
    traces, notes = [], []
    reach = max([0.011, *(abs(m - 1) + s for p in few for m, s in p.c)])
    for axis, name, low, high in (("y2", "r", 0, 1), ("y", "c", 1 - 1.1 * reach, 1 + 1.1 * reach)):
        ends = []
        for k in range(len(rows[0].r)):
            mean = _smoothed([getattr(p, name)[k][0] for p in few])
            half = _smoothed([getattr(p, name)[k][1] for p in few])
            traces.append(_spread_band(x, mean, half, axis))
            traces.append(
                line(x, rounded(mean, 6), LEARNED, 1.75, DASHES[k % len(DASHES)], yaxis=axis)
            )
            ends.append(mean[-1])
        notes += [
            note(f"{name}<sub>{k + 1}</sub>", x[-1], h, axis, INK2, "middle", "left")
            for k, h in enumerate(_apart(ends, low, high))
        ]
    traces.append(line([0, rows[-1].batches], [0.5] * 2, REFERENCE, 1.25, "dot", yaxis="y2"))
    traces.append(line([0, rows[-1].batches], [1] * 2, REFERENCE, 1.25, "dot"))
    notes.append(note("the geometric middle", 0, 0.5, "y2", REFERENCE, "bottom"))
    look = plain_axis()
    layout = _layout(rows[-1].batches, notes) | {
        "yaxis": {
            **look,
            "domain": [0, 0.44],
            "range": [1 - 1.1 * reach, 1 + 1.1 * reach],
            "title": axis_title("c, how far"),
        },
        "yaxis2": {
            **look,
            "domain": [0.56, 1],
            "anchor": "x",
            "range": [0, 1],
            "title": axis_title("r, where"),
        },
    }
    return {"data": traces, "layout": layout}


def _spread_band(x: list, mean: Sequence[float], half: Sequence[float], axis: str) -> dict:
    """The band of one standard deviation about a mean."""
    edge = [m + h for m, h in zip(mean, half)] + [m - h for m, h in zip(mean, half)][::-1]
    return line(
        x + x[::-1],
        rounded(edge, 6),
        "rgba(0,0,0,0)",
        0,
        fill="toself",
        fillcolor=faded(LEARNED, 0.14),
        yaxis=axis,
    )


def _apart(ends: Sequence[float], low: float, high: float) -> list[float]:
    """Heights for names beside the ends of curves, a tenth of the axis apart at least."""
    order = sorted(range(len(ends)), key=lambda k: ends[k])
    room = high - low
    heights = spread([min(max(ends[k] - low, 0), room) for k in order], 0.12 * room, room)
    return [low + heights[order.index(k)] for k in range(len(ends))]


def _smoothed(values: Sequence[float], weight: float = 0.2) -> list[float]:
    """A running mean, so that a batch's noise does not hide the course."""
    out, now = [], values[0]
    for v in values:
        now += weight * (v - now)
        out.append(now)
    return out


def _layout(batches: int, notes, title: str = "batch") -> dict:
    return {
        "showlegend": False,
        "font": {"family": FONT, "size": 11, "color": INK3},
        "margin": {"l": 56, "r": 56, "t": 8, "b": 36},
        "annotations": notes,
        "xaxis": {**plain_axis(), "range": [0, batches], "title": axis_title(title)},
    }
