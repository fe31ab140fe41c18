"""The answer curve in a real browser: a slider grows into an axis, its points arrive while the page
rests, its dot stands over the thumb, and a drag asks nothing more."""

from .test_headline import Held
from .walk import SMALL

RHO = "#timesteps-rho-rho"
WHOLE = """() => {
  const lead = document.querySelector('.grown .answer-words b')?.textContent ?? '';
  return lead && !lead.includes('measured') && !document.querySelector('.answer-far');
}"""
APART = """() => {  // px between the dot and the thumb's middle
  const range = document.querySelector('.grown input[type=range]');
  const dot = document.querySelector('.answer-curve .dot').getBoundingClientRect();
  const {left, width} = range.getBoundingClientRect(), {min, max, value} = range;
  return dot.left + dot.width / 2 - (left + 6 + (width - 12) * (value - min) / (max - min));
}"""
SCROLLED = """(key) => new Promise((done) => {  // by its reader, while this row grows
  const row = document.querySelector(`.controls .row[data-key="${key}"]`);
  const scrolls = (e) => e.scrollHeight > e.clientHeight
    && getComputedStyle(e).overflowY !== 'visible';
  let panel = row;
  while (!scrolls(panel)) panel = panel.parentElement;
  panel.scrollTop = 0;
  new MutationObserver((_, seen) => {
    if (!row.classList.contains('grown')) return;
    seen.disconnect();
    dispatchEvent(new WheelEvent('wheel'));
    panel.scrollTop = 30;
    Object.assign(window, {panel, since: performance.now()});
    done(panel.scrollTop);
  }).observe(row, {attributes: true});
  for (const kind of ['pointerdown', 'pointerup'])
    row.querySelector('label').dispatchEvent(new PointerEvent(kind, {bubbles: true}));
})"""
ASKED = """() => { const real = window.fetch; window.answers = 0; window.fetch = (...given) => {
  if (String(given[1]?.body ?? '').includes('"fn_name":"answer"')) answers += 1;
  return real(...given);
}; }"""


def test_a_slider_with_the_focus_grows_into_an_axis(walk):
    walk.open(f"{SMALL}&timesteps.rho=6")
    page, said = walk.page, walk.page.locator(".grown .answer-words")
    page.focus(RHO)
    page.wait_for_selector(".row.grown .answer-curve .point")
    page.wait_for_function(WHOLE)
    assert page.locator(".answer-curve .point").count() >= 14
    assert abs(page.evaluate(APART)) < 1 and walk.calm().query["answer"] == "rho"
    first, value = said.text_content(), page.locator(".answer-curve .value").text_content()
    assert first.split(".")[0] and not value.startswith("≈")

    # along the curve nothing is asked, while the view is; at rest the value on show is measured
    page.evaluate(ASKED)
    views = Held(page, '"fn_name":"explore"')
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
        assert abs(page.evaluate(APART)) < 1
    assert page.evaluate("answers") == 0 and page.locator(".value").text_content().startswith("≈")
    views.let_go()
    page.wait_for_function("(old) => document.querySelector('.grown .answer-words').textContent"
                           " !== old", arg=first)  # fmt: skip
    page.wait_for_function(WHOLE)
    assert not page.locator(".value").text_content().startswith("≈")

    # of another view it looks it, until it is measured anew
    page.evaluate("window.looks = []; new MutationObserver(() => looks.push("
                  "document.querySelector('.answer').className)).observe("
                  "document.querySelector('.answer'), {attributes: true})")  # fmt: skip
    walk.choose("#slot-solver", "euler")
    page.wait_for_function("() => looks.at(-1) === 'answer' && looks.includes('answer stale')")
    page.wait_for_function(WHOLE)

    page.locator("[data-answer=table]").click()
    assert page.locator(".pop .answer-table tbody tr").count() >= 14
    page.keyboard.press("Escape")
    page.locator("[data-answer=larger]").click()
    assert page.locator(".answer-large .point").count() >= 14
    page.keyboard.press("Escape")
    assert not page.locator(".answer-large").count() and page.locator(".grown").count() == 1
    page.focus(RHO)
    page.keyboard.press("Escape")
    assert not page.locator(".grown").count()
    assert page.evaluate("document.activeElement.id") == RHO[1:]
    walk.calm()
    assert "answer" not in walk.query


def test_it_opens_after_a_drag_for_a_press_on_its_name_and_from_a_link(walk):
    walk.open(f"{SMALL}&answer=sigma_max")
    page, row = walk.page, walk.page.locator(RHO)
    page.wait_for_selector('.row.grown[data-key="timesteps.sigma_max"] .point')
    page.wait_for_function(WHOLE)  # nothing more of it comes, nor of the view while it is dragged
    views = Held(page, '"fn_name":"explore"')
    box = row.bounding_box()
    x, y = box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("window.since = performance.now()")
    for part in range(1, 5):
        page.mouse.move(x + 8 * part, y)
    page.wait_for_function("() => performance.now() - since > 320")  # as long as a drag takes
    assert (
        page.locator('.row.grown[data-key="timesteps.sigma_max"]').count() == 1
    )  # nothing moves under the pointer
    held = row.bounding_box()["y"]
    page.mouse.up()
    views.let_go()
    page.wait_for_selector('.row.grown[data-key="timesteps.rho"] .point')
    page.wait_for_function(WHOLE)
    assert abs(row.bounding_box()["y"] - held) < 1.5 and page.locator(".row.grown").count() == 1
    scrolled = page.evaluate(SCROLLED, "s_churn")
    page.wait_for_function("() => performance.now() - since > 250")  # as long as a row grows
    assert (
        page.evaluate("panel.scrollTop") == scrolled > 20
    )  # the page holds the row, but not its reader
    off = page.locator("[data-key=s_tmin]")
    off.scroll_into_view_if_needed()
    box = off.locator("input[type=text]").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("() => document.querySelector('.row.grown[data-key=s_tmin] b')"
                           "?.textContent === 'No effect while Schurn is 0.'")  # fmt: skip
    assert not page.locator(".answer-curve").is_visible()
