"""What each cell of a study holds: against SciPy, closed forms and the parts it is made of."""

import dataclasses
import math
import types

import numpy as np
import pytest
import torch
from scipy import stats

from explorer.analysis.intervals import median
from explorer.analysis.truncation import local_truncation
from explorer.core.sampling import Churn
from explorer.core.solvers import AMED, DDIM, EulerAncestral, Heun
from explorer.core.timesteps import Rho
from explorer.data import Diracs
from explorer.errors import UserError
from explorer.lab import experiment
from explorer.lab.experiment import Experiment, run, work
from explorer.lab.source import prepared
from explorer.study import affordable, churn, distances, end_error, local_error
from explorer.study.table import HeldOut

SMALL = Experiment(data=Diracs(), samples=16, nfe=9)


def test_the_distance_of_a_churned_run_is_scipys_in_one_dimension():
    """W₁ of the run's samples and as many draws of the data with the seed of the cell."""
    e = dataclasses.replace(SMALL, samples=40, churn=Churn(5.0, 0.01, 50.0))
    found = churn.Sliced(draw=103)(e)
    data = prepared(e.data, e.model).clean(40, seed=103)
    made = run(e, kept=False)
    expected = stats.wasserstein_distance(made.samples[:, 0], data[:, 0])
    assert found["distance"] == pytest.approx(expected, rel=1e-9) and found["nfe"] == made.nfe


def test_amounts_of_churn_share_their_seeds_and_stop_where_the_cap_does():
    """γ = min(S/N, √2 − 1): with N = 5 the cap is met at 2.07, so 3.1 is the last that is tried."""
    e = dataclasses.replace(SMALL, churn=Churn(2.0, 0.01, 50.0), seed=7)
    plan = churn.churn_plan(e)
    amounts = list(dict.fromkeys(c.experiment.churn.s_churn for c in plan))
    assert amounts == [0, 2.0] and len(plan) == 2 * churn.SEEDS == 16
    for k, cell in enumerate(plan):
        assert cell.experiment.seed == 7 + k % 8 and cell.measure == churn.Sliced(100 + k % 8)
        kept = dataclasses.replace(cell.experiment.churn, s_churn=2.0)
        assert kept == e.churn  # S_tmin, S_tmax and S_noise are the view's
    long = dataclasses.replace(e, nfe=79)  # 40 steps: up to 1.5 · 0.414 · 40 = 24.9
    amounts = {c.experiment.churn.s_churn for c in churn.churn_plan(long)}
    assert amounts == {0, 2.0, 5.0, 10.0, 20.0}


def test_the_floor_is_what_two_draws_of_the_data_score():
    """For ±1 with equal chances W₁ is 2 |k − l|/n of two binomial counts: E ≈ 2 √(1/(π n))."""
    zero = churn.data_floor(SMALL, 400)
    median = 2 * 0.6745 / math.sqrt(2 * 400)  # of a half-normal with deviation √(1/2n), twice
    assert zero.value == pytest.approx(median, rel=0.6)  # the median of 16
    assert zero.low < zero.value < zero.high and zero.count == 400


def test_local_errors_are_measured_over_the_views_range_for_each_rho():
    e = dataclasses.replace(SMALL, timesteps=Rho(5.0, 20.0, 0.02), solver=Heun())
    curves = list(local_error.local_errors(e, rhos=(1.0, 7.0)))
    assert [c.rho for c in curves] == [1.0, 7.0]
    source = prepared(e.data, e.model)
    for curve in curves:
        grid = Rho(curve.rho, 20.0, 0.02).sigmas(64)
        sigma, mean, std = local_truncation(
            source.denoiser,
            Heun(),
            source.clean(64, seed=7),
            grid,
            generator=torch.Generator().manual_seed(8),
        )
        for ours, known in ((curve.sigma, sigma), (curve.mean, mean), (curve.std, std)):
            torch.testing.assert_close(ours, known, rtol=1e-12, atol=0)


