"""Every lesson walked to its end, the first visit, and the card that stays while one works."""

from urllib.parse import parse_qsl

import pytest

from explorer.ui import lessons

from .walk import Walk

STANDS = """([name, at]) => {
  const box = document.getElementById('lesson'), s = new URLSearchParams(location.search);
  return !box.hidden && s.get('lesson') === name && s.get('at') === String(at)
    && box.querySelector('.of')?.textContent.startsWith(`${at} of`);
}"""
# of what is marked: that it is there and can be seen, and that the card lies over nothing of it
FAULTS = """([control, strip]) => {
  const out = [], box = document.getElementById('lesson').getBoundingClientRect();
  const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  const told = document.querySelector('.told'), axis = document.getElementById('axis');
  const head = document.querySelector(`.strip-head .i[data-strip="${strip}"]`)?.parentElement
    ?? document.getElementById(strip);
  if (control && !told) out.push(`no control ${control}`);
  if (told && !told.getClientRects().length) out.push(`control ${control} is out of sight`);
  if (told && over(box, told.getBoundingClientRect())) out.push(`covers ${control}`);
  if (strip && !head) out.push(`no strip ${strip}`);
  if (head?.matches('.strip-head') && getComputedStyle(head, '::before').content !== '"2"')
    out.push(`${strip} unmarked`);
  if (box.width < 200 || box.height < 60) out.push('the card is crushed');
  for (const [what, node] of Object.entries({
    stage: document.getElementById('box'), scrubber: document.querySelector('.scrub'),
    strips: axis, settings: document.querySelector('.controls')}))
    if (node.getClientRects().length && over(box, node.getBoundingClientRect()))
      out.push(`the card covers the ${what}`);
  return out;
}"""
# as a reader would: an entry is chosen in its menu, other settings are asked for
DO = """(done) => {
  const {S} = explorer, wants = {};
  let chose = false;
  const hard = ([key, [how]]) =>
    !(key in S.values) || how === '!=' || Array.isArray(S.values[key]);
  if (Object.entries(done).some(hard)) return false;
  for (const [key, [, value]] of Object.entries(done)) {
    const menu = document.querySelector(`select[data-slot-select="${key}"]`);
    if (!menu) { wants[key] = value; continue; }
    menu.value = value;
    menu.dispatchEvent(new Event('change', {bubbles: true}));
    chose = true;
  }
  if (!chose) explorer.ask(wants);
  return true;
}"""
FEW = """  // whoever walks all lessons draws few paths: what a lesson says was measured elsewhere
const asked = window.fetch;
window.fetch = (url, how) => asked(url, typeof how?.body !== 'string' ? how : {
  ...how, body: how.body.replace(/(samples": ?|samples=)[0-9]+/g, '$12'),
});
"""
DRAWN = """(view) => explorer.S.parts.run && Object.entries(view).every(([key, given]) =>
  !(key in explorer.S.shown) || key === 'samples' || String(explorer.S.shown[key]) === given)"""
SCENES = """  // none goes on by itself while it is looked at here
const soon = window.setTimeout;
window.setTimeout = (f, ms, ...a) => soon(f, ms === 12000 ? 9e6 : ms, ...a);
"""
TICKED = "document.getElementById('lesson').classList.contains('did')"


def test_every_lesson_is_walked_to_its_end(walk):
    walk.hasty().page.add_init_script(FEW)
    walk.open("tab=learn&samples=16&nfe=9")
    names = walk.page.eval_on_selector_all(
        "#learn-list a.card", "all => all.map(a => a.dataset.name)"
    )
    assert names == [one.name for one in lessons.lessons()]
    for one in lessons.lessons():
        walk.page.click("#tabs [data-page=learn], .tabs [data-page=learn]")
        walk.page.click(f"#learn-list a.card[data-name='{one.name}']")
        for at, step in enumerate(one.steps, 1):
            walk.page.wait_for_function(STANDS, arg=[one.name, at])
            view = dict(parse_qsl(step.view))
            wanted = view.get("tab")
            if view.get("model") == "network" and not wanted:
                # seconds each: once its run is drawn; all of such a view is seen by test_networks
                walk.page.wait_for_function(DRAWN, arg=view)
            else:
                walk.calm()
            if wanted:
                assert walk.query.get("tab", "explore") == wanted, (one.name, at)
            if wanted == "schedules":
                walk.page.wait_for_function("document.body.dataset.schedules === 'read'")
            assert walk.page.is_hidden("#problem"), (one.name, at)
            values = walk.page.evaluate("explorer.S.values")
            for key, given in view.items():
                if key == "samples":
                    continue
                if isinstance(values.get(key), bool):
                    assert values[key] == (given == "true"), (one.name, at, key)
                elif isinstance(values.get(key), str):
                    assert values[key] == given, (one.name, at, key)
                elif isinstance(values.get(key), (int, float)):
                    assert values[key] == float(given), (one.name, at, key)
            faults = walk.page.evaluate(FAULTS, [step.control, step.strip])
            assert not faults, (one.name, at, faults)
            if step.done and walk.page.evaluate(DO, step.done):
                walk.page.wait_for_function(TICKED)
            walk.page.click("[data-lesson=next]")
        walk.page.wait_for_function("document.getElementById('lesson').hidden")
    walk.open("tab=learn&samples=16&nfe=9")
    assert walk.page.locator("#learn-list .how.done").count() == len(names)
    assert "fresh" not in walk.page.get_attribute("#lessons", "class")


