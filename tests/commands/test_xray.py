"""The command that X-rays a file."""

import io
import json

import pytest

from explorer import xray
from explorer.cli import main

from ..dialects.test_faults import CASES

BY_ID = {case["id"]: case["run"] for case in CASES}
DOUBLE, CLEAN = BY_ID["fault.double_shift/0"], BY_ID["clean/0"]


@pytest.fixture
def kept(tmp_path):
    def keep(thing) -> str:
        path = tmp_path / "thing.json"
        path.write_text(thing if isinstance(thing, str) else json.dumps(thing), encoding="utf-8")
        return str(path)

    return keep


def test_a_wrong_run_is_told_and_its_exit_status_says_so(kept, capsys):
    assert main(["xray", kept(DOUBLE)]) == 1
    said = capsys.readouterr().out
    assert "SD3 medium" in said and "σ from ∞ to 0" in said
    assert "✗ double_shift: The shift of 3 is applied twice: σ is 9 times" in said
    assert main(["xray", kept(CLEAN)]) == 0
    assert "Nothing is wrong." in capsys.readouterr().out


def test_the_whole_report_is_json(kept, capsys):
    assert main(["xray", "--json", kept(DOUBLE)]) == 1
    assert json.loads(capsys.readouterr().out) == xray(DOUBLE).json()


def test_a_list_comes_through_standard_input_with_its_family(monkeypatch, capsys):
    text = (
        b"1 0.95 0.9 0.85 0.8 0.75 0.7 0.65 0.6 0.55 0.5 0.45 0.4 0.35 0.3 0.25 0.2 0.15 0.1 0.05 0"
    )
    for family, status in (("sd3", 1), ("flux_schnell", 0)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert main(["xray", "-", "--model", family]) == status
        assert ("missing_shift" in capsys.readouterr().out) == bool(status)


def test_what_cannot_be_read_is_a_sentence_and_status_2(kept, tmp_path, capsys):
    for name, words in (
        (kept('{"a": [1, 2}'), "Line 1, character 12"),
        (str(tmp_path / "absent.json"), "cannot be read"),
        (str(tmp_path), "cannot be read"),
    ):
        assert main(["xray", name]) == 2
        said = capsys.readouterr()
        assert words in said.err and not said.out
