"""Paths corrected at many levels at once: a closed form that turns with σ, order, batches."""

import dataclasses

import pytest
import torch

from explorer.analysis import corrected
from explorer.analysis.corrected import corrected_reference
from explorer.analysis.error import rms
from explorer.analysis.reference import reference, refined_reference
from explorer.core.graphs import SIZES

from ..core.problems import tensor

W = 120.0  # turns 10 rad in a step of 128 over EDM's range, as VP's time embedding does
A = 0.02  # how much of the answer turns: what a trained network leaves
START = tensor([1.0], [-2.0])


class Turns:
    """dx/du = a cos(ω u) x in u = ln σ."""

    def __init__(self, rate: float):
        self.rate, self.asked = rate, 0  # ω, and of how many samples D was asked

    def __call__(self, x, sigma):
        self.asked += len(x)
        u = torch.as_tensor(sigma).log().reshape(-1, 1)
        return x * (1 - A * (self.rate * u).cos())


turns = Turns(W)


def off(found, rate=W) -> float:
    """x = x₀ e^{a (sin ω u − sin ω u₀)/ω}."""
    u = rate * found.sigma.log()
    true = START * (A * (u.sin() - u[0].sin()) / rate).exp()[:, None, None]
    return float(rms((found.x - true).flatten(0, 1)).max())


@pytest.fixture(scope="module")
def known():
    return refined_reference(turns, reference(turns, START, 80.0, 0.002))


def test_paths_that_turn_quickly_with_sigma_want_more_levels(known):
    """Two runs that are both too coarse are wrong alike; what comes next knows its own error."""
    assert off(known) > 3e-3 > float(known.floor.max())
    found = known
    for parts, right in ((4, 1e-3), (8, 1e-5), (16, 1e-6)):
        found = corrected_reference(turns, found, parts)
        assert off(found) < right and off(found) < float(found.floor.max())
        assert len(found.sigma) == len(known.sigma) and f"{128 * parts + 1} levels" in found.method
    told = torch.stack([turns(x, s) for x, s in zip(found.x, found.sigma)])
    torch.testing.assert_close(found.denoised, told, rtol=0, atol=1e-6)


@pytest.mark.parametrize("rate", [1.0, 4.0, 10.0])  # to 1.7 rad in a step of the quick ones
def test_quick_paths_corrected_in_half_their_steps_are_nearer_than_steps_of_that_size(rate):
    bends = Turns(rate)
    quick = reference(bends, START, 80.0, 0.002)
    better = corrected_reference(bends, quick, 2, halves=2)
    assert bends.asked == 2 * (257 + 257 + 128)  # 513 more would be Runge–Kutta's own
    assert len(better.sigma) == 129 and "257 levels" in better.method
    assert off(better, rate) < 0.6 * off(refined_reference(bends, quick), rate)
    told = float(better.floor[::2].max()) * 4 / 3  # of paths as 1 to 2 the largest, not the median
    assert off(quick, rate) == pytest.approx(told, rel=0.05)


def test_paths_are_corrected_a_few_at_a_time_as_all_together(known, monkeypatch):
    whole = corrected_reference(turns, known, 8)
    monkeypatch.setattr(corrected, "TOGETHER", 1)
    monkeypatch.setattr(corrected, "ASKED", 100)
    seen = []
    alone = corrected_reference(turns, known, 8, lambda: seen.append(1))
    torch.testing.assert_close(alone.x, whole.x, rtol=1e-12, atol=0)
    assert len(seen) == 2 * (128 + 11)  # two paths, each of 128 steps and 1,025 levels


def test_no_more_samples_are_asked_for_at_once_than_a_graph_takes(known):
    asked = []

    def ask(x, sigma):
        asked.append(len(x))
        return turns(x, sigma)

    many = dataclasses.replace(
        known, x=known.x.repeat(1, 150, 1), denoised=known.denoised.repeat(1, 150, 1)
    )
    corrected_reference(ask, many, 2)
    assert sum(asked) == 300 * (257 + 128) and max(asked) == 13 * 300 <= SIZES[-1] == 4096


def test_the_integral_between_even_levels_is_exact_to_degree_five():
    u = torch.linspace(0, 1, 9, dtype=torch.float64)
    for power in range(6):
        found = corrected._integrals(u[:, None] ** power, 1 / 8)[:, 0]
        torch.testing.assert_close(
            found, (u ** (power + 1)).diff() / (power + 1), rtol=0, atol=1e-14
        )
