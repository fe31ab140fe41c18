"""The stage's “denoise” on paper, EDM's Fig. 1: one sample under rising noise, the denoiser's
answer, and where that answer changes.
"""

import base64
import math

import numpy as np

from ...errors import UserError
from ...figures.pack import UNITS
from ...figures.paper.sheet import Mark, Panel, Plot, Scale
from ...figures.paper.tiles import HIGH, LOW, coloured
from ...figures.style import INK, INK3, LINE, ONE_STEP, REFERENCE, SIGMA_TICKS
from ...lab.view import View
from ...numerals import number
from .. import stage as page
from .. import words
from ..parts import lacking

ROWS = {"noisy": "x", "denoised": "D", "exact": "exact D"}
GAP, FOOT = 0.08, 0.32  # of a tile; of a row, below it for its level
REACH = 2.2  # half of a plane's box, in spreads
COLUMNS = 6  # of boxes
POINTS = 400  # of the data in a box
TALL = 9.0  # letters of the curve


def panels(view: View) -> list[Panel]:
    """The pictures at each level, the largest on the left, and the curve of the change over σ.
    Raises UserError for data of which no sample can be drawn."""
    if lacking(view):
        raise UserError("This data has no sample here to put under noise: see its page.")
    told = page.strip(view)
    pictures = _tiles(view, told) if view.source.kind == "image" else _boxes(view, told)
    return [pictures, _change(told)]


def _tiles(view: View, told: dict) -> Panel:
    """A row of x, one of D and, of a network, one of the exact denoiser's."""
    levels, shape = told["levels"], view.source.shape
    tall = shape[1] / shape[2]
    rows = [name for name in ROWS if name in told]
    marks: list[Mark] = []
    for k, name in enumerate(rows):
        bottom = (len(rows) - 1 - k) * (tall + GAP)
        grey = np.frombuffer(base64.b64decode(told[name]), np.uint8).reshape(-1, *shape)
        marks.append({"mark": "text", "text": ROWS[name], "x": 0.0, "y": bottom + tall / 2,
                      "outside": "left", "anchor": "right", "shift": -4,
                      "colour": INK})  # fmt: skip
        for j, image in enumerate((LOW + (HIGH - LOW) * grey / 255)[::-1]):
            x = j * (1 + GAP)
            extent = (x, x + 1, bottom, bottom + tall)
            marks.append({"mark": "image", "extent": extent, "pixels": coloured(image)})
    for j, sigma in enumerate(reversed(levels)):
        marks.append(_level(sigma, j * (1 + GAP) + 0.5, -FOOT / 2, told))
    wide, high = len(levels) * (1 + GAP) - GAP, len(rows) * (tall + GAP) - GAP
    plot = Plot(_plain(0.0, wide), _plain(-FOOT, high), marks, equal=True)
    of = "; the last row is the exact denoiser’s" if "exact" in told else ""
    return Panel(words.name_of(view), [plot], f"one sample, noisy x and denoised D(x; σ){of}")


def _boxes(view: View, told: dict) -> Panel:
    """A box for each level: the data, the noisy point, and a line to its answer."""
    levels = told["levels"]
    noisy, denoised = (
        np.frombuffer(base64.b64decode(told[k]), "<i2").astype(float).reshape(-1, 2) / UNITS
        for k in ("noisy", "denoised")
    )
    plane = view.source.kind == "plane"
    data = page.data_points(view)[:POINTS].cpu().double().numpy() if plane else np.zeros((0, 2))
    columns = min(COLUMNS, len(levels))
    rows = math.ceil(len(levels) / columns)
    marks: list[Mark] = []
    for j, i in enumerate(reversed(range(len(levels)))):
        middle = np.array([j % columns + 0.5, (rows - 1 - j // columns) * (1 + FOOT) + 0.5])
        at = lambda v, middle=middle: middle + np.clip(v / (2 * REACH), -0.46, 0.46)
        marks += _box(middle, at(data[np.abs(data).max(1) < 0.9 * REACH] if len(data) else data))
        a, b = at(noisy[i]), at(denoised[i])
        marks.append({"mark": "line", "x": [a[0], b[0]], "y": [a[1], b[1]], "colour": ONE_STEP,
                      "width": 1.25})  # fmt: skip
        for end, colour, shape in ((a, ONE_STEP, "circle"), (b, INK, "ring")):
            marks.append({"mark": "dots", "x": [end[0]], "y": [end[1]], "colour": colour,
                          "size": 5, "shape": shape})  # fmt: skip
        marks.append(_level(levels[i], middle[0], middle[1] - 0.5 - FOOT / 2, told))
    ends = _plain(0.0, float(columns)), _plain(-FOOT, rows * (1 + FOOT) - FOOT)
    hint = "filled: the noisy point; ring: the denoiser’s answer D(x; σ)"
    return Panel(words.name_of(view), [Plot(*ends, marks, equal=True)], hint)


def _box(middle: np.ndarray, data: np.ndarray) -> list[Mark]:
    (x, y), r = middle.tolist(), 0.47
    frame = {"x": [x - r, x + r, x + r, x - r, x - r], "y": [y - r, y - r, y + r, y + r, y - r]}
    marks: list[Mark] = [{"mark": "line", "colour": LINE, "width": 0.8, **frame}]
    if len(data):
        own = {"x": data[:, 0].tolist(), "y": data[:, 1].tolist()}
        marks.append({"mark": "dots", "colour": REFERENCE, "size": 1, "shape": "circle",
                      "alpha": 0.5, **own})  # fmt: skip
    else:
        marks.append({"mark": "line", "x": [x - r, x + r], "y": [y, y], "colour": LINE,
                      "width": 0.8})  # fmt: skip
    return marks


def _level(sigma: float, x: float, y: float, told: dict) -> Mark:
    """Its level below a picture, in ink where the answer changes."""
    lit = any(band["low"] <= sigma <= band["high"] for band in told["bands"])
    text = "σ = 0" if sigma < 0.01 else number(sigma)
    return {"mark": "text", "text": text, "x": x, "y": y, "colour": INK if lit else INK3}


def _plain(start: float, end: float) -> Scale:
    return Scale(start, end, visible=False, grid=False, ticks=[])


def _change(told: dict) -> Panel:
    """How fast the answer changes along ln σ, the bands where most of it happens, and p_train."""
    x, y = told["fine"], told["change"]
    top = 1.12 * max([*y, 1e-12])
    marks: list[Mark] = [
        {"mark": "band", "x": [b["low"], b["high"]], "low": [0.0, 0.0], "high": [top, top],
         "colour": ONE_STEP, "alpha": 0.12}
        for b in told["bands"]
    ]  # fmt: skip
    for values, text, colour, dash in (
        (y, "change of D", ONE_STEP, None),
        (
            [v * top / 1.12 for v in told["trains"]],
            f"{told['trained']}, p<sub>train</sub>",
            INK3,
            [4, 3],
        ),
    ):
        name = {"text": text, "short": text, "colour": colour, "bold": False}
        marks.append({"mark": "line", "x": x, "y": values, "colour": colour, "width": 1.5,
                      "label": name, **({"dash": dash} if dash else {})})  # fmt: skip
    high, low = max(x), min(x)
    ticks = [(v, f"{v:g}") for v in SIGMA_TICKS if low <= v <= high]
    axis = Scale(high, low, "noise level σ", True, ticks)
    plot = Plot(axis, Scale(0.0, top, "", visible=False, grid=False), marks, over_sigma=True)
    return Panel("Where the answer changes", [plot], told["words"][1], TALL)
