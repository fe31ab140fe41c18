"""The headline in a real browser: one height in every state, and what each state says."""

import pytest

from .walk import MEASURED, NUDGE, PICTURE, READY

VIEW = "data=moons&data.dimension=2&samples=128&nfe=9&sigma=1"
RED = """() => {  // pixels of the stage in the colour of what is new noise and of what strays
  const hex = getComputedStyle(document.documentElement).getPropertyValue('--stochastic').trim();
  const [r, g, b] = [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
  let found = 0;
  for (const canvas of document.querySelectorAll('#box > canvas')) {
    const {width: w, height: h} = canvas, {data} = canvas.getContext('2d').getImageData(0, 0, w, h);
    for (let j = 0; j < data.length; j += 4)
      if (data[j + 3] > 250 && Math.abs(data[j] - r) + Math.abs(data[j + 1] - g)
          + Math.abs(data[j + 2] - b) < 12) found += 1;
  }
  return found;
}"""
COVERED = """() => {  // by how far it is: the picture, and words of the headline
  const r = document.querySelector('#progress').getBoundingClientRect();
  const parts = ['#box', '.headline :is(h1, .chip, .ci)', '#blame', '#versus'].map((s) => [s,
    [...document.querySelectorAll(s)].filter((e) => e.textContent.trim() || s === '#box')
      .filter((e) => e.checkVisibility({ visibilityProperty: true }))
      .flatMap((e) => [...e.getClientRects()])
      .some((q) => q.top < r.bottom - 1 && q.bottom > r.top + 1 && q.left < r.right)]);
  return parts.filter(([, over]) => over).map(([s]) => s);
}"""
SETTLED = "() => window.explorer?.S?.parts.error?.exact"


def state(walk, name: str):
    """Wait for a state of the headline: where the stage then begins, how high both are, and that
    no line of the headline is higher than its own."""
    walk.page.wait_for_selector(f"#headline[data-state={name}]")
    return walk.page.evaluate("""() => {
      const box = document.querySelector('#box').getBoundingClientRect();
      const head = document.querySelector('#headline'), said = document.querySelector('#subtitle');
      // a button is 24 px high in a line of 20, and so reaches 2 beyond the last
      const over = said.scrollHeight > head.clientHeight - said.offsetTop + 3;
      return [box.top + scrollY, box.height, head.clientHeight, over];
    }""")


class Held:
    """Requests with some words are kept back until they are let go."""

    def __init__(self, page, words: str):
        self.page, self.words, self.kept = page, words, []
        page.route("**/component_server/**", self._each)

    def _each(self, route):
        body = (route.request.post_data or "").replace(" ", "")
        self.kept.append(route) if self.words in body else route.continue_()

    def let_go(self):
        self.words = "nothing that is ever asked"
        while self.kept:
            self.kept.pop().continue_()
        self.page.unroute("**/component_server/**")


@pytest.mark.parametrize(
    "size", [(1440, 900), (1024, 768), (390, 844)], ids=["desk", "laptop", "phone"]
)
def test_the_stage_stands_still_from_state_to_state(walk, size):
    walk.page.set_viewport_size(dict(zip(("width", "height"), size)))
    walk.page.add_init_script("window.explorerRest = +(sessionStorage.rest ?? 0)")
    walk.page.goto(f"{walk.server}?{VIEW}")
    walk.page.wait_for_function(READY)
    seen = {"settled": state(walk, "settled")}
    walk.calm()

    better = Held(walk.page, '"want":["exact"]')
    walk.page.evaluate(NUDGE, "timesteps-rho-rho")
    seen["refining"] = state(walk, "refining")
    assert walk.page.is_visible(".chip .spin")
    better.let_go()
    walk.calm()

    views = Held(walk.page, '"fn_name":"explore"')
    walk.page.evaluate(NUDGE, "timesteps-rho-rho")
    seen["stale"] = state(walk, "stale")
    chip = walk.page.inner_text("#chips")
    assert chip.startswith("of ρ = ") and f"asking for ρ = {walk.value('timesteps.rho')}" in chip
    walk.page.wait_for_selector("#progress:not([hidden])")
    assert walk.page.evaluate(COVERED) == []
    assert state(walk, "stale") == seen["stale"]
    views.let_go()
    walk.calm()
    seen["settled again"] = state(walk, "settled")

    walk.page.evaluate("document.querySelector('#pin').click()")
    walk.after(lambda: walk.page.evaluate(NUDGE, "timesteps-rho-rho"))
    walk.page.wait_for_function("document.querySelector('#versus').innerText.includes('paths')")
    seen["pinned"] = state(walk, "settled")
    walk.after(lambda: walk.page.evaluate("explorer.ask({solver: 'euler_a'})"))
    seen["alone"] = state(walk, "alone")
    assert "no path error" in walk.page.inner_text("#title")
    assert walk.page.inner_text("#chips") == "new noise, no reference"

    walk.page.evaluate("sessionStorage.rest = 1e7")  # a draft stays one
    walk.page.goto(f"{walk.server}?{VIEW}")
    walk.page.wait_for_function(READY)
    seen["draft"] = state(walk, "draft")
    assert walk.page.inner_text("#value").startswith("≈ ")
    assert walk.page.inner_text("#chips").startswith("draft, 64 of 128 paths")
    assert walk.page.inner_text("#versus") == "Against Euler: when the slider rests."
    assert len({tuple(box) for box in seen.values()}) == 1, seen


