"""A/B on paper: both sides' samples, what lies between them, and the error of B against that of A.

beside.sheet(found["ab"])        of what the page shows of two views, `ui.ab.shown`
beside.run(a, b)                 of two experiments, which are run from the same noise
"""

import base64
import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import UserError
from ...figures.paper import tiles
from ...figures.paper.sheet import Mark, Panel, Plot, Scale, Sheet
from ...figures.style import INK, INK3, MULTISTEP, ONE_STEP, REFERENCE, legible
from ...lab.experiment import Experiment
from ...settings import to_query
from ...study import ab as study
from . import caption

COLUMNS, ROWS, GAP = 8, 5, 0.7  # tiles of each side, and between two blocks, in tiles
MOST = 2**22  # letters of one side’s samples, as text
POINTS, INNER = 256, 0.02  # of a plane; of the values on either side that do not choose the range
LEAST = 1e-7  # what lies below, or is 0, is drawn at the edge
TALL = 20.0  # letters of the errors


def run(a: Experiment, b: Experiment, seeds: int = study.SEEDS) -> Sheet:
    """Both from the same noise, with a caption."""
    from .. import ab as page

    *_, pair = study.beside(a, b, seeds)
    found = page.shown(pair, seeds, b.seed)
    told = f"{found['title'].rstrip('. ')}. {found['note']}"
    words = {"caption": caption.of(a, (), told=told, base=True), "title": found["title"]}
    return dataclasses.replace(sheet(found["ab"]), **words, query=to_query(a))


def sheet(ab: Any) -> Sheet:
    """The panels of an answer.  Raises UserError for what is none, or too much."""
    try:
        known = [_samples(ab[side]["x"], ab) for side in ("a", "b")]
        names = [str(ab[side]["name"])[:80] for side in ("a", "b")]
        panels = []
        if ab["kind"] == "image":
            panels.append(_images(known, names))
        elif ab["kind"] == "plane":
            panels.append(_plane(known, names))
        if ab["scatter"]:
            panels.append(_errors(ab["scatter"], names))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as fault:
        raise UserError(
            f"What was sent is no answer of A/B ({type(fault).__name__}); run both first."
        ) from None
    if not panels:
        raise UserError("Nothing of A beside B is measured yet; run both first.")
    return Sheet(panels)


def _samples(text: str, ab: Mapping[str, Any]) -> np.ndarray:
    """(n, *shape) of one side."""
    shape = [int(v) for v in ab["shape"]]
    if len(text) > MOST or not 1 <= math.prod(shape) <= 2**16:
        raise UserError("A side of A/B that is drawn has fewer or smaller samples than these.")
    data = base64.b64decode(text)
    if ab["kind"] == "image":
        clip = float(ab["clip"])
        flat = 2 * clip * np.frombuffer(data, np.uint8) / 255 - clip
        return flat.reshape(-1, *shape)
    return np.frombuffer(data, "<f4").astype(float).reshape(-1, *shape)


