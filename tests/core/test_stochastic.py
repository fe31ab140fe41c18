"""Solvers with noise of their own, restarts, and the analytic first step."""

import itertools

import pytest
import torch

from explorer.core.ode import Ode, adapts
from explorer.core.sampling import Churn, Noise, Restart, sample
from explorer.core.schedules import EDM, VP
from explorer.core.solvers import DPM2, SOLVERS, DPMpp, DPMppSDE, Euler, EulerAncestral, Heun, UniPC
from explorer.core.timesteps import Rho
from explorer.errors import UserError

from .problems import Gaussian, mixture, normal, tensor

DENOISER, NOISE = mixture(d=3), normal(5, 3)
TO_SIGMA_MIN = Rho().sigmas(13)
GRID = torch.cat([TO_SIGMA_MIN[:-1], tensor(0.0)])
NOISES = normal(12, 5, 3, seed=4)


def euler_ancestral(x, sigmas, noises, eta, s_noise):
    """k-diffusion's sample_euler_ancestral, line by line."""
    for i in range(len(sigmas) - 1):
        denoised = DENOISER(x, sigmas[i])
        a, b = float(sigmas[i]), float(sigmas[i + 1])
        up = min(b, eta * (b**2 * (a**2 - b**2) / a**2) ** 0.5)
        down = (b**2 - up**2) ** 0.5
        if down == 0:
            x = denoised
        else:
            x = x + (x - denoised) / a * (down - a) + noises[i] * s_noise * up
    return x


def dpmpp_2m_sde(x, sigmas, noises, eta, s_noise):
    """k-diffusion's sample_dpmpp_2m_sde with solver_type “midpoint”, line by line."""
    old, h_last = None, None
    for i in range(len(sigmas) - 1):
        denoised = DENOISER(x, sigmas[i])
        if sigmas[i + 1] == 0:
            x = denoised
        else:
            h = sigmas[i].log() - sigmas[i + 1].log()
            eta_h = eta * h
            x = (
                sigmas[i + 1] / sigmas[i] * (-eta_h).exp() * x
                + (-h - eta_h).expm1().neg() * denoised
            )
            if old is not None:
                r = h_last / h
                x = x + 0.5 * (-h - eta_h).expm1().neg() * (1 / r) * (denoised - old)
            x = x + noises[i] * sigmas[i + 1] * (-2 * eta_h).expm1().neg().sqrt() * s_noise
            h_last = h
        old = denoised
    return x


PAIR = {EulerAncestral: euler_ancestral, DPMppSDE: dpmpp_2m_sde}


@pytest.mark.parametrize("eta, s_noise", [(1.0, 1.0), (0.6, 1.003)])
@pytest.mark.parametrize("cls", PAIR, ids=lambda c: c.name)
def test_the_formula_of_k_diffusion(cls, eta, s_noise):
    for grid in (GRID, TO_SIGMA_MIN):
        ours = sample(DENOISER, NOISE, grid, cls(eta, s_noise), noises=NOISES)
        theirs = PAIR[cls](NOISE * grid[0], grid, NOISES, eta, s_noise)
        torch.testing.assert_close(ours.samples, theirs, rtol=1e-11, atol=1e-11)
        assert ours.nfe == len(grid) - 1


@pytest.mark.parametrize("eta", [0.5, 1.0])
@pytest.mark.parametrize("cls", PAIR, ids=lambda c: c.name)
def test_the_variance_of_gaussian_data_is_right_after_many_steps(cls, eta):
    variance = tensor(0.25, 1.0, 4.0)
    data, noise = Gaussian(tensor(0.0, 1.0, -2.0), variance), Noise(1, 4000, (3,))
    run = sample(data, noise.start, Rho().sigmas(150), cls(eta), noises=noise, keep=0)
    assert ((run.samples.var(0) / variance - 1).abs() < 5 * (2 / 4000) ** 0.5).all()
    assert ((run.samples.mean(0) - data.mean).abs() < 5 * (variance / 4000).sqrt()).all()


