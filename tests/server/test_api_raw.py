"""The page's own functions, called by hand: without a client's manners."""

import json
from pathlib import Path

import httpx
import pytest

from tests.waiting import PATIENCE

# ---- without a client's manners -----------------------------------------------------------------

REFUSED = "Only a file that was just uploaded"


@pytest.fixture(scope="module")
def raw(server):
    """Post a body to the page's own functions: raw(fn_name, data) -> (status, text)."""
    with httpx.Client(timeout=PATIENCE) as visitor:
        components = visitor.get(f"{server}config").json()["components"]
        page = next(c["id"] for c in components if c["type"] == "html")

        def post(name: str, data, body: str | None = None):
            body = body or json.dumps(
                {"data": data, "component_id": page, "fn_name": name, "session_hash": "stranger"}
            )
            answer = visitor.post(
                f"{server}gradio_api/component_server/",
                content=body,
                headers={"content-type": "application/json"},
            )
            return answer.status_code, answer.text

        yield post


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        [1, "a"],
        3,
        True,
        "x",
        "x" * 10**6,
        {},
        float("nan"),
        {"values": [1]},
        {"query": 7},
        {"query": "x" * 10**6},
        {"query": "x" * 10**6 + "=1"},
        {"values": {"nfe": float("nan")}},
        {"values": {"s_churn": float("-inf")}},
        {"values": {"nfe": 10**400}},
        {"values": {"nfe": {"a": [{}]}}},
        {"values": {"solver": "x" * 10**6}},
        {"values": {"x" * 10**6: 1}},
        {"values": {"\ud800": "\ud800"}},
        {"values": {"nfe": json.loads("[" * 300 + "]" * 300)}},
    ],
    ids=lambda v: repr(v)[:24],
)
def test_a_hostile_body_gets_a_sentence(raw, data):
    status, text = raw("explore", data)
    assert status == 200 and len(text) < 1000
    answer = json.loads(text)
    assert answer.pop("problem") and set(answer) <= {"fields"}  # at which it is marked


@pytest.mark.parametrize(
    "body", ["", "{", "[" * 10**5, '{"fn_name": "launch", "data": 1}'], ids=lambda v: v[:12]
)
def test_a_body_that_is_no_request_is_turned_away(raw, body):
    assert 400 <= raw("", None, body or " ")[0] < 600
    assert "parts" in json.loads(raw("explore", {"query": "nfe=5&samples=2"})[1])


@pytest.mark.parametrize(
    "more",
    [
        {"design": ["edm"]},
        {"have": {"run": []}, "want": [{}, None]},
        {"page": [[1]], "id": 10**400},
        {"id": float("nan")},
    ],
    ids=lambda v: repr(v)[:24],
)
def test_junk_around_a_good_request_does_no_harm(raw, more):
    status, text = raw("explore", {"query": "nfe=5&samples=2", **more})
    assert status == 200 and json.loads(text)["query"] == "nfe=5&samples=2"


@pytest.mark.parametrize(
    "data",
    [
        {"path": "/etc/passwd"},
        {"path": str(Path(__file__)), "name": "x.csv"},
        {"path": "\0"},
        {"path": "\ud800"},
        {"path": "x" * 10**5},
        {"path": ["a"]},
        {"path": None},
        {},
        None,
        [],
    ],
    ids=lambda v: repr(v)[:24],
)
def test_the_page_opens_no_file_but_an_uploaded_one(raw, data):
    status, text = raw("receive", data)
    assert status == 200 and REFUSED in json.loads(text)["problem"]


def test_the_upload_endpoint_opens_no_file_but_an_uploaded_one(server, tmp_path):
    """Neither by its path, nor as the FileData that a client makes of an upload, nor by a URL."""
    secret = tmp_path / "secret.csv"
    secret.write_text("1,2\n3,4\n5,7\n")
    wrapped = lambda path, **more: {"path": path, "meta": {"_type": "gradio.FileData"}, **more}
    inside = f"{server}config"
    for file in (
        str(secret),
        {"path": str(secret)},
        wrapped(str(secret)),
        wrapped("app.py"),
        wrapped(inside),
        wrapped("a.csv", url=inside),
        wrapped(None),
        {},
        None,
        [1],
    ):
        call = httpx.post(
            f"{server}gradio_api/call/upload", json={"data": [file]}, timeout=PATIENCE
        )
        event = call.json()["event_id"]
        answer = httpx.get(f"{server}gradio_api/call/upload/{event}", timeout=PATIENCE).text
        assert answer.startswith("event: error") and "digest" not in answer, file
    for path in ("/etc/passwd", str(secret), str(Path(__file__))):
        assert httpx.get(f"{server}gradio_api/file={path}", timeout=PATIENCE).status_code in (
            403,
            404,
        )
