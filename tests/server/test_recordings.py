"""Recordings that visitors open: kept under a digest, owned, drawn, and refused in a sentence."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from explorer.errors import UserError
from explorer.server import recordings, visitor
from explorer.server.quick import gr
from explorer.store import uploads

from ..recorder import loops


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run.jsonl"
    loops.run(path, 8)
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))


def sent(data: bytes, name: str = "run.jsonl") -> dict:
    """As the browser leaves it in the folder of uploads."""
    folder = Path(gr.utils.get_upload_folder()) / "of-a-test"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return {"path": str(folder / name), "name": name}


def shown(**request) -> dict:
    return json.loads(recordings.recording(request).body)


def test_a_recording_is_kept_drawn_and_goes_with_its_visitor(file, tmp_path):
    for who in uploads.visitors():  # a test before may have sent the same
        uploads.left(who)
    request = sent(file.read_bytes())
    kept = recordings.recording_keep(request)
    assert not Path(request["path"]).exists() and len(kept["digest"]) == 16
    assert len(kept["text"]) < 3000 and kept["text"].startswith('{"format":"explorer-recording"')
    told = shown(digest=kept["digest"])
    assert [s["name"] for s in told["strips"]] == ["steps", "curvature", "plane"]
    loops.run(tmp_path / "denser.jsonl", 32)
    other = recordings.recording_keep(sent((tmp_path / "denser.jsonl").read_bytes()))["digest"]
    assert "of the same noise" in shown(digest=kept["digest"], beside=other)["beside"]["title"]
    assert uploads.left(visitor.current().name) == 2
    with pytest.raises(UserError, match="that this server does not hold"):
        shown(digest=kept["digest"])


@pytest.mark.parametrize("digest", [None, 5, "", "../../etc", "0" * 15, "g" * 16, ["a"]])
def test_a_link_names_a_digest_and_no_path(digest):
    with pytest.raises(UserError, match="names no recording"):
        shown(digest=digest)


def test_what_is_no_recording_is_refused_and_nothing_is_kept(file, tmp_path):
    whole = file.read_bytes()
    damaged = whole.replace(b'"samples":3', b'"samples":2')
    for data, why in [
        (b"hello", "no recording"),
        (whole[:40], "no recording"),
        (damaged, "damaged"),
        (whole + b" " * 9_000_000, "at most 8"),
    ]:
        assert why in recordings.recording_keep(sent(data))["problem"]
    shutil.copy(file, tmp_path / "out.jsonl")
    outside = recordings.recording_keep({"path": str(tmp_path / "out.jsonl"), "name": "a"})
    assert "Only a file that was just uploaded" in outside["problem"]
    assert not list((tmp_path / "cache").rglob("*.npz"))
    points = uploads.put(np.zeros((4, 2)))
    with pytest.raises(UserError, match="is no recording on this server"):
        shown(digest=points)


def test_the_endpoint_measures_a_file_beside_another(server, file, tmp_path):
    loops.run(tmp_path / "denser.jsonl", 32)
    client = Client(server, verbose=False)
    denser = handle_file(tmp_path / "denser.jsonl")
    found = client.predict(file=handle_file(file), beside=denser, api_name="/recording")
    assert found["steps"] == 9 and len(found["beside"]["distance"]["value"]) == 10
    assert found["strips"]["error"]["reference"] == "the denser recording, 33 steps"
    (tmp_path / "none.jsonl").write_text("{}\n")
    with pytest.raises(AppError, match="This is no recording"):
        client.predict(file=handle_file(tmp_path / "none.jsonl"), api_name="/recording")
