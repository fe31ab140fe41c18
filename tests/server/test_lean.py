"""What Gradio's page says of the endpoints' parameters is left out, and nothing else of it."""

import json
import re

import httpx

from explorer.server import lean
from tests.waiting import PATIENCE

TOLD = {
    "title": "</script><b>'&",
    "components": [{"id": 1, "type": "html"}, {"id": 2, "type": "api"}, {"id": 3, "type": "api"}],
    "layout": {"id": 0, "children": [{"id": 1, "children": []}, {"id": 2}, {"id": 3}]},
    "dependencies": [
        {"id": 0, "inputs": [2], "outputs": [3]},
        {"id": 1, "inputs": [1], "outputs": [1]},
    ],
    "page": {
        "": {"layout": {"id": 0, "children": [{"id": 1}, {"id": 2}]}, "components": [1, 2, 3]}
    },
}


def _page(told: dict, names: dict) -> bytes:
    written = [json.dumps(t).replace("<", "\\u003c") for t in (told, names)]
    return (
        f"<head><script>window.gradio_config = {written[0]};</script>"
        f"<script>window.gradio_api_info = {written[1]};</script><script>1;</script></head>"
    ).encode()


def _told(page: bytes) -> dict:
    return json.loads(re.search(rb"gradio_config = (\{.*?\});</script>", page, re.DOTALL)[1])


def test_only_parameters_and_what_runs_on_them_are_left_out():
    page = lean.edit(_page(TOLD, {"named_endpoints": {"/sample": 1}}))
    told = _told(page)
    assert [c["id"] for c in told["components"]] == [1]
    assert [d["id"] for d in told["dependencies"]] == [1]
    assert told["layout"] == {"id": 0, "children": [{"id": 1, "children": []}]}
    assert told["page"][""]["components"] == [1]
    assert told["title"] == TOLD["title"] and page.count(b"</script>") == 3
    assert b"/sample" not in page and page.endswith(b"<script>1;</script></head>")


def test_a_page_without_components_stays_as_it_is():
    page = _page({"auth_required": True}, {})
    assert _told(lean.edit(page)) == {"auth_required": True}
    assert lean.edit(b"<html></html>") == b"<html></html>"


def test_a_client_is_still_told_of_every_endpoint(server):
    page, told = (
        httpx.get(server, timeout=PATIENCE),
        httpx.get(f"{server}config", timeout=PATIENCE).json(),
    )
    named = {d["api_name"] for d in told["dependencies"]}
    assert {"explore", "sample", "sweep", "xray"} <= named
    kinds = [c["type"] for c in _told(page.content)["components"]]
    assert kinds == ["html"] and len(told["components"]) > 100
