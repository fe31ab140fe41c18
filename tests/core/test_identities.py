"""Methods that are the same method."""

import dataclasses
import functools
import itertools

import pytest
import torch

from explorer.core.sampling import Churn, Noise, sample
from explorer.core.schedules import EDM, SCALINGS, SCHEDULES, VE, VP
from explorer.core.solvers import (
    DDIM,
    DEIS,
    DPM2,
    IPNDM,
    IPNDMV,
    LMS,
    RK2,
    SOLVERS,
    DPMpp,
    DPMpp2S,
    DPMppSDE,
    Euler,
    EulerAncestral,
    Heun,
    UniPC,
)
from explorer.core.solvers.exponential import threshold
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
    for i, (t, t_next) in enumerate(itertools.pairwise(sigmas)):
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


@functools.cache
def in_sigma(name):
    """The runs over both grids without a schedule."""
    noises = normal(24, 5, 3, seed=3)
    return [
        sample(DENOISER, NOISE, grid, SOLVERS[name](), noises=noises)
        for grid in (GRID, TO_SIGMA_MIN)
    ]


EVERY_SCHEDULE = [cls(scaling=v) for cls in SCHEDULES.values() for v, _ in SCALINGS]


@pytest.mark.parametrize("schedule", EVERY_SCHEDULE, ids=str)
@pytest.mark.parametrize("name", [k for k, s in SOLVERS.items() if not s.needs_schedule])
def test_solvers_in_sigma_ignore_the_schedule(name, schedule):
    for grid, known in zip((GRID, TO_SIGMA_MIN), in_sigma(name)):
        noises = normal(24, 5, 3, seed=3)
        made = sample(DENOISER, NOISE, grid, SOLVERS[name](), schedule, noises=noises)
        same(made, known, 1e-8)  # σ → t → σ costs digits at σ_min


@pytest.mark.parametrize("name", [k for k, s in SOLVERS.items() if s.needs_schedule])
def test_solvers_in_time_depend_on_the_schedule(name):
    a, b = (sample(DENOISER, NOISE, TO_SIGMA_MIN, SOLVERS[name](), s) for s in (EDM(), VP()))
    assert (a.samples - b.samples).abs().max() > 1e-3


@pytest.mark.parametrize("name", SOLVERS)
def test_churn_of_0_changes_nothing(name):
    quiet = Churn(0.0, 0.0, 1e9, 1.1)
    a, b = (
        sample(DENOISER, NOISE, GRID, SOLVERS[name](), churn=churn, noises=Noise(0, 5, (3,)))
        for churn in (Churn(), quiet)
    )
    assert torch.equal(a.x, b.x) and torch.equal(a.samples, b.samples)


@pytest.mark.parametrize("name", SOLVERS)
def test_a_sample_does_not_know_its_batch(name):
    whole, first = (
        sample(DENOISER, NOISE[:k], GRID, SOLVERS[name](), noises=Noise(0, k, (3,))) for k in (5, 2)
    )
    torch.testing.assert_close(whole.samples[:2], first.samples, rtol=1e-12, atol=1e-12)


def test_scaling_changes_euler_and_not_the_exact_flow():
    fine = Rho().sigmas(2000)
    for n, apart in ((12, True), (2000, False)):
        grid = TO_SIGMA_MIN if n == 12 else fine
        a, *others = (
            sample(DENOISER, NOISE[:1], grid, Heun(), dataclasses.replace(EDM(), scaling=v))
            for v, _ in SCALINGS
        )
        for b in others:
            assert ((a.samples - b.samples).abs().max() > 1e-4) == apart


class Predictor(UniPC):
    """UniPC without its corrector."""

    def correct(self, ode, state):
        return state.here


ORDER_1 = [
    DPMpp(1),
    DPMpp(1, "eps"),
    Predictor(1),
    Predictor(1, "bh1", "eps"),
    DEIS(1),
    DEIS(1, "rhoab"),
    IPNDM(1),
    IPNDMV(1),
    LMS(1),
    EulerAncestral(0.0),
]


@pytest.mark.parametrize("solver", ORDER_1, ids=repr)
def test_ddim_is_order_1_of_every_family(solver):
    for grid in (GRID, TO_SIGMA_MIN):
        same(sample(DENOISER, NOISE, grid, solver), sample(DENOISER, NOISE, grid, DDIM()), 1e-11)


def test_dpm_solver_2_at_r_1_is_heun_without_the_tail():
    same(
        sample(DENOISER, NOISE, TO_SIGMA_MIN, DPM2(1.0)),
        sample(DENOISER, NOISE, TO_SIGMA_MIN, Heun()),
        1e-11,
    )


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_deis_in_sigma_is_lms_and_ipndm_v(order):
    lms = sample(DENOISER, NOISE, GRID, LMS(order))
    for solver in (IPNDMV(order), DEIS(order, "rhoab")):
        same(sample(DENOISER, NOISE, GRID, solver), lms)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_ipndm_is_lms_on_even_steps(order):
    even = torch.linspace(10.0, 0.5, 12, dtype=torch.float64)
    same(*(sample(DENOISER, NOISE, even, s) for s in (IPNDM(order), LMS(order))), 1e-10)
    a, b = (sample(DENOISER, NOISE, TO_SIGMA_MIN, s) for s in (IPNDM(order), LMS(order)))
    assert ((a.samples - b.samples).abs().max() > 1e-3) == (order > 1)


