"""σ(t), s(t): derivatives against autograd, inverses, Table 1 of EDM."""

import dataclasses

import pytest
import torch

from explorer.core.schedules import EDM, SCALINGS, SCHEDULES, VE, VP

from .problems import tensor

LEVELS = torch.logspace(-3, 2, 41, dtype=torch.float64)
EVERY = [cls(scaling=scaling) for cls in SCHEDULES.values() for scaling, _ in SCALINGS]
EVERY += [VP.fitted(0.002, 80.0), dataclasses.replace(VP.fitted(0.02, 100.0), scaling="none")]


@pytest.mark.parametrize("schedule", EVERY, ids=str)
def test_derivatives_are_those_of_autograd(schedule):
    t = schedule.time(LEVELS).clone().requires_grad_()
    (sigma_dot,) = torch.autograd.grad(schedule.sigma(t).sum(), t)
    scale = schedule.scale(t)
    scale_dot = (
        torch.autograd.grad(scale.sum(), t)[0] if scale.requires_grad else torch.zeros_like(t)
    )
    torch.testing.assert_close(schedule.sigma_dot(t), sigma_dot, rtol=1e-9, atol=0)
    torch.testing.assert_close(schedule.scale_dot(t), scale_dot, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("schedule", EVERY, ids=str)
def test_time_is_the_inverse_and_rises_with_the_noise(schedule):
    t = schedule.time(LEVELS)
    # a fitted β_min below 0 makes log1p(σ²) a difference of near-equal terms at σ = 0.001
    torch.testing.assert_close(schedule.sigma(t), LEVELS, rtol=1e-9, atol=0)
    assert (t.diff() > 0).all()
    assert schedule.time(tensor(0.0)) == 0
    assert schedule.sigma(tensor(0.0)) == 0 and schedule.scale(tensor(0.0)) == 1


@pytest.mark.parametrize("schedule", EVERY, ids=str)
def test_scaling_keeps_unit_data_at_size_or_does_nothing(schedule):
    scale = schedule.scale(schedule.time(LEVELS))
    own = {"none": 1.0, "vp": (1 + LEVELS**2).rsqrt(), "flow": 1 / (1 + LEVELS)}
    expected = own[schedule.scaling]
    torch.testing.assert_close(
        scale, scale.new_ones(()) * expected * scale.new_ones(len(scale)), rtol=1e-12, atol=0
    )


@pytest.mark.parametrize("schedule", EVERY, ids=str)
def test_per_sample_times_broadcast(schedule):
    t = schedule.time(tensor(0.1, 1.0, 10.0)).reshape(3, 1, 1)
    for f in (schedule.sigma, schedule.sigma_dot, schedule.scale, schedule.scale_dot):
        assert torch.equal(f(t).flatten(), torch.stack([f(v) for v in t.flatten()]))


def test_defaults_are_those_of_table_1():
    assert EDM().scaling == VE().scaling == "none" and VP().scaling == "vp"
    high, low = VP().sigma(tensor(1.0, 1e-3))
    assert float(high) == pytest.approx(152.16697, rel=1e-7)
    assert float(low) == pytest.approx(0.010486, rel=1e-4)  # printed to five figures
    assert float(VP().sigma(tensor(1e-5))) == pytest.approx(0.0010005, rel=1e-4)


def test_fitted_betas():
    same = VP.fitted(float(VP().sigma(tensor(1e-3))), float(VP().sigma(tensor(1.0))))
    assert same.beta_d == pytest.approx(19.9) and same.beta_min == pytest.approx(0.1)
    wide = VP.fitted(0.002, 80.0)
    assert wide.beta_d == pytest.approx(17.53796, abs=1e-5)
    assert wide.beta_min == pytest.approx(-0.00476899, abs=1e-8)
    ends = wide.sigma(tensor(1.0, 1e-3))
    torch.testing.assert_close(ends, tensor(80.0, 0.002), rtol=1e-9, atol=0)
