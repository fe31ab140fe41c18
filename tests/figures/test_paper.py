"""Figures for print: made of the page's marks, the same bytes each time, legible at their width."""

import dataclasses
import io
import json
import math
import re
from pathlib import Path

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation, Text
from PIL import Image

from explorer.errors import UserError
from explorer.figures import charts, compare, paper, pictures
from explorer.figures.paper import apart, look, sheet, words
from explorer.figures.paper.marks import DRAWN
from explorer.lab.experiment import Experiment
from explorer.strips import marks as made
from explorer.ui import figure

STORED = Path(__file__).parents[1] / "data" / "paper.json"
EVERY = {
    "line": made.line([10, 1, 0.1], [0.1, 0.3, None], "#5550c0", dash=[7, 5]),
    "band": made.band([10, 1], [0.1, 0.2], [0.3, 0.4], "#5550c0", edge={"dash": [2, 2]}),
    "area": made.area([10, 1], [0.1, 0.3], "#974555", 0.1, on="height"),
    "arcs": made.arcs([10, 1], [1, 0.1], [0.5, 0.5], "#5550c0", 2),
    "bars": made.bars([10, 1], [1, 0.1], [0.5, None], "#5550c0", 2),
    "dots": made.dots([10, 1], [0.5, 0.6], "#475061", 6, "ring"),
    "text": made.text(1, 0.5, "→ 0", side="above"),
    "polygon": {"mark": "polygon", "x": [9, 1, 1], "y": [0, 0, 1], "colour": "rgba(9,9,99,0.2)"},
    "whiskers": {"mark": "whiskers", "along": "y", "at": [1], "low": [0.2], "high": [0.4],
                 "colour": "#5550c0", "width": 1},
    "cells": {"mark": "cells", "z": [[1, 2], [None, 4]], "range": [1, 4]},
    "image": {"mark": "image", "pixels": [[[1, 0, 0, 1]]], "extent": (10, 1, 0, 1)},
    "arrows": {"mark": "arrows", "x": [1], "y": [0.5], "dx": [1], "dy": [0], "colour": "#475061"},
    "rule": {"mark": "rule", "across": "x", "at": 1, "colour": "#475061", "width": 1},
}  # fmt: skip


def drawing(*marks) -> dict:
    return {"title": "A strip", "unit": "unit", "marks": list(marks), "axis": made.axis(0, 1)}


@pytest.mark.parametrize("kind", sheet.KINDS)
def test_every_kind_of_mark_leaves_ink(kind):
    plain = {**EVERY[kind], "colour": "#000000"} if "colour" in EVERY[kind] else EVERY[kind]
    with_it = paper.render(drawing(plain), "png", "cvpr")
    without = paper.render(drawing(EVERY["text"] | {"text": ""}), "png", "cvpr")
    assert with_it != without
    assert set(DRAWN) == set(sheet.KINDS) == set(EVERY)


def test_the_marks_of_a_strip_are_all_known():
    kinds = {"line", "band", "area", "arcs", "bars", "dots", "text"}
    assert all(callable(getattr(made, name)) for name in kinds)
    assert kinds <= set(DRAWN)
    with pytest.raises(UserError, match="Unknown mark 'blob'"):
        paper.render(drawing({"mark": "blob"}))


worded = lambda what, said: dataclasses.replace(paper.sheet_of(what), caption=said, query="nfe=9")


@pytest.mark.parametrize("kind", look.FORMATS)
def test_the_same_figure_is_the_same_bytes(kind):
    what = worded(drawing(*map(EVERY.get, ("line", "dots", "text", "image", "arcs"))), "σ and ρ")
    assert (one := paper.render(what, kind)) == paper.render(what, kind)
    assert not re.search(rb"CreationDate|ModDate|<dc:date>", one)


def test_letters_are_embedded_and_text_stays_text():
    curve = made.line([10, 1], [0, 1], "#5550c0", label=made.label("a name"))
    what = worded(drawing(curve), "a caption, σ = 1")
    pdf = paper.render(what, "pdf")
    assert b"/FontFile2" in pdf and b"/Subtype /Type3" not in pdf
    svg = paper.render(what, "svg").decode()
    assert all(w in svg for w in (">a name<", "noise level σ", "a caption, σ = 1", "nfe=9"))
    assert Image.open(io.BytesIO(paper.render(what, "png"))).text["Description"] == what.caption


