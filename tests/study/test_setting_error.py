"""The end error along one setting: points against a direct loop and a closed form; the one rule."""

import dataclasses
import math

import pytest
import torch

from explorer.analysis.error import rms
from explorer.analysis.order import fitted_slope
from explorer.core.solvers import Euler, Heun
from explorer.core.timesteps import Custom, Rho
from explorer.data import Diracs, Moons
from explorer.errors import Cancelled, UserError
from explorer.lab import cost, truth
from explorer.lab.error import settled_reference
from explorer.lab.experiment import Experiment, run
from explorer.settings import flatten, parameters, unflatten
from explorer.settings.track import spread, track
from explorer.study.end_error import Row
from explorer.study.near_best import near_best, times, told_apart
from explorer.study.setting_error import (
    COUNT,
    along,
    axis_of,
    missing,
    others,
    rounds,
    rows_of,
    without_effect,
)

MOONS = Experiment(data=Moons(dimension=2), nfe=9, samples=16)


def row(error: float, spread: float = 0.01, n: int = 64, turn: int = 0) -> Row:
    """One whose paths err by about so much, the same path by path unless they are turned."""
    paths = [(k * (2 * turn + 1) + turn) % n for k in range(n)]  # turned: in another order
    each = [error * math.exp(spread * math.sin(12.9898 * k)) for k in paths]
    return Row(Heun(), "Heun", "one", 35, 18, median=sorted(each)[n // 2], each=each)


def curve(*errors, **more) -> list[tuple[int, Row]]:
    return [(k, row(e, **more)) for k, e in enumerate(errors, 1)]


def test_a_point_is_the_run_with_that_value():
    axis, known = axis_of(MOONS, "rho"), {}
    known.update(along(MOONS, axis))
    assert axis.key == "timesteps.rho" and set(axis.values) <= set(known)
    for rho in (1.0, 7.0, 20.0):
        e = dataclasses.replace(MOONS, timesteps=Rho(rho=rho))
        end = run(e, kept=False).trajectory.x[-2]
        true = settled_reference(e, end).at(torch.tensor([e.timesteps.sigma_min]))[0]
        assert known[rho].each == pytest.approx(rms(end - true).tolist(), rel=1e-3)


def test_on_one_gaussian_eulers_end_error_falls_as_one_over_the_evaluations():
    base = unflatten(Experiment, {"model": "gaussian"}, MOONS)
    base = dataclasses.replace(base, solver=Euler(), samples=8)
    rows = rows_of(found := dict(along(base, axis_of(base, "nfe"))), found)
    late = [(r.nfe, r.median) for v, r in rows if v > 60]
    assert len(late) > 5 and fitted_slope(*zip(*late)).order == pytest.approx(1, abs=0.1)


@pytest.mark.slow
def test_values_go_outwards_from_the_one_on_show_and_first_with_few_paths():
    base = dataclasses.replace(MOONS, samples=128, timesteps=Rho(rho=6.5))
    axis = axis_of(base, "rho")
    assert len(axis.values) == COUNT and axis.outwards[0] == 6.5
    assert (axis.values[0], axis.values[-1]) == (1, 20)
    away = [abs(v - 6.5) for v in axis.outwards]
    assert away == sorted(away)
    plan, known, order = rounds(base, axis), {}, []
    assert plan.paths == (64, 128)
    while (left := missing(axis, plan, known)) is not None:
        value, paths = left
        known[value] = row(1 + abs(value - 10), n=paths)
        order.append(paths)
    assert order == sorted(order) and order.count(64) == order.count(128) <= COUNT + 2
    edges = set(known) - set(axis.values)
    assert edges and all(any(abs(e - v) <= 1 for v in axis.values) for e in edges)


def test_every_number_with_a_range_has_an_axis_within_its_bounds():
    for p in parameters(Experiment):
        number = isinstance(p.default, int | float) and not isinstance(p.default, bool)
        if not number or p.spec.choices is not None or p.name in ("seed", "condition", "samples"):
            continue
        base = Experiment() if p.slot is None else unflatten(Experiment, {p.slot: p.entry})
        if p.key not in flatten(base):
            continue
        axis, ends = axis_of(base, p.key), track(p.spec)
        assert 1 < len(axis.values) <= COUNT, p.key
        assert all(p.spec.low <= v <= p.spec.high for v in axis.values), p.key
        assert axis.current in axis.values and axis.grid[-1] == ends[1], p.key
        assert all(isinstance(v, type(p.default)) for v in axis.values), p.key
        assert min(map(axis.place, axis.grid)) >= 0 and max(map(axis.place, axis.grid)) <= 1


def test_a_curve_hangs_on_all_settings_but_its_own():
    rho = lambda v, **more: dataclasses.replace(MOONS, timesteps=Rho(rho=v), **more)
    assert others(rho(3.0), "timesteps.rho") == others(rho(9.0), "timesteps.rho")
    assert others(rho(3.0), "timesteps.rho") != others(rho(3.0, nfe=11), "timesteps.rho")
    assert others(rho(3.0), "nfe") != others(rho(9.0), "nfe")


def test_it_stops_at_once_and_leaves_the_references_of_views_alone(monkeypatch):
    asked = []

    def watch():
        asked.append(1)
        if len(asked) > 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(along(MOONS, axis_of(MOONS, "rho"), watch))
    truth._references.clear()
    base = dataclasses.replace(MOONS, seed=3)
    list(along(base, axis_of(base, "sigma_max")))
    assert not len(truth._references) and len(truth._beside)


@pytest.mark.parametrize(
    "errors, first, last, flat, point",
    [
        ([9, 4, 1.4, 1, 1.2], 3, 5, False, False),
        ([1, 1.4, 3, 9], 1, 2, False, False),
        ([9, 1.5, 1, 1.49, 7], 2, 4, False, False),
        ([1, 1.2, 1.1], 1, 3, True, False),
        ([9, 3, 1, 4], 3, 3, False, True),
        ([1, 9, 1.1], 1, 1, False, True),  # what is good again further on is another span
    ],
)
def test_the_span_is_what_lies_within_half_as_much_again(errors, first, last, flat, point):
    found = near_best(curve(*errors))
    assert (found.first, found.last, found.flat, found.point) == (first, last, flat, point)
    assert not found.same


def test_where_intervals_overlap_nothing_is_ranked():
    """The ratio of the same noise decides, not whether two medians' own intervals overlap."""
    rows = [(k, row(e, 2, 8, turn=k)) for k, e in enumerate((1.6, 1, 1.7, 90), 1)]
    found = near_best(rows)
    assert found.best == 2 and set(found.open) >= {1, 3} and not told_apart(rows[0][1], rows[1][1])
    assert told_apart(row(1), row(2)) and not told_apart(row(1, n=5), row(2, n=5))
    assert told_apart(row(1, 0.8), row(1.1, 0.8))  # path by path a tenth more
    assert near_best(curve(1.4, 9, 1)).also == (1,)  # beyond a worse one
    assert near_best(curve(1, 1, 1)).same and near_best([]) is None


def test_a_ratio_of_medians_has_its_interval_and_stands_still():
    found = times(row(3, 0.2), row(1, 0.2))  # path by path exactly three times
    assert (found.value, found.low, found.high) == pytest.approx((3, 3, 3))
    loose = times(row(3, 0.2), row(1, 0.001))
    assert loose.low < 3 < loose.high and loose == times(row(3, 0.2), row(1, 0.001))


@pytest.mark.parametrize(
    "flat, key, why",
    [
        ({}, "s_tmin", "S_churn is 0"),
        ({}, "inner", "no restarts"),
        ({"solver": "ddim", "schedule": "vp"}, "schedule.beta_d", "ignores"),
        ({"timesteps": "custom", "timesteps.levels": (10.0, 1.0)}, "nfe", "typed list"),
    ],
)
def test_a_setting_without_effect_says_why(flat, key, why):
    e = unflatten(Experiment, flat)
    assert why in without_effect(e, key) and without_effect(Experiment(), "timesteps.rho") is None


def test_what_no_curve_can_show_is_refused_with_its_reason():
    for word, why in (
        ("seed", "chance"),
        ("solver", "no number"),
        ("rhoo", "Known: "),
        ("condition", "order"),
    ):
        with pytest.raises(UserError, match=why):
            axis_of(Experiment(), word)
    assert axis_of(Experiment(), "afs").values == [False, True]
    dirac = Experiment(data=Diracs())
    assert axis_of(dirac, "gap").key == "data.gap"


def test_what_takes_too_long_is_offered_and_what_takes_minutes_refused(monkeypatch):
    axis = axis_of(MOONS, "rho")
    monkeypatch.setattr("explorer.study.setting_error._seconds", lambda *a: 10.0)
    assert rounds(MOONS, axis).paths == () and rounds(MOONS, axis).seconds == 80
    assert rounds(MOONS, axis, full=True).paths == (16,)
    monkeypatch.setattr("explorer.study.setting_error._seconds", lambda *a: cost.LONG / 12)
    assert rounds(MOONS, axis).paths == (12,)
    monkeypatch.setattr("explorer.study.setting_error._seconds", lambda *a: 1e3)
    assert "minutes" in rounds(MOONS, axis, full=True).why
    with pytest.raises(UserError, match="minutes"):
        list(along(MOONS, axis))


def test_a_slider_in_equal_factors_keeps_its_very_end():
    spec = {p.key: p.spec for p in parameters(Experiment)}
    assert track(spec["s_tmin"]) == (0.001, 100) and track(spec["s_tmax"]) == (0.001, 1000)
    assert spread(spec["s_tmin"], False, 14)[:2] == [0, 0.001]
    levels = Experiment(timesteps=Custom())
    with pytest.raises(UserError, match="no setting"):
        axis_of(levels, "rho")
