"""Lists of noise levels reshaped: they always fall."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.timesteps import HIGHEST, LOWEST, VE, Custom
from explorer.dialects.edits import GAP, LONGEST, insert, move, remove, resample
from explorer.dialects.lists import formats
from explorer.errors import UserError

from .falling import above_zero, falling


def is_list(sigmas):
    return bool(Custom(levels=sigmas))


@given(falling(), st.integers(2, 60))
@settings(max_examples=60, deadline=None)
def test_resampling_keeps_the_ends_and_falls(sigmas, n):
    made = resample(sigmas, n)
    levels, before = above_zero(made), above_zero(sigmas)
    assert is_list(made) and len(levels) == n and (levels[0], levels[-1]) == (before[0], before[-1])
    assert (made[-1] == 0) == (sigmas[-1] == 0)
    assert resample(sigmas, len(before)) == sigmas


def test_a_geometric_list_stays_geometric():
    assert resample((81.0, 9.0, 1.0), 5) == pytest.approx((81, 27, 9, 3, 1), rel=1e-14)
    half, whole = VE().sigmas(6).tolist(), VE().sigmas(11).tolist()
    assert resample(half, 11) == pytest.approx(whole, rel=1e-13)


@given(falling(), st.data())
@settings(max_examples=60, deadline=None)
def test_a_level_put_in_can_be_taken_out(sigmas, data):
    i = data.draw(st.integers(0, len(above_zero(sigmas)) - 1))
    more = insert(sigmas, i)
    assert is_list(more) and len(more) == len(sigmas) + 1
    assert remove(more, i + 1) == sigmas


def test_a_step_is_split_in_the_middle():
    assert insert((9.0, 1.0, 0.1), 0) == (9.0, 3.0, 1.0, 0.1)
    assert insert((9.0, 1.0, 0.0), 1) == (9.0, 1.0, 0.5, 0.0)
    assert insert((9.0, 1.0), 1) == (9.0, 1.0, 0.5)


@given(falling(), st.data())
@settings(max_examples=100, deadline=None)
def test_a_dragged_list_always_falls(sigmas, data):
    for _ in range(4):
        i = data.draw(st.integers(0, len(above_zero(sigmas)) - 1))
        sigma = data.draw(st.floats(allow_nan=False) | st.floats(0.01, 1000.0))
        moved = move(sigmas, i, sigma)
        assert is_list(moved) and moved[:i] == sigmas[:i] and moved[i + 1 :] == sigmas[i + 1 :]
        sigmas = moved


def test_a_level_stops_at_its_neighbours_and_the_ends_at_the_range():
    sigmas = (10.0, 5.0, 1.0, 0.0)
    assert move(sigmas, 1, 3.0) == (10.0, 3.0, 1.0, 0.0)
    assert move(sigmas, 1, 99.0)[1] == pytest.approx(10 / GAP)
    assert move(sigmas, 1, -1.0)[1] == pytest.approx(1 * GAP)
    assert move(sigmas, 0, 1e9)[0] == HIGHEST and move(sigmas, 2, 0.0)[2] == LOWEST
    assert move(sigmas, 0, 500.0, allowed=(0.002, 80.0))[0] == 80.0
    assert move(sigmas, 2, 0.0, allowed=(0.002, 80.0))[2] == 0.002
    assert move((10.0, 5.0, 4.999, 1.0), 1, 7.0) == (10.0, 7.0, 4.999, 1.0)
    assert move((5.001, 5.0, 4.999), 1, 7.0) == (5.001, 5.0, 4.999)  # no room


@pytest.mark.parametrize(
    "edit, message",
    [
        (lambda: resample((5.0, 1.0), 1), "from 2 to 512 levels; got 1"),
        (lambda: resample((5.0, 1.0, 0.0), 512), "from 2 to 511 levels; got 512"),
        (lambda: resample((1.0, 5.0), 3), "must fall all the way"),
        (lambda: insert((5.0, 1.0), 2), "There is no step 3; the list has 2"),
        (lambda: insert((5.0, 4.9999), 0), "Step 1 from 5 is too short to split"),
        (lambda: insert((5.0, LOWEST), 1), "Step 2 from 0.0001 is too short"),
        (lambda: insert([600.0 - i for i in range(LONGEST)], 0), "512 levels, which is as many"),
        (lambda: remove((5.0, 1.0, 0.1), 3), "no level 4"),
        (lambda: remove((5.0, 1.0, 0.1), -1), "no level 0"),
        (lambda: remove((5.0, 1.0, 0.0), 0), "at least two levels"),
        (lambda: move((5.0, 1.0), 0, math.nan), "cannot move to nan"),
        (lambda: formats((5.0,)), "at least two"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(edit, message):
    with pytest.raises(UserError, match=message):
        edit()
