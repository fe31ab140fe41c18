"""Thousands who come and go leave nothing behind: the memory of a real server, over HTTP."""

import os

import httpx
import pytest

from explorer.bench.page import served
from explorer.bench.report import resident
from explorer.server.app import SESSIONS as REMEMBERED

FULL = os.environ.get("EXPLORER_ATTACK") == "full"
SESSIONS = 8000 if FULL else 200
MB = 1e6
GROWTH = 300.0  # MB, whatever the number of sessions
# bytes of a session; of few, what a heap grows by of itself is more of each
EACH = 12e3 if FULL else 48e3


class Page:
    """One who asks a server as many pages would."""

    def __init__(self, client: httpx.Client):
        self.client = client
        parts = client.get("/config").json()["components"]
        self.component = next(c["id"] for c in parts if c["type"] == "html")

    def call(self, function: str, data, session: str):
        body = {
            "data": data,
            "component_id": self.component,
            "fn_name": function,
            "session_hash": session,
        }
        answer = self.client.post("/gradio_api/component_server", json=body)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    place = str(tmp_path_factory.mktemp("sessions"))
    with served(("app.py", "--threads", "1", "--max-memory", "400mb"), EXPLORER_CACHE=place) as app:
        yield app


@pytest.fixture(scope="module")
def page(process):
    with httpx.Client(base_url=process.url, timeout=120) as client:
        page = Page(client)
        for k in range(4):  # what the first views load stays
            data = ("spiral", "digits", "patches")[k % 3]
            page.call("explore", {"query": f"data={data}", "page": "first", "id": k}, "first")
        yield page


def rest(process) -> float:
    return resident(process=process.process.pid)


@pytest.mark.slow
def test_sessions_that_came_and_went_are_not_remembered(page, process):
    """Each with a name of its own for Gradio and for the desk, and a view that it asks about."""
    least = rest(process)
    for k in range(REMEMBERED + 12):
        page.call("progress", {"page": f"before {k}"}, f"before {k}")
    before = rest(process)
    # Gradio's own memory of so many, with a description of each component, takes 28 MB
    assert before - least < 10 * MB, f"{(before - least) / MB:.0f} MB"
    for k in range(SESSIONS):
        page.call("progress", {"page": f"page {k}"}, f"session {k}")
        page.call("cancel", {"page": f"page {k}"}, f"session {k}")
    grown = rest(process) - before
    assert grown < min(GROWTH * MB, EACH * SESSIONS), f"{grown / MB:.0f} MB"
