"""Comparing two runs, measuring again, and what a page owes to whoever cannot see or point well."""

from urllib.parse import parse_qs

import pytest

from .test_browser import NUDGE, SWEPT, Walk, place, walk  # noqa: F401

PLAIN = "data=moons&samples=16&nfe=9&sigma=1"
MEASURED = "() => explorer.S.parts.error?.finding"


def pin(walk, query=PLAIN):
    walk.open(query)
    walk.page.wait_for_function(MEASURED)
    walk.page.click("#pin")
    walk.page.wait_for_function(
        "document.querySelector('#subtitle').textContent.includes('This is the pinned run.')"
    )


def test_a_pinned_run_is_compared_with_the_one_on_show(walk):
    pin(walk)
    before = walk.page.evaluate("explorer.S.parts.error.added_up.at(-1)")
    walk.after(lambda: walk.page.evaluate(NUDGE, "timesteps-rho-rho"))
    walk.page.wait_for_function(
        "document.querySelector('#subtitle').textContent.includes('Pinned (ρ 7)')"
    )
    now = walk.page.evaluate("explorer.S.parts.error.added_up.at(-1)")
    sentence = walk.page.inner_text("#subtitle")
    assert f"{float(f'{before:.2g}'):g}" in sentence
    assert ("× as much" in sentence) == (before > 1.05 * now)
    walk.page.click("[data-strip=error]")
    assert "pinned: ρ 7" in walk.page.inner_text("#pop")  # its curve, with its numbers
    walk.page.keyboard.press("Escape")
    walk.page.click("#pin")
    assert "inned" not in walk.page.inner_text("#subtitle")


def test_a_pinned_run_travels_in_the_link_and_lies_in_the_saved_figure(walk):
    pin(walk)
    walk.after(lambda: walk.page.evaluate(NUDGE, "timesteps-rho-rho"))
    walk.page.wait_for_function("location.search.includes('pin=')")
    pinned = parse_qs(walk.query["pin"])
    assert pinned["nfe"] == ["9"] and "timesteps.rho" not in pinned
    sentence = walk.page.inner_text("#subtitle")
    walk.page.reload()
    walk.page.wait_for_function(
        "(t) => document.querySelector('#subtitle')?.textContent === t", arg=sentence
    )
    assert walk.page.inner_text("#pin") == "Unpin"
    with walk.page.expect_download() as news:
        walk.page.click("#save")
    assert "pinned: ρ 7" in open(news.value.path(), encoding="utf-8").read()


def test_a_pin_with_nonsense_is_said(walk):
    walk.open(f"{PLAIN}&pin=solver%3Dhune")
    walk.page.wait_for_selector("#problem:not([hidden])")
    sentence = walk.page.inner_text("#problem-text")
    assert "pinned run" in sentence and "hune" in sentence
    assert walk.value("solver") == "heun" and walk.page.inner_text("#pin") == "Pin this run"


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


def test_flat_data_are_lifted_by_one_click(walk):
    walk.open(f"{PLAIN}&data.dimension=2")
    assert "cannot leave its plane" in walk.page.inner_text("#spine-over")
    walk.after(lambda: walk.page.click("#spine-over [data-set]"))
    assert walk.value("data.dimension") == 16 and walk.page.is_hidden("#problem")


def test_compare_measures_at_once_and_says_when_it_is_out_of_date(walk):
    walk.open(f"{PLAIN}&data.dimension=2&budgets=5,9&solvers=heun,ddim")
    walk.page.click("[data-page=compare]")
    walk.page.wait_for_function(SWEPT)
    assert walk.page.locator("#compare-rows tr").count() == 2
    assert walk.page.is_hidden("#compare-stale")
    title = walk.page.inner_text("#compare-title")
    walk.page.evaluate(NUDGE, "timesteps-rho-rho")
    walk.page.wait_for_selector("#compare-stale:not([hidden])")
    assert walk.page.inner_text("#compare-title") == title  # the last good figure stays
    walk.page.click("#compare-again")
    walk.page.wait_for_function(
        "(t) => document.querySelector('#compare-title').textContent !== t", arg=title
    )
    walk.page.wait_for_function(SWEPT)
    assert walk.page.is_hidden("#compare-stale")
    with walk.page.expect_download() as news:
        walk.page.click("[data-save=fig-compare]")
    assert news.value.suggested_filename.endswith(".svg")


@pytest.mark.parametrize("kind", ["sweep", "local", "distance", "churn"])
def test_what_is_compared_fits_a_phone(browser, server, kind):
    visitor = Walk(browser, server, viewport={"width": 390, "height": 844}, has_touch=True)
    visitor.context.set_default_timeout(120_000)  # a measurement on a busy machine
    visitor.open(
        f"tab=compare&compare={kind}&{PLAIN}&data.dimension=2&s_churn=9&budgets=5,9"
        "&solvers=heun,unipc"
    )
    visitor.page.wait_for_function(SWEPT)
    box, figure = (
        visitor.page.locator(s).bounding_box()
        for s in ("#fig-compare", "#fig-compare .main-svg >> nth=0")
    )
    words = visitor.page.evaluate("""() => [...document.querySelectorAll('#fig-compare text')]
      .map((t) => [t.textContent, t.getBoundingClientRect()])
      .filter(([t, r]) => t && r.width && (r.left < 0 || r.right > innerWidth)).map(([t]) => t)""")
    named = visitor.page.inner_text("#compare-names")
    visitor.context.close()
    assert figure["width"] <= box["width"] and words == []
    assert ("UniPC" in named) == (kind == "sweep") and ("ρ = 7" in named) == (kind == "local")
    assert not visitor.errors and not visitor.outside


