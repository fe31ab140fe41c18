"""Modes that samples find, and shares with their intervals, against closed forms."""

import math

import numpy as np
import pytest
import torch

from explorer.analysis.distance import mode_coverage, share
from explorer.core.denoisers import Mixture
from explorer.errors import UserError

from ..core.problems import normal, tensor


def seed(n=0):
    return torch.Generator().manual_seed(n)


def test_interval_of_a_share_covers_the_truth():
    hits = [share(torch.rand(80, generator=seed(s)) < 0.1) for s in range(200)]
    assert np.mean([e.low <= 0.1 <= e.high for e in hits]) >= 0.9
    none, every = share(torch.zeros(80) > 0), share(torch.ones(80) > 0)
    assert (none.value, none.low) == (0, 0) and 0.03 < none.high < 0.06  # about 3.84/(n + 3.84)
    assert (every.value, every.high) == (1, 1) and every.low == pytest.approx(1 - none.high)


@pytest.mark.parametrize(
    "hits, n, low, high",
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_of_a_share_is_wilsons(hits, n, low, high):
    """Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, Table I,
    method 3; and the ends p solve (p̂ − p)² = z² p (1 − p)/n.
    """
    e = share(torch.arange(n) < hits)
    assert (e.low, e.high) == pytest.approx((low, high), abs=5.1e-5)
    for p in (e.low, e.high):
        assert (hits / n - p) ** 2 == pytest.approx(1.959964**2 * p * (1 - p) / n, abs=1e-12)


def grid():
    side = torch.arange(3).double()
    return torch.cartesian_prod(side, side)


def test_coverage_counts_the_modes_of_a_grid():
    m = Mixture(grid(), 0.05)
    got = mode_coverage(m.sample(3000, seed()), m.means, 0.05)
    assert (got.covered, got.modes) == (9, 9)
    # 1 in 370 is outside: 3000 samples put 3 standard deviations at 0.0028
    assert got.inside.value == pytest.approx(0.9973, abs=0.0029)
    assert got.inside.low <= 0.9973 <= got.inside.high
    assert float(got.shares.sum()) == pytest.approx(1)
    assert bool(((got.shares - got.target).abs() < 1.6 * got.margin).all())  # 9 of them: 3.1 sd


def test_a_dropped_mode_is_missed():
    means = grid()
    x = Mixture(means[:-1], 0.05).sample(800, seed())
    got = mode_coverage(x, means, 0.05)
    assert (got.covered, got.modes) == (8, 9)
    assert got.shares[-1] == 0 and got.target[-1] - got.margin[-1] > 0
    stray = torch.cat([x, means[-1:] + 0.3])  # six widths away: nearest, and not inside
    got = mode_coverage(stray, means, 0.05)
    assert got.covered == 8 and got.shares[-1] == pytest.approx(1 / 801)


@pytest.mark.parametrize("d", [1, 3, 64])
def test_the_radius_holds_as_much_in_any_dimension(d):
    x = normal(20000, d, seed=5)
    inside = mode_coverage(x, torch.zeros(1, d).double(), 1.0, within=2.0).inside
    assert inside.low <= 0.9545 <= inside.high


def test_modes_of_two_widths_and_weights():
    """Nearest in widths: a far sample of the wide mode is nearer to the narrow one in space."""
    got = mode_coverage(
        tensor([1.5], [2.001]), tensor([0.0], [2.0]), tensor(1.0, 0.01), weights=tensor(0.9, 0.1)
    )
    assert got.shares.tolist() == [0.5, 0.5] and got.inside.value == 1
    assert got.target.tolist() == [0.9, 0.1]
    # 95 % of a binomial's shares: 1.96 √(w (1 − w)/n) of n = 2
    assert got.margin.tolist() == pytest.approx([1.959964 * math.sqrt(0.09 / 2)] * 2, rel=1e-6)


def test_exact_samples_lie_within_the_margin_19_times_in_20():
    weights = tensor(0.5, 0.3, 0.2)
    m = Mixture(tensor([-4.0], [0.0], [4.0]), 0.1, weights)
    inside = [
        (got.shares - got.target).abs() < got.margin
        for got in (
            mode_coverage(m.sample(400, seed(s)), m.means, 0.1, weights=weights) for s in range(300)
        )
    ]
    hits = torch.stack(inside).double().mean(0)
    assert bool(((hits > 0.91) & (hits < 0.98)).all())  # 3.2 and 2.4 of 1.26 %


def test_modes_without_width_are_refused():
    with pytest.raises(UserError, match="nearest training"):
        mode_coverage(normal(3, 2), normal(2, 2), 0.0)
