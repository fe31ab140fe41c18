"""Stops searched together: they add up, err less, and the predictor starts where that ended."""

import dataclasses
import itertools
import math

import pytest
import torch

from explorer.core.predictor import Predictor
from explorer.core.sampling import sample
from explorer.core.solvers import AMED, IPNDM, Plugin
from explorer.core.timesteps import Rho, VPTime
from explorer.errors import Cancelled
from explorer.training.amed import AMEDTraining, Trainer
from explorer.training.gits import GITS, EndError, gits, with_analytic
from explorer.training.stops import StopError, by_step, levels_and_r, place, stops_of

from ..core.problems import mixture, normal

MODEL = mixture(k=8, d=2, std=0.15)
GRID = tuple(Rho().sigmas(4).tolist())


def test_stops_are_levels_with_the_points_inside():
    stops = stops_of((80.0, 5.0, 0.2), (0.5, 0.25))
    assert stops[::2] == (80.0, 5.0, 0.2) and stops[1] == pytest.approx(20.0)
    levels, r = levels_and_r(stops)
    assert levels == (80.0, 5.0, 0.2) and r == pytest.approx((0.5, 0.25))


@pytest.mark.parametrize(
    "solver", [AMED(), Plugin("ipndm2"), Plugin("dpmpp2"), Plugin("dpm2")], ids=repr
)
def test_by_step_with_one_r_is_the_solver_with_that_r(solver):
    noise, grid = normal(4, 2, seed=3), torch.tensor(GRID, dtype=torch.float64)
    for r in (0.5, 0.2):
        ours = sample(MODEL, noise, grid, by_step(solver, (r,) * 3), afs=True)
        plain = sample(MODEL, noise, grid, dataclasses.replace(solver, r=r), afs=True)
        assert ours.nfe == plain.nfe == 5
        torch.testing.assert_close(ours.samples, plain.samples, rtol=1e-12, atol=1e-12)


def test_each_step_has_its_own_r():
    noise, grid = normal(4, 2, seed=3), torch.tensor(GRID, dtype=torch.float64)
    run = sample(MODEL, noise, grid, by_step(AMED(), (0.1, 0.9, 0.4)))
    inside = stops_of(GRID, (0.1, 0.9, 0.4))[1::2]
    assert run.evaluated[1::2].tolist() == pytest.approx(inside)


@pytest.mark.parametrize("solver", [AMED(), Plugin("ipndm2")], ids=repr)
def test_searched_stops_err_less_than_any_untrained_ones(solver):
    """On paths of the search and on others; the levels keep their ends and their number."""
    rounds = list(place(MODEL, solver, GRID, "search"))
    assert all(b.error <= a.error and b.tried >= a.tried for a, b in itertools.pairwise(rounds))
    last = rounds[-1]
    assert (last.levels[0], last.levels[-1]) == pytest.approx((GRID[0], GRID[-1]))
    assert len(last.levels) == 4
    assert all(0 < r < 1 for r in last.r)
    held = StopError(MODEL, solver, GRID[0], GRID[-1], seed=2**29, paths=128, afs=True)
    ours = held(stops_of(last.levels, last.r))
    for grid in (GRID, tuple(VPTime(1.5).sigmas(4).tolist())):
        assert ours < 0.8 * held(stops_of(grid, (0.5,) * 3))


def test_gits_levels_stay_and_only_the_points_inside_move():
    last = list(place(MODEL, AMED(), GRID, "gits"))[-1]
    assert last.levels == pytest.approx(gits(MODEL, 3, GRID[0], GRID[-1]))
    error = StopError(MODEL, AMED(), GRID[0], GRID[-1], seed=0, paths=48, afs=True)
    assert error(stops_of(last.levels, last.r)) < error(stops_of(last.levels, (0.5,) * 3))


def test_a_search_stops_when_told():
    calls = []

    def watch():
        calls.append(1)
        if len(calls) > 130:  # some 120 belong to the reference
            raise Cancelled

    with pytest.raises(Cancelled):
        list(place(MODEL, AMED(), GRID, "search", watch=watch))
    assert len(calls) == 131


