"""Foreign names and foreign pages are turned away, whatever the way; the server's own are not."""

import socket

import pytest

from explorer.commands import listen
from explorer.errors import UserError
from explorer.server import hosts
from explorer.server.hosts import Names, refusal

OURS = "127.0.0.1:7860"
ROUTES = [  # what changes something, or tells a secret
    ("POST", "gradio_api/component_server"),
    ("POST", "gradio_api/queue/join"),
    ("POST", "gradio_api/call/explore"),
    ("POST", "gradio_api/call/v2/explore"),
    ("POST", "gradio_api/run/explore"),
    ("POST", "gradio_api/api/explore/"),
    ("POST", "gradio_api/upload"),
    ("POST", "gradio_api/cancel"),
    ("POST", "login"),
    ("GET", "logout"),
    ("GET", "gradio_api/token"),
    ("GET", "gradio_api/call/explore/123"),
    ("GET", "gradio_api/queue/data?session_hash=1"),
    ("GET", "gradio_api/heartbeat/1"),
    ("GET", "config"),
]
FOREIGN = [  # what a browser says of a page that is not this server's
    {"origin": "http://evil.example"},
    {"origin": "http://127.0.0.1:1"},  # another server of this machine
    {"origin": "http://localhost"},
    {"origin": "null"},  # a sandboxed frame, a file
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},  # <img>, <script>
    {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "origin": "http://127.0.0.1:1"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},  # a form, a link
    {"referer": "http://evil.example/a.html"},
]


@pytest.mark.parametrize("method, path", ROUTES)
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_foreign_page_is_refused_in_a_sentence(client, method, path, headers):
    text = {"content-type": "text/plain"} if method == "POST" else {}  # as a form may send it
    answer = client.request(method, f"/{path}", headers=headers | text)
    assert answer.status_code == 403 and "open the server’s own page" in answer.json()["error"]


@pytest.mark.parametrize("method, path", [*ROUTES, ("GET", ""), ("GET", "theme.css")])
@pytest.mark.parametrize("name", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_foreign_name_is_refused_in_a_sentence(client, method, path, name):
    answer = client.request(method, f"/{path}", headers={"host": name})
    assert answer.status_code == 421 and "--allowed-host" in answer.json()["error"]
    assert name.partition(":")[0] in answer.json()["detail"]


def test_the_servers_own_pages_and_plain_clients_are_let_in(client, place, html):
    call = {"data": "p", "component_id": html, "session_hash": "s", "fn_name": "cancel"}
    port = place.rpartition(":")[2]
    for headers in (
        {},
        {"origin": f"http://{place}"},
        {"sec-fetch-site": "same-origin", "origin": "null"},  # a form under no-referrer
        {"sec-fetch-site": "none"},
        {"host": f"localhost:{port}", "origin": f"http://localhost:{port}"},
        {"host": "LOCALHOST", "origin": "http://localhost"},
        {"host": f"[::1]:{port}", "origin": f"http://[::1]:{port}"},
    ):
        answer = client.post("/gradio_api/component_server", json=call, headers=headers)
        assert answer.status_code == 200, headers


def test_a_link_on_another_page_may_open_the_page_and_nothing_else(client):
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/?data=rings", headers=link).status_code == 200
    assert client.post("/", headers=link).status_code == 403
    assert client.get("/", headers=link | {"sec-fetch-mode": "cors"}).status_code == 403


def scope(host: str, **headers: str) -> dict:
    given = {"host": host} | {k.replace("_", "-"): v for k, v in headers.items()}
    raw = [(k.encode(), v.encode()) for k, v in given.items()]
    return {"method": "POST", "headers": raw}


@pytest.mark.parametrize(
    "host, more, let_in, turned_away",
    [
        ("127.0.0.1", (), ["127.8.8.8", "[::1]:1", "localhost."], ["10.0.0.1", "0.0.0.0.a"]),
        ("0.0.0.0", (), ["10.0.0.1:80", "[2001:db8::1]", socket.gethostname()], ["lab.example"]),
        ("::", (), ["10.0.0.1", "[::1]"], ["lab.example"]),
        ("[::1]", (), ["[::1]:7860", "localhost"], ["[::2]"]),
        ("10.0.0.1", (), ["10.0.0.1", "127.0.0.1"], ["10.0.0.2"]),
        ("lab.example", (), ["Lab.Example:7"], ["a.lab.example"]),
        ("::1", ["*.a.example", "B.example."], ["x.y.a.example", "b.example"], ["a.example"]),
    ],
)  # fmt: skip
def test_the_names_of_a_server(host, more, let_in, turned_away):
    names = Names(host, more)
    assert all(names.answers_to(name) for name in let_in)
    assert not any(names.answers_to(name) for name in [*turned_away, "", "a@localhost", "[::1"])
    assert not any(names.answers_to(n) for n in ["localhost/", "evil.example#@localhost"])


def test_a_name_that_the_owner_gave_may_stand_before_a_proxy():
    """One that hands requests on under the name of this machine."""
    proxied = scope(OURS, origin="https://demo.example")
    assert refusal(proxied, Names(), page=False)[0] == 403
    assert refusal(proxied, Names(more=["demo.example"]), page=False) is None
    other = scope(OURS, origin="https://demo.example.evil")
    assert refusal(other, Names(more=["demo.example"]), page=False)[0] == 403


def test_a_shared_server_answers_to_its_public_address_once_it_has_one():
    names = Names()
    public = scope("abc.gradio.live", origin="https://abc.gradio.live")
    assert refusal(public, names, page=False)[0] == 421
    names.shared = lambda: "https://abc.gradio.live"
    assert refusal(public, names, page=False) is None
    assert refusal(scope("x.gradio.live"), names, page=False)[0] == 421


def test_a_space_answers_to_its_own_name(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "somebody/explorer")
    monkeypatch.setenv("SPACE_HOST", "somebody-explorer.hf.space,own.example")
    names = Names("0.0.0.0", listen.space_names())
    assert names.answers_to("somebody-explorer.hf.space") and names.answers_to("own.example")
    assert not names.answers_to("evil.example")


def test_two_names_at_once_are_none(monkeypatch):
    twice = scope(OURS)
    twice["headers"].append((b"host", b"evil.example"))
    assert refusal(twice, Names(), page=True)[0] == 421


@pytest.mark.parametrize(
    "name", ["http://a.example", "a:80", "", "*", "a b", "a..b", "-", "é.x", "a/b"]
)
def test_what_is_no_name_is_said_to_be_none(name):
    with pytest.raises(UserError, match="is no host name"):
        hosts.checked(name)


def test_a_websocket_is_closed(client):
    headers = {"connection": "upgrade", "upgrade": "websocket", "origin": "http://evil.example"}
    assert client.get("/gradio_api/queue/data", headers=headers).status_code == 403
