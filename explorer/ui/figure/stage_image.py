"""Images on paper: every sample as a tile, as the stage has them at a step of the run."""

import math

from torch import Tensor

from ...figures.paper.sheet import Mark, Panel, Plot, Scale
from ...figures.paper.tiles import coloured
from ...lab.view import View
from ...numerals import number
from .. import words
from ..stage import IMAGES

COLUMNS = 16
GAP = 0.08  # of a tile
SAID = {"x": "noisy state x", "D": "denoised D(x; σ)", "e": "predicted noise ε"}


def panel(view: View, cursor: float | None, what: str) -> Panel:
    """Tiles of x, D or ε at the step that passes the cursor; without one, the samples."""
    found, hint = _pictures(view, cursor, what)
    count = min(len(found), IMAGES)
    columns = min(COLUMNS, count)
    rows = math.ceil(count / columns)
    tall = found.shape[2] / found.shape[3]
    marks: list[Mark] = []
    for j in range(count):
        x, y = (j % columns) * (1 + GAP), -(j // columns) * (tall + GAP)
        extent = (x, x + 1, y - tall, y)
        marks.append(
            {"mark": "image", "extent": extent, "pixels": coloured(found[j].numpy(), what == "e")}
        )
    wide = columns * (1 + GAP) - GAP
    x_axis = Scale(0, wide, visible=False, grid=False, ticks=[])
    y_axis = Scale(-rows * (tall + GAP) + GAP, 0, visible=False, grid=False, ticks=[])
    shown = "" if count == len(found) else f", the first {count}"
    plot = Plot(x_axis, y_axis, marks, equal=True)
    return Panel(words.name_of(view), [plot], hint + shown)


def _pictures(view: View, cursor: float | None, what: str) -> tuple[Tensor, str]:
    """(K, C, H, W) in [−1, 1], or ε over 3; and what they are."""
    tr, source = view.run.trajectory, view.source
    decoder = getattr(source.denoiser, "decoder", None)
    decoded = (lambda v: decoder.images(v[:IMAGES])) if decoder else (lambda v: v.cpu())
    levels = tr.sigma.tolist()
    if what == "x" and (cursor is None or cursor <= min(s for s in levels if s > 0) * 1.0001):
        return decoded(tr.samples), "samples"
    cursor = min(s for s in levels if s > 0) if cursor is None else cursor
    i = next((i for i, b in enumerate(levels[1:]) if b <= cursor), len(levels) - 2)
    level = float(tr.sigma_hat[i])
    hint = f"{SAID[what]} at σ = {number(level)}, step {i + 1} of {len(levels) - 1}"
    if what == "e":
        return tr.noise[i].cpu() / 3, hint
    if what == "D":
        return decoded(tr.denoised[i]), hint
    scale = 1 / math.hypot(1, level / source.sigma_data)
    return decoded(tr.x_hat[i] * scale), hint + ", at constant spread"
