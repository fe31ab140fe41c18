"""Distances of distributions against SciPy and closed forms; what their intervals promise."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from scipy import stats

from explorer.analysis import distance
from explorer.analysis.distance import (
    energy_distance,
    floor,
    sliced_wasserstein,
)
from explorer.analysis.nearest import memorised, nearest_training
from explorer.core.denoisers import Mixture
from explorer.errors import UserError

from ..core.problems import normal, tensor

MEASURES = [sliced_wasserstein, energy_distance]
both = pytest.mark.parametrize("measure", MEASURES, ids=lambda f: f.__name__)


def seed(n=0):
    return torch.Generator().manual_seed(n)


def gaussian_energy(shift, s=1.0, t=1.0):
    """D between N(0, s²) and N(shift, t²), from E|N(μ, v)| = √(2v/π) e^{−μ²/2v} + μ erf(μ/√2v)."""
    v = s**2 + t**2
    between = math.sqrt(2 * v / math.pi) * math.exp(-(shift**2) / (2 * v)) + shift * math.erf(
        shift / math.sqrt(2 * v)
    )
    return math.sqrt(2 * between - 2 * (s + t) / math.sqrt(math.pi))


# the values


@pytest.mark.parametrize("n, m", [(200, 200), (200, 77), (1, 50), (1, 1)])
def test_wasserstein_in_one_dimension_is_scipy(n, m):
    x, y = normal(n, 1), 1.5 * normal(m, 1, seed=1) + 0.2
    expected = stats.wasserstein_distance(x[:, 0], y[:, 0])
    assert sliced_wasserstein(x, y, seed()).value == pytest.approx(expected, rel=1e-12)


def test_sliced_wasserstein_is_the_mean_of_scipy_over_its_directions():
    x, y = normal(60, 5), normal(40, 5, seed=1) + 0.3
    u = distance._directions(12, 5, seed(3))
    expected = np.mean([stats.wasserstein_distance(x @ a, y @ a) for a in u])
    assert sliced_wasserstein(x, y, seed(3), 12).value == pytest.approx(expected, rel=1e-12)


def test_energy_in_one_dimension_is_scipy_with_the_equal_pairs_left_out():
    """SciPy divides the sums over pairs by n², here by n (n − 1)."""
    x, y = normal(80, 1), normal(50, 1, seed=1) + 1
    between = (x - y.T).abs().mean()
    own = [float((v - v.T).abs().sum()) for v in (x, y)]
    scipy = math.sqrt(2 * between - own[0] / 80**2 - own[1] / 50**2)
    assert stats.energy_distance(x[:, 0], y[:, 0]) == pytest.approx(scipy, rel=1e-12)
    unbiased = math.sqrt(2 * between - own[0] / (80 * 79) - own[1] / (50 * 49))
    assert energy_distance(x, y, seed()).value == pytest.approx(unbiased, rel=1e-9)


@pytest.mark.parametrize("shape", [(1,), (2,), (16,), (3, 4, 4)])
def test_a_shift_scores_its_mean_projection(shape):
    """W₁ of a set and its shift by v is |u·v|.  On the sphere E|u·v̂| = Γ(D/2)/(√π Γ((D+1)/2))."""
    x, v = normal(50, *shape), normal(*shape, seed=1)
    d = v.numel()
    mean = math.exp(math.lgamma(d / 2) - math.lgamma((d + 1) / 2)) / math.sqrt(math.pi)
    # 128 directions: none to choose in 1-D, (π/128)²/6 evenly spaced in 2-D, 2 % orthogonal; 3 sd
    tolerance = {1: 1e-12, 2: 2e-4}.get(d, 0.07)
    got = sliced_wasserstein(x, x + v, seed()).value
    assert got == pytest.approx(float(v.norm()) * mean, rel=tolerance)


@pytest.mark.parametrize("d, relative", [(2, 1e-3), (16, 0.025), (64, 0.025)])
def test_the_error_of_the_directions_is_as_small_as_said(d, relative):
    v = normal(d)
    mean = [float((distance._directions(128, d, seed(s)) @ v).abs().mean()) for s in range(60)]
    assert np.std(mean) / np.mean(mean) < relative
    u = distance._directions(128, d, seed())
    torch.testing.assert_close(u.norm(dim=1), torch.ones(128).double())


def test_w1_of_two_shifted_gaussians_is_the_shift():
    got = sliced_wasserstein(normal(20000, 1), normal(20000, 1, seed=1) + 0.7, seed())
    assert got.value == pytest.approx(0.7, abs=0.04)  # 4 standard errors √(2/20000)


@pytest.mark.parametrize("shift, s, t", [(0.5, 1, 1), (2, 1, 1), (0, 1, 3), (1, 0.2, 2)])
def test_energy_of_two_gaussians_is_the_closed_form(shift, s, t):
    got = energy_distance(s * normal(4000, 1), shift + t * normal(4000, 1, seed=1), seed())
    assert got.value == pytest.approx(gaussian_energy(shift, s, t), rel=0.05)
    assert got.low <= gaussian_energy(shift, s, t) <= got.high


@both
def test_grows_with_the_shift(measure):
    x, y = normal(300, 4), normal(200, 4, seed=1)
    values = [measure(x + c, y, seed()).value for c in (0, 0.3, 0.6, 1, 2, 4)]
    assert values == sorted(values) and values[1] > values[0]


def test_energy_sees_what_a_mean_and_a_covariance_do_not():
    """Two point masses and a Gaussian of the same first two moments."""
    x = normal(2000, 1).sign()
    assert energy_distance(x, normal(2000, 1, seed=1), seed()).low > 0.1


@both
def test_a_set_and_itself(measure):
    """Sliced Wasserstein is 0; energy, unbiased for two independent sets, is cut at 0."""
    x = normal(100, 3)
    assert measure(x, x, seed()).value == pytest.approx(0, abs=1e-12)


@both
def test_same_seed_same_answer_in_any_shape_and_precision(measure):
    x, y = normal(90, 2, 3), normal(70, 2, 3, seed=1) + 0.5
    first = measure(x, y, seed())
    assert first == measure(x, y, seed()) == measure(x.flatten(1), y.flatten(1), seed())
    assert first.count == 90
    single = measure(x.float(), y.float(), seed())
    assert single.value == pytest.approx(first.value, rel=1e-5)
    assert single.high == pytest.approx(first.high, rel=1e-4)


def test_energy_in_chunks_is_the_same(monkeypatch):
    x, y = normal(90, 3), normal(70, 3, seed=1) + 0.5
    whole = energy_distance(x, y, seed())
    monkeypatch.setattr(distance, "CHUNK", 700)  # 7 and 10 rows
    parts = energy_distance(x, y, seed())
    for name in ("value", "low", "high"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name), rel=1e-9)


@both
def test_a_sampler_that_diverged_scores_nan_and_not_zero(measure):
    x = normal(50, 3)
    x[7] = math.nan
    got = measure(x, normal(50, 3, seed=1), seed())
    assert all(math.isnan(v) for v in (got.value, got.low, got.high))


# the intervals


@both
def test_equal_distributions_score_the_floor(measure):
    m = Mixture(normal(5, 4), 0.3)
    zero = floor(
        partial(measure, **({"directions": 32} if measure is sliced_wasserstein else {})),
        m.sample,
        200,
        seed(),
    )
    got = measure(m.sample(200, seed(1)), m.sample(200, seed(2)), seed())
    assert got.low <= zero.value <= got.high
    assert zero.low <= zero.value <= zero.high and zero.count == 200
    far = measure(m.sample(200, seed(1)) + 1, m.sample(200, seed(2)), seed())
    assert far.low > 2 * zero.high


@pytest.mark.parametrize(
    "measure, shift, truth",
    [
        (sliced_wasserstein, 2.0, 2.0),
        (energy_distance, 1.5, gaussian_energy(1.5)),
        (energy_distance, 0.0, 0.0),
    ],
    ids=["sliced", "energy", "energy-null"],
)
def test_interval_covers_the_truth(measure, shift, truth):
    """95 of 100 are promised; 85 is 4.6 binomial standard deviations below."""
    hits = 0
    for s in range(100):
        x, y = normal(60, 1, seed=2 * s) + shift, normal(40, 1, seed=2 * s + 1)
        got = measure(x, y, seed(s))
        assert got.low <= got.value <= got.high
        hits += got.low <= truth <= got.high
    assert hits >= 85


@pytest.mark.parametrize("shift, t", [(4.0, 3.0), (1.5, 0.2)])
def test_the_interval_of_energy_is_the_scatter_over_fresh_sets(shift, t):
    """D² is a difference of three means that move together; the bootstrap knows of all three."""
    values, halves = [], []
    for s in range(150):
        x, y = normal(50, 1, seed=2 * s), shift + t * normal(40, 1, seed=2 * s + 1)
        e = energy_distance(x, y, seed(s), resamples=100 if s < 40 else 0)
        values.append(e.value**2)
        if s < 40:
            halves.append(e.high**2 - e.value**2)
    # 150 values know their deviation to 6 %, the bootstrap of 50 has a bias of some 5 %
    assert np.mean(halves) / 1.959964 == pytest.approx(np.std(values), rel=0.2)


@both
def test_interval_shrinks_as_one_over_root_n(measure):
    def width(n):
        x, y = normal(n, 2, seed=n), normal(n, 2, seed=n + 1) + 1
        got = measure(x, y, seed(), resamples=256)
        return got.high - got.low

    assert width(150) / width(1350) == pytest.approx(3, rel=0.3)  # each known to 1/√512 and noise


# training samples


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("chunk", [100, 10**6])
def test_nearest_training_is_brute_force(dtype, chunk):
    x, points = normal(40, 2, 8).to(dtype) + 5, normal(60, 2, 8, seed=1).to(dtype) + 5
    pairs = (x[:, None] - points).flatten(2).square().mean(2).sqrt()
    got, index = nearest_training(x, points, chunk)
    assert torch.equal(index, pairs.argmin(1))
    torch.testing.assert_close(got, pairs.amin(1))


def test_a_copy_is_at_distance_zero_in_single_precision():
    points = normal(500, 64).float() * 10 + 100
    got, index = nearest_training(points[:50], points)
    assert torch.equal(index, torch.arange(50)) and float(got.max()) == 0


def test_copies_are_memorised_and_fresh_data_are_not():
    points, fresh = normal(300, 16), normal(200, 16, seed=1)
    assert memorised(points[:100], points).value == 1
    assert memorised(points[:100] + 0.01 * normal(100, 16, seed=2), points).value == 1
    assert memorised(fresh, points).value < 0.02
    half = memorised(torch.cat([points[:200], fresh]), points)
    assert half.low < 0.5 < half.high and half.count == 400


def test_memorisation_in_one_dimension_is_common_among_fresh_data():
    """Between even points u of a gap from the nearest, u/(1 − u) < 1/3 for u < 1/4: half of all."""
    points = torch.arange(400).double()[:, None] / 400
    x = torch.rand(2000, 1, generator=seed()).double() * 0.9 + 0.05
    assert memorised(x, points).value == pytest.approx(0.5, abs=0.04)  # 3.6 √(1/4/2000)


def test_a_repeated_training_sample_hides_its_copy():
    point = tensor([1.0, 2.0])
    assert memorised(point, torch.cat([point, point, normal(5, 2)])).value == 0


def test_memorisation_needs_two_training_samples():
    with pytest.raises(UserError, match="two"):
        memorised(normal(3, 2), normal(1, 2))
