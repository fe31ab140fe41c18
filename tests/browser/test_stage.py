"""The stage in a real browser: the cursor, ways to look, zoom, play, the picture saved."""

from .walk import NUDGE, PICTURE, saved


def test_the_stage_is_looked_at_played_copied_saved_and_zoomed(walk):
    """One visitor: nothing before the zoom changes the view."""
    walk.open()
    the_cursor_asks_no_server(walk)
    each_way_to_look_at_the_samples_is_a_picture_of_its_own(walk, "what", ("D", "e", "x"), 3)
    ways = ("true", "strip", "fit")
    each_way_to_look_at_the_samples_is_a_picture_of_its_own(walk, "stage-view", ways, 3)
    play_moves_the_cursor_until_pause(walk)
    single_steps_land_on_the_levels_of_the_run(walk)
    a_table_is_copied_whole(walk)
    walk.page.keyboard.press("Escape")
    the_picture_on_the_stage_is_saved(walk)
    zoom_is_kept_over_a_new_run(walk)


def the_cursor_asks_no_server(walk):
    before, level = walk.page.evaluate("walk.all"), walk.page.inner_text("#now-sigma")
    for value in (0, 250, 500, 999, 700):
        walk.page.evaluate(
            """(v) => {
          const scrub = document.querySelector('#scrub');
          scrub.value = v;
          scrub.dispatchEvent(new Event('input', {bubbles: true}));
        }""",
            value,
        )
    for button in ("#next", "#prev", "#first", "#play", "#play"):
        walk.page.click(button)
    walk.page.focus("#scrub")
    walk.page.keyboard.press("ArrowRight")
    for what in ("D", "e", "x"):
        walk.page.check(f'#what input[value="{what}"]', force=True)
    assert walk.page.inner_text("#now-sigma") != level
    assert walk.page.evaluate("walk.all") == before


def each_way_to_look_at_the_samples_is_a_picture_of_its_own(walk, name, values, shown):
    pictures, before = {walk.page.evaluate(PICTURE)}, walk.page.evaluate("walk.all")
    for value in values:
        walk.page.locator(f'label:has(input[name="{name}"][value="{value}"])').click()
        pictures.add(walk.page.evaluate(PICTURE))
    assert len(pictures) == shown and walk.page.evaluate("walk.all") == before


def play_moves_the_cursor_until_pause(walk):
    walk.page.click("#first")
    walk.page.click("#play")
    walk.page.wait_for_function("explorer.S.sigma < 60")
    walk.page.click("#play")
    stopped = walk.page.evaluate("explorer.S.sigma")
    walk.calm()
    assert walk.page.evaluate("explorer.S.sigma") == stopped
    assert walk.page.get_attribute("#play", "aria-label") == "Play"


def single_steps_land_on_the_levels_of_the_run(walk):
    for button, index in (("#first", 0), ("#next", 1), ("#next", 2), ("#prev", 1)):
        walk.page.click(button)
        assert walk.page.evaluate(f"explorer.S.sigma === explorer.S.parts.run.sigma[{index}]")


def zoom_is_kept_over_a_new_run(walk):
    box = walk.page.locator("#box").bounding_box()
    walk.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.4 * box["height"])
    walk.page.mouse.wheel(0, -300)
    walk.page.wait_for_function("explorer.S.zoom.k > 1.2")
    zoom = walk.page.evaluate("explorer.S.zoom")
    walk.after(lambda: walk.page.evaluate(NUDGE, "nfe-"))
    assert walk.page.evaluate("explorer.S.zoom") == zoom


def a_table_is_copied_whole(walk):
    walk.page.click("[data-strip=steps]")
    walk.page.click("#pop [data-copy=table]")
    walk.page.wait_for_function("document.querySelector('#pop').innerText.includes('Copied')")
    lines = walk.page.evaluate("navigator.clipboard.readText()").splitlines()
    assert len(lines) == 1 + walk.page.evaluate(
        "explorer.S.parts.run.sigma.filter((s) => s > 0).length"
    )
    assert {line.count("\t") for line in lines} == {lines[0].count("\t")} != {0}
    assert "NaN" not in "".join(lines) and "undefined" not in "".join(lines)


def the_picture_on_the_stage_is_saved(walk):
    news = saved(walk.page, "#keep", "png")
    assert news.suggested_filename == "two-moons-in-16-d-heun-9-evaluations.png"
    assert open(news.path(), "rb").read(8) == b"\x89PNG\r\n\x1a\n"
