"""What one evaluation of one sample costs, in units of work."""

from types import SimpleNamespace

import torch

from explorer.lab import cost

LAW = SimpleNamespace(means=torch.zeros(7, 3))


def test_a_network_costs_a_hundredth_of_its_multiplications():
    """A multiplication of a network is that much quicker; halves count."""
    assert cost.operations(SimpleNamespace(operations=150), LAW) == 1.5


def test_an_exact_denoiser_costs_its_points_times_their_coordinates():
    assert cost.operations(SimpleNamespace(means=torch.zeros(5, 4)), LAW) == 20
    assert cost.operations(object(), LAW) == 21  # one that holds none: the data's
