"""A walk through the page in a real Chromium, against the server as a newcomer starts it."""

import math
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from explorer.data import DATASETS

WIDE, TABLET, PHONE = (1440, 900), (1024, 768), (390, 844)
PATIENCE = 30_000  # ms until a condition that should hold at once counts as never

# `quiet`: every question is answered, and every answer that has something to show is drawn.
WATCH = """
window.watch = {asked: 0, flying: 0, due: 0, newest: 0};
const fetch_ = window.fetch;
window.fetch = async (...given) => {
  const body = typeof given[1]?.body === 'string' ? given[1].body : '';
  const name = body.match(/"fn_name":"(explore|receive)"/)?.[1];
  if (!name) return fetch_(...given);
  if (name === 'explore') watch.asked += 1;
  watch.flying += 1;
  try {
    const answer = await fetch_(...given), text = await answer.text(), message = JSON.parse(text);
    const id = JSON.parse(body).data.id ?? 0;
    if (name === 'receive' ? message.problem : !message.stale && id > watch.newest) watch.due += 1;
    if (name === 'explore' && !message.stale) watch.newest = Math.max(id, watch.newest);
    return new Response(text, {status: answer.status, headers: answer.headers});
  } finally { watch.flying -= 1; }
};
"""
QUIET = """(asked) => document.body.classList.contains('ready') && watch.asked >= asked
  && watch.flying === 0 && +(document.body.dataset.drawn ?? 0) >= watch.due"""
SLIDERS = """() => [...document.querySelectorAll('.controls input[type=range]')]
  .filter((r) => r.offsetParent && !r.disabled).map((r) => r.id)"""
SLIDE = """([id, to]) => {
  const range = document.getElementById(id), span = range.max - range.min;
  if (to == null) to = +range.value + (+range.value < +range.min + 0.8 * span ? 0.08 : -0.08) * span;
  range.value = to;
  range.dispatchEvent(new Event('input', {bubbles: true}));
  return range.closest('[data-key]').dataset.key;
}"""
PIXELS = """() => {
  let inked = 0;
  const colours = new Set();
  for (const canvas of document.querySelectorAll('#box > canvas')) {
    const {width, height} = canvas, {data} = canvas.getContext('2d').getImageData(0, 0, width, height);
    for (let j = 0; j < data.length; j += 4) if (data[j + 3] > 8) {
      inked += 1;
      if (colours.size < 99) colours.add((data[j] << 16) + (data[j + 1] << 8) + data[j + 2]);
    }
  }
  return [inked, colours.size];
}"""
PICTURE = "() => [...document.querySelectorAll('#box > canvas')].map((c) => c.toDataURL()).join()"


# ---- the page under test ------------------------------------------------------------------------

