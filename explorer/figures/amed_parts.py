"""What the figures of predictors share: a line, an axis, a note at a place."""

import math

from .style import GRID, INK2, legible


def line(x, y, colour, width, dash="solid", **more) -> dict:
    """A line, silent under the pointer."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "hoverinfo": "skip",
        "line": {"color": colour, "width": width, "dash": dash},
        **more,
    }


def plain_axis() -> dict:
    """The look of every axis."""
    return {"gridcolor": GRID, "zeroline": False, "tickfont": {"size": 11, "color": INK2}}


def note(text, x, y, axis, colour, yanchor, xanchor="left", log=False, logx=False) -> dict:
    """Words at a place in the units of the axes, clear of the curve."""
    return {
        "text": text,
        "x": math.log10(x) if logx else x,
        "y": math.log10(max(y, 1e-30)) if log else y,
        "xref": "x",
        "yref": axis,
        "showarrow": False,
        "xanchor": xanchor,
        "yanchor": yanchor,
        "xshift": 4 if xanchor == "left" else 0,
        "font": {"size": 11, "color": legible(colour)},
    }
