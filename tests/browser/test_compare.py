"""The Compare page and pinned runs in a real browser."""

import contextlib
import json
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from ..rows import each
from .sweep_along import goes_along_a_setting
from .test_leave import DROP, taken
from .walk import MEASURED, NUDGE, SMALL, SWEPT, Walk, compare, saved

PAIRED = """/paths|samples/.test(document.querySelector('#versus').textContent)"""


def pin(walk, query=SMALL):
    walk.open(query)
    walk.page.wait_for_function(MEASURED)
    walk.page.click("#pin")
    walk.page.wait_for_function(
        "document.querySelector('#subtitle').textContent.includes('This is the pinned run.')"
    )


def test_a_pinned_run_is_compared_travels_in_the_link_and_lies_in_the_saved_figure(walk):
    pin(walk)
    before = walk.page.evaluate("explorer.S.parts.error.finding.value")
    walk.after(lambda: walk.page.evaluate(NUDGE, "timesteps-rho-rho"))
    walk.page.wait_for_function(PAIRED)
    sentence = walk.page.inner_text("#versus")
    assert sentence.startswith(f"Pinned ρ = 7: {before}. ρ = {walk.value('timesteps.rho'):g} ")
    assert "of its error on the same paths." in sentence or "with 16 samples" in sentence
    assert walk.page.inner_text("#named").startswith("ρ = ")  # never two runs with one name
    assert walk.page.inner_text("#pins .choose") == "ρ = 7"
    walk.page.click("[data-strip=error]")
    assert "pinned: ρ = 7" in walk.page.inner_text("#pop")  # its curve, with its numbers
    walk.page.keyboard.press("Escape")
    walk.page.wait_for_function("location.search.includes('pin=')")
    pinned = parse_qs(walk.query["pin"])
    assert pinned["nfe"] == ["9"] and "timesteps.rho" not in pinned
    walk.page.reload()
    walk.page.wait_for_function(
        "(t) => document.querySelector('#versus')?.textContent === t", arg=sentence
    )
    assert walk.page.inner_text("#pins .choose") == "ρ = 7"
    news = saved(walk.page, "#save")
    assert "pinned: ρ = 7" in open(news.path(), encoding="utf-8").read()
    walk.page.click("#pins .remove")
    assert walk.page.is_hidden("#pins") and "inned" not in walk.page.inner_text("#subtitle")


def test_a_pin_with_nonsense_is_said(walk):
    walk.hasty().open(f"{SMALL}&pin=solver%3Dhune")
    walk.page.wait_for_selector("#problem:not([hidden])")
    sentence = walk.page.inner_text("#problem-text")
    assert "pinned run" in sentence and "hune" in sentence
    assert walk.value("solver") == "heun" and walk.page.inner_text("#pin") == "Pin this run"


def test_a_sweep_cancelled_half_way_keeps_its_curves(walk):
    rows = compare(walk, "solvers=ddim,heun,unipc")
    budgets = ", ".join(str(n) for n in (5, 11, 13, 17, 257, 383, 511, 641, 767, 895, 1023))
    walk.page.click("#compare-words [data-opens=along]")
    walk.page.click("#budgets-more summary")
    walk.page.fill("#compare-budgets", budgets)
    walk.page.keyboard.press("Escape")
    walk.page.click("#compare-run")
    walk.page.wait_for_function(  # of these budgets, not of the sweep that came with the page
        "[...document.querySelectorAll('.results thead th')].some((t) => t.innerText === '11')"
    )
    walk.page.click("#compare-cancel")
    walk.page.wait_for_function(
        "document.querySelector('#compare-progress').innerText.includes('Cancelled')"
    )
    assert walk.page.is_hidden("#compare-cancel")
    drawn = walk.page.evaluate("document.querySelector('#fig-compare').data.map((t) => t.x.length)")
    assert rows.count() == 3 and max(drawn) >= 1
    assert walk.page.locator(".results thead th").count() < 3 + 11  # not all budgets were reached
    walk.calm()
    assert (
        walk.page.evaluate("document.querySelector('#fig-compare').data.map((t) => t.x.length)")
        == drawn
    )


