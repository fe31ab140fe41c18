"""Measured order: how the error falls with the step, for every solver, from an exact history."""

import inspect

import numpy as np
import pytest
import torch

from explorer.core.sampling import Ode
from explorer.core.schedules import SCHEDULES
from explorer.core.solvers import RK2, SOLVERS, Euler
from explorer.settings import parameters, setting

from .problems import flow, mixture, normal, tensor

START, END, STEPS = 2.0, 1.0, (16, 32, 64)
DENOISER = mixture()
# History is exact, so that a multistep solver shows its own order and not that of its first steps.
# Steps are even in σ, as the fixed weights of iPNDM assume.
BEFORE = 3


def variants():
    """Each solver at its defaults, and at every `order` where that is a setting."""
    for name, cls in SOLVERS.items():
        orders = [p.spec for p in parameters(cls) if p.name == "order" and p.slot is None]
        if not orders:
            yield pytest.param(cls(), id=name)
        for k in range(int(orders[0].low), int(orders[0].high) + 1) if orders else ():
            yield pytest.param(cls(order=k), id=f"{name}-{k}")


def exact(n: int):
    """(levels, states) from BEFORE steps ahead of START on, then START: the past of a solver."""
    h = (END - START) / n
    levels = [START - h * k for k in range(BEFORE, -1, -1)]
    x = flow(DENOISER, START * normal(16, 2), 20.0, START, 200)
    states = [flow(DENOISER, x, START, s, 20) if s != START else x for s in levels]
    return levels, states, x


def error(solver, schedule, n: int) -> float:
    """RMS distance from the exact flow at END after n steps."""
    levels, states, x = exact(n)
    grid = torch.cat([tensor(*levels[:-1]), torch.linspace(START, END, n + 1, dtype=torch.float64)])
    times = schedule.time(grid)
    ode, past = Ode(DENOISER, schedule), []
    for t, state in zip(times[:BEFORE], states):
        past.append(ode.evaluate(state * schedule.scale(t), t))
    x = x * schedule.scale(times[BEFORE])
    for t, t_next in zip(times[BEFORE:-1], times[BEFORE + 1:]):
        past = [*past[-3:], ode.evaluate(x, t)]
        x = solver.step(ode, past, t_next)
    truth = flow(DENOISER, states[-1], START, END, 200)
    return float((x / schedule.scale(times[-1]) - truth).square().mean().sqrt())


def order(solver, schedule) -> float:
    """The fitted slope of log error against log step."""
    errors = [error(solver, schedule, n) for n in STEPS]
    return -np.polyfit(np.log(STEPS), np.log(errors), 1)[0]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("solver", list(variants()))
def test_order(solver, schedule):
    if not solver.needs_schedule and schedule != "edm":
        pytest.skip("works in σ: the schedule changes nothing (test_identities)")
    assert order(solver, SCHEDULES[schedule]()) == pytest.approx(solver.order, abs=0.15)


@pytest.mark.parametrize("alpha", [0.3, 2 / 3, 1.0])
def test_every_member_of_the_two_stage_family_has_order_2(alpha):
    assert order(RK2(alpha=alpha), SCHEDULES["vp"]()) == pytest.approx(2, abs=0.15)


@setting
class WrongWeight(RK2):
    """RK2 with 1/(2α) replaced by 1/(1.9α)."""

    def step(self, ode, past, t_next):
        here, h = past[-1], t_next - past[-1].t
        d = ode.velocity(here)
        there = ode.evaluate(here.x + self.alpha * h * d, here.t + self.alpha * h)
        weight = 1 / (1.9 * self.alpha)
        return here.x + h * ((1 - weight) * d + weight * ode.velocity(there))


@setting
class WrongPlace(RK2):
    """RK2 whose second evaluation is made at the right state and the wrong time."""

    def step(self, ode, past, t_next):
        here, h = past[-1], t_next - past[-1].t
        d = ode.velocity(here)
        there = ode.evaluate(here.x + self.alpha * h * d, here.t)
        weight = 1 / (2 * self.alpha)
        return here.x + h * ((1 - weight) * d + weight * ode.velocity(there))


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("wrong", [WrongWeight(), WrongPlace()], ids=["weight", "place"])
def test_the_order_check_finds_a_wrong_coefficient(wrong, schedule):
    assert abs(order(wrong, SCHEDULES[schedule]()) - 2) > 0.3


def test_a_wrong_schedule_derivative_shows_in_the_order():
    class Slanted(SCHEDULES["vp"]):
        def sigma_dot(self, t):
            return 1.02 * super().sigma_dot(t)

    assert abs(order(Euler(), Slanted()) - 1) > 0.3


def test_every_solver_says_what_it_is():
    for name, cls in SOLVERS.items():
        solver = cls()
        assert cls.name == name and inspect.getdoc(cls) and solver.card
        assert solver.order >= 1 and solver.evaluations >= 1
        assert solver.family in {"one-step", "multistep", "learned", "stochastic"}
