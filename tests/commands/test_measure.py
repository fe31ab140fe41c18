"""What a strip shows, from the command line."""

import json

import pytest

from explorer.cli import main
from explorer.lab.experiment import Experiment
from explorer.lab.view import View
from explorer.settings import unflatten
from explorer.strips import STRIPS

FLAT = {"data": "spiral", "samples": 8, "nfe": 9}
VIEW = [*(f"{k}={v}" for k, v in FLAT.items()), "--device", "cpu"]


@pytest.mark.parametrize("name", STRIPS)
def test_every_strip_prints_what_it_measures(name, capsys):
    assert main(["measure", name, *VIEW, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.pop("query") == "nfe=9&samples=8"
    measured = STRIPS[name].measure(View(unflatten(Experiment, FLAT)))
    assert found == json.loads(json.dumps(measured))
    assert main(["measure", name, *VIEW]) == 0
    table = capsys.readouterr().out.splitlines()
    assert "sigma" in table[0] and "query: nfe=9&samples=8" in table and len(table) > 5


def test_a_step_as_amed_sees_it(capsys):
    assert main(["measure", "amed", "data=moons", "samples=8", "--step", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["sigma"]) == 2 and len(found["rows"]) == 32
    assert all(0 < row["best_r"] < 1 and row["dpm2_error"] > 0 for row in found["rows"])


def test_a_strip_is_saved_as_a_figure(tmp_path, capsys):
    path = tmp_path / "loss.html"
    assert main(["measure", "loss", *VIEW, "--out", str(path)]) == 0
    assert STRIPS["loss"].title in path.read_text()


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["error", "solver=euler_a"], "New noise"),
        (["loss", "colour=red"], "colour"),
        (["loss", "--out", "/nowhere/at/all/x.html"], "/nowhere/at/all"),
        (["amed", "--step", "9"], "--step = 9"),
        (["amed", "solver=heun"], "nothing to learn"),
    ],
)
def test_what_cannot_work_is_a_sentence(words, sentence, capsys):
    assert main(["measure", *words, *VIEW]) == 2
    assert sentence in capsys.readouterr().err
