"""The loss per noise level against closed forms; the training densities."""

import math

import pytest
import torch

from explorer.analysis.loss import (
    TRAINING,
    WEIGHTS,
    change,
    denoise_strip,
    loss_per_sigma,
    peaks,
)
from explorer.core.denoisers import Mixture
from explorer.core.schedules import VP
from explorer.core.timesteps import IDDPM

from ..core.problems import mixture, normal, tensor

SIGMAS = torch.logspace(-2, 1.5, 15, dtype=torch.float64)


def one_gaussian(tau=0.5, d=4):
    return Mixture(torch.zeros(1, d, dtype=torch.float64), tau)


def test_the_exact_denoiser_of_a_gaussian_leaves_the_posterior_variance():
    """E‖D − y‖²/d = σ² τ²/(σ² + τ²)."""
    m = one_gaussian()
    clean = m.sample(4000, torch.Generator().manual_seed(0))
    loss = loss_per_sigma(m, clean, SIGMAS, torch.Generator().manual_seed(1))
    exact = SIGMAS**2 * 0.25 / (SIGMAS**2 + 0.25)
    # two intervals wide: fifteen correlated levels at once, each 95 % on its own
    half = loss.high - loss.mean
    assert ((loss.mean - exact).abs() < 2 * half).all()
    assert (half / exact < 0.03).all() and (loss.low < loss.mean).all()


def test_the_edm_weight_makes_a_gaussian_equally_hard_everywhere():
    """λ L = (σ² + σ_data²)/(σ σ_data)² · σ² τ²/(σ² + τ²) = 1 for σ_data = τ."""
    m = one_gaussian()
    clean = m.sample(4000, torch.Generator().manual_seed(0))
    loss = loss_per_sigma(m, clean, SIGMAS, torch.Generator().manual_seed(1))
    weighted = loss.mean * WEIGHTS["edm"](SIGMAS, 0.5)
    assert (weighted - 1).abs().max() < 0.05
    assert torch.equal(WEIGHTS["raw"](SIGMAS, 0.5), torch.ones(15).double())
    for name in ("vp", "ve", "iddpm"):
        torch.testing.assert_close(WEIGHTS[name](SIGMAS, 0.5), 1 / SIGMAS**2)


def test_the_interval_covers_the_truth_19_times_in_20():
    m, hits = one_gaussian(d=2), 0
    exact = 0.5 * 0.25 / (0.5 + 0.25)
    for seed in range(200):
        g = torch.Generator().manual_seed(seed)
        loss = loss_per_sigma(m, m.sample(200, g), tensor(0.5**0.5), g)
        hits += bool(loss.low[0] <= exact <= loss.high[0])
    assert 180 <= hits <= 198


def test_the_interval_is_that_of_a_mean_and_never_below_zero():
    """A denoiser that says 0 is wrong by y²: 0, 0, 0 and 16, of mean 4 and deviation 8."""
    clean = tensor([0.0], [0.0], [0.0], [4.0])
    found = loss_per_sigma(lambda x, s: 0 * x, clean, tensor(1.0), normal(4, 1))
    assert (float(found.mean), float(found.low)) == (4, 0)
    assert float(found.high) == pytest.approx(4 + 1.96 * 8 / 4**0.5)
    even = loss_per_sigma(lambda x, s: 0 * x, clean + 4, tensor(1.0), normal(4, 1))
    assert float(even.mean - even.low) == pytest.approx(float(even.high - even.mean))


def test_no_denoiser_beats_the_exact_one():
    m = mixture(d=3)
    clean = m.sample(3000, torch.Generator().manual_seed(0))
    noise = normal(3000, 3, seed=1)
    best = loss_per_sigma(m, clean, SIGMAS, noise).mean
    for shift in (-0.2, 0.2):  # costs 0.04, ten standard errors of the cross term
        worse = loss_per_sigma(lambda x, s, k=shift: m(x, s) + k, clean, SIGMAS, noise).mean
        torch.testing.assert_close(worse - best, tensor(0.04).expand(15), rtol=0, atol=0.02)


def test_given_noise_and_seeded_noise_agree():
    m = mixture(d=3)
    clean = m.sample(1100, torch.Generator().manual_seed(0))
    noise = torch.randn(
        clean.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64
    )
    a = loss_per_sigma(m, clean, SIGMAS, noise)
    b = loss_per_sigma(m, clean, SIGMAS, torch.Generator().manual_seed(5))
    assert torch.equal(a.mean, b.mean)
    direct = (m(clean + SIGMAS[4] * noise, SIGMAS[4]) - clean).square().mean()
    assert float(a.mean[4]) == pytest.approx(float(direct), rel=1e-12)


def edges(name):
    if name == "vp":
        return VP().sigma(tensor(1e-5, 1.0)).log().tolist()
    if name == "ve":
        return math.log(0.02), math.log(100)
    if name == "iddpm":
        u = IDDPM().levels()
        return float(u[-2].log()), float(u[0].log())
    return -1.2 - 10 * 1.2, -1.2 + 10 * 1.2


