"""Presenter mode: a class link shows, and lets move, what the lecturer chose, and asks no more than
any visit does."""

import json

import pytest

from .walk import SWEPT

RHO = "#timesteps-rho-rho"
NFE = '[data-key="nfe"] input[type=text]'
TYPED = """() => {  // the sizes of all words that canvases draw
  const {prototype} = CanvasRenderingContext2D, plain = prototype.fillText;
  window.typed = [];
  prototype.fillText = function (...given) {
    window.typed.push(parseFloat(/([\\d.]+)px/.exec(this.font)[1]));
    return plain.apply(this, given);
  };
}"""
STANDS = """([at, rho]) => document.querySelector('#lesson .of')?.textContent.startsWith(`${at} of`)
  && explorer.S.shown['timesteps.rho'] === rho
  && new URLSearchParams(location.search).get('at') === `${at}`"""


def _asked(page):
    """Every request of the page from now on, as (method, path, function of the server)."""
    seen = set()

    def heard(request):
        if request.url.startswith(("data:", "blob:")) or request.resource_type == "font":
            return  # a font is fetched when the browser first wants it
        path = request.url.split("?")[0].split("/", 3)[-1]
        if path.startswith("assets/"):
            return  # Gradio's scripts and styles, which a browser keeps or asks for as it likes
        said = request.post_data if request.method == "POST" else None
        try:
            name = json.loads(said or "{}").get("fn_name")
        except (ValueError, AttributeError):
            name = None
        if name != "progress" and path != "explorer/here":  # in any visit, if it lasts
            seen.add((request.method, path, name))

    page.on("request", heard)
    return seen


def test_a_class_link_shows_and_moves_only_what_it_allows(walk):
    view = "data=moons&samples=16&nfe=9"
    plain = _asked(walk.page)
    walk.hasty().open(view)
    walk.page.wait_for_function("!document.querySelector('#ahead')")  # all of Gradio has come
    kept = set(walk.page.evaluate("Object.keys(localStorage)"))
    walk.page.evaluate("localStorage.removeItem('lessons')")
    page, asked = walk.page, set(plain)
    plain.clear()
    walk.open(f"{view}&present=1&show=headline,stage,steps,nothing&allow=NFE,rhodium,s_churn")
    before = page.evaluate("walk.asked")
    assert page.is_visible("#box") and page.is_visible("#title")
    assert page.locator(".strip-head b").all_inner_texts() == ["Time steps"]
    assert "“nothing”, “rhodium”" in page.inner_text("#locked")
    assert page.is_hidden(".tabs") and page.is_hidden("#undo") and page.is_hidden(RHO)
    assert page.is_hidden("[data-slot-select=timesteps]") and page.is_visible(NFE)
    assert page.is_visible('[data-key="s_churn"]')
    sigma = page.evaluate("explorer.S.sigma")
    page.keyboard.press("PageDown")
    after = page.evaluate("explorer.S.sigma")
    page.keyboard.press("PageUp")
    assert after < sigma < page.evaluate("explorer.S.sigma")
    page.evaluate(
        """(selector) => {  // what is not there does not move either
      const range = document.querySelector(selector);
      range.value = 3;
      range.dispatchEvent(new Event('input', {bubbles: true}));
    }""",
        RHO,
    )
    assert walk.value("timesteps.rho") == 7 and page.evaluate("walk.asked") - before <= 1
    page.locator(NFE).fill("15")
    walk.after(lambda: page.locator(NFE).press("Enter"))
    assert walk.value("nfe") == 15 and walk.value("timesteps.rho") == 7
    assert walk.query["present"] == "1" and walk.query["allow"] == "NFE,s_churn"
    assert walk.query["show"] == "headline,stage,steps"
    assert plain <= asked, plain - asked  # nothing that a plain visit does not ask
    assert set(page.evaluate("Object.keys(localStorage)")) <= kept
    page.evaluate("document.activeElement?.blur()")
    page.keyboard.press("Escape")
    page.wait_for_function("!location.search.includes('present')")
    page.wait_for_function("document.body.classList.contains('ready')")
    walk.calm()
    assert page.is_visible(RHO) and walk.query["nfe"] == "15"
    page.click("#present")
    page.locator("#present-box").get_by_label("ρ", exact=True).check()
    link = walk.copied(lambda: page.click("#present-copy"))
    assert "present=1&show=headline,stage,spine&allow=timesteps.rho" in link


