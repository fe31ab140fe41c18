"""Figures that a page asks for: what it shows comes back on paper, and too much is refused."""

import base64
import json

import pytest

from explorer.figures import charts
from explorer.server import paper as server
from explorer.strips import marks

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
