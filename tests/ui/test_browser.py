"""A walk through the page in a real browser.  Everything is waited for, nothing is timed."""

import math
from urllib.parse import parse_qs, urlsplit

import pytest

from explorer.data import DATASETS

SMALL = "data=moons&samples=16&nfe=9&sigma=1"
READY = "() => document.body.classList.contains('ready')"
CALM = """() => window.walk && walk.asked === walk.answered
    && !document.body.dataset.asking && !document.body.dataset.resting"""
RANGES = """
() => [...document.querySelectorAll('.controls [data-key] input[type=range]')]
  .filter((r) => r.offsetParent && !r.disabled).map((r) => r.id)
"""
NUDGE = """
(id) => {
  const range = document.getElementById(id), low = +range.min, high = +range.max;
  const by = 0.06 * (high - low), up = +range.value + by;
  range.value = up <= high ? up : +range.value - by;
  range.dispatchEvent(new Event('input', {bubbles: true}));
}
"""
COUNT = """
window.explorerRest = 0;  // the exact reference follows at once
window.walk = {asked: 0, answered: 0, all: 0};
const plain = window.fetch;
window.fetch = async (...given) => {
  walk.all += 1;
  const explore = String(given[1]?.body ?? '').includes('"fn_name":"explore"');
  if (explore) walk.asked += 1;
  try { return await plain(...given); } finally { if (explore) walk.answered += 1; }
};
"""


class Walk:
    """One visitor: a page that notes its errors and every request that leaves the server."""

    def __init__(self, browser, server, **context):
        self.server, self.errors, self.outside = server, [], []
        context = {
            "viewport": {"width": 1440, "height": 900},
            "reduced_motion": "reduce",
            **context,
        }
        self.context = browser.new_context(
            permissions=["clipboard-read", "clipboard-write"], **context
        )
        self.context.set_default_timeout(30_000)
        self.page = self.context.new_page()
        self.page.add_init_script(COUNT)
        self.page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on("request", self._request)

    def _request(self, request):
        if not request.url.startswith((self.server, "data:", "blob:")):
            self.outside.append(request.url)

    def open(self, query=SMALL):
        self.page.goto(self.server + (f"?{query}" if query else ""))
        self.page.wait_for_function(READY)
        return self.calm()

    def calm(self):
        """Until nothing is under way and the address says what is drawn."""
        self.page.wait_for_function(CALM)
        self.page.wait_for_timeout(350)  # the address follows after 250 ms
        self.page.wait_for_function(CALM)
        return self

    @property
    def drawn(self) -> int:
        return int(self.page.evaluate("document.body.dataset.drawn ?? '0'"))

    @property
    def query(self) -> dict[str, str]:
        return {k: v[0] for k, v in parse_qs(urlsplit(self.page.url).query).items()}

    def value(self, key: str):
        return self.page.evaluate("(key) => explorer.S.values[key]", key)

    def after(self, act):
        """Do something that draws, and wait for the drawing."""
        before = self.drawn
        act()
        self.page.wait_for_function("(n) => +document.body.dataset.drawn > n", arg=before)
        return self.calm()

    def choose(self, selector: str, value: str):
        return self.after(lambda: self.page.select_option(selector, value))

    def unfold(self):
        self.page.evaluate("""() => {
          document.querySelectorAll('.controls details').forEach((d) => { d.open = true; });
          document.querySelectorAll('.more[aria-expanded=false]').forEach((b) => b.click());
        }""")


@pytest.fixture
def walk(browser, server):
    visitor = Walk(browser, server)
    yield visitor
    assert not visitor.errors and not visitor.outside
    visitor.context.close()


def test_the_first_view_says_what_it_found(walk):
    walk.open("")
    assert walk.page.title() == "Diffusion Sampler Explorer"
    walk.page.wait_for_function("document.querySelector('#title').textContent.includes('error')")
    assert "Heun, 35 evaluations" in walk.page.inner_text("#title")
    assert "NFE 35" in walk.page.inner_text("#status")
    assert walk.page.locator("#rows tr").count() == 18
    assert set(walk.query) <= {"sigma", "pick"}  # only what differs from the default


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
    walk.open(f"{query}&samples=8&nfe=61&sigma=1").unfold()  # NFE for a restart too
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


