"""The exact denoiser of a mixture against closed forms, the naive formula and autograd."""

import math

import pytest
import torch

from explorer.core import denoisers
from explorer.core.denoisers import Gaussian, Mixture

from .problems import Gaussian as Plain
from .problems import diracs, flow, mixture, normal, tensor


def naive(m: Mixture, means, stds, weights, x, sigma):
    """E[y | x] = Σ_k p_k (m_k + τ_k²/(τ_k² + σ²) (x − m_k)), sample by sample, in plain words."""
    out = []
    for one, s in zip(x, sigma):
        likelihood, answers = [], []
        for k in range(len(means)):
            v = stds[k] ** 2 + s**2
            squared = (one - means[k]).square().sum()
            likelihood.append(weights[k] * torch.exp(-squared / (2 * v)) / v ** (m.dimension / 2))
            answers.append(means[k] + stds[k] ** 2 / v * (one - means[k]))
        p = torch.stack(likelihood) / sum(likelihood)
        out.append((p.reshape(-1, *[1] * one.ndim) * torch.stack(answers)).sum(0))
    return torch.stack(out)


def general(shape=(3, 2)):
    means, stds = normal(6, *shape), tensor(0.1, 0.5, 0.0, 1.0, 0.3, 0.2)
    weights = tensor(1, 2, 3, 4, 5, 6) / 21
    return Mixture(means, stds, weights), means, stds, weights


CASES = {
    "general": general()[0],
    "one width": mixture(d=3),
    "points": Mixture(normal(7, 3)),
    "weighted points": Mixture(normal(3, 3), 0.0, tensor(0.2, 0.3, 0.5)),
}


