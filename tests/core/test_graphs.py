"""Who may use a captured graph, and which memory it takes up; on a GPU see lab/test_on_a_gpu."""

import gc
import threading
from types import SimpleNamespace

import pytest
import torch

from explorer.core import ahead, graphs
from explorer.core.predictor import Predictor
from explorer.core.trained import Trained

CUDA = torch.device("cuda", 1)


class Member:
    """Something that is alive."""


@pytest.fixture
def place(monkeypatch):
    handles = iter(range(9))
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: device)
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: next(handles))
    return graphs._Place(CUDA)


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
