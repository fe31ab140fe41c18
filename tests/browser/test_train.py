"""The Train page in a real browser: train on points, see the loss fall, sample from the result."""

import pytest

POINTS = "data=spiral&data.dimension=2&samples=32&nfe=9&sigma=1&tab=train"
FORM = "document.querySelector('#train-size').textContent.includes('parameters')"
TABLE = "document.querySelectorAll('#train-rows tr').length > 4"


def losses(page) -> list[list[str]]:
    return page.evaluate(
        "[...document.querySelectorAll('#train-rows tr')]"
        ".map((r) => [...r.cells].map((c) => c.textContent))"
    )


def test_train_on_points_and_sample_from_the_result(walk):
    page = walk.hasty().open(POINTS).page
    page.wait_for_function(FORM)
    page.fill("#train-kimg", "60")
    page.fill("#train-name", "walked-spiral")
    page.click("#train-start")
    named = "document.querySelector('#train-title').textContent.includes('walked-spiral')"
    page.wait_for_function(f"{named} && {TABLE}")  # no longer the shipped one's
    page.wait_for_function(
        "document.querySelector('#train-progress span').textContent.includes('a second')",
    )
    # another tab of another visitor finds the same training
    other = walk.context.new_page()
    other.goto(f"{walk.server}?{POINTS}")
    other.wait_for_function(
        "document.querySelector('#train-title')?.textContent.includes('walked-spiral')",
    )
    other.close()
    page.wait_for_function(
        "document.querySelector('#train-title').textContent.includes('trained as')"
    )
    rows = {
        r[0]: [
            float(
                v.split(" ")[0]  # below it stands its interval
                .replace("·10⁻", "e-")
                .translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))
            )
            for v in r[1:4]
        ]
        for r in losses(page)
    }
    before, now, ideal = rows["0.0684"]
    assert now < 0.85 * before and now > 0.9 * ideal
    walk.after(lambda: page.click("#train-use"))
    assert walk.value("model") == "network" and walk.value("model.checkpoint") == "walked-spiral"
    assert walk.query["model.checkpoint"] == "walked-spiral"
    assert page.is_visible("#title") and not page.is_visible(".train")


def test_augmentation_is_shown_with_its_labels(walk):
    page = walk.hasty().open("data=digits&samples=4&nfe=5&sigma=1&tab=train").page
    page.wait_for_function(FORM)
    page.click("#train-augmented")
    page.wait_for_selector(".pop .augmented canvas")
    assert page.locator(".pop .augmented tbody tr").count() == 12
    assert page.locator(".pop .augmented th").count() == 11


@pytest.mark.parametrize("kimg, words", [("much", "much"), ("0", "out of range")])
def test_nonsense_is_answered_on_the_page(walk, kimg, words):
    page = walk.hasty().open(POINTS).page
    page.wait_for_function(FORM)
    page.fill("#train-kimg", kimg)
    page.click("#train-start")
    page.wait_for_function("document.querySelector('#train-problem span').textContent")
    assert words in page.inner_text("#train-problem")
