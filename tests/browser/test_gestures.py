"""Undo and Redo: one step a gesture, by button and keys, on every page."""

from .walk import SWEPT, compare

RHO = "#timesteps-rho-rho"
NFE = '[data-key="nfe"] input[type=text]'


def _drag(page, selector, moves=12):
    """A slider from 7 towards its right end, in many moves, each long enough to be answered."""
    box = page.locator(selector).bounding_box()
    y, left = box["y"] + box["height"] / 2, box["x"] + 8
    page.mouse.move(left + 0.4 * box["width"], y)
    page.mouse.down()
    for k in range(moves):
        page.mouse.move(left + (0.4 + 0.04 * k) * box["width"], y)
        page.wait_for_function(  # each answered and drawn: the worst case
            "() => walk.asked === walk.answered && !document.body.dataset.asking"
        )
    page.mouse.up()


def _undos(page):
    return page.evaluate("[undo.disabled, redo.disabled]")


def test_a_gesture_is_one_undo_by_button_and_keys(walk):
    walk.hasty().open().unfold()
    page, first = walk.page, walk.page.evaluate("explorer.S.values")
    assert _undos(page) == [True, True]
    walk.after(lambda: _drag(page, RHO))
    dragged = walk.value("timesteps.rho")
    assert dragged > 10 and walk.page.evaluate("walk.asked") > 5
    page.evaluate("performance.now = ((now) => () => now)(performance.now())")
    for _ in range(5):  # a run of keys, however long this machine takes between them
        page.locator(RHO).press("ArrowLeft")
    page.evaluate("delete performance.now")
    walk.calm()
    run = walk.value("timesteps.rho")
    assert run < dragged
    page.locator(NFE).fill("15")
    walk.after(lambda: page.click("#pin"))  # a field that is left by a press is not of that press
    assert walk.value("nfe") == 15 and "pin" in walk.query
    walk.choose("[data-slot-select=solver]", "euler")
    page.click("#title")
    walk.after(lambda: page.keyboard.press("Control+z"))
    assert walk.value("solver") != "euler" and "pin" in walk.query
    page.keyboard.press("Control+z")
    walk.calm()
    assert "pin" not in walk.query and walk.value("nfe") == 15
    walk.after(lambda: page.keyboard.press("Meta+z"))
    assert walk.value("nfe") == 9 and walk.value("timesteps.rho") == run
    walk.after(lambda: page.click("#undo"))
    assert walk.value("timesteps.rho") == dragged
    walk.after(lambda: page.click("#undo"))
    assert page.evaluate("explorer.S.values") == first and _undos(page) == [True, False]
    walk.after(lambda: page.click("#redo"))
    assert walk.value("timesteps.rho") == dragged
    walk.after(lambda: page.keyboard.press("Control+Shift+z"))
    assert walk.value("timesteps.rho") == run
    walk.after(lambda: page.keyboard.press("Control+y"))
    assert walk.value("nfe") == 15
    field = page.locator(NFE)
    field.fill("21")
    field.press("Control+z")  # the field's own Undo
    assert (
        field.input_value() == "15" and walk.value("nfe") == 15 and walk.value("solver") != "euler"
    )
    page.click("#redo")
    walk.calm()
    assert "pin" in walk.query
    walk.after(lambda: page.click("#redo"))
    assert walk.value("solver") == "euler" and _undos(page) == [False, True]


