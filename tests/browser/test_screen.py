"""Every screen, light and dark: nothing outside, each control named, each word legible."""

import pytest

from .walk import READY, SWEPT, Walk


def test_dark_mode_is_remembered(walk):
    walk.hasty().open()
    colour = "getComputedStyle(document.querySelector('.page')).backgroundColor"
    theme, before = (
        walk.page.evaluate("document.documentElement.dataset.theme"),
        walk.page.evaluate(colour),
    )
    walk.page.click("#theme")
    assert walk.page.evaluate("document.documentElement.dataset.theme") != theme
    assert walk.page.evaluate(colour) != before
    walk.page.reload()
    walk.page.wait_for_function(READY)
    assert walk.page.evaluate("document.documentElement.dataset.theme") != theme
    walk.calm()


@pytest.mark.parametrize("size", [(390, 844), (820, 1180)], ids=["phone", "tablet"])
def test_a_small_screen_has_no_sideways_scroll(browser, server, size):
    visitor = Walk(browser, server, viewport=dict(zip(("width", "height"), size)), has_touch=True)
    visitor.hasty().open()
    wide = visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    visitor.leave()
    assert wide <= 0 and not visitor.errors and not visitor.outside


SIZES = [(1440, 900), (1024, 768), (390, 844)]  # desk, laptop, phone


@pytest.mark.parametrize("turn, data", [(0, "moons"), (1, "digits"), (2, "diracs")])
def test_every_panel_lies_within_the_screen(walk, turn, data):
    """Opened at one size, each of them once, and then seen at the others."""
    for k, size in enumerate([*SIZES[turn:], *SIZES[:turn]]):
        walk.page.set_viewport_size(dict(zip(("width", "height"), size)))
        walk.calm() if k else walk.hasty().open(f"data={data}&samples=16&nfe=9&sigma=1")
        outside = walk.page.evaluate(
            """(width) => ['.top', width < 600 ? '#dock' : '.controls', '.stage', '#box',
          '.scrub', '#scrub', '.spine', '.status',
          document.querySelector('#corner').checkVisibility() ? '#corner' : '.shelf',
          ].filter((s) => {
            const r = document.querySelector(s).getBoundingClientRect();
            return r.left < -1 || r.right > width + 1 || r.width < 1; })""",
            size[0],
        )
        assert outside == [], size
        assert walk.page.evaluate("document.documentElement.scrollWidth") <= size[0], size
        assert walk.page.is_visible("#scrub") and walk.page.is_visible("#play")


AUDIT = r"""
() => {
  const wrong = [], seen = (e) => e.offsetParent !== null;
  const name = (e) => e.getAttribute('aria-label')
    || [...e.labels ?? []].map((l) => l.textContent).join('')
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
  const shown = (e) => e ? Number(getComputedStyle(e).opacity) * shown(e.parentElement) : 1;
  const texts = document.createTreeWalker(document.querySelector('.page'), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement, drawn = e.closest('svg');
    const style = getComputedStyle(e);
    if (!texts.currentNode.textContent.trim() || !(drawn ?? e).getClientRects().length) continue;
    if (e.closest(':disabled, [hidden]') || style.visibility === 'hidden') continue;
    const base = ground(e), [r, g, b, a] = rgba(drawn ? style.fill : style.color);
    const ink = over([r, g, b, a * (drawn ? 1 : shown(e))], base);  // a drawing dims what is former
    const [dark, bright] = [light(ink), light(base)].sort((a, b) => a - b);
    const ratio = (bright + 0.05) / (dark + 0.05);
    const said = texts.currentNode.textContent.trim().slice(0, 40);
    if (ratio < 4.5) wrong.push(`${ratio.toFixed(2)}: ${said}`);
  }
  return wrong;
}"""


@pytest.mark.parametrize(
    "query, theme",
    [
        ("s_churn=9", "light"),
        ("data=digits&solver=ddim", "dark"),  # which greys a row, whose word is read all the same
        ("tab=compare&compare=sweep&budgets=5,9&data.dimension=2", "light"),
        ("tab=claims&claim=rho-3-equalises-heun", "dark"),
        ("data=digits&tab=design&section=target", "light"),
        (
            "tab=schedules&paste=RY0xDsJADAS_ErnmBdRpKKh4gGV8q3DS5XKyHSQS5e9caOhWO6PdnViLuHOVGXQdaBxv94e-kNYCo8tABlcp4CdCnDfYwl6tq2ErOo88wwONvYnmOp0jBZLO2HEzpKyRl8rxab-LN_9LOr4",
            "dark",
        ),
    ],
    ids=["plane", "images", "compare", "claims", "design", "schedules"],
)
def test_every_control_has_a_name_and_every_word_can_be_read(browser, server, query, theme):
    """In the theme that the reader's system has, and in the other one, by the page's button."""
    visitor = Walk(browser, server, color_scheme=theme)
    visitor.hasty().open(f"samples=16&nfe=9&sigma=1&{query}").unfold()
    if "compare" in query:
        visitor.page.wait_for_function(SWEPT)
    if "claims" in query:
        visitor.page.wait_for_selector("#claims-rows details[open]")
    if "design" in query:
        visitor.page.wait_for_selector("#design-body canvas")
    if "schedules" in query:
        visitor.page.wait_for_selector("#sch-faults .sch-flag")
    now = "document.documentElement.dataset.theme"
    seen = {visitor.page.evaluate(now): visitor.page.evaluate(AUDIT)}
    assert [*seen] == [theme]
    visitor.page.click("#theme")
    visitor.calm()
    seen[visitor.page.evaluate(now)] = visitor.page.evaluate(AUDIT)
    visitor.leave()
    assert seen == {"light": [], "dark": []}
