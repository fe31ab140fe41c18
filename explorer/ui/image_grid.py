"""What the page says of a grid of pictures: the same seeds' samples over two settings.

grid(base, request) -> Measurement
"""

import math
from typing import Any

import torch

from ..analysis.intervals import median
from ..errors import UserError
from ..lab.experiment import Experiment
from ..numerals import count, listed, short, span
from ..settings import to_query
from ..study import image_grid as study
from ..study.image_grid import SHOWN, Axis, Pictures, Spot
from ..study.names import solver_name
from ..study.samples import CLIP, Shown
from . import kept, words
from .ab import packed
from .ab_words import another, rule
from .measurement import Measurement

BYTES = 2**19  # of all pictures of a grid; where there would be more, one seed is shown


def grid(base: Experiment, request: dict) -> Measurement:
    """A grid; request: "rows" and "columns", each {"key", "values"}, the values as a list or as
    text with commas."""
    usual = study.DEFAULT
    rows, columns = (
        _axis(base, request.get(name), *given)
        for name, given in zip(("rows", "columns"), usual, strict=True)
    )
    plan = study.grid_plan(base, rows, columns)  # says at once what cannot work
    folder = kept.cells()
    return Measurement(
        base,
        lambda watch: study.image_grid(base, rows, columns, watch, folder),
        len(plan),
        lambda found: shown(base, found[-1]),
    )


def _axis(base: Experiment, asked: Any, key: str, values: Any) -> Axis:
    if asked is None:
        return study.axis(base, key, list(values))
    if not isinstance(asked, dict):
        raise UserError(f"An axis is a setting with its values; got {asked!r:.60}.")
    return study.axis(base, asked.get("key"), asked.get("values"))


def shown(base: Experiment, found: Pictures) -> dict:
    """The cells so far."""
    spots = sorted(found.spots, key=lambda s: (s.row, s.column))
    known = (
        next(s for s in found.spots if s.found is not None)
        if any(s.found for s in found.spots)
        else None
    )
    one = known.found if known else None
    shape = list(torch.tensor(one.x[0]).shape) if one and one.x else []
    total = len(found.rows.values) * len(found.columns.values) + len(found.rows.values)
    seeds = SHOWN if math.prod(shape or [1]) * SHOWN * total <= BYTES else 1
    names = _names(found, spots)
    return {
        "title": title(found, names),
        "note": f"{words.data_name(base.data)}, {base.model.label.lower()}: the same "
        f"{_what(one, seeds)} in every cell, the first of seed {base.seed}; below it the median "
        f"error of {count(_most(found))}.{_unequal(found)}",
        "columns": ["", *names[1]],
        "table": _table(found, names),
        "exact": _exact(spots, names),
        "grid": {
            "kind": one.kind if one else base.data.kind,
            "shape": shape,
            "clip": CLIP,
            "seeds": seeds,
            "rows": names[0],
            "columns": names[1],
            "cells": [_cell(s, seeds) for s in spots],
            "true": _exact_paths(found, seeds),
            "another": another(base),
            "rule": rule(base),
        },
    }


def _unequal(found: Pictures) -> str:
    """That cells of one budget take other evaluations."""
    took: dict[int, set[int]] = {}
    for s in found.spots:
        if s.found:
            took.setdefault(s.experiment.nfe, set()).add(s.found.cost)
    return words.unequal(took.values())


def _what(one: Shown | None, seeds: int) -> str:
    """How many samples a cell shows, in words."""
    if one is not None and one.kind != "image":
        return f"{len(one.x)} samples"
    return "four samples" if seeds == SHOWN else "sample"


def _most(found: Pictures) -> int:
    """Samples of a cell that have an error."""
    return max((len(s.found.each) for s in found.spots if s.found), default=0)


def _names(found: Pictures, spots: list[Spot]) -> tuple[list[str], list[str]]:
    """What rows and columns are called; a solver by its whole name, once a cell has it."""

    def of(axis: Axis, place) -> list[str]:
        out = []
        for i, value in enumerate(axis.values):
            name, plain = words.told(axis.key, value)
            own = next((s.experiment for s in spots if place(s) == i), None)
            if axis.key == "solver" and own is not None:
                out.append(solver_name(own.solver))
            elif axis.key in ("solver", "timesteps", "schedule", "model"):
                out.append(plain)
            else:
                out.append(f"{name} {plain}")
        return out

    return of(found.rows, lambda s: s.row), of(found.columns, lambda s: s.column)


