"""What a slow network affords: every measure has its part, and what was cut is what is measured."""

import pytest
import torch

from explorer.errors import UserError
from explorer.lab import afford, coarse, cost, source
from explorer.lab.experiment import Experiment, evaluations, levels, run, work
from explorer.lab.truth import reference_for
from explorer.lab.view import View
from explorer.lab.watched import watched
from explorer.models.denoiser import NetworkDenoiser
from explorer.settings import unflatten
from tests.models.snapshots import tiny

SMALL = {"data": "moons", "data.dimension": 2, "samples": 8, "nfe": 17, "solver": "heun"}


def slowly(monkeypatch, pace: float):
    """As if each evaluation of a sample took so many seconds, of an exact denoiser too."""
    monkeypatch.setattr(cost, "pace", lambda denoiser, device: pace)
    monkeypatch.setattr(cost, "least", lambda denoiser, device, each: 0.0)
    for memo in source.MEMOS:
        memo.clear()


@pytest.fixture(autouse=True)
def forgotten():
    yield
    for memo in source.MEMOS:
        memo.clear()


def of(**values) -> Experiment:
    return unflatten(Experiment, {**SMALL, **values})


@pytest.mark.parametrize("pace", [0.04, 0.15, 0.6, 3.0])
def test_the_parts_of_a_view_that_was_opened_keep_to_their_time(monkeypatch, pace):
    slowly(monkeypatch, pace)
    e = afford.opening(of(samples=256, nfe=35))
    found, (at, drawn) = afford.plan(e), afford.loss(View(e).source) or (27, 8)
    asked = e.samples * e.nfe + at * drawn + (afford.strip(View(e).source) or 23)
    asked += found.paths * e.nfe * (3 + found.runs / 2 + found.euler)
    least = 9 * 4 + 7 * 2 + 5  # what no plan goes below: five levels, one path
    assert asked * pace < 1.3 * max(afford.REST, least * pace)


@pytest.mark.parametrize("pace", [0.04, 0.15, 0.6, 3.0])
def test_the_errors_of_a_large_view_keep_to_their_part(monkeypatch, pace):
    slowly(monkeypatch, pace)
    e = of(samples=256, nfe=35)
    found = afford.plan(e)
    asked = found.paths * 35 * (3 + found.runs / 2 + found.euler * (1 + found.runs / 2))
    assert found.paths == 1 or asked * pace < 1.2 * afford.ERROR * afford.REST
    assert not found.euler and (found.runs > 0) == (pace < 0.1)
    assert afford.plan(of(samples=1, nfe=9)).euler == (pace < 0.3)
    whole = afford.plan(e, ("error",))
    assert not whole.finer and whole.euler and whole.runs == afford.RUNS and whole.own


def test_a_network_opens_at_a_budget_that_its_steps_come_to(monkeypatch):
    slowly(monkeypatch, 1.0)
    e = afford.opening(of(nfe=35))
    assert e.nfe == 15 == evaluations(e)  # 16 would do, and Heun takes 2n − 1


def test_a_view_that_just_fits_is_not_cut(monkeypatch):
    room = afford.RUN * afford.REST / (8 * 17)
    slowly(monkeypatch, 0.99 * room)
    assert afford.cut(of()) is None
    slowly(monkeypatch, 1.01 * room)
    assert afford.cut(of()).experiment.samples == 7


@pytest.mark.parametrize("solver, over", [("heun", 3), ("euler", 1), ("amed", 1)])
def test_the_floor_of_a_finer_run_is_richardsons(monkeypatch, solver, over):
    """2^p − 1 of an order p; where Heun stands in for another solver, nothing is known of both."""
    slowly(monkeypatch, 0.6)
    r = run(of(samples=4, solver=solver))
    known, n = coarse.finer(r, 4), len(r.levels)
    apart = coarse.difference(known.x, r.trajectory.x[:n, :4])
    assert torch.allclose(known.floor, apart / over)


def test_where_no_replaced_step_is_followed_the_end_is_divided(monkeypatch):
    slowly(monkeypatch, 0.6)
    ends, true = [], coarse.step_errors
    note = lambda *given, **named: (ends.append(named["end"]), true(*given, **named))[1]
    monkeypatch.setattr(coarse, "step_errors", note)
    for runs in (0, 2):
        coarse.errors_of(run(of()), afford.Plan(2, True, True, 1, runs, False))
    assert ends[0].shape == (2, 2) and ends[1] is None


def test_what_is_quick_has_no_plan(monkeypatch):
    slowly(monkeypatch, 0.001)
    e = of()
    assert afford.plan(e) is None and afford.cut(e) is None and afford.told(e) == ""
    assert afford.loss(View(e).source) is None and afford.strip(View(e).source) is None


def test_the_finer_run_says_what_the_true_paths_say(monkeypatch):
    """Of order 2 it errs by a quarter, so the error is right to that; and its floor says so."""
    slowly(monkeypatch, 0.6)
    e = of(samples=4, nfe=35)
    r = run(e)
    known = coarse.finer(r, 4)
    truth = reference_for(e, count=4, refined=True)
    assert set(levels(e).tolist()) <= set(known.sigma.tolist())
    ends = known.sigma[-1:]
    off = (known.at(ends) - truth.at(ends)).square().mean().sqrt()
    mine = (r.trajectory.x[len(r.levels) - 1] - truth.at(ends)[0]).square().mean().sqrt()
    assert off < 0.5 * mine and float(known.floor[-1]) > 0
    assert "twice" not in known.method and known.method == "Heun in 34 steps, 2 × as many"


def test_what_just_fits_the_cap_on_work_is_measured_all_the_same(monkeypatch):
    slowly(monkeypatch, 0.6)
    e = of(samples=1, nfe=35)
    monkeypatch.setattr(cost, "WORK_LIMIT", 1.2 * work(e))
    with pytest.raises(UserError, match="Even one sample of 69 evaluations"):
        run(of(samples=1, nfe=69))
    known = View(e).errors.truth
    assert known.method == "Heun in 34 steps, 2 × as many"


def test_the_own_path_has_a_shape_or_says_why_not(monkeypatch):
    slowly(monkeypatch, 0.6)
    assert coarse.own(run(of())).sigma.tolist() == levels(of()).tolist()
    for values, named in (
        ({"nfe": 7}, "4 levels"),
        ({"s_churn": 10.0}, "noise"),
        ({"solver": "euler_a"}, "noise"),
    ):
        with pytest.raises(UserError, match=named):
            coarse.own(run(of(**values)))


def test_a_slow_network_asks_within_one_evaluation():
    """Cancelling waited for a whole evaluation, seconds of a large network."""
    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) == 5:
            raise InterruptedError

    network = NetworkDenoiser(tiny())
    x, sigma = torch.zeros(1, 1, 8, 8), torch.tensor(1.0)
    quick = watched(network, 0.001, check)
    quick(x, sigma)
    assert len(asked) == 1
    slow = watched(network, 10.0, check)
    with pytest.raises(InterruptedError):
        slow(x, sigma)
    asked.clear()
    network(x, sigma)  # who does not watch is not asked
    assert not asked
