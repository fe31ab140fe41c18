"""Numbers for reading, colours, and arrays for the canvas."""

import base64

import numpy as np
import torch

from explorer.figures import pack
from explorer.figures.style import FAMILY, faded, rounded


def test_rounded_leaves_gaps_where_there_is_no_number():
    assert rounded([1.23456, float("nan"), float("inf"), 0]) == [1.235, None, None, 0.0]
    assert rounded(torch.tensor([1.23456789]), 6) == [1.23457]


def test_faded():
    assert faded("#5550c0", 0.5) == "rgba(85,80,192,0.5)"
    assert len(set(FAMILY.values())) == len(FAMILY)


def unpacked(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def test_positions_round_trip_to_the_step_of_the_canvas():
    x = torch.linspace(-5, 5, 40, dtype=torch.float64).reshape(4, 5, 2)
    back = unpacked(pack.positions(x), "<i2").reshape(4, 5, 2) / pack.UNITS
    np.testing.assert_allclose(back, x, atol=0.5 / pack.UNITS)


def test_what_lies_off_the_canvas_stays_at_its_edge():
    back = unpacked(pack.positions(torch.tensor([-1e9, 1e9])), "<i2")
    assert back.tolist() == [-32767, 32767]


def test_floats_grey_and_signed_round_trip():
    x = torch.linspace(-1, 1, 33, dtype=torch.float64)
    np.testing.assert_array_equal(unpacked(pack.floats(x), "<f4"), x.float())
    grey = unpacked(pack.grey(x, -1, 1), "u1") / 255 * 2 - 1
    np.testing.assert_allclose(grey, x, atol=1 / 255 + 1e-9)
    np.testing.assert_allclose(unpacked(pack.signed(x), "i1") / 127, x, atol=0.5 / 127 + 1e-9)


def test_the_layout_in_memory_does_not_matter():
    x = torch.arange(6.0).reshape(2, 3)
    assert pack.floats(x.T) == pack.floats(x.T.contiguous())