def test_the_explore_page_leads_to_what_churn_does(walk):
    walk.hasty().open("data=moons&data.dimension=2&samples=16&nfe=17&sigma=1").unfold()
    assert walk.page.is_disabled("#see-churn")
    walk.after(lambda: walk.page.evaluate(NUDGE, "s_churn-"))
    walk.page.click("#see-churn")
    walk.page.wait_for_function(SWEPT)
    assert "hurn" in walk.page.inner_text("#compare-title")
    words = walk.page.inner_text("#fig-compare")
    assert "cap √2 − 1" in words and "noise added" in words and "two draws of the data" in words
    walk.calm()
    assert walk.query["compare"] == "churn" and walk.query["tab"] == "compare"


def test_compare_measures_at_once_and_says_when_it_is_out_of_date(walk):
    walk.hasty().open(f"{SMALL}&data.dimension=2&budgets=5,9&solvers=heun,ddim")
    walk.page.click("[data-page=compare]")
    walk.page.wait_for_function(SWEPT)
    assert walk.page.locator("#compare-rows tr").count() == 2
    assert walk.page.is_hidden("#compare-stale")
    title = walk.page.inner_text("#compare-title")
    walk.page.evaluate(NUDGE, "timesteps-rho-rho")
    walk.page.wait_for_selector("#compare-stale:not([hidden])")
    assert walk.page.inner_text("#compare-title") == title  # the last good figure stays
    walk.page.click("#compare-again")
    walk.page.wait_for_function(
        "(t) => document.querySelector('#compare-title').textContent !== t", arg=title
    )
    walk.page.wait_for_function(SWEPT)
    assert walk.page.is_hidden("#compare-stale")
    walk.page.click("#compare-words [data-opens=along]")
    walk.page.click("[data-budget='5']")  # a chip goes; a range fills them anew
    walk.page.wait_for_function("location.search.includes('budgets=9')")
    walk.page.click("#budgets-more summary")
    walk.page.fill("#budgets-count", "3")
    walk.page.click("#budgets-fill")
    chips = walk.page.locator("#compare-chips button").all_inner_texts()
    assert [chip.split()[0] for chip in chips] == ["5", "17", "55"]
    assert walk.page.inner_text("#compare-words").startswith("Vary solver 2 on time steps as set")
    walk.page.keyboard.press("Escape")
    walk.page.wait_for_function("location.search.includes('budgets=5,17,55')")
    news = saved(walk.page, "[data-save=fig-compare]")
    assert news.suggested_filename.endswith(".svg")
    assert "median end error" in open(news.path(), encoding="utf-8").read()
    walk.answered()  # the view too, whose steps have changed
    follows_the_line(walk.page)
    goes_along_a_setting(walk)


