"""A data set with seven classes is one class and one line; everything else finds it."""

import dataclasses

import pytest
import torch

from explorer import Experiment, run
from explorer.core.solvers import Heun
from explorer.lab.view import View
from explorer.settings import from_query, to_query
from explorer.study.sweep import error_against_nfe
from explorer.ui import controls, panel, words

from .toys import Week

VIEW = "data=week&data.radius=0.9&nfe=15&samples=32"


@pytest.fixture
def view(installed):
    return from_query(Experiment, VIEW)


def test_a_link_opens_it_and_leads_back(view):
    assert view.data == Week(radius=0.9)
    assert from_query(Experiment, to_query(view)) == view


def test_its_samples_end_on_its_points(view):
    ends = run(dataclasses.replace(view, nfe=159)).samples
    apart = torch.cdist(ends, view.data.points()).min(1).values
    assert apart.median() < 3 * view.data.thickness  # two dimensions: 1.2 of it where all is exact


def test_its_classes_are_those_it_says(view):
    labels = View(view).source.labels
    assert labels is not None and len(labels.unique()) == Week.classes == 7


def test_the_menu_and_its_slider_know_it(installed):
    rows = panel.panel()
    assert '<option value="week"' in rows and 'data-key="data.radius"' in rows
    assert controls.config()["entries"]["data"]["week"]["label"] == "Seven days"
    assert "Seven days" in words.data_name(Week())


def test_sweeps_use_it(view):
    rows = list(error_against_nfe(view, [Heun()], [9, 19]))
    assert [r.nfe for r in rows] == [9, 19] and rows[0].median > rows[1].median


@pytest.mark.slow
def test_the_command_line_samples_and_sweeps_it(shell):
    settings = VIEW.replace("&", " ").split()
    assert "15" in shell("sample", *settings)
    swept = shell("study", "sweep", *settings, "--solvers", "heun", "--budgets", "9,19", "--json")
    assert "Heun" in swept


@pytest.mark.slow  # a server of its own, which the walks of the browser use too
def test_the_api_takes_it(toy_client):
    answer = toy_client.predict(
        data="week", data_radius=0.9, nfe=15, samples=32, api_name="/explore"
    )
    assert "data=week" in answer["query"] and answer["nfe"] == 15


def test_the_page_draws_it(visit):
    page = visit(VIEW)
    assert page.evaluate("document.querySelector('[data-slot-select=data]').value") == "week"
    row = page.locator('[data-key="data.radius"]')
    row.locator("input[type=text]").fill("0.5")
    row.locator("input[type=text]").press("Enter")
    page.wait_for_function("() => location.search.includes('radius=0.5')")
    # the stage is painted: something on it is not its ground
    assert page.evaluate(
        """() => [...document.querySelectorAll('canvas')].some((c) => c.width > 300 &&
        c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0))"""
    )
