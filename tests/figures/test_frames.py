"""What the page is sent of a schedule: its own t and s at the rows of a table."""

import base64
import math

import numpy as np
import pytest
import torch

from explorer.core.schedules import EDM, VE, VP
from explorer.figures import frames


def rows(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4")


@pytest.mark.parametrize("schedule", [EDM(), VE(), VP(), VP(beta_d=30.0), EDM(scaling="vp")])
def test_the_rows_are_the_schedule(schedule):
    table = frames.table(schedule)
    sigma = np.geomspace(table["low"], table["high"], frames.ROWS)
    t = np.exp(rows(table["t"]).astype(float))
    for i in (0, 50, 128, 200, 256):
        at = torch.tensor(t[i], dtype=torch.float64)
        assert float(schedule.sigma(at)) == pytest.approx(sigma[i], rel=1e-4)  # float32 of ln t
        if schedule.scaled:
            s = math.exp(rows(table["s"])[i])
            assert s == pytest.approx(float(schedule.scale(at)), rel=1e-4)
    assert ("s" in table) == schedule.scaled


@pytest.mark.parametrize("schedule", [EDM(), VE(), VP()])
def test_time_ends_at_the_data(schedule):
    assert frames.table(schedule)["zero"] == 0


@pytest.mark.parametrize("schedule, opens", [(EDM(), False), (VE(), False), (VP(), True)])
def test_the_time_of_vp_alone_opens_the_end_near_the_data(schedule, opens):
    assert frames.opens(schedule) == opens
