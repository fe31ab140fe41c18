"""Thousands of hostile calls: each is answered, none with an error of the server's own, and nobody
else waits for it.  EXPLORER_ATTACK=full makes ten thousand of them."""

import itertools
import json
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from explorer.bench.page import ROOT
from explorer.server.sentences import UNEXPECTED
from tests.waiting import PATIENCE

from .hostile import JSON, hostile

pytestmark = pytest.mark.slow  # real servers and processes

FULL = os.environ.get("EXPLORER_ATTACK") == "full"
CALLS = 10_000 if FULL else 600
SEED = 12
INSIDE = re.compile(
    r"Traceback|File \\?\"|site-packages|/usr/lib|explorer-tests-|" + re.escape(str(ROOT)),
    re.IGNORECASE,
)
STREAM = re.compile(r"gradio_api/(queue/data|heartbeat|upload_progress|call/\w+/\w+)")


@pytest.fixture(scope="module")
def there(client):
    """What is there to be called: the endpoints with the number of their values, the functions."""
    config = client.get("/config").json()
    named = client.get("/gradio_api/info").json()["named_endpoints"]
    counts = {name.strip("/"): len(told["parameters"]) for name, told in named.items()}
    return counts, [d["id"] for d in config["dependencies"]]


def faults(answer: httpx.Response) -> list[str]:
    """What is wrong with an answer to a hostile call."""
    text = answer.text
    found = [f"status {answer.status_code}"] if answer.status_code == 500 else []
    if UNEXPECTED in text:
        found.append("an error that nobody foresaw")
    if hit := INSIDE.search(text):
        found.append(f"tells {hit[0]!r}")
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        told = json.loads(text).get("error")
        if not (isinstance(told, str) and len(told.split()) > 2):
            found.append(f"no sentence: {text[:80]}")
    elif '"error": null' in text or '"error":null' in text:
        found.append("no sentence")
    return found


def one(client, call, again: bool = True) -> list[str]:
    """Make a call; of an answer without an end, read the beginning.  A kept connection may be
    closed by the server just when it is used again: what fails there is asked on a new one."""
    method, path, headers, body = call
    raw = {k: v.encode("latin-1") for k, v in headers.items()}
    try:
        with client.stream(method, f"/{path}", headers=raw, content=body) as answer:
            if not STREAM.search(path):
                answer.read()
                return [f"{method} {path[:80]} {body[:200]!r}: {f}" for f in faults(answer)]
    except (httpx.RemoteProtocolError, httpx.ReadError) as error:
        if again:
            with httpx.Client(base_url=client.base_url, timeout=PATIENCE) as fresh:
                return one(fresh, call, again=False)
        return [f"{method} {path[:80]}: {error!r}"]
    except httpx.InvalidURL:
        pass
    return []


@pytest.mark.slow
def test_hostile_calls_are_answered_and_nobody_waits_for_them(client, server, html, there):
    calls = itertools.islice(hostile(SEED, html, *there), CALLS)
    over, waits, wrong = threading.Event(), [], []
    view = {"data": {"query": ""}, "component_id": html, "session_hash": "b", "fn_name": "explore"}

    def bystander():
        with httpx.Client(base_url=server, timeout=PATIENCE) as somebody:
            somebody.get("/")
            while not over.is_set():
                answer = somebody.post("/gradio_api/component_server", json=view)
                waits.append(answer.elapsed.total_seconds())
                if answer.status_code != 200 or "problem" in answer.json():
                    wrong.append(answer.text[:200])

    beside = threading.Thread(target=bystander)
    beside.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            bad = [fault for found in pool.map(lambda c: one(client, c), calls) for fault in found]
    finally:
        over.set()
        beside.join()
    assert not bad, f"{len(bad)} faults:\n" + "\n".join(sorted(bad)[:40])
    assert not wrong and len(waits) > 1
    if FULL:
        print(f"{CALLS} calls; a bystander's {len(waits)} views, the longest {max(waits):.2f} s")


@pytest.mark.parametrize(
    "odd",
    [{"trigger_id": float("nan")}, {"batched": [float("inf")]}, {"simple_format": "\ud800"},
     {"oauth_token": {"a": 1}}, {"session_hash": ["a"]}, {"fn_index": 1e99}],
    ids=str,
)  # fmt: skip
def test_what_gradio_cannot_write_down_is_refused_before_it_tries(client, odd):
    """Its own refusal repeats the value, and fails where that is no JSON."""
    call = {"data": [], "fn_index": 3, "session_hash": "q", **odd}
    answer = client.post("/gradio_api/queue/join", content=json.dumps(call), headers=JSON)
    assert answer.status_code in (404, 422) and not faults(answer)


@pytest.mark.parametrize("call", ["explore", "sample", "sweep", "upload"])
@pytest.mark.parametrize("data", [[], [[]], [{"a": 1}] * 90, ["x"] * 90])
def test_an_endpoint_refuses_in_a_sentence_on_every_way(client, there, call, data):
    data = data[: there[0][call]]
    answers = [
        client.post(f"/gradio_api/{way}/{call}", json={"data": data}) for way in ("run", "api")
    ]
    started = client.post(f"/gradio_api/call/{call}", json={"data": data})
    if started.status_code == 200:
        event = started.json()["event_id"]
        said = client.get(f"/gradio_api/call/{call}/{event}").text
        assert "event: error" in said
        answers.append(
            httpx.Response(400, text=said.rpartition("data: ")[2], request=started.request)
        )
    else:
        answers.append(started)
    assert all(a.status_code in (400, 404, 422) and not faults(a) for a in answers), answers
