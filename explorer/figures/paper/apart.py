"""What keeps marks apart: words that would meet, and curves whose colours print as one grey."""

import copy
from collections.abc import Sequence

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .look import Look
from .sheet import Mark, Sheet

DASHES: tuple[list[float], ...] = (
    [],
    [7, 3],
    [1.5, 2.5],
    [6, 2, 1.5, 2],
    [11, 3],
    [3, 2],
    [8, 2, 1.5, 2, 1.5, 2],
    [1, 4],
)
SIGNS = ("circle", "square", "up", "rhomb", "ring", "square-open", "up-open", "diamond")
TRIES = 6
NEAR = 0.25  # greys nearer than this are hard to tell apart


def told_apart(sheet: Sheet, look: Look) -> Sheet:
    """The sheet with another dash and sign for every named curve of a panel that another one of
    nearly its grey has already; the main and the widest keep theirs."""
    sheet = copy.deepcopy(sheet)
    for panel in sheet.panels:
        every = [m for plot in panel.plots for m in plot.marks]
        named = [m for m in every if m["mark"] == "line" and _is_named(m, panel.names)]
        named.sort(key=lambda m: (not m.get("main"), -float(m.get("width") or 0)))
        dashes: list[tuple[tuple, float]] = []
        signs: list[str] = []
        for mark in named:
            grey = look.ink(mark["colour"])[0]
            mark["dash"] = list(_free(tuple(mark.get("dash") or ()), grey, dashes))
            dashes.append((tuple(mark["dash"]), grey))
            if own := mark.get("signs"):
                _sign(own, signs, every)
    return sheet


def _free(dash: tuple, grey: float, taken: Sequence[tuple[tuple, float]]) -> tuple:
    """This dash, or one that no curve of nearly this grey has."""
    near = {d for d, g in taken if abs(g - grey) < NEAR}
    if dash not in near:
        return dash
    return next((tuple(d) for d in DASHES if tuple(d) not in near), dash)


def _sign(own: Mark, taken: list[str], every: Sequence[Mark]) -> None:
    """Another sign on its points, and in the key, where one of them is taken."""
    if own["shape"] in taken:
        own["shape"] = next((s for s in SIGNS if s not in taken), own["shape"])
        for dots in every:
            if dots["mark"] == "dots" and dots.get("of") == own.get("of"):
                dots["shape"] = own["shape"]
    taken.append(own["shape"])


def _is_named(mark: Mark, names: Sequence[tuple]) -> bool:
    return bool(mark.get("label")) or any(mark is m for _, m in names)


def keep_clear(figure: Figure, texts: Sequence) -> None:
    """Words that meet others move up, a line at a time, and go where that does not help."""
    if len(texts) < 2:
        return
    renderer = FigureCanvasAgg(figure).get_renderer()
    placed: list = []
    for text in texts:
        start = text.xyann
        for lift in range(TRIES):
            text.xyann = (start[0], start[1] + lift * 0.55 * text.get_size())
            box = text.get_window_extent(renderer)
            if not any(box.overlaps(other) for other in placed):
                placed.append(box)
                break
        else:
            text.xyann = start
            text.set_visible(False)


def lift_off(figure: Figure, texts: Sequence, lines: Sequence) -> None:
    """Words that a line of the cursor runs through get paper below them."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    for text in filter(lambda t: t.get_visible(), texts):
        box = text.get_window_extent(renderer)
        if any(box.overlaps(line.get_window_extent(renderer)) for line in lines):
            text.set_bbox({"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.4})
