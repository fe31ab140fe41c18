"""Words in a real browser: a card by hover, key and tap, beside what holds the word; it acts."""

from playwright.sync_api import TimeoutError

from explorer.ui import glossary

from .walk import SMALL, Walk

APART = """(holder) => {
  const card = document.querySelector('#word').getBoundingClientRect(),
    own = document.querySelector(holder).getBoundingClientRect();
  return card.left >= 0 && card.right <= innerWidth &&
    card.top >= 0 && card.bottom <= innerHeight &&
    (card.right <= own.left || card.left >= own.right ||
    card.bottom <= own.top || card.top >= own.bottom);
}"""
CLEAR = """() => {
  const box = document.querySelector('#pop').getBoundingClientRect(),
    spine = document.querySelector('.spine').getBoundingClientRect(),
    table = document.querySelector('#pop .tabled');
  return box.right <= spine.left && box.left >= 0 && box.top >= 0 &&
    table.scrollWidth <= table.clientWidth + 1;
}"""
STRIP = ".strip-head:has([data-word=end_error])"
ROW = '.row[data-key="timesteps.rho"]'


def test_a_word_opens_its_card_beside_what_holds_it_and_the_card_acts(walk):
    walk.open(SMALL)
    page = walk.page
    page.hover(f"{ROW} [data-word=rho]")
    page.wait_for_selector("#word:popover-open")
    assert page.evaluate(APART, ROW)
    page.mouse.move(700, 300)
    page.wait_for_selector("#word:popover-open", state="hidden")
    page.focus(f"{STRIP} button.i")  # the head's one place of the Tab key
    page.keyboard.press("F1")
    page.wait_for_selector("#word:popover-open")
    assert page.evaluate(APART, STRIP)
    assert page.evaluate("document.querySelector('#word').contains(document.activeElement)")
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.dataset.strip === 'error'")
    page.focus("#value")
    seen = []
    for _ in range(3):  # one after the other
        page.keyboard.press("F1")
        seen.append(page.inner_text("#word header b"))
    assert seen == ["Solver", "NFE", "Median"]
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.id === 'value'")
    page.click(f"{ROW} [data-word=rho]")
    walk.after(lambda: page.click("#word [data-show-me]"))
    assert walk.value("timesteps.rho") == 3 and page.is_enabled("#undo")
    told = page.locator(".headline p, .controls .help").locator("[data-word]")
    assert told.count() > 3 and page.locator(".headline [data-word=nfe]").count() == 1
    page.focus('.row[data-key="nfe"] input[type=range]')
    page.keyboard.press("F1")
    page.keyboard.press("F1")  # after the row’s own word that of the sentence below
    assert page.inner_text("#word header b") == "Step"
    page.keyboard.press("Escape")
    page.evaluate("""() => {  // a sentence is text, whatever stands in it
      const told = Object.assign(document.createElement('p'), {id: 'told'});
      told.textContent = 'The median of <b>paths</b>.';
      document.querySelector('.spine header').append(told);
    }""")
    page.focus("#told [tabindex]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#word:popover-open")
    seen = [page.inner_text("#word header b")]
    page.keyboard.press("F1")
    assert [*seen, page.inner_text("#word header b")] == ["Median", "Path"]
    assert page.inner_text("#told") == "The median of <b>paths</b>."
    page.keyboard.press("Escape")
    names = page.evaluate(
        "[...document.querySelectorAll('.strip-head b, .controls .row[data-key] > label')]"
        ".filter((e) => e.offsetParent && !e.querySelector('.word')).map((e) => e.textContent)"
    )
    assert not {"ρ", "NFE", "σmax", "σmin", "Schurn", "Seed", "Samples"} & set(names)


def test_a_phone_shows_the_card_as_a_sheet_and_the_list_finds_a_word(browser, server):

    visitor = Walk(browser, server, viewport={"width": 390, "height": 844})
    visitor.hasty().open(SMALL)
    page = visitor.page
    page.evaluate("document.querySelector('[data-word=end_error]').click()")
    page.wait_for_selector("#word.sheet:popover-open")
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('.tabs [data-page=learn]').click()")
    page.fill("#words input", "preconditioning")
    assert page.locator("#words li:visible").count() == 1
    assert not visitor.errors
    visitor.leave()


