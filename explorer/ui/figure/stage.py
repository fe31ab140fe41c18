"""The stage on paper: the samples at a noise level, in the way that suits the data."""

import dataclasses
import math

import torch
from torch import Tensor

from ...errors import UserError
from ...figures import stage as drawn
from ...figures.paper.look import parsed
from ...figures.paper.sheet import Mark, Panel, Plot, Scale
from ...figures.style import INK, ONE_STEP, PALETTE, REFERENCE, STOCHASTIC, SURFACE
from ...lab.view import View
from ...numerals import number
from .. import stage as page
from .. import words
from . import stage_image, stage_line
from .moments import Moments

SHOWN = 28  # paths
LAYERS = ("samples", "paths", "one", "data", "density", "score")
WHAT = {"x": "samples x", "D": "denoised samples D(x; σ)", "e": "predicted noise ε"}


@dataclasses.dataclass(frozen=True)
class Look:
    """what: x, D or e.  true: at true size, not divided by the spread.  pick: the path in ink, −1
    for the longest.  show: the layers."""

    what: str = "x"
    true: bool = False
    pick: int = -1
    show: tuple[str, ...] = LAYERS[:-1]

    def __post_init__(self):
        if self.what not in WHAT:
            raise UserError(f"Unknown quantity {self.what!r:.20}. Known: {', '.join(WHAT)}.")


def panel(view: View, cursor: float | None, look: Look) -> Panel:
    """The panel of the stage; without a cursor, samples at the end of the run."""
    kind = view.source.kind
    if kind == "image":
        return stage_image.panel(view, cursor, look.what)
    if kind == "line":
        return stage_line.panel(view, cursor, look.what)
    return _plane(view, cursor, look)


def _plane(view: View, cursor: float | None, look: Look) -> Panel:
    moments = Moments(view, page.spread(view.source), look.what, look.true)
    sigma = moments.lowest if cursor is None else min(cursor, moments.highest)
    size = moments.size(sigma) if look.true and look.what == "x" else 1.0
    unit = moments.spread if look.true else 1.0
    reach = (drawn.REACH_X * size * unit, drawn.REACH_Y * size * unit)
    marks: list[Mark] = []
    if look.what != "e" and "density" in look.show:
        marks += _density(view, sigma, reach, "score" in look.show and look.what == "x")
    marks += _still(view, moments, look, unit)
    marks += _now(moments, sigma, look, unit)
    x, y = _labels(view, look)
    plot = Plot(Scale(-reach[0], reach[0], x), Scale(-reach[1], reach[1], y), marks, equal=True)
    plot.x.grid = plot.y.grid = False
    hint = f"{WHAT[look.what]} at σ = {number(sigma)}" if cursor is not None else "at the end"
    if look.what != "x":
        hint = f"{WHAT[look.what]} at σ = {number(sigma)}"
    return Panel(words.name_of(view), [plot], hint)


def _labels(view: View, look: Look) -> tuple[str, str]:
    """What both axes measure, with its unit."""
    if look.what == "e":
        return "ε<sub>1</sub>", "ε<sub>2</sub>"
    name = "D" if look.what == "D" else "x"
    over = (
        ""
        if look.true
        else (" ÷ σ<sub>data</sub>" if name == "D" else " ÷ spread √(σ² + σ<sub>data</sub>²)")
    )
    flat = view.source.shape == (2,) or not getattr(view.experiment.data, "principal", False)
    first, second = (f"{name}<sub>{k}</sub>" if flat else f"principal axis {k}" for k in (1, 2))
    return f"{first}{over}", f"{second}{over}"


