"""The key of a panel: the name of each curve beside a piece of it, in rows that hold them all."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..style import INK3, legible
from . import words
from .look import Look
from .marks import SHAPES, stroke
from .sheet import Mark, Panel

PIECE, BESIDE, BETWEEN = 2.0, 0.45, 1.3  # letters: of a curve, from it to its name, to the next
ROW = 1.45  # letters from row to row


class Name(NamedTuple):
    """What is written, in how many points, beside which mark and the signs on it."""

    text: str
    wide: float
    bold: bool
    mark: Mark | None
    signs: Mark | None


def names(panel: Panel, look: Look, room: float) -> list[Name]:
    """Of every mark with a name, and what else the panel has for its key; each once."""
    found: list[tuple[str, Mark | None, bool]] = []
    for plot in panel.plots:
        named = [m for m in plot.marks if m.get("label") and m["label"].get("text")]
        found += [(m["label"]["text"], m, bool(m["label"].get("bold"))) for m in named]
    found += [(text, mark, words.is_bold(text)) for text, mark in panel.names]
    found.sort(key=lambda one: not one[2])  # the main one first
    out: list[Name] = []
    everything = [m for plot in panel.plots for m in plot.marks]
    for text, mark, bold in found:
        said = words.written(text)
        if any(n.text == said for n in out):
            continue
        piece = mark and _drawn(mark, everything)
        taken = (PIECE + BESIDE) * look.letters * (piece is not None)
        said = "\n".join(words.wrapped(said, look.family, look.small, room - taken, bold))
        out.append(
            Name(said, words.width(said, look.family, look.small, bold), bold, piece, _signs(mark))
        )
    return out


def _drawn(mark: Mark, everything: Sequence[Mark]) -> Mark:
    """The mark that shows how it looks: of bars without a width, those that are drawn."""
    if mark["mark"] != "bars" or mark.get("width"):
        return mark
    return next((m for m in everything if m["mark"] == "bars" and m.get("width")), mark)


def _signs(mark: Mark | None) -> Mark | None:
    if mark is None:
        return None
    return mark if mark["mark"] == "dots" else mark.get("signs")


def rows(names_: Sequence[Name], look: Look, room: float) -> list[list[Name]]:
    """The names side by side as far as there is room."""
    out: list[list[Name]] = []
    left = 0.0
    for name in names_:
        takes = _takes(name, look)
        if not out or takes > left:
            out.append([])
            left = room
        out[-1].append(name)
        left -= takes + BETWEEN * look.letters
    return out


def _takes(name: Name, look: Look) -> float:
    return name.wide + (PIECE + BESIDE) * look.letters * (name.mark is not None)


def heights(table: Sequence[Sequence[Name]], look: Look) -> list[float]:
    """Points of each row."""
    return [
        (ROW + 1.1 * max(n.text.count("\n") for n in row)) * look.letters if row else 0
        for row in table
    ]


def draw(figure: Figure, table, x0: float, top: float, look: Look, size: tuple[float, float]):
    """The rows from `top` down, all in points."""
    for row, tall in zip(table, heights(table, look)):
        x, y = x0, top - tall / 2
        for name in row:
            if name.mark is not None:
                _piece(figure, name, x, y, look, size)
                x += (PIECE + BESIDE) * look.letters
            colour = legible(name.mark["colour"]) if name.mark is not None else INK3
            if name.mark is not None and name.mark.get("label"):
                colour = name.mark["label"].get("colour", colour)
            figure.text(
                x / size[0],
                y / size[1],
                name.text,
                ha="left",
                va="center",
                color=look.ink(colour) if not look.grey else "black",
                family=look.family,
                math_fontfamily=look.math,
                size=look.small,
                weight="bold" if name.bold else "normal",
                linespacing=1.1,
            )
            x += name.wide + BETWEEN * look.letters
        top -= tall


def _piece(figure: Figure, name: Name, x: float, y: float, look: Look, size) -> None:
    mark, signs = name.mark, name.signs
    assert mark is not None
    ends = [x / size[0], (x + PIECE * look.letters) / size[0]]
    level = [y / size[1]] * 2
    if mark["mark"] in ("band", "area", "polygon"):
        colour = look.ink(mark["colour"], max(mark.get("alpha", 1), 0.25))
        wide = 0.8 * look.letters
        figure.add_artist(Line2D(ends, level, color=colour, linewidth=wide, solid_capstyle="butt"))
        return
    if mark["mark"] != "dots" and mark.get("width"):
        figure.add_artist(Line2D(ends, level, **stroke(mark, look)))
    if signs:
        shape, filled = SHAPES.get(signs.get("shape", "circle"), SHAPES["circle"])
        colour = look.ink(signs["colour"])
        figure.add_artist(
            Line2D(
                [sum(ends) / 2],
                level[:1],
                linestyle="none",
                marker=shape,
                markersize=min(
                    signs["size"] * look.pixel * (0.75 if shape == "D" else 1), look.letters
                ),
                markerfacecolor=colour if filled else "white",
                markeredgecolor=colour,
                markeredgewidth=0.9 * look.pixel,
            )
        )
