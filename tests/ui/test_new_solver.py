"""A solver like none that is listed, added by one class and one line, is found in every place."""

import dataclasses
import json

import pytest

from explorer.cli import main
from explorer.core.ode import nominal_order
from explorer.core.solvers import SOLVERS
from explorer.data import DATASETS
from explorer.errors import UserError
from explorer.lab import experiment, view
from explorer.lab.experiment import Experiment, levels, run
from explorer.server import api, message
from explorer.settings import flatten, from_query, parameters, to_query, unflatten
from explorer.study.names import solver_name
from explorer.study.sweep import error_against_nfe, sweep_settings
from explorer.ui import controls, panel, words

from ..toy_solver import Kutta3

DATA = DATASETS["moons"](dimension=2)


@pytest.fixture(autouse=True)
def listed(monkeypatch):
    monkeypatch.setitem(SOLVERS, "kutta3", Kutta3)


def plain(**more):
    return Experiment(data=DATA, solver=Kutta3(0.1), samples=8, **more)


def test_it_is_in_the_menu_with_its_slider_and_its_help():
    rows = panel.panel()
    assert '<option value="kutta3">Kutta</option>' in rows
    row = rows[rows.index('data-key="solver.weight" title="how much the past bends it"') :]
    assert '<input type="range" id="solver-weight-kutta3" min="0" max="1" step="0.01">' in row


def test_its_card_says_what_its_class_says_and_it_is_found_by_another_name():
    config = controls.config()
    card = config["entries"]["solver"]["kutta3"]
    assert card["names"] == ["wilhelm"] and card["source"] == "Kutta 1901"
    assert (card["order"], card["evaluations"], card["memory"]) == ("3", 3, 5)
    assert (
        not card["recommended"]
        and not card["makes_noise"]
        and card["about"] == "Order 3, three evaluations a step."
    )
    assert config["parameters"]["solver.weight"]["high"] == 1


def test_it_travels_in_a_link_in_json_and_in_python():
    e = plain(nfe=28)
    assert from_query(Experiment, to_query(e)) == e
    assert unflatten(Experiment, json.loads(json.dumps(flatten(e)))) == e
    assert "Kutta3(weight=0.1)" in repr(e)
    assert next(p for p in parameters(Experiment) if p.key == "solver.weight").spec.label == "w"
    with pytest.raises(UserError, match=r"w = 2\.0 is out of range"):
        from_query(Experiment, "solver=kutta3&solver.weight=2")


@pytest.mark.parametrize("last", ["zero", "sigma_min", "denoise"])
def test_every_budget_goes_to_the_nearest_number_of_steps_of_three(last):
    for nfe in range(4, 40):
        e = plain(nfe=nfe, last=last)
        made = run(e).nfe
        assert made == 3 * (len(levels(e)) - 1) + (last != "sigma_min")
        assert abs(made - nfe) <= 1, f"a cheaper number of steps is nearer to {nfe} than {made}"


def test_its_cost_is_said_in_words():
    e = plain(nfe=28)
    said = words.budget(e)
    assert said.startswith("<b>10 steps = 28 evaluations.</b> Kutta, w = 0.1 takes three a step; ")
    assert "the last step is Euler" in said and words.counted(9) == "9"
    churned = dataclasses.replace(e, churn=dataclasses.replace(e.churn, s_churn=40.0))
    assert "memory begins anew" in words.churn(churned)
    assert solver_name(Kutta3()) == "Kutta" and nominal_order(Kutta3()) == 3


def test_the_page_answers_for_it():
    found = message.message({"values": flatten(plain(nfe=28))})
    assert "problem" not in found and "Kutta" in json.dumps(found, ensure_ascii=False, default=str)
    errors = view.View(plain(nfe=28)).errors
    assert float(errors.steps.share.sum()) == pytest.approx(1)


@pytest.mark.slow
def test_the_command_line_and_the_api_run_it(capsys):
    query = {"solver": "kutta3", "solver.weight": "0.1", "samples": "4", "nfe": "10"}
    assert main(["sample", *(f"{k}={v}" for k, v in query.items()), "data=moons"]) == 0
    assert json.loads(capsys.readouterr().out)["nfe"] == 10
    answer = api.sample_endpoint({"data": "moons", "solver": "kutta3", "samples": 4, "nfe": 10})
    assert answer["nfe"] == 10


def test_a_sweep_takes_it():
    rows = list(error_against_nfe(plain(), ["kutta3", "heun"], [10, 28]))
    assert {r.nfe for r in rows if r.name == "Kutta"} == {10, 28}
    assert all(r.mean is not None for r in rows)
    bent = [r.mean for _, r in sweep_settings(plain(nfe=28), "solver.weight", [0.0, 0.5])]
    assert bent[0] != bent[1]
    experiment._runs.clear()
