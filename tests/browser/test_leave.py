"""What leaves the page: one menu beside Copy link, by hand and by keys; a card that comes back."""

import csv
import json

import numpy as np

from explorer.cards import python, replay
from explorer.lab.experiment import Experiment, run
from explorer.reading import cards
from explorer.settings import unflatten

from .walk import NUDGE, SMALL

DROP = """(text) => {
  const data = new DataTransfer();
  data.items.add(new File([text], 'card.json', { type: 'application/json' }));
  document.querySelector('#box').dispatchEvent(
    new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data }));
}"""
COPY = "navigator.clipboard.writeText = (text) => Promise.resolve(window.copied = text)"
HERE = unflatten(Experiment, {"data": "moons", "samples": 16, "nfe": 9})


def taken(page, label):
    """The bytes of the file that an item of the menu saves."""
    page.click("#export")
    with page.expect_download() as got:
        page.click(f"#leave [data-item]:text-is('{label}')")
    page.wait_for_selector("#leave", state="hidden")
    return got.value.suggested_filename, got.value.path().read_bytes()


def study(walk):
    """What one keeps of the study on show: its title, its link and its card."""
    walk.calm()
    return walk.page.inner_text("#compare-title"), of_study(walk), taken(walk.page, "Study card")[1]


def of_study(walk) -> dict[str, str]:
    return {k: v for k, v in walk.query.items() if k != "sigma"}  # Explore's cursor


def comes_back(walk, kept, measured: str, paste: bool = False):
    """A study's card, dropped on Explore where a setting is another or pasted on Schedules: the
    study is on show as it was, under the card's numbers."""
    page, (title, link, card) = walk.page, kept
    page.click(".tabs [data-page=explore]")
    page.evaluate(NUDGE, "timesteps-rho-rho")
    if paste:
        page.click(".tabs [data-page=schedules]")
        page.fill(".sch-paste textarea", card.decode())
    else:
        page.evaluate(DROP, card.decode())
    page.wait_for_selector("#compare-card p b")
    walk.calm().page.wait_for_function(measured)
    walk.calm()
    assert page.inner_text("#compare-title") == title == page.inner_text("#compare-card p b")
    assert of_study(walk) == link and walk.value("timesteps.rho") == 7


def test_the_menu_of_what_leaves_opens_by_keys_and_saves(walk, tmp_path):
    walk.hasty().open(SMALL)
    page = walk.page
    page.focus("#export")
    page.keyboard.press("Enter")
    page.wait_for_selector("#leave:popover-open")
    page.wait_for_selector("#export[aria-expanded=true]")
    labels = page.locator("#leave [data-item]").all_inner_texts()
    assert {"Run card", "Copy Python", "Strips as SVG", "Samples as PNG"} <= set(labels)
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("ArrowUp")  # from the first round to the last
    assert (first, page.evaluate("document.activeElement.textContent")) == (labels[0], labels[-1])
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.id === 'export'")
    name, spine = taken(page, "Strips as SVG")
    assert name.endswith(".svg") and spine.startswith(b"<svg")
    name, table = taken(page, "Samples as CSV")
    lines = table.decode().splitlines()
    found = [
        [float(v) for v in row] for row in csv.reader(x for x in lines[1:] if x[0] not in "#x")
    ]
    assert name.endswith(".csv") and np.array_equal(found, run(HERE).samples.numpy())
    name, data = taken(page, "Samples and paths as .npz")
    (tmp_path / "x.npz").write_bytes(data)
    assert np.array_equal(np.load(tmp_path / "x.npz")["x"], run(HERE).trajectory.x.numpy())
    page.evaluate(COPY)
    page.click("#export")
    page.click("#leave [data-item]:text-is('Copy Python')")
    page.wait_for_selector("#leave .said:text-is('Copied.')")
    assert page.evaluate("window.copied") == python(HERE)
    page.keyboard.press("Escape")
    page.click(".tabs [data-page=learn]")
    page.wait_for_function("document.documentElement.dataset.page === 'learn'")
    assert not page.is_visible("#export")  # nothing leaves it there


def test_a_card_leaves_and_opens_its_view_again_saying_what_differs(walk):
    walk.hasty().open(SMALL)
    page = walk.page
    name, data = taken(page, "Run card")
    card = cards.read(data)
    assert name.endswith(".json") and replay(card).equal and "sigma=1" in card["link"]
    walk.open("data=spiral&samples=16&nfe=5")
    page.evaluate(DROP, data.decode())
    page.wait_for_selector("#card-said:has-text('bit for bit')")
    page.wait_for_function("location.search.includes('data=moons')")
    page.wait_for_function("explorer.S.values.nfe === 9")
    card["numbers"]["end_error"]["median"] *= 2
    card["made"]["torch"] = "0.1"
    page.evaluate(DROP, json.dumps(card))
    page.wait_for_selector("#card-said:has-text('What differs: 2')")
    assert "end_error.median" in page.text_content("#card-said")
    page.click("#card-said [aria-label=Dismiss]")
    assert not page.is_visible("#card-said")
    page.evaluate(DROP, data.decode().replace('"nfe": 9', '"nfe": -9', 1))
    page.wait_for_selector("#problem:has-text('nfe')")
    assert walk.value("nfe") == 9 and walk.query.get("data") == "moons"  # nothing is lost by it