def test_back_goes_between_pages_and_whole_views_and_undo_within(walk):
    walk.hasty().open()
    page = walk.page
    page.evaluate("window.same = true")  # no new document on the way
    length = page.evaluate("history.length")
    walk.choose("[data-slot-select=solver]", "euler")
    assert page.evaluate("history.length") == length  # settings replace their address
    for name in ("design", "schedules"):
        page.click(f".tabs [data-page={name}]")
        walk.calm()
    assert page.evaluate("history.length") == length + 2 and walk.query["tab"] == "schedules"
    page.wait_for_function("document.body.dataset.schedules")
    walk.calm()
    page.go_back()
    page.wait_for_function("explorer.S.page === 'design'")
    page.go_back()
    page.wait_for_function("explorer.S.page === 'explore'")
    walk.calm()
    assert "tab" not in walk.query and walk.query["solver"] == "euler"
    before = page.evaluate("explorer.S.values")
    page.go_forward()
    page.wait_for_function("explorer.S.page === 'design'")
    page.go_back()
    page.wait_for_function("explorer.S.page === 'explore'")
    page.evaluate("""() => {
      const a = document.createElement('a'), href = '?data=spiral&samples=16&nfe=5&stage=true';
      Object.assign(a, {href, textContent: 'another view', id: 'other'});
      document.querySelector('#status').append(a);
    }""")
    walk.after(lambda: page.click("#other"))
    assert walk.value("data") == "spiral" and walk.query["stage"] == "true"
    after = page.evaluate("explorer.S.values")
    walk.after(lambda: page.click("#undo"))  # a whole view is one step
    assert page.evaluate("explorer.S.values") == before
    walk.after(lambda: page.click("#redo"))
    assert page.evaluate("explorer.S.values") == after
    walk.after(page.go_back)
    assert page.evaluate("explorer.S.values") == before and "stage" not in walk.query
    walk.after(page.go_forward)
    assert page.evaluate("explorer.S.values") == after
    walk.after(lambda: page.click("#undo"))  # Back, too, is a step
    assert page.evaluate("explorer.S.values") == before
    assert page.evaluate("window.same")


def test_a_mend_is_one_undo_and_shows_on_its_page(walk):
    walk.hasty().open("tab=schedules")
    page, box = walk.page, walk.page.locator("#sch-text")
    page.wait_for_function("document.body.dataset.schedules")
    first = box.input_value()
    for more in ("14.6, 6.5, 2.9, 1.1", ", 0.03, 0.0"):  # goes on in the field: the same step
        end = f'{more}"'  # of the text as it is sent; what is typed slowly is read on the way too
        with page.expect_response(lambda r, end=end: end in (r.request.post_data or "")):
            box.press_sequentially(more, delay=20)
        walk.answered()
    assert page.evaluate("document.body.dataset.schedules") == "read"
    page.click("#sch-title")
    page.click(".tabs [data-page=explore]")
    walk.calm()
    page.click("#undo")
    page.wait_for_function("explorer.S.page === 'schedules'")
    page.wait_for_function(
        "(text) => document.querySelector('#sch-text').value === text", arg=first
    )
    page.click("#redo")
    page.wait_for_function("() => document.querySelector('#sch-text').value.includes('0.03')")


def test_keys_play_and_step_and_do_nothing_while_one_types(walk):
    walk.hasty().open()
    page = walk.page
    where = "[explorer.S.playing, explorer.S.sigma]"
    page.evaluate("document.activeElement?.blur()")
    _, start = page.evaluate(where)
    page.keyboard.press("ArrowRight")
    assert page.evaluate(where)[1] < start
    page.keyboard.press("Home")
    assert page.evaluate(where)[1] == page.evaluate("explorer.S.parts.run.sigma[0]")
    page.keyboard.press("Space")
    assert page.evaluate(where)[0]
    page.keyboard.press("Space")
    assert not page.evaluate(where)[0]
    page.keyboard.press("End")
    end = page.evaluate(where)
    page.locator(NFE).click()
    for key in ("Space", "ArrowLeft", "Home", "?"):
        page.keyboard.press(key)
    assert page.evaluate(where) == end and page.is_hidden("#keys")
    page.locator(NFE).press("Escape")
    page.click("#title")
    page.keyboard.press("?")
    assert page.is_visible("#keys") and "play" in page.inner_text("#keys")
    page.keyboard.press("Space")  # presses the box's own button, as it has the focus
    page.wait_for_function("!document.querySelector('#keys').open")
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    assert page.is_hidden("#keys") and page.evaluate(where) == end


