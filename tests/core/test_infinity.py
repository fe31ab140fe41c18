"""Runs that begin in pure noise, σ = ∞: finite, right, and of the order that is said."""

import dataclasses
import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core import infinity, tables
from explorer.core.denoisers import Gaussian, Mixture
from explorer.core.ode import makes_noise
from explorer.core.sampling import Churn, Restart, sample
from explorer.core.schedules import EDM, SCALINGS, SCHEDULES, Flow
from explorer.core.solvers import DDIM, SOLVERS, Euler, Heun
from explorer.core.timesteps import Custom, FlowSized, Rho
from explorer.core.timesteps import Flow as FlowTimes
from explorer.errors import UserError

from ..rows import each
from .problems import mixture, normal, tensor

D = mixture()
NOISE = normal(64, 2, seed=3)
GAUSS = Gaussian(tensor(0.5, -1.0), tensor(0.25, 4.0), torch.eye(2, dtype=torch.float64))
EVERY = [cls() for cls in SCHEDULES.values()]
EVERY += [Flow(scaling=v) for v, _ in SCALINGS if v != "flow"]
SIMPLE = {n: c for n, c in SOLVERS.items() if c.family != "learned"}


def times(n: int, last: float = 0.05, alpha: float = 1.0):
    """σ of n even steps in flow time from 1 to `last`, (n + 1,)."""
    t = 1 + torch.arange(n + 1, dtype=torch.float64) / n * (last - 1)
    return alpha * t / (1 - t)


def end(solver, n: int, schedule=EDM(), denoiser=D):
    return sample(denoiser, NOISE, times(n), solver, schedule).samples


def true_end(denoiser, sigma: float):
    """Of paths that begin at ∞: RK4 in flow time in 600 steps, which nothing here uses."""
    n, x = 600, NOISE
    h = (tables.flow_time(sigma) - 1) / n
    slope = lambda x, t: (
        (
            x
            - denoiser(
                x / (1 - t) if t < 1 else x, torch.tensor(t / (1 - t) if t < 1 else math.inf)
            )
        )
        / t
    )
    for i in range(n):
        t = 1 + i * h
        k1 = slope(x, t)
        k2 = slope(x + h / 2 * k1, t + h / 2)
        k3 = slope(x + h / 2 * k2, t + h / 2)
        x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(x + h * k3, t + h))
    return x / (1 - float(tables.flow_time(sigma)))


TRUTH = true_end(D, float(times(1)[-1]))


def off(solver, n: int, schedule=EDM()) -> float:
    return float((end(solver, n, schedule) - TRUTH).square().mean().sqrt())


@pytest.mark.parametrize("alpha", [0.3, 1.0, 3.0, 17.0])
def test_euler_in_flow_time_is_ddim(alpha):
    for grid in (times(20, 0.05, alpha), torch.cat([times(7, 0.1, alpha), tensor(0.0)])):
        in_time = sample(D, NOISE, grid, Euler(), Flow())
        in_sigma = sample(D, NOISE, grid, DDIM(), EDM())
        # x is up to 1000 at the place of ∞, and loses 1e-13 there
        torch.testing.assert_close(in_time.samples, in_sigma.samples, rtol=0, atol=1e-12)
        torch.testing.assert_close(in_time.x[1:], in_sigma.x[1:], rtol=1e-12, atol=1e-12)
        finite = grid[1:] if math.isinf(grid[0]) else grid
        a, b = (
            sample(D, NOISE, finite, s, c).samples for s, c in ((Euler(), Flow()), (DDIM(), EDM()))
        )
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


def test_heun_in_flow_time_is_not_heun_in_sigma_but_both_have_order_2():
    """In flow time the first step is Heun's too; in σ it is DDIM's, whose defect is of order 2 in
    t: a first step alone does not lower the order of a run of order 1, so it is 1.5 to 2 there."""
    orders = {}
    for schedule in (Flow(), EDM()):
        errors = [off(Heun(), n, schedule) for n in (40, 80, 160)]
        orders[schedule.name] = [math.log2(a / b) for a, b in pairwise(errors)]
    assert min(orders["flow"]) > 1.8, orders
    assert min(orders["edm"]) > 1.4, orders
    apart = (end(Heun(), 20, Flow()) - end(Heun(), 20)).abs().max()
    assert apart > 1e-3