class Window:
    """A browser window on the page, and what a person does in it."""

    def __init__(self, page, home: str):
        self.page, self.home = page, home
        self.wrong, self.requests = [], []
        page.set_default_timeout(PATIENCE)
        page.add_init_script(WATCH)
        page.on("console", lambda m: m.type == "error" and self.wrong.append(m.text))
        page.on("pageerror", lambda e: self.wrong.append(str(e)))
        page.on("request", lambda r: self.requests.append(r.url))

    def open(self, link: str = "") -> None:
        self.page.goto(self.home + link)
        self.settle()

    def settle(self, asked: int = 1) -> None:
        """Wait until all is drawn that was asked for, at least `asked` questions."""
        self.page.wait_for_function(QUIET, arg=asked)

    @contextmanager
    def asking(self):
        """What happens inside asks the server; afterwards its answer is drawn."""
        asked = self.read("watch.asked")
        yield
        self.settle(asked + 1)

    @contextmanager
    def alone(self):
        """What happens inside asks the server nothing, not even a little later."""
        before = len(self.requests)
        yield
        self.page.wait_for_timeout(350)  # past the pause of 250 ms before the link is written
        assert self.requests[before:] == []

    def read(self, expression: str):
        return self.page.evaluate(f"() => {expression}")

    def state(self, path: str):
        return self.read(f"explorer.S.{path}")

    def value(self, key: str):
        return self.state(f"values['{key}']")

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector).strip()

    def problem(self) -> str:
        """The sentence beside the figure, or nothing."""
        return self.text("#problem-text") if self.page.is_visible("#problem") else ""

    def link(self) -> dict[str, str]:
        return {k: v[0] for k, v in parse_qs(urlsplit(self.page.url).query).items()}

    def until(self, condition: str, arg=None) -> None:
        self.page.wait_for_function(condition, arg=arg)

    def slide(self, ident: str, to: float | None = None) -> str:
        """Move a slider, by a twelfth of its way if not told where; returns its key."""
        with self.asking():
            key = self.page.evaluate(SLIDE, [ident, to])
        return key

    def type(self, key: str, text: str) -> None:
        box = self.page.locator(f'[data-key="{key}"] input[type=text]').first
        with self.asking():
            box.fill(text)
            box.press("Enter")

    def choose(self, selector: str, value: str) -> None:
        with self.asking():
            self.page.select_option(selector, value)

    def tick(self, name: str, value: str) -> None:
        """Press one button of a segmented choice, which the server does not hear of."""
        self.page.locator(f'label:has(input[name="{name}"][value="{value}"])').click()

    def picture(self) -> str:
        return self.page.evaluate(PICTURE)


@contextmanager
def window(browser, home: str, size=WIDE, **options):
    context = browser.new_context(viewport={"width": size[0], "height": size[1]},
                                  reduced_motion="reduce", **options)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    try:
        yield Window(context.new_page(), home)
    finally:
        context.close()


@pytest.fixture(scope="module")
def shared(browser, server):
    with window(browser, server) as w:
        yield w


def check(w: Window) -> None:
    assert w.wrong == []
    assert [u for u in w.requests if not u.startswith((w.home, "data:", "blob:"))] == []


@pytest.fixture
def fresh(shared):
    """The shared window, not yet opened; whatever a test does in it, nothing goes wrong."""
    shared.wrong.clear()
    shared.requests.clear()
    yield shared
    check(shared)


@pytest.fixture
def page(fresh):
    """The default view."""
    fresh.open()
    return fresh


@pytest.fixture
def guest(browser, server):
    """Opens windows of other sizes, with a memory of their own."""
    opened = []

    def open_(size=WIDE, link="", **options):
        manager = window(browser, server, size, **options)
        w = manager.__enter__()
        opened.append((manager, w))
        w.open(link)
        return w

    yield open_
    for manager, _ in opened:
        manager.__exit__(None, None, None)
    for _, w in opened:
        check(w)


# ---- opening ------------------------------------------------------------------------------------

def test_opens_with_a_finding_and_without_errors(page):
    assert "mean end error" in page.text("#title")
    assert "Euler at the same cost" in page.text("#subtitle")
    assert page.problem() == ""
    assert page.state("parts.run.nfe") == 35
    check(page)


def test_nothing_comes_from_another_host(page):
    assert len(page.requests) > 5
    assert {urlsplit(u).hostname for u in page.requests if u.startswith("http")} == {"127.0.0.1"}


def test_every_panel_of_the_spine_is_drawn(page):
    lines = "document.querySelectorAll('#{} .scatterlayer path.js-line').length"
    assert page.read(lines.format("fig-still")) > 5 and page.read(lines.format("fig-live")) > 2
    assert page.read("document.querySelectorAll('.strip-head').length") == 5
    assert page.read("document.querySelectorAll('#rows tr').length") == 18


# ---- sliders ------------------------------------------------------------------------------------

@pytest.mark.parametrize("link", [
    "", "?solver=rk2&s_churn=20&data=moons", "?schedule=vp&timesteps=vp&solver=euler&data=diracs",
    "?timesteps=iddpm&solver=ddim&data=mixture"])
