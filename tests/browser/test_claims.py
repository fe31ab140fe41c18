"""The Claims page: it opens with the record, and a claim can be measured again."""

import json
import re

import pytest

from explorer.study.claims import CLAIMS

from ..waiting import PATIENCE
from .walk import Walk

ROWS = "document.querySelectorAll('#claims-rows details').length"


def opened(walk, query=""):
    walk.open(f"samples=16&nfe=9&tab=claims{query}")
    walk.page.wait_for_function(f"() => {ROWS} > 0")


def test_it_opens_with_every_claim_and_chooses_among_them(walk):
    opened(walk)
    assert walk.page.evaluate(ROWS) == len(CLAIMS)
    note = walk.page.inner_text("#claims-note")
    assert re.match(r"Measured with version \S+ on \d{4}-\d\d-\d\d", note), note
    walk.page.get_by_role("button", name="AMED", exact=True).last.click()
    amed = sum(c.paper == "AMED" for c in CLAIMS.values())
    assert walk.page.evaluate(ROWS) == amed
    assert walk.page.inner_text("#claims-title").startswith(f"{amed} claims tried here: ")
    walk.page.locator("#claims-verdicts button", has_text="do not hold here").click()
    verdicts = walk.page.locator("#claims-rows .verdict").all_inner_texts()
    assert set(verdicts) == {"does not hold here"} and len(verdicts) < amed
    walk.page.wait_for_function("() => location.search.includes('paper=AMED')")


def test_a_link_opens_a_claim_that_is_measured_again_and_seen(walk):
    opened(walk, "&claim=score-from-denoiser")
    row = walk.page.locator("details[data-name=score-from-denoiser]")
    assert row.locator("dl").is_visible() and "Eq. 3" in row.inner_text()
    copied = walk.copied(row.get_by_role("button", name="Copy command").click)
    assert copied == "python -m explorer study claims score-from-denoiser"
    row.get_by_role("button", name="Measure again").click()
    row.get_by_text("(measured just now)").wait_for()
    assert row.locator(".verdict").inner_text() == "holds"
    assert (
        row.get_by_role("link", name="Open in Explore")
        .get_attribute("href")
        .endswith("?data=spiral")
    )


def test_a_number_of_an_earlier_version_is_never_shown_as_fresh(walk):
    def older(route):
        if '"fn_name":"claim_list"' not in (route.request.post_data or ""):
            return route.continue_()
        answer = route.fetch(timeout=1e3 * PATIENCE)
        told = json.loads(answer.text())
        row = next(r for r in told["rows"] if r["name"] == "score-from-denoiser")
        row |= {"stale": "of an earlier version; measure it again", "verdict": "", "chip": "none"}
        return route.fulfill(response=answer, body=json.dumps(told))

    walk.page.route("**/component_server**", older)
    opened(walk, "&claim=score-from-denoiser")
    row = walk.page.locator("details[data-name=score-from-denoiser]")
    assert row.locator(".verdict").inner_text() == "not of today"
    assert "of an earlier version; measure it again" in row.inner_text()


@pytest.mark.parametrize("size", [(390, 844), (768, 1024), (1024, 768)], ids=str)
def test_it_fits_a_small_screen(browser, server, size):
    visitor = Walk(browser, server, viewport=dict(zip(("width", "height"), size)), has_touch=True)
    opened(visitor, "&claim=rho-3-equalises-heun")
    wide = visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    cut = visitor.page.evaluate(
        "[...document.querySelectorAll('.top button, .claims button, .claims summary')]"
        ".filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.textContent)"
    )
    visitor.leave()
    assert wide <= 0 and cut == [] and not visitor.errors and not visitor.outside


def test_a_long_one_is_cancelled_and_keeps_the_number_of_the_record(walk):
    opened(walk, "&claim=churn-hurts-the-new-training")
    row = walk.page.locator("details[data-name=churn-hurts-the-new-training]")
    number = row.locator(".number").inner_text()
    row.get_by_role("button", name="Measure again").click()
    assert row.locator(".verdict").inner_text() == "measuring …"
    row.get_by_role("button", name="Cancel").click()
    row.get_by_role("button", name="Measure again").wait_for()
    assert row.locator(".number").inner_text() == number
    assert "Cancelled" in walk.page.inner_text("#claims-problem")
