"""Fetching a published checkpoint, against a server on this machine."""

import dataclasses
import http.server
import json
import socket
import threading

import pytest

from explorer import cli
from explorer.errors import UserError
from explorer.models import catalogue, load
from explorer.models.catalogue import Entry, fetch, is_here
from explorer.store import places, weights

from .snapshots import KWARGS, snapshot

pytestmark = pytest.mark.usefixtures("in_this_process")
GOOD = snapshot()


class Server(http.server.BaseHTTPRequestHandler):
    """Serves `content`; knows ranges; can hang up early, change its mind, or send elsewhere."""

    content, mark, cut, code, to, ranges = GOOD, '"one"', None, 200, None, True
    asked: list = []

    def do_GET(self):
        cls = type(self)
        cls.asked.append(
            {
                "path": self.path,
                "range": self.headers.get("Range"),
                "if": self.headers.get("If-Range"),
            }
        )
        if cls.to:
            self.send_response(302)
            self.send_header("Location", cls.to)
            return self.end_headers()
        if cls.code != 200:
            return self.send_error(cls.code)
        start, wanted = 0, self.headers.get("Range")
        if wanted and cls.ranges and self.headers.get("If-Range") == cls.mark:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(cls.content):
            return self.send_error(416)
        body = cls.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("ETag", cls.mark)
        self.send_header("Content-Length", str(len(body)))
        if start:
            self.send_header(
                "Content-Range", f"bytes {start}-{len(cls.content) - 1}/{len(cls.content)}"
            )
        self.end_headers()
        self.wfile.write(body[: cls.cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    kind = type("Own", (Server,), {"asked": []})
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    kind.port = httpd.server_address[1]
    yield kind
    httpd.shutdown()
    httpd.server_close()
    thread.join()


@pytest.fixture
def entry(server, monkeypatch, tmp_path):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(weights, "SHIPPED", tmp_path / "shipped")
    made = Entry(
        "tiny",
        "Tiny network",
        f"http://127.0.0.1:{server.port}/tiny.pkl",
        "CC BY-NC-SA 4.0",
        1,
        (1, 8, 8),
        0,
        "random weights",
        "none",
    )
    monkeypatch.setattr(catalogue, "entries", lambda: {"tiny": made})
    return made


def parts(tmp_path):
    return sorted(p.name for p in (tmp_path / "downloads").iterdir())


def test_the_list_is_whole():
    """All that spec 7.7 confirms, over https, with a licence and a size that fits the shape."""
    rows = catalogue.entries()
    assert len(rows) == 12
    assert all(
        e.url.startswith("https://nvlabs-fi-cdn.nvidia.com/edm/pretrained/")
        and e.url.endswith(".pkl")
        and e.licence == "CC BY-NC-SA 4.0"
        for e in rows.values()
    )
    assert {e.megabytes > 1000 for e in rows.values() if "imagenet" in e.name} == {True}
    assert all(places.NAME.fullmatch(name) for name in rows)


@pytest.mark.apart
def test_fetched_converted_and_known_by_name(entry, server, tmp_path):
    progress = list(fetch(entry))
    assert progress[-1] == (len(GOOD), len(GOOD)) and progress[0] == (0, len(GOOD))
    assert is_here(entry) and parts(tmp_path) == ["digests.json"]
    d = load("tiny")
    assert d.shape == (1, 8, 8)
    config = weights.find("tiny").config
    assert config["licence"] == "CC BY-NC-SA 4.0" and config["origin"] == entry.url
    assert list(fetch(entry)) == [] and len(server.asked) == 1  # once


def test_a_cut_download_is_kept_and_goes_on(entry, server, tmp_path):
    server.cut = len(GOOD) // 3
    with pytest.raises(UserError, match="kept; fetch it again to go on"):
        list(fetch(entry))
    assert not is_here(entry) and "tiny.part" in parts(tmp_path)
    assert (tmp_path / "downloads" / "tiny.part").stat().st_size == len(GOOD) // 3
    server.cut = None
    assert next(iter(fetch(entry)))[0] == len(GOOD) // 3
    list(fetch(entry))
    assert (
        server.asked[1]["range"] == f"bytes={len(GOOD) // 3}-" and server.asked[1]["if"] == '"one"'
    )
    assert is_here(entry) and load("tiny").shape == (1, 8, 8)


@pytest.mark.parametrize("change", [{"mark": '"two"'}, {"ranges": False}])
def test_a_file_that_changed_meanwhile_is_begun_again(entry, server, change):
    server.cut = 1000
    with pytest.raises(UserError):
        list(fetch(entry))
    server.cut = None
    for name, value in change.items():
        setattr(server, name, value)
    assert next(iter(fetch(entry)))[0] == 0
    list(fetch(entry))
    assert is_here(entry)


def test_paused_by_whoever_asks(entry, tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "PIECE", 1000)
    running = fetch(entry)
    for _ in range(5):
        next(running)
    running.close()
    assert 0 < (tmp_path / "downloads" / "tiny.part").stat().st_size < len(GOOD)
    list(fetch(entry))
    assert is_here(entry)


def test_all_was_there_already(entry, server, tmp_path):
    """Killed between the last byte and the conversion."""
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "tiny.part").write_bytes(GOOD)
    (tmp_path / "downloads" / "tiny.json").write_text(
        json.dumps({"mark": '"one"', "url": entry.url})
    )
    list(fetch(entry))
    assert is_here(entry) and [a["range"] for a in server.asked] == [f"bytes={len(GOOD)}-", None]


def test_another_file_under_the_old_address_is_thrown_away(entry, server, tmp_path):
    list(fetch(entry))
    weights.delete("tiny")
    server.content = snapshot(kwargs={**KWARGS, "dropout": 0.2})
    with pytest.raises(UserError, match="not the file that was first fetched"):
        list(fetch(entry))
    assert not is_here(entry) and "tiny.part" not in parts(tmp_path)
    server.content = GOOD
    list(fetch(entry))
    assert is_here(entry)


def test_a_hostile_file_is_refused_and_not_recorded(entry, server, tmp_path):
    server.content = b"\x80\x04cos\nsystem\n."
    with pytest.raises(UserError, match="os.system"):
        list(fetch(entry))
    assert not is_here(entry) and parts(tmp_path) == []


@pytest.mark.parametrize("code", [403, 404, 500])
def test_an_address_that_is_gone(entry, server, code):
    server.code = code
    with pytest.raises(UserError, match=f"127.0.0.1 does not give tiny .HTTP {code}"):
        list(fetch(entry))


def test_without_a_network(entry):
    with socket.socket() as taken:  # a port where nobody listens
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    nowhere = dataclasses.replace(entry, url=f"http://127.0.0.1:{port}/x.pkl")
    with pytest.raises(UserError, match="Is there a network"):
        list(fetch(nowhere))


@pytest.mark.parametrize("url", ["http://example.org/x.pkl", "file:///etc/passwd", "ftp://x/y"])
def test_only_safe_addresses(entry, server, url):
    with pytest.raises(UserError, match="Only https"):
        list(fetch(dataclasses.replace(entry, url=url)))
    server.to = url
    with pytest.raises(UserError, match="Only https|does not give"):
        list(fetch(entry))


def test_sizes_are_capped(entry, monkeypatch):
    monkeypatch.setattr(catalogue, "LARGEST_FILE", 1000)
    with pytest.raises(UserError, match="at most"):
        list(fetch(entry))
    assert not is_here(entry)


def test_a_damaged_record_is_told(entry, tmp_path):
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "digests.json").write_text("{")
    with pytest.raises(UserError, match="damaged"):
        list(fetch(entry))


def test_from_the_command_line(entry, server, capsys):
    assert cli.main(["fetch"]) == 0
    shown = capsys.readouterr().out
    assert "tiny" in shown and "CC BY-NC-SA 4.0" in shown
    assert cli.main(["fetch", "tiny"]) == 0
    assert "tiny" in capsys.readouterr().out
    assert cli.main(["fetch", "tiny"]) == 0
    assert "already" in capsys.readouterr().out
    assert cli.main(["fetch", "nobody"]) == 2
    assert "The catalogue has no 'nobody'" in capsys.readouterr().err
