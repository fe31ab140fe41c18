"""Intervals hold the true value as often as they say, on problems with a known answer.

Coverage: 95 ± 2 % over 1,000 repeats; its own standard deviation is √(0.95 · 0.05 / 1000) = 0.7 %.
"""

import math

import pytest
import torch
from scipy import stats

from explorer.analysis.intervals import Estimate, allowed, apart, chance, gain, mean, median, ratio

REPEATS = 1000


def draws(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(
        REPEATS, count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )


def covered(found: list[Estimate], truth: float) -> float:
    return sum(e.low <= truth <= e.high for e in found) / len(found)


@pytest.mark.parametrize("count", [8, 16, 64, 256])
def test_the_median_of_errors_is_covered(count):
    """Errors with a long tail: log-normal, as end errors are; the median is 1."""
    errors = (2 * draws(count, count)).exp()
    assert covered([median(x) for x in errors], 1.0) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("count", [16, 256])
def test_the_ratio_of_pairs_is_covered_and_needs_the_pairing(count):
    """Two solvers on the same noise: what they share cancels, so 1.3 × is found; shuffled it is
    lost in the spread of the paths."""
    shared, own = 2 * draws(count, 1), 0.3 * draws(count, 2)
    other = shared.exp()
    mine = 1.3 * (shared + own).exp()
    found = [ratio(a, b) for a, b in zip(mine, other)]
    assert covered(found, 1.3) == pytest.approx(0.95, abs=0.02)
    told = sum(apart(e) for e in found) / REPEATS
    mixed = sum(apart(ratio(a, b.roll(1))) for a, b in zip(mine, other)) / REPEATS
    assert told > (0.99 if count == 256 else 0.6)  # its power; unpaired at most a third
    assert mixed < 0.33


def test_equals_are_told_apart_as_rarely_as_promised():
    shared = 2 * draws(256, 3)
    other, mine = shared.exp(), (shared + 0.3 * draws(256, 4)).exp()
    assert sum(apart(ratio(a, b)) for a, b in zip(mine, other)) / REPEATS < 0.07


def test_the_mean_is_covered():
    assert covered([mean(x) for x in draws(256, 5)], 0.0) == pytest.approx(0.95, abs=0.02)


def test_a_median_is_that_of_the_sorted_values():
    x = torch.tensor([5.0, 1.0, 9.0, 3.0, 2.0, 8.0, 7.0])
    assert median(x).value == 5.0 and median(x[:6]).value == 4.0
    assert median(x).low >= 1 and median(x).high <= 9


def test_few_samples_have_no_interval_and_rank_nothing():
    found = median(torch.arange(5.0))
    assert found.value == 2.0 and math.isnan(found.low) and math.isnan(found.high)
    assert not apart(found) and not apart(found, 100.0)
    assert not apart(ratio(torch.ones(5), torch.full((5,), 100.0)))
    assert math.isnan(median(torch.empty(0)).value)


def test_six_samples_have_one():
    """Six heads in a row have a chance of 1.6 %: the whole range covers 96.9 %, a little less is
    95 %."""
    found = median(torch.arange(6.0))
    assert 0 < found.low < 0.5 and 4.5 < found.high < 5


@pytest.mark.parametrize("count", [7, 64, 255, 4096])
def test_an_interval_is_symmetric_in_ranks_and_fits_the_binomial(count):
    found = median(torch.arange(count, dtype=torch.float64))
    assert found.low + found.high == pytest.approx(count - 1)
    if count >= 255:  # ± 1.96 standard deviations of a rank, √n / 2
        assert found.high - found.low == pytest.approx(1.96 * count**0.5, rel=0.02)


def test_one_outlier_among_256_moves_a_number_by_no_more_than_its_interval():
    x = (2 * draws(256, 6)[0]).exp()
    before = median(x)
    for far in (1e6, math.inf, 0.0):
        worse = x.clone()
        worse[17] = far
        after = median(worse)
        assert before.low <= after.value <= before.high
        assert abs(after.value - before.value) < 0.2 * (before.high - before.low)
        assert apart(ratio(worse, x * 2)) and ratio(worse, x).value == 1.0


def test_nothing_over_nothing_is_alike_and_something_over_nothing_infinite():
    zero, one = torch.zeros(8), torch.ones(8)
    assert ratio(zero, zero).value == 1 and ratio(one, zero).value == math.inf
    assert apart(ratio(one, zero)) and not apart(ratio(zero, zero))


def test_the_same_numbers_give_the_same_interval():
    x = draws(256, 7)[0]
    assert median(x) == median(x) and mean(x) == mean(x.clone())


@pytest.mark.parametrize("count", [6, 7, 33, 200])
def test_the_interval_of_a_median_is_mirrored_with_its_values(count):
    x = draws(count, count)[0].exp()
    found, mirrored = median(x), median(-x)
    assert (found.low, found.high) == pytest.approx((-mirrored.high, -mirrored.low), rel=1e-12)


def test_holm_steps_down():
    """Holm 1979: the least of four may be 0.05/4, the next 0.05/3 …; the first that is more ends
    it, also for those after it."""
    assert allowed([0.03, 0.01, 0.02, 0.04], 4) == pytest.approx(0.05 / 3)
    assert allowed([0.012, 0.016, 0.02, 0.04], 4) == pytest.approx(0.05)  # all are apart
    assert allowed([0.001], 4) == pytest.approx(0.05 / 3)  # three are still to come
    assert allowed([], 4) == pytest.approx(0.05 / 4)


@pytest.mark.parametrize("count", [10, 60, 400])
def test_the_gain_of_pairs_is_covered(count):
    """Shares 0.6 and 0.5 of paired outcomes that agree in part; with 10 pairs it may say less."""
    made = torch.Generator().manual_seed(count)
    luck, own = (torch.rand(REPEATS, count, generator=made) for _ in range(2))
    mine, other = (luck < 0.6).int(), torch.where(own < 0.5, (luck < 0.5), (own < 0.75)).int()
    rate = covered([gain(a, b) for a, b in zip(mine, other, strict=True)], 0.1)
    assert 0.93 <= rate <= (0.99 if count == 10 else 0.97)


def test_pairs_that_all_say_the_same_leave_an_interval():
    alike, won = gain(torch.ones(30), torch.ones(30)), gain(torch.ones(8), torch.zeros(8))
    assert alike.value == 0 and alike.low < 0 < alike.high
    assert won.value == 1 and 0 < won.low < 1
    assert not apart(gain(torch.ones(4), torch.zeros(4)), 0.0)  # too few for any


def test_the_chance_of_a_mean_is_students_on_both_sides():
    for values in ([0.3, 0.1, 0.25, -0.05], [-0.3, -0.1, -0.25, 0.05]):
        x = torch.tensor(values, dtype=torch.float64)
        assert chance(x) == pytest.approx(stats.ttest_1samp(values, 0).pvalue, rel=1e-9)
    assert chance(torch.tensor([0.2])) == 1 and chance(torch.zeros(4)) == 1
    assert chance(torch.full((4,), 0.2, dtype=torch.float64)) == 0
