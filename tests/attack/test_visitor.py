"""Who asks, and when they leave: the server's work knows it, on every way in."""

import http.client
import json
import re
from urllib.parse import urlsplit

import httpx
import pytest

from explorer.bench.page import free_port
from explorer.server import api, app, visitor
from explorer.server.quick import gr
from tests.waiting import PATIENCE, until

SEEN: list[visitor.Visitor] = []
HELD = 60.0  # seconds that a probe waits to be told that its client left; a fault alone takes them


def tell(request):
    """For whom the thread that works for this call works."""
    who = visitor.current()
    return [who.name, who.way]


def hold(request):
    SEEN.append(visitor.current())
    return SEEN[-1].gone.wait(HELD)


def tell_endpoint() -> list:
    return tell(None)


def hold_endpoint() -> bool:
    return hold(None)


@pytest.fixture(scope="module")
def probed():
    """The real server, with two calls and two endpoints more: its address and the page's id."""
    register = api.register

    def more():
        register()
        gr.api(tell_endpoint, api_name="tell")
        gr.api(hold_endpoint, api_name="hold")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "CALLS", [*app.CALLS, tell, hold])
        patch.setattr(api, "register", more)
        # a machine too busy to answer Gradio's own look within its three seconds
        patch.setattr(app.gr.networking, "url_ok", lambda url: False)
        port = free_port()
        demo, *_ = app.launch("127.0.0.1", port, prevent_thread_lock=True)
    html = next(k for k, b in demo.blocks.items() if b.get_block_name() == "html")
    yield f"http://127.0.0.1:{port}/", html
    demo.close()


def body(html: int, name: str) -> dict:
    return {"data": {}, "component_id": html, "session_hash": "s", "fn_name": name}


@pytest.mark.slow
def test_a_browser_has_one_name_and_another_has_another(probed):
    url, html = probed
    names = []
    for _ in range(2):
        with httpx.Client(base_url=url, timeout=PATIENCE) as browser:
            cookie = browser.get("/").headers["set-cookie"]
            assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
            assert "set-cookie" not in browser.get("/").headers
            call = body(html, "tell")
            twice = [browser.post("/gradio_api/component_server", json=call).json() for _ in "ab"]
            assert twice[0] == twice[1] and twice[0][1] == "page"
            names.append(twice[0][0])
            assert queued(browser, "tell") == [[names[-1], "api"]]
    assert names[0] != names[1] and all(re.fullmatch(r"visitor \w{16}", n) for n in names)


def test_a_name_that_nobody_gave_is_not_believed(probed):
    url, html = probed
    for cookie in ("mine", "0123456789abcdef.0123456789abcdef0123456789abcdef", "é.é", '";'):
        headers = {"cookie": f"{visitor.COOKIE}={cookie}".encode()}
        call = body(html, "tell")
        answer = httpx.post(
            f"{url}gradio_api/component_server", json=call, headers=headers, timeout=PATIENCE
        )
        assert answer.json() == ["address 127.0.0.1", "page"]
    with httpx.Client(base_url=url, timeout=PATIENCE) as client:
        assert queued(client, "tell") == [["address 127.0.0.1", "api"]]


def queued(client, name: str):
    """The answer of an endpoint, through Gradio's queue."""
    event = client.post(f"/gradio_api/call/{name}", json={"data": []}).json()["event_id"]
    said = client.get(f"/gradio_api/call/{name}/{event}", timeout=PATIENCE).text
    return json.loads(said.rpartition("data: ")[2])


@pytest.mark.parametrize("way", ["page", "run", "call", "queue"])
def test_who_leaves_is_noticed_and_who_stays_is_not_gone(probed, way):
    url, html = probed
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    before = len(SEEN)
    if way in ("page", "run"):
        path = {"page": "component_server", "run": "run/hold"}[way]
        post(connection, path, body(html, "hold") if way == "page" else {"data": []})
    elif way == "call":
        post(connection, "call/hold", {"data": []})
        event = json.load(connection.getresponse())["event_id"]
        connection.request("GET", f"/gradio_api/call/hold/{event}")
    else:
        names = httpx.get(f"{url}config", timeout=PATIENCE).json()["dependencies"]
        number = next(d["id"] for d in names if d["api_name"] == "hold")
        post(connection, "queue/join", {"data": [], "fn_index": number, "session_hash": "left"})
        connection.getresponse().read()
        connection.request("GET", "/gradio_api/queue/data?session_hash=left")
    until(lambda: len(SEEN) > before)
    who = SEEN[-1]
    assert not who.gone.is_set()
    connection.sock.close()
    assert who.gone.wait(HELD / 2)  # within a second on a quiet machine; the probe gives up later


def post(connection, path: str, data: dict) -> None:
    headers = {"content-type": "application/json"}
    connection.request("POST", f"/gradio_api/{path}", json.dumps(data), headers)


def test_work_that_nobody_asked_for_has_a_visitor_too():
    assert visitor.current() == visitor.Visitor("server", "api")
