"""True paths: the closed forms, and what a refined reference says of its own error."""

import numpy as np
import pytest
import torch
from scipy.stats import norm

from explorer.analysis.error import rms
from explorer.analysis.reference import (
    closed_reference,
    reference,
    refined_reference,
)
from explorer.core.denoisers import Gaussian, Mixture

from ..core.problems import flow, mixture, normal, tensor

LEVELS = tensor(80.0, 12.0, 1.0, 0.3, 0.05, 0.002)
UNEVEN = Mixture(tensor([-1.5], [0.2], [2.0]), 0.1, tensor(0.2, 0.5, 0.3))


def test_the_closed_form_of_one_gaussian_in_1d_is_the_stretched_start():
    """x − m goes with √(σ² + τ²), out to 6 standard deviations on either side."""
    start = 80.0 * torch.linspace(-6, 6, 13, dtype=torch.float64)[:, None]
    found = closed_reference(Mixture(tensor([0.7]), 0.5), start, 80.0, 0.002)
    stretch = ((LEVELS**2 + 0.25) / (80.0**2 + 0.25)).sqrt()
    expected = 0.7 + stretch[:, None, None] * (start - 0.7)
    # 6 deviations out a tail is 1e-9, and its last digit is 1e-7 of what the CDF there tells
    torch.testing.assert_close(found.at(LEVELS), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "law",
    [UNEVEN, Mixture(UNEVEN.means, 0.1), Mixture(tensor([-1.0], [1.0]))],
    ids=["three", "equal", "points"],
)
def test_the_closed_paths_in_1d_keep_the_cdf(law):
    """At each level Σ w Φ((x − m)/√(σ² + τ²)) is that of the start; both tails by SciPy."""
    start = 80.0 * tensor(-5.0, -1.5, -0.1, 0.0, 0.4, 2.0, 5.0)[:, None]
    weights = (
        law.weights if law.weights is not None else torch.full((len(law),), 1 / len(law))
    ).numpy()

    def tails(x, sigma):
        z = (x.numpy() - law.means[:, 0].numpy()) / np.hypot(sigma, float(law.stds))
        return (weights * norm.cdf(z)).sum(1), (weights * norm.sf(z)).sum(1)

    found = closed_reference(law, start, 80.0, 0.05).at(LEVELS[:-1])
    for x, sigma in zip(found, LEVELS[:-1].tolist()):
        for ours, known in zip(tails(x, sigma), tails(start, 80.0)):
            # relative: a path 5 deviations out keeps 1 part in 1e7 on its far side
            np.testing.assert_allclose(ours, known, rtol=1e-9)


def test_the_closed_paths_in_1d_solve_the_ode():
    start = 80.0 * tensor(-2.0, -0.3, 0.9)[:, None]
    found = closed_reference(UNEVEN, start, 80.0, 0.05, 9)
    followed = flow(UNEVEN, start, 80.0, 0.05, 800)  # RK4, to 1e-8 here
    torch.testing.assert_close(found.x[-1], followed, rtol=0, atol=1e-7)
    expected = torch.stack([UNEVEN(x, s) for x, s in zip(found.x, found.sigma)])
    torch.testing.assert_close(found.denoised, expected)
    assert (float(found.sigma[0]), float(found.sigma[-1])) == pytest.approx((80.0, 0.05))
    assert len(found.sigma) == 9 and "level sets" in found.method


def test_the_closed_form_of_a_gaussian_in_any_dimension():
    law = Gaussian(tensor(0.5, -1.0), tensor(0.25, 2.0), torch.eye(2).double())
    start = 80.0 * normal(4, 2)
    found = closed_reference(law, start, 80.0, 0.002)
    expected = torch.stack(
        [
            law.mean
            + (start - law.mean) * ((s**2 + law.variances) / (80.0**2 + law.variances)).sqrt()
            for s in LEVELS
        ]
    )
    torch.testing.assert_close(found.at(LEVELS), expected, rtol=1e-13, atol=1e-13)
    assert "Gaussian" in found.method and float(found.floor.max()) < 1e-14


def test_other_laws_have_no_closed_form():
    assert closed_reference(mixture(), 80.0 * normal(4, 2), 80.0, 0.002) is None
    widths = Mixture(tensor([-1.0], [1.0]), tensor(0.1, 0.2))
    assert closed_reference(widths, 80.0 * normal(3, 1), 80.0, 0.002) is None


def test_a_refined_reference_halves_the_steps_and_knows_its_error():
    """RK4: the quick run is off by 16 times as much, so the difference is 15 times the error."""
    law = Gaussian(tensor(0.5, -1.0), tensor(0.25, 2.0), torch.eye(2).double())
    start, seen = 20.0 * normal(4, 2), []
    coarse = reference(law, start, 20.0, 0.05, 33)
    fine = refined_reference(law, coarse, lambda: seen.append(1))
    assert len(fine.sigma) == len(seen) == 65 and "64 steps against 32" in fine.method
    assert torch.equal(fine.x, reference(law, start, 20.0, 0.05, 65).x)
    torch.testing.assert_close(fine.sigma[::2], coarse.sigma)
    true = torch.stack([law.flow(start, 20.0, float(s)) for s in fine.sigma])
    off = rms((fine.x - true).flatten(0, 1)).reshape(65, -1).quantile(0.5, 1)
    assert float(fine.floor[-1] / off[-1]) == pytest.approx(15, rel=0.2)
    assert (fine.floor[1:] > 10 * off[1:]).all()  # at the odd nodes too, which one run alone has
    for node in (8, 20, 31):
        between = rms(fine.x[2 * node] - coarse.x[node]).quantile(0.5)
        assert float(fine.floor[2 * node]) == pytest.approx(float(between), rel=1e-9)
    assert float(fine.floor[0]) == 0