def follows_the_line(page):
    """Of a sweep at 5 and 9: pressed, dragged and moved by keys, the forest is that of the line,
    and no request is made for it; the table takes the figure's place; a row opens its view."""
    where, asked = page.locator("#compare-forest caption").first, []
    page.on("request", lambda r: asked.append(r.url) if r.method == "POST" else None)
    line = page.locator(".nfe-line").bounding_box()
    middle = line["x"] + line["width"] / 2, line["y"] + line["height"] / 2
    assert where.inner_text().startswith("At 9 ")
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - 2000, middle[1], steps=3)
    page.mouse.up()
    assert where.inner_text().startswith("At 5 ")
    assert "5 evaluations" in page.inner_text("#compare-title")
    page.keyboard.press("End")
    assert where.inner_text().startswith("At 9 ")
    page.keyboard.press("ArrowLeft")
    assert page.locator(".nfe-line").get_attribute("aria-valuenow") == "5"
    page.wait_for_function("new URLSearchParams(location.search).get('at') === '5'")
    assert asked == []
    rows = page.locator("#compare-forest tbody").first.locator("tr")
    assert rows.count() == 2 and rows.first.get_attribute("class") == "level"
    page.click("#compare-tabled")
    assert page.is_visible("#compare-rows") and page.is_hidden("#fig-compare")
    page.click("#compare-tabled")
    assert page.is_hidden("#compare-rows") and page.is_visible("#fig-compare")
    data = taken(page, "Study card")[1].decode()
    rows.filter(has_text="DDIM").locator("a").click()
    page.wait_for_function("explorer.S.values.solver === 'ddim' && explorer.S.values.nfe === 5")
    page.evaluate(DROP, data.replace('"DDIM"', '"<img src=x>"'))
    page.wait_for_selector("#compare-card td:has-text('<img')")  # over the study that it opens
    assert page.inner_text("#compare-card p b") == json.loads(data)["question"]
    page.wait_for_function("explorer.S.values.solver === 'heun' && explorer.S.values.nfe === 9")
    page.wait_for_function(SWEPT)
    assert where.inner_text().startswith("At 5 ") and rows.count() == 2
    page.evaluate(DROP, data.replace('"kind": "sweep"', '"kind": "dance"'))
    page.wait_for_selector("#problem:has-text('dance')")
    page.click("#compare-card button")
    assert page.is_hidden("#compare-card")


def test_a_table_is_copied_with_all_digits_and_stays_where_another_cannot_be_measured(walk):
    """At S_churn 0 the sweep stood under “What churn does”."""
    compare(walk, "budgets=5,9&solvers=heun,ddim")
    walk.page.wait_for_function(SWEPT)
    walk.page.evaluate("navigator.clipboard.writeText = async (text) => (window.copied = text)")
    walk.page.click("#compare-copy")
    walk.page.wait_for_function("window.copied")
    head, first, *_ = (row.split("\t") for row in walk.page.evaluate("copied").splitlines())
    exact = dict(zip(head, first))
    shown = walk.page.inner_text("#compare-rows td:nth-child(2)").split()[0]
    assert exact["NFE"] == "5" and len(exact["median"]) > 12
    assert float(shown) == pytest.approx(float(exact["median"]), rel=0.05)
    title = walk.page.inner_text("#compare-title")
    walk.page.click("[data-of=churn]")
    walk.page.click("#compare-churn")
    walk.page.wait_for_selector("#problem:not([hidden])")
    assert walk.page.get_attribute("#compare-churn", "aria-pressed") == "false"
    assert walk.page.inner_text("#compare-title") == title


OUTSIDE = """([width, own]) => ['.compare', '#fig-compare',
  '#fig-compare .main-svg', ...own].filter((s) => {
    const r = document.querySelector(s).getBoundingClientRect();
    return r.left < -1 || r.right > width + 1 || r.width < 1 || r.height < 20; })"""


def kinds(visitor, *names: str) -> Iterator[str]:
    """One measurement after the other, each measured: the first is that of the link."""
    for name in names:
        if name != names[0]:  # what was there is gone as soon as this is pressed
            press = f"(which) => {{ document.querySelector(which).click(); return ({SWEPT})(); }}"
            assert not visitor.page.evaluate(press, f"#compare-{name}")
        visitor.page.wait_for_function(SWEPT)
        yield name


def test_what_is_compared_lies_within_the_screen(walk):
    """Of a desk, a laptop and a phone, one after the other: the figure follows its window."""
    compare(walk, "compare=sweep&s_churn=9&budgets=5,9&solvers=heun,ddim")
    each(kinds(walk, "sweep", "distance", "churn", "likelihood"), lambda kind: within(walk, kind))


