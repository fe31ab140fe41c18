"""How much room each panel of a sheet takes: its heading, its key, its plots and their numbers."""

from collections.abc import Sequence
from typing import NamedTuple

from . import key, words
from .look import Look
from .sheet import Mark, Panel, Plot, Sheet
from .ticks import ticks

BELOW, LABEL, GAP = 1.5, 1.45, 0.9  # letters: of numbers, of an axis' name, between panels


class Margins(NamedTuple):
    """Points beside the plots, for all panels alike."""

    left: float
    right: float


class Part(NamedTuple):
    """A panel with its lines: of the heading, of the key, of what is said below; and its points."""

    panel: Panel
    head: list[tuple[str, bool]]
    table: list[list[key.Name]]
    aside: list[str]
    above: float
    body: float
    below: float
    numbered: bool  # whether the numbers of its x axis are written


def _wide(texts: Sequence[str], look: Look) -> float:
    return max((words.width(words.written(t), look.family, look.small) for t in texts), default=0.0)


def margins(sheet: Sheet, look: Look) -> Margins:
    """What stands left and right of the plots: numbers, names of axes, words of rows."""
    left, right = 0.0, 0.6 * look.letters
    for plot in (plot for panel in sheet.panels for plot in panel.plots):
        if plot.box[0] <= 0.01 and plot.y.visible:
            taken = _wide([t for _, t in ticks(plot.y)], look) + 5
            left = max(left, taken + LABEL * look.letters * bool(plot.y.label))
        for mark in plot.marks:
            if mark["mark"] == "text" and mark.get("outside"):
                taken = 1.06 * _wide([mark["text"]], look) + abs(mark.get("column", 0.0)) + 9
                if mark["outside"] == "left":
                    left = max(left, taken)
                else:
                    right = max(right, taken)
            if mark["mark"] == "cells":
                right = max(right, 5.2 * look.letters)
    room = look.width * 72
    return Margins(min(left, 0.45 * room), min(right, 0.4 * room))


def part_of(panel: Panel, sheet: Sheet, at: int, look: Look, room: float, margins: Margins) -> Part:
    """The panel at this place of the sheet, in a column of `room` points."""
    head = _heading(panel, look, room)
    known = key.names(panel, look, room)
    table = key.rows(known, look, room)
    aside = [
        line
        for text in panel.aside
        for line in words.wrapped(words.written(text), look.family, look.small, room)
    ]
    letters = look.letters
    row = letters * 1.35
    above = row * len(head) + 0.35 * letters * bool(head) + sum(key.heights(table, look))
    cursor = sheet.cursor is not None and any(p.over_sigma for p in panel.plots)
    before = sheet.panels[:at]
    if cursor and not any(p.over_sigma for q in before for p in q.plots):
        above += row
    if any(_stands_above(m, plot) for plot in panel.plots for m in plot.marks):
        above += row
    above += 0.35 * letters
    numbered = not _shares(panel, sheet.panels[at + 1 :])
    low = [p for p in panel.plots if p.box[1] <= 0.01]
    below = GAP * letters
    if numbered and any(p.x.visible for p in low):
        below += BELOW * letters + LABEL * letters * any(p.x.label for p in low)
        lines = max((words.written(t).count("\n") for p in low for _, t in ticks(p.x)), default=0)
        below += 1.1 * letters * lines
        below += 0.9 * letters * (crowded(low, look, room - sum(margins)))
    below += row * len(aside)
    body = panel.height * letters
    if panel.plots and panel.plots[0].equal:
        one = panel.plots[0]
        shape = abs(one.y.end - one.y.start) / abs(one.x.end - one.x.start)
        body = (room - margins.left - margins.right) * shape
    return Part(panel, head, table, aside, above, body, below, numbered)


def _stands_above(mark: Mark, plot: Plot) -> bool:
    """Whether words stand on the roof of a plot that reaches to the top of its panel."""
    if mark["mark"] != "text" or plot.box[3] < 0.99:
        return False
    if mark.get("on") == "height":
        return mark["y"] >= 1
    return mark["y"] == plot.y.end and mark.get("side") == "above"


def _heading(panel: Panel, look: Look, room: float) -> list[tuple[str, bool]]:
    """The title and, beside it or below, what it is of: (line, bold); one line if both fit."""
    title, hint = words.written(panel.title), words.written(panel.hint)
    lines = words.wrapped(title, look.family, look.letters, room, bold=True)
    out = [(line, True) for line in lines]
    if not hint:
        return out
    used = words.width(lines[-1], look.family, look.letters, True) if lines else 0.0
    rest = room - used - 0.8 * look.letters
    if lines and words.width(hint, look.family, look.small) <= rest:
        return [*out[:-1], (f"{lines[-1]}\0{hint}", True)]
    return out + [(v, False) for v in words.wrapped(hint, look.family, look.small, room)]


def _shares(panel: Panel, after: Sequence[Panel]) -> bool:
    """Whether the next panel has the same σ axis, so that its numbers stand once, below all."""
    if not after or not all(p.over_sigma for p in panel.plots):
        return False
    following = after[0].plots
    return all(p.over_sigma for p in following) and bool(following)


def crowded(plots: Sequence[Plot], look: Look, room: float) -> bool:
    """Whether the numbers along x must stand in two rows."""
    for plot in plots:
        found = ticks(plot.x)
        share = (plot.box[2] - plot.box[0]) * room
        if found and sum(_wide([t], look) + 4 for _, t in found) > share:
            return True
    return False
