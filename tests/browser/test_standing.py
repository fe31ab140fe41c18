"""A server that stops under an open page and comes back: every page says so, nothing is lost."""

import pytest

from explorer.bench import page as served_page

from .walk import READY, SMALL, SWEPT, Walk

PAGES = ("schedules", "compare", "train", "amed", "design", "claims")
SAID = "() => document.body.dataset.offline === '1'"
BACK = "() => document.body.dataset.offline === ''"


@pytest.fixture
def stage(browser, tmp_path, monkeypatch):
    """begin() starts a server, always at the same address; and a visitor for it."""
    port = served_page.free_port()
    monkeypatch.setattr(served_page, "free_port", lambda: port)
    begin = lambda: served_page.served(
        (*served_page.APP, "--threads", "1"), EXPLORER_CACHE=str(tmp_path)
    )
    visitor = Walk(browser, f"http://127.0.0.1:{port}/")
    yield begin, visitor.hasty()
    assert not visitor.outside
    visitor.leave()


def show(look, name: str):
    look.click(f"[data-page={name}]")


def says_when_the_server_is_another(walk):
    """Quietly, with a button that loads the page again; of the same version nothing."""
    look = walk.page
    assert look.locator("#newer").count() == 0  # it came back as it was
    told = look.request.get(f"{walk.server}explorer/here").headers["explorer-version"]
    assert look.locator(f"link[href*='/explorer/{told}/css']").count() == 1  # its own pages
    named = {"explorer-version": "9.8.7-0123456789ab"}
    look.route("**/explorer/here", lambda route: route.fulfill(status=204, headers=named))
    look.wait_for_selector("#newer:has-text('9.8.7')")
    look.unroute("**/explorer/here")
    with look.expect_navigation():
        look.click("#newer button:text-is('Reload')")
    look.wait_for_function(READY)
    assert walk.value("nfe") == 11
    assert look.locator("#newer").count() == 0


def test_every_page_says_that_the_server_stopped_and_works_when_it_is_back(stage):
    begin, walk = stage
    look = walk.page
    with begin():
        walk.open(SMALL)
        show(look, "compare")
        look.wait_for_function(SWEPT)
        measured = look.inner_text("#compare-rows")
    look.wait_for_function(SAID)
    assert look.is_visible("#standing")
    assert look.inner_text("#standing").startswith("No server since ")
    assert look.inner_text("#compare-rows") == measured  # the last answer stays
    look.click("#compare-run", force=True)  # would begin what nobody hears
    assert look.locator("#standing.asked").count() == 1
    assert look.inner_text("#compare-rows") == measured
    for name in PAGES:  # those too that never had an answer
        show(look, name)
        assert look.is_visible("#standing"), name
    show(look, "explore")
    assert look.is_hidden("#standing")
    look.wait_for_selector("#headline[data-state=offline]")
    look.fill("[data-key=nfe] input[type=text]", "11")
    look.keyboard.press("Enter")
    assert walk.value("nfe") == 11
    show(look, "claims")
    walk.errors.clear()  # the browser's own lines about lost requests
    with begin():
        look.evaluate("document.querySelector('#standing button').click()")  # or by itself
        look.wait_for_function(BACK)
        walk.errors.clear()
        look.wait_for_selector("#claims-rows details")
        assert look.is_hidden("#standing") and look.is_hidden("#claims-problem")
        show(look, "explore")
        assert look.is_visible("details[data-group=data]")  # and no form of another page holds it
        look.wait_for_function("() => explorer.S.shown.nfe === 11")  # what was kept was sent
        walk.calm()
        assert look.locator("#headline[data-state=offline]").count() == 0
        for name, there in {
            "design": "#design-body table",
            "schedules": "#sch-text[aria-invalid=false]",
            "train": "#train-start:not([disabled])",
            "amed": "#fig-amed-plane .main-svg",
        }.items():
            show(look, name)
            look.wait_for_selector(there)
            assert "did not answer" not in look.inner_text("body"), name
        show(look, "compare")
        look.click("#compare-run")
        look.wait_for_function("() => document.querySelector('#compare-progress').hidden")
        assert look.is_hidden("#compare-stale") and look.locator("#compare-rows tr").count() > 3
        assert not walk.errors
        says_when_the_server_is_another(walk)
