"""There and back: the rows are what encoding and decoding give, and grow exact with the order."""

import pytest

from explorer.analysis.order import fitted_slope
from explorer.core.encoding import decode, encode
from explorer.core.solvers import DDIM
from explorer.core.timesteps import Custom
from explorer.data import Moons
from explorer.data.absent import Absent
from explorer.errors import UserError
from explorer.lab.experiment import Experiment, levels
from explorer.lab.source import prepared
from explorer.settings import unflatten
from explorer.study.round_trip import UPWARDS, images, round_trip_plan, round_trips

BASE = Experiment(data=Moons(dimension=2), samples=16)


def test_a_row_is_what_goes_up_and_comes_down():
    row = next(round_trips(BASE, ["ddim"], [9]))
    e = round_trip_plan(BASE, ["ddim"], [9])[0].experiment
    source, sigmas, x = prepared(e.data, e.model), levels(e), images(e)
    back = decode(source.denoiser, encode(source.denoiser, x, sigmas, DDIM()), sigmas, DDIM())
    missed = (back - x).square().mean(1).sqrt()
    assert row.each == pytest.approx(missed.tolist(), rel=1e-9)
    assert row.median == pytest.approx(float(missed.quantile(0.5))) and row.nfe == 18
    assert row.middle.low <= row.median <= row.middle.high


def test_images_are_states_at_sigma_min():
    e = round_trip_plan(BASE, ["heun"], [33])[0].experiment
    away = images(e) - prepared(e.data, e.model).clean(e.samples, 9)
    assert float(away.std()) == pytest.approx(0.002, rel=0.3)  # of 32 numbers


@pytest.mark.parametrize("name, order", [("ddim", 1), ("heun", 2)])
def test_what_is_missed_falls_with_the_solvers_order(name, order):
    rows = list(round_trips(BASE, [name], [33, 65, 129]))
    slope = fitted_slope([r.nfe for r in rows], [r.median for r in rows])
    assert slope.order > order - 0.3


def test_each_solver_that_can_go_up_has_a_row_and_no_other():
    rows = list(round_trips(BASE, budgets=[17]))
    assert {r.solver.name for r in rows} == set(UPWARDS)
    assert all(r.each for r in rows) and {"heun", "rk2", "ddim", "dpm2"} <= set(UPWARDS)
    with pytest.raises(UserError, match="'unipc' cannot go up. Those that can: heun"):
        round_trip_plan(BASE, ["unipc"])
    with pytest.raises(UserError, match="typed list"):
        round_trip_plan(Experiment(timesteps=Custom(levels=(80.0, 1.0, 0.1))))


def test_what_the_view_adds_is_left_out():
    """Churn, restarts, the analytic step and the step to 0 are of sampling."""
    view = unflatten(Experiment, {"s_churn": 9, "repeats": 2, "afs": True, "last": "zero"}, BASE)
    e = round_trip_plan(view, ["heun"], [9])[0].experiment
    assert e.churn.s_churn == 0 and e.restart.repeats == 0 and not e.afs and e.last == "sigma_min"


def test_without_data_there_is_nothing_to_encode():
    with pytest.raises(UserError, match="no data set of this network"):
        round_trip_plan(Experiment(data=Absent()))