@pytest.mark.parametrize("look", [True, False])
def test_a_predictor_aimed_says_the_r_of_each_step_to_every_sample(look):
    p = Predictor(0.1, look=look, generator=torch.Generator().manual_seed(1))
    levels, r = (80.0, 9.2, 2.4, 0.89, 0.31, 0.002), (0.03, 0.45, 0.2, 0.6, 0.11)
    p.aim(levels, r)
    features = normal(6, 64, seed=1).float()
    for a, b, wanted in zip(levels, levels[1:], r):
        found, c, _ = p(features, a, b, 6)
        assert c.tolist() == [1.0] * 6
        assert found.tolist() == pytest.approx([wanted] * 6, abs=2e-3)  # float32 weights
    p(features, 80.0, 9.2, 6)[0].sum().backward()
    assert float(p.fc_r.weight.grad.abs().sum()) > 0


@pytest.mark.parametrize("solver", [AMED(), Plugin("ipndm2")], ids=repr)
def test_a_training_begins_where_the_search_ended(solver):
    how = AMEDTraining(
        place="search",
        paths=640,
        batch=32,
        rounds=2,
        inner=16,
        scale_dir=0.1,
        finish=1.0,
        anneal=True,
    )
    t = Trainer(MODEL, solver, VPTime(), 3, how=how)
    given = t.sigmas.tolist()
    rows = list(t.run())
    assert rows[-1].batch == t.batches == 20 and t.placed == rows[-21]
    assert t.sigmas.tolist() == pytest.approx(t.placed.levels, rel=1e-6)
    assert t.given.tolist() == given
    first, last = rows[-20], rows[-1]
    middle = lambda row, who: row.standing.median(who).value
    assert list(last.standing.errors) == ["untrained", "searched", "learned"]
    # other seeds, after one update; a median beside a geometric mean
    assert middle(first, "learned") < 1.3 * t.placed.error < middle(first, "untrained")
    assert middle(last, "learned") < middle(first, "searched")
    kept = t.trained()
    assert kept.record["steps"] == "searched" and kept.record["placed"]["r"] == list(t.placed.r)
    assert kept.sigmas == tuple(t.sigmas.tolist())


def test_a_training_on_gits_levels_keeps_them():
    t = Trainer(MODEL, AMED(), VPTime(), 3, how=AMEDTraining(place="gits", paths=64, batch=32))
    list(t.run())
    assert t.sigmas.tolist() == pytest.approx(t.placed.levels, rel=1e-6)
    assert t.trained().record["steps"] == "GITS"


def test_a_seed_says_where_the_stops_go_and_a_pause_changes_nothing():
    def weights(stop=None):
        how = AMEDTraining(place="search", paths=192, batch=32, finish=1.0)
        t = Trainer(MODEL, AMED(), VPTime(), 2, how=how)
        for i, _ in enumerate(t.run()):
            if i == stop:
                break
        if stop is not None:
            list(t.run())
        return torch.cat([v.flatten() for v in t.predictor.state_dict().values()]), t.sigmas

    (w, s), (w2, s2), (w3, s3) = weights(), weights(), weights(stop=2)  # 2: amid the search
    assert torch.equal(w, w2) and torch.equal(s, s2)
    assert torch.equal(w, w3) and torch.equal(s, s3)


def test_a_path_that_is_used_again_is_walked_once():
    calls = []

    def counted(x, sigma):
        calls.append(len(x))
        return MODEL(x, sigma)

    counted.shape = MODEL.shape

    def evaluations(rounds):
        t = Trainer(
            counted,
            AMED(),
            VPTime(),
            2,
            how=AMEDTraining(paths=256, batch=32, rounds=rounds, inner=8),
        )
        t.held_out = lambda watch: None
        del calls[:]
        assert sum(1 for _ in t.run()) == t.batches == 8
        return len(calls)

    teacher = 2 * 18  # Heun over 18 steps
    assert evaluations(1) - evaluations(4) == (8 - 2) * teacher


def test_the_analytic_step_gets_the_level_that_helps_most():
    error = EndError(MODEL, IPNDM(2), GRID[0], GRID[-1], seed=0, paths=32, afs=True)
    found = gits(MODEL, 4, GRID[0], GRID[-1], GITS(paths=32))
    more = with_analytic(found, error, 61)
    assert len(more) == len(found) + 1 and (more[0], *more[2:]) == found
    assert found[1] < more[1] < found[0]
    others = [(found[0], s, *found[1:]) for s in Rho().sigmas(61).tolist() if found[1] < s < 79]
    assert error(more) == min(map(error, others)) and math.isfinite(error(more))
