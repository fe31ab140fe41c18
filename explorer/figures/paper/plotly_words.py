"""The notes of a Plotly figure: names at the ends of curves go into the key, words beside rows stay
beside them, all else stays where it is."""

import re
from collections.abc import Iterable, Mapping, Sequence

from ..style import legible
from . import words
from .plotly_axes import Axis
from .sheet import Mark, Panel, Plot

SIGN = re.compile(r"^(<b>)?[●■▲◆○□△◇]\s*")
SHAPES = dict(zip("●■▲◆○□△◇", ("circle", "square", "up", "rhomb", "ring", "square-open", "up-open",
                                 "diamond")))  # fmt: skip
FAINT = "rgb(95,104,120)"


def annotations(
    notes: Iterable[Mapping],
    plots: Mapping[tuple, Plot],
    axes: Mapping[str, Axis],
    panel: Panel,
    curves: Sequence[tuple[str, Mark]],
) -> None:
    """Put each note in its place."""
    for note in notes:
        text = str(note.get("text") or "")
        if not text or note.get("visible") is False:
            continue
        x, y = str(note.get("xref") or "x"), str(note.get("yref") or "y")
        at, shift = float(note.get("x") or 0) if x == "paper" else 0.0, note.get("xshift") or 0
        anchor = note.get("xanchor") or "center"
        if x == "paper" and y == "paper":
            if at >= 1 and anchor == "left":
                panel.names.append(named(text, note, curves))
            elif at <= 0.05 and anchor == "left" and 0 <= float(note.get("y") or 0) < 0.1:
                panel.aside += [t for t in re.split(r"<br\s*/?>", text) if t]
            else:
                _inside(note, text, plots, axes)
        elif x == "paper" and (at <= 0 and (anchor == "right" or shift < 0)):
            _beside(note, text, plots, axes, "left", 0.0)
        elif x == "paper" and at >= 1 and (anchor == "left" or shift > 0):
            _beside(note, text, plots, axes, "right", float(shift) * 0.5 if shift > 60 else 0.0)
        else:
            _inside(note, text, plots, axes)


def named(text: str, note: Mapping, curves: Sequence[tuple[str, Mark]]) -> tuple:
    """A name for the key, and the curve whose it is: the one that it begins with, or one of its
    colour that is no other's."""
    said = SIGN.sub(lambda found: found[1] or "", text)
    if (sign := SIGN.match(text)) and not _fits(said, curves):
        shape = SHAPES.get(sign[0].strip()[-1])
        same = [m for _, m in curves if (m.get("signs") or {}).get("shape") == shape]
        same = [m for m in same if legible(m["colour"]) == _colour(note)] or same
        free = [m for m in same if not m.get("named")]
        if free or same:
            found = (free or same)[0]
            found["named"] = True
            return said, found
    bare = words.plain(said)
    fitting = [(len(name), m) for name, m in curves if name and bare.startswith(words.plain(name))]
    lines = [(n, m) for n, m in fitting if m["mark"] == "line"] or fitting
    return said, max(lines, key=lambda one: one[0])[1] if lines else None


def _fits(said: str, curves: Sequence[tuple[str, Mark]]) -> bool:
    bare = words.plain(said)
    return any(name and bare.startswith(words.plain(name)) for name, _ in curves)


def _colour(note: Mapping) -> str:
    return str((note.get("font") or {}).get("color") or FAINT)


def _plot_of(note: Mapping, plots: Mapping[tuple, Plot]) -> Plot:
    from .plotly import of_axes

    x, y = (str(note.get(f"{w}ref") or w).split()[0] for w in "xy")
    pair = ("x" if x == "paper" else x, "y" if y == "paper" else y)
    return of_axes(pair, plots)


def _beside(note, text, plots, axes: Mapping[str, Axis], side: str, column: float) -> None:
    ref = str(note.get("yref") or "y").split()[0]
    y = axes[ref].noted(note["y"]) if ref in axes else None
    if y is None:
        return
    own = {"mark": "text", "wide": True, "x": 0 if side == "left" else 1, "y": y, "text": text}
    own |= {"anchor": "right" if side == "left" else "left", "colour": _colour(note)}
    own |= {"shift": (-8 if side == "left" else 8) + column, "outside": side, "column": column}
    _plot_of(note, plots).marks.append(own)


def _inside(note, text, plots, axes: Mapping[str, Axis]) -> None:
    plot = _plot_of(note, plots)
    own = {"mark": "text", "text": text, "colour": _colour(note), "anchor": "center"}
    own["anchor"] = note.get("xanchor") if note.get("xanchor") in ("left", "right") else "center"
    own["side"] = {"bottom": "above", "top": "below"}.get(note.get("yanchor") or "", "")
    own["shift"], own["lift"] = note.get("xshift") or 0, note.get("yshift") or 0
    for way, flag in (("x", "wide"), ("y", "height")):
        ref, value = str(note.get(f"{way}ref") or way), note.get(way)
        if ref == "paper" or ref.endswith("domain"):
            low, high = (plot.box[0], plot.box[2]) if way == "x" else (plot.box[1], plot.box[3])
            value = float(value or 0)
            own[way] = (value - low) / (high - low) if ref == "paper" else value
            own |= {"wide": True} if flag == "wide" else {"on": "height"}
        else:
            own[way] = axes[ref.split()[0]].noted(value)
    if own["anchor"] == "right" and own["x"] == plot.x.start and not own.get("wide"):
        own["outside"] = "left"
    if own["x"] is not None and own["y"] is not None:
        plot.marks.append(own)
