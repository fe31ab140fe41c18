"""What Gradio would open or fetch, and nobody here needs, leads nowhere."""

import os
import socket
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest

from explorer.server import paths
from explorer.server.quick import gr

FILES = [
    "/etc/passwd",
    "/dev/zero",
    "/proc/self/environ",
    "http://127.0.0.1:1/",
    "https://evil.example/a.png",
    "//evil.example/share/a",
    "\\\\evil.example\\share\\a",
    "C:\\Windows\\win.ini",
    "file:///etc/passwd",
    "app.py",
    "../app.py",
    "a\0b",
    "",
    "~/.ssh/id_rsa",
    "%2e%2e/%2e%2e/etc/passwd",
]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("way", ["file=", "file/"])
def test_a_foreign_name_is_refused(client, name, way):
    answer = client.get(f"/gradio_api/{way}{quote(name, safe='')}")
    assert answer.status_code == 403 and "just uploaded" in answer.json()["error"]
    assert client.head(f"/gradio_api/{way}{quote(name, safe='')}").status_code in (403, 405)


def test_an_upload_is_given_back_and_its_neighbours_are_not(client):
    sent = client.post("/gradio_api/upload", files={"files": ("a.csv", b"1,2\n3,4\n")})
    (path,) = sent.json()
    assert path.startswith("/uploaded/")  # not where this server keeps it
    assert client.get(f"/gradio_api/file={path}").content == b"1,2\n3,4\n"
    folder = os.path.dirname(path)
    for other in (
        folder,
        f"{folder}/",
        f"{path}/../../x",
        f"{folder}/../{'0' * 64}/a",
        f"{path}\0",
    ):
        assert client.get(f"/gradio_api/file={quote(other, safe='')}").status_code == 403


def test_an_upload_is_taken_in_by_the_name_that_was_told(client, html):
    """By the page's call and by the endpoint, each of which opens the file."""
    for way in ("page", "run"):
        sent = client.post("/gradio_api/upload", files={"files": ("b.csv", b"1,2\n3,4\n5,6\n")})
        (path,) = sent.json()
        if way == "page":
            call = {"component_id": html, "session_hash": "s", "fn_name": "receive"}
            given = {**call, "data": {"path": path, "name": "b.csv"}}
            digest = client.post("/gradio_api/component_server", json=given).json()["digest"]
        else:
            file = {"path": path, "meta": {"_type": "gradio.FileData"}}
            said = client.post("/gradio_api/run/upload", json={"data": [file]}).json()
            digest = said["data"][0]["digest"]
        assert digest


def test_a_name_is_judged_without_a_look_at_the_disk(monkeypatch):
    """To look is enough: a share asks for the user's password, a device or a pipe never ends."""

    def looked(*_, **__):
        raise AssertionError("looked at the disk")

    folder = gr.utils.get_upload_folder()
    for name in ("stat", "lstat", "open", "listdir", "scandir"):
        monkeypatch.setattr(os, name, looked)
    monkeypatch.setattr(socket, "getaddrinfo", looked)
    assert not any(paths.is_upload(name) for name in FILES)
    assert paths.is_upload(f"{folder}/{'0a' * 32}/my data.npz")
    assert not paths.is_upload(f"{folder}/{'0a' * 32}/")


@pytest.mark.parametrize(
    "way",
    [
        "proxy=https://somebody-space.hf.space/secret",
        "deep_link?session_hash=1",
        "dev/reload",
        "stream/1/2/3/playlist.m3u8",
        "vibe-code",
        "runs",
        "run-history/buckets",
        "custom_component/1/client/component/index.js",
        "profiling/summary",
        "//proxy=x",
    ],
)
def test_what_nobody_needs_is_closed(client, way):
    answer = client.get(f"/gradio_api/{way}")
    assert answer.status_code == 404 and answer.json()["error"].startswith("This server has no “")


def test_gradios_keys_in_an_address_are_not_gradios(client):
    """A link `?page=compare` was answered with an error; a deep link names a file on the disk."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "state.json").write_text("[]")
        for query in ("page=compare", "page=../x", "p%61ge=1", "page", f"deep_link={folder}"):
            answer = client.get(f"/?{query}&data=rings")
            assert answer.status_code == 200 and "gradio_config" in answer.text, query
            assert '"deep_link_state":"none"' in answer.text.replace(" ", "")
    assert client.get("/config?page=compare").status_code == 200
