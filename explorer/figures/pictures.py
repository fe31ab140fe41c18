"""A table of images: what stands in each row and column, drawn by the page in its own colours."""

from collections.abc import Sequence

import torch

from . import pack
from .style import FONT, INK2, INK3

SIDE = 46  # pixels of an image, about


def picture_table(
    rows: Sequence[tuple[str, Sequence]], columns: Sequence[str], brief: Sequence[str] = ()
) -> dict:
    """rows: (name, images (C, H, W) or None for a gap), from left to right; columns: their names,
    brief: those for a narrow screen.

    The images travel once, as bytes; `meta.pictures` says where each goes.
    """
    tiles = [
        ((i, j), image)
        for j, (_, images) in enumerate(rows)
        for i, image in enumerate(images)
        if image is not None
    ]
    stack = torch.tensor([image for _, image in tiles], dtype=torch.float64)
    size = [len(columns), max(1, len(rows))]
    layout = _layout(size, max((len(name) for name, _ in rows), default=0))
    names = [name for name, _ in rows]
    layout["annotations"] = _names(names, columns)
    layout["meta"] = {
        "narrow": {"annotations": _names(names, brief or columns)},
        "pictures": {
            "shape": list(stack.shape[1:]),
            "at": [list(at) for at, _ in tiles],
            "size": size,
            "data": pack.grey(stack, -1.2, 1.2),
        },
    }
    return {"data": [{"type": "scatter", "x": [], "y": [], "hoverinfo": "skip"}], "layout": layout}


def _names(rows: Sequence[str], columns: Sequence[str]) -> list[dict]:
    """Of the columns above them, of the rows at their left."""
    look = {"showarrow": False, "font": {"size": 11, "color": INK2}, "xref": "x", "yref": "y"}
    above = [
        {"text": name, "x": i + 0.5, "y": 0, "yanchor": "bottom", "yshift": 3, **look}
        for i, name in enumerate(columns)
        if name
    ]
    beside = [
        {"text": name, "x": 0, "y": j + 0.5, "xanchor": "right", "xshift": -8, **look}
        for j, name in enumerate(rows)
        if name
    ]
    return above + beside


def _layout(size: Sequence[int], longest: int) -> dict:
    """size: columns and rows; longest: letters of the longest name of a row."""
    hidden = {"visible": False, "fixedrange": True, "constrain": "domain"}
    across, down = {"range": [0, size[0]]}, {"range": [size[1], 0]}
    return {
        "height": size[1] * SIDE + 40,
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 11, "color": INK3},
        "margin": {"l": 14 + 6 * longest, "r": 8, "t": 26, "b": 8},
        "title": {"text": ""},
        "xaxis": {**hidden, **across, "constraintoward": "left"},
        "yaxis": {**hidden, **down, "constraintoward": "top", "scaleanchor": "x"},
    }