def test_the_cursor_asks_no_server(walk):
    walk.open()
    before, level = walk.page.evaluate("walk.all"), walk.page.inner_text("#now-sigma")
    for value in (0, 250, 500, 999, 700):
        walk.page.evaluate(
            """(v) => {
          const scrub = document.querySelector('#scrub');
          scrub.value = v;
          scrub.dispatchEvent(new Event('input', {bubbles: true}));
        }""",
            value,
        )
    for button in ("#next", "#prev", "#first", "#play", "#play"):
        walk.page.click(button)
    walk.page.focus("#scrub")
    walk.page.keyboard.press("ArrowRight")
    for what in ("D", "e", "x"):
        walk.page.check(f'#what input[value="{what}"]', force=True)
    assert walk.page.inner_text("#now-sigma") != level
    assert walk.page.evaluate("walk.all") == before


def test_keys_move_the_scrubber_and_a_slider(walk):
    walk.open()
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
    walk.open()
    box = walk.page.locator('[data-key="nfe"] input[type=text]')
    box.fill("21")
    walk.after(lambda: box.press("Enter"))
    assert walk.value("nfe") == 21 and walk.query["nfe"] == "21"


def test_typing_nonsense_gives_a_sentence_and_keeps_the_picture(walk):
    walk.open()
    title, box = (
        walk.page.inner_text("#title"),
        walk.page.locator('[data-key="nfe"] input[type=text]'),
    )
    box.fill("lots")
    walk.after(lambda: box.press("Enter"))
    assert "lots" in walk.page.inner_text("#problem-text") and walk.page.is_visible("#problem")
    assert walk.page.inner_text("#title") == title and walk.page.locator("#rows tr").count() == 5
    box.fill("11")
    walk.after(lambda: box.press("Enter"))
    assert walk.page.is_hidden("#problem") and walk.query["nfe"] == "11"


@pytest.mark.parametrize("data", ["digits", "diracs", "moons", "swissroll", "drawn"])
def test_other_data_are_one_choice_away(walk, data):
    walk.open("samples=16&nfe=9&sigma=1").unfold()
    walk.choose("#slot-data", data)
    assert walk.query["data"] == data and walk.page.is_hidden("#problem")
    kind = walk.page.evaluate("explorer.S.parts.data.kind")
    assert kind == {"digits": "image", "diracs": "line"}.get(data, "plane")
    walk.choose("#slot-data", "spiral")
    assert "data" not in walk.query


@pytest.mark.parametrize("design", ["vp", "ve", "iddpm", "edm-imagenet"])
def test_a_design_is_one_choice_and_one_undo(walk, design):
    walk.open()
    before = walk.page.evaluate("explorer.S.values")
    walk.choose("#design", design)
    assert walk.query["design"] == design and walk.page.is_hidden("#problem")
    assert walk.value("data") == "moons" and walk.value("nfe") == 9
    assert walk.page.evaluate("explorer.S.values") != before
    walk.after(lambda: walk.page.click("#undo"))
    assert walk.page.evaluate("explorer.S.values") == before


def test_a_link_restores_the_view_and_so_does_a_refresh(walk):
    query = (
        "data=moons&samples=16&nfe=12&solver=rk2&solver.alpha=0.7&timesteps.rho=4"
        "&s_churn=8&schedule=vp&what=D&measure=kappa&weight=vp&sigma=0.5"
    )
    walk.open(query)
    for _ in range(2):
        assert walk.value("solver.alpha") == 0.7 and walk.value("timesteps.rho") == 4
        assert walk.value("schedule") == "vp" and walk.value("s_churn") == 8
        assert walk.page.input_value('[data-key="nfe"] input[type=text]') == "12"
        assert walk.page.evaluate("explorer.S.what") == "D"
        assert walk.page.evaluate("explorer.S.sigma") == pytest.approx(0.5)
        assert walk.page.is_checked('#frame input[value="vp"]')
        assert {k: v for k, v in walk.query.items() if k not in ("pick",)} == {
            k: v[0] for k, v in parse_qs(query).items()
        } | {"timesteps.rho": walk.query["timesteps.rho"], "s_churn": walk.query["s_churn"]}
        walk.page.reload()
        walk.page.wait_for_function(READY)
        walk.calm()


