"""Figures for print: the marks of a strip, the stage or a chart as PDF, SVG or PNG.

    paper.save(drawing, "fig.pdf", width="iclr", font="serif")

One list of marks is drawn by the page's canvas, by its SVG and here.  What is drawn may be a Plotly
figure (a dict, or the object), the drawing of a strip, or a `Sheet` of several.  The widths are
those of venues, the letters at least 6 points, and with `grey` lightness, dash and sign tell curves
apart.  A caption is written beside the file and into it.  The same input gives the same bytes.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...store import writing
from . import plotly, words
from .look import FONTS, FORMATS, WIDTHS, looks
from .sheet import Panel, Plot, Scale, Sheet, strip

__all__ = ["FONTS", "FORMATS", "WIDTHS", "Panel", "Plot", "Scale", "Sheet", "drawn", "render",
           "save", "sheet_of", "strip"]  # fmt: skip


def save(
    what: Any,
    path: str | Path,
    width: str | float = "iclr",
    font: str = "serif",
    grey: bool = False,
) -> list[Path]:
    """Write the figure, and its caption beside it as text; what was written.

    width: a venue of WIDTHS, or inches.  A sheet's caption and settings are kept in the file too.
    Raises UserError for a kind of file, a width or a font that is none, and for what is no figure.
    """
    path = Path(path)
    kind = path.suffix.removeprefix(".").lower()
    if not path.absolute().parent.is_dir():
        raise UserError(f"There is no folder {str(path.parent)!r} to save in.")
    found = sheet_of(what)
    if not found.title:
        found = dataclasses.replace(found, title=path.stem)
    writing.write_bytes(path, render(found, kind, width, font, grey), durable=False)
    if not found.caption:
        return [path]
    beside = path.with_suffix(".txt")
    writing.write_text(beside, found.caption + "\n", durable=False)
    return [path, beside]


def render(
    what: Any,
    kind: str = "pdf",
    width: str | float = "iclr",
    font: str = "serif",
    grey: bool = False,
    dots: int | None = None,
) -> bytes:
    """The bytes of the file that `save` would write; dots: an inch of a PNG, 300 if not said."""
    from . import file

    how, found = looks(width, font, grey), sheet_of(what)
    if kind not in FORMATS:
        raise UserError(f"A figure is written as {', '.join(FORMATS)}; got {kind!r:.20}.")
    with file.ONE, file.settings():
        title = words.plain(found.title or "figure")
        return file.as_bytes(_figure(found, how), kind, title, found.caption, found.query, dots)


def drawn(what: Any, width: str | float = "iclr", font: str = "serif", grey: bool = False) -> Any:
    """matplotlib's Figure, for whoever goes on drawing."""
    from . import file

    with file.ONE, file.settings():
        return _figure(sheet_of(what), looks(width, font, grey))


def _figure(found: Sheet, how) -> Any:
    from . import compose

    return compose.figure(found, how)


def sheet_of(what: Any) -> Sheet:
    """A sheet of what can be drawn: itself, a panel, a strip's drawing, a Plotly figure, or a list
    of these.  Raises UserError for anything else."""
    if isinstance(what, Sheet):
        return what
    panels = what if isinstance(what, list | tuple) else [what]
    return Sheet([_panel(one) for one in panels])


def _panel(what: Any) -> Panel:
    if isinstance(what, Panel):
        return what
    if hasattr(what, "to_plotly_json"):
        what = what.to_plotly_json()
    if isinstance(what, Mapping) and "marks" in what:
        return strip(what)
    if isinstance(what, Mapping) and "data" in what:
        return plotly.panel(what)
    raise UserError("A figure is made of a strip’s drawing, a Plotly figure or a sheet of these.")
