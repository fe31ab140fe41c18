"""Errors against a reference: its own accuracy, the error of one step, and the shares."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from explorer.analysis.error import rms, step_errors
from explorer.analysis.reference import adaptive_reference, reference, shortened
from explorer.core.ode import Ode, State
from explorer.core.sampling import Churn, sample
from explorer.core.schedules import EDM, VP
from explorer.core.solvers import DDIM, LMS, SOLVERS, DPMpp, Heun, UniPC
from explorer.core.timesteps import Rho

from ..core.problems import Gaussian, flow, mixture, normal, tensor

DENOISER, NOISE = mixture(), normal(4, 2)
SIGMAS = Rho(sigma_max=20.0, sigma_min=0.05).sigmas(9)
FINE = reference(DENOISER, 20.0 * NOISE, 20.0, 0.05, 201)
TRUTH = FINE.at(SIGMAS)
DETERMINISTIC = [k for k, s in SOLVERS.items() if s.family != "stochastic"]


def errors(solver, schedule=EDM(), sigmas=SIGMAS, truth=TRUTH, **more):
    return step_errors(DENOISER, solver, schedule, sigmas, truth, **more)


def one_step(solver, k, schedule=EDM()):
    """One step from the truth at k with the true past, none of it corrected, by hand."""
    ode, times = Ode(DENOISER, schedule), schedule.time(SIGMAS)
    past = [
        ode.evaluate(TRUTH[i] * schedule.scale(times[i]), times[i])
        for i in range(max(0, k + 1 - solver.memory), k + 1)
    ]
    state = State(tuple(past), len(SIGMAS) - 1 - k, (20.0, 0.05))
    return solver.step(ode, state, times[k + 1])[0] / schedule.scale(times[k + 1])


def shares(solver, schedule=EDM()):
    """The runs one by one: truth up to step k, solver from there on, with the true past."""
    times, n, ends = schedule.time(SIGMAS), len(SIGMAS) - 1, []
    for k in range(n):
        ode, past, carry, x = Ode(DENOISER, schedule), (), None, None
        for i in range(n):
            x = TRUTH[i] * schedule.scale(times[i]) if i <= k else x
            past = (*past, ode.evaluate(x, times[i]))[-solver.memory :]
            state = State(past, n - i, (20.0, 0.05), None, carry)
            if i > k and hasattr(solver, "correct"):
                past = (*past[:-1], solver.correct(ode, state))
                state = state._replace(past=past)
            x, carry = solver.step(ode, state, times[i + 1])
        ends.append(x / schedule.scale(times[-1]))
    moved = torch.stack([rms(a - b) for a, b in zip(ends, [*ends[1:], TRUTH[-1]])])
    return ends, (moved / moved.sum(0)).mean(1)


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_each_share_is_what_replacing_the_step_changes(name):
    solver = SOLVERS[name]()
    ends, expected = shares(solver)
    found = errors(solver)
    assert float(found.share.sum()) == pytest.approx(1, abs=1e-12)
    torch.testing.assert_close(found.share, expected, rtol=1e-9, atol=1e-12)
    # the first of the runs is the solver, from the same start
    run = sample(DENOISER, NOISE, SIGMAS, solver).samples
    torch.testing.assert_close(ends[0], run, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("schedule", [EDM(), VP()], ids=lambda s: s.name)
@pytest.mark.parametrize("solver", [Heun(), LMS(3), DPMpp(3), UniPC(2)], ids=lambda s: s.name)
def test_the_local_error_is_one_step_with_the_true_past(solver, schedule):
    found = errors(solver, schedule)
    for k in range(len(SIGMAS) - 1):
        expected = rms(one_step(solver, k, schedule) - TRUTH[k + 1])
        torch.testing.assert_close(found.local[k], expected, rtol=1e-6, atol=1e-10)


def test_the_local_error_of_lms_3_in_its_formula():
    s, x, k = SIGMAS, TRUTH, 5
    e = [(x[i] - DENOISER(x[i], s[i])) / s[i] for i in (k, k - 1, k - 2)]
    nodes = s[[k, k - 1, k - 2]].numpy()
    weights = []
    for j in range(3):
        p = np.poly1d(
            np.poly(np.delete(nodes, j)) / np.prod(nodes[j] - np.delete(nodes, j))
        ).integ()
        weights.append(p(float(s[k + 1])) - p(float(s[k])))
    step = x[k] + sum(w * v for w, v in zip(weights, e))
    torch.testing.assert_close(errors(LMS(3)).local[k], rms(step - x[k + 1]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("solver", [Heun(), LMS(3), UniPC(3)], ids=lambda s: s.name)
def test_groups_measure_the_same_local_errors(solver):
    alone, grouped = errors(solver), errors(solver, runs=3)
    torch.testing.assert_close(alone.local, grouped.local, rtol=1e-9, atol=1e-12)
    assert float(grouped.share.sum()) == pytest.approx(1, abs=1e-12)
    assert len(grouped.share) == len(SIGMAS) - 1


def test_more_than_32_steps_are_grouped_by_themselves():
    sigmas = Rho(sigma_max=20.0, sigma_min=0.05).sigmas(41)
    truth = FINE.at(sigmas)
    grouped, alone = (errors(LMS(2), sigmas=sigmas, truth=truth, runs=r) for r in (32, 40))
    torch.testing.assert_close(alone.local, grouped.local, rtol=1e-9, atol=1e-12)
    assert float(grouped.share.sum()) == pytest.approx(1, abs=1e-12)


def test_the_analytic_first_step_is_charged_to_the_first_step():
    plain, saved = errors(Heun()), errors(Heun(), afs=True)
    assert torch.equal(plain.local[1:], saved.local[1:])
    assert (saved.local[0] != plain.local[0]).all()


@pytest.mark.parametrize("solver", [LMS(), UniPC()], ids=lambda s: s.name)
def test_new_noise_ends_the_history_here_too(solver):
    churn, noises = Churn(4.0, 0.0, 50.0, 1.0), normal(8, 4, 2, seed=5)
    ours, ddim = (
        errors(s, truth=TRUTH[:1], churn=churn, noise=noises.__getitem__) for s in (solver, DDIM())
    )
    torch.testing.assert_close(ours.local, ddim.local, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(ours.share, ddim.share, rtol=1e-9, atol=1e-12)


def test_with_churn_the_truth_gets_the_same_noise():
    churn, noises = Churn(4.0, 0.0, 50.0, 1.0), normal(8, 4, 2, seed=5)
    found = errors(Heun(), truth=TRUTH[:1], churn=churn, noise=noises.__getitem__)
    x = TRUTH[0]
    for i in range(8):
        sigma = float(SIGMAS[i])
        raised = sigma * (1 + churn.gamma(sigma, 8))
        x = flow(
            DENOISER,
            x + (raised**2 - sigma**2) ** 0.5 * noises[i],
            raised,
            float(SIGMAS[i + 1]),
            30,
        )
        torch.testing.assert_close(found.truth[i + 1], x, rtol=1e-4, atol=1e-4)


def test_the_reference_agrees_with_an_adaptive_method_of_order_8():
    def slope(u, x):
        x = torch.from_numpy(x).reshape(4, 2)
        return (x - DENOISER(x, tensor(float(np.exp(u)))[0])).flatten().numpy()

    start = 80.0 * NOISE
    found = solve_ivp(
        slope,
        np.log([80.0, 0.002]),
        start.flatten().numpy(),
        method="DOP853",
        rtol=1e-9,
        atol=1e-9,
        t_eval=[np.log(1.0), np.log(0.002)],
    )
    assert found.success
    for points, tolerance in ((97, 1e-4), (193, 1e-5), (385, 1e-6)):
        run = reference(DENOISER, start, 80.0, 0.002, points)
        for level, state in zip((1.0, 0.002), found.y.T):
            ours = run.at(tensor(level))[0]
            assert float(rms(ours - torch.from_numpy(state).reshape(4, 2)).max()) < tolerance


@pytest.mark.slow
def test_the_floor_lies_above_the_error_that_the_reference_has():
    """Against the closed form of a Gaussian, and on a mixture against four times as many nodes."""
    points = 97
    data = Gaussian(tensor(0.5, -1.0), tensor(0.25, 2.0))
    start = 80.0 * NOISE
    run = adaptive_reference(data, start, 80.0, 0.002, points)
    off = rms(run.x[-1] - data.flow(start, 80.0, 0.002)).mean()
    assert off < run.floor[-1] < 1e4 * off
    run, fine = (adaptive_reference(DENOISER, start, 80.0, 0.002, n) for n in (points, 385))
    off = rms(run.x[-1] - fine.x[-1]).mean()
    assert off < run.floor[-1] < 1e4 * off and run.floor.shape == run.sigma.shape


def test_between_nodes_the_reference_is_of_order_4():
    def worst(points):
        run = reference(DENOISER, 20.0 * NOISE, 20.0, 0.05, points)
        middle = (run.sigma[:-1] * run.sigma[1:]).sqrt()
        exact = reference(DENOISER, 20.0 * NOISE, 20.0, 0.05, 4 * (points - 1) + 1)
        return float((run.at(middle) - exact.x[2::4]).abs().max())

    coarse, fine = worst(49), worst(97)
    assert fine < 1e-4 and 11 < coarse / fine < 22  # 2⁴ = 16


def test_a_path_known_further_down_is_read_off_at_higher_levels():
    deeper, sigma_min = reference(DENOISER, 80.0 * NOISE, 80.0, 0.001), 0.02
    short, again = (
        shortened(DENOISER, deeper, sigma_min),
        reference(DENOISER, 80.0 * NOISE, 80.0, sigma_min),
    )
    assert torch.equal(short.sigma, again.sigma) and short.x.shape == again.x.shape
    # both are off by the quick reference's own error, some 1e-5 here
    assert rms(short.x[-1] - again.x[-1]).max() < 1e-4
    expected = torch.stack([DENOISER(x, s) for x, s in zip(short.x, short.sigma)])
    torch.testing.assert_close(short.denoised, expected)


def test_the_reference_of_a_gaussian_is_its_closed_form():
    data = Gaussian(tensor(0.5, -1.0), tensor(0.25, 2.0))
    start = 80.0 * NOISE
    run = reference(data, start, 80.0, 0.002, 385)
    levels = tensor(80.0, 20.0, 3.3, 0.4, 0.03, 0.002)
    exact = torch.stack([data.flow(start, 80.0, float(s)) for s in levels])
    torch.testing.assert_close(run.at(levels), exact, rtol=1e-6, atol=1e-6)
    assert torch.equal(run.at(levels, 2), run.at(levels)[:, :2])


def test_the_reference_keeps_its_nodes():
    torch.testing.assert_close(FINE.at(FINE.sigma), FINE.x, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(FINE.at(tensor(99.0, 1e-3)), FINE.x[[0, -1]], rtol=1e-12, atol=1e-12)


def test_unipc_is_measured_as_it_runs_at_either_order_of_its_last_steps():
    for low in (True, False):
        solver = dataclasses.replace(UniPC(3), lower_order_final=low)
        _, expected = shares(solver)
        torch.testing.assert_close(errors(solver).share, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("solver", [Heun(), DPMpp()], ids=["heun", "dpmpp"])
def test_each_step_alone_asks_for_no_run_and_says_what_the_replaced_steps_say(solver):
    """Where the run is known, only the steps that start on the truth are made: n of them."""
    asked = []

    class Counting:
        shape = DENOISER.shape

        def __call__(self, x, sigma):
            asked.append(len(x))
            return DENOISER(x, sigma)

    run = sample(DENOISER, NOISE, SIGMAS, solver, EDM())
    whole = errors(solver)
    alone = step_errors(Counting(), solver, EDM(), SIGMAS, TRUTH, end=run.x[-1])
    assert sum(asked) == len(NOISE) * (len(SIGMAS) - 1) * solver.evaluations
    assert torch.allclose(alone.local, whole.local) and torch.allclose(alone.end, whole.end)
    assert torch.allclose(alone.moved.sum(0), alone.end)  # divided among them, nothing is lost
