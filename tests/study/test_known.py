"""Studies, searches and predictors of a network that knows some noise levels only."""

import dataclasses

import pytest
import torch

from explorer.core.sampling import Churn
from explorer.core.solvers import AMED, DPMpp, Heun
from explorer.core.timesteps import Rho
from explorer.data import Moons
from explorer.lab.experiment import Experiment, levels, prepared, run
from explorer.models import MODELS
from explorer.models.precond import IDDPM
from explorer.study import churn, local_error, optimise, predictors, sweep
from explorer.study.held_out import HeldOutError, span
from explorer.study.table import table_plan
from explorer.training.gits import GITS, EndError
from explorer.training.recipe import AMEDTraining
from tests.lab.ideal import Perfect

U = IDDPM().levels()
BOTTOM = float(U[-2])


@pytest.fixture(autouse=True)
def perfect(monkeypatch):
    """A menu with a perfect network in it."""
    monkeypatch.setitem(MODELS, Perfect.name, Perfect)


def view(**changes) -> Experiment:
    given = {"data": Moons(dimension=2), "samples": 8, "model": Perfect(), "nfe": 9}
    return Experiment(**(given | changes))


def known(sigmas) -> bool:
    """Whether these are levels of the network, to the digits that a link writes."""
    sigmas = torch.as_tensor(sigmas, dtype=torch.float64)
    return all(float((U / s - 1).abs().min()) < 1e-6 for s in sigmas)


def test_the_rows_of_a_sweep_are_runs_of_the_page():
    base = view()
    plan = sweep.error_plan(base, ["heun", "dpmpp"], [9, 17])
    assert all(known(levels(c.experiment)) for c in plan)
    rows = list(sweep.error_against_nfe(base, ["heun"], [9, 17]))
    told = sweep.numbers(base, rows)["notes"]
    assert "σ_min 0.002 is raised to 0.00643" in told[0]
    assert "notes" not in sweep.numbers(dataclasses.replace(base, model=MODELS["exact"]()), rows)


def test_local_errors_begin_and_end_where_the_network_does():
    (curve,) = local_error.local_errors(view(), rhos=(7.0,))
    assert known(curve.sigma) and float(curve.sigma[-1]) == BOTTOM


def test_what_churn_adds_ends_at_a_level_of_the_network():
    steps = churn.churn_steps(view(churn=Churn(20.0, 0.0, 1e9), nfe=35))
    assert known([s.sigma_hat for s in steps]) and known([s.sigma for s in steps])
    asked = run(view(churn=Churn(20.0, 0.0, 1e9), nfe=35)).trajectory.sigma_hat
    torch.testing.assert_close(
        torch.tensor([s.sigma_hat for s in steps], dtype=torch.float64), asked, rtol=1e-12, atol=0
    )


def test_steps_that_were_searched_are_run_as_they_were_measured():
    e = view(solver=DPMpp(2), nfe=6)
    *_, last = optimise.better_levels(e, GITS(paths=16, fine=16), paths=8)
    error = EndError(prepared(e.data, e.model).denoiser, e.solver, float(U[8]), BOTTOM, 1, 8)
    beside = (float(U[8]), 9.0, 1.1, 0.13, BOTTOM)
    nearest = [float(U[(U - s).abs().argmin()]) for s in beside]
    assert error(beside) == error(nearest)
    made = optimise.with_levels(e, last.levels)
    assert known(run(made).trajectory.evaluated)
    assert float(levels(made)[-1]) == BOTTOM


def test_a_predictor_belongs_to_the_levels_that_its_view_runs_on():
    how = AMEDTraining(paths=64, batch=32, inner=2)
    e = view(solver=AMED(), afs=True, nfe=5)
    for place in ("view", "search"):
        t = predictors.trainer(e, dataclasses.replace(how, place=place))
        for _ in t.run():
            pass
        assert known(t.sigmas)
        kept = predictors.keep(t, e)
        assert run(kept).nfe == 5  # a predictor refuses levels that are not its own
        torch.testing.assert_close(levels(kept), t.sigmas, rtol=1e-6, atol=0)


def test_the_table_holds_all_against_ends_that_they_can_reach():
    e = view()
    assert span(e) == pytest.approx((float(U[8]), BOTTOM), rel=1e-9)
    assert span(Experiment()) == (80.0, 0.002)
    plan = table_plan(e, budgets=(5,), count=8, points=9, gits_too=False, searched=())
    assert all(known(levels(p.cell.experiment)) for p in plan)
    heun = next(p for p in plan if isinstance(p.cell.experiment.solver, Heun))
    many = dataclasses.replace(heun.cell.experiment, timesteps=Rho(), nfe=159, afs=False)
    # fine steps of a method of order 2 come to the reference's own end
    assert HeldOutError(count=8, points=65)(many)["median"]["value"] < 1e-3