def test_the_card_stays_while_one_works_and_the_shelf_comes_back(walk):
    walk.hasty().open("lesson=why-rho-7&at=2&samples=16&nfe=9&timesteps.rho=3")
    assert walk.value("nfe") == 9  # a link with settings keeps them
    assert walk.page.is_hidden(".shelf") and walk.page.is_visible("#lesson")
    for width, height in ((1366, 657), (1280, 720)):  # low laptops: its buttons are above the fold
        walk.page.set_viewport_size({"width": width, "height": height})
        box = walk.calm().page.locator("#lesson [data-lesson=next]").bounding_box()
        assert box["y"] + box["height"] <= height, (width, height)
    walk.page.set_viewport_size({"width": 1440, "height": 900})
    dimmed = (
        "getComputedStyle(document.querySelector('[data-key=\"nfe\"] input[type=range]')).opacity"
    )
    assert walk.page.evaluate(dimmed) == "0.42" and not walk.page.evaluate(TICKED)
    walk.after(lambda: walk.page.evaluate("explorer.ask({'timesteps.rho': 7})"))
    assert walk.page.evaluate(TICKED) and walk.page.evaluate(dimmed) == "1"
    assert "median end error" in walk.page.inner_text("#lesson .live")
    assert "NaN" not in walk.page.inner_text("#lesson .live")
    walk.page.click(".tabs [data-page=claims]")
    walk.page.wait_for_selector("section.claims > #lesson")
    walk.page.click(".tabs [data-page=explore]")
    walk.page.click("[data-lesson=try]")
    walk.page.get_by_text("Lessons takes you back to step 2.").wait_for()
    assert walk.page.is_visible(".shelf") and walk.value("timesteps.rho") == 7
    walk.calm()
    assert "lesson" not in walk.query
    walk.page.click("#lessons")
    walk.page.wait_for_function(STANDS, arg=["why-rho-7", 2])


def test_a_first_visitor_is_shown_around_once_and_at_any_input_it_waits(browser, server):
    visitor = Walk(browser, server, reduced_motion="no-preference")
    visitor.hasty().page.add_init_script("if (!sessionStorage.again) delete localStorage.visited")
    visitor.page.add_init_script(SCENES)
    visitor.open("")
    visitor.page.wait_for_selector("#lesson h2")
    plays = visitor.page.locator("[data-lesson=plays]")
    assert plays.inner_text() == "Pause"
    visitor.page.mouse.wheel(0, 1)
    visitor.page.get_by_role("button", name="Play on").wait_for()
    visitor.page.evaluate("sessionStorage.again = '1'")
    visitor.page.click("[data-lesson=try]")
    visitor.page.wait_for_function("document.getElementById('lesson').hidden")
    visitor.open("")
    assert visitor.page.is_hidden("#lesson")
    visitor.leave()
    assert not visitor.errors and not visitor.outside


@pytest.mark.parametrize("query", ["samples=16&nfe=9", "tab=claims"])
def test_who_comes_with_a_link_is_not_shown_around(walk, query):
    walk.hasty().page.add_init_script("delete localStorage.visited")
    walk.open(query)
    assert walk.page.is_hidden("#lesson")


def test_an_unknown_lesson_is_a_sentence(walk):
    walk.hasty().open("samples=16&nfe=9&lesson=rho-4")
    walk.page.get_by_text("There is no lesson “rho-4”").wait_for()
