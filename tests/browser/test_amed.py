"""A walk through the AMED page in a real browser: train, use, share; play r and c; better steps."""

from urllib.parse import parse_qs, urlsplit

import pytest

from .test_headline import Held
from .walk import READY

PLANE = "data.dimension=2&timesteps=vp_time&samples=64&tab=amed"
HAND = "document.querySelector('#amed-say').textContent.includes('by hand')"
DONE = "(n) => document.body.dataset.trained === String(n)"


def error(walk) -> float:
    """The mean end error in the Explore page's status line."""
    walk.page.wait_for_function("explorer.S.parts.error?.added_up")
    return walk.page.evaluate("explorer.S.parts.error.added_up.at(-1)")


def test_train_on_the_spiral_use_it_and_open_the_link_in_another_tab(walk):
    walk.hasty().open(PLANE)
    walk.page.wait_for_function(HAND)
    walk.page.fill("#amed-paths", "1600")
    walk.page.click("#amed-train")
    walk.page.wait_for_function(DONE, arg=1)
    title = walk.page.inner_text("#amed-title")
    assert title.startswith("AMED-Solver, 5 evaluations: median end error")
    assert "learning on top makes" in title and "×" in title
    stages = walk.page.locator("#amed-stages-rows tr td:first-child").all_inner_texts()
    assert stages[:2] == ["untrained", "stops searched"] and stages[-1] == "learned"
    assert "steps searched" in walk.page.inner_text("#amed-note")
    assert walk.page.locator("#amed-rows tr").count() == 3
    walk.after(lambda: walk.page.click("#amed-use"))
    assert walk.page.is_visible("#title") and walk.page.is_hidden("#problem")
    learned, name = error(walk), walk.value("solver.predictor")
    assert name and walk.query["solver.predictor"] == name and walk.value("nfe") == 5
    # the same solver with r = ½ and c = 1, at the same cost, errs more
    walk.after(lambda: walk.page.select_option('[data-key="solver.predictor"] select', ""))
    assert error(walk) > 1.5 * learned
    # the predictor is a choice of the solver menu, and brings its steps along
    walk.after(lambda: walk.page.select_option('[data-key="solver.predictor"] select', name))
    assert error(walk) == pytest.approx(learned, rel=1e-6)
    link = walk.copied(lambda: walk.page.click("#copy"))
    assert f"solver.predictor={name}" in link
    tab = walk.context.new_page()
    tab.goto(link)
    tab.wait_for_function(READY)
    tab.wait_for_function("explorer.S.parts.error?.added_up")
    same = tab.evaluate("explorer.S.parts.error.added_up.at(-1)")
    assert same == pytest.approx(learned, rel=1e-3)  # four digits are sent
    assert tab.is_hidden("#problem")
    # steps that it was not trained for are refused in a sentence, and the page stays
    other = link.replace(parse_qs(urlsplit(link).query)["timesteps.levels"][0], "80,1,0.002")
    assert other != link
    tab.goto(other)
    tab.wait_for_function(
        "document.querySelector('#problem-text')?.textContent.includes('trained for 3 steps')"
    )
    tab.wait_for_function("explorer.S.parts.run")


def test_the_hand_plays_r_and_c_without_the_server(walk):
    walk.hasty().open(PLANE)
    walk.page.wait_for_function(HAND)
    walk.page.wait_for_function("document.querySelectorAll('#fig-amed-step .trace').length > 5")
    walk.answered()  # the record of what ships is asked for beside it
    before, said = walk.page.evaluate("walk.all"), walk.page.inner_text("#amed-say")
    for value in ("0.2", "0.35"):
        walk.page.evaluate(
            """(v) => { const s = document.querySelector('#amed-r'); s.value = v;
                              s.dispatchEvent(new Event('input', {bubbles: true})); }""",
            value,
        )
    assert walk.page.inner_text("#amed-r-now") == "0.35"
    assert walk.page.inner_text("#amed-say") != said
    walk.page.click("#amed-parallel")
    assert walk.page.inner_text("#amed-say") != said
    walk.page.click("#amed-middle")
    assert walk.page.inner_text("#amed-say") == said
    assert walk.page.evaluate("walk.all") == before
    walk.page.select_option("#amed-step", "2")
    walk.page.wait_for_function(
        "(t) => document.querySelector('#amed-say').textContent !== t", arg=said
    )
    # of other data the plane is another, though another path is asked for before it is there
    words = walk.page.inner_text("#amed-plane-say")
    plane = Held(walk.page, '"plane":true')
    walk.choose('.own [data-slot-select="data"]', "moons")
    walk.page.click("#amed-pick")
    plane.let_go()
    walk.page.wait_for_function(
        "(t) => document.querySelector('#amed-plane-say').textContent !== t", arg=words
    )
    said = walk.page.inner_text("#amed-plane-say")
    assert "of |x|" in said and "on average over 64 paths" in said