def test_every_slider_moves_the_picture_and_the_link(fresh, link):
    fresh.open(link)
    for more in fresh.page.query_selector_all(".more[aria-expanded=false]"):
        more.is_visible() and more.click()
    sliders = fresh.page.evaluate(SLIDERS)
    assert len(sliders) >= 6
    for ident in sliders:
        drawn, address = fresh.read("+document.body.dataset.drawn"), fresh.page.url
        values = fresh.state("values")
        key = fresh.slide(ident)
        assert fresh.problem() == "", ident
        assert fresh.value(key) != values[key], ident
        assert fresh.read("+document.body.dataset.drawn") > drawn, ident
        fresh.until("(before) => location.href !== before", address)
        assert key in fresh.link(), ident


def test_arrow_keys_move_a_slider(page):
    rho = page.page.locator('[data-key="timesteps.rho"] input[type=range]').first
    before = page.value("timesteps.rho")
    rho.focus()
    with page.asking():
        rho.press("ArrowRight")
    assert page.value("timesteps.rho") > before
    with page.asking():
        rho.press("ArrowLeft")
    assert page.value("timesteps.rho") == before


def test_newest_values_win(page):
    """Fifteen moves faster than the server answers end in the picture of the last."""
    with page.asking():
        page.page.evaluate("""async () => {
          const range = document.querySelector('[data-key="timesteps.rho"] input[type=range]');
          for (let i = 0; i < 15; i++) {
            range.value = 2 + 0.5 * i;
            range.dispatchEvent(new Event('input', {bubbles: true}));
            await new Promise((done) => setTimeout(done, 12));
          }
        }""")
    assert page.value("timesteps.rho") == 9
    assert page.read("watch.asked") < 16  # moves that were overtaken before they left
    sigma, high, low = page.state("parts.run.sigma"), 80 ** (1 / 9), 0.002 ** (1 / 9)
    expected = [(high + i / 17 * (low - high)) ** 9 for i in range(18)] + [0]
    assert sigma == pytest.approx(expected, rel=1e-5)  # sent with 7 digits
    page.until("() => location.search.includes('timesteps.rho=9')")


# ---- along σ, without the server ----------------------------------------------------------------

def test_scrubbing_asks_nothing(page):
    picture = page.picture()
    with page.alone():
        for position in (100, 500, 900):
            page.page.evaluate("""(v) => { const s = document.querySelector('#scrub');
              s.value = v; s.dispatchEvent(new Event('input', {bubbles: true})); }""", position)
            assert page.state("sigma") == pytest.approx(80 * (0.002 / 80) ** (position / 1000))
    assert page.picture() != picture
    assert float(page.link()["sigma"]) == pytest.approx(page.state("sigma"), rel=0.005)  # 3 digits


def test_arrow_keys_move_the_scrubber(page):
    page.page.focus("#scrub")
    sigma = page.state("sigma")
    with page.alone():
        page.page.keyboard.press("ArrowRight")
        assert page.state("sigma") < sigma
        page.page.keyboard.press("ArrowLeft")
        page.page.keyboard.press("ArrowLeft")
        assert page.state("sigma") > sigma


def test_play_moves_the_cursor_until_pause(page):
    with page.alone():
        page.page.click("#first")
        page.page.click("#play")
        page.until("() => explorer.S.sigma < 40")
        page.page.click("#play")
        stopped = page.state("sigma")
    assert page.state("sigma") == stopped
    assert page.page.get_attribute("#play", "aria-label") == "Play"


def test_single_steps_land_on_the_levels_of_the_run(page):
    levels = page.state("parts.run.sigma")
    with page.alone():
        page.page.click("#first")
        assert page.state("sigma") == levels[0]
        page.page.click("#next")
        page.page.click("#next")
        assert page.state("sigma") == levels[2]
        page.page.click("#prev")
        assert page.state("sigma") == levels[1]
    assert page.text("#now-step") == "step 2"


