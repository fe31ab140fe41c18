"""The plain page over the network: native, linked, and no way around the limits of the page."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from gradio_client import Client

from explorer import Experiment
from explorer.server import files
from explorer.settings import from_query
from tests.waiting import PATIENCE


@pytest.fixture(scope="module")
def page(server):
    return httpx.get(f"{server}classic", timeout=PATIENCE)


def test_it_is_served_with_the_pages_headers_and_without_its_scripts(server, page):
    front = httpx.get(server, timeout=PATIENCE)
    assert page.status_code == 200
    for name in ("x-content-type-options", "referrer-policy", "x-frame-options"):
        assert page.headers[name] == front.headers[name]
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert files.SHEET in front.text and files.SHEET not in page.text
    assert "modulepreload" not in page.text.partition("gradio_config")[2]


def test_the_page_does_not_carry_its_controls(server):
    """Explore is sent its own component and nothing of the two hundred here."""
    told = re.search(
        r"window\.gradio_config = (\{.*?\});", httpx.get(server, timeout=PATIENCE).text, re.DOTALL
    )[1]
    kinds = [c["type"] for c in json.loads(told)["components"]]
    assert set(kinds) == {"html"} and len(kinds) == 1


def test_no_new_endpoint_has_a_name(server):
    named = Client(server, verbose=False).view_api(return_format="dict")["named_endpoints"]
    assert not [name for name in named if "draw" in name or "turn" in name or "open" in name]


def loaded(server: str, number: int, session: str) -> list:
    """What the plain page is told when it opens with a link, by a visitor of their own."""
    with httpx.Client(base_url=server, timeout=PATIENCE) as visitor:
        page = visitor.get("/classic").text
        told = re.search(r"window\.gradio_config = (\{.*?\});?</script>", page, re.DOTALL)[1]
        calls = json.loads(told)["dependencies"]
        load = next(c["id"] for c in calls if any(name == "load" for _, name in c["targets"]))
        link = f"?data=moons&data.dimension=2&samples=16&nfe={number}&seed={number}"
        body = {"fn_index": load, "data": ["light"], "session_hash": session}
        asked = visitor.post(f"/gradio_api/queue/join{link}", json=body)
        assert asked.status_code == 200, asked.text
        with visitor.stream("GET", f"/gradio_api/queue/data?session_hash={session}") as lines:
            for line in lines.iter_lines():
                said = json.loads(line.removeprefix("data:") or "{}")
                if said.get("msg") == "process_completed":
                    assert said["success"], said
                    return said["output"]["data"]
    raise AssertionError("the stream ended before it was answered")


def test_visitors_at_once_each_get_their_own_view_and_nobody_s_state(server):
    """Four at the same moment: the sentence, the link and the figures are of the own link."""
    numbers = (5, 7, 9, 11)
    with ThreadPoolExecutor(len(numbers)) as threads:
        answers = list(threads.map(lambda n: loaded(server, n, f"plain{n}"), numbers))
    for number, (words, query, *figures) in zip(numbers, answers, strict=True):
        assert f"Heun, {number} evaluations" in words and f"seed={number}" in query
        drawn = [f for f in figures if isinstance(f, dict) and f.get("type") == "plotly"]
        assert len(drawn) >= 6, "each with figures of its own"


@pytest.mark.browser
def test_a_link_opens_it_a_slider_draws_it_and_the_address_follows(browser, server):
    tab = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    said: list[str] = []
    tab.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(f"{server}classic?data=moons&data.dimension=2&samples=16&nfe=9")
    told = tab.locator(".block.told")
    told.get_by_text("Heun, 9 evaluations").wait_for()
    tab.locator(".js-plotly-plot").first.wait_for()
    nfe = tab.get_by_label("number input for NFE")
    nfe.fill("15")
    nfe.press("Enter")
    told.get_by_text("Heun, 15 evaluations").wait_for()
    tab.wait_for_function("() => location.search.includes('nfe=15')")
    assert tab.evaluate("location.pathname") == "/classic"
    e = from_query(Experiment, tab.evaluate("location.search"))
    assert (e.data.name, e.nfe, e.samples) == ("moons", 15, 16)
    tab.get_by_label("Solver", exact=True).click()
    tab.get_by_role("option", name="RK2(α)").click()
    told.get_by_text("RK2 α = 0.5, 15 evaluations").wait_for()
    tab.get_by_label("number input for α", exact=True).wait_for()  # its own setting has come
    assert not said
    tab.goto("about:blank")  # whoever leaves while Gradio's stream is open has it complain
    said.clear()
    tab.goto(f"{server}classic?nfe=99999&samples=16")
    told.get_by_text("The link was not opened. NFE = 99999 is out of range").wait_for()
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.close()
    assert not said
