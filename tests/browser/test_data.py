"""Data in a real browser: each set, a file, a drawing."""

import math
from urllib.parse import urlsplit

from explorer.data import DATASETS

from .walk import PIXELS, SMALL


def test_every_data_set_is_one_choice_away_and_is_drawn(walk):
    walk.hasty().open("samples=2&nfe=9&sigma=1")
    kinds = {}
    for data in [name for name in DATASETS if name not in ("spiral", "upload", "published")]:
        walk.choose("#slot-data", data)
        assert walk.query["data"] == data and walk.page.is_hidden("#problem"), data
        inked, colours = walk.page.evaluate(PIXELS)
        assert inked > 1000 and colours > 5, data
        kinds[data] = walk.page.evaluate("explorer.S.parts.data.kind")
    assert (kinds["digits"], kinds["diracs"], kinds["drawn"]) == ("image", "line", "plane")
    assert kinds["moons"] == kinds["swissroll"] == "plane"
    walk.choose("#slot-data", "spiral")
    assert "data" not in walk.query


def test_the_menu_of_classes_is_that_of_the_data(walk):
    menu = "document.querySelector('[data-key=\"model.condition\"]:not([hidden]) select')"
    shown = lambda: walk.page.evaluate(f"[...{menu}.options].map((o) => o.text)")
    walk.hasty().open("data=rings&samples=16&nfe=9&sigma=1").unfold()
    assert shown() == ["all", "0", "1", "2"]
    walk.choose("#slot-data", "grid")
    assert shown() == ["all", *map(str, range(25))]
    walk.choose('[data-key="model.condition"]:not([hidden]) select', "24")
    assert walk.query["model.condition"] == "24" and walk.page.is_hidden("#problem")
    walk.choose("#slot-data", "spiral")
    assert walk.value("model.condition") == -1  # a class of the data that were left
    assert walk.page.is_hidden("#problem") and walk.page.evaluate(f"{menu}.disabled")


def test_a_file_becomes_the_data_and_a_broken_one_changes_nothing(walk):
    file = lambda name, text: {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    walk.hasty().open("samples=16&nfe=9&sigma=1").unfold()
    walk.choose("#slot-data", "upload")
    assert "No data is uploaded yet" in walk.page.inner_text("#blame")
    assert walk.page.evaluate("document.body.dataset.stale") == "all"  # what is on show is the old
    assert walk.page.inner_text("#chips") == "of Spiral"
    ring = "\n".join(f"{math.cos(a / 9)},{math.sin(a / 9)}" for a in range(57))
    walk.after(lambda: walk.page.set_input_files("#file", file("ring.csv", ring)))
    assert walk.page.is_hidden("#problem") and walk.page.inner_text("#file-name") == "ring.csv"
    assert walk.page.evaluate("explorer.S.parts.data.points") == 57
    digest = walk.query["data.digest"]
    broken = file("broken.csv", "1,2\nthree,four\n5,6")
    walk.after(lambda: walk.page.set_input_files("#file", broken))
    sentence = walk.page.inner_text("#problem-text")
    assert "broken.csv" in sentence and "three" in sentence
    assert walk.value("data.digest") == digest and walk.query["data.digest"] == digest


def test_a_drawing_is_in_the_link(walk):
    walk.hasty().open("data=drawn&samples=16&nfe=9&sigma=1")
    walk.page.locator('label:has(input[name="stage-view"][value="draw"])').click()
    walk.page.click(".pad [data-do=clear]")
    box = walk.page.locator(".pad canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def stroke():
        walk.page.mouse.move(x - 90, y)
        walk.page.mouse.down()
        walk.page.mouse.move(x + 90, y - 60, steps=12)
        walk.page.mouse.up()

    walk.after(stroke)
    assert walk.page.is_hidden("#problem")
    drawing = walk.query["data.points_text"]
    walk.open(urlsplit(walk.page.url).query)
    assert walk.value("data.points_text") == drawing


def test_flat_data_are_lifted_by_one_click(walk):
    walk.hasty().open(f"{SMALL}&data.dimension=2")
    assert "cannot leave its plane" in walk.page.inner_text("#spine-over")
    walk.after(lambda: walk.page.click("#spine-over [data-set]"))
    assert walk.value("data.dimension") == 16 and walk.page.is_hidden("#problem")
