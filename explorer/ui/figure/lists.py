"""The Schedules page on paper: each list as hops over σ, the faults of yours, and the rulers.

    lists.sheet({"text": text, "rows": ["yours", "edm"]})        a request of that page

A step from ∞ or to 0 has no length in ln σ: a tick marks its other end alone.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ... import __version__
from ...errors import UserError
from ...figures.paper.sheet import Mark, Panel, Plot, Scale, Sheet
from ...figures.style import GRID, INK, INK2, PALETTE, SIGMA_TICKS
from ..schedules import schedules

ROW, RULER = 5.5, 1.6  # letters: of a list, of a ruler
MOST = 1.15  # of the longest step of all is a row's height
LEAST = 0.45
FEWEST = 0.09  # of the axis between two numbers of a ruler
ROLES = {"yours": "list-1", "mended": "list-3", "reference": "reference", "optimised": "list-5"}
OTHERS = ("list-2", "list-3", "list-5")
SIGNS = {"wrong": ("square", "wrong"), "know": ("ring", "odd"), "note": ("ring", "ink-3")}


def sheet(request: Any) -> Sheet:
    """What the page shows.  Raises UserError where nothing is pasted, and for what it refuses."""
    found = schedules(request)
    if found.get("empty"):
        raise UserError("No list is pasted: there is nothing to draw.")
    return Sheet(_panels(found), caption=_said(found), title=found["title"][:200])


def _said(found: Mapping[str, Any]) -> str:
    """What stands below: the title, the note and the faults."""
    faults = [f"{i}. {x['title']}" for i, x in enumerate(found["faults"], 1)]
    parts = [found["title"], found["note"], *faults, f"Diffusion Sampler Explorer {__version__}"]
    return " ".join(f"{part.rstrip('. ')}." for part in parts if part)


def _panels(found: Mapping[str, Any]) -> list[Panel]:
    """A panel for each list, then one for all rulers."""
    span = (float(found["axis"]["left"]), float(found["axis"]["right"]))
    rows = found["rows"]
    own = next((r for r in rows if r["role"] == "yours"), rows[0])
    top = max(LEAST, MOST * max([0.0, *(h for r in rows for _, _, h in hops(levels_of(r)))]))
    inks = colours(rows)
    faults = [(i, x) for i, x in enumerate(found["faults"], 1) if x["at"]]
    panels = [
        _row(r, ink, span, top, faults if r is own else [])
        for r, ink in zip(rows, inks, strict=True)
    ]
    return [*panels, _rulers(found["rulers"], span)]


def levels_of(row: Mapping[str, Any]) -> list[float]:
    """The levels of a row as numbers; the page's words for those that JSON has none for."""
    return [float(str(v).replace("Infinity", "inf")) for v in row["levels"]]


def hops(levels: Sequence[float]) -> list[tuple[float, float, float]]:
    """(σ, σ', Δ ln σ) of each step between levels that have a logarithm, as far as they fall."""
    out = []
    for a, b in itertools.pairwise(levels):
        if not a > b:
            break
        if b > 0 and a < math.inf:
            out.append((a, b, math.log(a / b)))
    return out


def colours(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """By what a list is, and for the others in turn: as on the page."""
    held = {ROLES[r["role"]] for r in rows if r["role"] in ROLES}
    free, light = [n for n in OTHERS if n not in held] or ["list-2"], PALETTE["light"]
    names, turn = [], 0
    for r in rows:
        names.append(ROLES.get(r["role"]) or free[turn % len(free)])
        turn += r["role"] not in ROLES
    return [light[n] for n in names]


def _row(row: Mapping[str, Any], ink: str, span, top: float, faults) -> Panel:
    levels = levels_of(row)
    found = hops(levels)
    inside = [v for v in levels if 0 < v < math.inf and span[1] <= v <= span[0]]
    marks: list[Mark] = [
        {"mark": "arcs", "colour": ink, "width": 1.25, "start": [a for a, _, _ in found],
         "stop": [b for _, b, _ in found], "height": [h for _, _, h in found]},
        {"mark": "dots", "colour": ink, "size": 5, "shape": "tick", "x": inside,
         "y": [0.0] * len(inside)},
    ]  # fmt: skip
    for number, fault in faults:
        at = next((v for v in levels[fault["at"][0] :] if 0 < v < math.inf), None)
        if at is None:
            continue
        sign, colour = SIGNS.get(fault["severity"], SIGNS["note"])
        own = {"colour": PALETTE["light"][colour], "x": [at], "y": [0.93 * top]}
        marks.append({"mark": "dots", "shape": sign, "size": 6, **own})
        marks.append({"mark": "text", "text": str(number), "x": at, "y": 0.93 * top, "shift": 8,
                      "colour": INK})  # fmt: skip
    steps = max(len(levels) - 1, 0)
    ends = "from ∞, " * (bool(levels) and levels[0] == math.inf)
    ends += "to 0, " * (bool(levels) and levels[-1] == 0)
    hint = f"{row['source']}, {ends}{steps} step{'s' * (steps != 1)}"
    if row["twin"]:
        hint += f"; {row['twin']}"
    y = Scale(0.0, top, "", visible=False, grid=False)
    plot = Plot(_axis(span), y, marks, over_sigma=True)
    return Panel(row["label"], [plot], hint, ROW)


def _axis(span: tuple[float, float]) -> Scale:
    ticks = [(v, f"{v:g}") for v in SIGMA_TICKS if span[1] <= v <= span[0]]
    return Scale(*span, "noise level σ", True, ticks)


def _rulers(rulers: Sequence[Mapping[str, Any]], span) -> Panel:
    """Every other way to say a level, at its own round values, where they have room."""
    others = [r for r in rulers if r["name"] != "sigma"]
    marks: list[Mark] = []
    for k, ruler in enumerate(others):
        y = len(others) - k - 0.5
        marks.append({"mark": "rule", "across": "y", "at": y - 0.5, "colour": GRID, "width": 0.6})
        name = {"text": ruler["short"], "x": span[0], "y": y, "shift": -6, "colour": INK2}
        marks.append({"mark": "text", "outside": "left", "anchor": "right", **name})
        taken: list[float] = []
        for sigma, words in ruler["ticks"]:
            part = math.log(span[0] / sigma) / math.log(span[0] / span[1])
            if 0.02 < part < 0.98 and all(abs(part - other) > FEWEST for other in taken):
                taken.append(part)
                marks.append({"mark": "text", "text": words, "x": sigma, "y": y, "colour": INK2})
    plot = Plot(_axis(span), Scale(0.0, float(len(others)), visible=False, grid=False), marks,
                over_sigma=True)  # fmt: skip
    return Panel("The same levels elsewhere", [plot], "", RULER * len(others))
