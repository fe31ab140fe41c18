"""Figures that a page asks for: what it shows comes back on paper, and too much is refused."""

import base64
import itertools
import json
import math

import pytest
import torch

from explorer.cli import main
from explorer.figures import charts, pack
from explorer.figures.paper.look import parsed
from explorer.figures.style import MULTISTEP, ONE_STEP, PALETTE
from explorer.lab.experiment import Experiment
from explorer.lab.view import View
from explorer.recorder import read
from explorer.server import paper as server
from explorer.settings import unflatten
from explorer.store import uploads
from explorer.strips import marks
from explorer.ui import claims, ladder, recorded, stage
from explorer.ui.design import design
from explorer.ui.figure import beside, denoise, lists
from explorer.ui.schedules import schedules

from ..recorder.loops import run

VALUES = {"data": "moons", "data.dimension": 2, "samples": 16, "nfe": 5}
STRIP = {"title": "Error", "hint": "a hint", "axis": marks.axis(0, 1), "over": [], "empty": ""}
CURVE = marks.line([10, 1], [0, 1], "#5550c0", label=marks.label("a curve"), main=True)
CHART = {
    "data": [charts.curve([5, 9], [0.1, 0.2], "Heun", "#5550c0", "dash", "square", True, "")],
    "layout": charts.layout("NFE", "error", [-2, 0]),
}


def ask(**request) -> dict:
    return json.loads(server.paper({"values": VALUES, "kind": "svg", **request}).body)


def drawn(**request) -> str:
    found = ask(**request)
    assert "problem" not in found, found
    return base64.b64decode(found["file"]).decode()


def test_strips_come_back_with_their_marks_cursor_and_caption():
    strip = {**STRIP, "marks": [CURVE]}
    found = ask(panels=[strip], parts=["error"], cursor=2.0, pins=["nfe=5&data=moons"])
    svg = base64.b64decode(found["file"]).decode()
    for said in (">a curve<", ">Error<", "σ = 2<", "noise level σ"):
        assert said in svg
    assert found["type"] == "image/svg+xml"
    for said in ("Error: median and 10–90 %", "Heun, 5 NFE", "Cursor at σ = 2", "Pinned, dotted"):
        assert said in found["caption"] and said in svg


def test_a_chart_comes_back_with_its_names_and_what_was_said_of_it():
    found = ask(panels=[CHART], told="The finding. 256 samples")
    assert "The finding. 256 samples. on Two moons" in found["caption"]
    svg = base64.b64decode(found["file"]).decode()
    assert ">NFE<" in svg and ">error<" in svg


def test_the_stage_is_drawn_of_the_run():
    stage = {"what": "x", "true": False, "pick": 0, "show": ["samples", "paths", "one"]}
    svg = drawn(stage=stage, cursor=1.0, grey=True, width="cvpr", font="sans")
    for said in ("16 samples", "paths of 16", "one path", "samples x at σ = 1"):
        assert said in svg
    assert ">data<" not in svg


def test_the_denoisers_answers_are_drawn_where_the_stage_shows_them():
    view = View(unflatten(Experiment, VALUES))
    pictures, change = denoise.panels(view)
    told = stage.strip(view)
    marks = pictures.plots[0].marks
    ways = [m for m in marks if m["mark"] == "line" and len(m["x"]) == 2]
    assert len(ways) == len(told["levels"])
    # at σ = 0, the last, the answer is the point itself
    assert (
        math.dist(*zip(ways[-1]["x"], ways[-1]["y"]))
        < 1e-3
        < math.dist(*zip(ways[0]["x"], ways[0]["y"]))
    )
    curve = next(m for m in change.plots[0].marks if m["mark"] == "line")
    assert (curve["x"], curve["y"]) == (told["fine"], told["change"])
    found = ask(stage={"denoise": True})
    svg = base64.b64decode(found["file"]).decode()
    assert "Where the answer changes" in svg and found["caption"].startswith("One sample under")


@pytest.mark.slow
def test_the_tables_of_design_and_claims_are_drawn_with_every_number():
    svg = drawn(table="design")
    told = design({"values": VALUES})
    for word in (*(c["label"] for c in told["columns"]), "EDM Table 1", "√t"):
        assert word in svg
    assert svg.count('id="axes_') == 4 * len(told["rows"])
    for one in ladder.shown()["sets"][-1:]:
        svg = drawn(table="ladder", only={"data": one["data"]})
        for row in one["rows"]:
            ends = [end for c in row["cells"] for end in c["beside"].split(" – ")]
            values = [c["value"].split(", ")[0] for c in row["cells"]]
            for number in filter(str.isdecimal, [v.replace(".", "") for v in (*values, *ends)]):
                assert number in svg.replace(".", "")  # powers of ten are formulas
    svg = drawn(table="claims", only={"paper": "AMED", "verdict": "does not hold here"})
    rows = claims.listing()["rows"]
    kept = [r for r in rows if (r["paper"], r["verdict"]) == ("AMED", "does not hold here")]
    assert svg.count(">does not hold here: ") == len(kept) > 3