def test_a_row_of_the_table_moves_the_cursor(page):
    with page.alone():
        page.page.locator("#rows tr").nth(9).click()
    assert page.state("sigma") == page.state("parts.run.sigma[9]")
    assert page.page.get_attribute("#rows tr >> nth=9", "aria-current") == "true"


def test_the_spine_moves_the_cursor(page):
    box = page.page.locator("#hit").bounding_box()
    with page.alone():
        page.page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
        high = page.state("sigma")
        page.page.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2)
    assert page.state("sigma") < high < 80
    assert page.text("#now-sigma").startswith("σ = ")


# ---- the stage ----------------------------------------------------------------------------------

def test_every_data_set_is_drawn(page):
    for name in [n for n in DATASETS if n not in ("upload", "spiral")] + ["spiral"]:
        page.choose("#slot-data", name)
        assert page.problem() == "" and page.value("data") == name
        inked, colours = page.page.evaluate(PIXELS)
        assert inked > 1000 and colours > 5, name


@pytest.mark.parametrize("name, kind", [("digits", "image"), ("diracs", "line"),
                                        ("moons", "plane")])
def test_the_stage_suits_the_data(page, name, kind):
    page.choose("#slot-data", name)
    assert page.state("parts.data.kind") == kind
    views = page.page.locator("#box .tools label").all_inner_texts()
    assert views == {"image": ["samples", "denoise"], "line": ["paths", "denoise"],
                     "plane": ["scaled", "1 : 1", "denoise"]}[kind]


def test_the_state_the_answer_and_the_noise_look_different(page):
    seen = {page.picture()}
    for what in ("D", "e", "x"):
        with page.alone():
            page.tick("what", what)
        assert page.state("what") == what
        assert page.link().get("what", "x") == what
        seen.add(page.picture())
    assert len(seen) == 3


def test_the_views_of_the_stage_look_different(page):
    seen = {page.picture()}
    for view in ("true", "strip", "fit"):
        with page.alone():
            page.tick("stage-view", view)
        assert page.link().get("view", "fit") == view
        seen.add(page.picture())
    assert len(seen) == 3


def test_zoom_is_kept_over_a_new_run(page):
    box = page.page.locator("#box").bounding_box()
    page.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.4 * box["height"])
    page.page.mouse.wheel(0, -300)
    page.until("() => explorer.S.zoom.k > 1.2")
    zoom = page.state("zoom")
    page.slide("nfe-")
    assert page.state("zoom") == zoom
    page.page.click("#box .unzoom")
    assert page.state("zoom.k") == 1


def test_arrow_keys_on_the_stage_pick_a_sample(page):
    page.choose("#slot-data", "digits")
    page.page.focus("#box")
    with page.alone():
        page.page.keyboard.press("ArrowRight")
    assert page.state("picked") is True
    assert page.link()["pick"] == str(page.state("pick"))


# ---- strips -------------------------------------------------------------------------------------

@pytest.mark.parametrize("field, values", [("measure", ("kappa", "angle", "chord", "bend")),
                                           ("weight", ("vp", "ve", "iddpm", "raw", "edm"))])
def test_a_choice_of_measure_changes_its_strip(page, field, values):
    figure = "document.querySelector('#fig-still .main-svg').outerHTML"
    before = page.read(figure)
    for value in values:
        with page.alone():
            page.page.select_option(f"select[data-field={field}]", value)
        after = page.read(figure)
        assert after != before and page.state(field) == value
        before = after