def test_the_help_of_a_strip_stands_beside_it_and_gives_the_focus_back(walk):
    walk.hasty().open(SMALL)
    page = walk.page
    for name in ("steps", "error"):
        button = f"button.i[data-strip={name}]"
        page.click(button)
        page.wait_for_selector("#pop:popover-open")
        assert page.get_attribute(button, "aria-expanded") == "true"
        assert page.evaluate("document.querySelector('#pop').contains(document.activeElement)")
        assert page.evaluate(CLEAR)
        page.keyboard.press("Escape")
        page.wait_for_selector(f"{button}:focus[aria-expanded=false]")
    page.click("#cards")
    page.wait_for_function("document.activeElement.matches('#pop .find')")
    page.mouse.click(700, 300)  # a press outside
    page.wait_for_selector("#pop", state="hidden")
    page.wait_for_function("document.querySelector('#cards').ariaExpanded === 'false'")


PRESSES = """(name) => {
  document.querySelector('.tabs [data-page=learn]').click();
  document.querySelector(`#words [data-word="${name}"]`).click();
  document.querySelector('#word [data-show-me]').click();
}"""
# of a view that “Show me” opened: what is not as its label and its sentence say
WRONG = """(show) => {
  const {S} = explorer, out = [], not = (is, what) => is || out.push(what),
    seen = (selector) => document.querySelector(selector)?.checkVisibility() ?? false,
    end = {first: S.parts.run.sigma[0], last: S.parts.run.sigma.filter((s) => s > 0).at(-1)};
  not(!seen('#problem'), document.querySelector('#problem-text').textContent);
  if (show.away) return document.querySelector('#word').textContent.includes('none is known')
    ? [] : ['not a word of it'];
  not(S.page === (show.page ?? 'explore'), `on ${S.page}`);
  not(seen(`section[data-body=${S.page}]`), 'the page is not to be seen');
  for (const [key, value] of Object.entries(show.set ?? {}))
    not(S.shown[key] === value && S.values[key] === value, `${key} is ${S.shown[key]}`);
  if (show.go in end) not(Math.abs(Math.log(S.sigma / end[show.go])) < 0.01, `at ${S.sigma}`);
  if (show.go === 'worst') not(S.sigma < end.first && S.sigma >= end.last, `at ${S.sigma}`);
  const what = document.querySelector(`#what [value=${show.what ?? 'x'}]`);
  if (show.what) not(what.checked, 'not on the stage');
  if (show.layer) not(seen(`.key [data-show=${show.layer}]`), 'not in the legend');
  if (show.mini) not(seen('.mini') && S.mini === show.mini, 'no plane');
  if (show.apart) not(seen('#apart'), 'not apart');
  if (show.play) not(S.playing, 'it does not play');
  if (!show.page) not(seen('.pointed'), 'nothing is pointed at');
  return out;
}"""


def test_every_show_me_opens_what_it_says(walk):
    """Each word's card from the list on Learn, one after the other in one visit; what a setting
    changed is taken back by one Undo."""
    page, found = walk.hasty().open("samples=16&sigma=1&tab=learn").page, {}
    page.evaluate(
        "Object.assign(window, {setTimeout: ((plain) => (f, ms, ...a) => "
        "plain(f, ms === 1600 ? 9e4 : ms, ...a))(setTimeout)})"
    )  # marks stay
    for name, word in glossary.words().items():
        before = page.evaluate("[explorer.S.show, explorer.S.values]")
        page.evaluate(
            "document.querySelectorAll('.pointed').forEach((e) => e.classList.remove('pointed'))"
        )
        page.evaluate(PRESSES, name)
        if word.show.get("set"):
            walk.calm()
        try:
            page.wait_for_function(f"(show) => !({WRONG})(show).length", arg=word.show)
        except TimeoutError:
            found[name] = page.evaluate(WRONG, word.show)
        shows, values = page.evaluate("[explorer.S.show, explorer.S.values]")
        if layer := word.show.get("layer"):
            assert shows[layer] != before[0][layer]
        if values != before[1]:
            walk.after(lambda: page.click("#undo"))
            assert page.evaluate("explorer.S.values") == before[1], name
    assert not found and not walk.errors