@pytest.mark.parametrize(
    "request_, said",
    [
        ({"table": "ladder", "width": 3.25}, "takes a column of 5 inches"),
        ({"table": "chairs"}, "Unknown table 'chairs'"),
        ({"table": "claims", "only": {"paper": "nobody"}}, "No claim is of this paper"),
        ({"table": "design", "values": {"data": "tea"}}, "tea"),
    ],
)
def test_a_table_that_cannot_be_is_said(request_, said):
    assert said in ask(**request_)["problem"]


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({}, "1 to 8 panels"),
        ({"panels": [STRIP] * 9}, "1 to 8 panels"),
        ({"panels": ["a"]}, "is made of"),
        ({"panels": [{**STRIP, "marks": [{"mark": "line"}]}]}, "cannot be drawn"),
        ({"panels": [{**STRIP, "marks": [{}]}]}, "cannot be drawn"),
        ({"panels": [{**STRIP, "marks": [CURVE | {"width": 1e9}]}]}, "at most 60 pixels"),
        ({"panels": [{**STRIP, "marks": [{"mark": "image"}]}]}, "Unknown mark 'image'"),
        ({"panels": [{**STRIP, "marks": [CURVE | {"x": [0] * 300_000}]}]}, "at most 250,000"),
        ({"panels": [{**STRIP, "marks": [CURVE] * 300}]}, "at most 250 words"),
        ({"panels": [{**STRIP, "marks": [CURVE], "axis": {"range": [0, 0]}}]}, "cannot go"),
        ({"panels": [{"data": [{"type": "surface"}], "layout": {}}]}, "cannot be drawn"),
        ({"panels": [CHART], "width": "moon"}, "Unknown width"),
        ({"panels": [CHART], "kind": "exe"}, "written as"),
        ({"panels": [CHART], "cursor": "here"}, "“cursor”"),
        ({"stage": {"pick": "me"}}, "“pick”"),
        ({"stage": {"what": "y"}}, "Unknown quantity"),
        ({"values": {"nfe": -1}, "panels": [CHART]}, "NFE"),
    ],
)
def test_a_refusal_is_a_sentence(request_, said):
    problem = ask(**request_)["problem"]
    assert said in problem and "Traceback" not in problem and "/" not in problem


def test_few_are_made_at_once():
    taken = [server.PLACES.acquire(blocking=False) for _ in range(4)]
    assert all(taken)
    try:
        assert "try again in a moment" in ask(panels=[CHART])["problem"]
    finally:
        for _ in taken:
            server.PLACES.release()
    assert "file" in ask(panels=[CHART])


CONFIG = json.dumps(
    {
        "_class_name": "FlowMatchEulerDiscreteScheduler",
        "num_train_timesteps": 1000,
        "shift": 3.0,
        "num_inference_steps": 20,
    }
)


def test_the_lists_of_schedules_are_drawn_with_their_rulers_and_faults():
    asked = {"text": CONFIG, "rows": ["yours", "edm"]}
    found = ask(lists=asked)
    svg = base64.b64decode(found["file"]).decode()
    told = schedules(asked)
    for row in told["rows"]:
        assert f">{row['label']}<" in svg and row["source"].split(" ")[0] in svg
    for ruler in told["rulers"][1:]:
        assert f">{ruler['short']}<" in svg
    assert found["caption"].startswith(told["title"])
    # an arc for each step that has a length, as high as it
    sheet = lists.sheet(asked)
    arcs = sheet.panels[0].plots[0].marks[0]
    levels = [v for v in lists.levels_of(told["rows"][0]) if 0 < v < math.inf]
    assert len(levels) == 19 and "from ∞, to 0, 20 steps" in svg
    assert arcs["start"] == levels[:-1] and arcs["stop"] == levels[1:]
    assert arcs["height"] == pytest.approx([math.log(a / b) for a, b in itertools.pairwise(levels)])
    assert max(arcs["height"]) < sheet.panels[0].plots[0].y.end
    assert "nothing to draw" in ask(lists={"text": " "})["problem"]
    for strange in (5, {"text": "}{"}):
        assert ask(lists=strange)["problem"]