COMPARED = """() => [
  ...document.querySelectorAll('.compare [aria-pressed=true]')].map((b) => b.dataset.name ?? b.id
).concat(document.querySelector('#compare-budgets').value).join(' ')"""


def test_compare_takes_back_chips_and_kinds_and_measures_nothing_by_it(walk):
    compare(walk, "budgets=5,9&solvers=euler,heun")
    page, jobs = walk.page, []
    page.wait_for_function(SWEPT)
    page.on("request", lambda r: "job_start" in (r.post_data or "") and jobs.append(r.url))
    seen = [page.evaluate(COMPARED)]
    title = page.inner_text("#compare-title")
    for word, press in (
        ("solvers", "#compare-solvers [data-name=heun]"),
        ("grids", "#compare-grids button"),
        ("along", "#compare-chips button"),
        ("", "#compare-local"),
    ):
        if word:
            page.click(f"#compare-words [data-opens={word}]")
        page.locator(press).first.click()
        page.keyboard.press("Escape")
        seen.append(page.evaluate(COMPARED))
    assert len(set(seen)) == 5
    page.wait_for_function(SWEPT)
    assert len(jobs) == 1 and page.inner_text("#compare-title") != title
    walk.calm()
    for before in seen[-2::-1]:
        page.click("#undo")
        assert page.evaluate(COMPARED) == before
        assert page.inner_text("#compare-title") == title  # the result of what is on show
        walk.calm()
    for after in seen[1:]:
        page.click("#redo")
        assert page.evaluate(COMPARED) == after
        walk.calm()
    assert page.inner_text("#compare-title") != title and len(jobs) == 1


FORM = """(page) => [...document.querySelectorAll(`[data-own][data-body=${page}] *`)]
  .filter((f) => f.matches('select, input') && !f.closest('[data-slot=data]'))
  .map((f) => f.type === 'checkbox' ? f.checked : f.value).join(' ')"""
FILLED = "document.querySelector('#train-size').textContent.includes('parameters')"
STARTS = "!document.querySelector('#train-start').disabled"  # its recipe is here
HOLDS = f"([page, form]) => ({FORM})(page) === form && {FILLED}"


def test_the_forms_of_train_and_amed_are_taken_back_field_by_field(walk):
    """By the same steps as the settings: a field until it is left, a menu, a recipe with all that
    follows it."""
    page = walk.hasty().open("data=moons&data.dimension=2&samples=16&nfe=9&sigma=1&tab=train").page
    for name, field, typed, menu in (
        ("train", "#train-p_mean", "-0.7", "#train-config"),
        ("amed", "#amed-rounds", "3", "#amed-student"),
    ):
        page.click(f".tabs [data-page={name}]")
        page.wait_for_function(FILLED)
        page.wait_for_function(STARTS)
        page.evaluate(
            "document.querySelectorAll('[data-own] details').forEach((d) => (d.open = true))"
        )
        seen = [page.evaluate(FORM, name)]
        page.locator(field).fill("")
        page.locator(field).press_sequentially(typed)
        page.locator(field).press("Tab")
        seen.append(page.evaluate(FORM, name))
        page.locator(menu).select_option(index=1)
        page.wait_for_function(
            "([page, form]) => (" + FORM + ")(page) !== form", arg=[name, seen[1]]
        )
        walk.calm()
        page.wait_for_function(STARTS)
        seen.append(page.evaluate(FORM, name))
        assert len(set(seen)) == 3
        for before in seen[-2::-1]:
            page.click("#undo")
            page.wait_for_function(HOLDS, arg=[name, before])
        for after in seen[1:]:
            page.click("#redo")
            page.wait_for_function(HOLDS, arg=[name, after])
        assert page.is_disabled("#redo")
