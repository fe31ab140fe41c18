"""The tables of the Design page and of Claims on paper.

tables.of("design", data)       EDM's Table 1 as curves, each choice beside the others
tables.of("ladder")             EDM's Table 2 as it came out here; only={"data": "glyphs"}
tables.of("claims", only={"paper": "EDM", "verdict": "does not hold here"})
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ... import __version__
from ...errors import UserError
from ...figures.paper.sheet import Mark, Panel, Plot, Scale, Sheet
from ...figures.style import GRID, INK, INK2, ONE_STEP, SIGMA_TICKS
from .. import claims, design, ladder

CURVE, LINE = 4.6, 3.4  # letters: of a row of curves, of a row of a text table
NAMED, ROOM = 0.19, 0.01  # of the width: names of rows, between two plots
WIDEST = 15  # letters of an interval that has room in a column of Table 2
LEAST = 5.0  # inches of a column that has room for Table 2
INDEXED = ((r"\^\{([^{}]*)\}", "sup"), (r"_\{([^{}]*)\}", "sub"), (r"\^(\w)", "sup"),
           (r"_(\w)(?!\w)", "sub"))  # fmt: skip
NAMES = ("design", "ladder", "claims")


def of(
    name: str, values: Mapping[str, Any] | None = None, only: Mapping[str, Any] | None = None
) -> Sheet:
    """A table by its name.  values: settings of the data that “design” is for; only: the “data”
    of the ladder, the “paper” and the “verdict” of the claims.  Raises UserError."""
    if name == "design":
        return _design(design.design({"values": dict(values or {})}))
    if name == "ladder":
        return _ladder(ladder.shown(), (only or {}).get("data"))
    if name == "claims":
        return _claims(claims.listing(), only or {})
    raise UserError(f"Unknown table {name!r:.40}. Known: {', '.join(NAMES)}.")


def _sheet(panels: list[Panel], title: str, *said: str) -> Sheet:
    parts = [title, *said, f"Diffusion Sampler Explorer {__version__}"]
    return Sheet(panels, caption=" ".join(f"{p.rstrip('. ')}." for p in parts if p), title=title)


def _html(formula: str) -> str:
    """x_{max} and x^{1/ρ} with their indices, as words in print have them."""
    for pattern, tag in INDEXED:
        formula = re.sub(pattern, rf"<{tag}>\1</{tag}>", formula)
    return formula


# ---- Table 1 -------------------------------------------------------------------------------------


def _design(told: Mapping[str, Any]) -> Sheet:
    names = [c["label"] for c in told["columns"]]
    panels = [_choice(row, names if k == 0 else []) for k, row in enumerate(told["rows"])]
    formulas = [
        f"{row['label']}: " + "; ".join(f"{n} {c['formula']}" for n, c in zip(names, row["cells"]))
        for row in told["rows"]
    ]
    return _sheet(panels, "EDM Table 1, each choice as a curve", told["note"], *formulas)


def _choice(row: Mapping[str, Any], names: Sequence[str]) -> Panel:
    """A plot for each column over one range, or over its own where they have none in common."""
    plots, count = [], len(row["cells"])
    for k, cell in enumerate(row["cells"]):
        low, high = row["range"] or cell["range"]
        over = row["axis"] == "sigma"
        ticks = [(v, f"{v:g}") for v in SIGMA_TICKS if v in (10, 0.1)]
        x = Scale(cell["x"][0], cell["x"][-1], "σ" if over else "", over, ticks, visible=over)
        y = Scale(low, high, "", row["log"], visible=k == 0 and row["range"] is not None)
        marks: list[Mark] = [
            {"mark": "line", "x": cell["x"], "y": cell["y"], "colour": ONE_STEP, "width": 1.5}
        ]
        if names:
            middle = (cell["x"][0] + cell["x"][-1]) / 2
            marks.append({"mark": "text", "text": names[k], "x": middle, "y": high,
                          "side": "above", "colour": INK})  # fmt: skip
        edge = ROOM * (k > 0)
        plots.append(Plot(x, y, marks, (k / count + edge, 0.0, (k + 1) / count - ROOM, 1.0),
                          over_sigma=over))  # fmt: skip
    own = "" if row["range"] else "; each over a range of its own"
    return Panel(_html(row["label"]), plots, f"{_html(row['about'])}{own}", CURVE)


# ---- Table 2 -------------------------------------------------------------------------------------


def _ladder(told: Mapping[str, Any] | None, data: str | None) -> Sheet:
    """Of one data set, the first where none is named: more than one page has no room for."""
    if not told or not told["sets"]:
        raise UserError("Configurations A to F are not measured here yet: there is no table.")
    sets = {one["data"]: one for one in told["sets"]}
    if data and data not in sets:
        raise UserError(f"No table of {data!r:.40} is measured. Known: {', '.join(sets)}.")
    one = sets[data or next(iter(sets))]
    title = f"EDM Table 2, trained here: {one['label']}"
    made = _sheet([_rungs(one)], title, one["said"], told["note"], one["made"])
    return dataclasses.replace(made, least=LEAST)


def _rungs(one: Mapping[str, Any]) -> Panel:
    """A column for each rung, a row for each number with its interval below it."""
    rungs, names = one["rows"], one["columns"][1:]
    changed = [f"{r['letter']}: {r['changed']}" for r in rungs]
    lines = [[r["letter"] for r in rungs], *([r["cells"][i] for r in rungs]
             for i in range(len(names)))]  # fmt: skip
    marks: list[Mark] = []
    wide = (1 - NAMED) / len(rungs)
    for i, (name, line) in enumerate(zip(["", *names], lines)):
        y = len(lines) - i - 0.5
        marks.append({"mark": "rule", "across": "y", "at": y - 0.5, "colour": GRID, "width": 0.6})
        marks.append({"mark": "text", "text": name, "x": 0.0, "y": y, "anchor": "left",
                      "colour": INK})  # fmt: skip
        for j, cell in enumerate(line):
            x = NAMED + (j + 0.5) * wide
            if isinstance(cell, str):
                marks.append({"mark": "text", "text": cell, "x": x, "y": y, "bold": True,
                              "colour": INK})  # fmt: skip
                continue
            texts = _cell(cell)
            for k, text in enumerate(texts):
                off = 0.17 * (len(texts) - 1 - 2 * k)
                marks.append({"mark": "text", "text": text, "x": x, "y": y + off,
                              "colour": INK2 if k else INK})  # fmt: skip
    ends = [Scale(0.0, v, visible=False, grid=False, ticks=[]) for v in (1.0, float(len(lines)))]
    plot = Plot(*ends, marks)
    return Panel(one["label"], [plot], "", LINE * len(lines), aside=changed)


def _cell(cell: Mapping[str, str]) -> list[str]:
    """A number, and below it its interval, in two lines where it is wide, or a verdict."""
    value, _, verdict = cell["value"].partition(", ")
    if verdict:
        return [value, verdict]
    ends = cell["beside"].replace(" %", "", 1).split(" – ")
    whole = "–".join(ends)
    return [value, whole] if len(whole) <= WIDEST else [value, f"{ends[0]}–", ends[1]]


# ---- Claims --------------------------------------------------------------------------------------


def _claims(told: Mapping[str, Any], only: Mapping[str, Any]) -> Sheet:
    """What each claims, what was found and the verdict, one below the other."""
    paper, verdict = only.get("paper") or "", only.get("verdict")
    rows = [
        r for r in told["rows"]
        if (not paper or r["paper"] == paper) and (verdict is None or r["verdict"] == verdict)
    ]  # fmt: skip
    if not rows:
        raise UserError("No claim is of this paper and this verdict: there is no table.")
    panels = []
    for r in rows:
        where = "this lab" if r["paper"] == "Lab" else f"{r['paper']}, {r['source']}"
        found = f"{r['verdict'] or 'not measured'}: {r['found'] or '–'}; to hold {r['expected']}"
        said = [f"{where}: {_html(r['measure'])}", found]
        panels.append(Panel(_html(r["quote"]), [], "", 0.0, aside=said))
    count = f"{len(rows)} claim{'s' * (len(rows) != 1)} tried here"
    return _sheet(panels, count, told["said"])
