"""Mixtures of long Gaussians: their denoiser is x plus σ² times the gradient of their density."""

import pytest
import torch

from explorer.core.denoisers import Gaussian, Mixture
from explorer.core.oriented import Oriented, blurred


def made(count: int = 7, size: int = 2) -> Oriented:
    g = torch.Generator().manual_seed(0)
    draw = lambda *shape: torch.randn(*shape, generator=g, dtype=torch.float64)
    axes = torch.linalg.qr(draw(count, size, size))[0]
    weights = draw(count).exp()
    return Oriented(draw(count, size), draw(count, size).exp() / 20, axes, weights / weights.sum())


def noisy(count: int, sigma: float, size: int = 2) -> torch.Tensor:
    g = torch.Generator().manual_seed(1)
    return torch.randn(count, size, generator=g, dtype=torch.float64) * (1 + sigma)


@pytest.mark.parametrize("sigma", [80.0, 1.0, 0.1, 0.01])
def test_the_denoiser_is_the_score(sigma):
    law, x = made(), noisy(20, sigma).requires_grad_()
    level = torch.tensor(sigma, dtype=torch.float64)
    (score,) = torch.autograd.grad(law.log_density(x, level).sum(), x)
    # the squares in the exponent cancel to about 1e-15 |x|²/l
    assert torch.allclose(law(x, level), x + level**2 * score, atol=1e-9, rtol=1e-10)


def test_one_level_for_all_and_one_for_each_agree():
    law, x = made(), noisy(20, 1.0)
    for sigma in (80.0, 0.3, 0.01):
        level = torch.tensor(sigma, dtype=torch.float64)
        each = level.expand(20)
        assert torch.allclose(law(x, level), law(x, each), atol=1e-11, rtol=1e-11)
        assert torch.allclose(
            law.log_density(x, level), law.log_density(x, each), atol=1e-9, rtol=1e-11
        )


def test_round_ones_are_a_mixture_and_a_single_one_a_gaussian():
    law, x, level = made(), noisy(30, 1.0), torch.tensor(0.4, dtype=torch.float64)
    same = Oriented(law.means, torch.full_like(law.variances, 0.04), law.axes, law.weights)
    plain = Mixture(law.means, 0.2, law.weights)
    assert torch.allclose(same(x, level), plain(x, level), atol=1e-12)
    assert torch.allclose(same.log_density(x, level), plain.log_density(x, level), atol=1e-11)
    assert same.sigma_data == pytest.approx(plain.sigma_data, rel=1e-12)
    one = Oriented(law.means[:1], law.variances[:1], law.axes[:1])
    gaussian = Gaussian(law.means[0], law.variances[0], law.axes[0].T)
    assert torch.allclose(one(x, level), gaussian(x, level), atol=1e-12)


def test_its_draws_have_its_mean_and_covariance():
    law = made()
    x = law.sample(40_000, torch.Generator().manual_seed(2))
    assert torch.allclose(x.mean(0), law.mean, atol=0.03)  # 5 standard errors, 1/√40,000
    assert torch.allclose(x.T.cov(), law.covariance, atol=0.06)


def test_a_blur_is_what_noise_does_to_the_density():
    x, level = noisy(30, 1.0), torch.tensor(0.1, dtype=torch.float64)
    for law in (made(), Mixture(made().means, 0.1), Mixture(made().means, 0.1, made().weights)):
        more = (level**2 + 0.3**2).sqrt()
        worse = blurred(law, 0.3)
        assert torch.allclose(
            worse.log_density(x, level), law.log_density(x, more), atol=1e-9, rtol=1e-11
        )
        assert worse.sigma_data**2 == pytest.approx(law.sigma_data**2 + 0.3**2)
    assert blurred(law, 0.0) is law


def test_the_round_ones_of_a_picture_have_the_same_covariance():
    law = made()
    assert law.rounded().sigma_data == pytest.approx(law.sigma_data, rel=1e-12)
    x, level = noisy(30, 1.0), torch.tensor(0.5, dtype=torch.float64)
    near, true = (v.log_density(x, level).exp() for v in (law.rounded(), law))
    # three nodes are exact to the fifth moment; what is left at this level is below 1 % of the peak
    assert float((near - true).abs().max()) < 0.01 * float(true.max())
