"""A training step against its forward and backward pass alone, in CPU time of one thread.

What the loop adds: drawing and augmenting the batch, noise, Adam, the average of the weights and
the check of the gradient.  Below 1.1 it is not worth more work.
"""

import argparse
import tempfile
import time
from pathlib import Path

import torch

from ..core.device import Device, pick
from ..training import loop
from ..training.configs import Training, chosen, draw
from ..training.state import resume


def options(command: argparse.ArgumentParser) -> None:
    """What can be asked for."""
    command.add_argument("--data", default="digits", help="digits, glyphs, patches, spiral …")
    command.add_argument("--rounds", type=int, default=30, help="steps of each kind")


def measure(options) -> None:
    """Print both times and their ratio."""
    device = pick(options.device)
    alone, whole, t = times(options.data, device, max(1, options.rounds))
    print(
        f"{t.data.label}, batch {t.hyper.batch}, {device.label}: forward and backward "
        f"{1e3 * alone:.1f} ms, step {1e3 * whole:.1f} ms, ratio "
        f"{whole / alone:.3f}"
    )


def times(data: str, device: Device, rounds: int) -> tuple[float, float, Training]:
    """Seconds of forward and backward alone and of a whole step, and what is trained; the two take
    turns, so that both see the same machine."""
    t = chosen("F", {"data": data})
    with tempfile.TemporaryDirectory() as folder:
        state = resume(t, Path(folder), device)
    alone = whole = 0.0
    for k in range(-3, rounds):
        both = (
            _timed(_pass(t, state, k, device)),
            _timed(lambda: loop.step(t, state, state.module, device)),
        )
        if k >= 0:
            alone, whole = alone + both[0], whole + both[1]
    return alone / rounds, whole / rounds, t


def _timed(act) -> float:
    clock = time.process_time if not torch.cuda.is_available() else time.perf_counter
    started = clock()
    act()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return clock() - started


def _pass(t, state, k: int, device):
    """One forward and backward pass on a batch that is ready."""
    g = torch.Generator().manual_seed(k + 3)
    x = draw(t.data, t.hyper.batch, g)[0].to(device.device)
    x = x + torch.randn(x.shape, generator=g).to(x)
    sigma = (torch.rand(len(x), generator=g) + 0.1).to(x)
    told = (
        torch.zeros(len(x), state.module.model.augment_dim).to(x)
        if state.module.model.augment_dim
        else None
    )

    def act() -> None:
        state.module.train()
        state.module.zero_grad(set_to_none=True)
        state.module(x, sigma, None, told).square().sum().backward()

    return act
