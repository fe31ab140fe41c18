"""python -m explorer answer: a table along one setting, and the sentence below it."""

import json

import pytest

from explorer.cli import main
from explorer.study.end_error import EndError

VIEW = ("data=moons", "data.dimension=2", "samples=16", "nfe=9")


def test_a_table_with_its_sentence_and_no_point_is_measured_twice(capsys, tmp_path, monkeypatch):
    asked = ["answer", *VIEW, "rho", "--folder", str(tmp_path), "--device", "cpu"]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert said.startswith("timesteps.rho") and said.strip().endswith(".")
    monkeypatch.setattr(EndError, "__call__", lambda *_: pytest.fail("measured again"))
    assert main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["lead"] in said and len(found["points"]) >= 14


def test_bad_words_give_a_sentence(capsys):
    assert main(["answer", *VIEW]) == 2 and "Name one setting" in capsys.readouterr().err
    assert main(["answer", *VIEW, "seed"]) == 2 and "chance" in capsys.readouterr().err
