"""A phone: a dock of settings, sheets above it, and what stays in sight while one is moved."""

import pytest

from ..waiting import until
from .walk import Walk

SEEN = """() => {
  const of = (selector) => {
    const r = document.querySelector(selector).getBoundingClientRect();
    return {top: r.top, bottom: r.bottom, left: r.left, right: r.right, height: r.height};
  };
  return {headline: of('#headline'), box: of('#box'), near: of('#near'), sheet: of('.controls'),
    dock: of('#dock'), wide: document.documentElement.scrollWidth, y: scrollY};
}"""


WATCH = """() => {  // a slider with the focus grows into an axis, then comes into sight
  const plain = Element.prototype.scrollIntoView;
  Element.prototype.scrollIntoView = function (...how) {
    plain.apply(this, how);
    if (this.matches('.grown input')) window.grown = true;
  };
}"""


def grown(visitor, chip: str):
    """The sheet of a chip with a slider, once that has grown: where it lies then, it stays."""
    visitor.page.evaluate(WATCH)
    visitor.page.tap(f"[data-chip={chip}]")
    visitor.page.wait_for_function("window.grown")
    visitor.calm()


def phone(browser, server, width, height):
    screen = {"viewport": {"width": width, "height": height}}
    return Walk(browser, server, **screen, has_touch=True, is_mobile=True)


@pytest.mark.parametrize("size", [(390, 844), (360, 740), (320, 568)], ids=str)
def test_headline_stage_and_steps_stay_in_sight_while_a_slider_is_dragged(browser, server, size):
    width, height = size
    visitor = phone(browser, server, width, height).hasty().open("data=moons&samples=16&nfe=9")
    page = visitor.page
    rest = page.evaluate(SEEN)
    assert rest["wide"] <= width and rest["dock"]["bottom"] == pytest.approx(height, abs=1)
    assert rest["box"]["height"] >= 318 and rest["near"]["height"] == pytest.approx(76, abs=1)
    assert not page.is_visible(".controls")
    page.evaluate("scrollTo(0, 120)")
    grown(visitor, "rho")
    assert page.get_attribute("[data-chip=rho]", "aria-expanded") == "true"
    slider = page.locator(".controls .lifted input[type=range]")
    assert slider.evaluate("(e) => e === document.activeElement")  # the focus has moved in

    before, box = visitor.value("timesteps.rho"), slider.bounding_box()
    pen = page.context.new_cdp_session(page)

    def finger(kind, x=0.0, y=0.0):
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        pen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    middle = box["y"] + box["height"] / 2
    finger("touchStart", box["x"] + 0.3 * box["width"], middle)
    for part in range(1, 7):  # aslant: the page must not scroll with it
        finger("touchMove", box["x"] + (0.3 + 0.06 * part) * box["width"], middle - 6 * part)
    during = page.evaluate(SEEN)
    finger("touchEnd")
    assert visitor.value("timesteps.rho") != before
    assert during["y"] == 0 and during["wide"] <= width
    assert during["headline"]["top"] >= 0
    assert during["headline"]["bottom"] <= during["box"]["top"]
    assert during["box"]["height"] >= 150
    assert during["box"]["bottom"] <= during["near"]["top"] + 1
    assert during["near"]["height"] >= 56
    assert during["near"]["bottom"] <= during["sheet"]["top"] + 1
    assert during["sheet"]["bottom"] == pytest.approx(during["dock"]["top"], abs=1)
    assert page.locator("[data-chip=rho]").evaluate("(e) => e.classList.contains('changed')")

    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.chip") == "rho"  # and back
    assert page.evaluate("scrollY") == 120 and not page.is_visible(".controls")
    visitor.calm()
    visitor.leave()
    assert not visitor.errors and not visitor.outside


SETTINGS = """() => [...document.querySelectorAll('.controls .group')]
    .filter((group) => group.offsetParent).map((group) => group.dataset.group)"""


def test_a_sheet_shows_what_its_chip_is_about_and_more_shows_everything(browser, server):
    visitor = phone(browser, server, 390, 844).hasty().open("data=moons&samples=16&nfe=9")
    page = visitor.page
    page.tap("[data-chip=solver]")
    assert page.evaluate(SETTINGS) == ["solver"]
    visitor.choose("#slot-solver", "dpm2")  # its own slider comes with it
    assert page.locator("[data-key='solver.r'][data-entry=dpm2]").is_visible()
    assert page.inner_text("[data-chip=solver] span").startswith("DPM-Solver-2")
    page.tap("[data-chip=churn]")  # another chip: its sheet instead
    assert page.evaluate(SETTINGS) == ["churn"]
    page.tap("[data-chip=churn]")  # the same chip again closes it
    assert not page.is_visible(".controls")
    page.tap("[data-chip=more]")
    assert len(page.evaluate(SETTINGS)) == 6
    assert page.evaluate("document.activeElement.id") == "sheet-close"
    folded = page.evaluate("[...document.querySelectorAll('.controls details')].map((d) => d.open)")
    page.tap("#sheet-close")
    grown(visitor, "rho")  # lies in a folded group, which is folded again afterwards
    assert page.locator("[data-key='timesteps.rho'][data-entry=rho]").is_visible()
    page.mouse.move(195, page.locator("#sheet-head").bounding_box()["y"] + 6)
    page.mouse.down()
    page.mouse.move(195, 840, steps=4)
    page.mouse.up()  # pulled down by its head
    until(lambda: not page.is_visible(".controls"))
    now = page.evaluate("[...document.querySelectorAll('.controls details')].map((d) => d.open)")
    assert now == folded
    page.tap("#acts-button")
    assert page.is_visible("#undo") and page.is_visible("#copy") and page.is_visible("#theme")
    page.keyboard.press("Escape")
    visitor.calm()
    page.set_viewport_size({"width": 1024, "height": 768})  # turned, or on a desk: as ever
    visitor.calm()
    assert page.is_visible("#undo") and page.is_visible(".controls")
    assert not page.is_visible("#dock") and not page.is_visible("#near")
    visitor.leave()
    assert not visitor.errors and not visitor.outside
