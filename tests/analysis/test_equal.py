"""Where two curves of error against evaluations are equal."""

import math

import pytest
import torch

from explorer.analysis.equal import times_as_many

PATHS = (0.5 * torch.randn(256, generator=torch.Generator().manual_seed(0)).double()).exp()


def curve(order: float, size: float, budgets=(9, 17, 35, 69, 137, 273), noise: float = 0.0) -> dict:
    g = torch.Generator().manual_seed(1)
    own = lambda: (noise * torch.randn(256, generator=g).double()).exp()
    return {n: (size * PATHS * own() * n**-order).tolist() for n in budgets}


def test_a_method_of_order_one_with_twice_the_error_needs_twice_the_evaluations():
    """Without scatter of their own the paths cancel, and the interval is a point."""
    ours = curve(1, 1.0)[35]
    found = times_as_many(curve(1, 2.0), ours, 35)
    assert found.value == pytest.approx(2, rel=1e-9)
    assert found.low == pytest.approx(2, rel=1e-9) and found.high == pytest.approx(2, rel=1e-9)
    assert times_as_many(curve(2, 35 * 4.0), curve(2, 35.0)[35], 35).value == pytest.approx(2)


def test_the_interval_widens_with_the_scatter_of_the_paths_and_holds_the_truth():
    found = times_as_many(curve(1, 2.0, noise=1.0), curve(1, 1.0)[35], 35)
    assert found.low < 2 < found.high and found.high > 1.05 * found.low


def test_what_no_budget_reaches_is_said_to_lie_beyond():
    ours = curve(1, 1.0)[35]
    far = times_as_many(curve(1, 100.0), ours, 35)
    assert far.value == far.high == math.inf and far.most == pytest.approx(273 / 35)
    near = times_as_many(curve(1, 0.01), ours, 35)
    assert near.value == 0 and near.least == pytest.approx(9 / 35)
