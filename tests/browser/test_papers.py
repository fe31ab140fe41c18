"""The figures of the papers in a real browser: each new view of Compare, Fig. 1 and Fig. 3."""

from .walk import SWEPT, compare

KINDS = {  # kind -> its group; those that take long are stopped after the first row
    "learned": "denoiser",
    "conservative": "denoiser",
    "likelihood": "ways",
    "round": "ways",
    "local": "solvers",
    "equal": "solvers",
    "sde": "churn",
    "heat": "churn",
}
SHORT = ("learned", "conservative", "likelihood")
OTHER = """(title) => document.querySelector('#compare-title').textContent !== title
    && document.querySelector('#compare-rows tr')
    && (document.querySelector('#fig-compare').data ?? []).some((t) => t.x.length)"""

ENDED = "document.querySelector('#compare-progress')"
CANCELLED = f"{ENDED}.innerText.includes('Cancelled')"


def test_each_view_draws_its_first_curve_stops_when_told_and_survives_bad_input(walk):
    compare(walk, "compare=learned")
    walk.page.wait_for_function(SWEPT)
    title, stopped = "Which solver, at which budget?", []
    for kind, group in KINDS.items():
        walk.page.click(f"[data-of={group}]")
        walk.page.click(f"#compare-{kind}")
        if kind != "learned":  # it came with the page
            walk.page.wait_for_function(OTHER, arg=title)
        assert walk.page.get_attribute(f"#compare-{kind}", "aria-pressed") == "true"
        if kind not in SHORT and walk.page.is_visible("#compare-cancel"):
            walk.page.evaluate("document.querySelector('#compare-cancel').click()")
            walk.page.wait_for_function(f"{ENDED}.hidden || {CANCELLED}")  # it may end by itself
            stopped.append(walk.page.evaluate(CANCELLED))
        walk.page.wait_for_function(
            "document.querySelector('#compare-cancel').offsetParent === null"
            " || document.querySelector('#compare-progress').innerText.includes('Cancelled')"
        )
        walk.page.wait_for_function(
            "(kind) => new URLSearchParams(location.search).get('compare') === kind", arg=kind
        )
        walk.page.wait_for_selector("#compare-rows tr")
        title = walk.page.inner_text("#compare-title")
        assert title
        assert len(walk.page.inner_text("#compare-note")) > 60
    assert any(stopped)
    walk.page.select_option("#compare-across", "s_churn")  # what goes up already
    walk.page.wait_for_selector("#problem:not([hidden])")
    assert "Choose two of" in walk.page.inner_text("#problem-text")
    assert walk.page.inner_text("#compare-title") == title  # the map stays
    assert walk.page.locator("#compare-rows tr").count()


def test_what_was_measured_is_put_to_use_by_a_button(walk):
    """EDM's numbers for digits: the range goes to Explore, p_train to the form of Train."""
    walk.hasty().open("tab=compare&data=digits&samples=16&nfe=9&compare=fit")
    offers = "#compare-offers button"
    walk.page.wait_for_selector(offers)
    walk.page.wait_for_function(
        "document.querySelector('#compare-title').textContent.includes('P_mean')"
    )
    walk.page.click(f"{offers}:text('Sample over')")
    walk.calm()
    assert 11 < float(walk.value("timesteps.sigma_max")) < 14
    assert float(walk.value("timesteps.sigma_min")) == 0.0312
    walk.page.click("[data-page=compare]")
    walk.page.click(f"{offers}:text('Train with')")
    walk.page.wait_for_function("document.querySelector('#train-p_mean').value.startsWith('-1.4')")


def test_the_stage_shows_where_a_tangent_lands_and_says_of_patches_what_is_so(walk):
    walk.open("data=diracs&samples=16&nfe=9&sigma=3")
    tangent = walk.page.locator("[data-show=tangent]")
    assert tangent.get_attribute("aria-pressed") == "true"
    drawn = "[...document.querySelectorAll('.box canvas')].map((c) => c.toDataURL()).join()"
    before = walk.page.evaluate(drawn)
    tangent.click()
    walk.page.wait_for_function(f"(was) => {drawn} !== was", arg=before, polling=200)
    assert tangent.get_attribute("aria-pressed") == "false"
    walk.hasty().open("data=patches&samples=16&nfe=9&view=strip")
    words = walk.page.evaluate("explorer.S.parts.data.strip.words[0]")
    assert "wide band" in words and "narrow" not in words
    assert words in walk.page.evaluate("document.querySelector('.box').outerHTML")
