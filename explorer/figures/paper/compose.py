"""A sheet as a figure: headings, keys and plots below each other, each as large as it says.

All is measured in points before it is placed, so that nothing is cut and no two words meet.
"""

from matplotlib.figure import Figure

from ...errors import UserError
from . import apart
from .draw import panel as draw_panel
from .look import Look
from .measure import margins as margins_of
from .measure import part_of
from .sheet import Sheet

EDGE = 0.4  # letters around all
LEAST = 0.35  # of its own height is each plot where a page is too low for them all


def figure(sheet: Sheet, look: Look) -> Figure:
    """The whole sheet at its true width; no taller than the venue's page, as far as
    that goes."""
    if look.width < sheet.least:
        raise UserError(
            f"This table takes a column of {sheet.least:g} inches; this one has {look.width:g}."
        )
    look = look.among(_curves(sheet))
    sheet = apart.told_apart(sheet, look) if look.grey else sheet
    wide = look.width * 72
    edge = EDGE * look.letters
    margins = margins_of(sheet, look)
    parts = [
        part_of(p, sheet, i, look, wide - 2 * edge, margins) for i, p in enumerate(sheet.panels)
    ]
    fixed = sum(p.above + p.below for p in parts) + 2 * edge
    most = look.tallest * 72
    body = sum(p.body for p in parts)
    squeeze = min(1.0, max(LEAST, (most - fixed) / body)) if body else 1.0
    tall = fixed + squeeze * body
    out = Figure(figsize=(wide / 72, tall / 72), dpi=72, facecolor="white")
    top = tall - edge
    first = True
    for part in parts:
        top = draw_panel(out, part, sheet, first, (edge, top, squeeze), margins, (wide, tall), look)
        first = first and not any(p.over_sigma for p in part.panel.plots)
    return out


def _curves(sheet: Sheet) -> set[str]:
    """The colours that tell curves apart."""
    kinds = ("line", "bars", "arcs", "dots", "whiskers")
    every = [m for p in sheet.panels for plot in p.plots for m in plot.marks]
    return {m["colour"] for m in every if m["mark"] in kinds and not m.get("ramp")}
