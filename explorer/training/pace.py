"""How long a training takes on this machine, by the pace of a step that is made to see."""

import copy
import time
from functools import lru_cache

import torch

from ..core.device import pick
from .configs import Training, build
from .loop import step
from .state import State


@lru_cache(maxsize=64)
def measured(t: Training) -> float:
    """Seconds an image or point of a training's step, where one would run, the better of two.

    A run has more to do: it looks at its samples and saves its state.
    """
    device = pick("auto")
    module = build(t)
    adam = torch.optim.Adam(module.parameters(), lr=t.hyper.lr)
    state = State(module, copy.deepcopy(module).eval().requires_grad_(False), adam)
    took = []
    for _ in range(2):
        device.synchronize()
        began = time.perf_counter()
        step(t, state, module, device)
        device.synchronize()
        took.append(time.perf_counter() - began)
    return min(took) / t.hyper.batch
