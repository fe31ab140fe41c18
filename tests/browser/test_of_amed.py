"""Edits, what lies between images, paths in planes and AMED's ablations in a real browser."""

from .walk import SWEPT, Walk

EDIT = (
    "tab=compare&compare=edit&data=digits&model=network&model.checkpoint=digits-f-cond&nfe=5"
    "&model.condition=3&classes=3,8&samples=16"
)
PROBLEM = "document.querySelector('#problem-text').textContent"
# the images lie in the figure as one picture, with ink in it
DRAWN = """() => { const at = document.querySelector('#fig-compare image')?.href.baseVal ?? '';
  return at.startsWith('data:image/png') ? at.length : 0; }"""


def test_an_image_changes_its_class_and_what_lies_between_is_seen(walk):
    walk.hasty().open(EDIT)
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
    )  # of its first pairs: the others take their time
    walk.page.wait_for_function(DRAWN)
    assert walk.page.is_hidden("#compare-from") and walk.page.evaluate(DRAWN) > 500
    assert len(walk.page.query_selector_all("#compare-rows tr")) == 3
    walk.page.click("[data-of=solvers]")
    walk.page.click("#compare-equal")
    walk.page.select_option("#compare-on", "networks")
    walk.page.wait_for_function("location.search.includes('on=networks')")
    walk.page.click("#compare-cancel")
    walk.page.wait_for_function("document.querySelector('#compare-cancel').hidden")


def test_the_record_of_the_ablations_is_there_at_once_and_the_headline_leads_to_it(browser, server):
    visitor = Walk(browser, server, viewport={"width": 390, "height": 844})
    visitor.open("tab=amed&data=moons&nfe=5&samples=16")
    visitor.page.wait_for_selector("#amed-standing:not([hidden])")
    visitor.page.click("#amed-standing summary")
    assert "6.61" in visitor.page.inner_text("#amed-standing")
    asked = []
    visitor.page.on("request", lambda r: asked.append("job_start" in (r.post_data or "")))
    visitor.page.click("#see-ablations")
    visitor.page.wait_for_function("document.querySelectorAll('#compare-rows tr').length > 10")
    assert not any(asked)  # a record is no job
    assert "changes to AMED" in visitor.page.inner_text("#compare-title")
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert "paths each, trained here now" not in visitor.page.inner_text("#compare-note")
    visitor.page.click("#compare-train")  # the open view, small
    visitor.page.wait_for_function(
        "document.querySelector('#compare-note').textContent.includes('trained here now')"
    )
    visitor.page.click("#compare-cancel")
    visitor.page.wait_for_function("document.querySelector('#compare-cancel').hidden")
    assert visitor.page.query_selector_all("#compare-rows tr")  # what was measured stays
    errors, outside = visitor.errors, visitor.outside
    visitor.leave()
    assert not errors and not outside
