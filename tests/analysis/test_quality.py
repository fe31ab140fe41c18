"""Distances in feature space: closed forms, and what they must not depend on."""

import pytest
import torch

from explorer.analysis.quality import frechet_distance, precision_recall, quality


def normal(n, d, seed, mean=0.0, std=1.0):
    g = torch.Generator().manual_seed(seed)
    return mean + std * torch.randn(n, d, generator=g, dtype=torch.float64)


def rng():
    return torch.Generator().manual_seed(0)


def test_frechet_of_exact_moments_is_its_closed_form():
    # two points ± along each axis have covariance diag(a²)/D, without any sampling
    cross = lambda a, shift: torch.cat([torch.diag(a), -torch.diag(a)]) + shift
    a, b = torch.tensor([1.0, 2.0, 3.0]).double(), torch.tensor([2.0, 2.0, 0.5]).double()
    shift = torch.tensor([0.5, -1.0, 0.0]).double()
    found = frechet_distance(cross(a, 0 * shift), cross(b, shift), rng(), resamples=2).value
    assert found == pytest.approx(float(shift.square().sum() + ((a - b) ** 2).sum() / 3))


def test_frechet_does_not_depend_on_the_basis():
    x, y = normal(300, 6, 1), normal(300, 6, 2, 0.3, 1.4)
    q = torch.linalg.qr(normal(6, 6, 3)).Q
    one, other = (frechet_distance(u, v, rng(), 2).value for u, v in ((x, y), (x @ q, y @ q)))
    assert one == pytest.approx(other, rel=1e-9)
    assert frechet_distance(x, x, rng(), 2).value == pytest.approx(0, abs=1e-9)


def test_the_interval_holds_the_value_and_tightens_with_samples():
    wide = frechet_distance(normal(100, 4, 1), normal(100, 4, 2, 1.0), rng())
    tight = frechet_distance(normal(2000, 4, 1), normal(2000, 4, 2, 1.0), rng())
    assert tight.low < 4 < tight.high  # |shift|² of four axes; the bias is 8/2000
    assert tight.high - tight.low < 0.5 * (wide.high - wide.low) and tight.count == 2000


def test_precision_falls_for_strangers_and_recall_for_missing_modes():
    data = torch.cat([normal(300, 3, 1, -5), normal(300, 3, 2, 5)])
    one_mode = normal(300, 3, 3, -5)
    p, r = precision_recall(one_mode, data)
    assert p.value > 0.85 and r.value == pytest.approx(0.5, abs=0.08)
    strangers = torch.cat([data[::2] + 0.01, normal(300, 3, 4, 40)])
    p, r = precision_recall(strangers, data)
    assert p.value == pytest.approx(0.5, abs=0.05) and r.value > 0.8
    assert p.low < p.value < p.high and p.count == 600 and r.count == 600


def test_accuracy_is_only_there_where_a_class_was_asked_for():
    x, y = normal(50, 3, 1), normal(50, 3, 2)
    taken = torch.arange(50) % 5
    q = quality(x, y, rng(), taken, torch.arange(50) % 5)
    assert q.accuracy.value == 1 and q.accuracy.low < 1  # 50 right ones are no proof
    assert quality(x, y, rng(), taken).accuracy is None


def test_the_manifold_reaches_to_the_third_neighbour():
    """The published k.  Data at 0, 1, 3, 7, 15 have balls of 7, 6, 4, 7, 14 about them."""
    data = torch.tensor([0.0, 1, 3, 7, 15])[:, None].double()
    found = [
        bool(precision_recall(torch.tensor([[v]]).double().expand(4, 1), data)[0].value)
        for v in (-7.5, -6.5, 28.5, 29.5)
    ]
    assert found == [False, True, True, False]


def test_recall_is_precision_with_the_roles_changed():
    x, y = normal(80, 2, 1), normal(60, 2, 2, 1.0)
    assert precision_recall(x, y) == precision_recall(y, x)[::-1]