def test_euler_has_order_1_from_infinity():
    errors = [off(Euler(), n, Flow()) for n in (80, 160, 320)]
    assert all(0.8 < math.log2(a / b) < 1.3 for a, b in pairwise(errors)), errors


def test_a_shift_multiplies_the_list():
    plain, shifted = FlowTimes(1.0).sigmas(12), FlowTimes(3.0).sigmas(12)
    torch.testing.assert_close(shifted, 3 * plain)
    t = torch.from_numpy(tables.shifted(1 - torch.arange(12).double() / 12, 3.0))
    torch.testing.assert_close(t / (1 - t), shifted)
    assert FlowSized(side=1024).alpha == pytest.approx(math.exp(1.15))
    torch.testing.assert_close(
        FlowSized(side=256).sigmas(5), math.exp(0.5) * FlowTimes(1.0).sigmas(5)
    )


def test_every_solver_on_every_schedule_begins_in_pure_noise():
    def check(row):
        name, schedule = row
        solver = SIMPLE[name]()
        noises = normal(16, 64, 2, seed=9) if makes_noise(solver) else None
        run = sample(D, NOISE, torch.cat([times(6), tensor(0.0)]), solver, schedule, noises=noises)
        assert run.pure and float(run.sigma[0]) == infinity.PLACE
        for v in (
            run.x,
            run.x_hat,
            run.denoised,
            run.noise,
            run.sigma,
            run.sigma_hat,
            run.evaluated,
        ):
            assert bool(torch.isfinite(v).all())
        assert run.x.abs().max() < 1e4 and run.samples.abs().max() < 4
        torch.testing.assert_close(run.denoised[0], D.mean.expand(64, 2))
        torch.testing.assert_close(run.noise[0], NOISE)

    each([(n, s) for n in SIMPLE for s in EVERY], check)


@pytest.mark.parametrize("name", [n for n in SIMPLE if not makes_noise(SIMPLE[n]())])
def test_the_first_step_is_that_of_ddim(name):
    """What a multistep solver does at ∞: nothing else is the limit of its formula."""
    run = sample(D, NOISE, tensor(math.inf, 9.0, 3.0), SIMPLE[name]())
    torch.testing.assert_close(run.x[1], D.mean + 9 * NOISE)


def test_a_start_at_infinity_is_the_limit_of_finite_starts():
    for solver in (DDIM(), Heun(), SOLVERS["dpmpp"]()):
        grid = times(10)
        infinite = sample(D, NOISE, grid, solver, Flow()).samples
        apart = []
        for top in (1e3, 1e5):
            grid[0] = top
            apart.append(
                float((sample(D, NOISE, grid, solver, Flow()).samples - infinite).abs().max())
            )
        # a finite start misses the mean of the data: order 1 in 1/σ; DPM-Solver++ also looks back
        # over the first step, by one part in ln σ of it
        assert apart[1] < 2e-3 and apart[1] < apart[0], type(solver).__name__


def test_true_paths_from_infinity():
    x = infinity.true_state(GAUSS, NOISE, 1000.0)
    exact = GAUSS.mean + NOISE * (1000.0**2 + tensor(0.25, 4.0)).sqrt()
    torch.testing.assert_close(x, exact, rtol=1e-13, atol=1e-10)
    line = infinity.answer(GAUSS, NOISE) + 1000 * NOISE
    assert (line - exact).abs().max() > 1e-3, "the straight line is another"