def test_every_strip_explains_itself_in_numbers(page):
    for strip in ("steps", "curvature", "plane", "loss", "error"):
        with page.alone():
            page.page.click(f"[data-strip={strip}]")
            page.until("() => document.querySelector('#pop').matches(':popover-open')")
            rows = page.page.locator("#pop .sheet table").last.locator("tbody tr")
            assert rows.count() == 18, strip
            page.page.click("#pop [data-copy=table]")
            page.until("() => document.querySelector('#pop').textContent.includes('Copied')")
        lines = page.page.evaluate("navigator.clipboard.readText()").splitlines()
        columns = {line.count("\t") + 1 for line in lines}
        assert len(lines) == 19 and len(columns) == 1 and min(columns) > 1, strip
        assert "NaN" not in "".join(lines) and "undefined" not in "".join(lines), strip
        page.page.click("#pop [data-close]")
        assert not page.page.is_visible("#pop")


# ---- links --------------------------------------------------------------------------------------

LINK = "?data=moons&data.dimension=2&solver=rk2&solver.alpha=0.7&nfe=21&what=D&sigma=0.5"


def _is_the_linked_view(w: Window) -> bool:
    values = w.state("values")
    return {k: values[k] for k in ("data", "data.dimension", "solver", "solver.alpha", "nfe")} == {
        "data": "moons", "data.dimension": 2, "solver": "rk2", "solver.alpha": 0.7, "nfe": 21} \
        and w.state("what") == "D" and w.state("sigma") == 0.5


def test_a_link_restores_controls_and_view(fresh):
    fresh.open(LINK + "&__theme=dark")
    assert _is_the_linked_view(fresh)
    assert fresh.page.input_value("#slot-data") == "moons"
    assert fresh.page.input_value("#slot-solver") == "rk2"
    assert fresh.page.locator('[data-key="nfe"] input[type=text]').input_value() == "21"
    assert fresh.page.is_checked("input[name=what][value=D]")
    assert "α = 0.7" in fresh.text("#title") and "21 evaluations" in fresh.text("#title")


def test_a_reload_keeps_the_view(fresh):
    fresh.open(LINK)
    fresh.slide("timesteps-rho-rho")
    fresh.until("() => location.search.includes('rho')")
    link, rho = fresh.link(), fresh.value("timesteps.rho")
    fresh.page.reload()
    fresh.settle()
    assert _is_the_linked_view(fresh) and fresh.value("timesteps.rho") == rho
    fresh.page.wait_for_timeout(350)  # past the pause before the link is written again
    assert fresh.link() == link


def test_copy_link_copies_the_view(page, guest):
    page.type("nfe", "21")
    with page.alone():
        page.tick("what", "D")
        page.page.click("#copy")
        page.until("() => document.querySelector('#copy').innerText.includes('Copied')")
    copied = page.page.evaluate("navigator.clipboard.readText()")
    assert copied == page.page.url
    other = guest(link="?" + urlsplit(copied).query)
    assert other.text("#title") == page.text("#title")
    assert other.state("what") == "D" and other.state("values") == page.state("values")


@pytest.mark.parametrize("link, names", [
    ("?solver=hune", "'hune'"), ("?nfe=banana", "'banana'"), ("?colour=red", "'colour'"),
    ("?timesteps.sigma_min=5&timesteps.sigma_max=1", "σ_min = 5"),
    ("?data=upload&data.digest=0123456789abcdef", "0123456789abcdef")])
def test_a_bad_link_says_why_and_shows_the_default_view(fresh, link, names):
    fresh.open(link)
    assert names in fresh.problem()
    assert "Heun, 35 evaluations: mean end error" in fresh.text("#title")
    assert fresh.value("data") == "spiral"
    fresh.slide("nfe-")
    assert fresh.problem() == ""


def test_a_link_with_nonsense_about_the_view_is_read_as_far_as_it_makes_sense(fresh):
    fresh.open("?sigma=nan&what=Q&view=&pick=-3&measure=%00&nfe=21")
    assert fresh.problem() == "" and fresh.value("nfe") == 21
    assert [fresh.state(k) for k in ("what", "view", "measure")] == ["x", "fit", "bend"]
    assert math.isfinite(fresh.state("sigma"))


# ---- controls -----------------------------------------------------------------------------------