def within(walk, kind: str):
    from playwright.sync_api import TimeoutError  # there, where a browser is

    own = ["#compare-words", "#compare-run"]  # the others do not use them
    beside = "#compare-forest" if kind == "sweep" else ".results .scroll"
    held = [f"#compare-{kind}", beside, *(own if kind == "sweep" else [])]
    for width, height in ((1440, 900), (1024, 768), (390, 844)):
        walk.page.set_viewport_size({"width": width, "height": height})
        fits = f"([width]) => innerWidth === width && !({OUTSIDE})([width, {held}]).length"
        with contextlib.suppress(TimeoutError):  # the next lines say what does not fit
            walk.page.wait_for_function(fits, arg=[width])
        assert walk.page.evaluate(OUTSIDE, [width, held]) == [], width
        assert walk.page.evaluate("document.documentElement.scrollWidth") <= width
        assert [walk.page.is_visible(s) for s in own] == [kind == "sweep"] * 2
    if kind == "sweep":  # what is chosen on a phone opens, and lies within it
        walk.page.click("#compare-words [data-opens=solvers]")
        assert walk.page.is_visible("#compare-solvers [data-name=heun]")
        assert walk.page.evaluate(OUTSIDE, [390, ["#pop-solvers"]]) == []
        walk.page.keyboard.press("Escape")


def test_what_is_compared_fits_a_phone(browser, server):
    visitor = Walk(browser, server, viewport={"width": 390, "height": 844}, has_touch=True)
    visitor.hasty().open(
        f"tab=compare&compare=sweep&{SMALL}&data.dimension=2&s_churn=9&budgets=5,9"
        "&solvers=heun,unipc"
    )
    names = ("sweep", "local", "distance", "churn", "round", "likelihood", "conservative")
    each(kinds(visitor, *names), lambda kind: on_a_phone(visitor.page, kind))
    visitor.leave()
    assert not visitor.errors and not visitor.outside


def on_a_phone(page, kind: str):
    box, figure = (
        page.locator(s).bounding_box() for s in ("#fig-compare", "#fig-compare .main-svg >> nth=0")
    )
    words = page.evaluate("""() => [...document.querySelectorAll('#fig-compare text')]
      .map((t) => [t.textContent, t.getBoundingClientRect()])
      .filter(([t, r]) => t && r.width && (r.left < 0 || r.right > innerWidth)).map(([t]) => t)""")
    named = page.inner_text("#compare-names")
    assert figure["width"] <= box["width"] and words == []
    assert ("UniPC" in named) == (kind == "sweep") and ("ρ = 7" in named) == (kind == "local")


def test_the_foundry_learns_what_is_ticked_and_its_result_is_a_view(walk):
    """Nothing ticked is refused in a sentence; c of six steps, learned, is copied and used."""
    walk.hasty().open(
        "samples=32&data.dimension=2&nfe=7&solver=ddim&tab=compare&compare=foundry&learn=c"
    )
    learned = "document.querySelector('#compare-title').textContent.startsWith('What was learned')"
    walk.page.wait_for_function(learned)
    walk.page.wait_for_selector("#compare-progress", state="hidden")  # to the end
    walk.page.uncheck("#compare-learn [value=c]")
    walk.page.click("#compare-forge")
    walk.page.wait_for_selector("#problem:not([hidden])")
    assert "Nothing is ticked" in walk.page.inner_text("#problem")
    assert walk.page.inner_text("#compare-title").startswith("What was learned")
    walk.page.check("#compare-learn [value=c]")
    walk.page.evaluate("navigator.clipboard.writeText = async (text) => (window.copied = text)")
    walk.page.click("#compare-offers button >> text=Copy for ComfyUI")
    walk.page.wait_for_function("window.copied")
    assert "NODE_CLASS_MAPPINGS" in walk.page.evaluate("copied")
    walk.page.click("#compare-offers button >> nth=0")
    walk.page.wait_for_function("location.search.includes('solver=forged')")
    assert walk.query["solver.coefficients"].count(";") == 5 and "tab" not in walk.query