@pytest.mark.parametrize("name", TRAINING)
def test_training_densities_integrate_to_one(name):
    low, high = edges(name)
    u = torch.linspace(low, high, 400_001, dtype=torch.float64)
    middle = (u[1:] + u[:-1]) / 2
    total = float(TRAINING[name](middle.exp()).sum() * (u[1] - u[0]))
    assert total == pytest.approx(1, abs=1e-4)  # steps of the iDDPM density
    if name not in ("edm", "flow"):  # those are normal, and nowhere 0
        assert TRAINING[name](tensor(low - 0.01, high + 0.01).exp()).tolist() == [0, 0]


@pytest.mark.parametrize("name", ["vp", "iddpm"])
def test_training_densities_are_those_of_draws(name):
    n = 200_000
    if name == "vp":
        t = 1e-5 + (1 - 1e-5) * torch.rand(n, generator=torch.Generator().manual_seed(0)).double()
        draws = VP().sigma(t).log()
    else:
        draws = IDDPM().levels()[:-1].log().repeat(200)
    for a, b in ((-3.0, -1.0), (-1.0, 0.5), (0.5, 2.0), (2.0, 4.0)):
        u = torch.linspace(a, b, 20_001, dtype=torch.float64)
        share = float(TRAINING[name](((u[1:] + u[:-1]) / 2).exp()).sum() * (b - a) / 20_000)
        drawn = float(((draws > a) & (draws < b)).double().mean())
        assert share == pytest.approx(drawn, abs=0.005)


def test_strip_shows_one_sample_under_rising_noise():
    m = Mixture(normal(6, 1, 3, 3))
    clean, noise = m.means[2].reshape(1, 1, 3, 3), normal(1, 1, 3, 3, seed=1)
    for shape in ((1, 1, 3, 3), (1, 3, 3)):
        noisy, denoised = denoise_strip(m, clean.reshape(shape), SIGMAS, noise.reshape(shape))
        assert noisy.shape == denoised.shape == (15, 1, 3, 3)
        torch.testing.assert_close(noisy, clean + SIGMAS.reshape(-1, 1, 1, 1) * noise)
    assert torch.equal(denoised[0], clean[0])  # at σ = 0.01 the nearest point
    far = denoise_strip(m, clean, tensor(1e6), noise)[1]
    torch.testing.assert_close(far[0].flatten(), m.means.mean(0), rtol=0, atol=1e-4)


def test_change_is_the_derivative_of_the_answer():
    """D = a + b ln σ changes by ‖b‖ per unit of ln σ; a parabola is met exactly too."""
    a, b = normal(2, 3), normal(2, 3, seed=1)
    u = SIGMAS.log().reshape(-1, 1, 1)
    torch.testing.assert_close(
        change(SIGMAS, a + b * u), b.square().mean().sqrt().expand(13), rtol=1e-9, atol=0
    )
    uneven = SIGMAS[[0, 1, 2, 4, 7, 8, 12, 14]]
    v = uneven.log().reshape(-1, 1, 1)
    expected = (2 * v[1:-1] * b).square().mean((1, 2)).sqrt()
    torch.testing.assert_close(change(uneven, b * v**2), expected, rtol=1e-9, atol=1e-12)


def test_the_answer_changes_in_a_narrow_band():
    """Two points a distance 2 apart: the answer turns over near σ = 1 and rests at both ends."""
    m = Mixture(tensor([-1.0], [1.0]))
    sigma = torch.logspace(-2, 2, 81, dtype=torch.float64)
    got = change(sigma, denoise_strip(m, tensor(1.0), sigma, tensor(0.3))[1])
    assert 0.4 < float(sigma[1:-1][got.argmax()]) < 2.5
    assert float(got[0]) < 1e-6 * float(got.max()) and float(got[-1]) < 0.1 * float(got.max())


def _hills(*hills: tuple[float, float, float]) -> tuple[torch.Tensor, torch.Tensor]:
    """Levels and hills (middle, width in ln σ, height) over them."""
    sigma = torch.logspace(-2.7, 1.9, 60, dtype=torch.float64)
    size = lambda at, wide, high: high * torch.exp(-(((sigma / at).log() / wide) ** 2) / 2)
    return sigma, torch.stack([size(*h) for h in hills]).amax(0)


def test_one_hill_is_one_place_with_its_half_width():
    (found,) = peaks(*_hills((1.5, 0.5, 2.0)))
    assert found.at == pytest.approx(1.5, rel=0.1) and found.height == pytest.approx(2, rel=0.05)
    half = math.exp(0.5 * math.sqrt(2 * math.log(2)))  # where a normal falls to a half
    step = math.exp(4.6 * math.log(10) / 59)
    assert 1.5 * half / step <= found.high <= 1.5 * half
    assert 1.5 / half <= found.low <= 1.5 / half * step


def test_two_hills_with_a_valley_are_two_places_and_a_shoulder_or_a_ripple_is_none():
    assert [round(p.at) for p in peaks(*_hills((19.0, 0.4, 1.0), (2.0, 0.4, 0.48)))] == [19, 2]
    assert len(peaks(*_hills((3.0, 0.4, 1.0), (2.2, 0.4, 0.9)))) == 1  # hardly a valley
    assert len(peaks(*_hills((19.0, 0.4, 1.0), (1.0, 0.4, 0.2)))) == 1  # too small