def test_reset_is_there_for_what_is_changed(page):
    reset = page.page.locator("button.reset[data-group=budget]")
    assert reset.is_disabled()
    page.slide("nfe-")
    assert reset.is_enabled()
    with page.asking():
        reset.click()
    assert page.value("nfe") == 35 and reset.is_disabled()


def test_undo_goes_back(page):
    undo, before = page.page.locator("#undo"), page.text("#title")
    page.until("() => location.search.includes('sigma=')")  # the first view is on record
    assert undo.is_disabled()
    page.type("nfe", "21")
    page.until("() => !document.querySelector('#undo').disabled")
    with page.asking():
        undo.click()
    assert page.value("nfe") == 35 and page.text("#title") == before
    page.until("() => document.querySelector('#undo').disabled")


@pytest.mark.parametrize("design, expected", [
    ("vp", {"schedule": "vp", "timesteps": "vp", "solver": "euler", "s_churn": 0}),
    ("ve", {"schedule": "ve", "timesteps": "ve", "solver": "euler", "s_churn": 0}),
    ("edm-cifar-ve", {"schedule": "edm", "solver": "heun", "s_churn": 80, "s_tmin": 0.05,
                      "s_tmax": 1, "s_noise": 1.007})])  # EDM Table 5
def test_a_design_sets_its_controls(page, design, expected):
    page.choose("#design", design)
    assert {k: page.value(k) for k in expected} == expected
    assert page.page.is_checked(f'#frame input[value={expected["schedule"]}]')
    assert "Changed" not in page.text("#help-design")


def test_a_departure_from_the_design_is_said(page):
    page.slide("timesteps-rho-rho", 3)
    assert page.text("#help-design") == "Changed: ρ 7 → 3"
    with page.asking():
        page.page.click("button.reset[data-group=design]")
    assert "Changed" not in page.text("#help-design") and page.value("timesteps.rho") == 7


def test_rows_without_effect_say_why(page):
    row = '[data-key="s_tmin"]'
    assert "S_churn is 0" in page.page.get_attribute(row, "title")
    assert page.page.is_disabled(f"{row} input[type=range]")
    page.slide("s_churn-", 500)
    assert "No effect" not in page.page.get_attribute(row, "title")
    assert page.page.is_enabled(f"{row} input[type=range]")
    page.choose("#slot-solver", "ddim")
    assert "ignores σ(t) and s(t)" in page.page.get_attribute("#frame", "title")
    assert page.page.is_disabled("#frame input[value=vp]")


def test_a_word_for_a_number_gives_a_sentence_and_the_picture_stays(page):
    title, picture = page.text("#title"), page.picture()
    page.type("nfe", "banana")
    assert "'banana'" in page.problem() and "from 1 to 1023" in page.problem()
    assert page.text("#title") == title and page.picture() == picture
    page.type("nfe", "21")
    assert page.problem() == "" and page.state("parts.run.nfe") == 21


def test_a_value_out_of_range_is_named(page):
    page.type("nfe", "5000")
    assert "NFE = 5000" in page.problem()
    page.page.click("#problem button")
    assert page.problem() == ""


# ---- data of one's own --------------------------------------------------------------------------

def _file(name: str, text: str) -> dict:
    return {"name": name, "mimeType": "text/csv", "buffer": text.encode()}


def test_a_file_of_points_becomes_the_data(page):
    page.choose("#slot-data", "upload")
    assert "No data is uploaded yet" in page.problem()
    ring = "\n".join(f"{math.cos(a / 9)},{math.sin(a / 9)}" for a in range(57))
    with page.asking():
        page.page.set_input_files("#file", _file("ring.csv", ring))
    assert page.problem() == "" and page.text("#file-name") == "ring.csv"
    assert page.state("parts.data.points") == 57
    page.until("() => location.search.includes('data.digest=')")
    digest = page.link()["data.digest"]
    title = page.text("#title")

    drawn = page.read("+document.body.dataset.drawn")
    page.page.set_input_files("#file", _file("broken.csv", "1,2\nthree,four\n5,6"))
    page.until("(before) => +document.body.dataset.drawn > before", drawn)
    assert "broken.csv" in page.problem() and "three" in page.problem()
    assert page.text("#title") == title and page.value("data.digest") == digest


