"""A server that is told to stop saves what is at work, says so, and is gone in seconds with 0."""

import json
import signal
import sys

import httpx
import pytest

from explorer.server import hall, jobs, stopping
from explorer.server.turns import Room
from explorer.server.visitor import Visitor
from explorer.store import predictors, trainings
from tests.attack import halls
from tests.waiting import PATIENCE, until

from .servers import started

# the server as it is started, but for its limits, which another test holds, and a spare worker
UNHURRIED = """
import runpy
from explorer.server import stopping, workers
stopping.SECONDS = stopping.SAVING = workers.GRACE = workers.SHOWING = %r
workers.SPARE = 0
runpy.run_path("app.py", run_name="__main__")
"""
TRAINING = {"do": "start", "values": halls.POINTS, "config": "F", "name": "mine",
            "training": halls.SMALL}  # fmt: skip
PREDICTOR = {"kind": "train", "student": "amed", "nfe": 5,
             "values": {"data": "spiral", "samples": 16},
             "how": {"paths": 32_000, "batch": 16, "place": "view", "settle": 0}}  # fmt: skip


def call(client: httpx.Client, name: str, request: dict, **headers: str) -> httpx.Response:
    parts = client.get("/config").json()["components"]
    part = next(c["id"] for c in parts if c["type"] == "html")
    body = {"data": request, "fn_name": name, "component_id": part, "session_hash": "s"}
    return client.post("/gradio_api/component_server", json=body, headers=headers)


@pytest.mark.slow  # a real server that trains
def test_a_server_stops_with_its_training_saved_and_its_log_told_whose_work_it_was(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))  # to look at what it left
    command = (sys.executable, "-c", UNHURRIED % PATIENCE)
    options = ("--log", "json", "--threads", "1", "--device", "cpu")
    with started(tmp_path, *options, command=command) as server:
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
            said = client.get("/healthz", headers={"x-request-id": "probe"})
            assert said.status_code == 200 and said.json()["ready"]
            assert said.headers["x-request-id"] == "probe"
            answer = call(client, "training", TRAINING, **{"x-request-id": "begin"}).json()
            assert answer["busy"], answer
            look = lambda: call(client, "training", {"do": "look"}).json()
            until(lambda: look().get("part", 0) > 0)
            shown = call(client, "explore", {"query": "nfe=9"}, **{"x-request-id": "seen"})
            begun = call(client, "job_start", PREDICTOR).json()
            news = lambda: call(client, "job_poll", begun).json()
            until(lambda: news().get("learned"))
            assert shown.json()["version"] and shown.headers["x-request-id"] == "seen"
            kept = client.post("/gradio_api/call/v2/explore", json={"nfe": "x" * 9})
            assert kept.headers["x-request-id"]
        assert server.end(signal.SIGTERM) == 0
    assert server.out == "", "with --log json all that it says is JSON"
    lines = [json.loads(line) for line in server.err.splitlines()]
    told = [line["text"] for line in lines if line["event"] == "note"]
    assert "The training “mine” is saved; the Train page goes on with it." in told
    assert told[-1] == "Stopped."
    (name,) = (p.stem for p in predictors.folder().glob("*.json"))
    assert f"The predictor {name} is kept as far as it has learned; its view lists it." in told
    assert predictors.find(name).nfe == 5
    assert trainings.state(trainings.folder("mine")) is not None
    by = {line["request"]: line for line in lines if line["event"] == "request"}
    assert by["seen"]["call"] == "explore" and by["begin"]["call"] == "training"
    assert by["seen"]["status"] == 200 and "visitor" in by["seen"]
    assert "127.0.0.1" not in "".join(json.dumps(line) for line in by.values())
    assert "trainer=" not in server.err


def test_who_is_at_work_or_waits_is_told_and_nobody_begins():
    room, told = Room(at_once=1), []
    one = room.enter(Visitor("a"), wake=told.append)
    two = room.enter(Visitor("b"), wake=told.append)
    assert room.busy and room.line == 1
    room.close()
    assert told == [one, two] and one.why is not None and two.why is not None
    room.leave(one)
    assert not room.busy and room.line == 0


class Work:
    """A measurement that ends when it is told to."""

    long, total = False, 3

    def begin(self, ended):
        self._ended = ended

    def stop(self, why):
        self._ended(why)

    def news(self):
        return {"count": 0}

    def size(self):
        return 0


def test_the_end_is_bounded_and_says_what_became_of_what(monkeypatch, capsys):
    monkeypatch.setattr(jobs, "JOBS", jobs.Jobs())
    limits = []
    monkeypatch.setattr(stopping.threading, "Timer", lambda *a: limits.append(a) or Timer())

    class Training:
        name, busy, state, problem = "slow", True, "stopping", None

        def stop(self, how):
            limits.append(how)

        def join(self, seconds):
            assert seconds <= stopping.SAVING

    monkeypatch.setattr(hall.HALL, "session", Training())
    job = jobs.JOBS.start(Work(), "a")
    closed = []
    stopping.end(lambda: closed.append(1))
    said = capsys.readouterr().out
    assert limits[0][0] == stopping.SECONDS and limits[1] == "paused" and closed
    assert "has not answered within 6 s" in said and "Measurements that ended: 1" in said
    assert job.done and job.problem == stopping.MEASURED


class Timer:
    daemon = False

    def start(self):
        pass
