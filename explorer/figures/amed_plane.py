"""Whether paths stay in a plane: what of them lies outside, beside a random walk."""

import math
from collections.abc import Sequence

from .amed_parts import line, note, plain_axis
from .style import FONT, INK, INK3, LEARNED, REFERENCE, axis_title, rounded

SPACES = ("line", "plane", "3-space")
TOP = 26  # per cent, of the picture of planes
FOOT = -3  # room for a name under the lowest curve


def plane(
    sigma: Sequence[float], residual: Sequence[Sequence[float]], walk: Sequence[float]
) -> dict:
    """How far paths leave their own line, plane and 3-space, beside a random walk's plane."""
    traces, notes = [], []
    for k, (values, dash) in enumerate(zip(residual, ("2px,2px", "solid", "dash")), 1):
        traces.append(
            line(
                rounded(sigma),
                rounded(100 * v for v in values),
                INK if k == 2 else INK3,
                2.25 if k == 2 else 1.25,
                dash,
            )
        )
        at = max(range(len(values)), key=lambda i: values[i])
        name, colour = f"{SPACES[k - 1]}, {100 * values[at]:.1f} %", INK if k == 2 else INK3
        notes.append(
            _leaving(name, sigma, values, colour)
            or note(
                name,
                sigma[at],
                0 if k == 3 else 100 * values[at],
                "y",
                colour,
                "top" if k == 3 else "bottom",
                _inside(at, len(values)),
                logx=True,
            )
        )
    traces.append(line(rounded(sigma), rounded(100 * v for v in walk), REFERENCE, 1.25, "dot"))
    traces.append(line([max(sigma), min(sigma)], [8, 8], LEARNED, 1, "dash"))
    notes.append(
        note("8 %, the paper’s bound", min(sigma), 8, "y", LEARNED, "bottom", "right", logx=True)
    )
    at = max(range(len(walk)), key=lambda i: walk[i])
    notes.append(
        _leaving("a random walk’s plane", sigma, walk, REFERENCE)
        or note(
            "a random walk’s plane",
            sigma[at],
            100 * walk[at],
            "y",
            REFERENCE,
            "bottom",
            "center",
            logx=True,
        )
    )
    return {"data": traces, "layout": _layout(sigma, notes)}


def _inside(at: int, count: int) -> str:
    """On which side of its place a name stands, so that it does not leave the picture."""
    return "left" if at < count / 6 else "right" if at > count * 5 / 6 else "center"


def _leaving(
    name: str, sigma: Sequence[float], values: Sequence[float], colour: str
) -> dict | None:
    """The name of a curve that leaves the picture, beside the place where it does."""
    out = next((i for i, v in enumerate(values) if 100 * v > TOP), None)
    return (
        None
        if out is None
        else note(name, sigma[out], 0.97 * TOP, "y", colour, "top", "left", logx=True)
    )


def _layout(sigma: Sequence[float], notes: list[dict]) -> dict:
    axis = plain_axis()
    return {
        "showlegend": False,
        "font": {"family": FONT, "size": 11, "color": INK3},
        "margin": {"l": 52, "r": 16, "t": 10, "b": 40},
        "annotations": notes,
        "xaxis": {
            **axis,
            "type": "log",
            "title": axis_title("noise level σ"),
            "range": [math.log10(max(sigma)), math.log10(min(sigma))],
            "tickvals": [100, 10, 1, 0.1, 0.01],
            "ticktext": ["100", "10", "1", "0.1", "0.01"],
        },
        "yaxis": {
            **axis,
            "range": [FOOT, TOP],
            "tickvals": list(range(0, TOP, 5)),
            "title": axis_title("% of |x| outside"),
        },
    }