def test_what_ends_elsewhere_is_shown_and_travels_in_the_link(walk):
    walk.open("samples=256&sigma=0.01")
    walk.page.wait_for_function(SETTLED)
    walk.calm()
    before = walk.page.evaluate(PICTURE)
    chip = walk.page.locator(".chip.away")
    assert "of 256" in chip.inner_text() and walk.page.evaluate(RED) == 0
    chip.click()
    assert walk.page.evaluate(RED) > 100
    walk.calm()
    assert walk.query["away"] == "1"
    walk.page.reload()
    walk.page.wait_for_function(SETTLED)
    walk.calm()
    assert walk.page.evaluate(RED) > 100
    walk.page.click(".chip.away")
    walk.calm()
    assert "away" not in walk.query
    assert walk.page.evaluate(PICTURE) == before


def test_more_paths_follow_where_it_is_undecided_which_steps_are_to_blame(walk):
    """64 samples leave it open; then 256 other paths decide it, and nothing on the page moves."""
    further = Held(walk.page, '"want":["more"]')
    walk.page.goto(f"{walk.server}?samples=64&sigma=1")
    walk.page.wait_for_function(SETTLED)
    before = state(walk, "refining")
    assert walk.page.inner_text("#named").startswith("Heun")  # whatever stands beside it
    chip = walk.page.text_content("#chips")  # on a narrow line its words are in its title alone
    assert chip.startswith("following more paths")
    assert walk.page.locator("#value").bounding_box()["height"] >= 24
    undecided = walk.page.inner_text("#blame")
    assert undecided.startswith("Which steps make half: undecided;")
    assert undecided.endswith("64 paths were compared, more follow.")  # seen where there is room
    whole = "(e) => e.scrollWidth <= e.clientWidth"
    assert walk.page.locator("#blame .main").evaluate(whole)
    walk.page.wait_for_function("!document.body.dataset.drawing")
    asked = walk.page.evaluate("explorer.times.length")
    further.let_go()
    assert state(walk, "settled") == before
    named = {i + 1 for i in walk.page.evaluate("explorer.S.parts.error.hot")}
    decided = walk.page.inner_text("#blame")
    assert named and all(str(i) in decided for i in named) and "undecided" not in decided
    assert walk.page.evaluate("explorer.times.length") == asked  # no answer to a person


def test_a_long_sentence_keeps_its_numbers_on_a_line_of_1440_pixels(walk):
    """In smaller letters where it has to be; and in its own again where it is short."""
    walk.page.set_viewport_size({"width": 1440, "height": 900})
    walk.open(VIEW)
    walk.page.wait_for_function(SETTLED)
    walk.calm()
    ends = """(words) => {
      const error = explorer.S.parts.error;
      error.finding = {...error.finding, html: {blame: words, versus: words}};
      dispatchEvent(new CustomEvent('resize'));
      explorer.set({away: true}), document.dispatchEvent(new CustomEvent('view'));
      return ['blame', 'versus'].map((id) => {
        const line = document.getElementById(id), range = document.createRange();
        range.selectNodeContents(line);
        return [range.getBoundingClientRect().right <= line.getBoundingClientRect().right + 1,
          parseFloat(getComputedStyle(line).fontSize)];
      });
    }"""
    long = (
        "DPM-Solver++(3M) with churn makes <b>0.0075 ×</b> <span class=ci>(0.0071–0.0084)</span> "
        "of Euler’s error, 35 evaluations against 36."
    )
    assert walk.page.evaluate(ends, long) == [[True, 12], [True, 12]]
    assert walk.page.evaluate(ends, "Step 3 makes <b>69 %</b> of it.") == [[True, 13], [True, 13]]


def test_a_number_opens_into_what_it_is_made_of(walk):
    walk.open("samples=64&nfe=17&sigma=1")
    walk.page.wait_for_function(SETTLED)
    walk.calm()
    before = state(walk, "settled")
    walk.page.click("#value")
    made = walk.page.evaluate("explorer.S.parts.error.opened")
    dots = walk.page.locator("#opened svg >> nth=0").locator("circle")
    assert dots.count() == len(made["ends"]) == 64
    assert walk.page.locator("#opened circle.off").count() == len(made["far"])
    words = walk.page.inner_text("#opened")
    for said in (*made["words"], *made["ratio_words"], made["mean"], "mean, for comparison"):
        assert said in words
    assert state(walk, "settled") == before
    walk.page.click("#value")
    assert walk.page.is_hidden("#opened")


def test_a_run_that_was_cut_says_so_and_leads_to_all_of_it(walk):
    walk.open("data=digits&samples=16&nfe=9&sigma=1")
    walk.page.wait_for_function(MEASURED)
    walk.calm()
    before = state(walk, "settled")
    cut = {"chip": "cut to 16 of 64 samples", "words": "Why.", "fully": "Run all, about 5 min"}
    walk.page.evaluate(
        """(cut) => {
          explorer.set({cut});
          document.querySelector('#what').dispatchEvent(new Event('view', {bubbles: true}));
        }""",
        cut,
    )
    assert walk.page.inner_text("#chips").startswith(f"{cut['chip']}; run all")
    assert state(walk, "settled") == before
    asked = Held(walk.page, '"fn_name":"explore"')
    told = lambda request: (request.post_data or "").replace(" ", "")
    with walk.page.expect_request(lambda r: '"fn_name":"explore"' in told(r)) as caught:
        walk.page.click("#chips [data-act=all]")
    assert '"full":["run"]' in told(caught.value)
    asked.let_go()
    walk.calm()
    assert "cut" not in walk.page.inner_text("#chips")  # nor is anything
