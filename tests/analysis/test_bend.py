"""How much paths bend: against closed forms, and on the levels of the quick reference."""

import math

import pytest
import torch

from explorer.analysis import geometry
from explorer.analysis.reference import reference
from explorer.core.denoisers import Mixture
from explorer.core.schedules import EDM, VE, VP
from explorer.data import Spiral

from ..core.problems import Gaussian, flow, mixture, normal, tensor


def close(a, b, rtol=1e-10, atol=1e-12):
    torch.testing.assert_close(
        a, torch.as_tensor(b, dtype=a.dtype).expand_as(a), rtol=rtol, atol=atol
    )


SIGMA = torch.logspace(1.9, -2.7, 481, dtype=torch.float64)


def gaussian_paths(sigma, tau=0.5, count=4, d=6):
    """x = √(σ² + τ²) z on N(0, τ² I), and D = τ²/(σ² + τ²) x."""
    denoiser = Gaussian(torch.zeros(d).double(), torch.full((d,), tau**2).double())
    x = (sigma**2 + tau**2).sqrt().reshape(-1, 1, 1) * normal(count, d)
    return x, torch.stack([denoiser(a, s) for a, s in zip(x, sigma, strict=True)])


def second_derivative(schedule, sigma, tau=0.5):
    """σ-wise ‖y″‖ (dt/d ln σ)²/s per unit z, by autograd through y(t) = s(t) √(σ(t)² + τ²)."""
    t = schedule.time(sigma).clone().requires_grad_()
    y = schedule.scale(t) * (schedule.sigma(t) ** 2 + tau**2).sqrt()
    (first,) = torch.autograd.grad(y.sum(), t, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), t)
    speed = sigma / schedule.sigma_dot(t).detach()
    return (second.abs() * speed**2 / schedule.scale(t)).detach()


@pytest.mark.parametrize(
    "schedule",
    [EDM(), EDM(scaling="vp"), VE(), VE(scaling="vp"), VP(), VP(scaling="none")],
    ids=str,
)
def test_bend_of_a_gaussian_is_the_closed_form(schedule):
    x, denoised = gaussian_paths(SIGMA)
    inner, got = geometry.bend(SIGMA, x, denoised, schedule, 0.5)
    assert torch.equal(inner, SIGMA[1:-1])
    size = normal(4, 6).square().mean(1).sqrt()
    expected = (
        second_derivative(schedule, inner)[:, None] * size / (inner**2 + 0.25).sqrt()[:, None]
    )
    close(got, expected, rtol=0, atol=1e-3 * float(expected.max()))  # (Δ ln σ)²/6 = 8e-5 of |D_u|


def test_bend_in_the_edm_frame_is_one_product():
    """y = x, t = σ: σ² x″ = σ² τ²/(σ² + τ²)^{3/2} z, so the bend is σ² τ²/(σ² + τ²)²."""
    x, denoised = gaussian_paths(SIGMA)
    inner, got = geometry.bend(SIGMA, x, denoised, EDM(), 0.5)
    v = inner**2 + 0.25
    close(
        got / normal(4, 6).square().mean(1).sqrt(),
        (inner**2 * 0.25 / v**2)[:, None],
        rtol=0,
        atol=1e-4,
    )
    assert float(inner[got[:, 0].argmax()]) == pytest.approx(0.5, rel=0.02)


def test_a_straight_path_does_not_bend_whatever_its_speed():
    """One data point: x is a line in σ, so only schedules other than σ = t see it bend."""
    point = Mixture(normal(1, 4))
    x = point.means + SIGMA.reshape(-1, 1, 1) * normal(3, 4, seed=2)
    denoised = point.means.expand_as(x)
    straight = geometry.bend(SIGMA, x, denoised, EDM(), 0.5)[1]
    assert straight.max() < 1e-9
    assert geometry.bend(SIGMA, x, denoised, VE(), 0.5)[1].max() > 0.1


