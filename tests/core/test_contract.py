"""The contract of a solver: State and step, by hand, and for a solver like none that is listed."""

import doctest
from functools import partial
from itertools import pairwise

import pytest
import torch

from explorer.analysis.error import step_errors
from explorer.analysis.truncation import local_truncation
from explorer.core import solvers
from explorer.core.loop import steps
from explorer.core.ode import Corrects, Ode, State, draws, nominal_order
from explorer.core.rows import mapped
from explorer.core.sampling import Churn, Restart, sample
from explorer.core.schedules import SCHEDULES
from explorer.core.solvers import SOLVERS, UniPC
from explorer.core.timesteps import Rho

from ..toy_solver import Kutta3
from .problems import mixture, normal

DENOISER, NOISE = mixture(), normal(6, 2)
NOISES = normal(30, 6, 2)
GRID = Rho(sigma_max=20.0, sigma_min=0.05).sigmas(10)


def by_hand(solver):
    """The lines of the package's docstring."""
    lines = doctest.DocTestParser().get_examples(solvers.__doc__)
    names = {"denoiser": DENOISER, "noise": NOISE, "noises": NOISES, "sigmas": GRID}
    names |= {"solver": solver, "Ode": Ode, "State": State, "Corrects": Corrects}
    names |= {"pairwise": pairwise, "draws": draws, "partial": partial}
    for line in lines:
        exec(line.source, names)
    assert sum(line.source.count("\n") for line in lines) <= 10
    return names["x"], names["ode"].nfe


@pytest.mark.parametrize("solver", [*(cls() for cls in SOLVERS.values()), Kutta3(0.1)], ids=repr)
def test_every_solver_can_be_stepped_by_hand(solver):
    run = sample(DENOISER, NOISE, GRID, solver, noises=NOISES)
    x, nfe = by_hand(solver)
    assert torch.equal(x, run.samples) and nfe == run.nfe


@pytest.mark.parametrize("last", [True, False], ids=["to 0", "above 0"])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_solver_of_three_evaluations_is_counted_as_such(schedule, last):
    grid = torch.cat([GRID, GRID.new_zeros(1)]) if last else GRID
    run = sample(DENOISER, NOISE, grid, Kutta3(0.1), SCHEDULES[schedule]())
    assert run.nfe == 27 + last


def test_a_long_memory_is_cut_by_new_noise_only():
    """Kutta3 itself asserts how many points it gets: all since its path was broken, at most six."""
    more = {"churn": Churn(20.0, 0.2, 2.0), "restart": Restart(2, 3, 0.3, 2.0)}
    draw = lambda i: NOISES[i % len(NOISES)]
    run = sample(DENOISER, NOISE, GRID, Kutta3(0.1), noises=draw, **more)
    assert torch.isfinite(run.samples).all()


def test_a_long_memory_and_a_carry_go_along_in_the_growing_batch():
    solver = Kutta3(0.2)
    run = sample(DENOISER, NOISE, GRID, solver)
    same = step_errors(DENOISER, solver, SCHEDULES["edm"](), GRID, run.x)
    assert float(same.local.max()) < 1e-12  # the run itself is its truth, so nothing is wrong
    bent = torch.stack([run.x[0], *(v + 0.01 for v in run.x[1:])])
    found = step_errors(DENOISER, solver, SCHEDULES["edm"](), GRID, bent, runs=4)
    assert float(found.local[0].mean()) == pytest.approx(0.01) and float(found.share.sum()) > 0.999


def test_the_local_error_gives_a_long_memory_its_true_past():
    """The bend is of fifth differences: of the true past they are small, of a short one absent."""
    seen = []

    class Watched(Kutta3):
        def step(self, ode, state, t_next):
            seen.append(len(state.past))
            state = state._replace(carry=(len(state.past) - 1,))
            return super().step(ode, state, t_next)

    _, mean, _ = local_truncation(DENOISER, Watched(0.1), normal(8, 2), GRID)
    assert seen == [1, 2, 3, 4, 5, 6, 6, 6, 6] and torch.isfinite(mean).all()


def test_a_corrector_leaves_a_start_as_it_was_given():
    ode, solver = Ode(DENOISER), UniPC()
    past = tuple(ode.evaluate(NOISE * s, s) for s in GRID[:3])
    state = State(past, 5, (20.0, 0.05))
    assert solver.correct(ode, state) is past[-1]
    moved = solver.correct(ode, state._replace(carry=2))
    assert not torch.equal(moved.x, past[-1].x)
    assert nominal_order(solver) == solver.order + 1 and solver.memory == solver.order + 1


def test_a_point_and_a_carry_part_and_join_by_rows():
    point = Ode(DENOISER).evaluate(NOISE, GRID[3])
    tree = (point, (NOISE, None, 3))
    halves = [mapped(lambda v, k=k: v[k : k + 3] if v.ndim else v, tree) for k in (0, 3)]
    both = mapped(lambda a, b: torch.cat([a, b]) if a.ndim else a, *halves)
    assert torch.equal(both[0].x, point.x) and both[0].t is point.t and both[0].scale is None
    assert torch.equal(both[1][0], NOISE) and both[1][1:] == (None, 3)


def test_whoever_reads_the_loop_may_put_a_run_elsewhere():
    """begin gives what a step begins from; observe sees what it knew and where it came to."""
    other, seen = NOISE + 1.0, []

    def begin(i, x, past, carry):
        return (other, (), None) if i == 4 else (x, past, carry)

    def observe(i, state, x, carry):
        seen.append((i, state.left, len(state.past), state.here.x, x))

    solver = SOLVERS["lms"](order=3)
    points = list(steps(Ode(DENOISER), solver, NOISE, GRID, begin=begin, observe=observe))
    assert [s[:3] for s in seen] == [(i, 9 - i, (1, 2, 3, 3, 1, 2, 3, 3, 3)[i]) for i in range(9)]
    assert torch.equal(points[4].x, other) and torch.equal(points[-1].x, seen[-1][-1])
