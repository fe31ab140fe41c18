"""Links that the page read before: each opens on its page, with its view, and says so again.

What a link says of the experiment is read without a browser (tests/lab/test_old_links.py), for all
of them; here are those that together say all that was ever said of the page.
"""

from urllib.parse import parse_qsl

import pytest

from ..lab.test_old_links import COMPARED, MEANT, OF_THE_PAGE
from ..rows import each

KEYS = {link: {k for k, _ in parse_qsl(link)} for link in MEANT}


def told(link: str) -> set[tuple[str, str]]:
    """What a link says of the page.

    Gradio keeps `page` for itself: a link with it never opened, and none was made.
    """
    said = {(k, v) for k, v in parse_qsl(link) if k in OF_THE_PAGE - {"sigma"}}
    return set() if "page" in KEYS[link] else said


def enough() -> list[str]:
    """Links that together say what all say of the page, those that say the most first."""
    kept, left = [], set().union(*map(told, MEANT))
    while left:
        kept.append(max(MEANT, key=lambda link: (len(told(link) & left), len(KEYS[link]))))
        left -= told(kept[-1])
    return kept


SEEN = ("data", "data.dimension", "schedule", "timesteps", "solver", "nfe", "s_churn")
PLAIN = {"what": "x", "stage": "fit", "measure": "bend", "weight": "edm", "mini": "plane"}
SAID = """(view) => {  // the order of what a list holds is the menu's
  const said = new URLSearchParams(location.search);
  const sorted = (v) => String(v).split(',').sort().join();
  return Object.entries(view).every(([k, v]) => sorted(said.get(k)) === sorted(v));
}"""
FORMER = {"page": "tab", "view": "stage"}  # what Gradio keeps for itself has other names since


@pytest.mark.slow
def test_an_old_link_opens_its_page_and_its_view(walk):
    walk.hasty()
    each(enough(), lambda link: opens(walk, link))


def opens(walk, link: str):
    asked = {FORMER.get(k, k): v for k, v in parse_qsl(link)}
    walk.page.goto(f"{walk.server}?{link}")
    walk.page.wait_for_function("() => document.body.classList.contains('ready')")
    assert walk.page.is_hidden("#problem"), walk.page.inner_text("#problem-text")
    assert walk.page.evaluate("explorer.S.page") == asked.get("tab", "explore")
    values = {k: walk.value(k) for k in MEANT[link] if k in SEEN}
    assert values == {k: MEANT[link][k] for k in values}
    said = OF_THE_PAGE if asked.get("tab") == "compare" else OF_THE_PAGE - COMPARED
    view = {k: v for k, v in asked.items() if k in said and PLAIN.get(k) != v}
    walk.page.evaluate("document.querySelector('#copy').click()")  # the address is written anew
    walk.page.wait_for_function(SAID, arg=view)
