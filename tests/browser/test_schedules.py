"""The Schedules page, as somebody debugs a list there: paste, see, mend, open, copy, run."""

import json
import math
import subprocess
import sys

import pytest

from explorer.ui.schedules.examples import examples

from .walk import PROVED

EXAMPLES = {e.name: e.text for e in examples()}
STATE = "() => document.body.dataset.schedules === '{}'"
CONFIG = """{"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000,
 "shift": 3.0, "use_dynamic_shifting": false}
"""


def is_now(walk, state):
    walk.page.wait_for_function(STATE.format(state))


def paste(walk, text):
    """Into the box, as a clipboard does, and wait for the answer."""
    walk.page.evaluate("document.body.dataset.schedules = ''")
    walk.page.locator("#sch-text").fill(text)
    walk.page.wait_for_function("() => document.body.dataset.schedules !== ''")


def text(walk, selector):
    return walk.page.locator(selector).inner_text()


def reading(walk):
    """What a screen reader hears of the cursor."""
    return walk.page.locator("#sch-cursor").get_attribute("aria-valuetext")


def of_diffusers(code):
    """The list that a snippet makes, run where diffusers is."""
    program = f"{code}\nimport json\nprint(json.dumps(scheduler.sigmas.tolist()))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def printed(walk):
    """The lists as a figure, whose caption says what they are."""
    page = walk.page
    page.click("#export")
    page.click("#leave [data-item]:text-is('Figure…')")
    page.wait_for_function(PROVED)
    assert page.locator(".for-print [name=what] option").all_inner_texts() == ["Lists and rulers"]
    assert text(walk, "#sch-title") in page.text_content(".for-print .caption p")
    page.keyboard.press("Escape")


def filled(walk):
    """A list with a gap, named at its step and filled by the button."""
    paste(walk, "14.6, 11, 8.2, 6.1, 4.5, 3.3, 0.122, 0.09, 0.07, 0.05, 0.03, 0")
    assert text(walk, "#sch-counts") == "1 wrong" and "Step 6 is a gap" in text(walk, "#sch-faults")
    walk.page.get_by_role("button", name="Put 10 levels in").click()
    walk.page.wait_for_function(
        "() => document.querySelector('#sch-counts').textContent === 'none'"
    )
    assert "21 steps" in text(walk, "#sch-title")


def level(page):
    """The figures of the examples: of one height, at the foot of their cards."""
    page.set_viewport_size({"width": 1024, "height": 768})  # one has a second line of words there
    ends = page.evaluate("""() => [...document.querySelectorAll('#sch-cards svg')].map(
        (svg) => svg.getBoundingClientRect()).map(({height, bottom}) => [height, bottom])""")
    assert [h for h, _ in ends] == pytest.approx([42] * 4, abs=1)  # none is pressed flat
    assert [ends[i][1] - ends[i + 1][1] for i in (0, 2)] == pytest.approx([0, 0], abs=1)
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_doubled_shift_is_seen_mended_opened_copied_and_runs_the_same(walk):
    pytest.importorskip("diffusers")
    walk.hasty().open("samples=8&nfe=9&tab=schedules")
    page = walk.page
    is_now(walk, "empty")
    assert page.locator("#sch-cards button").count() == 4
    level(page)

    once = [t * 3 / (1 + 2 * t) for t in (1 - i / 20 for i in range(20))]
    paste(walk, f"{CONFIG}\nsigmas = {once}\npipe(prompt, sigmas=sigmas)\n")
    assert "shift 3 applied twice: 20 steps" in text(walk, "#sch-title")
    assert text(walk, "#sch-counts").startswith("1 wrong")
    assert page.locator("#sch-rows [data-fault]").count() == 1
    assert page.locator(".sch-paste s").all_inner_texts() == ["sigmas=sigmas"]
    printed(walk)

    cursor = page.locator("#sch-cursor")
    cursor.focus()
    cursor.press("Home")
    assert "yours, step 1 of 20: σ ∞, t 1" in reading(walk)
    cursor.press("ArrowRight")
    assert page.locator("#sch-table tr.on td").first.inner_text() == "2"
    cursor.press("ArrowDown")
    assert reading(walk).startswith("mended, step 2 of 20") and "of mended" in text(walk, "#sch-of")
    cursor.press("ArrowUp")

    page.get_by_role("button", name="Take one shift off").click()
    page.wait_for_function("() => document.querySelector('#sch-counts').textContent === 'none'")
    assert "Mended" in text(walk, "#sch-note")
    assert page.locator(".sch-paste b").count() == 19  # what was changed in the text
    assert page.locator("#sch-lists li button[data-k]").all_inner_texts()[:2] == [
        "yours, mended",
        "as pasted",
    ]
    page.wait_for_function("() => location.search.includes('paste.mended=double_shift')")

    page.locator("#sch-copies [data-copy=diffusers]").click()
    code = walk.copied(page.locator("#sch-copy").click)
    shown = page.evaluate("""() => [...document.querySelectorAll('#sch-table tbody tr')]
        .map((tr) => +tr.children[2].textContent)""")
    made = of_diffusers(code)
    assert len(made) == 21 and made[:-1] == pytest.approx(once, rel=1e-6)  # float32
    assert shown == pytest.approx(made, rel=5e-3)  # three digits are shown

    link = page.url
    page.locator("#sch-open").click()
    page.wait_for_function("() => explorer.S.values.timesteps === 'custom'")
    walk.calm()
    opened = page.evaluate("explorer.S.parts.run.sigma")
    flow = [t / (1 - t) for t in once[1:]]
    assert [s for s in opened if 0 < s < 100][: len(flow)] == pytest.approx(flow, rel=1e-5)
    assert walk.value("solver") == "euler" and walk.value("schedule") == "flow"
    assert walk.value("timesteps.levels")[0] in ("inf", math.inf)  # pure noise

    page.goto(link)
    is_now(walk, "read")
    assert "Mended" in text(walk, "#sch-note")
    page.get_by_role("button", name="Undo", exact=True).last.click()
    page.wait_for_function(
        "() => document.querySelector('#sch-title').textContent.includes('twice')"
    )
    filled(walk)


