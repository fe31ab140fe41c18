"""The heat map of Compare in a real browser: one dense walk."""

import json
from urllib.parse import unquote

from .test_leave import comes_back, study

GRID = (
    "tab=compare&compare=map&data=moons&data.dimension=2&up=1,7,15&across=5,9,17&paths=32&seeds=1"
)
WHOLE = """() => document.querySelector('[data-run]')?.textContent === 'Run'
    && document.querySelector('.map-figure td[data-at]') !== null
    && [...document.querySelectorAll('.map-figure td[data-at]')].every(
        (td) => td.querySelector('a') || td.classList.contains('none'))"""
CELLS = "(n) => document.querySelectorAll('.map-figure td a').length === n"
SAYS = "(across) => new URLSearchParams(location.search).get('across') === across"
ON = "document.activeElement.closest('td')?.dataset.at"
READABLE = """() => [...document.querySelectorAll('.map-figure td a')].map((a) => {
    const light = (text) => text.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
        .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0.05);
    const style = getComputedStyle(a), [p, q] = [style.color, style.backgroundColor].map(light);
    return Math.max(p, q) / Math.min(p, q); }).reduce((a, b) => Math.min(a, b))"""


def test_a_map_is_measured_read_varied_stopped_and_opened_again(walk):
    page = walk.hasty().open(GRID).page
    reads(page)
    kept = study(walk)
    other_words(page)
    comes_back(walk, kept, WHOLE)
    stopped(page)
    opened(page, walk)


def reads(page):
    """What is measured can be seen, read in both themes, and gone through by keys."""
    page.wait_for_function(WHOLE)
    page.wait_for_function(CELLS, arg=9)
    assert page.locator(".map-figure td.level").count() >= 3  # a best of each column
    assert "at every NFE" in page.inner_text("#compare-title")
    said = page.locator(".map-said li")
    assert 1 <= said.count() <= 5 and all(" × (" in t for t in said.all_inner_texts())
    assert page.is_hidden("#compare-run") and page.is_hidden(".results")  # the sweep's own
    table = page.locator(".map-figure table").bounding_box()  # of few rows: seen at once
    assert table["y"] + table["height"] <= page.viewport_size["height"]
    assert page.evaluate(READABLE) >= 4.5
    page.click("#theme")
    page.evaluate("explorer.S")
    assert page.evaluate(READABLE) >= 4.5
    # the keyboard goes from cell to cell, and a card tells of each
    page.focus(".map-figure td a[tabindex='0']")
    assert page.evaluate(ON) == "2,0"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(ON) == "1,1"
    card = page.inner_text(".map-card")
    assert "ρ 7, NFE 9" in card and "the best of its column" in card and "worst" in card


def other_words(page):
    """Another word leaves what is measured, and says so; a refusal takes nothing away."""
    page.click("[data-word='1']")
    page.fill(".axis-pop input", "1, 9, 17")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('[data-view=map]').classList.contains('old')")
    assert page.inner_text("[data-word='1'] small") == "3"
    page.click("[data-run]")
    page.wait_for_function("document.querySelector('.map-figure td.none')")
    page.wait_for_function(WHOLE)
    assert "one step" in page.get_attribute(".map-figure td.none span", "aria-label")
    page.wait_for_function(SAYS, arg="1,9,17")
    page.click("[data-word='0']")
    page.fill(".axis-pop input", "1, 77")
    page.keyboard.press("Enter")
    page.click("[data-run]")
    page.wait_for_function(
        "document.querySelector('.map-refused').innerText.includes('out of range')"
    )
    assert page.locator(".map-figure td[data-at]").count() == 9