def test_a_drawing_becomes_the_data_and_the_link(fresh):
    fresh.open("?data=drawn")
    points = fresh.state("parts.data.points")
    fresh.tick("stage-view", "draw")
    fresh.page.click(".pad [data-do=clear]")
    box = fresh.page.locator(".pad canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    with fresh.asking():
        fresh.page.mouse.move(x - 90, y)
        fresh.page.mouse.down()
        fresh.page.mouse.move(x + 90, y - 60, steps=12)
        fresh.page.mouse.up()
    fresh.until("() => location.search.includes('data.points_text=')")
    assert fresh.problem() == "" and fresh.state("parts.data.points") != points
    link, drawing = "?" + urlsplit(fresh.page.url).query, fresh.value("data.points_text")
    fresh.open(link)
    assert fresh.value("data.points_text") == drawing


# ---- light, dark, small -------------------------------------------------------------------------

def test_dark_is_remembered(guest):
    w = guest()
    ground = "getComputedStyle(document.querySelector('#box')).backgroundColor"
    ink = "getComputedStyle(document.querySelector('#title')).color"
    light, picture = (w.read(ground), w.read(ink)), w.picture()
    with w.alone():
        w.page.click("#theme")
    dark = w.read(ground), w.read(ink)
    assert dark[0] != light[0] and dark[1] != light[1] and w.picture() != picture
    w.page.reload()
    w.settle()
    assert w.read("document.documentElement.dataset.theme") == "dark"
    assert (w.read(ground), w.read(ink)) == dark


def test_a_dark_system_opens_dark(guest):
    assert guest(color_scheme="dark").read("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("size", [WIDE, TABLET, PHONE], ids=lambda s: f"{s[0]}x{s[1]}")
def test_nothing_overflows_sideways(guest, size):
    w = guest(size, has_touch=size == PHONE, is_mobile=size == PHONE)
    for data in ("spiral", "digits", "diracs"):
        if data != "spiral":
            w.open(f"?data={data}")
        assert w.read("document.documentElement.scrollWidth") <= size[0], data
        out = w.page.evaluate("""(width) => ['.top', '.controls', '.stage', '#box', '.scrub',
          '#scrub', '.shelf', '.spine', '.status'].filter((s) => {
            const r = document.querySelector(s).getBoundingClientRect();
            return r.left < -1 || r.right > width + 1 || r.width < 1; })""", size[0])
        assert out == [], data
        assert w.page.is_visible("#scrub") and w.page.is_visible("#play")


def test_a_phone_scrubs_by_touch(guest):
    w = guest(PHONE, has_touch=True, is_mobile=True)
    w.page.locator("#scrub").scroll_into_view_if_needed()
    box, before = w.page.locator("#scrub").bounding_box(), w.state("sigma")
    with w.alone():
        w.page.touchscreen.tap(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2)
    assert w.state("sigma") != before
    assert box["y"] + box["height"] <= PHONE[1]


# ---- trouble ------------------------------------------------------------------------------------

def test_a_lost_server_is_said_and_the_picture_stays(guest):
    w = guest()
    picture = w.picture()
    w.page.route("**/component_server/**", lambda route: route.abort())
    w.page.evaluate(SLIDE, ["nfe-", None])
    w.until("() => !document.querySelector('#problem').hidden")
    assert "did not answer" in w.problem() and w.picture() == picture
    w.page.unroute("**/component_server/**")
    w.wrong.clear()  # the browser's own line about the lost request
    w.slide("nfe-")
    assert w.problem() == ""


def test_the_link_of_the_default_view_holds_the_cursor_alone(page):
    page.until("() => location.search !== ''")
    assert list(page.link()) == ["sigma"]
