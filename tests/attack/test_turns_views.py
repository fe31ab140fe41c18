"""The turns of views: what is computed, how often, and what is answered meanwhile."""

import threading

import pytest

from explorer.core.solvers import Heun
from explorer.lab import experiment
from explorer.server import ahead, app, explore, visitor
from explorer.server import message as messages
from explorer.server.message import message
from explorer.server.turns import ROOM
from explorer.server.visitor import Visitor
from tests.waiting import PATIENCE, until

FAST = {"samples": 8, "nfe": 9}


@pytest.fixture
def runs(monkeypatch):
    """The runs that were made, by their seeds; not what they are compared with."""
    made, real = [], experiment._run

    def run(e, watch):
        if e.solver == Heun():
            made.append(e.seed)
        return real(e, watch)

    monkeypatch.setattr(experiment, "_run", run)
    return made


class Full:
    """Every slot of the room is taken, until it is let go."""

    def __init__(self):
        self.turns = [ROOM.enter(Visitor(f"holder {k}", "page")) for k in range(ROOM.at_once)]
        for turn in self.turns:
            turn.wait()

    def let_go(self):
        for turn in self.turns:
            ROOM.leave(turn)
        self.turns = []


@pytest.fixture
def full():
    until(lambda: not ROOM._everywhere())
    room = Full()
    yield room
    room.let_go()


class Asked(threading.Thread):
    """A request on its way, and its answer."""

    def __init__(self, seed: int, page: str = "", number: int = 0, **more):
        super().__init__()
        self.request = {"values": {**FAST, "seed": seed}, "page": page, "id": number, **more}
        self.visitor, self.answer = Visitor(page, "page"), None
        self.start()

    def run(self):
        visitor._here.set(self.visitor)  # as the door does
        self.answer = message(self.request)

    def got(self) -> dict:
        self.join(PATIENCE)
        return self.answer


def waiting(count: int):
    return until(lambda: sum(not t.begun for t in ROOM.waiting) == count)


def test_an_overtaken_move_is_never_computed(full, runs):
    """Nineteen of twenty moves that wait are answered before anything is computed."""
    asked = []
    for k in range(20):
        asked.append(Asked(7000 + k, "overtaken", k + 1))
        waiting(1)
        until(lambda: sum(a.is_alive() for a in asked) == 1)
    assert runs == [] and all(a.got() == {"stale": True} for a in asked[:-1])
    full.let_go()
    assert asked[-1].got()["values"]["seed"] == 7019
    assert runs == [7019]


def test_a_cancelled_move_is_never_computed(full, runs):
    asked = Asked(7100, "cancelled", 1)
    waiting(1)
    explore.cancel("cancelled")
    assert asked.got() == {"stale": True} and runs == []


def test_equal_views_are_computed_once_and_who_waits_for_one_holds_no_slot(monkeypatch, runs):
    """Six ask for the same while its run is under way; a stranger is served in between."""
    until(lambda: not ROOM._everywhere())
    counted, begun, release = experiment._run, threading.Event(), threading.Event()

    def slow(e, watch):
        if e.seed == 7200:
            begun.set()
            assert release.wait(PATIENCE)
        return counted(e, watch)

    monkeypatch.setattr(experiment, "_run", slow)
    monkeypatch.setattr(ahead, "CORES", 1)  # no helper, which would begin with the reference
    same = [Asked(7200, f"page {k}", 1) for k in range(6)]
    try:
        assert begun.wait(PATIENCE)
        until(lambda: len(ROOM._outside) >= 2)
        stranger = ROOM.enter(Visitor("stranger", "page"))
        assert stranger.slot.wait(PATIENCE)
        ROOM.leave(stranger)
    finally:
        release.set()
    answers = [asked.got() for asked in same]
    assert runs.count(7200) == 1
    assert all(a["parts"]["run"]["key"] == answers[0]["parts"]["run"]["key"] for a in answers)


def test_progress_tells_the_place_and_about_how_long(full):
    first, second = Asked(7300, "before", 1), None
    waiting(1)
    second = Asked(7301, "after", 1)
    waiting(2)
    assert app.progress("after")["waits"].startswith("Place 2 in the queue, about ")
    full.let_go()
    first.got(), second.got()
    assert "waits" not in app.progress("after")


def test_while_many_wait_a_first_picture_is_a_draft_and_the_whole_follows(monkeypatch):
    asked = {"values": {"samples": 200, "nfe": 9, "seed": 7400}}
    monkeypatch.setattr(type(ROOM), "crowded", True)
    draft = message(asked)
    run = draft["parts"]["run"]
    assert "first" in run and run["status"][0].startswith("Draft: ")
    assert draft["states"]["run"]["state"] == "draft" and set(draft["parts"]) == {"data", "run"}
    assert draft["pending"][0] == "run"
    assert set(draft["pending"]) == {"run", "path", "loss", "error"}
    assert draft["values"]["samples"] == 200  # what was asked for
    have = {name: part["key"] for name, part in draft["parts"].items()}
    whole = message({**asked, "want": draft["pending"], "have": have})
    assert set(whole["parts"]) == {"run", "path", "loss", "error"}
    assert "first" not in whole["parts"]["run"] and whole["states"]["run"]["state"] == "whole"
    monkeypatch.setattr(type(ROOM), "crowded", False)
    experiment.use_device("cpu")  # forget all of it
    alone = message({**asked, "want": list(messages.PARTS)})
    assert alone["parts"]["run"] | {"status": ""} == whole["parts"]["run"] | {"status": ""}


def test_what_is_known_is_no_draft_however_many_wait(monkeypatch):
    asked = {"values": {"samples": 200, "nfe": 9, "seed": 7500}}
    message(asked)
    monkeypatch.setattr(type(ROOM), "crowded", True)
    assert "first" not in message(asked)["parts"]["run"]


def test_while_another_waits_the_run_comes_alone_and_before_what_is_measured(monkeypatch):
    monkeypatch.setattr(type(ROOM), "firsts", 1)
    answer = message({"values": {"samples": 200, "nfe": 9, "seed": 7600}})
    assert set(answer["parts"]) == {"data", "run"} and "first" not in answer["parts"]["run"]
    assert set(answer["pending"]) == {"error", "loss", "path"}
