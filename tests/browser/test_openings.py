"""Train and AMED as they open: on what ships, with a form of their own, and true after a reload."""

from .walk import ENDS, READY, TRAINED, Walk

SPIRAL = "data=spiral&samples=16&nfe=9&sigma=1"  # a network that learned from these data ships
SEEN = "(s) => document.querySelector(s).textContent"


def test_both_pages_open_on_what_ships_and_dim_what_does_not_apply(walk):
    page = walk.hasty().open(f"{SPIRAL}&tab=train").page
    page.wait_for_function(TRAINED)
    assert page.inner_text("#train-chip") == "spiral-16d, shipped"
    assert page.locator("#train-rows tr").count() == 16
    assert page.is_visible("#fig-train-curve")
    page.wait_for_function(f"({SEEN})('#train-samples-head').includes('256 samples')")
    # the page's own form, with the data in it; nothing else of Explore's
    assert page.is_visible("#train-start") and page.is_visible('.own [data-slot-select="data"]')
    assert page.is_hidden('[data-group="budget"]') and page.is_hidden('[data-group="solver"]')
    assert page.is_disabled("#train-augment")
    assert "not augmented" in page.inner_text("#train-augment-why")
    page.select_option("#train-loss", "vp")
    assert page.is_disabled("#train-p_mean") and page.is_visible("#train-density-why")
    page.click('.tabs [data-page="amed"]')
    page.wait_for_function(ENDS)
    assert page.text_content("#fig-amed-ends .xtitle") == "end error"
    title = page.inner_text("#amed-title")
    assert title.startswith("AMED-Solver, 5 evaluations: untrained") and "learned" in title
    assert page.inner_text("#amed-chip") == "digits-amed-5, shipped"
    assert "none ships for the open view" in page.inner_text("#amed-note")
    assert page.locator("#amed-chosen-rows tr").count() == 3
    assert page.is_hidden("#amed-learning")  # no empty box before a training
    page.select_option("#amed-nfe", "9")
    page.wait_for_function(f"({SEEN})('#amed-chip') === 'digits-amed-9, shipped'")
    page.click('.tabs [data-page="explore"]')
    assert page.is_visible('[data-group="budget"]') and page.is_visible('[data-group="data"]')


def test_a_training_is_found_again_and_a_fresh_visitor_sees_nothing_of_it(walk, browser, server):
    page = walk.hasty().open("data=spiral&data.dimension=2&samples=16&nfe=9&sigma=1&tab=train").page
    page.wait_for_function(TRAINED)
    page.fill("#train-kimg", "4000")
    page.fill("#train-name", "went-on")
    page.click("#train-start")
    named = f"({SEEN})('#train-title').includes('went-on')"
    page.wait_for_function(f"{named} && document.querySelector('#train-rows td')")
    page.reload()
    page.wait_for_function(READY)
    page.wait_for_function(named)
    page.wait_for_function("document.querySelector('#train-kimg').value === '4000'")
    page.click("#train-cancel")
    page.wait_for_function(f"({SEEN})('#train-title').includes('cancelled')")
    # other settings: what is shown steps back and says of what it is
    page.select_option("#train-loss", "vp")
    page.wait_for_selector(".trained.past")
    assert "4,000 thousand" in page.inner_text("#train-of") or "4000" in page.inner_text(
        "#train-of"
    )
    fresh = Walk(browser, server, {"width": 1024, "height": 768}, beside="the trainer")
    fresh.open("data=spiral&data.dimension=2&samples=16&nfe=9&sigma=1&tab=train")
    fresh.page.wait_for_function(TRAINED)
    said = fresh.page.inner_text(".train.wide-page")
    assert "went-on" not in said and "cancelled" not in said
    fresh.leave()
