"""What the page measures, from the command line: a table or JSON, kept and gone on with."""

import json

import pytest

from explorer.cli import main
from explorer.commands.tables import told
from explorer.data import Moons
from explorer.lab.experiment import Experiment
from explorer.study.along import axis_along, error_along
from explorer.study.end_error import EndError
from explorer.study.optimise import BetterLevels
from explorer.study.sweep import error_against_nfe

VIEW = ["data=moons", "data.dimension=2", "samples=8", "nfe=9", "--device", "cpu"]


def asked(capsys, *words: str) -> dict:
    assert main(["study", *words, *VIEW, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    return tmp_path


def test_a_sweep_is_that_of_the_page_and_is_measured_once(capsys, home, monkeypatch):
    words = ["sweep", "--solvers", "ddim,heun", "--budgets", "9,17,33,65"]
    found = asked(capsys, *words)
    e = Experiment(data=Moons(dimension=2), samples=8, nfe=9)
    rows = list(error_against_nfe(e, ["ddim", "heun"], [9, 17, 33, 65]))
    assert [r["mean_error"] for r in found["rows"]] == [r.mean for r in rows]
    for row, r in zip(found["rows"], rows):
        assert (row["end_error"]["median"], row["end_error"]["low"]) == (r.median, r.middle.low)
        assert (row["samples"], row["elsewhere"]) == (8, r.elsewhere)
    assert found["best"]["said"].startswith(("Best at 65", "At 65"))
    assert found["orders"]["DDIM"]["nominal"] == 1
    assert list(home.glob("studies/*/*.json"))

    def again(self, e, watch=None):
        raise AssertionError("measured again")

    monkeypatch.setattr(EndError, "__call__", again)
    assert asked(capsys, *words) == found


def test_a_sweep_along_a_setting_is_that_of_the_page(capsys):
    words = ["sweep", "--solvers", "ddim,heun"]
    found = asked(capsys, *words, "--over", "timesteps.rho=3,7")
    e = Experiment(data=Moons(dimension=2), samples=8, nfe=9)
    rows = list(error_along(e, axis_along(e, "timesteps.rho", "3, 7"), ["ddim", "heun"]))
    assert [(r["at"], r["median_error"]) for r in found["rows"]] == [(r.at, r.median) for r in rows]
    assert [r["at"] for r in found["rows"]] == [3, 3, 7, 7] and found["along"] == "timesteps.rho"
    assert "ρ = 7" in found["best"]["said"] and not found["orders"]
    assert main(["study", *words, *VIEW, "--over", "timesteps.rho=3,7", "--budgets", "9"]) == 2
    assert "along one thing" in capsys.readouterr().err


def test_a_grid_has_a_row_for_each_combination_and_seed(capsys):
    found = asked(capsys, "grid", "--over", "solver=ddim,rk2", "--over", "nfe=5,9", "--seeds", "2")
    made = [(r["solver"], r["nfe"], r["seed"]) for r in found["rows"]]
    assert made == [(s, n, k) for s in ("ddim", "rk2") for n in (5, 9) for k in (0, 1)]
    assert len({r["query"] for r in found["rows"]}) == 8
    assert "notes" not in found


def test_a_grid_over_the_range_says_that_its_errors_do_not_compare(capsys):
    found = asked(capsys, "grid", "--over", "timesteps.sigma_max=80,20")
    assert [r["range"][0] for r in found["rows"]] == pytest.approx([80, 20])
    assert "different ranges of σ: not ranked" in found["notes"][0]


def test_better_steps_are_one_cell_that_is_kept_and_shared_out(capsys, home, monkeypatch):
    card = home / "card.json"
    found = asked(capsys, "steps", "--card", str(card))
    assert [r["levels"] for r in found["rows"]] == ["now", "GITS", "search"]
    assert "data=moons" in found["query"] and found["won"] in ("now", "GITS", "search")
    (row,) = json.loads(card.read_text("utf-8"))["cells"]["rows"]
    assert row["numbers"]["tried"] > 0
    monkeypatch.setattr(BetterLevels, "__call__", lambda *_: pytest.fail("measured again"))
    assert asked(capsys, "steps") == found


@pytest.mark.parametrize(
    "words, columns, length",
    [
        (["distances"], {"wasserstein", "energy"}, 5),
        (["churn", "s_churn=10"], {"s_churn", "distance"}, 2),
        pytest.param(
            *(["truncation"], {"rho", "sigma", "mean", "std"}, 7 * 63), marks=pytest.mark.slow
        ),
    ],
)
def test_every_measurement_of_the_page_has_rows(words, columns, length, capsys):
    found = asked(capsys, *words)
    assert len(found["rows"]) == length and columns <= found["rows"][0].keys()
    assert "data=moons" in found["query"]
    table = told(found).splitlines()
    assert columns <= set(table[0].split()) and len(table) > length


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["sweep", "--solvers", "hune"], "hune"),
        (["sweep", "--budgets", "5,many"], "many"),
        (["sweep", "--grids", "edm"], "edm"),
        (["sweep", "--workers", "-1"], "--workers"),
        (["grid"], "--over"),
        (["grid", "--over", "nfe=banana"], "banana"),
        (["churn"], "S_churn is 0"),
        (["truncation", "solver=euler_a"], "adds new noise"),
        (["distances", "colour=red"], "colour"),
    ],
)
def test_what_cannot_work_is_a_sentence(words, sentence, capsys):
    assert main(["study", *words, *VIEW]) == 2
    assert sentence in capsys.readouterr().err
