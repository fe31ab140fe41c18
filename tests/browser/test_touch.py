"""A finger's targets: 44 px wide and high on every page, measured by where the finger lands."""

import pytest

from .walk import Walk

PAGES = ("explore", "schedules", "compare", "train", "amed", "design", "claims")
SMALL = """() => {
  const wrong = [], alike = {};
  const kinds = 'button, select, summary, textarea, input, a[href], [role=button]';
  for (const e of document.querySelectorAll(`.page :is(${kinds})`)) {
    const style = getComputedStyle(e);
    if (e.disabled || style.display === 'inline') continue;  // a word in a sentence
    if (!e.checkVisibility({ visibilityProperty: true })) continue;
    alike[e.className] = (alike[e.className] ?? 0) + 1;
    if (alike[e.className] > 12) continue;  // a long list of one kind
    e.scrollIntoView({ block: 'center', inline: 'center' });
    const r = e.getBoundingClientRect(), y = r.top + r.height / 2;
    const lands = (x, y) => {
      const at = document.elementFromPoint(x, y);
      return at && (e.contains(at) || at.closest('label')?.control === e);
    };
    const far = (most, x, y, dx, dy) => {
      let n = 0;
      while (n < most && lands(x + dx * n, y + dy * n)) n += 1;
      return n;
    };
    const across = (...at) => {  // 40 pixels from the middle, and as many as lack on its other side
      const [x, y, dx, dy] = at, n = far(40, ...at);
      return n + far(Math.min(40, 44 - n), x, y, -dx, -dy);
    };
    let wide = 0, high = 0;
    for (const part of [0.5, 0.15, 0.85]) {  // what lies over one end leaves the other
      if (wide > 43 && high > 43) break;
      const x = r.left + part * r.width;
      const w = across(x, y, 1, 0), h = across(x, y, 0, 1);
      if (Math.min(w, h) > Math.min(wide, high)) [wide, high] = [w, h];
    }
    if (r.width < 1 || r.right < 0 || r.left > innerWidth || y < 0 || y > innerHeight) continue;
    const name = e.getAttribute('aria-label') || e.textContent.trim() || e.id;
    if (wide < 43 || high < 43) wrong.push(`${wide} x ${high}: ${name.slice(0, 40)}`);
  }
  return wrong;
}"""
LETTERS = """() => {
  const typed = 'input:not([type=range], [type=checkbox], [type=radio])';
  return [...document.querySelectorAll(`.page :is(select, textarea, ${typed})`)]
    .filter((e) => e.checkVisibility() && parseFloat(getComputedStyle(e).fontSize) < 16)
    .map((e) => e.id || e.getAttribute('aria-label'));
}"""
UNFOLD = "document.querySelectorAll('.controls details').forEach((d) => { d.open = true; })"


@pytest.mark.parametrize("size", [(390, 844), (844, 390)], ids=["upright", "on its side"])
def test_each_target_is_as_large_as_a_finger(browser, server, size):
    width, height = size
    screen = {"viewport": {"width": width, "height": height}, "has_touch": True, "is_mobile": True}
    visitor = Walk(browser, server, **screen).hasty().open("data=moons&samples=16&nfe=9")
    page, small, letters, wide = visitor.page, {}, {}, {}
    for name in PAGES:
        page.evaluate("(name) => document.querySelector(`[data-page=${name}]`).click()", name)
        visitor.calm()
        tab = page.locator(".tabs [aria-current]").bounding_box()
        assert tab["x"] >= 0 and tab["x"] + tab["width"] <= width, name  # in view
        small[name], letters[name] = page.evaluate(SMALL), page.evaluate(LETTERS)
        wide[name] = page.evaluate("document.documentElement.scrollWidth")
    page.evaluate("document.querySelector('.tabs [data-page=explore]').click()")
    chips = ("rho", "nfe", "solver", "churn", "data", "more") if width < 600 else ()
    for name in chips:
        page.tap(f"[data-chip={name}]")
        page.evaluate(UNFOLD)
        if name in ("rho", "nfe", "churn"):  # the slider that one came for grows into an axis
            page.wait_for_selector(".controls .row.grown:has(:focus)")
        visitor.calm()  # the sheet stands
        small[name], letters[name] = page.evaluate(SMALL), page.evaluate(LETTERS)
        page.tap(f"[data-chip={name}]")
    visitor.calm()
    visitor.leave()
    nothing: dict[str, list] = {key: [] for key in (*PAGES, *chips)}
    assert small == nothing and letters == nothing
    assert max(wide.values()) <= width
    assert not visitor.errors and not visitor.outside
