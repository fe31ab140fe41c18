"""The drawing as text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.data import Drawn, decode_points, encode_points
from explorer.errors import UserError


@settings(max_examples=100, deadline=None)
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(0, 1000), st.just(2)),
        elements=st.floats(-1, 1),
        fill=st.floats(-1, 1),
    )
)
def test_text_holds_the_points_to_half_a_step(xy):
    text = encode_points(xy)
    back = decode_points(text)
    assert back.shape == xy.shape and len(text) <= 2667
    assert np.abs(back - xy).max(initial=0) <= 0.5 / 127 + 1e-12
    assert encode_points(back) == text


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_points_or_explained(text):
    try:
        assert np.abs(decode_points(text)).max(initial=0) <= 1
    except UserError as error:
        assert "damaged" in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "!!!!",
        "a",
        "AAAAA",
        "gICA",
        "AA==",
        "AAA\n",
        "Ä" * 4,
        "AA+/",
        "AAAA" * 999,
        "AAAA" * 1001,
        "",
        "AAA",
        "AAAAAAAA",
    ],
)
def test_damaged_or_too_little_is_refused(text):
    with pytest.raises(UserError, match="[Dd]rawing"):
        Drawn(points_text=text)


@pytest.mark.parametrize(
    "xy", [[[0, 1.01]], [[float("nan"), 0]], [0, 1], np.zeros((1001, 2)), np.zeros((4, 3))]
)
def test_points_that_do_not_fit_are_refused(xy):
    with pytest.raises(UserError):
        encode_points(xy)


def test_drawing_keeps_its_aspect():
    xy = np.array([[-0.9, -0.1], [0.9, -0.1], [0.9, 0.1], [-0.9, 0.1]])
    seen = Drawn(points_text=encode_points(xy), dimension=2).points()
    width, height = (seen.max(0).values - seen.min(0).values).tolist()
    assert width / height == pytest.approx(9, rel=0.05)  # 0.1 is rounded to 13/127


def test_default_is_a_heart():
    x, y = Drawn(dimension=2).drawing().xy.numpy().T
    assert y[np.abs(x) < 0.02].max() < y.max() - 0.1  # the notch
    assert abs(x[y.argmin()]) < 0.02  # the tip
    np.testing.assert_allclose(np.sort(x), np.sort(-x), atol=1e-12)
