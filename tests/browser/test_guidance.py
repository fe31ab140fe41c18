"""Guidance in a real browser: a curve is bent, dragged, moved by keys, and stands in the link."""

MOONS = "data=moons&data.dimension=2&samples=16&nfe=9&sigma=1"
LINK = f"{MOONS}&model=guided&model.condition=0&model.against=any&model.sigma_lo=0.1"
ROW = '[data-key="model.curve"][data-entry="guided"]'


def test_a_weight_is_bent_dragged_typed_and_made_flat_again(walk):
    walk.hasty().open(LINK)
    page, row = walk.page, walk.page.locator(ROW)
    assert "Guidance asks both denoisers in" in page.inner_text("#help-budget")
    assert page.is_hidden('[data-key="model.momentum"][data-entry="guided"]')
    walk.after(lambda: row.locator("[data-bend]").click())
    flat = walk.value("model.curve")
    assert len(flat) == 6 and set(flat[1::2]) == {2}

    box = row.locator("circle").nth(1).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag():
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 12, y + 20, steps=3)
        page.mouse.up()

    walk.after(drag)
    bent = walk.value("model.curve")
    assert bent[2] < flat[2] and bent[3] < 2 and bent[:2] == flat[:2] and bent[4:] == flat[4:]

    row.locator("circle").first.focus()
    walk.after(lambda: page.keyboard.press("ArrowUp"))
    assert walk.value("model.curve")[1] == 2.1
    assert page.evaluate("document.activeElement.dataset.knot") == "0"
    page.wait_for_function("() => location.search.includes('model.curve')")
    assert page.evaluate("explorer.S.parts.run.drawn_words") == "drawn: 16 samples"

    walk.after(lambda: page.keyboard.press("Delete"))
    assert len(walk.value("model.curve")) == 4
    walk.after(lambda: row.locator("[data-bend]").click())
    assert walk.value("model.curve") == []

    row.locator("input").fill("1, 2, 0.5, 3")
    row.locator("input").press("Enter")
    page.wait_for_selector(".row.wrong .why")
    assert "its σ must rise" in row.locator(".why").inner_text()
