"""Edits, what lies between images, paths in planes and AMED's ablations in a real browser."""

from .walk import SWEPT

EDIT = (
    "tab=compare&compare=edit&data=digits&model=network&model.checkpoint=digits-f-cond&nfe=5"
    "&model.condition=3&classes=3,8"
)
PROBLEM = "document.querySelector('#problem-text').textContent"
# the images lie in the figure as one picture, with ink in it
DRAWN = """() => { const at = document.querySelector('#fig-compare image')?.href.baseVal ?? '';
  return at.startsWith('data:image/png') ? at.length : 0; }"""


def test_an_image_changes_its_class_and_what_lies_between_is_seen(walk):
    walk.open(EDIT)
    walk.page.wait_for_function(SWEPT)
    assert walk.page.inner_text("#compare-title").startswith("Seen as asked:")
    assert "4 evaluations each way" in walk.page.inner_text("#compare-note")
    walk.page.wait_for_function(DRAWN)
    before = walk.page.evaluate(DRAWN)
    assert before > 500  # bytes, base64
    assert walk.query["classes"] == "3,8" and walk.page.is_visible("#compare-from")
    walk.page.fill("#compare-classes", "3, 12")  # a class that the network has not
    walk.page.press("#compare-classes", "Tab")
    walk.page.wait_for_function(f"{PROBLEM}.includes('no class 12')")
    assert walk.page.inner_text("#compare-title").startswith("Seen as asked:")  # nothing is lost
    assert walk.page.evaluate(DRAWN) == before
    walk.page.click("#compare-between")
    walk.page.wait_for_function(
        "document.querySelector('#compare-title').textContent.startsWith('Good images')"
    )
    walk.page.wait_for_function(SWEPT)
    walk.page.wait_for_function(DRAWN)
    assert walk.page.is_hidden("#compare-from") and walk.page.evaluate(DRAWN) > 500
    assert len(walk.page.query_selector_all("#compare-rows tr")) == 3
