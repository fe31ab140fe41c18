"""Methods that are the same method."""

import dataclasses

import pytest
import torch

from explorer.core.sampling import Churn, Noise, sample
from explorer.core.schedules import EDM, SCALINGS, SCHEDULES, VP
from explorer.core.solvers import DDIM, RK2, SOLVERS, Euler, Heun
from explorer.core.timesteps import Rho

from .problems import mixture, normal, tensor

DENOISER, NOISE = mixture(d=3), normal(5, 3)
GRID = torch.cat([Rho().sigmas(12), tensor(0.0)])
TO_SIGMA_MIN = GRID[:-1]


def same(a, b, tolerance=1e-12):
    assert a.nfe == b.nfe
    torch.testing.assert_close(a.samples, b.samples, rtol=tolerance, atol=tolerance)


def algorithm_2(denoiser, noise, sigmas, churn, noises):
    """Karras et al. 2022, Algorithm 2, line by line; with S_churn = 0 it is Algorithm 1."""
    x = noise * sigmas[0]
    for i, (t, t_next) in enumerate(zip(sigmas[:-1], sigmas[1:])):
        inside = churn.s_tmin <= t <= churn.s_tmax
        gamma = min(churn.s_churn / (len(sigmas) - 1), 2**0.5 - 1) if inside else 0.0
        t_hat = t + gamma * t
        x_hat = x + (t_hat**2 - t**2).sqrt() * churn.s_noise * noises[i]
        d = (x_hat - denoiser(x_hat, t_hat)) / t_hat
        x = x_hat + (t_next - t_hat) * d
        if t_next != 0:
            d_next = (x - denoiser(x, t_next)) / t_next
            x = x_hat + (t_next - t_hat) * (d / 2 + d_next / 2)
    return x


@pytest.mark.parametrize("s_churn", [0.0, 3.0, 80.0])
def test_heun_and_churn_are_algorithm_2(s_churn):
    churn, noises = Churn(s_churn, 0.05, 50.0, 1.003), normal(12, 5, 3, seed=7)
    ours = sample(DENOISER, NOISE, GRID, Heun(), churn=churn, noises=noises).samples
    paper = algorithm_2(DENOISER, NOISE, GRID, churn, noises)
    torch.testing.assert_close(ours, paper, rtol=1e-12, atol=1e-12)


def test_rk2_at_1_is_heun():
    for schedule in (EDM(), VP()):
        a, b = (sample(DENOISER, NOISE, GRID, s, schedule) for s in (RK2(alpha=1.0), Heun()))
        assert torch.equal(a.samples, b.samples) and a.nfe == b.nfe


def test_ddim_is_euler_in_sigma():
    same(sample(DENOISER, NOISE, GRID, DDIM()), sample(DENOISER, NOISE, GRID, Euler()))


def test_ddim_is_not_euler_in_vp_time():
    a, b = (sample(DENOISER, NOISE, GRID, s, VP()) for s in (DDIM(), Euler()))
    assert (a.samples - b.samples).abs().max() > 1e-3


EVERY_SCHEDULE = [cls(scaling=v) for cls in SCHEDULES.values() for v, _ in SCALINGS]


@pytest.mark.parametrize("schedule", EVERY_SCHEDULE, ids=str)
@pytest.mark.parametrize("name", [k for k, s in SOLVERS.items() if not s.needs_schedule])
def test_solvers_in_sigma_ignore_the_schedule(name, schedule):
    solver = SOLVERS[name]()
    for grid in (GRID, TO_SIGMA_MIN):
        noises = normal(12, 5, 3, seed=3)
        same(sample(DENOISER, NOISE, grid, solver, schedule, noises=noises),
             sample(DENOISER, NOISE, grid, solver, noises=noises),
             1e-8)  # σ → t → σ costs digits at σ_min


@pytest.mark.parametrize("name", [k for k, s in SOLVERS.items() if s.needs_schedule])
def test_solvers_in_time_depend_on_the_schedule(name):
    a, b = (sample(DENOISER, NOISE, TO_SIGMA_MIN, SOLVERS[name](), s) for s in (EDM(), VP()))
    assert (a.samples - b.samples).abs().max() > 1e-3


@pytest.mark.parametrize("name", SOLVERS)
def test_churn_of_0_changes_nothing(name):
    quiet = Churn(0.0, 0.0, 1e9, 1.1)
    a, b = (sample(DENOISER, NOISE, GRID, SOLVERS[name](), churn=churn, noises=Noise(0, 5, (3,)))
            for churn in (Churn(), quiet))
    assert torch.equal(a.x, b.x) and torch.equal(a.samples, b.samples)


@pytest.mark.parametrize("name", SOLVERS)
def test_a_sample_does_not_know_its_batch(name):
    whole, first = (sample(DENOISER, NOISE[:k], GRID, SOLVERS[name](), noises=Noise(0, k, (3,)))
                    for k in (5, 2))
    torch.testing.assert_close(whole.samples[:2], first.samples, rtol=1e-12, atol=1e-12)


def test_scaling_changes_euler_and_not_the_exact_flow():
    fine = Rho().sigmas(2000)
    for n, apart in ((12, True), (2000, False)):
        grid = TO_SIGMA_MIN if n == 12 else fine
        a, b = (sample(DENOISER, NOISE[:1], grid, Heun(), dataclasses.replace(EDM(), scaling=v))
                for v, _ in SCALINGS)
        assert ((a.samples - b.samples).abs().max() > 1e-4) == apart