def test_every_lesson_opens_what_it_says(walk):
    walk.open()
    walk.page.click("#lessons")
    links = walk.page.eval_on_selector_all(
        "#pop a", "all => all.map((a) => a.getAttribute('href'))"
    )
    assert len(links) >= 5
    for link in links:
        wanted = {k: v[0] for k, v in parse_qs(link[1:]).items()}
        walk.open(f"{link[1:]}&samples=16&budgets=5,9")
        if "compare" in wanted:
            walk.page.wait_for_function(SWEPT)
        elif "tab" not in wanted:
            walk.page.wait_for_function(MEASURED)
        assert walk.page.is_hidden("#problem"), (link, walk.page.inner_text("#problem-text"))
        kept = {k for k in wanted if k in walk.query} | {"s_tmin"}  # s_tmin is the default's
        assert kept >= set(wanted) - {"timesteps.levels"}, link
    walk.page.click("#lessons")
    walk.page.click("#pop a >> nth=0")
    walk.page.wait_for_function("location.search.includes('timesteps.rho=3')")
    walk.page.wait_for_function(
        "document.querySelector('#subtitle')?.textContent.includes('Pinned (ρ 7)')"
    )


def test_the_picture_on_the_stage_is_saved(walk):
    walk.open()
    with walk.page.expect_download() as news:
        walk.page.click("#keep")
    assert news.value.suggested_filename == "two-moons-in-16-d-heun-9-evaluations.png"
    assert open(news.value.path(), "rb").read(8) == b"\x89PNG\r\n\x1a\n"


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
    visitor.context.close()
    assert levels[2] == pytest.approx(2, rel=0.3) and levels[1] == 20 and levels[3] == 1
    assert not visitor.errors and not visitor.outside


AUDIT = r"""
() => {
  const wrong = [], seen = (e) => e.offsetParent !== null;
  const name = (e) => e.getAttribute('aria-label') || [...e.labels ?? []].map((l) => l.textContent).join('')
    || e.textContent || e.title;
  for (const e of document.querySelectorAll('.page :is(button, input, select, [tabindex])'))
    if (seen(e) && !name(e)?.trim()) wrong.push(`no name: ${e.outerHTML.slice(0, 90)}`);
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data].map((v, i) => i === 3 ? v / 255 : v);
  };
  const over = (top, base) => base.map((v, i) => i === 3 ? 1 : top[i] * top[3] + v * (1 - top[3]));
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => {
    const v = c[i] / 255;
    return sum + w * (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  }, 0);
  const ground = (e) => {
    const layers = [];
    for (let n = e; n; n = n.parentElement) layers.push(rgba(getComputedStyle(n).backgroundColor));
    return layers.reverse().reduce((base, top) => over(top, base), [255, 255, 255, 1]);
  };
  const texts = document.createTreeWalker(document.querySelector('.page'), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement, drawn = e.closest('svg'), style = getComputedStyle(e);
    if (!texts.currentNode.textContent.trim() || !(drawn ?? e).getClientRects().length) continue;
    if (e.closest(':disabled, .off, [hidden]') || style.visibility === 'hidden') continue;
    const base = ground(e), ink = over(rgba(drawn ? style.fill : style.color), base);
    const [dark, bright] = [light(ink), light(base)].sort((a, b) => a - b);
    const ratio = (bright + 0.05) / (dark + 0.05);
    if (ratio < 4.5) wrong.push(`${ratio.toFixed(2)}: ${texts.currentNode.textContent.trim().slice(0, 40)}`);
  }
  return wrong;
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "query",
    ["s_churn=9", "data=digits", "tab=compare&compare=sweep&budgets=5,9&data.dimension=2"],
    ids=["plane", "images", "compare"],
)
def test_every_control_has_a_name_and_every_word_can_be_read(browser, server, query, theme):
    visitor = Walk(browser, server, color_scheme=theme)
    visitor.open(f"samples=16&nfe=9&sigma=1&{query}").unfold()
    if "compare" in query:
        visitor.page.wait_for_function(SWEPT)
    wrong = visitor.page.evaluate(AUDIT)
    visitor.context.close()
    assert wrong == []


def test_at_rest_nothing_asks_for_frames(walk):
    """Gradio's loading screen would count its seconds in every frame for ever (assets/loader.js)."""
    walk.open(PLAIN)
    walk.page.wait_for_timeout(4000)
    frames = walk.page.evaluate("""() => new Promise((done) => {
      const first = requestAnimationFrame(() => {});
      setTimeout(() => done(requestAnimationFrame(() => {}) - first), 1500); })""")
    assert frames < 20  # a loop would have made 90


def test_an_answer_is_joined_to_what_was_held_when_it_was_asked(walk):
    """Out and back while the first answer is on its way: the paths on show are those of the view."""
    walk.open(PLAIN)
    walk.page.wait_for_function(MEASURED)
    before = walk.page.evaluate("explorer.S.parts.path.key")
    walk.page.evaluate("""() => {
      window.drawn = [];
      new MutationObserver(() => drawn.push(explorer.S.parts.path.key))
        .observe(document.body, {attributeFilter: ['data-drawn']});
      const fetch_ = window.fetch, delays = [400, 800];  // so that both are on their way at once
      window.fetch = async (...given) => {
        const answer = await fetch_(...given);
        if (String(given[1]?.body).includes('"fn_name":"explore"'))
          await new Promise((done) => setTimeout(done, delays.shift() ?? 0));
        return answer;
      };
      explorer.ask({'timesteps.sigma_max': 40});
      setTimeout(() => explorer.ask({'timesteps.sigma_max': 80}), 1); }""")
    walk.page.wait_for_timeout(2500)
    walk.calm()
    assert walk.page.evaluate("explorer.S.values['timesteps.sigma_max']") == 80
    first, second = walk.page.evaluate("drawn")[:2]
    assert first != before and second == before
