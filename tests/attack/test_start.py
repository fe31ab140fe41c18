"""What the command is told wrongly is said in a sentence; IPv6 and two servers at once work."""

import re
import socket
import subprocess
import sys

import httpx
import pytest

from explorer.bench.page import ROOT
from explorer.cli import main
from explorer.commands import listen
from explorer.errors import UserError
from explorer.server.headers import origin
from tests.running.servers import ALONE
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.slow  # real servers and processes


def said(capsys, *options: str) -> str:
    """What `serve` says of these options, on its way out with code 2."""
    with pytest.raises(SystemExit) as end:
        main(["serve", *options])
    assert end.value.code == 2
    return capsys.readouterr().err.rpartition("error: ")[2]


@pytest.mark.parametrize("size", ["abc", "", "-1mb", "0mb", "1e3mb", "mb", "64 MB!"])
def test_what_is_no_size_is_said_to_be_none(capsys, size):
    words = said(capsys, f"--max-upload={size}")
    assert "--max-upload = " in words and "is no size; 600mb" in words


def test_passwords_that_cannot_be_read_are_named(capsys, tmp_path):
    (tmp_path / "latin").write_bytes("zoë:größer".encode("latin-1"))
    (tmp_path / "empty").write_text("\n\n")
    assert "is a folder" in said(capsys, "--auth", str(tmp_path))
    assert "is no text in UTF-8" in said(capsys, "--auth", str(tmp_path / "latin"))
    assert "wants user:password" in said(capsys, "--auth", str(tmp_path / "empty"))
    assert "wants user:password" in said(capsys, "--auth", str(tmp_path / "missing"))
    assert "wants user:password" in said(capsys, "--auth", "a\0b")
    (tmp_path / "windows").write_bytes(b"\xef\xbb\xbfada:lovelace\r\n")
    assert listen.read_auth(str(tmp_path / "windows")) == [("ada", "lovelace")]


@pytest.mark.parametrize("host", ["nowhere.invalid", "1.2.3.4.5", "::g", "a b", "x" * 70])
def test_an_address_that_is_none_is_named(capsys, host):
    assert "--host = " in said(capsys, "--host", host)


def test_a_port_of_the_environment_that_is_none_is_named(capsys, monkeypatch):
    monkeypatch.setenv("GRADIO_SERVER_PORT", "http")
    assert "GRADIO_SERVER_PORT = 'http' is no port" in said(capsys)
    assert "GRADIO_SERVER_PORT" in said(capsys, "--port", "1")


@pytest.mark.parametrize("name", ["http://a.example", "a b", "*", "a:80"])
def test_a_name_that_is_none_is_named(capsys, name):
    assert "is no host name" in said(capsys, "--allowed-host", name)


@pytest.mark.parametrize(
    "text", ["a.example", "ftp://a.example", "https://", "https://a/b", "https://a b", "x'; *",
             "https://a.example:x", "https://u@a.example", "https://a.example?x", "javascript:1"]
)  # fmt: skip
def test_an_origin_that_is_none_is_named(text):
    with pytest.raises(UserError, match="--embed = "):
        origin(text)


def test_origins_and_who_frames_what(monkeypatch):
    for text in ("https://a.example", "http://localhost:*", "https://*.a.example:8", "*"):
        assert origin(text) == text
    assert listen.framers(None) == [] and "http://localhost:*" in listen.framers([])
    assert listen.framers(["https://a.example"]) == ["https://a.example"]
    monkeypatch.setenv("SPACE_ID", "somebody/explorer")
    assert "https://huggingface.co" in listen.framers(None)
    assert listen.default_host() == "0.0.0.0"


def ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
    except OSError:
        return False
    return True


def start(out, *options: str) -> subprocess.Popen:
    line = [sys.executable, *ALONE, "--device", "cpu", "--threads", "1", *options]
    return subprocess.Popen(line, cwd=ROOT, stdout=out, stderr=out)


@pytest.mark.slow
def test_two_servers_at_once_on_ipv6_have_an_address_each(tmp_path):
    if not ipv6():
        pytest.skip("no IPv6 here")
    with socket.socket(socket.AF_INET6) as s:
        s.bind(("::1", 0))
        port = s.getsockname()[1]
    files = [tmp_path / name for name in ("one", "two")]
    with files[0].open("w") as one, files[1].open("w") as two:
        options = ("--host", "::1", "--port", str(port))
        running = [start(one, *options), start(two, *options)]
    try:
        found = [
            until(lambda f=f: re.search(r"on (http://\[::1\]:\d+/)", f.read_text())) for f in files
        ]
        addresses = {match[1] for match in found}
        assert len(addresses) == 2
        for address in addresses:
            assert httpx.get(address, timeout=PATIENCE).status_code == 200
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(PATIENCE)
    assert not any("Traceback" in file.read_text() for file in files)
