"""Several pinned runs in a real browser, and what they are called."""

from urllib.parse import parse_qs

from .walk import MEASURED, SMALL

SAID = "(words) => document.querySelector('#subtitle').textContent.includes(words)"
NAMES = "[...document.querySelectorAll('#pins .choose')].map((b) => b.textContent)"
GHOSTS = """Object.fromEntries(explorer.strips(true).find(({name}) => name === 'error').marks
  .filter((m) => m.dash?.join() === '1.5,3').map((m) => [m.label.text, m.colour]))"""


def shows(walk, **values):
    walk.after(lambda: walk.page.evaluate("(v) => explorer.ask(v)", values))
    walk.page.wait_for_function(MEASURED)


def test_four_runs_are_pinned_named_chosen_renamed_and_let_go(walk):
    """Each is called after what it differs in, has a colour of its own, and is in the link; what
    the headline says is of the chosen one, and Undo gives back the one that was let go."""
    page = walk.open(SMALL).page
    page.wait_for_function(MEASURED)
    page.click("#pin")
    page.wait_for_function(SAID, arg="This is the pinned run.")
    for rho in (3, 12, 20):
        shows(walk, **{"timesteps.rho": rho})
        page.click("#pin")
    assert page.evaluate(NAMES) == ["ρ = 7", "ρ = 3", "ρ = 12", "ρ = 20"]
    shows(walk, solver="ddim", **{"timesteps.rho": 7})
    assert page.inner_text("#pin") == "4 runs pinned" and page.is_disabled("#pin")
    assert page.evaluate(NAMES)[0] == "Heun"  # from the one on show it differs in the solver
    page.set_viewport_size({"width": 1024, "height": 768})
    for left, more in ((9e3, "before"), (0, "after")):  # where the row goes on, an arrow says so
        page.evaluate("(left) => { document.querySelector('#pins').scrollLeft = left; }", left)
        page.wait_for_function(
            "(m) => document.querySelector('#pins').dataset.more === m", arg=more
        )
    assert "›" in page.evaluate(
        "getComputedStyle(document.querySelector('#pins'), '::after').content"
    )
    page.set_viewport_size({"width": 1440, "height": 900})
    page.wait_for_function(SAID, arg="Pinned ρ = 20")
    page.locator("#pins .choose").nth(1).click()
    page.wait_for_function(SAID, arg="Pinned ρ = 3")
    ghosts = page.evaluate(GHOSTS)
    assert len(ghosts) == len(set(ghosts.values())) == 4

    page.locator("#pins .rename").press("Enter")
    page.locator("#pins input").fill("<i>mine</i> & yours")
    page.locator("#pins input").press("Enter")
    page.wait_for_function(SAID, arg="Pinned <i>mine</i> & yours")
    assert page.evaluate("document.activeElement.className").endswith("rename")
    page.wait_for_function("location.search.includes('pinname=')")
    link = parse_qs(page.evaluate("location.search.slice(1)"))
    assert len(link["pin"]) == 4 and link["pinned"] == ["2"]
    assert link["pinname"] == ["2:<i>mine</i> & yours"]
    before = page.evaluate(NAMES)
    page.reload()
    page.wait_for_function(f"({NAMES}).length === 4")
    page.wait_for_function(SAID, arg="Pinned <i>mine</i> & yours")
    assert page.evaluate(NAMES) == before

    page.locator("#pins .remove").nth(1).click()
    assert page.evaluate(NAMES) == [before[0], *before[2:]] and page.is_enabled("#pin")
    page.click("#undo")
    page.wait_for_function(f"({NAMES}).length === 4")
    assert sorted(page.evaluate(NAMES)) == sorted(before)


def test_of_a_links_runs_one_with_nonsense_is_said_and_the_others_hold(walk):
    other = "nfe%3D9%26samples%3D16%26timesteps.rho%3D3"
    walk.open(f"{SMALL}&pin=solver%3Dhune&pin={other}")
    walk.page.wait_for_selector("#problem:not([hidden])")
    assert "hune" in walk.page.inner_text("#problem-text")
    walk.page.wait_for_function(f"({NAMES}).length === 1")
