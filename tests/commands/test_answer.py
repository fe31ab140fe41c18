"""python -m explorer answer: a table along one setting, and the sentence below it."""

import json

from explorer.cli import main

VIEW = ("data=moons", "data.dimension=2", "samples=16", "nfe=9")


def test_a_table_with_its_sentence(capsys):
    assert main(["answer", *VIEW, "rho", "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("timesteps.rho") and said.strip().endswith(".")
    assert main(["answer", *VIEW, "rho", "--json", "--device", "cpu"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["lead"] in said and len(found["points"]) >= 14


def test_bad_words_give_a_sentence(capsys):
    assert main(["answer", *VIEW]) == 2 and "Name one setting" in capsys.readouterr().err
    assert main(["answer", *VIEW, "seed"]) == 2 and "chance" in capsys.readouterr().err
