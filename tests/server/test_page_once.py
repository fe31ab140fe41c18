"""Gradio's page is made once for all who come by one name, and not where it says who asks."""

import pytest

from explorer.server import headers
from explorer.server.headers import Headers, Inner

HOST = (b"host", b"127.0.0.1:7860")


class App:
    """Answers each request with another page."""

    def __init__(self):
        self.made, self.status, self.kind = 0, 200, b"text/html; charset=utf-8"

    async def __call__(self, scope, receive, send):
        self.made += 1
        body = b"<script>%d</script>" % self.made
        fields = [(b"content-type", self.kind), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": self.status, "headers": fields})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def app():
    return App()


@pytest.fixture
def inner(app):
    return Inner(app, Headers(), {"": lambda page: page + b"<p>"}, {""})


def ask(inner, path="/", query=b"", method="GET", named=(HOST,)):
    """The answer: its fields and its body."""
    scope = {
        "type": "http",
        "scheme": "http",
        "server": ("127.0.0.1", 7860),
        "method": method,
        "path": path,
        "root_path": "",
        "query_string": query,
        "headers": list(named),
    }
    got = []

    async def send(message):
        message["headers"] = [*message.get("headers", ()), (b"set-cookie", b"mine")]  # as outside
        got.append(message)

    with pytest.raises(StopIteration):  # nothing in it waits
        inner(scope, None, send).send(None)
    start, body = got
    assert start["type"] == "http.response.start" and body["type"] == "http.response.body"
    assert [v for k, v in start["headers"] if k == b"set-cookie"] == [b"mine"]
    return dict(start["headers"]), body["body"]


def test_a_page_is_made_once_for_all_who_come_by_one_name(inner, app):
    first = ask(inner)
    assert first[1] == b"<script>1</script><p>" and first[0][b"content-length"] == b"21"
    assert b"sha256-" in first[0][b"content-security-policy"]
    views = (b"data=spiral&nfe=9", b"tab=train", b"pages=2")
    agent = (HOST, (b"user-agent", b"another"), (b"x-request-id", b"7"), (b"cookie", b"a=b"))
    assert ask(inner, named=agent) == first
    assert all(ask(inner, query=view) == first for view in views)
    assert app.made == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"named": ((b"host", b"demo.example.org"),)},
        {"named": (HOST, (b"x-forwarded-host", b"demo.example.org"))},
        {"named": (HOST, (b"x-forwarded-proto", b"https"))},
        {"named": (HOST, (b"x-gradio-server", b"http://demo.example.org"))},
        {"query": b"a=1&deep_link=x"},
        {"query": b"all_endpoints=1"},
        {"query": b"page=classic"},
        {"method": "HEAD"},
        {"path": "/classic"},
    ],
    ids=str,
)
def test_another_name_or_another_page_is_another(inner, app, asked):
    first = ask(inner)
    assert ask(inner, **asked)[1] != first[1] and app.made == 2
    assert ask(inner) == first and app.made == 2


@pytest.mark.parametrize("way", ["where it says who asks", "a fault", "no page"])
def test_what_is_not_the_same_for_all_is_made_each_time(app, way):
    inner = Inner(app, Headers(), {}, () if way == "where it says who asks" else {""})
    app.status = 500 if way == "a fault" else 200
    app.kind = b"text/plain" if way == "no page" else app.kind
    assert ask(inner)[1] != ask(inner)[1] and app.made == 2


def test_whoever_makes_names_up_fills_no_memory(inner, app):
    for k in range(50):
        ask(inner, named=((b"host", b"a%d.example.org" % k),))
    assert app.made == 50 and len(inner._known) == headers.NAMES
