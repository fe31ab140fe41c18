"""Measurements run in processes of their own: these may die, fill memory or be left alone."""

import json
import os
import signal
import subprocess
import sys

import pytest

from explorer.lab import memory
from explorer.server import amed, measurements, owners, workers
from explorer.server.jobs import CANCELLED, JOBS, RUNNING
from explorer.server.visitor import Visitor
from explorer.server.workers import WORKERS, Worker
from explorer.store import places

from ..waiting import until

pytestmark = pytest.mark.slow  # real servers and processes

VALUES = {"data": "moons", "data.dimension": 2, "samples": 32}
LONG = {
    "kind": "train",
    "values": {**VALUES, "timesteps": "vp_time"},
    "student": "amed",
    "nfe": 5,
    "how": {"paths": 200_000, "batch": 4, "rounds": 1, "place": "view", "settle": 0},
}


@pytest.fixture(autouse=True)
def nothing_is_left(monkeypatch):
    monkeypatch.setattr(workers, "SPARE", 0)  # none starts beside the one that is asked
    yield
    JOBS.close()
    until(lambda: not WORKERS.busy())


def begun(request: dict = LONG, rows: int = 1) -> dict:
    """A job that has shown so many rows."""
    answer = measurements.start(request)
    assert "problem" not in answer, answer
    until(lambda: measurements.poll(answer)["count"] >= rows)
    return answer


def worker_of(answer: dict) -> Worker:
    return JOBS.get(answer["job"]).work._worker


def ended(answer: dict) -> dict:
    assert "problem" not in answer, answer
    return until(lambda: (news := measurements.poll(answer))["done"] and news)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_job_runs_in_another_process_that_is_nicer():
    worker = worker_of(begun())
    assert worker.process.pid != os.getpid()
    assert os.getpriority(os.PRIO_PROCESS, worker.process.pid) >= 10


def test_a_process_that_is_killed_leaves_a_sentence_and_its_rows():
    answer = begun()
    os.kill(worker_of(answer).process.pid, signal.SIGKILL)
    news = ended(answer)
    assert "ended by itself (signal 9)" in news["problem"] and news["count"] and news["table"]
    # and the next one is measured as if nothing had happened
    sweep = {"kind": "sweep", "values": VALUES, "solvers": ["heun"], "budgets": "9, 17"}
    after = ended(measurements.start(sweep))
    assert after["problem"] is None and after["count"] == 2


def test_a_cancelled_job_stops_and_its_worker_takes_the_next():
    answer = begun()
    worker = worker_of(answer)
    assert measurements.cancel(answer) == {}
    news = ended(answer)
    assert news["problem"] == CANCELLED and news["table"]
    until(lambda: worker.job is None)
    assert not worker.dead


def test_one_that_does_not_stop_is_ended_with_its_process(monkeypatch):
    monkeypatch.setattr(workers, "GRACE", 0.1)
    answer = begun()
    worker = worker_of(answer)
    os.kill(worker.process.pid, signal.SIGSTOP)  # as if it were in one long operation
    measurements.cancel(answer)
    news = ended(answer)
    assert news["problem"] == CANCELLED and news["table"]
    until(lambda: gone(worker.process.pid))


def test_what_needs_too_much_memory_is_refused_and_the_next_is_measured(monkeypatch):
    monkeypatch.setattr(memory.ACCOUNT, "limit", RUNNING * 1e6)
    asked = {"kind": "sweep", "values": {**VALUES, "samples": 4096}, "solvers": ["heun"]}
    answer = measurements.start(asked | {"budgets": "99"})
    news = answer if "problem" in answer else ended(answer)
    assert "MB are allowed" in news["problem"]
    monkeypatch.undo()
    assert ended(measurements.start(asked | {"budgets": "9"}))["table"][0][1] > 0


def test_one_that_holds_too_much_is_ended(monkeypatch):
    answer = begun()
    monkeypatch.setattr(workers, "MEMORY", -workers.HEAVY)
    WORKERS.look()
    assert "more memory than" in ended(answer)["problem"]


