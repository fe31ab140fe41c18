"""A strip with a choice is one class and one line: the spine, its help, its numbers, the saved SVG,
the API and the command line find it, and the page knows it no better than its own."""

import json

import pytest

from explorer import Experiment
from explorer.lab.view import View
from explorer.settings import from_query
from explorer.strips import STRIPS
from explorer.ui import pages

VIEW = "data=moons&data.dimension=2&nfe=15&samples=16"


def test_its_words_are_sent_to_the_page(installed):
    told = pages.config()["explore"]["strips"][-1]
    assert told["name"] == "size" and told["choice"]["options"] == [
        ("x", "the state"),
        ("D", "the answer"),
    ]
    assert told["help"][""]["source"] == "A test of this house"


def test_its_numbers_are_those_of_the_paths(installed):
    strip = STRIPS["size"]
    view = View(from_query(Experiment, VIEW))
    numbers = strip.measure(view)
    # at σ = 80 all is noise and the answer is the mean of the data, which is 0
    assert numbers["x"][0] == pytest.approx(80, rel=0.2) and numbers["D"][0] < 0.05
    assert numbers["x"][-1] == pytest.approx(0.5, rel=0.4)  # at the end both are data
    assert numbers["D"][-1] == pytest.approx(numbers["x"][-1], rel=0.01)
    assert {m["mark"] for d in strip.drawn(numbers).values() for m in d["marks"]} == {"line"}


def test_the_api_sends_its_numbers(toy_client):
    answer = toy_client.predict(
        data="moons", data_dimension=2, nfe=15, samples=16, strips="size", api_name="/explore"
    )
    assert answer["strips"]["size"]["x"][0] == pytest.approx(80, rel=0.2)


def test_the_command_line_measures_it(shell):
    found = json.loads(shell("measure", "size", *VIEW.split("&"), "--json"))
    numbers = found.get("size", found)
    assert len(numbers["sigma"]) == len(numbers["x"]) > 10


def head(page):
    return page.locator(".strip-head", has_text="Size")


def test_the_spine_shows_it_with_its_choice_and_its_help(visit):
    page = visit(VIEW)
    page.wait_for_function("() => document.body.innerText.includes('Size')")
    menu = head(page).locator("select")
    assert menu.input_value() == "x"
    menu.select_option("D")
    page.wait_for_function("() => location.search.includes('size=D')")
    head(page).locator("button.i").click()
    page.get_by_text("How large a state is on its way.").wait_for()
    assert page.get_by_text("A test of this house").is_visible()


def test_a_link_opens_it_with_its_choice(visit):
    page = visit(f"{VIEW}&size=D")
    page.wait_for_function("() => document.body.innerText.includes('Size')")
    assert head(page).locator("select").input_value() == "D"


def test_the_saved_picture_holds_it(visit):
    page = visit(VIEW)
    page.wait_for_function("() => document.body.innerText.includes('Size')")
    with page.expect_download() as saved:
        page.locator("#save").click()
    drawing = saved.value.path().read_text(encoding="utf-8")
    assert drawing.lstrip().startswith("<svg") and "Size" in drawing and "the state" in drawing
