"""What is captured while nobody waits; what a GPU does of it, see lab/test_on_a_gpu."""

import threading
from types import SimpleNamespace

import pytest
import torch

from explorer.core import graphs
from explorer.data import DATASETS
from explorer.lab import captures
from explorer.lab.experiment import Experiment
from explorer.models import MODELS
from explorer.models.compiled import Compiled
from explorer.server import message, rest
from explorer.server.turns import Room

SECONDS = 60
DIGITS = Experiment(data=DATASETS["digits"](), model=MODELS["network"](), samples=6)


@pytest.fixture
def steps(monkeypatch):
    """A GPU on which the captures of a view are five; gives what lets each of them go on."""
    there = SimpleNamespace(device=torch.device("cuda"))
    room, made, may = Room(), [], threading.Semaphore(0)
    monkeypatch.setattr(rest, "current_device", lambda: there)
    monkeypatch.setattr(rest, "ROOM", room)
    monkeypatch.setattr(rest, "_newest", [])

    def ahead(e):
        for i in range(5):
            assert may.acquire(timeout=SECONDS)
            made.append((e, i))
            yield

    monkeypatch.setattr(rest.captures, "ahead", ahead)
    return SimpleNamespace(room=room, made=made, may=may)


def done():
    rest._one.submit(lambda: None).result(SECONDS)


def test_a_view_at_rest_is_captured_and_a_newer_one_takes_its_place(steps):
    steps.may.release(5)
    rest.after("one")
    done()
    assert steps.made == [("one", i) for i in range(5)]
    rest.after("two")
    rest.after("three")  # before the first of two
    steps.may.release(6)
    done()
    assert steps.made[5:] == [("two", 0), *(("three", i) for i in range(5))]


def test_while_anybody_is_at_work_nothing_is_captured(steps, monkeypatch):
    looked, waits = threading.Event(), threading.Event.wait

    def wait(event, seconds=None):
        if seconds == rest.LOOKS:
            looked.set()
        return waits(event, seconds)

    monkeypatch.setattr(rest.threading.Event, "wait", wait)
    with steps.room.taking():
        steps.may.release(5)
        rest.after("one")
        assert waits(looked, SECONDS)
        assert len(steps.made) == 1
    done()
    assert len(steps.made) == 5


def test_only_a_settled_view_on_a_gpu_is_captured(monkeypatch):
    told = []
    monkeypatch.setattr(rest, "after", told.append)
    first = message.message({"query": "data=moons&samples=8&nfe=9"})
    assert not told
    asked = {"query": first["query"], "want": ["exact"], "have": {}}
    assert message.message(asked)["parts"]["error"]["exact"] and len(told) == 1
    monkeypatch.undo()
    monkeypatch.setattr(rest.captures, "ahead", told.append)
    rest.after(told[0])  # on a CPU nobody is asked
    done()
    assert len(told) == 1


def test_the_sampler_and_then_what_the_truth_is_followed_with(monkeypatch):
    """With the devices of a GPU and arithmetic of a CPU: what graphs are asked for."""
    asked, true = [], captures.prepared(DIGITS.data, DIGITS.model)
    place = SimpleNamespace(type="cuda")
    device = SimpleNamespace(device=place, dtype=torch.float64, parts=())
    fake = SimpleNamespace(
        pace=true.pace,
        denoiser=true.denoiser,
        sampler=None,
        device=device,
        replicas=(),
        settled=4,
        shape=true.shape,
    )
    monkeypatch.setattr(captures, "prepared", lambda data, model: fake)
    monkeypatch.setattr(captures.torch, "empty", lambda *size, dtype, device: size)
    monkeypatch.setattr(graphs, "ahead", lambda owner, noise: asked.append((owner, noise)) or [0])
    assert list(captures.ahead(DIGITS)) == [0, 0]
    d, shape = true.denoiser, true.shape
    assert asked == [(d, (6, *shape)), (d, (4, *shape))]
    other = SimpleNamespace(evaluate=None, shared=False)  # samples have labels of their own
    fake.sampler, fake.replicas, device.parts = other, (other, d), (place, place)
    asked.clear()
    list(captures.ahead(DIGITS))
    assert asked == [(d, (3, *shape)), (d, (4, *shape))]
    asked.clear()
    net = SimpleNamespace(model=Compiled(torch.nn.Identity()))
    fake.sampler = SimpleNamespace(evaluate=None, shared=True, module=net)
    fake.replicas, device.parts = (), ()
    list(captures.ahead(DIGITS))
    assert asked == [(d, (4, *shape))]
    fake.pace = None
    assert list(captures.ahead(DIGITS)) == []
