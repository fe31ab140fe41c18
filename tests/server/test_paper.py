"""Figures that a page asks for: what it shows comes back on paper, and too much is refused."""

import base64
import itertools
import json
import math

import pytest

from explorer.cli import main
from explorer.figures import charts
from explorer.recorder import read
from explorer.server import paper as server
from explorer.store import uploads
from explorer.strips import marks
from explorer.ui import recorded
from explorer.ui.figure import lists

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
    told = lists.answer(asked)
    for row in told["rows"]:
        assert f">{row['label']}<" in svg and row["source"].split(" ")[0] in svg
    for ruler in told["rulers"][1:]:
        assert f">{ruler['short']}<" in svg
    assert found["caption"].startswith(told["title"])
    # an arc for each step that has a length, as high as it
    sheet = lists.drawn(told)
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
    assert "of a file: --file FILE" in capsys.readouterr().err
