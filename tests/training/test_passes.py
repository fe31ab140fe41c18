"""How a step goes forward and backward, as far as a CPU can tell."""

import pytest
import torch

from explorer.core.device import Device, pick
from explorer.training import loop, passes
from explorer.training.configs import chosen
from explorer.training.state import resume

SMALL = {"data": "digits", "batch": 4, "network.channels": 8, "network.blocks": 1}


@pytest.fixture
def state(tmp_path):
    return resume(chosen("F", SMALL), tmp_path, pick("cpu"))


def test_what_is_trained_on_a_gpu_stays_trainable(state, monkeypatch):
    """Whether it is worth compiling is asked of the average: a denoiser freezes its weights."""
    gpu = Device(torch.device("cuda"), torch.float64, "a GPU")
    assert passes.compiled(state, gpu, 4) is state.module
    assert all(p.requires_grad for p in state.module.parameters())
    monkeypatch.setattr(torch, "compile", lambda module: ("compiled", module))
    assert passes.compiled(state, gpu, 10**6) == ("compiled", state.module)
    assert passes.compiled(state, pick("cpu"), 10**6) is state.module


def test_a_replay_puts_its_gradients_where_adam_looks(state):
    """A stand-in for the graph: what a replay does besides, a CPU can tell."""
    t, module = chosen("F", SMALL), state.module
    state.passes.grads = [(p, torch.full_like(p, 0.5)) for p in module.parameters()]
    state.passes.held = (torch.zeros(2), None)
    state.passes.graph = type("Graph", (), {"replay": lambda self: None})()
    state.passes.out = torch.tensor(3.0)
    module.zero_grad(set_to_none=True)
    given = torch.ones(2), None
    assert float(state.passes.replay(given)) == 3.0
    assert torch.equal(state.passes.held[0], given[0])
    assert all(bool((p.grad == 0.5).all()) for p in module.parameters())
    assert state.passes.ready(module, lambda: None, given) is not False
    state.passes.graph = None
    loop.step(t, state, module, pick("cpu"))  # and a CPU goes on by itself
    assert state.passes.steps == 0


def test_a_capture_that_fails_is_said_and_not_tried_again(state, monkeypatch):
    def fails(*rest):
        raise RuntimeError("no capture here\nand more")

    monkeypatch.setattr(passes.Passes, "_capture", fails)
    monkeypatch.setattr(passes, "_all_there", lambda given: True)
    ready = lambda: state.passes.ready(state.module, lambda: None, ())
    assert not any(ready() for _ in range(passes.WARM))
    with pytest.warns(UserWarning, match="without a CUDA graph: no capture here"):
        assert not ready()
    assert state.passes.refused == "no capture here" and not ready()