@pytest.mark.parametrize("cls", PAIR, ids=lambda c: c.name)
def test_churn_and_the_solver_take_noise_of_their_own(cls):
    """Data of one point leave x = σn at every level, exactly.  The same noise twice in a step would
    add up in amplitude, not in variance.  Step i takes noises 2i and 2i + 1.
    """
    churn, noise = Churn(60.0, 0.0, 1e9, 1.0), Noise(1, 4000, (3,))
    point = Gaussian(tensor(0.0, 1.0, -2.0), tensor(0.0, 0.0, 0.0))
    run = sample(point, noise.start, TO_SIGMA_MIN, cls(), churn=churn, noises=noise, keep=0)
    assert ((run.samples.var(0) / 0.002**2 - 1).abs() < 5 * (2 / 4000) ** 0.5).all()
    drawn, asked = normal(24, 5, 3, seed=4), []
    sample(DENOISER, NOISE, GRID, cls(), churn=churn, noises=lambda i: asked.append(i) or drawn[i])
    assert asked == list(range(23))  # the step to 0 is made without noise of the solver
    with pytest.raises(UserError, match=f"S_churn = 60 and {cls.__name__} need 24 noises; got 12"):
        sample(DENOISER, NOISE, GRID, cls(), churn=churn, noises=NOISES)


@pytest.mark.parametrize("name", [k for k, s in SOLVERS.items() if s.family == "stochastic"])
def test_a_stochastic_solver_asks_for_its_noise(name):
    with pytest.raises(UserError, match="needs the noise of each step"):
        sample(DENOISER, NOISE, GRID, SOLVERS[name]())
    a, b = (
        sample(DENOISER, NOISE, GRID, SOLVERS[name](), noises=Noise(k, 5, (3,))) for k in (0, 1)
    )
    assert (a.samples != b.samples).all()


@pytest.mark.parametrize(
    "solver", [Heun(), DPMpp(), UniPC(), DPM2(), EulerAncestral()], ids=lambda s: s.name
)
def test_a_restart_costs_its_steps(solver):
    plain, restart = (
        sample(DENOISER, NOISE, TO_SIGMA_MIN, solver, noises=Noise(0, 5, (3,)), restart=r)
        for r in (Restart(), Restart(3, 4, 0.1, 1.0))
    )
    assert restart.nfe == plain.nfe + 3 * 4 * solver.evaluations


@pytest.mark.parametrize("name", SOLVERS)
def test_no_restart_changes_no_bit(name):
    a, b = (
        sample(DENOISER, NOISE, GRID, SOLVERS[name](), restart=r, noises=Noise(0, 5, (3,)))
        for r in (Restart(), Restart(0, 7, 0.3, 2.0))
    )
    assert torch.equal(a.samples, b.samples) and torch.equal(a.x, b.x)


def test_a_restart_goes_up():
    with pytest.raises(UserError, match="A restart goes up: from σ = 1 to 0.5 it would not"):
        Restart(1, 4, 1.0, 0.5)
    with pytest.raises(UserError, match="A restart goes up"):
        Restart(1, 4, 0.5, 0.5)
    assert Restart(0, 4, 1.0, 0.5).repeats == 0  # off: the rest does not matter


@pytest.mark.parametrize(
    "low, index", [(100.0, 0), (3.0, 2), (2.99, 3), (1.0, 3), (0.5, 4), (0.1, None)]
)
def test_the_place_is_the_first_level_at_or_below(low, index):
    restart = Restart(1, 4, min(low, 10.0), 80.0)
    levels = tensor(9.0, 5.0, 3.0, 1.0, 0.5, 0.0) if low <= 10 else tensor(9.0, 0.0)
    assert restart.place(levels) == index
    assert Restart(0, 4, 0.5, 1.0).place(levels) is None