@pytest.mark.slow
def test_one_that_takes_too_long_is_stopped_and_can_go_on(monkeypatch):
    answer = begun()
    monkeypatch.setattr(workers, "LONGEST", 0.0)
    WORKERS.look()
    assert "Stopped after" in ended(answer)["problem"]
    monkeypatch.setattr(workers, "LONGEST", 3600.0)
    batch = lambda news: int(news["note"].split("Batch ")[1].split(" ")[0])
    before = batch(ended(answer))
    more = begun({"kind": "train", "resume": answer["job"], "values": {}})
    assert batch(measurements.poll(more)) > before


SERVER = """
import sys
from explorer.server import measurements, workers
from explorer.server.jobs import JOBS
answer = measurements.start({request})
assert "problem" not in answer, answer
print(" ".join(map(str, workers.WORKERS.pids())), flush=True)
sys.stdin.read()
"""


@pytest.mark.slow
def test_the_servers_death_ends_its_workers():
    with subprocess.Popen(
        [sys.executable, "-c", SERVER.replace("{request}", repr(LONG))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=places.ROOT,
    ) as server:
        pids = [int(pid) for pid in server.stdout.readline().split()]
        server.kill()
    assert pids
    until(lambda: all(map(gone, pids)))


@pytest.mark.parametrize(
    "request_, said",
    [
        ({"kind": "sweep", "values": {"nfe": [1]}}, "nfe"),
        ({"kind": "sweep", "values": {"data": {"a": 1}}}, "data"),
        ({"kind": "sweep", "values": [], "budgets": {"a": [1]}}, "budget"),
        ({"kind": "sweep", "values": {}, "solvers": ["heun"] * 300_000}, "characters"),
        ({"kind": "train", "how": {"paths": "9" * 400}}, "paths"),
        ({"kind": "train", "resume": {"a": 1}}, "no longer there"),
        ({"kind": None}, "Unknown measurement"),
        ([1], "asked for"),
    ],
)
def test_garbage_is_refused_in_a_sentence(request_, said):
    problem = measurements.start(request_)["problem"]
    assert said.lower() in problem.lower() and "Traceback" not in problem
    assert str(places.ROOT) not in problem


def test_another_visitor_cannot_cancel_keep_or_go_on(monkeypatch):
    who = ["visitor a"]
    monkeypatch.setattr(measurements, "current", lambda: Visitor(who[0]))
    answer = begun()
    who[0] = "visitor b"
    for call in (measurements.poll, measurements.cancel, measurements.job_cancel):
        assert "no longer there" in call(answer)["problem"]
    resume = {"kind": "train", "resume": answer["job"], "values": {}}
    assert "no longer there" in measurements.start(resume)["problem"]
    assert JOBS.get(answer["job"]).runs
    who[0] = "visitor a"
    assert measurements.cancel(answer) == {}


def test_one_visitor_cannot_keep_predictors_without_end(monkeypatch):
    monkeypatch.setattr(owners, "shared", True)
    monkeypatch.setattr(amed, "OWN", 1)
    monkeypatch.setattr(amed, "_kept", {})
    who = ["visitor a"]
    for module in (measurements, amed):
        monkeypatch.setattr(module, "current", lambda: Visitor(who[0]))
    answer = begun()
    until(lambda: JOBS.get(answer["job"]).work.left.get("trained"))
    measurements.cancel(answer)
    ended(answer)
    name = amed.amed_keep(answer)["name"]
    assert amed.amed_keep(answer)["name"] == name  # the same once more takes no room
    more = begun({**LONG, "how": LONG["how"] | {"seed": 7}})
    assert "1 predictors" in until(lambda: _refused(more))
    who[0] = "visitor b"
    other = begun({**LONG, "how": LONG["how"] | {"seed": 8}})
    assert until(lambda: amed.amed_keep(other).get("name"))


def _refused(answer: dict) -> str:
    """What keeping it is answered, once there is something to keep."""
    return (
        ""
        if not JOBS.get(answer["job"]).work.left.get("trained")
        else (amed.amed_keep(answer)["problem"])
    )


def test_the_pages_answer_is_what_a_poll_says():
    answer = begun()
    measurements.cancel(answer)
    news = ended(answer)
    assert json.loads(measurements.job_poll(answer).body) == news
    assert "no longer there" in json.loads(measurements.job_poll({}).body)["problem"]
