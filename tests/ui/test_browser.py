"""A walk through the page in a real browser.  Everything is waited for, nothing is timed."""

from urllib.parse import parse_qs, urlsplit

import pytest

SMALL = "data=moons&samples=16&nfe=9&sigma=1"
READY = "() => document.body.classList.contains('ready')"
CALM = "() => window.walk && walk.asked === walk.answered"
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
        context = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce", **context}
        self.context = browser.new_context(
            permissions=["clipboard-read", "clipboard-write"], **context)
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


@pytest.mark.parametrize("query", [SMALL, f"{SMALL}&solver=rk2&timesteps=iddpm&s_churn=5",
                                   f"{SMALL}&model=ideal&schedule=vp&solver=euler&timesteps=vp",
                                   "data=digits&samples=8&nfe=9&sigma=1"])
def test_every_slider_draws_and_shows_in_the_address(walk, query):
    walk.open(query).unfold()
    moved = set()
    while todo := [r for r in walk.page.evaluate(RANGES) if r not in moved]:
        slider = todo[0]
        before = walk.page.url
        walk.after(lambda: walk.page.evaluate(NUDGE, slider))
        assert walk.page.is_hidden("#problem"), (slider, walk.page.inner_text("#problem-text"))
        walk.page.wait_for_function("(url) => location.href !== url", arg=before)
        moved.add(slider)
        walk.unfold()
    assert len(moved) >= 6


def test_the_cursor_asks_no_server(walk):
    walk.open()
    before, level = walk.page.evaluate("walk.all"), walk.page.inner_text("#now-sigma")
    for value in (0, 250, 500, 999, 700):
        walk.page.evaluate("""(v) => {
          const scrub = document.querySelector('#scrub');
          scrub.value = v;
          scrub.dispatchEvent(new Event('input', {bubbles: true}));
        }""", value)
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
    title, box = walk.page.inner_text("#title"), walk.page.locator('[data-key="nfe"] input[type=text]')
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
    query = ("data=moons&samples=16&nfe=12&solver=rk2&solver.alpha=0.7&timesteps.rho=4"
             "&s_churn=8&schedule=vp&what=D&measure=kappa&weight=vp&sigma=0.5")
    walk.open(query)
    for _ in range(2):
        assert walk.value("solver.alpha") == 0.7 and walk.value("timesteps.rho") == 4
        assert walk.value("schedule") == "vp" and walk.value("s_churn") == 8
        assert walk.page.input_value('[data-key="nfe"] input[type=text]') == "12"
        assert walk.page.evaluate("explorer.S.what") == "D"
        assert walk.page.evaluate("explorer.S.sigma") == pytest.approx(0.5)
        assert walk.page.is_checked('#frame input[value="vp"]')
        assert {k: v for k, v in walk.query.items() if k not in ("pick",)} == \
            {k: v[0] for k, v in parse_qs(query).items()} | {"timesteps.rho": walk.query[
                "timesteps.rho"], "s_churn": walk.query["s_churn"]}
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


@pytest.mark.parametrize("query, named", [("solver=hune", "hune"), ("nfe=NaN&colour=red", "nan"),
                                          ("data=upload&data.digest=0123456789abcdef", "upload")])
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
    theme, before = walk.page.evaluate("document.documentElement.dataset.theme"), walk.page.evaluate(colour)
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
