"""Figures of marks that a stranger sends: as many as a page holds, and no more.

The page sends the marks that it shows, so that the paper shows the same; nothing here computes
them.
"""

from collections.abc import Mapping
from typing import Any

from ...errors import UserError
from . import render, sheet_of, strip
from .sheet import KINDS, Panel, Sheet

PANELS, VALUES, WORDS, TEXTS = 8, 250_000, 400_000, 250  # of one figure; WORDS: letters
THICKEST = 60.0  # pixels of a line or a sign
DRAWN_HERE = ("image", "arrows")  # marks that only the stage makes, on the server
FAULTS = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError)


def of_page(panels: Any, span: Any = None, cursor: Any = None) -> Sheet:
    """A sheet of strips as the page holds them and of Plotly figures.  Raises UserError for what
    is too much, and for what is none."""
    if not isinstance(panels, list) or not 1 <= len(panels) <= PANELS:
        raise UserError(f"A figure is sent as a list of 1 to {PANELS} panels.")
    _measured(panels)
    try:
        ends = (95.0, 0.00135) if span is None else (float(span[0]), float(span[1]))
        at = None if cursor is None else float(cursor)
        return Sheet([_panel(one, ends) for one in panels], at)
    except UserError:
        raise
    except FAULTS as fault:
        raise _none(fault) from fault


def written(sheet: Sheet, *how: Any) -> bytes:
    """The bytes, as `render` makes them.  Raises UserError also for marks that cannot be drawn."""
    try:
        return render(sheet, *how)
    except UserError:
        raise
    except FAULTS as fault:
        raise _none(fault) from fault


def _none(fault: Exception) -> UserError:
    what = f"no {fault}" if isinstance(fault, KeyError) else type(fault).__name__
    return UserError(f"These marks cannot be drawn ({what[:40]}); those of the page can.")


def _panel(one: Any, span: tuple[float, float]) -> Panel:
    if isinstance(one, Mapping) and "marks" in one:
        _known([*one["marks"], *(one.get("over") or ())])
        height = min(max(float(one.get("height") or 1), 0.2), 3.0)
        found = strip({**one, "height": height}, span)
    else:
        found = sheet_of(one).panels[0]
    every = [m for plot in found.plots for m in plot.marks]
    texts = sum(m["mark"] == "text" or bool(m.get("label")) for m in every) + len(found.names)
    if texts > TEXTS:
        raise UserError(f"A panel holds at most {TEXTS} words in print; got {texts}.")
    return found


def _known(marks: list) -> None:
    """Raise UserError for a mark that no strip of the page has."""
    for kind in (m["mark"] for m in marks):
        if kind not in KINDS or kind in DRAWN_HERE:
            raise UserError(f"Unknown mark {kind!r:.40} in what was sent.")


def _measured(panels: list) -> None:
    """Raise UserError where all of it is too much; without calling itself."""
    values = letters = 0
    level: list[Any] = panels
    while level:
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                _thin(one)
                inner += one.values()
                letters += sum(map(len, one))
            elif isinstance(one, list):
                inner += one
            elif isinstance(one, str):
                letters += len(one)
            values += 1
        if values > VALUES or letters > WORDS * 10:
            raise UserError(f"A figure holds at most {VALUES:,} values; this one has more.")
        level = inner


def _thin(mark: dict) -> None:
    """Raise UserError for a mark, or what is said of one, that is drawn too thick."""
    if not {"mark", "color", "colour"} & mark.keys():
        return
    for value in (mark.get("size"), mark.get("width")):
        if isinstance(value, int | float) and not 0 <= value <= THICKEST:
            raise UserError(f"A line or sign is at most {THICKEST:g} pixels; got {value:.6g}.")
