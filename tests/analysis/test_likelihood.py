"""Likelihoods and Jacobians against closed forms."""

import math

import pytest
import torch

from explorer.analysis.jacobian import asymmetry, signs, trace, whole
from explorer.analysis.likelihood import gaussian_density, log_likelihood
from explorer.errors import UserError

from ..core.problems import Gaussian, mixture, normal, tensor

LOW, HIGH = 0.1, 20.0
SIGMA = tensor(0.7)[0]


def test_of_a_gaussian_it_is_the_log_density():
    """With the true density at σ_max, to what dozens of steps of 1e-5 add up to; the flow is that
    in closed form.
    """
    data = Gaussian(tensor(0.5, -1.0, 2.0), tensor(0.25, 1.0, 4.0))
    x = data.mean + normal(6, 3)
    density = lambda x, sigma: (
        torch.distributions.Normal(data.mean, (data.variance + sigma**2).sqrt()).log_prob(x).sum(1)
    )
    found = log_likelihood(data, x, LOW, HIGH, density)
    torch.testing.assert_close(found.log_density, density(x, LOW), rtol=0, atol=1e-3)
    torch.testing.assert_close(found.latent, data.flow(x, LOW, HIGH), rtol=1e-3, atol=1e-3)
    assert float(found.moved.max()) < 1e-2 and not found.spread.any()
    bits = -density(x, LOW) / (3 * math.log(2))
    torch.testing.assert_close(found.bits(3), bits, rtol=0, atol=1e-3)


def test_of_a_mixture_in_the_plane_it_is_the_log_density():
    data = mixture(d=2)
    x = data.sample(16, torch.Generator().manual_seed(3)) + LOW * normal(16, 2, seed=4)
    found = log_likelihood(data, x, LOW, HIGH, data.log_density)
    truth = data.log_density(x, LOW)
    # a step is good to 1e-5, and some dozens of them add up
    torch.testing.assert_close(found.log_density, truth, rtol=0, atol=2e-3)


def test_noise_as_the_density_at_sigma_max_misses_little():
    """The mixture's mean lies within 1 of 0: |m|²/2σ² nats and their like, at σ = 80."""
    data = mixture(d=2)
    x = data.sample(4, torch.Generator().manual_seed(3)) + LOW * normal(4, 2, seed=4)
    found = log_likelihood(data, x, LOW, 80.0)
    torch.testing.assert_close(found.log_density, data.log_density(x, LOW), rtol=0, atol=0.05)
    flat = gaussian_density(1.0)(tensor([3.0, 4.0]), 2.0)
    assert float(flat) == pytest.approx(-25 / 10 - math.log(2 * math.pi * 5))


def test_random_probes_say_how_far_they_may_be_off():
    data = mixture(d=12)
    x = data.sample(8, torch.Generator().manual_seed(3)) + 0.3 * normal(8, 12, seed=4)
    found = log_likelihood(
        data, x, 0.3, HIGH, data.log_density, probes=24, generator=torch.Generator().manual_seed(1)
    )
    z = (found.log_density - data.log_density(x, 0.3)) / found.spread
    assert bool((found.spread > 0).all()) and float(z.abs().max()) < 4


@pytest.mark.parametrize("low, high", [(0.0, 80.0), (-1.0, 80.0), (2.0, 1.0), (1.0, math.inf)])
def test_a_range_that_does_not_rise_is_named(low, high):
    with pytest.raises(UserError, match=f"σ_min = {low:g} and σ_max = {high:g}"):
        log_likelihood(mixture(), normal(2, 2), low, high)


class Linear:
    """D(x) = A x."""

    def __init__(self, matrix):
        self.matrix, self.shape = matrix, (len(matrix),)

    def __call__(self, x, sigma):
        return x @ self.matrix.T


def test_the_trace_and_the_whole_of_a_linear_map():
    a = normal(5, 5)
    denoised, found = trace(Linear(a), normal(3, 5), SIGMA)
    torch.testing.assert_close(denoised, normal(3, 5) @ a.T)
    torch.testing.assert_close(found, a.trace().expand(3))
    torch.testing.assert_close(whole(Linear(a), normal(3, 5), SIGMA), a.expand(3, 5, 5))
    v = signs((4, 3, 5), torch.Generator().manual_seed(0))
    _, guessed = trace(Linear(a), normal(3, 5), SIGMA, v)
    torch.testing.assert_close(guessed, torch.einsum("pbi,ij,pbj->pb", v, a, v))


@pytest.mark.parametrize("size, slack", [(6, 1e-12), (100, 0.03)], ids=["whole", "probes"])
def test_the_part_that_belongs_to_no_density(size, slack):
    """64 probes of 100 coordinates know a squared norm to a hundredth or so."""
    a = normal(size, size) + 2 * torch.eye(size, dtype=torch.float64)
    odd = float(((a - a.T) / 2).square().sum() / a.square().sum())
    found = asymmetry(Linear(a), normal(2, size), SIGMA, torch.Generator().manual_seed(0), 64)
    torch.testing.assert_close(found, tensor(odd, odd), rtol=0, atol=slack)


@pytest.mark.parametrize("dimension", [3, 70])
def test_an_exact_denoiser_has_a_density(dimension):
    data = mixture(d=dimension)
    x = data.means[:2] + SIGMA * normal(2, dimension)
    assert float(asymmetry(data, x, SIGMA).max()) < 1e-20