@pytest.mark.parametrize(
    "denoiser",
    [
        D,
        GAUSS,
        Mixture(normal(4, 2), tensor(0.1, 0.2, 0.3, 0.4), tensor(0.1, 0.2, 0.3, 0.4)),
        Mixture(normal(4, 1, 2, 2), 0.0),
        Gaussian.fit(normal(3, 1, 4, 4)),
    ],
)
def test_exact_denoisers_answer_pure_noise_with_the_mean_of_the_data(denoiser):
    x = normal(5, *denoiser.shape, seed=8)
    found = denoiser(x, math.inf)
    assert found.shape == x.shape
    far = denoiser(1e9 * x, torch.tensor(1e9, dtype=torch.float64))
    torch.testing.assert_close(found, far, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(found[0], found[1])


def test_churn_restart_and_the_analytic_step_go_along():
    grid = torch.cat([times(8), tensor(0.0)])
    noises = lambda i: normal(64, 2, seed=100 + i)
    churned = sample(D, NOISE, grid, Heun(), Flow(), Churn(40.0, 0.0, 1e9), noises)
    assert churned.sigma_hat[0] == pytest.approx(1000.0), "there is no more noise than ∞"
    assert churned.sigma_hat[1] > churned.sigma[1]
    again = sample(D, NOISE, grid, DDIM(), EDM(), noises=noises, restart=Restart(2, 3, 0.5, 2.0))
    assert bool(again.samples.isfinite().all()) and again.nfe == 9 + 2 * 3
    analytic = sample(D, NOISE, grid, DDIM(), afs=True)
    assert analytic.nfe == 8
    torch.testing.assert_close(analytic.x[1], grid[1] * NOISE)  # D = 0 where all is noise
    denoised = sample(D, NOISE, times(8), Heun(), Flow(), denoise=True)
    assert denoised.sigma[-1] == 0 and bool(denoised.samples.isfinite().all())


def test_who_has_no_answer_to_pure_noise_says_so():
    class Naive:
        shape = (2,)

        def __call__(self, x, sigma):
            return x / (1 + sigma**2) * sigma / sigma

    with pytest.raises(UserError, match="no answer to pure noise.* finite level such as 80"):
        sample(Naive(), NOISE, tensor(math.inf, 1.0, 0.1), DDIM())


def test_the_level_that_stands_for_infinity_lies_above_the_next():
    assert infinity.place([math.inf, 34.0, 1.0]) == 1000
    assert infinity.place([math.inf, 999.0]) == 1000
    assert infinity.place([math.inf, 1000.0]) == 10_000
    assert infinity.place([math.inf, 2345.0]) == 10_000
    sigma = tensor(5.0, 1.0)
    assert infinity.placed(sigma) == (sigma, False)


# ---- the grids -----------------------------------------------------------------------------------


@given(
    st.floats(0.011, 99),
    st.sampled_from([1.0, 0.99, 0.7, 0.31]),
    st.sampled_from([0.0, 0.001, 0.1]),
    st.integers(1, 200),
)
@settings(max_examples=60, deadline=None)
def test_flow_times_fall_from_their_start(shift, t_max, t_min, n):
    grid = FlowTimes(shift, t_max, t_min)
    sigmas = grid.sigmas(n)
    assert sigmas.shape == (n,) and (sigmas.diff() < 0).all() and (sigmas > 0).all()
    assert math.isinf(sigmas[0]) == grid.pure == (t_max == 1)
    if not grid.pure:
        assert float(sigmas[0]) == pytest.approx(grid.sigma_max)
    if t_min and n > 1:
        assert float(sigmas[-1]) == pytest.approx(grid.sigma_min)
    elif n > 1:
        assert float(tables.flow_time(sigmas[-1] / shift)) == pytest.approx(t_max / n)


def test_flow_times_within_what_a_network_knows():
    grid = FlowTimes(1.0).within(0.02, 80.0)
    sigmas = grid.sigmas(200)
    assert not grid.pure and float(sigmas[0]) == pytest.approx(80.0)
    assert len(sigmas) < 200 and 0.02 <= float(sigmas[-1]) < 0.03
    assert FlowTimes(1.0).within(0.02, math.inf).pure
    assert FlowTimes(1.0, 0.9).within(0.0, 80.0) == FlowTimes(1.0, 0.9)


def test_flow_times_that_cannot_work_are_refused():
    each(
        [
            lambda: FlowTimes(0.0),
            lambda: FlowTimes(1.0, 0.3, 0.2, 9.0),
            lambda: FlowSized(side=2048, base_tokens=4095),
            lambda: FlowSized(base_tokens=300, max_tokens=300),
        ],
        refused,
    )


def refused(make):
    with pytest.raises(UserError):
        make()


def test_a_list_may_begin_with_infinity():
    grid = Custom((math.inf, 9.0, 1.0, 0.0))
    assert grid.pure and grid.sigma_max == 1000 and grid.sigmas().tolist() == [math.inf, 9.0, 1.0]
    assert Custom((math.inf, 9.0, 1.0)).within(0.1, 5.0).levels == (5.0, 1.0)
    assert not Rho().pure and dataclasses.replace(grid, levels=(9.0, 1.0)).pure is False
    for levels in (
        (9.0, math.inf, 1.0),
        (math.inf, math.inf, 1.0),
        (math.inf, 2000.0, 1.0),
        (math.inf,),
    ):
        with pytest.raises(UserError):
            Custom(levels)
