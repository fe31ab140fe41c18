"""The controls in a real browser: sliders, words typed, designs, resets."""

import pytest

from .test_headline import Held
from .walk import NUDGE, SMALL

RANGES = """
() => [...document.querySelectorAll('.controls [data-key] input[type=range]')]
  .filter((r) => r.offsetParent && !r.disabled).map((r) => r.id)
"""


@pytest.mark.parametrize(
    "query",
    [
        "data=moons&solver=rk2&timesteps=iddpm&s_churn=5",
        "data=moons&data.dimension=2&model=ideal&schedule=vp&solver=euler&timesteps=vp",
        "data=digits",
    ],
    ids=["rk2", "euler", "digits"],
)
def test_every_slider_draws_and_shows_in_the_address(walk, query):
    walk.hasty().open(f"{query}&samples=8&nfe=61&sigma=1").unfold()  # NFE for a restart too
    moved = set()
    while todo := [r for r in walk.page.evaluate(RANGES) if r not in moved]:
        slider = todo[0]
        before = walk.page.url
        walk.after(lambda slider=slider: walk.page.evaluate(NUDGE, slider))
        assert walk.page.is_hidden("#problem"), (slider, walk.page.inner_text("#problem-text"))
        walk.page.wait_for_function("(url) => location.href !== url", arg=before)
        moved.add(slider)
        walk.unfold()
    assert len(moved) >= 6


def test_keys_move_the_scrubber_and_a_slider(walk):
    walk.hasty().open()
    walk.page.focus("#scrub")
    sigma = walk.page.evaluate("explorer.S.sigma")
    for _ in range(5):
        walk.page.keyboard.press("ArrowRight")
    assert walk.page.evaluate("explorer.S.sigma") < sigma
    rho = walk.value("timesteps.rho")
    walk.page.focus('[data-key="timesteps.rho"] input[type=range]')
    walk.after(lambda: walk.page.keyboard.press("ArrowRight"))
    assert walk.value("timesteps.rho") > rho


def test_typing_a_number_sets_it(walk):
    walk.hasty().open()
    box = walk.page.locator('[data-key="nfe"] input[type=text]')
    box.fill("21")
    walk.after(lambda: box.press("Enter"))
    assert walk.value("nfe") == 21 and walk.query["nfe"] == "21"


def test_typing_nonsense_gives_a_sentence_and_keeps_the_picture(walk):
    walk.hasty().open()
    title, box = (
        walk.page.inner_text("#title"),
        walk.page.locator('[data-key="nfe"] input[type=text]'),
    )
    box.fill("lots")
    walk.after(lambda: box.press("Enter"))
    row = walk.page.locator('[data-key="nfe"]')  # at its field, where it was typed
    assert "lots" in row.locator(".why").inner_text() and walk.page.is_hidden("#problem")
    assert box.get_attribute("aria-invalid") == "true" and box.input_value() == "lots"
    assert walk.page.inner_text("#title") == title and walk.page.locator("#rows tr").count() == 5
    box.fill("11")
    walk.after(lambda: box.press("Enter"))
    assert walk.query["nfe"] == "11" and row.locator(".why").count() == 0
    assert box.get_attribute("aria-invalid") is None


def test_a_design_is_one_choice_and_one_undo(walk):
    walk.hasty().open()
    before = walk.page.evaluate("explorer.S.values")
    for design in ("vp", "ve", "iddpm", "edm-imagenet"):
        walk.choose("#design", design)
        assert walk.query["design"] == design and walk.page.is_hidden("#problem")
        assert walk.value("data") == "moons" and walk.value("nfe") == 9
        assert walk.page.evaluate("explorer.S.values") != before
        walk.after(lambda: walk.page.click("#undo"))
        assert walk.page.evaluate("explorer.S.values") == before, design


def test_reset_belongs_to_a_group(walk):
    walk.hasty().open(f"{SMALL}&timesteps.rho=3&s_churn=9")
    walk.unfold()
    button = walk.page.locator('.reset[data-group="schedule"]')
    assert button.is_enabled()
    walk.after(button.click)
    assert walk.value("timesteps.rho") == 7 and walk.value("s_churn") == 9
    assert button.is_disabled() and walk.value("data") == "moons"


def test_dragging_fast_ends_at_the_last_value(walk):
    walk.hasty().open()
    walk.page.evaluate("""() => {
      const range = document.querySelector('[data-key="timesteps.rho"] input[type=range]');
      for (let v = 2; v <= 12; v += 0.5) {
        range.value = v;
        range.dispatchEvent(new Event('input', {bubbles: true}));
      }
    }""")
    walk.calm()
    assert walk.value("timesteps.rho") == 12 and float(walk.query["timesteps.rho"]) == 12
    assert walk.page.evaluate("walk.asked") < 12  # what was overtaken was never asked


def test_a_step_that_is_put_in_late_leaves_other_steps_alone(walk):
    walk.hasty().open()
    late = Held(walk.page, '"fn_name":"reshape"')
    walk.page.click("#insert")
    walk.choose("#slot-timesteps", "vp")
    with walk.page.expect_response(lambda r: '"reshape"' in (r.request.post_data or "")):
        late.let_go()
    walk.calm()
    assert walk.value("timesteps") == "vp"
    walk.after(lambda: walk.page.click("#insert"))
    assert walk.value("timesteps") == "custom"


def test_rows_without_effect_say_why(walk):
    walk.hasty().open().unfold()
    row = '[data-key="s_tmin"]'
    assert "S_churn is 0" in walk.page.get_attribute(row, "title")
    assert walk.page.is_disabled(f"{row} input[type=range]")
    walk.after(lambda: walk.page.evaluate(NUDGE, "s_churn-"))
    assert "No effect" not in walk.page.get_attribute(row, "title")
    assert walk.page.is_enabled(f"{row} input[type=range]")
    walk.choose("#slot-solver", "ddim")
    assert "ignores σ(t) and s(t)" in walk.page.get_attribute("#frame", "title")
    assert walk.page.is_disabled("#frame input[value=vp]")


def test_a_departure_from_the_design_is_said_until_reset(walk):
    walk.hasty().open()
    walk.choose("#design", "edm-cifar-ve")
    assert [walk.value(k) for k in ("s_churn", "s_tmin", "s_tmax", "s_noise")] == [
        80,
        0.05,
        1,
        1.007,
    ]  # EDM Table 5
    assert "Changed" not in walk.page.inner_text("#help-design")
    walk.after(lambda: walk.page.evaluate(NUDGE, "timesteps-rho-rho"))
    assert walk.page.inner_text("#help-design").startswith("Changed: ρ 7 → ")
    reset = walk.page.locator('.reset[data-group="design"]')
    walk.after(reset.click)
    assert walk.value("timesteps.rho") == 7
    assert "Changed" not in walk.page.inner_text("#help-design")