@pytest.mark.parametrize("width", look.WIDTHS)
def test_the_width_is_that_of_the_column_and_letters_are_large_enough(width):
    venue = look.WIDTHS[width]
    found = paper.drawn(drawing(*EVERY_STRIP), width)
    assert found.get_size_inches()[0] == pytest.approx(venue.width)
    written = [t for t in found.findobj(Text) if t.get_text().strip() and t.get_visible()]
    sizes = [t.get_size() for t in written]
    assert min(sizes) >= 6 and max(sizes) <= 1.01 * venue.letters
    if width.startswith("nature"):
        assert max(sizes) <= 7


EVERY_STRIP = [EVERY[k] for k in ("line", "band", "arcs", "bars", "dots", "text")]


@pytest.mark.slow
def test_nothing_is_cut_and_no_two_words_meet():
    strip = figure.sheet(Experiment(nfe=9), ["steps", "error"], cursor=0.3)
    for width in ("icml", "slide"):
        found = paper.drawn(strip, width)
        boxes = shown(found)
        wide, tall = (v * 72 for v in found.get_size_inches())
        for box, said in boxes:
            assert box.x0 > -0.5 and box.x1 < wide + 0.5, said
            assert box.y0 > -0.5 and box.y1 < tall + 0.5, said
        for i, (one, said) in enumerate(boxes):
            for other, also in boxes[i + 1 :]:
                meet = one.overlaps(other) and overlap(one, other) > 1.5
                assert not meet, (said, also)


def shown(found) -> list:
    """(box, words) of all that is written, in points."""
    canvas = FigureCanvasAgg(found)
    canvas.draw()
    every = [t for t in found.findobj(Text) if t.get_text().strip() and t.get_visible()]
    return [(t.get_window_extent(canvas.get_renderer()), t.get_text()) for t in every]


def overlap(one, other) -> float:
    return min(
        min(one.x1, other.x1) - max(one.x0, other.x0),
        min(one.y1, other.y1) - max(one.y0, other.y0),
    )


def test_greys_are_monotone_and_curves_of_one_grey_differ_in_dash():
    how = look.looks("iclr", "serif", True).among(["#5550c0", "#cd8518", "#974555"])
    greys = {c: how.ink(c)[0] for c in ("#5550c0", "#cd8518", "#974555")}
    own = {c: look.lightness(*look.parsed(c)[:3]) for c in greys}
    assert sorted(greys, key=greys.get) == sorted(own, key=own.get)
    assert len({round(v, 3) for v in greys.values()}) == 3
    assert all(how.ink(c)[0] == how.ink(c)[1] == how.ink(c)[2] for c in greys)
    ramp = [how.ramp(k / 20)[0] for k in range(21)]
    assert ramp == sorted(ramp)
    names = [made.label(f"curve {k}") for k in range(6)]
    curves = [made.line([10, 1], [0.1 * k, 1], "#5550c0", label=n) for k, n in enumerate(names)]
    apart_ = apart.told_apart(paper.sheet_of(drawing(*curves)), how).panels[0].plots[0].marks
    assert len({tuple(m.get("dash") or ()) for m in apart_}) == 6
    assert all(not m.get("dash") for m in curves)  # those of the page stay as they are


