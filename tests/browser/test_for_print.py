"""Figures for print, from the page: seen before they are saved, and true to what is on show."""

from .walk import PROVED, SMALL

SOURCE = "document.querySelector('.for-print img').src"


def test_a_figure_is_seen_chosen_and_saved_from_the_menu(walk):
    walk.open(SMALL)
    page = walk.page
    page.wait_for_function("explorer.S.parts.error")
    page.click("#export")
    page.click("#leave [data-item]:text-is('Figure…')")
    page.wait_for_function(PROVED)
    shown = page.locator(".for-print [name=what] option").all_inner_texts()
    heads = ["Time steps", "Curvature", "Out of plane", "Loss", "Error"]
    assert shown == ["All strips", *heads, "Stage"]
    widths = page.locator(".for-print [name=width] option").count()
    assert widths == 9
    before = page.evaluate(SOURCE)
    page.check(".for-print [name=grey]")
    page.wait_for_function(f"(was) => {SOURCE} !== was", arg=before)
    # 5.5 in, once the picture is read
    page.wait_for_function("document.querySelector('.for-print img').naturalWidth === 605")
    page.click(".for-print summary")
    caption = page.inner_text(".for-print .caption p")
    nfe = page.evaluate("explorer.S.parts.run.nfe")
    assert f"{nfe} NFE, on Two moons" in caption and "data=moons" in caption
    with page.expect_download() as news:
        page.click(".for-print .text")
    assert open(news.value.path(), encoding="utf-8").read() == caption + "\n"
    page.select_option(".for-print [name=what]", label="Stage")
    page.wait_for_function(PROVED)
    with page.expect_download() as news:
        page.click(".for-print .save")
    assert news.value.suggested_filename.endswith(".pdf")
    assert open(news.value.path(), "rb").read(5) == b"%PDF-"
    page.keyboard.press("Escape")
    page.wait_for_selector(".for-print", state="hidden")
    assert not walk.errors and not walk.outside