def _cell(spot: Spot, seeds: int) -> dict:
    """A cell as it is drawn."""
    where = {"at": [spot.row, spot.column], "query": to_query(spot.experiment)}
    found = spot.found
    if found is None or not found.x:
        why = spot.problem or (found.note if found else "") or "nothing was run"
        return where | {"why": why}
    few = min(len(found.x), seeds) if found.kind == "image" else len(found.x)
    middle = median(found.errors) if len(found.each) else None
    label = (
        "blew up"
        if found.note.startswith("blew")
        else ""
        if middle is None
        else short(middle.value)
    )
    return where | {
        "count": few,
        "x": packed(found.x[:few], found.kind),
        "astray": [i for i, far in enumerate(found.astray[:few]) if far],
        "lost": [i for i in found.lost if i < few],
        "label": label,
        "interval": "" if middle is None else span(middle.low, middle.high),
        "nfe": found.nfe,
        "passes": found.passes,
        "note": found.note,
        "wrong": spot.right is False,
    }


def _exact_paths(found: Pictures, seeds: int) -> list[dict | None]:
    """Where the exact paths end, for each row: those of its last column that has them; `apart`
    where the columns of a row do not share them."""
    out: list[dict | None] = []
    for r in range(len(found.rows.values)):
        own = sorted(
            (s for s in found.spots if s.row == r and s.found and s.found.true),
            key=lambda s: s.column,
        )
        if not own:
            out.append(None)
            continue
        last = own[-1].found
        few = min(len(last.true), seeds) if last.kind == "image" else len(last.true)
        ends = {tuple(s.found.ends) for s in own}
        models = {(s.experiment.data, s.experiment.model) for s in own}
        out.append(
            {
                "count": few,
                "x": packed(last.true[:few], last.kind),
                "apart": len(ends) > 1 or len(models) > 1,
            }
        )
    return out


def title(found: Pictures, names: tuple[list[str], list[str]]) -> str:
    """From which column on each row gets all its first samples right, where columns ascend."""
    first = [found.right_from(r) for r in range(len(found.rows.values))]
    if any(f is None for f in first) or not found.ascending:
        return "The same samples in every cell"
    judged = max(len(s.found.x) for s in found.spots if s.found)
    groups: dict[int, list[str]] = {}
    for name, f in zip(names[0], first, strict=True):
        groups.setdefault(f, []).append(name)
    never = groups.pop(len(found.columns.values), [])
    said = [f"{listed(who)} from {names[1][f]} on" for f, who in sorted(groups.items())]
    if not groups:
        return f"No row gets all of the first {judged} samples right"
    if never:
        said.append(f"{listed(never)} at none")
    who = f"All of the first {judged} samples end" if judged > 1 else "The first sample ends"
    return f"{who} right: {', '.join(said)}"


def _table(found: Pictures, names: tuple[list[str], list[str]]) -> list[list]:
    at = {(s.row, s.column): s.found for s in found.spots}
    value = lambda f: float(f.errors.quantile(0.5)) if f is not None and len(f.each) else None
    return [
        [name, *(value(at.get((r, c))) for c in range(len(found.columns.values)))]
        for r, name in enumerate(names[0])
    ]


def _exact(spots: list[Spot], names: tuple[list[str], list[str]]) -> dict:
    """Every cell with all digits, to copy."""
    rows = []
    for s in spots:
        f = s.found
        known = f is not None and len(f.each) > 0
        middle = median(f.errors) if known else None
        ends = [middle.value, middle.low, middle.high] if middle else [None] * 3
        finite = [v if v is not None and math.isfinite(v) else None for v in ends]
        far = sum(f.astray) if known else None
        nfe, note = (f.nfe, f.note) if f else (None, s.problem)
        rows.append([names[0][s.row], names[1][s.column], nfe, *finite, far, note])
    columns = ["row", "column", "NFE", "median", "95 % from", "95 % to", "elsewhere", "note"]
    return {"columns": columns, "rows": rows}
