"""What a figure in print is made of: panels of plots, each an axis, another, and marks.

A strip of the spine is one plot over σ; a chart of Plotly's may be several in their places.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import UserError
from ..style import SIGMA_TICKS

Mark = dict[str, Any]
KINDS = (  # of a strip, and those that charts and the stage have beside them
    "line", "band", "area", "arcs", "bars", "dots", "text",
    "polygon", "whiskers", "cells", "image", "arrows", "rule",
)  # fmt: skip


@dataclasses.dataclass
class Scale:
    """One axis: from start to end, which may lie below it; ticks are (value, text)."""

    start: float
    end: float
    label: str = ""
    log: bool = False
    ticks: Sequence | None = None  # None: as matplotlib chooses
    grid: bool = True
    visible: bool = True

    def __post_init__(self):
        known = math.isfinite(self.start) and math.isfinite(self.end) and self.start != self.end
        if not known or (self.log and min(self.start, self.end) <= 0):
            raise UserError(f"An axis cannot go from {self.start:g} to {self.end:g}.")


@dataclasses.dataclass
class Plot:
    """box: left, bottom, right, top as parts of its panel.  equal: one unit is as long on both."""

    x: Scale
    y: Scale
    marks: list[Mark]
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    equal: bool = False
    over_sigma: bool = False  # the cursor lies on it


@dataclasses.dataclass
class Panel:
    """height: in letters.  names: what stands in the key beside the named marks: (text, mark).
    aside: said below."""

    title: str
    plots: list[Plot]
    hint: str = ""
    height: float = 10.0
    names: list[tuple[str, Mark | None]] = dataclasses.field(default_factory=list)
    aside: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Sheet:
    """Panels from top to bottom, and what is said of them all.

    cursor: the noise level that is pointed at; caption: what stands below; query: the settings;
    least: inches of the narrowest column that has room for it.
    """

    panels: list[Panel]
    cursor: float | None = None
    caption: str = ""
    title: str = ""
    query: str = ""
    least: float = 0.0


def strip(drawing: Mapping, span: tuple[float, float] = (95.0, 0.00135)) -> Panel:
    """One strip of the spine, as the page holds it: marks and axis beside its words.

    span: the noise levels at the left and at the right end."""
    axis = drawing.get("axis") or {"range": [0, 1]}
    low, high = axis["range"]
    sigma = [(v, f"{v:g}") for v in SIGMA_TICKS if span[1] <= v <= span[0]]
    marks = [*drawing.get("marks", ()), *(drawing.get("over") or ())]
    plot = Plot(
        Scale(*span, "noise level σ", True, sigma),
        Scale(
            low,
            high,
            drawing.get("unit", ""),
            bool(axis.get("log")),
            [tuple(t) for t in axis.get("ticks") or ()] or None,
            axis.get("grid", True) is not False,
        ),
        marks,
        over_sigma=True,
    )
    why = drawing.get("empty") or ""
    if why and not marks:
        plot.y.visible = False
    height = 9.0 * float(drawing.get("height", 1.0)) if marks else 2.5
    return Panel(
        drawing.get("title", ""),
        [plot],
        drawing.get("hint", ""),
        height,
        aside=[why] if why else [],
    )