def _curve(rho: float, tilt: float, scatter: float = 0.0) -> local_error.Curve:
    """64 errors that rise by e^tilt from one end to the other; parts scatter about that."""
    g = torch.Generator().manual_seed(int(rho))
    tilts = tilt + scatter * torch.randn(8, 1, generator=g).double()
    parts = (tilts * torch.linspace(-0.5, 0.5, 64).double()).exp()
    sigma = torch.linspace(80, 0.1, 64).double()
    return local_error.Curve(rho, sigma, parts.mean(0), parts.std(0), parts)


def test_how_even_an_error_is_comes_with_its_interval_and_the_rank_with_evidence():
    found = local_error.evenness([_curve(1.0, 4.0), _curve(7.0, 1.0), _curve(3.0, 2.0)])
    assert [e.rho for e in found] == [7.0, 3.0, 1.0] and [e.level for e in found] == [1, 0, 0]
    assert found[0].uneven.value == pytest.approx(math.exp(0.9), rel=1e-3)  # 5 % at either end
    assert found[0].uneven.low == pytest.approx(found[0].uneven.high)  # no part differs
    level = local_error.evenness([_curve(7.0, 1.0, 0.5), _curve(5.0, 1.05, 0.5)])
    assert all(e.level for e in level) and level[0].uneven.low < level[0].uneven.value
    assert len(local_error.evenness([_curve(7.0, 1.0)])) == 1


def test_the_jackknife_covers_how_uneven_the_error_is():
    """Of 200 sets of 8 parts; three standard errors below 95 %, which a jackknife of 8 nears."""
    inside = 0
    for k in range(200):
        e = local_error.evenness([_curve(float(k + 1), 1.0, 0.3)])[0].uneven
        inside += e.low < math.exp(0.9) < e.high
    assert inside / 200 > 0.90


@pytest.mark.parametrize("sign", [1, -1])
def test_a_difference_is_by_chance_as_often_as_students_t_says_on_both_sides(sign):
    own = sign * torch.tensor(
        [0.3, 0.28, 0.33, 0.31, 0.27, 0.3, 0.29, 0.32, 0.3], dtype=torch.float64
    )
    pseudo = 8 * own[0] - 7 * own[1:]  # of eight parts: the mean of these has Student's t
    known = stats.ttest_1samp(pseudo, 0.0)  # about the mean of the parts, here own[0]
    assert float(own[1:].mean()) == pytest.approx(float(own[0]))
    assert local_error._chance(own) == pytest.approx(known.pvalue, rel=1e-9)


def test_what_has_no_local_error_is_refused_with_its_reason():
    for solver, why in ((EulerAncestral(), "adds new noise"), (AMED(), "made for one list")):
        with pytest.raises(UserError, match=why):
            local_error.local_plan(dataclasses.replace(SMALL, solver=solver))


def test_distances_are_those_of_all_seeds_together():
    e = dataclasses.replace(SMALL, samples=31, seed=11)
    found = distances.ToData(seeds=3)(e)
    samples = torch.cat(
        [run(dataclasses.replace(e, seed=s), kept=False).samples for s in (11, 12, 13)]
    )
    data = prepared(e.data, e.model).clean(93, seed=11)
    known = stats.wasserstein_distance(samples[:, 0], data[:, 0])
    assert found["wasserstein"]["value"] == pytest.approx(known, rel=1e-9)
    assert found["wasserstein"]["count"] == 93
    row = distances.distance_of(e, found)
    assert row.wasserstein.value == found["wasserstein"]["value"] and row.nfe == 9
    assert [len(distances.standard(e, n).data) for n in (3, 2)] == [93, 62]


def test_a_plan_of_distances_has_the_view_without_churn_beside_it():
    e = dataclasses.replace(SMALL, churn=Churn(5.0))
    plan = distances.distance_plan(e, others=("heun", "ddim"))
    assert [c.experiment.solver.name for c in plan] == ["heun", "heun", "ddim"]
    assert [c.experiment.churn.s_churn for c in plan] == [5.0, 0.0, 0.0]


