"""The documentation over the network: pages, their headers, and nothing else of the folder."""

import re

import httpx
import pytest

from explorer.server import files
from explorer.ui import docs
from tests.waiting import PATIENCE


def test_the_pages_are_served_in_both_themes_from_here_alone(server):
    with httpx.Client(base_url=server, timeout=PATIENCE) as visitor:
        for name in ("", "/framework", "/solvers/heun"):
            answer = visitor.get(f"/docs{name}")
            assert answer.status_code == 200 and answer.headers["content-type"].startswith(
                "text/html"
            )
            assert "<math" in answer.text or name != "/framework"
            assert f"{files.base()}/css/docs.css" in answer.text
            assert not re.search(
                r"(?:src|href)=\"https?:", re.sub(r"<main.*</main>", "", answer.text)
            )
            policy = answer.headers["content-security-policy"]
            assert "script-src 'self'" in policy and "sha256-" in policy
        assert visitor.get(f"{files.base()}/css/docs.css").status_code == 200
        assert visitor.get("/docs/explore-dark.png").headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    "name", ["nothing", "../README", "frame.html", "solvers/hune", "framework.md"]
)
def test_what_is_no_page_is_refused_in_words(server, name):
    answer = httpx.get(f"{server}docs/{name}", timeout=PATIENCE)
    assert answer.status_code == 404
    assert "Known" in answer.text or "Not Found" in answer.text
    assert "/" not in answer.text.replace("solvers/", "").replace(name, "")


def test_a_link_elsewhere_may_lead_to_a_page_of_it(server):
    """As to the page itself; what a foreign page fetches is refused still."""
    foreign = {"origin": "https://example.org", "sec-fetch-site": "cross-site"}
    led = httpx.get(
        f"{server}docs/solvers", headers={**foreign, "sec-fetch-mode": "navigate"}, timeout=PATIENCE
    )
    fetched = httpx.get(
        f"{server}docs/solvers", headers={**foreign, "sec-fetch-mode": "cors"}, timeout=PATIENCE
    )
    assert (led.status_code, fetched.status_code) == (200, 403)
    assert docs.page("solvers").title in led.text
