"""A strip is one class and one line: what is added so is found everywhere."""

import json
import math

import pytest

from explorer.lab.experiment import Experiment, run
from explorer.lab.view import View
from explorer.server import api
from explorer.server.message import message
from explorer.settings import from_query
from explorer.strips import STRIPS
from explorer.strips.figure import figure
from explorer.ui import pages, parts
from tests.browser.walk import SMALL, Walk, saved

from . import toys

PLAIN = "data=moons&samples=16&nfe=9"


@pytest.fixture
def added(installed):
    parts._parts.clear()  # parts that were made without it
    yield STRIPS["size"]
    parts._parts.clear()


def test_it_is_measured_and_drawn_with_the_part_that_it_names(added):
    answer = json.loads(json.dumps(message({"query": PLAIN, "want": ["path"]}), allow_nan=False))
    drawn = answer["parts"]["path"]["strips"]["size"]
    assert set(drawn) == {"plain", "start"}
    assert answer["parts"]["run"]["quick"]["size"]["plain"]["over"][0]["shape"] == "ring"
    curve = drawn["plain"]["marks"][0]
    noise = math.hypot(curve["x"][0], View(from_query(Experiment, PLAIN)).source.sigma_data)
    assert curve["y"][0] == pytest.approx(noise, rel=0.2)  # of 16 samples


def test_its_words_and_help_come_with_the_page(added):
    told = pages.config()["explore"]["strips"][-1]
    assert told["title"] == "Size of a sample"
    assert told["choice"]["options"][1] == ("start", "against its start")
    assert told["help"][""]["source"] == "a test"


def test_its_numbers_are_in_the_api(added):
    flat = {"data": "moons", "samples": 8, "nfe": 9}
    answer = api.explore_endpoint(flat, strips="size, plane")
    assert set(answer["strips"]) == {"size", "plane"}
    assert len(answer["strips"]["size"]["sigma"]) == len(answer["strips"]["size"]["size"]) > 20
    assert "strips" not in api.explore_endpoint(flat)


def test_it_is_a_figure_of_its_own(added):
    drawing = added.drawn(added.measure(View(Experiment(samples=8))))["start"]
    fig = figure(added, drawing)
    assert "Size of a sample" in fig.layout.title.text and len(fig.data) == 1


def test_an_unknown_strip_is_named():
    e = Experiment(samples=4, nfe=5)
    assert run(e).nfe == 5
    with pytest.raises(Exception, match="'sise'.*steps, curvature"):
        api.explore_endpoint({"samples": 4, "nfe": 5}, strips="sise")


@pytest.mark.slow
def test_the_command_line_measures_it(shell):
    numbers = json.loads(shell("measure", "size", *PLAIN.split("&"), "--json"))
    assert len(numbers["sigma"]) == len(numbers["size"]) > 20


def test_it_is_drawn_in_a_browser_with_its_menu_link_help_and_saved_figure(browser, toy_server):
    visitor = Walk(browser, toy_server)
    web = visitor.page
    toys.serve_page(web)
    visitor.open(f"{SMALL}&size=start")
    assert web.locator(".strip-head").count() == len(STRIPS) + 1
    menu = "select[data-field=size]"
    assert web.input_value(menu) == "start"
    assert web.inner_text("#read-size").endswith(" rms")
    still = "document.querySelector('#fig-still').toDataURL()"
    before = web.evaluate(still)
    web.select_option(menu, "plain")
    assert web.evaluate(still) != before
    visitor.calm()
    assert "size" not in visitor.query  # the first choice needs no word in the link
    web.click("[data-strip=size]")
    told = web.inner_text("#pop")
    assert "How large the noisy samples are." in told and "true paths" in told
    web.keyboard.press("Escape")
    drawing = open(saved(web, "#save").path(), encoding="utf-8").read()
    assert "Size of a sample" in drawing and ">true paths</text>" in drawing
    assert not visitor.errors and not visitor.outside
    visitor.leave()