def test_a_lesson_is_stepped_in_large_type_and_nothing_else_moves_the_view(walk):
    page = walk.page
    page.add_init_script(f"({TYPED})()")
    walk.hasty().open("nfe=9&samples=16")
    small = page.evaluate("[Math.min(...typed), parseFloat(getComputedStyle(value).fontSize)]")
    walk.open("lesson=why-rho-7&at=1&present=1&allow=nfe")
    page.wait_for_selector("#lesson .of")
    large = page.evaluate("[Math.min(...typed), parseFloat(getComputedStyle(value).fontSize)]")
    assert all(b >= 1.2 * a for a, b in zip(small, large, strict=True)), (small, large)
    over = page.evaluate("""() => {
      const [a, b] = ['#lesson', '.stage'].map((s) =>
        document.querySelector(s).getBoundingClientRect());
      const fits = document.documentElement.scrollWidth <= innerWidth;
      return [a.height > 80, a.bottom <= b.top + 1, fits];
    }""")
    assert over == [True, True, True]
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")  # at once: a clicker does not wait
    page.wait_for_function("explorer.S.parts.run && location.search.includes('at=3')")
    walk.calm()
    page.keyboard.press("PageUp")
    page.wait_for_function(STANDS, arg=[2, 3])
    walk.calm()
    assert walk.query["present"] == "1" and walk.query["allow"] == "nfe"
    assert page.is_hidden("[data-lesson=close]") and page.is_hidden("[data-lesson=try]")
    assert page.evaluate("localStorage.lessons ?? null") is None  # a class is not counted
    locked = "['data', 'solver', 'timesteps.rho', 'seed'].map((k) => explorer.S.values[k])"
    before = page.evaluate(locked)
    page.evaluate("""() => {  // somebody else's link, of a lesson too, opens in a window of its own
      for (const href of ['?data=moons&solver=euler', '?lesson=what-churn-does&at=1']) {
        const a = Object.assign(document.createElement('a'), {href, textContent: 'another'});
        document.querySelector('.stage').append(a);
        a.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
        a.remove();
      }
      history.replaceState({place: {whole: 1}}, '', '?data=moons&solver=euler');
      dispatchEvent(new PopStateEvent('popstate', {state: {place: {whole: 1}}}));
      document.querySelector('.tabs [data-page=schedules]').click();
    }""")
    page.locator(NFE).fill("15")
    walk.after(lambda: page.locator(NFE).press("Enter"))
    page.click("#title")
    for _ in range(3):
        page.keyboard.press("Control+z")
    walk.calm()
    assert page.evaluate(locked) == before and page.evaluate("explorer.S.page") == "explore"
    for other in walk.context.pages:
        if other != page:
            other.close()
    page.click("#unlock")
    page.wait_for_function("!location.search.includes('present')")
    page.wait_for_function("document.body.classList.contains('ready')")
    walk.calm()
    assert page.evaluate(locked) == before and walk.query["lesson"] == "why-rho-7"


LARGE = """(page) => {
  const sizes = [...document.querySelectorAll(`.${page}.wide-page *`)]
    .filter((e) => e.checkVisibility() && !e.closest('svg, .js-plotly-plot, canvas, sub, sup')
      && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
    .map((e) => [parseFloat(getComputedStyle(e).fontSize), e.textContent.slice(0, 30)]);
  const body = document.querySelector(`.${page}.wide-page`).getBoundingClientRect();
  for (const e of document.querySelectorAll(`.${page} svg text`)) {
    const {a, b} = e.getScreenCTM();
    const drawn = parseFloat(getComputedStyle(e).fontSize) * Math.hypot(a, b);
    if (e.checkVisibility() && drawn < 12.9) sizes.push([drawn, e.textContent]);
  }
  return {small: sizes.filter(([size]) => size < 12.9), many: sizes.length > 5,
    whole: body.left === 0 && Math.abs(body.right - document.documentElement.clientWidth) < 2};
}"""
STAND = {
    "compare": ("compare=sweep&budgets=5,9&solvers=euler,heun", f"({SWEPT})()", "#compare-choose"),
    "claims": ("claim=rho-3-equalises-heun", "document.querySelector('.claim dl')", ".tabs"),
    "design": (
        "data=digits",
        "document.querySelector('#design-body td svg')?.checkVisibility()",
        ".cells em",
    ),
    "schedules": (
        "paste=RY0xDsJADAS_ErnmBdRpKKh4gGV8q3DS5XKyHSQS5e9caOhWO6PdnViLuHOVGXQdaBxv94e-kNYCo8tABlcp4C"
        "dCnDfYwl6tq2ErOo88wwONvYnmOp0jBZLO2HEzpKyRl8rxab-LN_9LOr4",
        "document.querySelector('#sch-faults .sch-flag')",
        ".sch-in",
    ),
}


@pytest.mark.parametrize("name", STAND)
def test_a_page_of_measurements_is_presented_alone_and_in_large_type(walk, name):
    query, there, gone = STAND[name]
    page = walk.hasty().open(f"samples=16&nfe=9&tab={name}&{query}&present=1").page
    page.wait_for_function(there)
    assert page.is_hidden(gone) and page.is_visible("#unlock")
    found = page.evaluate(LARGE, name)
    assert found == {"small": [], "many": True, "whole": True}
    assert "show" in walk.query and walk.query["tab"] == name
