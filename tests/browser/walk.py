"""A visitor of the page in a real browser, and what one does and waits for there."""

import math
from urllib.parse import parse_qs, urlsplit

from ..waiting import PATIENCE

SMALL = "data=moons&samples=16&nfe=9&sigma=1"

TRAINED = "document.querySelector('#train-title').textContent.startsWith('Shipped network')"
ENDS = "document.querySelectorAll('#fig-amed-ends .scatterlayer .trace').length >= 30"
READY = "() => document.body.classList.contains('ready')"


CALM = """() => {
  const {asking, resting, drawing, writing} = document.body.dataset, {walk} = window;
  const rests = resting && !walk?.hasty;
  return walk && walk.asked === walk.answered && !(asking || rests || drawing || writing);
}"""
ANSWERED = "() => !walk.open"  # whatever was asked
FRAMES = """async () => {  // three, one after the other: what a frame still had to do is done
  const held = %s;
  for (let n = 0; held(); await new Promise(requestAnimationFrame)) if (++n > 2) return true;
  return false;
}"""
CLIPBOARD = """async () => {  // a promise is waited for, and not tried: what it says is, here
  for (let text; ; ) if ((text = await navigator.clipboard.readText(), %s)) return text;
}"""
NUDGE = """
(id) => {
  const range = document.getElementById(id), low = +range.min, high = +range.max;
  const by = 0.06 * (high - low), up = +range.value + by;
  range.value = up <= high ? up : +range.value - by;
  range.dispatchEvent(new Event('input', {bubbles: true}));
}
"""

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

HASTY = "hasty"  # a cookie, which scripts of the next page read before anything else runs

END = "explorer.S.parts.error?.added_up?.at(-1)"

NEW_HERE = """
if (location.protocol === 'http:' && (!sessionStorage.walked || sessionStorage.left)) {
  localStorage.clear();  // a visitor's first page
  sessionStorage.clear();
  sessionStorage.walked = 'yes';
  localStorage.visited = 'yes';  // the first visit is for those who come without a link
}
"""

COUNT = """
window.explorerRest = 0;  // the exact reference follows at once
window.walk = {asked: 0, answered: 0, all: 0, open: 0};
if (location.protocol === 'http:' && document.cookie.includes('hasty=')) {
  window.explorerRest = 3.6e6;
  walk.hasty = true;
}
const plain = window.fetch;
window.fetch = async (...given) => {
  // not a word with the server that it is there, which goes on for as long as the page is open
  if (String(given[0]).endsWith('/explorer/here')) return plain(...given);
  const explore = String(given[1]?.body ?? '').includes('"fn_name":"explore"');
  walk.all += 1;
  walk.open += 1;
  if (explore) walk.asked += 1;
  try { return await plain(...given); } finally {
    walk.open -= 1;
    if (explore) walk.answered += 1;
  }
};
"""

DESK = {"width": 1440, "height": 900}


def kept(browser, screen: dict, beside: str):
    """The browser's one context for this kind of screen."""
    key = repr((beside, sorted(screen.items())))
    for context in browser.contexts:
        if getattr(context, "screen", None) == key:
            return context
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"], **screen)
    context.set_default_timeout(1e3 * PATIENCE)  # of whatever page is opened in it
    context.screen, context.tab = key, None
    return context


class Tab:
    """The tab of a context in which one visitor comes after another: its renderer has all scripts
    fetched and compiled, which is two fifths of what a new one costs.
    """

    def __init__(self, context, alone: bool):
        self.page, self.visitor, self.taken = context.new_page(), None, False
        self.devtools = context.new_cdp_session(self.page)
        self.page.add_init_script(NEW_HERE)
        self.page.add_init_script(COUNT)
        self.page.on("console", lambda m: m.type == "error" and self.visitor.errors.append(m.text))
        self.page.on("pageerror", lambda e: self.visitor.errors.append(str(e)))
        self.page.on("request", lambda r: self.visitor.heard(r))
        # a script that a visitor brings stays with the tab: nobody comes after him
        self.alone, bring = alone, self.page.add_init_script

        def add_init_script(*given, **named):
            self.alone = True
            bring(*given, **named)

        self.page.add_init_script = add_init_script
        # a frame for each look would be drawn only to be looked at: a tenth of what a walk costs
        wait = self.page.wait_for_function
        self.page.wait_for_function = lambda *given, polling=20, **named: wait(
            *given, polling=polling, **named
        )

    def empty(self):
        """As nobody had been here: without a page, routes, a history or what a page remembers."""
        self.page.unroute_all(behavior="ignoreErrors")
        if self.page.url.startswith("http"):
            self.page.evaluate("sessionStorage.left = 'yes'")
            self.page.goto("about:blank")
        self.page.mouse.move(0, 0)
        self.devtools.send("Page.resetNavigationHistory")