def _density(view: View, sigma: float, reach: tuple, arrows: bool) -> list[Mark]:
    at = drawn.density_at(page.law_of(view.source), view.source.view, page.spread(view.source))
    p, score = at(sigma)
    r, g, b, _ = parsed(PALETTE["light"]["haze"])
    pixels = torch.empty(*p.shape, 4, dtype=torch.float64)
    pixels[..., 0], pixels[..., 1], pixels[..., 2] = r, g, b
    pixels[..., 3] = 72 / 255 * p.double().clamp(0, 1) ** 0.7
    extent = (-reach[0], reach[0], -reach[1], reach[1])
    out: list[Mark] = [
        {"mark": "image", "pixels": pixels.tolist(), "extent": extent, "smooth": True}
    ]
    if arrows:
        places = drawn.arrow_places(view.source.view) * torch.tensor(
            [reach[0] / drawn.REACH_X, reach[1] / drawn.REACH_Y], dtype=view.source.view.dtype
        )
        own = {"x": places[:, 0].tolist(), "y": places[:, 1].tolist()}
        own |= {"dx": score[:, 0].tolist(), "dy": score[:, 1].tolist()}
        out.append({"mark": "arrows", "colour": INK, "alpha": 0.4, "length": 12, **own})
    return out


def _still(view: View, moments: Moments, look: Look, unit: float) -> list[Mark]:
    """Data, the paths, and the one in ink with its steps and the true one."""
    out: list[Mark] = []
    count = min(SHOWN, moments.count)
    pick = look.pick if 0 <= look.pick < moments.count else page.hero(view)
    if look.what != "e" and "data" in look.show:
        points = page.data_points(view) * unit
        out.append(_dots(points, REFERENCE, 2.5, label="data", alpha=0.7))
    whole = moments.whole()  # (T, K, 2)
    if "paths" in look.show:
        x, y = _joined([whole[:, k] * unit for k in range(count) if k != pick])
        out.append({"mark": "line", "x": x, "y": y, "colour": ONE_STEP, "width": 1, "alpha": 0.35})
        out[-1]["label"] = _named(f"paths of {count}", ONE_STEP)
    if "one" in look.show:
        out += _one(view, moments, whole[:, pick] * unit, pick, look, unit)
    return out


def _one(view: View, moments: Moments, way: Tensor, pick: int, look: Look, unit) -> list[Mark]:
    out: list[Mark] = []
    true = moments.truth(pick) if look.what == "x" else None
    if true is not None:
        x, y = _joined([true * unit])
        out.append({"mark": "line", "x": x, "y": y, "colour": REFERENCE, "width": 2})
        out[-1] |= {"dash": [2, 2.5], "label": _named("its true path", REFERENCE)}
    if view.experiment.churn.s_churn > 0 and look.what == "x":
        x, y = _joined([jump * unit for jump in moments.jumps(pick)])
        out.append({"mark": "line", "x": x, "y": y, "colour": STOCHASTIC, "width": 1.5})
        out[-1]["label"] = _named("new noise", STOCHASTIC)
    x, y = _joined([way])
    out.append({"mark": "line", "x": x, "y": y, "colour": INK, "width": 2})
    out[-1]["label"] = _named("one path", INK)
    steps = way[:: moments.PARTS]
    out.append(_dots(steps, INK, 5, rim=SURFACE))
    return out


def _now(moments: Moments, sigma: float, look: Look, unit: float) -> list[Mark]:
    if "samples" not in look.show:
        return []
    size = 5.2 if moments.count > 64 else 6.8
    found = moments.at(sigma) * unit
    return [
        _dots(
            found, ONE_STEP, 0.75 * size, rim=SURFACE, alpha=0.9, label=f"{moments.count} samples"
        )
    ]


def _dots(points: Tensor, colour: str, size: float, label: str = "", **more) -> Mark:
    own: Mark = {"mark": "dots", "colour": colour, "size": size, "shape": "circle", **more}
    own |= {"x": points[:, 0].tolist(), "y": points[:, 1].tolist()}
    return own | ({"label": _named(label, colour)} if label else {})


def _named(text: str, colour: str) -> dict:
    return {"text": text, "short": text, "colour": colour, "at": 1, "bold": False}


def _joined(ways: list[Tensor]) -> tuple[list, list]:
    """Many ways as one curve with gaps."""
    x: list = []
    y: list = []
    for way in ways:
        x += [*way[:, 0].tolist(), math.nan]
        y += [*way[:, 1].tolist(), math.nan]
    return x, y
