"""Large, slow, silent and guessing clients keep nobody busy.  The server of this process asks for
a password; it is in a hurry in the tests of those who do not speak, and only while they are silent:
a busy machine makes everybody slow."""

import http.client
import socket
from contextlib import contextmanager
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx
import pytest

from explorer.bench.page import free_port
from explorer.server import app, bodies, idle, knocks
from tests.waiting import PATIENCE, answer_of, until

pytestmark = pytest.mark.slow  # real servers and processes

SOON = 0.3  # seconds, in place of a real server's patience of 15 and more


@pytest.fixture(scope="module")
def url():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(idle, "SILENT", PATIENCE)
        patch.setattr(idle, "EVERY", SOON / 4)
        patch.setattr(bodies, "PATIENCE", PATIENCE)
        patch.setattr(bodies, "LINGER", PATIENCE)
        port = free_port()
        pairs = [("ana", "right"), ("zoë", "größer")]
        demo, *_ = app.launch(
            "127.0.0.1", port, auth=pairs, max_file_size="1mb", prevent_thread_lock=True
        )
        yield f"http://127.0.0.1:{port}/"
        demo.close()


def said(connection: socket.socket) -> bytes:
    """All that the server says until it closes."""
    connection.settimeout(PATIENCE)
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port))


@pytest.mark.parametrize(
    "words",
    [b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ", b"POST"],
    ids=["silent", "half a head", "half a word"],
)
def test_who_does_not_ask_is_cut_off(url, words, monkeypatch):
    monkeypatch.setattr(idle, "SILENT", SOON)
    with connected(url) as connection:
        connection.sendall(words)
        assert said(connection) == b""


def test_who_falls_silent_after_an_answer_is_cut_off_too(url, monkeypatch):
    with connected(url) as connection:
        request = b"GET /theme.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        connection.sendall(request + b"GET /th")  # the server's own clock stops at this
        connection.settimeout(PATIENCE)
        assert connection.recv(12) == b"HTTP/1.1 200"
        monkeypatch.setattr(idle, "SILENT", SOON)
        assert said(connection)  # the rest, and then it is closed


@pytest.mark.parametrize("path", ["gradio_api/component_server", "gradio_api/upload", "login"])
def test_a_body_that_does_not_come_is_not_waited_for(url, path, monkeypatch):
    head = f"POST /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n"
    with authorised(url) as client, connected(url) as connection:
        cookies = "; ".join(f"{k}={v}" for k, v in client.cookies.items())
        kind = "Content-Type: multipart/form-data; boundary=x\r\n"
        monkeypatch.setattr(bodies, "PATIENCE", SOON)
        connection.sendall(f"{head}{kind}Cookie: {cookies}\r\n\r\n--x".encode())
        answer = said(connection)
    assert answer.startswith(b"HTTP/1.1 408") and b'"error": "' in answer


@contextmanager
def authorised(url: str):
    with httpx.Client(base_url=url, timeout=PATIENCE) as client:
        until(lambda: client.post("/login", data=right()).status_code == 200)
        yield client


def right() -> dict:
    return {"username": "ana", "password": "right"}


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
@pytest.mark.parametrize(
    "path, size",
    [("component_server", 9 << 20), ("call/explore", 9 << 20), ("upload", 3 << 20)],
)
def test_a_body_that_is_too_large_is_refused_before_it_is_parsed(url, path, size, chunked):
    piece, kind = b"[" * 65536, "application/json"
    if path == "upload":  # small files, but too many
        part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        piece, kind = part + piece + b"\r\n", "multipart/form-data; boundary=x"
    pieces = [piece] * (size // 65536)
    sent = iter(pieces) if chunked else b"".join(pieces)
    with authorised(url) as client:
        answer = client.post(f"/gradio_api/{path}", content=sent, headers={"content-type": kind})
    assert answer.status_code == 413 and "MB works" in answer.json()["error"]


def test_a_body_just_below_the_bound_is_read(url):
    with authorised(url) as client:
        sent = b'{"data": "' + b"a" * (bodies.LARGEST - 100) + b'"}'
        answer = client.post("/gradio_api/component_server", content=sent)
        assert answer.status_code != 413


def test_all_that_is_being_read_is_bounded_and_let_go(monkeypatch):
    monkeypatch.setattr(bodies, "HELD", 100)
    monkeypatch.setattr(bodies, "PATIENCE", 60.0)
    reader, call = bodies.Reader(), {"headers": []}

    async def piece():
        return {"type": "http.request", "body": b"a" * 60}

    async def two_at_once():
        async with reader.taking(call, piece) as first:
            with pytest.raises(bodies.Refused, match="holds too many"):
                await reader.whole(call, piece)
            assert len(first) == reader.held == 60

    answer_of(two_at_once())
    assert reader.held == 0 and len(answer_of(reader.whole(call, piece))) == 60


def test_many_silent_connections_make_room_and_an_answer_unread_is_given_up(monkeypatch):
    monkeypatch.setattr(idle, "SILENT", 15.0)
    closed = []

    def connection(name, cycle=None, paused=False):
        transport = SimpleNamespace(
            close=lambda: closed.append(name),
            abort=lambda: closed.append(name),
            get_write_buffer_size=lambda: 9,
        )
        flow = SimpleNamespace(write_paused=paused)
        return Connection(cycle=cycle, flow=flow, transport=transport)

    watch = idle.Watch()
    busy = SimpleNamespace(response_complete=False)
    silent = [connection(n) for n in range(idle.MOST)]
    watch.look([*silent, at_work := connection("at work", busy)], 0.0)
    unread = connection("unread", busy, paused=True)
    watch.look([*silent, at_work, unread, connection("late")], 1.0)
    assert len(closed) == 1 and closed != ["late"]
    closed.clear()
    watch.look([at_work, unread], 1.5 + idle.UNREAD)
    assert closed == ["unread"]


class Connection(SimpleNamespace):
    __hash__ = object.__hash__


def test_one_who_guesses_is_slowed_down_and_nobody_else(url, monkeypatch):
    wait = lambda count: 20.0 * (count >= knocks.FREE)  # longer than three more guesses take
    monkeypatch.setattr(knocks, "_delay", wait)
    with httpx.Client(base_url=url, timeout=PATIENCE) as guesser:
        statuses = []
        for n in range(knocks.FREE + 3):
            answer = guesser.post("/login", data={"username": "ana", "password": f"guess {n}"})
            statuses.append(answer.status_code)
        assert statuses == [400] * knocks.FREE + [429] * 3
        assert "try again in" in answer.json()["error"] and int(answer.headers["retry-after"]) > 0
        assert guesser.post("/login", data=right()).status_code == 429
    via = http.client.HTTPConnection(urlsplit(url).netloc, source_address=("127.0.0.2", 0))
    form = {"content-type": "application/x-www-form-urlencoded"}
    via.request("POST", "/login", "username=zo%C3%AB&password=gr%C3%B6%C3%9Fer", form)
    assert via.getresponse().status == 200


def test_waits_grow_end_and_are_forgotten():
    now = [0.0]
    door = knocks.Knocks(lambda: now[0])
    waits = []
    for _ in range(knocks.FREE + 8):
        now[0] += door.wait("a")
        assert door.wait("a") == 0
        door.wrong("a")
        waits.append(door.wait("a"))
    assert waits[: knocks.FREE - 1] == [0] * (knocks.FREE - 1)
    assert waits[knocks.FREE - 1 :][:4] == [2, 4, 8, 16] and waits[-1] == knocks.LONGEST
    now[0] += waits[-1]
    assert door.wait("a") == 0 and door.wait("a") > 0  # of many at once, one is looked at
    now[0] += knocks.FORGOTTEN + 1
    assert door.wait("a") == door.wait("a") == 0


def test_guesses_from_everywhere_slow_everybody_a_little_and_fill_nothing():
    now = [0.0]
    door = knocks.Knocks(lambda: now[0])
    for n in range(3 * knocks.KNOWN):
        door.wrong(f"10.{n}")
    assert len(door._wrong) == knocks.KNOWN and len(door._all) <= knocks.MANY
    assert door.wait("somebody") == 0 and door.pause() == knocks.PAUSE
    now[0] += 61
    assert door.pause() == 0


def test_passwords_are_told_apart_whatever_their_letters():
    check = knocks.checker([("a", "b"), ("zoë", "größer"), ("ab", "c")])
    assert check("a", "b") and check("zoë", "größer") and check("ab", "c")
    for pair in [("a", "bc"), ("ab", ""), ("", ""), ("a", "c"), ("a", "\ud800"), ("zoe", "größer")]:
        assert not check(*pair)
