"""A Space has variables and no flags: where to listen, and that it is one."""

import re
import sys

import httpx
import pytest

from explorer import __version__
from explorer.bench.page import ROOT
from explorer.commands import listen
from explorer.errors import UserError
from explorer.lab import machine
from tests.waiting import PATIENCE

from .servers import started

SPACE = {
    "SYSTEM": "spaces",
    "SPACE_ID": "somebody/explorer",
    "SPACE_HOST": "somebody-explorer.hf.space",
    "GRADIO_SERVER_NAME": "127.0.0.1",  # 0.0.0.0 there; a test listens to this machine alone
    # whatever it asked of the network would end here
    **{f"{way}_proxy": "http://127.0.0.1:9" for way in ("http", "https", "all")},
    "no_proxy": "127.0.0.1,localhost",
}


@pytest.mark.slow  # a real server
def test_it_starts_as_a_space_does_with_variables_alone(tmp_path):
    with started(tmp_path, **SPACE) as server:
        outside = {"host": SPACE["SPACE_HOST"], "x-forwarded-proto": "https"}
        with httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False) as client:
            page = client.get("/", headers=outside)
            health = client.get("/healthz", headers=outside)
            foreign = client.get("/", headers={"host": "evil.example"})
        assert page.status_code == 200 and f"version {__version__}" in page.text
        policy = page.headers["content-security-policy"]
        assert "frame-ancestors https://huggingface.co https://*.hf.space" in policy
        assert not re.search(r"""(src|href)=["']https?://""", page.text)
        assert health.json()["ready"] and foreign.status_code == 421
        assert server.end() == 0
    assert "Traceback" not in server.out + server.err


def test_variables_are_read_where_no_flag_is_given(monkeypatch):
    for name in ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)
    assert listen.default_host() == "127.0.0.1" and listen.default_port() is None
    monkeypatch.setenv("SPACE_ID", "somebody/explorer")
    assert listen.default_host() == "0.0.0.0"
    monkeypatch.setenv("GRADIO_SERVER_NAME", "::1")
    monkeypatch.setenv("GRADIO_SERVER_PORT", "8099")
    assert listen.default_host() == "::1" and listen.default_port() == 8099
    for wrong in ("http", "0", "70000", "8o80", "²"):
        monkeypatch.setenv("GRADIO_SERVER_PORT", wrong)
        with pytest.raises(UserError, match="GRADIO_SERVER_PORT = .* is no port"):
            listen.default_port()


def test_a_port_that_is_asked_for_by_a_variable_does_not_move():
    with listen.socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
        with pytest.raises(UserError, match=f"Port {port} is taken, and GRADIO_SERVER_PORT asks"):
            listen.free_port("127.0.0.1", port, "GRADIO_SERVER_PORT")
        assert listen.free_port("127.0.0.1", port) != port


def test_a_container_has_the_cores_that_it_may_use(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "_groups", lambda: [tmp_path])
    monkeypatch.setattr(machine.os, "cpu_count", lambda: 64)
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: range(64), raising=False)
    for text, cores in (("200000 100000\n", 2), ("50000 100000\n", 1), ("max 100000\n", 64)):
        (tmp_path / "cpu.max").write_text(text)
        assert machine.cores() == cores


def card() -> dict[str, str]:
    """The lines between the README's first two rules."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    assert found, "the card of a Space is plain YAML at the very head: nothing else is read"
    return dict(line.split(": ", 1) for line in found[1].splitlines())


def test_the_card_says_what_is_true_of_the_project():
    said = card()
    assert said["sdk"] == "gradio" and (ROOT / said["app_file"]).is_file()
    wanted = re.search(
        r"^gradio>=([\d.]+),<([\d.]+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE
    )
    number = lambda text: tuple(int(n) for n in text.split("."))
    version = number(said["sdk_version"].strip('"'))
    assert number(wanted[1]) <= version < number(wanted[2]), "the Space installs this one"
    assert number(said["python_version"].strip('"')) >= (3, 11)
    assert said["license"] == "apache-2.0" and len(said["short_description"]) <= 60
    assert "Apache License" in (ROOT / "LICENSE").read_text()[:300]
    assert {"title", "emoji", "colorFrom", "colorTo"} <= set(said)
    assert sys.version_info >= (3, 11)