def test_work_is_capped_by_the_sum_over_runs_and_references(monkeypatch):
    """Diracs have 2 points in 1-D, so an evaluation of a sample is 2 units of work."""
    trials = [dataclasses.replace(SMALL, nfe=n, solver=DDIM()) for n in (10, 20)]
    assert work(dataclasses.replace(trials[0], samples=1)) == 20
    total = 2 * (10 + 20) + (65 + 3 * 64) * 2  # one range of levels, so one reference
    for samples in (9, 16):
        monkeypatch.setattr(experiment.cost, "WORK_LIMIT", total * samples + 1)
        found = affordable.compared_within_work(trials)
        assert {e.samples for e in found} == {samples}
    monkeypatch.setattr(experiment.cost, "WORK_LIMIT", total * 8 - 1)
    with pytest.raises(UserError, match="operations for 8 samples"):
        affordable.compared_within_work(trials)


def test_a_measure_within_work_takes_what_it_may(monkeypatch):
    monkeypatch.setattr(experiment.cost, "WORK_LIMIT", 1000)
    assert affordable.within_work(SMALL, 100, 64) == 10
    assert affordable.within_work(SMALL, 1, 64) == 64
    assert affordable.within_work(SMALL, 250, 64) == 4
    with pytest.raises(UserError, match="operations for 4"):
        affordable.within_work(SMALL, 251, 64)
    assert affordable.within_work(SMALL, 400, 2) == 2  # no more than two were asked for


def test_a_row_is_mean_median_and_the_middle_80_percent_of_the_samples():
    """At σ_min, against the paths that keep the CDF of two points: Φ((x ∓ 1)/σ) averaged."""
    e = dataclasses.replace(SMALL, samples=50, solver=DDIM(), nfe=6)
    row = end_error.measure(e)
    made = run(e, kept=False)
    start, end = (made.trajectory.x[i, :, 0].numpy() for i in (0, -2))
    top, bottom = float(made.trajectory.sigma[0]), float(made.trajectory.sigma[-2])
    level = (stats.norm.cdf((start - 1) / top) + stats.norm.cdf((start + 1) / top)) / 2
    # σ_min is so small that each path ends in its half: the median of its side
    side = np.where(level > 0.5, 1.0, -1.0)
    inside = np.where(level > 0.5, 2 * level - 1, 2 * level)
    error = np.abs(end - (side + bottom * stats.norm.ppf(inside)))
    assert row.mean == pytest.approx(error.mean(), rel=1e-6)
    known = np.quantile(error, [0.1, 0.5, 0.9])
    assert (row.low, row.median, row.high) == pytest.approx(tuple(known), rel=1e-6)
    assert (row.nfe, row.steps) == (6, 6)
    short = end_error.measure(dataclasses.replace(e, last="sigma_min"))
    assert (short.nfe, short.steps) == (6, 6)  # seven levels above 0, and no step below them


def test_the_table_tells_each_error_their_median_and_their_mean():
    """RMS per coordinate of each seed; the shared intervals are tested where they are made."""
    truth = torch.zeros(7, 2).double()
    data = torch.randn(7, 2, generator=torch.Generator().manual_seed(2)).double()
    held = HeldOut(truth, truth, data, None)
    end = torch.tensor(
        [[3.0, 4.0], [0.0, 0.0], [1.0, 1.0], [2.0, 0.0], [3.0, 3.0], [5.0, 5.0], [90.0, 90.0]]
    ).double()
    each = np.array([math.sqrt(12.5), 0, 1, math.sqrt(2), 3, 5, 90])
    made = types.SimpleNamespace(samples=end, nfe=5)
    found = held.told(made)
    assert found["errors"] == pytest.approx(each, rel=1e-5) and found["nfe"] == 5
    assert found["error"]["value"] == pytest.approx(each.mean())
    assert found["median"]["value"] == 3 and found["median"]["high"] < 90
    assert found["median"] == dataclasses.asdict(median(torch.tensor(each)))
    assert found["distance"]["value"] > 1
