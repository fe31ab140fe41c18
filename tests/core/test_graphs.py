"""Who may use a captured graph, and which memory it takes up; on a GPU see lab/test_on_a_gpu."""

import gc
import threading
from types import SimpleNamespace

import pytest
import torch

from explorer.core import ahead, captured, graphs
from explorer.core.predictor import Predictor
from explorer.core.trained import Trained
from explorer.memo import Memo

CUDA = torch.device("cuda", 1)


class Member:
    """Something that is alive."""


@pytest.fixture
def place(monkeypatch):
    handles = iter(range(9))
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: device)
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: next(handles))
    return captured.Place(CUDA)


def test_a_pool_that_nobody_keeps_alive_is_not_taken_up_again(place):
    assert place.members() == [] and place.pool == 0
    one = Member()
    place.graphs.add(one)
    assert place.members() == [one] and place.pool == 0
    del one
    gc.collect()
    assert place.members() == [] and place.pool == 1


def test_a_graph_that_makes_a_run_is_not_waited_for(monkeypatch):
    steps = SimpleNamespace(turn=threading.Lock())
    monkeypatch.setattr(graphs, "_found", lambda *given: steps)
    monkeypatch.setattr(graphs, "_plain", lambda x, sigma: True)
    noise = torch.zeros(2, 3)
    assert graphs.stepped(object(), None, noise, 5) is steps and steps.turn.locked()
    assert graphs.stepped(object(), None, noise, 5) is None  # by the same thread, too
    steps.turn.release()
    assert graphs.stepped(object(), None, noise, 5) is steps


class Made:
    """A graph that was captured for what it was asked for."""

    def __init__(self, evaluate, like, count, *rest):
        self.evaluate, self.count, self.turn = evaluate, count, threading.Lock()
        self.size = len(like)

    def __call__(self, x, sigma):
        return self.evaluate(x, sigma)


class Plain:
    """A denoiser that can be captured."""

    def evaluate(self, x, sigma):
        return x / (1 + sigma)


@pytest.fixture
def made(monkeypatch):
    """What is captured, in order: of evaluations their size, of runs their columns, negative."""
    out = []
    monkeypatch.setattr(graphs, "GRAPHS", Memo(2**20))
    monkeypatch.setattr(graphs, "_plain", lambda x, sigma: True)  # it asks a GPU

    def evaluation(evaluate, x, levels, weights):
        out.append(len(x))
        return Made(evaluate, x, levels)

    def steps(evaluate, noise, columns, weights):
        out.append(-columns)
        return Made(evaluate, noise, columns)

    monkeypatch.setattr(graphs, "Graph", evaluation)
    monkeypatch.setattr(graphs, "Steps", steps)
    return out


LEVEL = torch.tensor(2.0)


def test_what_the_next_moves_ask_for_is_captured_before_and_never_twice(made):
    owner, noise = Plain(), torch.zeros(9, 3)
    for _ in graphs.ahead(owner, noise):
        pass
    assert made == [1, 2, 4, 8, 16, *(-n for n in graphs.COLUMNS)]
    x = torch.ones(5, 3)
    assert torch.equal(graphs.answer(owner, "D", owner.evaluate, x, LEVEL), x / 3)  # at once
    steps = graphs.stepped(owner, owner.evaluate, noise, 30)
    assert steps is not None and steps.count == 40
    assert len(list(graphs.ahead(owner, noise))) == len(made) == 11
    other = Plain()  # who is asked by nobody ahead has none before the third time
    asked = [graphs.answer(other, "D", other.evaluate, x, LEVEL) for _ in range(3)]
    assert asked[0] is None and asked[1] is None and asked[2] is not None


def test_who_has_no_more_time_captures_no_more_and_large_runs_are_left(made, monkeypatch):
    noise = torch.zeros(9, 3)
    monkeypatch.setattr(graphs, "SHARE", 64 * noise.numel() * 4)
    ahead_of = graphs.ahead(Plain(), noise)
    next(ahead_of)
    assert made == [1]
    list(ahead_of)
    assert made[5:] == [-24, -40, -64]


def test_a_capture_ahead_that_fails_takes_nothing_from_what_was_asked_for(made, monkeypatch):
    owner, x = Plain(), torch.ones(2, 3)
    for _ in range(3):
        graphs.answer(owner, "D", owner.evaluate, x, LEVEL)
    assert made == [2]

    def full(*given):
        raise torch.cuda.OutOfMemoryError

    monkeypatch.setattr(graphs, "Graph", full)
    assert list(graphs.ahead(owner, torch.ones(30, 3))) == []  # at the first that does not fit
    assert graphs.answer(owner, "D", owner.evaluate, x, LEVEL) is not None
    assert not graphs.refused(owner)


def test_the_weights_of_both_networks_of_guidance_are_looked_at():
    strong, weak = (SimpleNamespace(module=torch.nn.Linear(2, 2)) for _ in range(2))
    known = graphs._Owner(SimpleNamespace(strong=strong, weak=weak))
    before = known.stamp()
    assert len(known.weights) == 4 and known.stamp() == before
    kept, weak.module.weight.data = weak.module.weight.data, weak.module.weight.data.clone()
    assert known.stamp() != before and kept is not None


def test_the_pace_of_a_second_gpu_is_that_of_its_own_stream(monkeypatch):
    heard = []
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: device)
    monkeypatch.setattr(torch.cuda, "Event", lambda: SimpleNamespace(record=heard.append))
    ahead.Pace(CUDA).wait()
    assert heard == [CUDA]


def test_a_predictor_on_another_device_is_a_copy_made_once():
    trained = Trained(Predictor().requires_grad_(False), (2.0, 1.0), False, "amed", (2,), (1.0,))
    there = trained.on(torch.device("meta"))
    assert there is trained.on(torch.device("meta")) and there.sigmas == trained.sigmas
    assert there.predictor.fc_r.weight.is_meta
    here = torch.device("cpu")
    assert trained.on(here) is trained and not trained.predictor.fc_r.weight.is_meta
