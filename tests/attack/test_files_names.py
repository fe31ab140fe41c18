"""What a stranger calls a file: half a character, a path, markup or nothing."""

import json

import pytest

from explorer.server import api, networks
from explorer.server.quick import gr
from explorer.store import weights

from ..models.snapshots import snapshot

NAMES = [
    "\ud800.csv",
    "a\udfff",
    "../../etc/passwd.csv",
    "a\0b.csv",
    "",
    "x" * 10**6 + ".csv",
    ["a.csv"],
    {"a": 1},
    None,
    7,
    "<script>.csv",
    "\u202etxt.csv",
]


@pytest.fixture
def uploaded(tmp_path, monkeypatch):
    """A function that lays a file where uploads are and returns its path."""
    monkeypatch.setattr(gr.utils, "get_upload_folder", lambda: str(tmp_path))

    def lay(raw: bytes) -> str:
        path = tmp_path / "given"
        path.write_bytes(raw)
        return str(path)

    return lay


@pytest.mark.parametrize("name", NAMES, ids=lambda n: ascii(n)[:20])
@pytest.mark.parametrize("raw", [b"1,2\n3,4\n5,7", b"nothing"], ids=["good", "bad"])
def test_of_data(name, raw, uploaded, in_this_process):
    answer = api.receive({"path": uploaded(raw), "name": name})
    json.dumps(answer, ensure_ascii=False).encode()  # as it goes to the page
    assert answer.keys() in ({"digest", "read"}, {"problem"})


@pytest.mark.parametrize("name", NAMES, ids=lambda n: ascii(n)[:20])
@pytest.mark.parametrize("raw", [snapshot(), b"nothing"], ids=["good", "bad"])
def test_of_networks(name, raw, uploaded, in_this_process):
    answer = networks.network_open({"path": uploaded(raw), "name": name})
    json.dumps(answer, ensure_ascii=False).encode()
    assert "problem" in answer or weights.find(answer["network"]).label