def test_bend_is_the_same_at_uneven_spacing():
    keep = torch.cat([torch.arange(0, 200, 2), torch.arange(200, 481)])
    x, denoised = gaussian_paths(SIGMA)
    inner, even = geometry.bend(SIGMA, x, denoised, VP(), 0.5)
    some, uneven = geometry.bend(SIGMA[keep], x[keep], denoised[keep], VP(), 0.5)
    where = torch.searchsorted(-inner, -some)
    close(uneven, even[where], rtol=0, atol=2e-3 * float(even.max()))


def test_half_the_bend_is_what_an_euler_step_misses():
    m, h = mixture(d=3), 0.01
    sigma, here = torch.tensor([h, 0.0, -h], dtype=torch.float64).exp(), 1.2 * normal(6, 3)
    states = [flow(m, here, 1.0, math.exp(h), 8), here, flow(m, here, 1.0, math.exp(-h), 8)]
    x = torch.stack(states)
    denoised = torch.stack([m(a, s) for a, s in zip(x, sigma, strict=True)])
    got = geometry.bend(sigma, x, denoised, EDM(), m.sigma_data)[1][0]
    step = x[1] + (sigma[2] - sigma[1]) * (x[1] - denoised[1]) / sigma[1]
    missed = (step - x[2]).square().mean(1).sqrt() / math.hypot(1.0, m.sigma_data)
    close(got * h**2 / 2, missed, rtol=0.03)  # the next order is h = 0.01


def test_the_second_derivative_of_a_quintic_is_exact_at_any_spacing():
    """Three points with slopes hold six numbers, as many as a quintic has."""
    u = tensor(-1.0, -0.4, -0.1, 0.5, 0.6, 1.3)[:, None]
    for order in (1, -1):  # rising and falling
        v = u[::order] if order == 1 else u.flip(0)
        c = normal(6, 4)
        f = sum(c[k] * v**k for k in range(6))
        df = sum(k * c[k] * v ** (k - 1) for k in range(1, 6))
        ddf = sum(k * (k - 1) * c[k] * v ** (k - 2) for k in range(2, 6))
        close(geometry.second(v, f, df), ddf[1:-1], rtol=1e-9, atol=1e-9)


QUICK = torch.logspace(math.log10(80), math.log10(0.002), 65, dtype=torch.float64)


def test_bend_at_the_65_levels_of_the_quick_reference_is_that_of_a_gaussian():
    x, denoised = gaussian_paths(QUICK)
    for schedule in (EDM(), VP()):
        change = geometry.answer_change(QUICK, x, denoised)
        inner, got = geometry.bend(QUICK, x, denoised, schedule, 0.5, change)
        size = normal(4, 6).square().mean(1).sqrt() / (inner**2 + 0.25).sqrt()[:, None]
        expected = second_derivative(schedule, inner)[:, None] * size
        # found: 1.5e-4 of the peak, of order (Δ ln σ)⁴; the parabola through D is off by 1.5 %
        close(got, expected, rtol=0, atol=3e-4 * float(expected.max()))


def test_bend_on_the_spiral_is_that_of_the_derivative_of_its_denoiser():
    """In EDM's frame it is |dD/d ln σ|, here with dx = (x − D) d ln σ by steps of 10⁻⁵."""
    law = Mixture(Spiral(dimension=16).points().double(), 0.02)
    run = reference(law, 80.0 * normal(24, 16, seed=3), 80.0, 0.002)
    change = geometry.answer_change(run.sigma, run.x, run.denoised)
    inner, got = geometry.bend(run.sigma, run.x, run.denoised, EDM(), 0.5, change)
    expected = []
    for x, denoised, sigma in zip(run.x[1:-1], run.denoised[1:-1], inner, strict=True):
        forward, back = (law(x + h * (x - denoised), sigma * math.exp(h)) for h in (1e-5, -1e-5))
        along = (forward - back) / 2e-5
        expected.append(along.square().mean(1).sqrt() / math.hypot(float(sigma), 0.5))
    ours, known = got.median(1).values, torch.stack(expected).median(1).values
    # the strip's line, of its peak; two difference quotients a step apart are off by 8 %
    close(ours, known, rtol=0, atol=0.01 * float(known.max()))
