"""Curves whose shape is known."""

import math
import time

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from explorer.analysis import geometry
from explorer.core.denoisers import Mixture
from explorer.core.sampling import sample
from explorer.core.schedules import SCHEDULES
from explorer.core.solvers import Heun
from explorer.core.timesteps import Rho

from ..core.problems import normal, tensor

UNEVEN = torch.linspace(0, 1, 60, dtype=torch.float64) ** 1.5


def close(a, b, rtol=1e-10, atol=1e-12):
    torch.testing.assert_close(
        a, torch.as_tensor(b, dtype=a.dtype).expand_as(a), rtol=rtol, atol=atol
    )


def test_a_line_has_no_curvature_and_no_turns():
    y = UNEVEN.reshape(-1, 1, 1) * normal(3, 5)
    close(geometry.curvature(UNEVEN, y), 0.0, atol=1e-8)
    close(geometry.turning(y[1:]), 0.0, atol=1e-8)
    close(geometry.chord_deviation(y), 0.0)


@pytest.mark.parametrize("radius", [0.3, 2.0])
def test_a_circle_has_curvature_one_over_radius(radius):
    angle = 0.3 + 2.5 * UNEVEN
    t, y = radius * angle.cos().neg(), radius * angle.sin()
    close(geometry.curvature(t, y.reshape(-1, 1, 1)), 1 / radius, rtol=1e-9)


def test_a_helix():
    """(t, cos t, sin t) has κ = 1/2; coordinates are divided by √d, here √2."""
    t = 6 * torch.linspace(0, 1, 400, dtype=torch.float64)
    y = 2**0.5 * torch.stack([t.cos(), t.sin()], 1)[:, None]
    close(geometry.curvature(t, y), 0.5, rtol=1e-4)
    uneven = 6 * UNEVEN
    y = 2**0.5 * torch.stack([uneven.cos(), uneven.sin()], 1)[:, None]
    close(geometry.curvature(uneven, y), 0.5, rtol=1e-2)


def test_turning_of_a_polygon():
    for n in (3, 4, 7, 5000):
        angle = 2 * math.pi / n * torch.arange(min(n, 50), dtype=torch.float64)
        corners = torch.stack([angle.cos(), angle.sin()], 1)[:, None]
        close(geometry.turning(corners), 2 * math.pi / n, rtol=1e-9)


def test_turning_back_is_pi_and_standing_still_is_no_turn():
    x = tensor(0.0, 1.0, 0.0, 0.0, 1.0).reshape(-1, 1, 1)
    assert geometry.turning(x).flatten().tolist() == [math.pi, 0.0, 0.0]


def test_turning_keeps_digits_of_small_angles():
    for angle in (1e-7, 1e-12):
        x = torch.stack([tensor(0, 0), tensor(1, 0), tensor(2, angle)])[:, None]
        assert float(geometry.turning(x)) == pytest.approx(angle, rel=1e-6)


def test_chord_of_a_half_circle():
    angle = math.pi * UNEVEN
    x = torch.stack([angle.cos(), angle.sin()], 1)[:, None] * tensor([1.0], [3.0])
    close(geometry.chord_deviation(x), angle.sin()[:, None] * tensor(1.0, 3.0))
    close(geometry.chord_length(x), tensor(2.0, 6.0))


def rotation(d, seed=0):
    return torch.linalg.qr(normal(d, d, seed=seed))[0]


@pytest.mark.parametrize("d", [3, 40, 100])
def test_an_ellipse_lies_in_a_plane(d):
    angle = 5 * UNEVEN
    flat = torch.stack([3 * angle.cos(), angle.sin()], 1)
    path = torch.stack([flat @ rotation(d, seed=k)[:2] + normal(d, seed=k) for k in range(4)], 1)
    one, two, three = geometry.residuals(path)
    assert one.max() > 0.01 and two.max() < 1e-12 and three.max() < 1e-12
    share = geometry.explained(path, 5)
    assert share.shape == (5, 4) and (share[0] < 0.99).all()
    close(share[1:], 1.0)


@pytest.mark.parametrize("points, d", [(41, 16), (41, 64), (12, 200), (41, 41)])
def test_pca_is_that_of_sklearn(points, d):
    path = normal(points, 5, d) * torch.logspace(2, -2, d, dtype=torch.float64)
    residual, share = geometry.residuals(path, ks=(3, 1)), geometry.explained(path, 6)
    both = geometry.flatness(path, ks=(3, 1), kmax=6)
    assert torch.equal(both[0], residual) and torch.equal(both[1], share)
    coordinates, directions = geometry.principal(path, 3)
    for b in range(5):
        one = path[:, b].numpy()
        for k, got in ((3, residual[0, :, b]), (1, residual[1, :, b])):
            fit = PCA(k, svd_solver="full").fit(one)
            away = one - fit.inverse_transform(fit.transform(one))
            expected = np.linalg.norm(away, axis=1) / np.linalg.norm(one, axis=1)
            np.testing.assert_allclose(got, expected, rtol=0, atol=1e-8)
        fit = PCA(6, svd_solver="full").fit(one)
        np.testing.assert_allclose(share[:, b], fit.explained_variance_ratio_.cumsum(), atol=1e-10)
        sign = np.sign((fit.components_[:3] * directions[b].numpy()).sum(1))
        np.testing.assert_allclose(directions[b], fit.components_[:3] * sign[:, None], atol=1e-8)
        moved = fit.transform(one)[:, :3] * sign
        np.testing.assert_allclose(coordinates[:, b], moved - moved[-1], atol=1e-7)  # of 300


