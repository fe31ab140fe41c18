"""What one evaluation of one sample costs, in units of work."""

import itertools
from types import SimpleNamespace

import torch

from explorer.core.device import pick
from explorer.lab import cost

LAW = SimpleNamespace(means=torch.zeros(7, 3))


def test_a_network_costs_a_hundredth_of_its_multiplications():
    """A multiplication of a network is that much quicker; halves count."""
    assert cost.operations(SimpleNamespace(operations=150), LAW) == 1.5


def test_an_exact_denoiser_costs_its_points_times_their_coordinates():
    assert cost.operations(SimpleNamespace(means=torch.zeros(5, 4)), LAW) == 20
    assert cost.operations(object(), LAW) == 21  # one that holds none: the data's


def test_a_network_is_no_slower_on_a_machine_that_is_busy(monkeypatch):
    """Others had the cores for minutes between any two looks at the clock on the wall."""

    class Small:
        shape, operations = (2,), 1.0

        def __call__(self, x, sigma):
            return x / (1 + sigma)

    minutes = itertools.count(step=100)
    monkeypatch.setattr(cost.time, "perf_counter", lambda: float(next(minutes)))
    each = cost.pace(Small(), pick("cpu"))
    assert 0 < each < cost.SLOW and 0 < cost.least(Small(), pick("cpu"), each) < cost.SLOW
