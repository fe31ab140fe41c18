"""Nothing leaks: a network that is told of augmentation samples without it, and one that is not
told samples it.  Measured on images that have an upper side."""

from types import SimpleNamespace

import pytest
import torch

from explorer.core.device import pick
from explorer.data import Digits, images
from explorer.training import loop
from explorer.training.configs import chosen
from explorer.training.state import resume

CPU = pick("cpu")
SMALL = {
    "network.channels": 16,
    "network.widths": "1",
    "augment": 0.5,
    "lr": 5e-3,
    "ramp": 1.0,
    "half_life": 4.0,
    "kimg": 50,
}


@pytest.fixture
def upright(monkeypatch):
    """256 images of 4 × 4 pixels whose light falls from above, softly and not all alike."""
    g = torch.Generator().manual_seed(0)
    down = torch.linspace(0.8, -0.8, 4, dtype=torch.float64)[:, None].expand(4, 4)
    side = torch.linspace(-0.3, 0.3, 4, dtype=torch.float64)[None, :].expand(4, 4)
    weight = torch.randn(256, 1, 1, 1, generator=g, dtype=torch.float64)
    points = down + weight * side
    monkeypatch.setattr(images, "_digits", lambda: (points, torch.zeros(256, dtype=torch.int64)))
    monkeypatch.setattr(images, "_plane", lambda: torch.eye(2, 16).double())


def samples(tmp_path, steps: int = 200, **own):
    t = chosen("F", SMALL | own)
    state = resume(t, tmp_path, CPU)
    for _ in range(steps):
        loop.step(t, state, state.module, CPU)
    old, loop.SHOWN = loop.SHOWN, 64
    try:
        return loop.look_at(t, state.average, CPU)[0]
    finally:
        loop.SHOWN = old


def brightness_falls(x: torch.Tensor) -> torch.Tensor:
    """How much the upper half outshines the lower, (n,): 1.07 for the data."""
    return x[:, :, :2].mean((1, 2, 3)) - x[:, :, 2:].mean((1, 2, 3))


@pytest.mark.slow
def test_the_network_that_is_told_samples_as_if_nothing_had_been_done(upright, tmp_path):
    data = brightness_falls(Digits().points())
    told = brightness_falls(samples(tmp_path / "told"))
    withheld = brightness_falls(samples(tmp_path / "withheld", hidden=True))
    assert float(data.min()) > 0.9
    turned = SimpleNamespace(
        told=float((told < 0.5).float().mean()), withheld=float((withheld < 0.5).float().mean())
    )
    # flips alone turn 0.8/2 of the images over, and turns tilt more; 64 samples
    assert turned.withheld > 0.4
    assert turned.told < 0.1
