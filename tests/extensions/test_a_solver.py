"""A solver with three evaluations a step, a memory of six points and one slider is one class and
one line; everything else finds it."""

import dataclasses
import json
import math
import re

import pytest

from explorer import Experiment, run
from explorer.core.solvers import Heun
from explorer.lab.experiment import levels
from explorer.settings import from_query, to_query
from explorer.study.sweep import error_against_nfe
from explorer.ui import controls, headline, panel, words
from explorer.ui.docs import declared

from ..toy_solver import Kutta3

VIEW = "data=moons&data.dimension=2&solver=kutta3&solver.weight=0.4&nfe=28&samples=16"


@pytest.fixture
def view(installed):
    return from_query(Experiment, VIEW)


def test_a_link_opens_it_and_leads_back(view):
    assert view.solver == Kutta3(weight=0.4)
    assert from_query(Experiment, to_query(view)) == view


def test_its_repr_is_python_that_makes_it_again(view):
    assert eval(repr(view.solver), {"Kutta3": Kutta3}) == view.solver


@pytest.mark.parametrize("nfe, steps", [(28, 10), (27, 10), (25, 9), (4, 2), (1, 1)])
def test_the_budget_buys_steps_of_three_and_a_last_one(view, nfe, steps):
    e = dataclasses.replace(view, nfe=nfe)
    assert len(levels(e)) == steps
    assert run(e).nfe == 3 * (steps - 1) + 1


@pytest.mark.slow  # true paths of two dimensions, 1 s
def test_its_order_is_three(view):
    e = dataclasses.replace(view, data=type(view.data)(dimension=2), samples=64)
    rows = list(error_against_nfe(e, [Kutta3(), Heun()], [49, 97, 193]))
    mine = [r for r in rows if r.name.startswith("Kutta")]
    assert [r.nfe for r in mine] == [49, 97, 193]
    slope = math.log(mine[1].median / mine[2].median) / math.log(2)
    assert slope == pytest.approx(3, abs=0.5)  # measured at a finite step: not quite its limit


def test_the_menu_the_search_and_its_card_know_it(installed):
    assert '<option value="kutta3"' in panel.panel()
    told = controls.config()["entries"]["solver"]["kutta3"]
    assert told["label"] == "Kutta" and told["evaluations"] == 3
    assert told["memory"] == 5  # points before the one where it is
    assert told["order"] == "3" and told["family"] == "multistep"
    assert told["names"] == ["wilhelm"] and "1901" in told["source"]
    slider = controls.config()["parameters"]["solver.weight"]
    assert slider, "the slider is in the table"
    assert 'data-entry="kutta3"' in panel.panel()


def test_words_count_its_evaluations(view):
    made = run(view)
    assert "Kutta" in headline.title(made) and "28" in headline.title(made)
    said = words.budget(view)
    assert "10 steps" in said and "28 evaluations" in said and "three" in said.lower()


@pytest.mark.slow
def test_the_command_line_runs_and_sweeps_it(shell, tmp_path):
    settings = VIEW.replace("&", " ").split()
    out = shell("sample", *settings)
    assert "28" in out and re.search(r"Kutta|kutta3", out)
    swept = shell(
        "study", "sweep", *settings, "--solvers", "kutta3,heun", "--budgets", "13,25", "--json"
    )
    assert "Kutta" in swept


@pytest.mark.slow  # a server of its own, which the walks of the browser use too
def test_the_api_takes_it_with_its_slider(toy_client):
    answer = toy_client.predict(
        data="moons",
        data_dimension=2,
        solver="kutta3",
        solver_weight=0.4,
        nfe=28,
        samples=16,
        api_name="/explore",
    )
    assert answer["nfe"] == 28 and answer["steps"] == 10
    assert "solver=kutta3" in answer["query"]
    rows = toy_client.predict(
        data="moons", solvers="kutta3, heun", budgets="13, 25", api_name="/sweep"
    )
    assert any("Kutta" in json.dumps(row, ensure_ascii=False) for row in rows["rows"])


def test_the_page_shows_it(visit):
    page = visit(VIEW)
    page.wait_for_function("() => document.querySelector('h1').textContent.includes('Kutta')")
    assert page.locator("#title").inner_text().startswith("Kutta")
    row = page.locator('[data-key="solver.weight"][data-entry="kutta3"]')
    assert row.is_visible() and row.locator("input[type=text]").input_value() == "0.4"
    row.locator("input[type=text]").fill("0.55")
    row.locator("input[type=text]").press("Enter")
    page.wait_for_function("() => location.search.includes('weight=0.55')")
    page.locator("#cards").click()
    page.locator("#pop input[type=search]").fill("wilhelm")
    assert page.get_by_text("Order 3, three evaluations a step.").first.is_visible()


def test_the_documentation_has_a_page_of_it(installed):
    title, body = declared.solver("kutta3")
    assert title == "Kutta" and "Kutta&#x27;s third-order rule" in body  # its docstring
    assert "def step" in body and "0 to 1" in body and "how much the past bends it" in body
    assert 'href="/docs/solvers/kutta3"' in declared.solvers()