def test_a_chart_keeps_its_curves_whiskers_names_and_axes():
    rows = [row(name, nfe) for name in ("Heun", "Euler") for nfe in (5, 9)]
    chart = compare.error_vs_nfe(rows, {}, 1e-5, "Heun", "The finding", "median end error")
    panel = paper.plotly.panel(chart)
    assert panel.title == "The finding"
    named = [words.plain(text) for text, _ in panel.names]
    assert sorted(named) == ["Euler: nominal order 2", "Heun: nominal order 2",
                             "floor: the reference’s own error"]  # fmt: skip
    assert all(mark is not None for text, mark in panel.names if "order" in text)
    kinds = [m["mark"] for m in panel.plots[0].marks]
    assert kinds.count("line") == 3 and kinds.count("dots") == 2 and kinds.count("whiskers") == 2
    assert kinds.count("polygon") == 1
    x, y = panel.plots[0].x, panel.plots[0].y
    assert (x.label, y.label) == ("NFE", "median end error")
    assert x.log and y.log and [t for _, t in x.ticks] == ["5", "9"]
    assert sorted((y.start, y.end)) == [y.start, y.end]
    curve = next(m for m in panel.plots[0].marks if m["mark"] == "line" and m.get("signs"))
    assert curve["y"] == [5 / 100, 9 / 100] or curve["y"] == [0.05, 0.09]


def test_a_table_of_images_keeps_its_tiles_and_names():
    tile = [[[1.0, -1.0], [-1.0, 1.0]]]
    chart = pictures.picture_table([("first", [tile, None]), ("second", [tile, tile])], ["a", "b"])
    plot = paper.plotly.panel(json.loads(json.dumps(chart))).plots[0]
    tiles = [m for m in plot.marks if m["mark"] == "image"]
    assert [tuple(round(v) for v in m["extent"]) for m in tiles] == [
        (0, 1, 1, 0), (0, 1, 2, 1), (1, 2, 2, 1)]  # fmt: skip
    dark, light = tiles[0]["pixels"][0]
    assert dark[0] < 0.2 < 0.8 < light[0]
    assert [m["text"] for m in plot.marks if m.get("outside") == "left"] == ["first", "second"]
    boxes = shown(paper.drawn(chart, "cvpr"))
    assert {"a", "b", "first", "second"} <= {said for _, said in boxes}
    assert min(box.x0 for box, _ in boxes) > 0 and plot.equal


def test_a_name_finds_its_curve_by_its_sign_where_the_words_differ():
    curves = [charts.curve([1, 2], [1, k], f"trace {k}", "#5550c0", "solid", s, False, "")
              for k, (s, _) in enumerate(charts.MARKERS[:2], 1)]  # fmt: skip
    ends = [
        (k, f"{g} called {k}", "#5550c0", False) for k, (_, g) in enumerate(charts.MARKERS[:2], 1)
    ]
    layout = charts.layout("NFE", "error", [0, 1]) | {"annotations": charts.end_names(ends, [0, 1])}
    names = paper.plotly.panel({"data": curves, "layout": layout}).names
    assert [(text, m["signs"]["shape"]) for text, m in names] == [
        ("called 1", "circle"), ("called 2", "square")]  # fmt: skip


def row(name: str, nfe: int):
    from types import SimpleNamespace as Of

    v = nfe / 100
    middle = Of(value=v, low=v / 2, high=2 * v)
    family = "one-step"
    return Of(solver=name, name=name, family=family, x=nfe, median=v, middle=middle, low=v / 3,
              high=3 * v, nominal=2, note="", each=[])  # fmt: skip


def test_words_of_the_page_are_written_and_a_strangers_dollars_are_harmless():
    assert words.written("p<sub>train</sub>") == r"p$_{\mathrm{train}}$"
    assert words.written("10⁻³ of <b>it</b><br>all") == "10$^{-3}$ of it\nall"
    assert words.plain("σ<sub>max</sub> &lt; 3") == "σ_max < 3"
    for nasty in ("$x$", r"\frac{$", "a$b$c", "<sub>$\\x{</sub>", "<sup>}</sup>", "$" * 7):
        paper.render(drawing(made.text(1, 0.5, nasty)), "svg", "cvpr")


