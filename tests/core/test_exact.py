"""Flows known in closed form, and the numbers the published code gives on two Diracs."""

import pytest
import torch

from explorer.core import schedules, timesteps
from explorer.core.sampling import sample
from explorer.core.schedules import SCALINGS, SCHEDULES
from explorer.core.solvers import DDIM, RK2, Euler, Heun

from .problems import Gaussian, diracs, flow, normal, tensor

GAUSSIAN = Gaussian(tensor(0.5, -1.0, 0.0), tensor(1e-4, 0.25, 4.0))
EVERY = [cls(scaling=scaling) for cls in SCHEDULES.values() for scaling, _ in SCALINGS]


@pytest.mark.parametrize("schedule", EVERY, ids=str)
def test_heun_follows_the_exact_path_of_a_gaussian(schedule):
    """The coefficient along an eigenvector goes as √(σ² + λ), on every schedule and scaling."""
    noise, n = normal(4, 3), 400
    sigmas = timesteps.Rho().sigmas(n)
    result = sample(GAUSSIAN, noise, sigmas, Heun(), schedule)
    for i in (100, 200, 300, 399):
        exact = GAUSSIAN.flow(80 * noise, 80.0, float(sigmas[i]))
        away = (result.x[i] - exact).abs().max() / (sigmas[i] ** 2 + 0.25).sqrt()
        assert away < (3e-2 if schedule.name == "ve" else 2e-3)  # steps even in σ suit t = σ² less


def test_rk4_reference_is_exact_on_a_gaussian():
    x = 20.0 * normal(4, 3)
    torch.testing.assert_close(
        flow(GAUSSIAN, x, 20.0, 0.01), GAUSSIAN.flow(x, 20.0, 0.01), rtol=1e-6, atol=1e-6
    )


def cdf(x, sigma):
    return (torch.special.ndtr((x - 1) / sigma) + torch.special.ndtr((x + 1) / sigma)) / 2


def level_set(start, high: float, low: float) -> torch.Tensor:
    """The point at σ = low with as much mass to its left as `start` has at σ = high; bisection."""
    mass, a, b = cdf(start, high), torch.full_like(start, -50), torch.full_like(start, 50)
    for _ in range(100):
        middle = (a + b) / 2
        a, b = (
            torch.where(cdf(middle, low) < mass, middle, a),
            torch.where(cdf(middle, low) < mass, b, middle),
        )
    return (a + b) / 2


LEVELS = {
    1.0: (0.0164856500, 1.0865896777),
    0.3: (0.2771669991, 1.0120640511),
    0.002: (0.9951801673, 1.0000804270),
}


@pytest.mark.parametrize("sigma, expected", LEVELS.items())
def test_the_flow_of_two_diracs_keeps_the_mass_on_each_side(sigma, expected):
    start = 80 * tensor(0.01, 0.7)
    torch.testing.assert_close(level_set(start, 80.0, sigma), tensor(*expected), rtol=0, atol=1e-9)
    ours = flow(diracs(), start[:, None], 80.0, sigma, 600).flatten()
    torch.testing.assert_close(ours, tensor(*expected), rtol=0, atol=2e-7)


PUBLISHED = {  # final x at σ = 0.002 for z = .01 and .7 with 6 and 11 levels, ρ = 7
    Euler(): (0.9062183124, 0.9788284919, 0.9927714826, 0.9986581012),
    DDIM(): (0.9062183124, 0.9788284919, 0.9927714826, 0.9986581012),
    Heun(): (1.0940474326, 0.9954793779, 1.0041651705, 1.0009003685),
}


@pytest.mark.parametrize("solver", PUBLISHED, ids=lambda s: s.name)
def test_published_end_points_on_two_diracs(solver):
    few, many = (
        sample(diracs(), tensor([0.01], [0.7]), timesteps.Rho().sigmas(k), solver) for k in (6, 11)
    )
    got = torch.cat([torch.stack([few.samples[i], many.samples[i]]) for i in (0, 1)]).flatten()
    torch.testing.assert_close(got, tensor(*PUBLISHED[solver]), rtol=0, atol=6e-11)
    assert (few.nfe, many.nfe) == (5 * solver.evaluations, 10 * solver.evaluations)


VP_ENDS = schedules.VP().sigma(tensor(1.0, 1e-3)).tolist()
TAILS = {  # solver, grid, schedule -> final x at σ = 0 from z = .01 with N = 6 and 18
    "euler vp/vp": (Euler(), timesteps.VP(*VP_ENDS), schedules.VP(), 0.5571166939, 0.9519786869),
    "heun edm/vp": (
        Heun(),
        timesteps.Rho(),
        schedules.VP.fitted(0.002, 80.0),
        1.2889542641,
        1.0026850707,
    ),
    "euler ve/ve": (Euler(), timesteps.VE(), schedules.VE(), 0.8104503427, 0.9347267023),
    "heun edm/ve": (Heun(), timesteps.Rho(), schedules.VE(), -1594.8312099555, 1.0002327540),
}


@pytest.mark.parametrize("name", TAILS)
def test_published_end_points_of_other_schedules(name):
    solver, grid, schedule, *expected = TAILS[name]
    for n, value in zip((6, 18), expected):
        sigmas = torch.cat([grid.sigmas(n), tensor(0.0)])
        end = float(sample(diracs(), tensor([0.01]), sigmas, solver, schedule).samples)
        assert end == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("n", [6, 18])
def test_the_euler_tail_returns_the_denoised_point(n):
    """On σ = t the last step lands on D, which for two Diracs is ±1: it hides every error."""
    sigmas = torch.cat([timesteps.Rho().sigmas(n), tensor(0.0)])
    for solver in (Euler(), DDIM(), Heun(), RK2(alpha=0.5)):
        result = sample(diracs(), tensor([0.01], [0.7]), sigmas, solver)
        assert torch.equal(result.samples.abs(), tensor([1.0], [1.0]))
        assert torch.equal(result.samples, result.denoised[-1])