def test_a_restart_is_its_formula():
    """One round of Euler by hand: up by √(S_high² − σ²), down on a ρ = 7 grid."""
    levels, extra = tensor(5.0, 2.0, 0.5, 0.05), normal(12, 5, 3, seed=8)
    run = sample(DENOISER, NOISE, levels, Euler(), noises=extra, restart=Restart(1, 3, 0.6, 2.0))
    x = NOISE * 5.0
    inner = (2 ** (1 / 7) + torch.arange(4) / 3 * (0.5 ** (1 / 7) - 2 ** (1 / 7))) ** 7
    down = lambda x, a, b: x + (b - a) * (x - DENOISER(x, a)) / a
    x = down(down(x, levels[0], levels[1]), levels[1], levels[2])
    x = x + (2.0**2 - 0.5**2) ** 0.5 * extra[-1]
    for a, b in itertools.pairwise(inner.double()):
        x = down(x, a, b)
    torch.testing.assert_close(run.samples, down(x, levels[2], levels[3]), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("schedule", [EDM(), VP()], ids=lambda s: s.name)
@pytest.mark.parametrize("solver", [Heun(), EulerAncestral()], ids=lambda s: s.name)
def test_the_noise_of_restarts_does_not_know_the_batch(solver, schedule):
    churn, results = Churn(5.0, 0.05, 50.0), []
    for count in (8, 3):
        noise = Noise(4, count, (3,))
        results.append(
            sample(
                DENOISER,
                noise.start,
                GRID,
                solver,
                schedule,
                churn,
                noise,
                restart=Restart(2, 3, 0.3, 2.0),
            ).samples
        )
    torch.testing.assert_close(results[0][:3], results[1], rtol=1e-12, atol=1e-12)


def test_restarts_leave_the_noise_of_the_steps_alone():
    """Their stream is another: up to the place a run with restarts is the run without."""
    churn, runs = Churn(5.0, 0.0, 50.0), []
    for restart in (Restart(), Restart(2, 3, 0.3, 2.0)):
        noise = Noise(4, 5, (3,))
        runs.append(
            sample(DENOISER, noise.start, GRID, Heun(), churn=churn, noises=noise, restart=restart)
        )
    place = Restart(2, 3, 0.3, 2.0).place(GRID)
    assert torch.equal(runs[0].x[:place], runs[1].x[:place])
    assert not torch.equal(runs[0].x[place], runs[1].x[place])
    first, second = Noise(4, 5, (3,)), Noise(4, 5, (3,))
    assert len(torch.stack([first(i) for i in (-1, -2, 0, 1)]).unique()) == 4 * 15
    assert torch.equal(first(2), second(2)) and torch.equal(first(-3), second(-3))


def test_a_restart_may_be_the_last_thing_that_happens():
    """Where the run ends at the first level at or below S_low, before a final denoise."""
    levels, restart = tensor(5.0, 2.0, 0.5), Restart(2, 3, 0.6, 2.0)
    for denoise in (False, True):
        plain, run = (
            sample(
                DENOISER,
                NOISE,
                levels,
                Heun(),
                restart=r,
                denoise=denoise,
                noises=Noise(0, 5, (3,)),
            )
            for r in (Restart(), restart)
        )
        assert run.nfe == plain.nfe + 2 * 3 * 2
        assert (run.samples != plain.samples).all()


def test_restarts_without_a_place_are_refused():
    with pytest.raises(UserError, match="at or below σ = 0.1, and these end at 0.5"):
        sample(
            DENOISER, NOISE, tensor(5.0, 2.0, 0.5, 0.0), Heun(), noises=NOISES, restart=Restart(1)
        )


def test_too_few_noises_for_the_restarts_are_refused():
    with pytest.raises(UserError, match="2 restarts of 3 steps need 20 noises; got 12"):
        sample(DENOISER, NOISE, GRID, Heun(), noises=NOISES, restart=Restart(2, 3, 0.3, 2.0))


@pytest.mark.parametrize("name", SOLVERS)
def test_the_analytic_first_step_saves_one_evaluation(name):
    plain, saved = (
        sample(DENOISER, NOISE, GRID, SOLVERS[name](), afs=v, noises=Noise(0, 5, (3,)))
        for v in (False, True)
    )
    if adapts(SOLVERS[name]()):  # another first step has other lengths after it
        assert saved.evaluated[0] < plain.evaluated[0]
        return
    assert saved.nfe == plain.nfe - 1
    assert torch.equal(saved.evaluated[1:], plain.evaluated[2:])
    # what is known of the data is its variance, which at σ = 80 is nearly all there is to know
    assert (saved.x[1] - plain.x[1]).abs().max() < 0.1 * plain.x[1].abs().max()


@pytest.mark.parametrize("schedule", [EDM(), VP()], ids=lambda s: s.name)
def test_the_analytic_noise_has_unit_size_and_nears_that_of_unit_data(schedule):
    """ε = x/√(1 + σ²) has unit size; for N(0, 1) it is ε = σ x/(1 + σ²), closer with rising σ."""
    data, ode = Gaussian(torch.zeros(3).double(), torch.ones(3).double()), Ode(DENOISER, schedule)
    for sigma, apart in ((80.0, 1e-4), (5.0, 2.1e-2)):
        t = schedule.time(tensor(sigma)[0])
        x = NOISE * sigma * schedule.scale(t)
        guess = ode.analytic(x, t)
        plain = x / schedule.scale(t)
        torch.testing.assert_close(
            guess.noise, plain / (1 + sigma**2) ** 0.5, rtol=1e-8, atol=1e-10
        )
        exact = (plain - data(plain, sigma)) / sigma
        assert ((guess.noise / exact - 1).abs() < apart).all()
    assert ode.nfe == 0
