"""A step taken apart in a real browser: written, drawn, following the cursor, in the link."""

from .walk import PICTURE

SUM = """() => [...document.querySelectorAll('#apart .terms tr')].map((row) =>
  [...row.cells].slice(2).map((cell) => Number(cell.textContent.replace('−', '-'))))"""


def test_the_step_under_the_cursor_is_written_and_drawn_and_its_terms_add_up(walk):
    walk.open("nfe=9&samples=16&data.dimension=2&sigma=3")
    page = walk.page
    plain = page.evaluate(PICTURE)
    page.focus("#take-apart")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelector('#apart .is-new') && document.querySelector('#apart .is-stage')"
    )
    assert page.get_attribute("#take-apart", "aria-expanded") == "true"
    page.wait_for_function("location.search.includes('apart=1')")
    assert page.evaluate(PICTURE) != plain
    *parts, total = page.evaluate(SUM)
    assert len(parts) == 3  # x, and the slopes of Heun's two stages
    for k, value in enumerate(total):
        assert abs(sum(part[k] for part in parts) - value) < 2e-3 * max(1, abs(value))
    asked = walk.answered().page.evaluate("walk.all")
    step = int(page.inner_text("#now-step").split()[1])
    page.click("#next")  # a step that came with the first
    page.wait_for_function(
        f"document.querySelector('#apart h2').textContent.startsWith('Step {step + 1},')"
    )
    assert page.evaluate("walk.all") == asked
    page.locator('#apart label:has(input[value="answers"])').click()
    page.wait_for_selector("#apart .is-slope", state="detached")
    page.click("#apart [data-closer]")
    assert page.evaluate("explorer.S.zoom.k") > 1
    walk.choose("#slot-solver", "dpmpp_2s_a")
    page.wait_for_function(
        "[...document.querySelectorAll('#apart .terms th')].some((th) => th.textContent === '× n')"
    )
    page.locator("#apart [data-close]").focus()
    page.keyboard.press("Escape")
    page.wait_for_function("!location.search.includes('apart')")
    assert page.is_hidden("#apart")
    assert page.evaluate("document.activeElement.id") == "take-apart"