def test_the_link_is_copied(walk):
    walk.open()
    walk.page.evaluate(NUDGE, "timesteps-rho-rho")
    walk.calm()
    walk.page.click("#copy")
    walk.page.wait_for_function("navigator.clipboard.readText().then((t) => t === location.href)")
    assert "timesteps.rho" in walk.page.url


def test_reset_belongs_to_a_group(walk):
    walk.open(f"{SMALL}&timesteps.rho=3&s_churn=9")
    walk.unfold()
    button = walk.page.locator('.reset[data-group="schedule"]')
    assert button.is_enabled()
    walk.after(button.click)
    assert walk.value("timesteps.rho") == 7 and walk.value("s_churn") == 9
    assert button.is_disabled() and walk.value("data") == "moons"


@pytest.mark.parametrize(
    "query, named",
    [
        ("solver=hune", "hune"),
        ("nfe=NaN&colour=red", "nan"),
        ("data=upload&data.digest=0123456789abcdef", "upload"),
    ],
)
def test_a_link_with_nonsense_opens_the_default_view_with_a_sentence(walk, query, named):
    walk.open(query)
    walk.page.wait_for_selector("#problem:not([hidden])")
    assert named in walk.page.inner_text("#problem-text")
    assert walk.page.locator("#rows tr").count() == 18
    walk.page.click("#problem button")
    assert walk.page.is_hidden("#problem")


def test_dark_mode_is_remembered(walk):
    walk.open()
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


def test_every_strip_explains_itself_with_numbers(walk):
    walk.open("samples=16&nfe=9&sigma=1")
    walk.page.wait_for_function("explorer.S.parts.error && explorer.S.parts.path")
    buttons = walk.page.locator(".strip-head button.i")
    assert buttons.count() == 5
    for k in range(5):
        buttons.nth(k).click()
        assert walk.page.is_visible("#pop")
        assert len(walk.page.inner_text("#pop")) > 60
        assert walk.page.locator("#pop td").count() > 5
        walk.page.keyboard.press("Escape")


def test_dragging_fast_ends_at_the_last_value(walk):
    walk.open()
    walk.page.evaluate("""() => {
      const range = document.querySelector('[data-key="timesteps.rho"] input[type=range]');
      for (let v = 2; v <= 12; v += 0.5) { range.value = v; range.dispatchEvent(new Event('input', {bubbles: true})); }
    }""")
    walk.calm()
    assert walk.value("timesteps.rho") == 12 and float(walk.query["timesteps.rho"]) == 12
    assert walk.page.evaluate("walk.asked") < 12  # what was overtaken was never asked


@pytest.mark.parametrize("size", [(390, 844), (820, 1180)], ids=["phone", "tablet"])
def test_a_small_screen_has_no_sideways_scroll(browser, server, size):
    visitor = Walk(browser, server, viewport=dict(zip(("width", "height"), size)), has_touch=True)
    visitor.open()
    wide = visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    visitor.context.close()
    assert wide <= 0 and not visitor.errors and not visitor.outside


# ---- the stage, the spine, data of one's own ----------------------------------------------------

PIXELS = """() => {
  let inked = 0;
  const colours = new Set();
  for (const canvas of document.querySelectorAll('#box > canvas')) {
    const {width: w, height: h} = canvas, {data} = canvas.getContext('2d').getImageData(0, 0, w, h);
    for (let j = 0; j < data.length; j += 4) if (data[j + 3] > 8) {
      inked += 1;
      if (colours.size < 99) colours.add((data[j] << 16) + (data[j + 1] << 8) + data[j + 2]);
    }
  }
  return [inked, colours.size];
}"""
PICTURE = "() => [...document.querySelectorAll('#box > canvas')].map((c) => c.toDataURL()).join()"