@pytest.mark.parametrize("order, prediction", [(2, "x0"), (2, "eps"), (3, "x0"), (3, "eps")])
def test_bh1_and_bh2_differ_by_less_than_their_error(order, prediction):
    """Where the system is solved in full B(h) drops out: only the predictor of order 2, whose ½ is
    a limit, and the corrector of order 1 know it."""
    grids = [torch.linspace(2.0, 1.0, n + 1, dtype=torch.float64) for n in (16, 32)]
    far = [
        max(
            float(
                (
                    sample(DENOISER, NOISE, g, UniPC(order, a, prediction, False)).samples
                    - sample(DENOISER, NOISE, g, UniPC(order, "bh2", prediction, False)).samples
                )
                .abs()
                .max()
            )
            for a in ("bh1",)
        )
        for g in grids
    ]
    assert far[1] < far[0] / 3.5 and far[1] < 1e-4


def test_dpmpp_sde_without_noise_is_2m():
    """From the second step on with its memory; the first step is DDIM's."""
    for grid in (GRID, TO_SIGMA_MIN):
        same(
            sample(DENOISER, NOISE, grid, DPMppSDE(0.0)),
            sample(DENOISER, NOISE, grid, DPMpp(2, lower_order_final=False)),
            1e-11,
        )
    first = GRID[:2]
    same(sample(DENOISER, NOISE, first, DPMppSDE(0.0)), sample(DENOISER, NOISE, first, DDIM()))


@pytest.mark.parametrize("cls", [DPMpp, UniPC, DPMpp2S])
def test_thresholding_changes_nothing_where_it_is_inactive(cls):
    small = mixture(d=3)
    small.means.mul_(0.02)  # data well inside [−1, 1]

    def inside(x, sigma):
        return small(x, sigma).clamp(-1, 1)

    for denoiser, active in ((inside, False), (DENOISER, True)):
        on, off = (
            sample(denoiser, NOISE, TO_SIGMA_MIN, cls(thresholding=v)) for v in (True, False)
        )
        assert torch.equal(on.samples, off.samples) != active


def test_thresholding_clips_and_divides_by_the_quantile():
    x = normal(3, 4, 5, seed=2) * tensor(0.1, 1.0, 30.0).reshape(3, 1, 1)
    clean = threshold(x)
    assert torch.equal(clean[0], x[0]) and float(clean.abs().max()) == 1.0
    q = torch.quantile(x[2].abs().flatten(), 0.995)
    torch.testing.assert_close(clean[2], (x[2] / q).clamp(-1, 1), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cls, order", [(DPMpp, 2), (DPMpp, 3), (UniPC, 2), (UniPC, 3)])
def test_lower_orders_at_the_end_change_only_the_last_steps(cls, order):
    low, full = (
        sample(DENOISER, NOISE, TO_SIGMA_MIN, cls(order, lower_order_final=v))
        for v in (True, False)
    )
    steps = len(TO_SIGMA_MIN) - 1
    same_until = steps - order + 1  # the step before the last order − 1 is the last in full
    assert torch.equal(low.x[: same_until + 1], full.x[: same_until + 1])
    assert all((low.x[i] != full.x[i]).any() for i in range(same_until + 1, steps + 1))


def test_lower_orders_at_the_end_finish_with_ddim():
    run = sample(DENOISER, NOISE, TO_SIGMA_MIN, DPMpp(3))
    here, sigma, sigma_next = run.x_hat[-1], *TO_SIGMA_MIN[-2:]
    expected = sigma_next / sigma * here + (1 - sigma_next / sigma) * run.denoised[-1]
    torch.testing.assert_close(run.samples, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "schedule", [EDM(), VE(), VP(), VP.fitted(0.002, 80.0)], ids=["edm", "ve", "vp", "fitted"]
)
def test_alpha_above_1_never_looks_below_half_the_level_it_steps_to(schedule):
    """Steps this long would reach σ < 0, where no schedule and no network has an answer."""
    levels = tensor(80.0, 4.0, 0.2, 0.01, 0.002)
    made = sample(DENOISER, NOISE, levels, RK2(alpha=1.5), schedule)
    between = made.evaluated[1::2]
    assert bool((between >= levels[1:] / 2 * (1 - 1e-6)).all())  # VP's time of a level rounds
    assert bool((between < levels[1:]).all()) and bool(made.samples.isfinite().all())
