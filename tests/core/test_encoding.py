"""The ODE upwards, against the flow in closed form and against the way down."""

import math

import pytest
import torch

from explorer.core.encoding import decode, encode, goes_up, interpolated
from explorer.core.sampling import sample
from explorer.core.schedules import EDM, VE, VP
from explorer.core.solvers import DDIM, RK2, SOLVERS, EulerMaruyama, Heun
from explorer.core.timesteps import Rho
from explorer.errors import UserError

from .problems import Gaussian, mixture, normal, tensor

DATA = Gaussian(tensor(0.5, -1.0, 2.0), tensor(0.25, 1.0, 4.0))
X = DATA.mean + normal(5, 3)
UP = [name for name, solver in SOLVERS.items() if goes_up(solver)]


def grid(n: int):
    return Rho(7.0, 20.0, 0.05).sigmas(n)


@pytest.mark.parametrize("schedule", [EDM(), VE(), VP()], ids=lambda s: s.name)
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] * (n == "adaptive")) for n in UP]
)
def test_the_latent_nears_that_of_the_flow_with_the_solvers_order(name, schedule):
    solver, truth = SOLVERS[name](), DATA.flow(X, 0.05, 20.0)
    errors = [
        float((encode(DATA, X, grid(n), solver, schedule) - truth).abs().max()) for n in (161, 321)
    ]
    order = math.log2(errors[0] / errors[1])
    assert order > solver.order - 0.25  # on Gaussians the midpoint rule does better


@pytest.mark.parametrize("name", UP)
def test_the_way_down_leads_back(name):
    solver = SOLVERS[name]()
    missed = [
        float((decode(DATA, encode(DATA, X, g, solver), g, solver) - X).abs().max())
        for g in (grid(17), grid(65))
    ]
    assert missed[1] < 0.35 * missed[0] and missed[1] < 0.2


def test_down_is_what_sampling_does():
    latent, levels = 20 * normal(5, 3), grid(9)
    torch.testing.assert_close(
        decode(DATA, latent, levels, Heun()),
        sample(DATA, latent / levels[0], levels, Heun()).samples,
        rtol=1e-12,
        atol=1e-12,
    )


def test_one_step_up_is_its_formula():
    data, levels = mixture(d=3), tensor(3.0, 0.5)
    x = normal(4, 3)
    slope = (x - data(x, levels[1])) / 0.5
    torch.testing.assert_close(encode(data, x, levels, DDIM()), x + 2.5 * slope)
    there = x + 1.2 * 2.5 * slope  # α = 1.2: beyond the end, upwards as it comes
    beyond = (there - data(there, tensor(3.5)[0])) / 3.5
    ours = encode(data, x, levels, RK2(alpha=1.2))
    torch.testing.assert_close(ours, x + 2.5 * ((1 - 1 / 2.4) * slope + beyond / 2.4))


def test_interpolation_keeps_to_the_shell():
    a, b = normal(400), 3 * normal(400, seed=1)
    way = interpolated(a, b, 9)
    torch.testing.assert_close(way[0], a)
    torch.testing.assert_close(way[-1], b)
    unit = interpolated(a / a.norm(), b / b.norm(), 9).norm(dim=1)
    torch.testing.assert_close(unit, torch.ones_like(unit))
    torch.testing.assert_close(interpolated(a, 2 * a, 3)[1], 1.5 * a)


@pytest.mark.parametrize("name", [n for n in SOLVERS if n not in UP])
def test_a_solver_that_cannot_go_up_is_named(name):
    with pytest.raises(UserError, match="cannot run upwards"):
        encode(DATA, X, grid(9), SOLVERS[name]())


@pytest.mark.parametrize("levels", [(5.0, 1.0, 0.0), (1.0, 5.0), (5.0,)])
def test_levels_that_do_not_fall_to_sigma_min_are_named(levels):
    with pytest.raises(UserError, match="fall to σ_min > 0"):
        encode(DATA, X, tensor(*levels), Heun())


def test_it_can_be_stopped():
    def watch():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode(DATA, X, grid(9), Heun(), watch=watch)
    assert EulerMaruyama().makes_noise
