"""A list tells by its numbers whether it holds noise levels, flow times or timesteps."""

import math

import numpy as np
import pytest

from explorer.core import tables
from explorer.core.timesteps import TIMESTEPS
from explorer.dialects.frames import TABLE, frame_of, levels_of
from explorer.errors import UserError

from ..rows import each
from .falling import AYS

FLOW = [1.0, 0.96, 0.9, 0.8, 0.6, 0.3, 0.0]
SHIFTED = {a: tables.shifted(np.linspace(1, 0, 21), a).tolist() for a in (0.5, 1, 1.15, 3, 8, 17)}
KARRAS_SD = [14.6146, 9.7233, 6.2, 3.8, 2.1556, 1.2, 0.6, 0.3, 0.12, 0.0292, 0.0]

KNOWN = [
    *(("flow", v) for v in SHIFTED.values()),
    *(("flow", v[6:]) for v in SHIFTED.values()),  # a part of the noise: img2img
    *(("flow", v[:-1]) for v in SHIFTED.values()),
    ("flow", [0.003, 0.5, 1.0]),  # upwards
    ("flow", [0.75, 0.5, 0.25, 0.0]),
    ("flow", [0.9944, 0.9, 0.7, 0.4, 0.0]),
    ("ve", KARRAS_SD),
    *(("ve", KARRAS_SD[k:]) for k in range(1, 7)),  # img2img on Stable Diffusion
    ("ve", list(AYS)),
    ("ve", [math.inf, 80.0, 5.0, 0.1]),
    ("ve", [4096.0, 12.0, 1.0, 0.03, 0.0]),
    ("ve", [700.0, 166.0, 30.0, 4.0, 0.3, 0.002]),
    ("ve", [700.0, 0.002]),
    ("ve", [100.0, 10.0, 1.0, 0.0]),
    ("ve", [math.nan]),
    ("ve", []),
    ("timesteps", [999, 979, 959, 939]),
    ("timesteps", [999, 850, 736, 645, 545, 455, 343, 233, 124, 24, 0]),
    ("timesteps", [981, 961, 1]),
    ("timesteps", [0, 250, 500, 750]),
    ("timesteps", [1000.0, 978.2609, 954.5455, 928.5714, 900.0]),  # flow matching's, in thousandths
    ("timesteps", [281, 241, 201, 161, 121, 81, 41, 1]),
    ("timesteps", [999.0, 967.4, 931.2, 610.5, 2.5]),
]


def test_the_frame_of_what_people_have():
    each(KNOWN, check_frame)


def check_frame(row):
    frame, values = row
    found, reason = frame_of(values)
    assert found == frame, reason
    assert reason.endswith(".")


@pytest.mark.parametrize("n", [3, 10, 30])
def test_the_grids_of_the_lab_are_noise_levels(n):
    names = [k for k in TIMESTEPS if k != "custom"]
    each(names, lambda k: check_frame(("ve", TIMESTEPS[k]().sigmas(n).tolist())))


def test_each_frame_becomes_noise_levels():
    assert levels_of([14.6, 1, 0], "ve").tolist() == [14.6, 1, 0]
    assert levels_of([1, 0.75, 0.5, 0], "flow").tolist() == [math.inf, 3, 1, 0]
    assert levels_of([1000, 750, 500, 0], "timesteps").tolist() == [math.inf, 3, 1, 0]
    np.testing.assert_allclose(levels_of([999, 500, 1], "timesteps"), TABLE.sigmas[[999, 500, 1]])
    ends = levels_of([999, 20.5, 0], "timesteps")
    assert ends[-1] == 0, "a 0 that ends uneven steps is the clean end"
    assert levels_of([999, 666, 333, 0], "timesteps")[-1] == TABLE.sigmas[0], "spaced by linspace"
    assert ends[1] == pytest.approx(math.sqrt(TABLE.sigmas[20] * TABLE.sigmas[21]))
    with pytest.raises(UserError, match=r"from 0 to 1; got 1\.5"):
        levels_of([1.5, 1], "flow")