def test_a_training_stops_and_goes_on(walk):
    walk.hasty().open(PLANE)
    walk.page.fill("#amed-paths", "100000")
    walk.page.click("#amed-train")
    walk.page.wait_for_selector("#amed-use:visible")  # before that only stops are searched
    walk.page.click("#amed-cancel")
    walk.page.wait_for_function(DONE, arg=1)
    assert "Cancelled" in walk.page.inner_text("#amed-progress")
    assert walk.page.is_visible("#amed-resume") and walk.page.is_visible("#amed-use")
    batch = int(walk.page.inner_text("#amed-note").split("Batch ")[1].split(" ")[0])
    walk.page.click("#amed-resume")
    walk.page.wait_for_function(
        """(n) => {
      const m = /Batch (\\d+)/.exec(document.querySelector('#amed-note').textContent);
      return m && +m[1] > n; }""",
        arg=batch,
    )
    walk.page.click("#amed-cancel")
    walk.page.wait_for_function(DONE, arg=2)


def test_nonsense_in_the_form_is_answered_in_a_sentence(walk):
    walk.hasty().open(PLANE)
    walk.page.fill("#amed-paths", "lots")
    walk.page.click("#amed-train")
    walk.page.wait_for_function(
        "document.querySelector('#amed-progress').textContent.includes('lots')"
    )


def test_optimised_steps_become_the_list_and_can_be_taken_back(walk):
    walk.hasty().open(
        "data=moons&data.dimension=2&samples=64&solver=ipndm&nfe=5&last=sigma_min&sigma=1"
    )
    before = error(walk)
    walk.page.click("#optimise")
    walk.page.wait_for_function("document.body.dataset.optimised")
    walk.calm()
    assert walk.value("timesteps") == "custom" and len(walk.value("timesteps.levels")) == 6
    assert "held-out seeds" in walk.page.inner_text("#optimised")
    assert error(walk) < before
    assert walk.query["timesteps"] == "custom"
    walk.after(lambda: walk.page.click("#optimised > button"))
    assert error(walk) == pytest.approx(before, rel=1e-6)


def test_gits_has_its_cost_and_its_lists_can_be_chosen(walk):
    walk.hasty().open(
        "data=moons&data.dimension=2&samples=32&solver=ipndm&nfe=4&last=sigma_min&sigma=1"
    )
    walk.page.click("#optimise")
    walk.page.wait_for_function("document.body.dataset.optimised")
    walk.calm()
    walk.after(lambda: walk.page.click("#optimised [data-list=GITS]"))
    first = walk.value("timesteps.levels")
    walk.page.evaluate("delete document.body.dataset.optimised")
    walk.page.select_option("#gits-metric", "l1")
    walk.page.fill("#gits-coefficient", "1")
    walk.page.click("#optimised .again button:not([data-list])")
    walk.page.wait_for_function("document.body.dataset.optimised")
    walk.calm()
    walk.after(lambda: walk.page.click("#optimised [data-list=GITS]"))
    assert walk.value("timesteps.levels") != first


def test_the_page_fits(walk):
    """Opened on a phone, then seen on a desk and on a laptop."""
    for k, (width, height) in enumerate([(390, 844), (1440, 900), (1024, 768)]):
        walk.page.set_viewport_size({"width": width, "height": height})
        walk.calm() if k else walk.hasty().open(PLANE)
        walk.page.wait_for_function(HAND)
        assert walk.page.evaluate("document.documentElement.scrollWidth") <= width