def test_every_data_set_is_drawn(walk):
    walk.open("samples=16&nfe=9&sigma=1")
    for data in [name for name in DATASETS if name not in ("spiral", "upload", "published")]:
        walk.choose("#slot-data", data)
        assert walk.page.is_hidden("#problem"), data
        inked, colours = walk.page.evaluate(PIXELS)
        assert inked > 1000 and colours > 5, data


@pytest.mark.parametrize(
    "name, values, shown",
    [("what", ("D", "e", "x"), 3), ("stage-view", ("true", "strip", "fit"), 3)],
)
def test_each_way_to_look_at_the_samples_is_a_picture_of_its_own(walk, name, values, shown):
    walk.open()
    pictures, before = {walk.page.evaluate(PICTURE)}, walk.page.evaluate("walk.all")
    for value in values:
        walk.page.locator(f'label:has(input[name="{name}"][value="{value}"])').click()
        pictures.add(walk.page.evaluate(PICTURE))
    assert len(pictures) == shown and walk.page.evaluate("walk.all") == before


@pytest.mark.parametrize(
    "field, values",
    [
        ("measure", ("kappa", "angle", "chord", "bend")),
        ("weight", ("vp", "ve", "iddpm", "raw", "edm")),
    ],
)
def test_another_measure_is_another_curve(walk, field, values):
    walk.open("samples=16&nfe=9&sigma=1")
    figure = "document.querySelector('#fig-still').toDataURL()"
    before, asked = walk.page.evaluate(figure), walk.page.evaluate("walk.all")
    for value in values:
        walk.page.select_option(f"select[data-field={field}]", value)
        after = walk.page.evaluate(figure)
        assert after != before, value
        before = after
    assert walk.page.evaluate("walk.all") == asked


def test_rows_and_the_spine_move_the_cursor_without_the_server(walk):
    walk.open()
    asked = walk.page.evaluate("walk.all")
    walk.page.locator("#rows tr").nth(2).click()
    assert walk.page.evaluate("explorer.S.sigma === explorer.S.parts.run.sigma[2]")
    assert walk.page.locator("#rows tr").nth(2).get_attribute("aria-current") == "true"
    box = walk.page.locator("#hit").bounding_box()
    levels = []
    for part in (0.35, 0.65):
        walk.page.mouse.click(box["x"] + part * box["width"], box["y"] + 0.9 * box["height"])
        levels.append(walk.page.evaluate("explorer.S.sigma"))
    assert 80 > levels[0] > levels[1] > 0.002
    assert walk.page.evaluate("walk.all") == asked


def test_play_moves_the_cursor_until_pause(walk):
    walk.open()
    walk.page.click("#first")
    walk.page.click("#play")
    walk.page.wait_for_function("explorer.S.sigma < 60")
    walk.page.click("#play")
    stopped = walk.page.evaluate("explorer.S.sigma")
    walk.calm()
    assert walk.page.evaluate("explorer.S.sigma") == stopped
    assert walk.page.get_attribute("#play", "aria-label") == "Play"


def test_single_steps_land_on_the_levels_of_the_run(walk):
    walk.open()
    for button, index in (("#first", 0), ("#next", 1), ("#next", 2), ("#prev", 1)):
        walk.page.click(button)
        assert walk.page.evaluate(f"explorer.S.sigma === explorer.S.parts.run.sigma[{index}]")


def test_zoom_is_kept_over_a_new_run(walk):
    walk.open()
    box = walk.page.locator("#box").bounding_box()
    walk.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.4 * box["height"])
    walk.page.mouse.wheel(0, -300)
    walk.page.wait_for_function("explorer.S.zoom.k > 1.2")
    zoom = walk.page.evaluate("explorer.S.zoom")
    walk.after(lambda: walk.page.evaluate(NUDGE, "nfe-"))
    assert walk.page.evaluate("explorer.S.zoom") == zoom


