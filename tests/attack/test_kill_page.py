"""The whole page, killed at random moments: what it said was saved is there when it comes back."""

import os
import random
import signal
import threading

import httpx
import numpy as np
import pytest

from explorer.bench.page import served
from explorer.store import trainings, uploads

from .. import waiting
from ..running.servers import ALONE

FULL = os.environ.get("EXPLORER_ATTACK") == "full"
KILLS = 24 if FULL else 1
SMALL = {"kimg": 20_000, "network.width": 16, "network.depth": 1, "batch": 64}
POINTS = {"data": "spiral", "data.dimension": 2}


class Page:
    """One page of a server, and its cookie."""

    def __init__(self, url: str):
        self.client = httpx.Client(base_url=url, timeout=waiting.PATIENCE)
        self.client.get("/")
        parts = self.client.get("/config").json()["components"]
        self.component = next(c["id"] for c in parts if c["type"] == "html")

    def call(self, function: str, data) -> dict:
        body = {"data": data, "component_id": self.component, "fn_name": function}
        body |= {"session_hash": "killed"}
        return self.client.post("/gradio_api/component_server", json=body).json()

    def upload(self, seed: int) -> str:
        """A file, taken in; its digest."""
        points = np.random.default_rng(seed).normal(size=(40, 2))
        text = "\n".join(f"{x:.6f},{y:.6f}" for x, y in points).encode()
        (path,) = self.client.post("/gradio_api/upload", files={"files": ("a.csv", text)}).json()
        return self.call("receive", {"path": path, "name": "a.csv"})["digest"]


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(KILLS))
def test_what_was_said_to_be_saved_outlives_the_server(moment):
    """Killed while uploads come in and a training saves its states."""
    draw, kept, name = random.Random(moment), [], f"killed-{moment}"
    with served((*ALONE, "--threads", "1")) as app:
        page = Page(app.url)
        start = {"do": "start", "values": POINTS, "config": "F", "name": name, "training": SMALL}
        answer = page.call("training", start)
        assert "problem" not in answer, answer
        look = lambda: page.call("training", {"do": "look"}).get("part")
        waiting.until(look)  # its first state is on disk
        timer = threading.Timer(draw.uniform(0, 2), app.process.send_signal, [signal.SIGKILL])
        timer.start()
        try:
            for seed in range(1000):
                kept.append(page.upload(seed))
        except (httpx.HTTPError, ValueError, KeyError):
            pass  # it is gone
        timer.join()
        app.process.wait()
    assert all(uploads.read(uploads.path(digest)).shape == (40, 2) for digest in kept)
    with trainings.alone(trainings.folder(name)):  # the child has ended with its server
        assert trainings.state(trainings.folder(name)) is not None
    assert len(list(trainings.folder(name).glob(".*.part"))) <= 1  # what was just being written
    with served((*ALONE, "--threads", "1")) as app:
        page = Page(app.url)
        paused = waiting.until(lambda: page.call("training", {"do": "look"})["paused"])
        assert [p["name"] for p in paused] == [name]
        answer = page.call("training", {"do": "cancel", "name": name})
        assert "problem" not in answer, answer
    assert not trainings.folder(name).exists()
