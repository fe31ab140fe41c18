"""A/B and the image grid in a real browser."""

from urllib.parse import quote

from .test_leave import DROP, comes_back, study
from .walk import PROVED

SMALL = "data=digits&nfe=5&solver=dpmpp&seed=3"
B = "data=digits&nfe=5&solver=ddim"
SAID = """document.querySelectorAll('#ab-said li').length
  && document.querySelector('#ab-progress').hidden"""
GRID = """document.querySelectorAll('#grid-table a').length === 4
  && document.querySelector('#grid-progress').hidden"""
BESIDE = """() => { const [a, b] = [...document.querySelectorAll('.ab-pictures figure')]
  .map((f) => f.getBoundingClientRect());
  return a.width > 100 && a.top === b.top && a.right <= b.left && b.right <= innerWidth; }"""
INK = """(id) => { const c = document.getElementById(id), d = c.getContext('2d')
  .getImageData(0, 0, c.width, c.height).data, seen = new Set();
  for (let j = 0; j < d.length; j += 4) seen.add((d[j] << 16) + (d[j + 1] << 8) + d[j + 2]);
  return seen.size; }"""


def test_a_and_b_from_the_same_noise(walk):
    """By a link; swapped; more seeds; another B by a pasted address; and one that is refused, whose
    sentence leaves what is on show."""
    page = walk.hasty().open(f"{SMALL}&tab=compare&compare=ab&b={quote(B, '')}&seeds=1").page
    page.wait_for_function(SAID)
    views = page.locator("#compare-views button").all_inner_texts()
    assert views == ["Sweep", "Heat map", "A/B", "Image grid"]
    assert page.inner_text("#compare-note").startswith(
        "Digits 8×8, exact denoiser, NFE 5, the same"
    )
    assert all(page.evaluate(INK, f"ab-c{k}") > 20 for k in "abd")
    assert page.locator("#ab-scatter svg").get_attribute("aria-label").startswith("Error of A")
    rows = page.locator("#ab-comes tbody tr")
    assert rows.count() == 4 and "points" in rows.nth(2).inner_text()
    assert "DDIM" in page.inner_text("#ab-settings") and "DDIM" in page.inner_text("#ab-hb")

    for width in (768, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert walk.calm().page.evaluate(BESIDE), width
    page.set_viewport_size({"width": 1440, "height": 900})

    page.click("#export")
    page.click("#leave [data-item]:text-is('Figure…')")
    page.wait_for_function(PROVED)
    assert page.inner_text(".for-print [name=what] option >> nth=0") == "A beside B"
    assert page.inner_text("#compare-title")[:20] in page.text_content(".for-print .caption p")
    page.keyboard.press("Escape")

    kept = study(walk)
    middle = [rows.nth(0).locator("td").nth(i).inner_text() for i in (0, 1)]
    page.click("#ab-swap")
    page.wait_for_function("document.querySelector('#ab-ha b').textContent === 'DDIM'")
    page.wait_for_function(SAID)
    page.wait_for_function("location.search.includes('&a=')")
    swapped = [rows.nth(0).locator("td").nth(i).inner_text() for i in (1, 0)]
    assert swapped == middle  # of the same noise
    assert page.inner_text("#ab-a") == "DDIM" and page.is_visible("#ab-this")
    page.click("[data-act=more]")
    page.wait_for_function(
        "document.querySelector('#compare-note').textContent.includes('128 samp')"
    )

    page.select_option("#ab-b", "paste")
    page.fill(
        "#ab-link", f"{walk.server}?{B.replace('ddim', 'heun')}&tab=compare&compare=sweep&pick=2"
    )
    page.press("#ab-link", "Enter")
    page.wait_for_function("document.querySelector('#ab-hb b').textContent === 'Heun'")
    page.wait_for_function(SAID)
    before = page.inner_text("#compare-title")
    page.select_option("#ab-b", "paste")
    page.fill("#ab-link", "data=moons&data.dimension=2")
    page.press("#ab-link", "Enter")
    page.wait_for_selector("#problem:not([hidden])")
    assert "A has 64 numbers a sample, B 2: no common noise." in page.inner_text("#problem")
    assert page.inner_text("#compare-title") == before
    assert page.get_attribute("#ab-open-a", "href").endswith("solver=ddim&nfe=5&seed=3")
    comes_back(walk, kept, SAID)


def test_a_grid_of_pictures_is_walked_flipped_and_opened(walk):
    """Arrow keys walk, Space held shows where exact paths end, Enter opens the view; a setting that
    cannot be varied is said, and what is on show stays."""
    asked = "rows=solver:ddim,euler_a&columns=nfe:5,9"
    page = walk.hasty().open(f"data=digits&nfe=5&seed=3&tab=compare&compare=grid&{asked}").page
    page.wait_for_function(GRID)
    assert page.locator("#grid-table .exact canvas").count() == 1  # none where noise is new
    looks = "document.querySelector('[data-at=\"0,1\"] canvas').toDataURL()"
    page.focus("[data-at='0,0']")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.at") == "0,1"
    before = page.evaluate(looks)
    page.keyboard.down("Space")
    exact = page.evaluate("document.querySelector('.exact canvas').toDataURL()")
    assert page.evaluate(looks) == exact != before
    page.keyboard.up("Space")
    assert page.evaluate(looks) == before

    kept = study(walk)
    page.fill("#grid-rows-values", "hune")
    page.click("#grid-run")
    page.wait_for_selector("#problem:not([hidden])")
    assert "Unknown solver 'hune'" in page.inner_text("#problem")
    assert page.locator("#grid-table a").count() == 4
    page.focus("[data-at='0,1']")
    page.keyboard.press("Enter")
    page.wait_for_function("!location.search.includes('tab=')")
    walk.calm()
    assert walk.value("solver") == "ddim" and walk.value("nfe") == 9 and walk.value("seed") == 3
    comes_back(walk, kept, GRID, paste=True)
    other = kept[2].decode().replace("nfe%3A5,9", "nfe%3A5,7")
    page.evaluate(DROP, other)  # one that was not measured here, where another is on show
    page.wait_for_selector("#grid-table th:text-is('NFE 7')")
    page.wait_for_function(GRID)
