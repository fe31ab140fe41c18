"""Samples that end in another place than the exact path."""

import torch

from explorer.analysis.elsewhere import elsewhere

POINTS = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.05, 0.0]])
TRUTH = torch.tensor([[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
END = torch.tensor([[0.9, 0.0], [0.3, 0.0], [1.04, 0.0], [0.01, 0.0]])


def test_another_datum_and_far_from_it():
    """At the other datum; far but still nearest to its own; nearest to a neighbour but not far."""
    assert elsewhere(END, TRUTH, 0.5, POINTS).tolist() == [True, False, False, False]


def test_of_a_network_the_distance_alone_says_it():
    assert elsewhere(END, TRUTH, 0.5, None).tolist() == [True, True, False, False]


def test_nobody_strays():
    assert not bool(elsewhere(TRUTH, TRUTH, 0.5, POINTS).any())
