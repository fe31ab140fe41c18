"""The fitted slope: exact laws, what is left out, and an interval that holds what it promises."""

import numpy as np
import pytest
from scipy import stats

from explorer.analysis.order import fitted_slope

NFE = np.array([5, 7, 9, 13, 19, 27, 39, 55])


@pytest.mark.parametrize("order", [1, 2, 3.5])
def test_a_power_law_gives_its_exponent(order):
    slope = fitted_slope(NFE, 3.0 * NFE ** -float(order))
    assert slope.value == pytest.approx(-order, abs=1e-12) and slope.order == -slope.value
    assert slope.points == np.sum(3.0 * NFE ** -float(order) <= 1)
    assert slope.half < 1e-9


def test_the_interval_is_the_one_of_scipy():
    error = 0.5 * NFE**-2.0 * np.exp(0.05 * np.sin(NFE))
    slope, known = fitted_slope(NFE, error), stats.linregress(np.log(NFE), np.log(error))
    assert slope.value == pytest.approx(known.slope)
    assert slope.half == pytest.approx(stats.t.ppf(0.975, 6) * known.stderr)


def test_the_interval_holds_the_order_in_95_of_100_cases():
    rng, inside = np.random.default_rng(0), 0
    for _ in range(400):
        slope = fitted_slope(NFE, 0.5 * NFE**-2.0 * np.exp(0.05 * rng.standard_normal(8)))
        inside += slope.low <= -2 <= slope.high
    assert inside / 400 == pytest.approx(0.95, abs=0.033)  # three standard errors


def test_a_head_without_order_is_left_out():
    error = 4.0 * NFE**-2.0
    error[:4] = 0.03
    slope = fitted_slope(NFE, error)
    assert slope.points <= 6 and slope.order == pytest.approx(2, abs=0.2)
    assert abs(np.polyfit(np.log(NFE), np.log(error), 1)[0] + 2) > 0.3  # what it would have been


def test_a_foot_on_the_floor_and_errors_above_one_do_not_count():
    error = 200.0 * NFE**-3.0
    floored = np.maximum(error, 0.004)
    slope = fitted_slope(NFE, floored, floor=0.004)
    assert slope.order == pytest.approx(3, abs=1e-9) and slope.points == 5
    assert error[0] > 1 and floored[-1] == 0.004


def test_too_few_points_have_no_slope():
    assert fitted_slope([5, 9], [0.1, 0.01]) is None
    assert fitted_slope([], []) is None
    assert fitted_slope([5, 9, 13, 17], [0.1, None, float("nan"), 0.01]) is None
    assert fitted_slope([5, 5, 5], [0.1, 0.2, 0.3]) is None
    assert fitted_slope([5, 9, 13], [5.0, 0.1, 0.05]) is None


def test_three_points_are_enough_and_the_interval_says_how_little_they_know():
    slope = fitted_slope([5, 9, 13], [0.1, 0.02, 0.012])
    assert slope.points == 3 and slope.half > 2


def test_the_order_of_the_input_does_not_matter():
    error = 0.5 * NFE**-2.0 * (1 + 0.1 * np.cos(NFE))
    assert fitted_slope(NFE[::-1], error[::-1]) == fitted_slope(NFE, error)
