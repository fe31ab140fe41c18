"""Thousands who come and go leave nothing behind: the memory of a real server, over HTTP."""

import itertools
import os
import statistics
from pathlib import Path

import httpx
import pytest

from explorer.bench.page import served
from explorer.bench.report import resident
from explorer.server.app import SESSIONS as REMEMBERED

from ..running.servers import ALONE
from ..waiting import PATIENCE, until

FULL = os.environ.get("EXPLORER_ATTACK") == "full"
SESSIONS = 8000 if FULL else 200
MB = 1e6
LOOKS = 20  # of the threads of a server, before it is said to rest
BLOCKS = 10  # of sessions, between which memory is read
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
    with served((*ALONE, "--threads", "1", "--max-memory", "400mb"), EXPLORER_CACHE=place) as app:
        yield app


@pytest.fixture(scope="module")
def page(process):
    with httpx.Client(base_url=process.url, timeout=PATIENCE) as client:
        page = Page(client)
        for k in range(4):  # what the first views load stays
            data = ("spiral", "digits", "patches")[k % 3]
            page.call("explore", {"query": f"data={data}", "page": "first", "id": k}, "first")
        yield page


def quiet(process) -> bool:
    """Whether none of its threads is at work, in all of several looks."""
    tasks = Path(f"/proc/{process.process.pid}/task")
    state = lambda task: (task / "stat").read_text().rpartition(")")[2].split()[0]
    try:
        return all(state(task) == "S" for _ in range(LOOKS) for task in tasks.iterdir())
    except FileNotFoundError:  # one has just ended
        return False


def grown(process, call, sessions: int) -> float:
    """Bytes that so many sessions add, by the median of blocks: what a server that has just begun
    loads once, or hands back, beside them is not theirs."""
    rest = lambda: resident(process=process.process.pid)
    until(lambda: quiet(process))
    size, seen = sessions // BLOCKS, [rest()]
    for block in range(BLOCKS):
        for k in range(block * size, (block + 1) * size):
            call(k)
        seen.append(rest())
    return BLOCKS * statistics.median(b - a for a, b in itertools.pairwise(seen))


@pytest.mark.slow
def test_sessions_that_came_and_went_are_not_remembered(page, process):
    """Each with a name of its own for Gradio and for the desk, and a view that it asks about."""

    def came(k: int):
        page.call("progress", {"page": f"before {k}"}, f"before {k}")

    def went(k: int):
        page.call("progress", {"page": f"page {k}"}, f"session {k}")
        page.call("cancel", {"page": f"page {k}"}, f"session {k}")

    # Gradio's own memory of so many, with a description of each component, takes 28 MB
    first = grown(process, came, REMEMBERED + 12)
    assert first < 10 * MB, f"{first / MB:.0f} MB"
    more = grown(process, went, SESSIONS)
    assert more < min(GROWTH * MB, EACH * SESSIONS), f"{more / MB:.0f} MB"
