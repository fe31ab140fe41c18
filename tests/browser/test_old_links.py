"""Links that the page read before: each opens on its page, with its view, and says so again."""

from urllib.parse import parse_qsl

import pytest

from ..lab.test_old_links import COMPARED, MEANT, OF_THE_PAGE

KEYS = {link: {k for k, _ in parse_qsl(link)} for link in MEANT}
# Gradio keeps `page` for itself: a link with it never opened, and none was made
VIEWS = [
    link for link, keys in KEYS.items() if keys & OF_THE_PAGE - {"sigma"} and "page" not in keys
]
SEEN = ("data", "data.dimension", "schedule", "timesteps", "solver", "nfe", "s_churn")
PLAIN = {"what": "x", "stage": "fit", "measure": "bend", "weight": "edm", "mini": "plane"}
SAID = """(view) => {  // the order of what a list holds is the menu's
  const said = new URLSearchParams(location.search);
  const sorted = (v) => String(v).split(',').sort().join();
  return Object.entries(view).every(([k, v]) => sorted(said.get(k)) === sorted(v));
}"""
FORMER = {"page": "tab", "view": "stage"}  # what Gradio keeps for itself has other names since


@pytest.mark.slow
@pytest.mark.parametrize("link", VIEWS)
def test_an_old_link_opens_its_page_and_its_view(walk, link):
    asked = {FORMER.get(k, k): v for k, v in parse_qsl(link)}
    walk.hasty().page.goto(f"{walk.server}?{link}")
    walk.page.wait_for_function("() => document.body.classList.contains('ready')")
    assert walk.page.is_hidden("#problem"), walk.page.inner_text("#problem-text")
    assert walk.page.evaluate("explorer.S.page") == asked.get("tab", "explore")
    values = {k: walk.value(k) for k in MEANT[link] if k in SEEN}
    assert values == {k: MEANT[link][k] for k in values}
    said = OF_THE_PAGE if asked.get("tab") == "compare" else OF_THE_PAGE - COMPARED
    view = {k: v for k, v in asked.items() if k in said and PLAIN.get(k) != v}
    walk.page.wait_for_function(SAID, arg=view)