def _images(known: Sequence[np.ndarray], names: Sequence[str]) -> Panel:
    """Three blocks of tiles: A, B, and A − B as the mean over colours, full at ±1."""
    count = min(len(known[0]), len(known[1]), COLUMNS * ROWS)
    if not count:
        raise ValueError("no samples")
    rows = -(-count // COLUMNS)
    apart = (known[0][:count] - known[1][:count]).mean(1, keepdims=True)
    brown = -apart  # where A has more: the scale begins with brown
    marks: list[Mark] = []
    heads = (f"A: {names[0]}", f"B: {names[1]}", "A − B")
    for k, (block, head) in enumerate(zip((*known, brown), heads, strict=True)):
        left = k * (COLUMNS + GAP)
        marks.append({"mark": "text", "text": head, "x": left + COLUMNS / 2, "y": float(rows),
                      "side": "above", "colour": INK})  # fmt: skip
        for i, image in enumerate(block[:count]):
            x, y = left + i % COLUMNS, rows - 1 - i // COLUMNS
            extent = (x + tiles.GAP, x + 1 - tiles.GAP, y + tiles.GAP, y + 1 - tiles.GAP)
            pixels = tiles.coloured(image, noise=k == 2)
            marks.append({"mark": "image", "pixels": pixels, "extent": extent})
    across = 3 * COLUMNS + 2 * GAP
    plot = Plot(_plain(across), _plain(float(rows)), marks, equal=True)
    return Panel("From the same noise", [plot], "A − B: brown where A has more, full at ±1")


def _plain(end: float) -> Scale:
    return Scale(0.0, end, visible=False, grid=False)


def _plane(known: Sequence[np.ndarray], names: Sequence[str]) -> Panel:
    """Where A and B end, and a line from each end to the other of the same noise."""
    a, b = (x[: min(POINTS, *map(len, known)), :2] for x in known)
    low, high = np.quantile(np.concatenate([a, b]), (INNER, 1 - INNER), axis=0)
    middle, half = (low + high) / 2, 0.65 * max(float((high - low).max()), 1e-6)
    pairs = np.stack([a, b, np.full_like(a, math.nan)], 1).reshape(-1, 2)  # a gap after each
    x, y = pairs.T.tolist()
    marks: list[Mark] = [{"mark": "line", "x": x, "y": y, "colour": REFERENCE, "width": 0.8}]
    for points, name, colour in ((a, f"A: {names[0]}", ONE_STEP), (b, f"B: {names[1]}", MULTISTEP)):
        label = {"text": name, "short": name, "colour": legible(colour), "at": 1, "bold": False}
        own = {"x": points[:, 0].tolist(), "y": points[:, 1].tolist(), "label": label}
        marks.append({"mark": "dots", "colour": colour, "size": 3.5, "shape": "circle", **own})
    ends = [Scale(float(m - half), float(m + half), f"x<sub>{k}</sub>", grid=False)
            for k, m in enumerate(middle, 1)]  # fmt: skip
    hint = "a line joins the two ends of one noise"
    return Panel("From the same noise", [Plot(*ends, marks, equal=True)], hint)


def _errors(scatter: Mapping[str, str], names: Sequence[str]) -> Panel:
    """The error of each sample, B against A; hollow where either ended elsewhere."""
    a, b = (np.frombuffer(base64.b64decode(scatter[k]), "<f4").astype(float) for k in ("a", "b"))
    strays = np.asarray(scatter["astray"], dtype=bool)
    if not len(a) == len(b) == len(strays) or len(a) > 2**16:
        raise ValueError("errors in pairs")
    known = np.concatenate([a, b])
    known = np.log10(known[np.isfinite(known) & (known > LEAST)])
    low, high = (math.floor(known.min()), math.ceil(known.max())) if len(known) else (-1, 0)
    high = max(high, low + 1)
    at = lambda v: np.clip(v, 10.0**low, 10.0**high)
    shares = [round(100 * float((p < q).mean())) for p, q in ((a, b), (b, a))]
    marks: list[Mark] = []
    for near, colour in ((a < b, ONE_STEP), (b < a, MULTISTEP), (a == b, INK3)):
        for stray, shape in ((False, "circle"), (True, "ring")):
            chosen = near & (strays == stray)
            own = {"x": at(a[chosen]).tolist(), "y": at(b[chosen]).tolist()}
            marks.append({"mark": "dots", "colour": colour, "size": 3.5, "shape": shape, **own})
    ends = [10.0**low, 10.0**high]
    marks.append({"mark": "line", "x": ends, "y": ends, "colour": INK3, "width": 1, "dash": [4, 3]})
    scales = [Scale(*ends, f"error of {n}", log=True) for n in (f"A, {names[0]}", f"B, {names[1]}")]
    hint = f"A nearer in {shares[0]} %, B in {shares[1]} %; hollow: one of them ended elsewhere"
    return Panel("Sample by sample", [Plot(*scales, marks)], hint, TALL)