def test_a_hand_on_the_ruler_goes_peeks_slides_and_cuts(walk):
    walk.hasty().open("samples=8&nfe=9&tab=schedules")
    page = walk.page
    is_now(walk, "empty")
    page.get_by_role("button", name="Wan 2.1").first.click()
    is_now(walk, "read")
    assert page.locator("#sch-split-number").inner_text() == "t 0.868"
    assert "Both meet at σ 6.6" in text(walk, "#sch-split-text")

    box = page.locator("#sch-fig").bounding_box()
    page.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + 60)
    first = reading(walk)
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 60)  # a peek says nothing new
    assert (
        reading(walk) == first and page.locator("#sch-rows .cursor line[stroke-dasharray]").count()
    )
    page.keyboard.down("Alt")
    page.mouse.click(box["x"] + 0.613 * box["width"], box["y"] + 60)
    page.keyboard.up("Alt")
    assert "between steps" in reading(walk)

    pill = page.locator(".sch-pill").bounding_box()
    x, y = pill["x"] + 20, pill["y"] + 10
    page.mouse.move(x, y)
    page.mouse.down()
    for part in range(1, 6):
        page.mouse.move(x + 16 * part, y)
    page.mouse.up()
    page.wait_for_function("() => new URLSearchParams(location.search).has('paste.shift')")
    assert float(walk.query["paste.shift"]) < 8
    walk.answered()  # the pill stands where the last answer has it
    page.locator(".sch-pill").dblclick()
    page.wait_for_function("() => new URLSearchParams(location.search).get('paste.shift') === '8'")

    page.locator("#sch-strength-number").fill("0.5")
    page.locator("#sch-strength-number").press("Enter")
    page.wait_for_function(
        "() => document.querySelector('#sch-cut-text').textContent.includes('step 16')"
    )
    page.locator("#sch-add").select_option("comfy:beta")
    page.wait_for_function("() => document.querySelectorAll('#sch-lists li').length === 4")
    last = page.locator("#sch-lists li").last
    last.locator("button[data-k]").press("Alt+ArrowUp")
    page.wait_for_function(
        "() => document.querySelectorAll('#sch-lists li')[2].textContent.includes('ComfyUI')"
    )
    page.locator("#sch-lists [data-gone]").last.click()
    page.wait_for_function("() => document.querySelectorAll('#sch-lists li').length === 3")


def test_what_is_refused_keeps_the_figure_and_a_list_runs_on_data(walk):
    walk.hasty().open("samples=8&nfe=9&tab=schedules&paste=cut")
    page = walk.page
    is_now(walk, "refused")
    assert text(walk, "#sch-refused") == "The link's text is cut or changed; paste the text itself."
    assert page.locator("#sch-cards button").count() == 4  # and what one can begin with
    paste(walk, "[14.6, 5.8, 2.1, 0.9, 0.2, 0.03, 0]")
    assert "Read as σ" in text(walk, "#sch-reading")
    paste(walk, "[14.6,\n 5.8, …, 0]")
    assert text(walk, "#sch-refused").startswith("Line 2, character 7")
    assert "6 steps" in text(walk, "#sch-title")

    paste(walk, "[14.6, 5.8, 2.1, 0.9, 0.2, 0.03, 0]")
    page.locator("#sch-data").select_option("moons")
    page.locator("#sch-run-data").click()
    page.wait_for_function("() => document.body.dataset.shares === 'measured'")
    assert "half of the error" in text(walk, "#sch-data-text")
    assert "error on" in text(walk, "#sch-status") and "median" in text(walk, "#sch-status")
    assert page.locator("#sch-table th").last.inner_text() == "share of error"
    paste(walk, "[14.6, 5.8, 2.2, 0.9, 0.2, 0.03, 0]")
    assert "of the list before" in text(walk, "#sch-status")
    assert text(walk, "#sch-data-text") == ""