def stopped(page):
    """What is there stays, and the study is in the list."""
    page.click("[data-word='0']")
    page.fill(".axis-pop input", "1…19, 10")
    page.keyboard.press("Enter")
    page.click("[data-word='1']")
    page.fill(".axis-pop input", "300…900, 12")
    page.keyboard.press("Enter")
    several = page.locator(".viewbar .engine select").count()  # where there is more than one core
    if several:
        page.select_option(".viewbar .engine select", "processes")
        assert "processes of this machine" in page.inner_text(".engine-note")
    page.click("[data-run]")
    page.wait_for_function(
        "/^[1-9]\\d* of 120 cells/.test(document.querySelector('.map-run')?.innerText ?? '')"
    )
    assert not several or " 1 in hand" not in page.inner_text(".map-run")
    page.evaluate("""() => {  // stopped, and left before that is answered
      document.querySelector('.map-run button').click();
      document.querySelector('.tabs [data-page=explore]').click();
    }""")
    page.wait_for_function("JSON.parse(localStorage.studies)[0].total === 120")
    page.click(".tabs [data-page=compare]")
    page.wait_for_function("document.querySelector('[data-run]').textContent === 'Resume'")
    assert page.is_hidden(".map-refused")  # the reader's own stop needs no word
    assert "engine" not in page.url  # it is the browser's, and in no link
    done = page.locator(".map-figure td a").count()
    assert 0 < done < 120 and "hollow cells were not reached" in page.inner_text(".map-run")
    kept = json.loads(page.evaluate("localStorage.getItem('studies')"))
    assert kept[0]["total"] == 120 and 0 < kept[0]["done"] <= done and len(kept) == 3
    assert "compare=map" in kept[0]["query"] and "across=300…900" in unquote(kept[0]["query"])
    page.click("#studies summary")
    assert "of 120: Resume" in page.inner_text("#studies li.part")


def beside_other_pairs(page):
    """A pair that nobody has measured is offered; what was measured stands beside it, with what can
    be said of it, and opens again."""
    first = page.inner_text(".map-said li b")
    assert page.locator(".map-pairs .pair").count() == 0  # of this pair there are several
    page.click(".map-pairs [data-pair='solver,timesteps']")
    page.wait_for_function(CELLS, arg=30)
    page.wait_for_function(WHOLE)
    beside = page.locator(".map-pairs .pair")
    assert "ρ × NFE" in beside.inner_text() and first in beside.inner_text()
    drawn = beside.locator("rect").evaluate_all("(all) => all.map((r) => r.getAttribute('fill'))")
    assert len(drawn) == 9 and len(set(drawn)) > 2
    beside.click()
    page.wait_for_function(SAYS, arg="5,9,17")
    page.wait_for_function(CELLS, arg=9)  # until then the map before, of other settings, is on show
    page.wait_for_function(WHOLE)
    assert "Solver × Time steps" in beside.inner_text() and beside.locator("rect").count() == 30


def opened(page, walk):
    """A study from the list, a cell as a view, and the sweep again."""
    page.click("#studies li.whole a >> nth=0")  # that of the card, as it was
    page.wait_for_function(SAYS, arg="5,9,17")
    page.wait_for_function(WHOLE)
    assert page.locator(".map-figure td a").count() == 9
    beside_other_pairs(page)
    # a cell is B of A/B, or a view
    curves = page.locator(".map-along path[stroke]")  # along ρ, one for each budget
    assert curves.count() == 3 and "ρ" in page.inner_text(".map-along h2")
    page.keyboard.down("Shift")
    page.click(".map-figure td[data-at='0,1'] a")
    page.keyboard.up("Shift")
    page.wait_for_function("location.search.includes('compare=ab')")
    assert "timesteps.rho=1" in walk.query["b"] and "nfe=9" in walk.query["b"]
    page.click("#compare-views button >> text=Heat map")
    page.click(".map-figure td[data-at='2,2'] a")
    page.wait_for_function("explorer.S.page === 'explore'")
    assert walk.value("timesteps.rho") == 15 and walk.value("nfe") == 17
    page.click("[data-page=compare]")
    page.click("#compare-views button >> text=Sweep")
    page.wait_for_selector("#compare-forest tr")
    assert page.is_hidden(".map-figure") and page.is_visible("#compare-run")