class Walk:
    """One visitor: a page that notes its errors and every request that leaves the server.

    Visitors at a desk share a tab, one after another, and those with the same kind of screen what
    the browser keeps of scripts, and nothing else: each comes without cookies and without what the
    page remembers.
    beside: a name for who comes while another is there.
    """

    def __init__(
        self,
        browser,
        server,
        viewport=DESK,
        color_scheme="light",
        reduced_motion="reduce",
        beside="",
        **screen,
    ):
        self.server, self.errors, self.outside = server, [], []
        if screen:  # a hand-held one is of its context from the start
            screen |= {"viewport": viewport, "reduced_motion": reduced_motion}
        self.context = kept(browser, screen, beside)
        tab = self.context.tab
        if tab and (tab.taken or tab.visitor.server != server):
            self._close()  # whoever stood here when a test failed, or was elsewhere
        self.context.clear_cookies()
        if self.context.tab is None:
            self.context.tab = Tab(self.context, alone=bool(screen))
        tab = self.context.tab
        tab.visitor, tab.taken, self.page = self, True, tab.page
        self.page.set_viewport_size(viewport)
        self.page.emulate_media(color_scheme=color_scheme, reduced_motion=reduced_motion)

    def leave(self):
        """Goes; the tab is empty for the next one."""
        tab = self.context.tab
        if tab.alone or tab.page.is_closed():
            return self._close()
        for page in self.context.pages:
            if page != tab.page:
                page.close()
        tab.empty()
        tab.taken = False

    def _close(self):
        for page in self.context.pages:
            page.close()
        self.context.tab = None

    def heard(self, request):
        if not request.url.startswith((self.server, "data:", "blob:")):
            self.outside.append(request.url)

    def hasty(self):
        """Moves on before the best reference is asked for: for walks of many moves that are not
        about it.  Before `open`."""
        self.context.add_cookies([{"name": HASTY, "value": "yes", "url": self.server}])
        return self

    def open(self, query=SMALL):
        self.page.goto(self.server + (f"?{query}" if query else ""))
        self.page.wait_for_function(READY)
        return self.calm()

    def calm(self):
        """Until nothing is under way and the address says what is drawn."""
        return self._holds(CALM)

    def answered(self):
        """Until whatever was asked, of any page, is answered, and the view is calm."""
        return self._holds(ANSWERED).calm()

    def _holds(self, what: str):
        self.page.wait_for_function(what)
        while not self.page.wait_for_function(FRAMES % what).json_value():
            self.page.wait_for_function(what)
        return self

    def copied(self, act) -> str:
        """What doing something puts into the clipboard, once it is there."""
        self.page.evaluate("navigator.clipboard.writeText('')")
        act()
        return self.page.wait_for_function(CLIPBOARD % "text").json_value()

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


def place(walk, sigma: float) -> tuple[float, float]:
    """Where a level lies on the strip of time steps, in pixels of the page: its dot."""
    box = walk.page.locator("#hit").bounding_box()
    high, low = walk.page.evaluate("explorer.wholeRange()")
    across = math.log(high / sigma) / math.log(high / low)
    strip = walk.page.evaluate("""() => {
      const axis = document.querySelector('#axis').getBoundingClientRect();
      const heads = [...document.querySelectorAll('.strip-head')].map((h) => h.offsetTop);
      const {range} = explorer.S.parts.error.strips.steps[''].axis;
      const top = heads[0] - 3 + 26, bottom = heads[1] - 3;
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


def compare(walk, query: str):
    walk.hasty().open(f"tab=compare&data=moons&data.dimension=2&samples=64&{query}")
    return walk.page.locator("#compare-rows tr")


PROVED = """() => { const box = document.querySelector('.for-print');
    return box?.open && !box.hasAttribute('aria-busy'); }"""


def saved(page, button: str, kind: str = "svg"):
    """The file that the dialog behind a button saves; the dialog is closed again."""
    page.click(button)
    page.wait_for_function(PROVED)
    page.select_option(".for-print [name=kind]", kind)
    with page.expect_download() as news:
        page.click(".for-print .save")
    page.click(".for-print .ends .ghost")
    return news.value


SWEPT = """() => document.querySelector('#compare-rows tr')
    && document.querySelector('#compare-progress').hidden"""

MEASURED = "() => explorer.S.parts.error?.finding"