@pytest.mark.parametrize(
    ("what", "how", "said"),
    [
        (drawing(), {"width": "moon"}, "Unknown width 'moon'"),
        (drawing(), {"width": 99}, "Unknown width 99"),
        (drawing(), {"font": "comic"}, "Unknown font 'comic'"),
        (drawing(), {"kind": "exe"}, "written as pdf, svg, png"),
        (drawing() | {"axis": {"range": [1, 1]}}, {}, "cannot go from 1 to 1"),
        (drawing() | {"axis": {"range": [-1, 1], "log": True}}, {}, "cannot go from -1"),
        (drawing(made.line([1], [1], "red")), {}, "A colour is written"),
        ("a word", {}, "is made of"),
    ],
)
def test_a_refusal_names_what_is_wrong(what, how, said):
    with pytest.raises(UserError, match=said):
        paper.render(what, **how)


def test_save_writes_the_caption_beside_the_file(tmp_path):
    e = Experiment(nfe=9)
    pdf, txt = paper.save(figure.sheet(e, ["steps"], cursor=1.0), tmp_path / "fig.pdf", "icml")
    assert (pdf.name, txt.name) == ("fig.pdf", "fig.txt")
    said = txt.read_text(encoding="utf-8")
    for part in ("Heun, 9 NFE", "Spiral in 16-D", "σ from 80 to 0.002", "256 samples, seed 0",
                 "Cursor at σ = 1", "Settings: ?nfe=9", "Time steps: height Δ ln σ"):  # fmt: skip
        assert part in said
    with pytest.raises(UserError, match="There is no folder"):
        paper.save(drawing(), tmp_path / "absent" / "fig.pdf")
    with pytest.raises(UserError, match="Unknown figure 'stairs'"):
        figure.sheet(e, ["stairs"])


def test_a_pinned_run_lies_dotted_under_its_name():
    found = figure.sheet(Experiment(nfe=9), ["error"], pin=Experiment(nfe=5))
    ghosts = [m for m in found.panels[0].plots[0].marks if m.get("label", {}).get("text", "")
              .startswith("pinned: ")]  # fmt: skip
    assert [m["label"]["text"] for m in ghosts] == ["pinned: NFE = 5"]
    assert ghosts[0]["dash"] == list(made.DOT)
    assert "Pinned, dotted: NFE = 5 (5 NFE)" in figure.caption.of(
        Experiment(nfe=9), ["error"], pin=Experiment(nfe=5)
    )


# ---- held against stored ones by their structure ------------------------------------------------


def structure(found) -> list:
    """Of each axes: how many artists of each kind, its labels, limits and words."""
    out = []
    for ax in found.axes:
        notes = [t.get_text() for t in ax.texts]
        out.append(
            {
                "lines": len(ax.lines),
                "patches": len(ax.patches),
                "collections": len(ax.collections),
                "images": len(ax.images),
                "labels": [ax.get_xlabel(), ax.get_ylabel()],
                "scales": [ax.get_xscale(), ax.get_yscale()],
                "limits": [
                    [float(f"{v:.3g}") for v in ax.get_xlim()],
                    [float(f"{v:.3g}") for v in ax.get_ylim()],
                ],
                "ticks": [t.get_text() for t in ax.get_yticklabels()],
                "notes": [re.sub(r"\d+", "#", t) for t in notes],
            }
        )
    heads = [
        re.sub(r"\d+", "#", t.get_text()) for t in found.texts if not isinstance(t, Annotation)
    ]
    return [*out, {"written": heads}]


CASES = {
    "strips": (["steps", "curvature", "plane", "loss", "error"], {"nfe": 9}, {"cursor": 1.0}),
    "stage": (["stage"], {"nfe": 9}, {"cursor": 0.5}),
    "stage, D": (["stage"], {"nfe": 9}, {"look": figure.stage.Look("D", True)}),
    "line": (["stage", "steps"], {"nfe": 9, "data": "diracs"}, {"cursor": 0.5}),
    "images": (["stage"], {"nfe": 5, "data": "digits", "samples": 16}, {}),
}


@pytest.mark.parametrize("name", CASES)
def test_figures_are_built_as_those_that_were_looked_at(name):
    from explorer.settings import unflatten

    names, values, how = CASES[name]
    found = structure(paper.drawn(figure.sheet(unflatten(Experiment, values), names, **how)))
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert found == stored[name]
    assert all(math.isfinite(v) for axes in found[:-1] for ends in axes["limits"] for v in ends)
