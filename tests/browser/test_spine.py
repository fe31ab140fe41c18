"""The strips in a real browser: explained, walked, dragged by mouse and finger, saved."""

import pytest

from .walk import END, NUDGE, Walk, drag, place, saved


def test_every_strip_explains_itself_with_numbers(walk):
    walk.open("samples=16&nfe=9&sigma=1")
    walk.page.wait_for_function("explorer.S.parts.error && explorer.S.parts.path")
    buttons = walk.page.locator(".strip-head button.i")
    assert buttons.count() == 5
    for k in range(5):
        buttons.nth(k).click()
        assert walk.page.is_visible("#pop")
        assert len(walk.page.inner_text("#pop")) > 60
        assert walk.page.locator("#pop td").count() > 5
        walk.page.keyboard.press("Escape")


def test_another_measure_is_another_curve(walk):
    walk.open("samples=16&nfe=9&sigma=1")
    choices = [("measure", v) for v in ("kappa", "angle", "chord", "bend")]
    choices += [("weight", v) for v in ("vp", "ve", "iddpm", "raw", "edm")]
    figure = "document.querySelector('#fig-still').toDataURL()"
    before, asked = walk.page.evaluate(figure), walk.page.evaluate("walk.all")
    for field, value in choices:
        walk.page.select_option(f"select[data-field={field}]", value)
        after = walk.page.evaluate(figure)
        assert after != before, value
        before = after
    assert walk.page.evaluate("walk.all") == asked


def test_rows_and_the_spine_move_the_cursor_without_the_server(walk):
    walk.open()
    asked = walk.page.evaluate("walk.all")
    walk.page.locator("#rows tr").nth(2).click()
    assert walk.page.evaluate("explorer.S.sigma === explorer.S.parts.run.sigma[2]")
    assert walk.page.locator("#rows tr").nth(2).get_attribute("aria-current") == "true"
    box = walk.page.locator("#hit").bounding_box()
    levels = []
    for part in (0.35, 0.65):
        walk.page.mouse.click(box["x"] + part * box["width"], box["y"] + 0.9 * box["height"])
        levels.append(walk.page.evaluate("explorer.S.sigma"))
    assert 80 > levels[0] > levels[1] > 0.002
    assert walk.page.evaluate("walk.all") == asked


def test_the_cursor_waits_in_the_worst_step_until_the_reader_moves_it(walk):
    walk.open("data=moons&samples=16&nfe=9")
    walk.page.wait_for_function("() => explorer.S.parts.error?.exact")
    hot = walk.page.evaluate("explorer.S.parts.error.hot.at(-1)")
    sigma = walk.page.evaluate("explorer.S.parts.run.sigma")
    assert sigma[hot + 1] < walk.page.evaluate("explorer.S.sigma") < sigma[hot]
    walk.page.click("#first")
    walk.after(lambda: walk.page.evaluate(NUDGE, "timesteps-rho-rho"))
    walk.page.wait_for_function("() => explorer.S.parts.error?.exact")
    assert walk.page.evaluate("explorer.S.sigma === explorer.S.parts.run.sigma[0]")


def test_the_spine_is_walked_by_keys(walk):
    walk.open()
    walk.page.focus("#hit")
    walk.page.keyboard.press("Home")
    for index in (1, 2):
        walk.page.keyboard.press("ArrowRight")
        assert walk.page.evaluate(f"explorer.S.sigma === explorer.S.parts.run.sigma[{index}]")
    assert "step 3 of" in walk.page.get_attribute("#hit", "aria-valuetext")


def test_a_step_dragged_to_a_better_place_lowers_the_error(walk):
    """A list with a gap from 20 to 0.03, and its step at 30 dragged into the gap."""
    walk.open(
        "data=moons&data.dimension=2&samples=32&solver=ddim&timesteps=custom"
        "&timesteps.levels=80,40,30,20,0.03,0.01&sigma=1"
    )
    walk.page.wait_for_function(f"{END} > 0")
    before, levels = walk.page.evaluate(END), walk.value("timesteps.levels")
    walk.after(lambda: drag(walk, 20, 1))
    after, moved = walk.page.evaluate(END), walk.value("timesteps.levels")
    assert moved[3] == pytest.approx(1, rel=0.1)
    assert [v for i, v in enumerate(moved) if i != 3] == [v for i, v in enumerate(levels) if i != 3]
    assert after < 0.8 * before
    assert "1" in walk.query["timesteps.levels"].split(",")[3]
    walk.after(lambda: walk.page.click("#undo"))
    assert walk.page.evaluate(END) == pytest.approx(before)


def test_a_step_is_never_dragged_past_its_neighbour(walk):
    walk.open("data=moons&samples=16&timesteps=custom&timesteps.levels=80,20,5,1,0.1&sigma=1")
    walk.after(lambda: drag(walk, 5, 70))
    levels = walk.value("timesteps.levels")
    assert levels == sorted(levels, reverse=True) and 18 < levels[2] < 20


def test_a_finger_scrubs_and_drags_a_step(browser, server):
    visitor = Walk(
        browser, server, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    visitor.open("data=moons&samples=16&timesteps=custom&timesteps.levels=80,20,5,1,0.1&sigma=1")
    page, fingers = visitor.page, visitor.context.new_cdp_session(visitor.page)

    def swipe(points):
        for kind, point in zip(["touchStart"] + ["touchMove"] * len(points), [points[0], *points]):
            fingers.send(
                "Input.dispatchTouchEvent",
                {"type": kind, "touchPoints": [{"x": point[0], "y": point[1]}]},
            )
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    track = page.locator("#track").bounding_box()
    y = track["y"] + track["height"] / 2
    swipe([(track["x"] + f * track["width"], y) for f in (0.3, 0.5, 0.7, 0.8)])
    page.wait_for_function("() => explorer.S.sigma < 0.9")
    page.locator("#axis").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('#axis').scrollIntoView({block: 'start'})")
    (x, height), (end, _) = place(visitor, 5), place(visitor, 2)
    visitor.after(lambda: swipe([(x + f * (end - x), height) for f in (0, 0.25, 0.5, 0.75, 1)]))
    levels = visitor.value("timesteps.levels")
    visitor.leave()
    assert levels[2] == pytest.approx(2, rel=0.3) and levels[1] == 20 and levels[3] == 1
    assert not visitor.errors and not visitor.outside


def test_the_figure_is_saved_with_its_axes_and_findings(walk):
    walk.open()
    walk.page.wait_for_function("explorer.S.parts.error")
    news = saved(walk.page, "#save")
    assert news.suggested_filename.endswith(".svg")
    drawing = open(news.path(), encoding="utf-8").read()
    assert "<svg" in drawing and "noise level σ" in drawing
    for head in ("Time steps", "Curvature", "Out of plane", "Loss", "Error"):
        assert head in drawing, head
    assert drawing.count("<path") > 20
