"""Every screen: no cut word, no words on words, nothing under a button, no sideways scroll, a stage
of 320 × 280 px at least.  Measured over all text boxes of HTML, SVG and canvas by fits.js."""

from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError

from .walk import SWEPT, Walk

FITS = (Path(__file__).parent / "fits.js").read_text()
SIZES = [
    (1920, 1080),
    (1440, 900),
    (1366, 657),
    (1280, 720),
    (1024, 768),
    (768, 1024),
    (844, 390),
    (390, 844),
]
BETWEEN = [(w, 900 if k % 2 else 620) for k, w in enumerate(range(600, 1120, 60))] + [(720, 450)]
ALLOWED = [  # each with its reason
    r"^words on words: [\d.⁻¹²³⁴]+ / σ [\d.]+$",  # the cursor's pill passes over its own ruler
    r"^words on words: σ [\d.]+ / [\d.⁻¹²³⁴]+$",
    r"^scrolls sideways by \d+: nav\.tabs$",  # on a phone: the open tab is moved into sight
    r"^scrolls sideways by \d+: nav#dock$",  # a row of chips, of which the next is half in sight
]
OPEN = "tab={}&data=moons&data.dimension=2&samples=16&nfe=9&sigma=1"


def visit(browser, server, query: str, width: int = 1440, height: int = 900) -> Walk:
    visitor = Walk(browser, server, viewport={"width": width, "height": height})
    visitor.page.add_init_script(FITS)
    return visitor.hasty().open(query)


def faults(visitor, allowed=()) -> list[str]:
    """Those of the page as it stands, once it is drawn: a moment passes until it is."""
    given = [*ALLOWED, *allowed]
    page = visitor.calm().page
    try:  # every box of the page is measured: not in each frame
        page.wait_for_function("(allowed) => !fits(allowed).length", arg=given, polling=100)
    except TimeoutError:
        return page.evaluate("(allowed) => fits(allowed)", given)
    return []


def over(visitor, sizes, act=lambda size: None, allowed=()) -> dict:
    """The faults at each size, where there are any."""
    found = {}
    for width, height in sizes:
        visitor.page.set_viewport_size({"width": width, "height": height})
        act((width, height))
        if wrong := faults(visitor, allowed):
            found[width, height] = wrong
    return found


VIEWS = {  # one visitor each: what it opens at, and the pages that it goes through
    "moons": (
        OPEN.format("design") + "&section=ladder&claim=rho-3-equalises-heun&budgets=5,9",
        ("design", "explore", "schedules", "compare", "train", "amed", "claims", "learn"),
    ),
    "digits": (
        "tab=design&data=digits&section=target&samples=16&nfe=9&sigma=1",
        ("design", "explore"),
    ),
    "diracs": ("data=diracs&samples=16&nfe=9&sigma=1", ("explore",)),
}
THERE = {  # until it is, a page has little that could be cut
    "compare": SWEPT,
    "train": "document.querySelector('#train-start:not([disabled])')",
    "amed": "document.querySelector('#amed-ends-rows tr')",
    "claims": "document.querySelector('#claims-rows details[open]')",
}
EXPLORE = "samples=16&nfe=9&sigma=1"
CLICK = "(which) => document.querySelector(which).click()"  # a phone has some of them in a menu


@pytest.mark.parametrize("view", VIEWS)
def test_every_page_fits_every_screen_in_light_and_dark(browser, server, view):
    query, pages = VIEWS[view]
    visitor, found = visit(browser, server, query), {}
    for name in pages:
        visitor.page.evaluate(CLICK, f".tabs [data-page={name}]")
        visitor.page.wait_for_function(THERE.get(name, "true"))
        sizes = SIZES + (BETWEEN if (view, name) == ("moons", "explore") else [])
        found |= {(name, *size): wrong for size, wrong in over(visitor, sizes).items()}
        visitor.page.evaluate(CLICK, "#theme")  # where all sizes fit, colours alone are other
        wrong = over(visitor, [(390, 844), (1366, 657)])
        found |= {(name, *size, "other theme"): what for size, what in wrong.items()}
    visitor.leave()
    assert not found and not visitor.errors


def press(visitor, name: str, value: str):
    """A tab of a narrow layout, if this window has it."""
    tab = visitor.page.locator(f"input[name={name}][value={value}]")
    if tab.is_visible():
        tab.check()


def test_what_stands_behind_a_tab_fits_and_leaves_the_stage_where_it_was(browser, server):
    visitor, places, found, shown = visit(browser, server, EXPLORE), {}, {}, {}
    where = "() => Object.values(document.querySelector('#box').getBoundingClientRect().toJSON())"
    for corner, beside in [("steps", "along"), ("plane", "steps")]:

        def act(size):
            press(visitor, "corner", "picture")
            press(visitor, "beside", "settings")
            before = visitor.calm().page.evaluate(where)
            press(visitor, "corner", corner)
            press(visitor, "beside", beside)
            places[size] = (before, visitor.calm().page.evaluate(where))

        sizes = [(1366, 657), (1024, 768), (768, 1024), (844, 390), (720, 450)]
        found |= {(beside, *size): wrong for size, wrong in over(visitor, sizes, act).items()}
        shown[beside] = visitor.page.locator("#scroll").is_visible()
        assert all(before == after for before, after in places.values()), places
    visitor.leave()
    assert not found and not visitor.errors and shown == {"along": False, "steps": True}


def test_one_strip_of_the_data_is_chosen_where_not_all_have_room_and_what_opens_stays_within(
    browser, server
):
    visitor = visit(browser, server, EXPLORE, 1366, 657)
    page = visitor.page
    assert page.locator(".strip-head").count() == 3
    page.select_option("[data-middle]", "loss")
    visitor.calm()
    assert page.locator("#read-loss").count() == 1 and page.locator("#read-plane").count() == 0
    page.set_viewport_size({"width": 1440, "height": 900})
    page.wait_for_function("() => document.querySelectorAll('.strip-head').length === 5")

    def act(size):
        page.keyboard.press("Escape")
        press(visitor, "beside", "along")
        page.click(".strip-head .i[data-strip=error]")
        page.wait_for_selector("#pop:popover-open")

    found = over(visitor, SIZES, act)
    visitor.leave()
    assert not found and not visitor.errors