def test_principal_axes_have_settled_signs_and_end_at_the_origin():
    path = 5 * normal(30, 6, 10).cumsum(0)
    coordinates, directions = geometry.principal(path)
    assert coordinates.shape == (30, 6, 3) and directions.shape == (6, 3, 10)
    close(directions @ directions.mT, torch.eye(3))
    close(coordinates[-1], 0.0)
    assert (coordinates[0, :, 0] > 0).all()
    most = coordinates.gather(0, coordinates.abs().argmax(0, keepdim=True))
    assert (most[..., 1:] > 0).all()
    mirrored, _ = geometry.principal(-path)
    assert torch.allclose(mirrored[..., 0], coordinates[..., 0])


def test_images_are_paths_too():
    path = normal(9, 4, 1, 8, 8)
    close(geometry.residuals(path), geometry.residuals(path.flatten(2)))
    close(geometry.turning(path), geometry.turning(path.flatten(2)))
    close(geometry.chord_deviation(path), geometry.chord_deviation(path.flatten(2)))


def test_fewer_dimensions_than_axes():
    path = normal(9, 4, 2)
    assert geometry.residuals(path)[1:].max() < 1e-12
    close(geometry.explained(path, 6)[1:], 1.0)


def test_a_walk_keeps_the_start_and_the_step_lengths_and_spreads_out():
    path = 3 * UNEVEN.reshape(-1, 1, 1) * normal(4, 50)
    walk = geometry.walk_like(path, torch.Generator().manual_seed(0))
    assert torch.equal(walk[0], path[0])
    close(walk.diff(dim=0).norm(dim=2), path.diff(dim=0).norm(dim=2), rtol=1e-9)
    assert geometry.explained(path, 1).min() > 0.999
    assert geometry.explained(walk, 1).max() < 0.9
    again = geometry.walk_like(path, torch.Generator().manual_seed(0))
    assert torch.equal(walk, again)


def test_a_baseline_shares_the_denominator():
    path = normal(9, 4, 10)
    size = normal(9, 4, seed=3).abs() + 1
    norm = path.norm(dim=2)
    close(geometry.residuals(path, scale=size), geometry.residuals(path) * norm / size)


def test_band():
    median, low, high = geometry.band(torch.arange(11.0).double().repeat(3, 1))
    assert median.tolist() == [5.0] * 3 and low.tolist() == [1.0] * 3 and high.tolist() == [9.0] * 3


@pytest.fixture(scope="module")
def digits():
    """64 ideal trajectories on the digits: Heun over 41 levels, ρ = 7, 80 to 0.002."""
    denoiser = Mixture(torch.from_numpy(load_digits().data) / 8 - 1)
    return sample(denoiser, normal(64, 64), Rho().sigmas(41), Heun())


def test_two_axes_reach_the_eight_per_cent_of_amed(digits):
    """AMED, Fig. 4; measured with an independent program: 5.7 % at t = 0.74."""
    mean = geometry.residuals(digits.x)[1].mean(1)
    assert float(mean.max()) == pytest.approx(0.057, abs=0.005)
    assert float(digits.sigma[mean.argmax()]) == pytest.approx(0.74, abs=0.2)
    share = geometry.explained(digits.x, 2).mean(1)
    assert float(share[0]) == pytest.approx(0.99993, abs=2e-5)
    assert float(share[1]) == pytest.approx(0.999998, abs=1e-6)


def test_without_centring_it_would_be_22_per_cent(digits):
    x = digits.x.transpose(0, 1)
    axes = torch.linalg.svd(x, full_matrices=False)[2][:, :2]
    rest = (x - x @ axes.mT @ axes).norm(dim=2) / x.norm(dim=2)
    assert float(rest.mean(0).max()) == pytest.approx(0.22, abs=0.02)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_bend_of_the_solvers_own_steps_is_finite(digits, schedule):
    inner, got = geometry.bend(
        digits.sigma_hat, digits.x_hat, digits.denoised, SCHEDULES[schedule](), 0.5
    )
    assert got.shape == (len(inner), 64) and got.isfinite().all() and (got >= 0).all()


@pytest.mark.parametrize("d, limit", [(16, 0.1), (768, 0.5)])
def test_principal_axes_are_found_fast_enough_for_a_click(d, limit):
    path, seconds = normal(41, 64, d), []
    for _ in range(5):
        start = time.thread_time()  # not what a server's threads of another test take
        geometry.residuals(path)
        seconds.append(time.thread_time() - start)
    assert min(seconds) < limit  # ten times what a quiet machine takes
