"""What churn adds, and whether a difference over seeds is one."""

import math

import pytest
import torch
from scipy import stats

from explorer.analysis.churn import added, mean_over_seeds, paired_difference
from explorer.core.denoisers import Mixture
from explorer.core.sampling import Churn, sample
from explorer.core.solvers import Euler

SIGMAS = [80.0, 10.0, 1.0, 0.1, 0.01]


def test_added_is_what_the_loop_does():
    """The levels that the run itself has reached, and the size of what it has added there."""
    churn = Churn(s_churn=1.5, s_tmin=0.05, s_tmax=20, s_noise=1.01)
    grid = torch.tensor([*SIGMAS, 0.0], dtype=torch.float64)
    noise = torch.zeros(1, 1, dtype=torch.float64)
    ones = torch.ones(5, 1, 1, dtype=torch.float64)
    still = Mixture(torch.zeros(1, 1, dtype=torch.float64), 0.1)
    run = sample(still, noise, grid, Euler(), churn=churn, noises=ones)
    steps = added(churn, SIGMAS, 5)
    assert [s.gamma for s in steps] == pytest.approx([0, 0.3, 0.3, 0.3, 0])
    assert [s.sigma_hat for s in steps] == pytest.approx(run.sigma_hat.tolist())
    for i, s in enumerate(steps):
        assert s.noise == pytest.approx(float(run.x_hat[i] - run.x[i]), abs=1e-12)


def test_gamma_stops_at_the_cap():
    """There the noise added is as large as the noise that was there."""
    step = added(Churn(s_churn=200, s_tmin=0, s_tmax=100, s_noise=1), SIGMAS, 5)[2]
    assert step.gamma == pytest.approx(math.sqrt(2) - 1) and step.noise == pytest.approx(1.0)


def test_only_steps_of_the_run_count():
    assert len(added(Churn(), SIGMAS, 4)) == 4


def test_the_interval_over_seeds_holds_the_mean_as_often_as_it_says():
    g = torch.Generator().manual_seed(0)
    hits = 0
    for _ in range(400):
        e = mean_over_seeds((2 + torch.randn(8, generator=g)).tolist())
        hits += e.low <= 2 <= e.high
    assert 0.92 < hits / 400 < 0.98  # 95 %, of which 400 trials tell ± 2 %


def test_the_interval_of_student_s_own_data():
    """Extra hours of sleep, ten patients, two drugs: Student 1908, as every t-table prints it."""
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    e = paired_difference(second, first)
    assert (e.value, e.count) == (pytest.approx(1.58), 10)
    assert (e.low, e.high) == pytest.approx((0.7001142, 2.4598858), abs=1e-7)  # R's t.test


@pytest.mark.parametrize("n", [2, 3, 8, 40])
def test_the_interval_over_seeds_is_scipys(n):
    values = torch.randn(n, generator=torch.Generator().manual_seed(n)).double().tolist()
    e = mean_over_seeds(values)
    known = stats.t.interval(0.95, n - 1, sum(values) / n, stats.sem(values))
    assert (e.low, e.high) == pytest.approx(known, rel=1e-12)


def test_pairs_see_what_means_cannot():
    """Seeds differ by 1, the two settings by 0.01."""
    g = torch.Generator().manual_seed(1)
    seeds = torch.randn(8, generator=g)
    a = (seeds + 0.01 + 0.001 * torch.randn(8, generator=g)).tolist()
    apart = paired_difference(a, seeds.tolist())
    assert 0 < apart.low < 0.01 < apart.high < 0.02
    assert mean_over_seeds(a).low < mean_over_seeds(seeds.tolist()).high