def test_general_mixture_is_the_naive_formula():
    m, *parts = general()
    x, sigma = 1.5 * normal(9, 3, 2, seed=1), torch.logspace(-0.5, 1, 9, dtype=torch.float64)
    torch.testing.assert_close(m(x, sigma), naive(m, *parts, x, sigma), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("std", [0.0, 0.4])
@pytest.mark.parametrize("weights", [None, tensor(0.1, 0.2, 0.3, 0.4)])
def test_equal_widths_give_the_naive_formula(std, weights):
    means = normal(4, 5)
    m, w = Mixture(means, std, weights), weights if weights is not None else tensor(*[0.25] * 4)
    x, sigma = normal(6, 5, seed=1), torch.logspace(-0.3, 1, 6, dtype=torch.float64)
    expected = naive(m, means, tensor(*[std] * 4), w, x, sigma)
    torch.testing.assert_close(m(x, sigma), expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("m", CASES.values(), ids=CASES)
def test_a_level_per_sample_equals_one_level_at_a_time(m):
    x, sigma = normal(5, *m.shape), torch.logspace(-2, 1.5, 5, dtype=torch.float64)
    alone = torch.cat([m(x[i : i + 1], sigma[i]) for i in range(5)])
    torch.testing.assert_close(m(x, sigma), alone, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("m", CASES.values(), ids=CASES)
def test_chunks_change_nothing(m, monkeypatch):
    x, sigma = normal(11, *m.shape), torch.logspace(-1, 1, 11, dtype=torch.float64)
    whole = m(x, sigma), m(x, tensor(0.7)[0])
    monkeypatch.setattr(denoisers, "CHUNK", 3 * len(m))
    for parts, expected in zip((m(x, sigma), m(x, tensor(0.7)[0])), whole):
        torch.testing.assert_close(parts, expected, rtol=1e-13, atol=1e-14)


def test_two_diracs():
    x, sigma = torch.linspace(-3, 3, 41, dtype=torch.float64)[:, None], tensor(0.8)[0]
    torch.testing.assert_close(diracs()(x, sigma), torch.tanh(x / sigma**2), rtol=1e-12, atol=1e-14)


def test_at_small_noise_the_answer_is_the_nearest_point():
    m = Mixture(normal(50, 8))
    x = m.means[:20] + 0.002 * normal(20, 8, seed=3)
    assert torch.equal(m(x, tensor(0.002)[0]), m.means[:20])
    far = normal(200, 8, seed=4)  # also between the points, where logits are 1e6 apart
    nearest = m.means[torch.cdist(far, m.means).argmin(1)]
    torch.testing.assert_close(m(far, tensor(0.002)[0]), nearest, rtol=0, atol=1e-9)


@pytest.mark.parametrize("m", CASES.values(), ids=CASES)
def test_at_large_noise_the_answer_is_the_mean(m):
    w = m.weights if m.weights is not None else tensor(*[1 / len(m)] * len(m))
    answer = m(1e5 * normal(4, *m.shape), tensor(1e5)[0]).flatten(1)
    # the distance falls as σ_data² ‖x‖/σ² = 1e-5 σ_data²‖z‖
    assert (answer - w @ m.means).abs().max() < 2e-4
    assert (m(normal(4, *m.shape), tensor(1e5)[0]).flatten(1) - w @ m.means).abs().max() < 1e-8


@pytest.mark.parametrize("m", [general()[0], mixture(d=3)], ids=["general", "one width"])
def test_score_of_the_density_is_the_denoiser(m):
    """∇ log p(x; σ) = (D − x)/σ²  (EDM, Eq. 3)."""
    for level in (0.05, 0.5, 5.0):
        sigma = tensor(level)[0]
        x = normal(7, *m.shape).requires_grad_()
        (score,) = torch.autograd.grad(m.log_density(x, sigma).sum(), x)
        torch.testing.assert_close(
            score, ((m(x, sigma) - x) / sigma**2).detach(), rtol=1e-8, atol=1e-8
        )


@pytest.mark.parametrize(
    "stds, weights", [(0.0, None), (0.3, None), (tensor(0.1, 0.4, 0.2), tensor(0.2, 0.3, 0.5))]
)
@pytest.mark.parametrize("d", [1, 2])
def test_density_integrates_to_one(d, stds, weights):
    m = Mixture(normal(3, d), stds, weights)
    axis = torch.linspace(-9, 9, 361, dtype=torch.float64)
    grid = torch.cartesian_prod(*[axis] * d).reshape(-1, d)
    total = m.log_density(grid, tensor(0.4)[0]).exp().sum() * (axis[1] - axis[0]) ** d
    assert float(total) == pytest.approx(1, abs=1e-9)  # the trapezoid rule converges geometrically


def test_samples_have_the_moments_of_the_mixture():
    m, means, stds, weights = general((4,))
    n = 200_000
    x = m.sample(n, torch.Generator().manual_seed(0))
    mean = weights @ means
    variance = weights @ (stds[:, None] ** 2 + (means - mean) ** 2)
    assert ((x.mean(0) - mean).abs() < 5 * (variance / n).sqrt()).all()
    assert ((x.var(0) / variance - 1).abs() < 0.02).all()  # 5 standard errors of a variance
    assert m.sigma_data == pytest.approx(math.sqrt(float(variance.mean())), rel=1e-12)
    assert torch.equal(x, m.sample(n, torch.Generator().manual_seed(0)))


def test_sigma_data_of_points_is_their_standard_deviation():
    points = normal(40, 3)
    expected = float((points - points.mean(0)).square().mean().sqrt())
    assert Mixture(points).sigma_data == pytest.approx(expected, rel=1e-12)
    assert Mixture(points, 0.5).sigma_data == pytest.approx(math.hypot(expected, 0.5), rel=1e-12)


def test_another_dtype():
    m = general()[0].to(dtype=torch.float32)
    x = normal(3, 3, 2).float()
    answer = m(x, torch.tensor(0.5))
    assert answer.dtype == torch.float32
    torch.testing.assert_close(
        answer.double(), general()[0](x.double(), tensor(0.5)[0]), rtol=1e-4, atol=1e-4
    )


def turned(rank=3):
    """A Gaussian in 4 dimensions along random axes, and the rotation to them."""
    axes = torch.linalg.qr(normal(4, 4, seed=5))[0]
    return Gaussian(normal(4, seed=6), tensor(0.01, 0.3, 2.0)[:rank], axes[:rank]), axes


def test_gaussian_is_the_plain_formula_in_its_own_axes():
    g, axes = turned()
    plain = Plain(axes @ g.mean, tensor(0.01, 0.3, 2.0, 0.0))
    x, sigma = normal(5, 4), torch.logspace(-1, 1, 5, dtype=torch.float64)
    torch.testing.assert_close(g(x, sigma), plain(x @ axes.T, sigma) @ axes, rtol=1e-11, atol=1e-12)
    moved = plain.flow(x @ axes.T, 20.0, 0.1) @ axes
    torch.testing.assert_close(g.flow(x, 20.0, 0.1), moved, rtol=1e-11, atol=1e-12)


def test_flow_of_a_gaussian_solves_its_ode():
    g, _ = turned()
    x = 20 * normal(5, 4)
    torch.testing.assert_close(
        g.flow(x, 20.0, 0.1), flow(g, x, 20.0, 0.1, 1000), rtol=1e-7, atol=1e-7
    )


def test_a_round_gaussian_is_a_mixture_of_one():
    g = Gaussian(normal(3), tensor(0.25, 0.25, 0.25), torch.eye(3, dtype=torch.float64))
    x, sigma = normal(5, 3, seed=2), tensor(0.7)[0]
    one = Mixture(g.mean[None], 0.5)
    torch.testing.assert_close(g(x, sigma), one(x, sigma), rtol=1e-12, atol=1e-12)
    assert g.sigma_data == pytest.approx(0.5) and one.sigma_data == pytest.approx(0.5)


def test_fitted_gaussian_has_the_moments_of_its_points():
    points = normal(30, 2, 2) * tensor(1.0, 3.0)
    g = Gaussian.fit(points, thickness=0.2)
    flat = points.flatten(1)
    covariance = torch.cov(flat.T, correction=0) + 0.04 * torch.eye(4, dtype=torch.float64)
    built = (g.directions.T * g.variances) @ g.directions
    torch.testing.assert_close(built, covariance, rtol=1e-10, atol=1e-12)
    assert g.shape == (2, 2) and torch.allclose(g.mean, flat.mean(0))
    x = g.sample(200_000, torch.Generator().manual_seed(0)).flatten(1)
    assert ((x.mean(0) - g.mean).abs() < 5 * (covariance.diag() / 200_000).sqrt()).all()
    assert (torch.cov(x.T) - covariance).abs().max() < 0.02 * covariance.max()
