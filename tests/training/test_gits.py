"""GITS against brute force, its costs by hand, and the search on the measured error."""

import itertools
import math

import pytest
import torch

from explorer.core.solvers import DDIM, IPNDM
from explorer.core.timesteps import Rho
from explorer.errors import UserError
from explorer.training.gits import (
    GITS,
    EndError,
    descend,
    gits,
    jump_costs,
    shortest,
    teacher_paths,
)

from ..core.problems import Gaussian, mixture, normal, tensor

MODEL = mixture(k=8, d=3, std=0.15)


@pytest.mark.parametrize("coefficient", [1.0, 1.15, 0.7])
@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_the_shortest_path_is_that_of_brute_force(steps, coefficient):
    """All ways to choose the inner levels of 9, on costs that are anything but smooth."""
    cost = normal(9, 9, seed=steps)
    cost[torch.tril(torch.ones(9, 9)).bool()] = math.inf

    def total(path):
        return sum(
            coefficient**m * float(cost[i, j]) for m, (i, j) in enumerate(itertools.pairwise(path))
        )

    every = [(0, *inner, 8) for inner in itertools.combinations(range(1, 8), steps - 1)]
    best = min(every, key=total)
    assert tuple(shortest(cost, steps, coefficient)) == best


def test_too_many_steps_are_refused():
    with pytest.raises(UserError, match="9 steps from 9 levels: 1 to 8 work"):
        shortest(torch.zeros(9, 9), 9)
    with pytest.raises(UserError, match="70 steps from 61 levels"):
        gits(MODEL, 70, 80.0, 0.002)


def test_as_many_steps_as_the_fine_grid_has_take_all_its_levels():
    how = GITS(fine=16, paths=16)
    levels = gits(MODEL, 15, 80.0, 0.002, how)
    assert levels == tuple(Rho().sigmas(16).tolist())
    seen = []
    for steps in (16, 0):
        with pytest.raises(UserError, match=f"{steps} steps from 16 levels"):
            gits(MODEL, steps, 80.0, 0.002, how, watch=lambda: seen.append(1))
        if steps:
            assert not seen  # refused before a path is walked
    assert shortest(normal(9, 9).triu(1) + torch.full((9, 9), math.inf).tril(), 8) == list(range(9))


def test_costs_are_those_of_the_formulas():
    """Jump by jump: the Euler step's distance to the path, and to its chord less the path's own."""
    sigma = Rho().sigmas(7)
    x, slope = teacher_paths(MODEL, sigma, GITS(paths=16))
    assert x.shape == slope.shape == (7, 16, 3)
    torch.testing.assert_close(slope[2], (x[2] - MODEL(x[2], sigma[2])) / sigma[2])
    found = {m: jump_costs(sigma, x, slope, m) for m in ("l1", "l2", "dev")}
    direction = (x[6] - x[0]) / (x[6] - x[0]).norm(dim=1, keepdim=True)

    def away(v):
        v = v - x[0]
        return (v - (v * direction).sum(1, keepdim=True) * direction).norm(dim=1)

    for i, j in ((0, 1), (0, 6), (2, 5), (4, 6)):
        landed = x[i] + (sigma[j] - sigma[i]) * slope[i]
        expected = {
            "l1": (landed - x[j]).abs().sum(1),
            "l2": (landed - x[j]).norm(dim=1),
            "dev": away(landed) - away(x[j]),
        }
        for m, v in expected.items():
            assert float(found[m][i, j]) == pytest.approx(float(v.mean()), abs=1e-9)
            assert math.isinf(found[m][j, i]) and math.isinf(found[m][i, i])


def test_the_levels_keep_both_ends_and_lie_where_paths_bend():
    """N(0, 0.01 I): x ∝ √(σ² + 0.01), straight down to σ ≈ 0.1, so the levels gather there."""
    model = Gaussian(tensor(0.0, 0.0, 0.0), tensor(0.01, 0.01, 0.01))
    for metric in ("l2", "l1"):
        levels = gits(model, 5, 80.0, 0.002, GITS(metric=metric, paths=32))
        assert len(levels) == 6
        assert (levels[0], levels[-1]) == pytest.approx((80, 0.002))
        assert sum(0.01 < s < 1 for s in levels) >= 3


def test_gits_beats_the_rho_grid_at_few_evaluations():
    error = EndError(MODEL, DDIM(), 80.0, 0.002, seed=1, paths=64)
    ours = error(gits(MODEL, 6, 80.0, 0.002, GITS(metric="l2", paths=64)))
    assert ours < 0.9 * error(tuple(Rho().sigmas(7).tolist()))


def test_the_search_never_gets_worse_and_keeps_the_levels_apart():
    error = EndError(MODEL, IPNDM(3), 80.0, 0.002, seed=1, paths=32)
    start = tuple(Rho().sigmas(6).tolist())
    rounds = list(descend(error, start))
    assert rounds[0].levels == start and rounds[-1].error < 0.7 * rounds[0].error
    for a, b in itertools.pairwise(rounds):
        assert b.error <= a.error
    assert rounds[-1].tried == error.tried
    assert error(rounds[-1].levels) == pytest.approx(rounds[-1].error, rel=1e-9)
    last = rounds[-1].levels
    assert (last[0], last[-1]) == (start[0], start[-1])
    assert all(math.log(a / b) > 0.02 for a, b in itertools.pairwise(last))


def test_the_search_finds_the_minimum_of_a_bowl():
    goal = (80.0, 7.0, 0.6, 0.002)

    def error(levels):
        return sum(math.log(a / b) ** 2 for a, b in zip(levels, goal)) + 1e-3

    *_, last = descend(error, (80.0, 20.0, 0.1, 0.002))
    assert all(abs(math.log(a / b)) <= 0.05 for a, b in zip(last.levels, goal))


def test_a_run_that_blows_up_is_no_candidate():
    def wild(x, sigma):
        return x * float("inf")

    wild.shape = (3,)
    error = EndError(MODEL, DDIM(), 80.0, 0.002, seed=1, paths=4)
    error.denoiser = wild
    assert error((80.0, 1.0, 0.002)) == math.inf