def test_a_recorded_run_is_drawn_with_its_strips(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    run(tmp_path / "run.jsonl", 8)
    digest = uploads.put_file((tmp_path / "run.jsonl").read_bytes(), "a visitor")
    found = ask(recording={"digest": digest})
    svg = base64.b64decode(found["file"]).decode()
    told = recorded.shown(read(tmp_path / "run.jsonl"))
    assert all(f">{s['title']}<" in svg for s in told["strips"])
    assert found["caption"].startswith(told["title"])
    for strange in (5, {}, {"digest": "../../etc"}, {"digest": "0" * 16}):
        assert ask(recording=strange)["problem"]
    curved = {"digest": digest, "choices": {"curvature": "none"}}
    assert "Unknown curvature" in ask(recording=curved)["problem"]
    out = str(tmp_path / "fig.pdf")
    assert main(["figure", "recording", "--file", str(tmp_path / "run.jsonl"), "--out", out]) == 0
    assert (tmp_path / "fig.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "fig.txt").read_text("utf-8").startswith(told["title"])
    (tmp_path / "list.json").write_text(CONFIG, "utf-8")
    assert main(["figure", "schedules", "--file", str(tmp_path / "list.json"), "--out", out]) == 0
    assert main(["figure", "schedules", "steps", "--file", out, "--out", out]) == 2
    assert main(["figure", "recording", "--out", out]) == 2
    assert main(["figure", "ab", "--out", out]) == 2
    assert "of a file: --file FILE" in capsys.readouterr().err


def pair(**more) -> dict:
    """An answer of A/B: three samples of 2 × 2 pixels, of which A has all the ink of the first."""
    a, b = torch.full((3, 1, 2, 2), -1.0), torch.full((3, 1, 2, 2), -1.0)
    a[0], b[2] = 0.0, 0.0
    sides = {k: {"name": n, "x": pack.grey(v, -1.2, 1.2)} for k, n, v in
             (("a", "Heun", a), ("b", "DDIM", b))}  # fmt: skip
    errors = [torch.tensor(v) for v in ((0.1, 0.2, 0.0), (0.2, 0.1, 0.5))]
    scatter = {"a": pack.floats(errors[0]), "b": pack.floats(errors[1]), "astray": [0, 1, 0]}
    return {**sides, "kind": "image", "shape": [1, 2, 2], "clip": 1.2, "scatter": scatter, **more}


def test_two_sides_are_drawn_with_their_difference_and_errors_in_pairs():
    svg = drawn(beside=pair(), told="Heun leads")
    for said in (">A: Heun<", ">B: DDIM<", ">A − B<", "error of A, Heun", "A nearer in 67 %"):
        assert said in svg
    images, errors = beside.sheet(pair()).panels
    tiles = [m["pixels"][0][0] for m in images.plots[0].marks if m["mark"] == "image"]
    paper, more, less = (
        parsed(PALETTE["light"][n])[:3] for n in ("middle", "negative", "positive")
    )
    assert len(tiles) == 9  # three of each side, then the differences: more, equal, less
    apart = lambda p, q: max(abs(x - y) for x, y in zip(p, q, strict=False))
    assert apart(tiles[6], more) < 0.02 and apart(tiles[8], less) < 0.02
    assert apart(tiles[7], paper) < 0.02
    dots = [m for m in errors.plots[0].marks if m["mark"] == "dots" and m["x"]]
    found = [(m["colour"], m["shape"], len(m["x"])) for m in dots]
    assert found == [(ONE_STEP, "circle", 2), (MULTISTEP, "ring", 1)]
    plane = pair(kind="plane", shape=[2], a={"name": "A", "x": pack.floats(torch.ones(4, 2))},
                 b={"name": "B", "x": pack.floats(torch.zeros(4, 2))})  # fmt: skip
    line = beside.sheet(plane).panels[0].plots[0].marks[0]
    assert line["x"][:2] == [1, 0] and math.isnan(line["x"][2]) and len(line["x"]) == 12


@pytest.mark.parametrize(
    "strange",
    [
        None,
        {},
        pair(shape=[2**20]),
        pair(shape=[1, 3, 5]),
        pair(kind="image", clip="x"),
        pair(kind="line", scatter=None),
        pair(scatter={"a": "AAAA", "b": "", "astray": []}),
        pair(a={"name": "A", "x": "!"}),
    ],
)
def test_what_is_no_pair_is_refused(strange):
    assert ask(beside=strange)["problem"].endswith(".")
