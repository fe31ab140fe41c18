"""Paths corrected at many levels at once: a closed form that turns with σ, order, batches."""

import pytest
import torch

from explorer.analysis import corrected
from explorer.analysis.corrected import corrected_reference
from explorer.analysis.error import rms
from explorer.analysis.reference import reference, refined_reference

from ..core.problems import tensor

W = 120.0  # turns 10 rad in a step of 128 over EDM's range, as VP's time embedding does
A = 0.02  # how much of the answer turns: what a trained network leaves
START = tensor([1.0], [-2.0])


def turns(x, sigma):
    """dx/du = a cos(ω u) x in u = ln σ."""
    u = torch.as_tensor(sigma).log().reshape(-1, 1)
    return x * (1 - A * (W * u).cos())


def off(found) -> float:
    """x = x₀ e^{a (sin ω u − sin ω u₀)/ω}."""
    u = found.sigma.log()
    true = START * (A * ((W * u).sin() - (W * u[0]).sin()) / W).exp()[:, None, None]
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


def test_paths_are_corrected_a_few_at_a_time_as_all_together(known, monkeypatch):
    whole = corrected_reference(turns, known, 8)
    monkeypatch.setattr(corrected, "TOGETHER", 1)
    monkeypatch.setattr(corrected, "ASKED", 100)
    seen = []
    alone = corrected_reference(turns, known, 8, lambda: seen.append(1))
    torch.testing.assert_close(alone.x, whole.x, rtol=1e-12, atol=0)
    assert len(seen) == 2 * (128 + 11)  # two paths, each of 128 steps and 1,025 levels


def test_the_integral_between_even_levels_is_exact_to_degree_five():
    u = torch.linspace(0, 1, 9, dtype=torch.float64)
    for power in range(6):
        found = corrected._integrals(u[:, None] ** power, 1 / 8)[:, 0]
        torch.testing.assert_close(
            found, (u ** (power + 1)).diff() / (power + 1), rtol=0, atol=1e-14
        )