def test_a_table_is_copied_whole(walk):
    walk.open()
    walk.page.click("[data-strip=steps]")
    walk.page.click("#pop [data-copy=table]")
    walk.page.wait_for_function("document.querySelector('#pop').innerText.includes('Copied')")
    lines = walk.page.evaluate("navigator.clipboard.readText()").splitlines()
    assert len(lines) == 1 + walk.page.evaluate(
        "explorer.S.parts.run.sigma.filter((s) => s > 0).length"
    )
    assert {line.count("\t") for line in lines} == {lines[0].count("\t")} != {0}
    assert "NaN" not in "".join(lines) and "undefined" not in "".join(lines)


def test_rows_without_effect_say_why(walk):
    walk.open().unfold()
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
    walk.open()
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


def test_a_file_becomes_the_data_and_a_broken_one_changes_nothing(walk):
    file = lambda name, text: {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    walk.open("samples=16&nfe=9&sigma=1").unfold()
    walk.choose("#slot-data", "upload")
    assert "No data is uploaded yet" in walk.page.inner_text("#problem-text")
    ring = "\n".join(f"{math.cos(a / 9)},{math.sin(a / 9)}" for a in range(57))
    walk.after(lambda: walk.page.set_input_files("#file", file("ring.csv", ring)))
    assert walk.page.is_hidden("#problem") and walk.page.inner_text("#file-name") == "ring.csv"
    assert walk.page.evaluate("explorer.S.parts.data.points") == 57
    digest = walk.query["data.digest"]
    broken = file("broken.csv", "1,2\nthree,four\n5,6")
    walk.after(lambda: walk.page.set_input_files("#file", broken))
    sentence = walk.page.inner_text("#problem-text")
    assert "broken.csv" in sentence and "three" in sentence
    assert walk.value("data.digest") == digest and walk.query["data.digest"] == digest


def test_a_drawing_is_in_the_link(walk):
    walk.open("data=drawn&samples=16&nfe=9&sigma=1")
    walk.page.locator('label:has(input[name="stage-view"][value="draw"])').click()
    walk.page.click(".pad [data-do=clear]")
    box = walk.page.locator(".pad canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def stroke():
        walk.page.mouse.move(x - 90, y)
        walk.page.mouse.down()
        walk.page.mouse.move(x + 90, y - 60, steps=12)
        walk.page.mouse.up()

    walk.after(stroke)
    assert walk.page.is_hidden("#problem")
    drawing = walk.query["data.points_text"]
    walk.open(urlsplit(walk.page.url).query)
    assert walk.value("data.points_text") == drawing


def test_a_lost_server_is_said_and_the_picture_stays(walk):
    walk.open()
    picture = walk.page.evaluate(PICTURE)
    walk.page.route("**/component_server/**", lambda route: route.abort())
    walk.after(lambda: walk.page.evaluate(NUDGE, "nfe-"))
    assert "did not answer" in walk.page.inner_text("#problem-text")
    assert walk.page.evaluate(PICTURE) == picture
    walk.page.unroute("**/component_server/**")
    walk.errors.clear()  # the browser's own line about the lost request
    walk.after(lambda: walk.page.evaluate(NUDGE, "nfe-"))
    assert walk.page.is_hidden("#problem")


@pytest.mark.parametrize(
    "size", [(1440, 900), (1024, 768), (390, 844)], ids=["desk", "laptop", "phone"]
)
def test_every_panel_lies_within_the_screen(walk, size):
    walk.page.set_viewport_size(dict(zip(("width", "height"), size)))
    for data in ("moons", "digits", "diracs"):
        walk.open(f"data={data}&samples=16&nfe=9&sigma=1")
        outside = walk.page.evaluate(
            """(width) => ['.top', '.controls', '.stage', '#box',
          '.scrub', '#scrub', '.shelf', '.spine', '.status'].filter((s) => {
            const r = document.querySelector(s).getBoundingClientRect();
            return r.left < -1 || r.right > width + 1 || r.width < 1; })""",
            size[0],
        )
        assert outside == [], data
        assert walk.page.evaluate("document.documentElement.scrollWidth") <= size[0], data
        assert walk.page.is_visible("#scrub") and walk.page.is_visible("#play")


# ---- steps by hand, saving, comparing -----------------------------------------------------------

END = "explorer.S.parts.error?.added_up?.at(-1)"


def place(walk, sigma: float) -> tuple[float, float]:
    """Where a level lies on the strip of time steps, in pixels of the page: its dot."""
    box = walk.page.locator("#hit").bounding_box()
    high, low = walk.page.evaluate(
        "import(document.querySelector('link[href*=\"spine.js\"]').href)"
        ".then((m) => m.wholeRange())"
    )
    across = math.log(high / sigma) / math.log(high / low)
    strip = walk.page.evaluate("""() => {
      const axis = document.querySelector('#axis').getBoundingClientRect();
      const heads = [...document.querySelectorAll('.strip-head')].map((h) => h.offsetTop);
      const {range} = explorer.S.parts.error.steps, top = heads[0] - 3 + 26, bottom = heads[1] - 3;
      return axis.top + bottom + range[0] / (range[1] - range[0]) * (bottom - top);
    }""")
    return box["x"] + across * box["width"], strip


def drag(walk, start: float, end: float):
    (x, y), (x_end, _) = place(walk, start), place(walk, end)
    walk.page.mouse.move(x, y)
    walk.page.mouse.down()
    for part in range(1, 9):
        walk.page.mouse.move(x + (x_end - x) * part / 8, y)
    walk.page.mouse.up()


def test_a_step_dragged_to_a_better_place_lowers_the_error(walk):
    """A list with a gap from 20 to 0.03, and its step at 30 dragged into the gap."""
    walk.open(
        "data=moons&data.dimension=2&samples=32&solver=ddim&timesteps=custom"
        "&timesteps.levels=80,40,30,20,0.03,0.01&sigma=1"
    )
    walk.page.wait_for_function(f"{END} > 0")
    before, levels = walk.page.evaluate(END), walk.value("timesteps.levels")
    walk.after(lambda: drag(walk, 20, 1))
    after, moved = walk.page.evaluate(END), walk.value("timesteps.levels")
    assert moved[3] == pytest.approx(1, rel=0.1)
    assert [v for i, v in enumerate(moved) if i != 3] == [v for i, v in enumerate(levels) if i != 3]
    assert after < 0.8 * before
    assert "1" in walk.query["timesteps.levels"].split(",")[3]
    walk.after(lambda: walk.page.click("#undo"))
    assert walk.page.evaluate(END) == pytest.approx(before)


def test_a_step_is_never_dragged_past_its_neighbour(walk):
    walk.open("data=moons&samples=16&timesteps=custom&timesteps.levels=80,20,5,1,0.1&sigma=1")
    walk.after(lambda: drag(walk, 5, 70))
    levels = walk.value("timesteps.levels")
    assert levels == sorted(levels, reverse=True) and 18 < levels[2] < 20


def test_the_figure_is_saved_with_its_axes_and_findings(walk):
    walk.open()
    walk.page.wait_for_function("explorer.S.parts.error")
    with walk.page.expect_download() as news:
        walk.page.click("#save")
    assert news.value.suggested_filename.endswith(".svg")
    drawing = open(news.value.path(), encoding="utf-8").read()
    assert drawing.lstrip().startswith("<svg") and "noise level σ" in drawing
    for head in ("Time steps", "Curvature", "Out of plane", "Loss", "Error"):
        assert head in drawing, head
    assert drawing.count("<path") > 20


def compare(walk, query: str):
    walk.open(f"tab=compare&data=moons&data.dimension=2&samples=64&{query}")
    return walk.page.locator("#compare-rows tr")


SWEPT = """() => document.querySelector('#compare-rows tr')
    && document.querySelector('#compare-progress').hidden"""


def test_a_sweep_cancelled_half_way_keeps_its_curves(walk):
    rows = compare(walk, "solvers=ddim,heun,unipc")
    budgets = ", ".join(str(n) for n in (5, 7, 9, 13, 257, 383, 511, 641, 767, 895, 1023))
    walk.page.fill("#compare-budgets", budgets)
    walk.page.click("#compare-run")
    walk.page.wait_for_function(
        "document.querySelectorAll('#fig-compare .scatterlayer .trace').length >= 3"
    )
    walk.page.click("#compare-cancel")
    walk.page.wait_for_function(
        "document.querySelector('#compare-progress').innerText.includes('Cancelled')"
    )
    drawn = walk.page.evaluate("document.querySelector('#fig-compare').data.map((t) => t.x.length)")
    assert rows.count() == 3 and max(drawn) >= 1
    assert walk.page.locator(".results thead th").count() < 3 + 11  # not all budgets were reached
    walk.page.wait_for_timeout(500)
    assert (
        walk.page.evaluate("document.querySelector('#fig-compare').data.map((t) => t.x.length)")
        == drawn
    )


def test_a_link_restores_what_is_compared(walk):
    rows = compare(walk, "compare=sweep&solvers=heun,lms&budgets=5,9,17")
    walk.page.wait_for_function(SWEPT)
    assert rows.count() == 2 and "LMS" in rows.nth(1).inner_text()
    pressed = walk.page.locator("#compare-solvers [aria-pressed=true]")
    assert [b.get_attribute("data-name") for b in pressed.all()] == ["heun", "lms"]
    walk.page.click("#compare-solvers [data-name=ddim]")
    walk.page.click("#compare-grids [data-name=logsnr]")
    walk.page.fill("#compare-budgets", "5, 11")
    walk.page.click("#compare-distance")
    walk.page.wait_for_function("location.href.includes('compare=distance')")
    walk.page.wait_for_function(SWEPT)
    assert walk.query["solvers"] == "heun,ddim,lms" and walk.query["budgets"] == "5,11"
    assert walk.query["grids"] == "logsnr"
    title = walk.page.inner_text("#compare-title")
    walk.page.reload()
    walk.page.wait_for_function(READY)
    walk.page.wait_for_function(
        "(t) => document.querySelector('#compare-title').textContent === t", arg=title
    )
    assert walk.page.input_value("#compare-budgets") == "5, 11" and pressed.count() == 3
    assert walk.page.get_attribute("#compare-grids [data-name=logsnr]", "aria-pressed") == "true"


def test_the_explore_page_leads_to_what_churn_does(walk):
    walk.open("data=moons&data.dimension=2&samples=16&nfe=17&sigma=1").unfold()
    assert walk.page.is_disabled("#see-churn")
    walk.after(lambda: walk.page.evaluate(NUDGE, "s_churn-"))
    walk.page.click("#see-churn")
    walk.page.wait_for_function(SWEPT)
    assert "hurn" in walk.page.inner_text("#compare-title")
    words = walk.page.inner_text("#fig-compare")
    assert "cap √2 − 1" in words and "noise added" in words and "two draws of the data" in words
    assert walk.query["compare"] == "churn" and walk.query["tab"] == "compare"


@pytest.mark.parametrize(
    "size", [(1440, 900), (1024, 768), (390, 844)], ids=["desk", "laptop", "phone"]
)
@pytest.mark.parametrize("kind", ["sweep", "distance", "churn"])
def test_what_is_compared_lies_within_the_screen(walk, size, kind):
    walk.page.set_viewport_size(dict(zip(("width", "height"), size)))
    compare(walk, f"compare={kind}&s_churn=9&budgets=5,9&solvers=heun,ddim")
    walk.page.wait_for_function(SWEPT)
    assert walk.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    own = ["#compare-solvers", "#compare-run", "#compare-budgets"]  # the others do not use them
    assert [walk.page.is_visible(s) for s in own] == [kind == "sweep"] * 3
    outside = walk.page.evaluate(
        """([width, own]) => ['.compare', '#compare-churn', '#fig-compare',
      '#fig-compare .main-svg', '.results .scroll', ...own].filter((s) => {
        const r = document.querySelector(s).getBoundingClientRect();
        return r.left < -1 || r.right > width + 1 || r.width < 1 || r.height < 20; })""",
        [size[0], own if kind == "sweep" else []],
    )
    assert outside == []
