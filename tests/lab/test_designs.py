"""The published designs: what they set, what they leave alone, and their numbers."""

import dataclasses

import pytest

from explorer.core.schedules import EDM, VE, VP
from explorer.core.solvers import DDIM, Euler, Heun
from explorer.data import Moons
from explorer.lab.designs import DESIGNS, PARTS, apply, changes
from explorer.lab.experiment import Experiment
from explorer.settings import flatten, from_query, to_query

MINE = Experiment(data=Moons(dimension=2), nfe=24, samples=64, seed=3)


@pytest.mark.parametrize("name", DESIGNS)
def test_a_design_is_unchanged_right_after_it_is_applied(name):
    e = apply(name, MINE)
    assert changes(name, e) == []
    assert from_query(Experiment, to_query(e)) == e


@pytest.mark.parametrize("name", DESIGNS)
def test_a_design_says_how_to_sample_and_not_what(name):
    e = apply(name, MINE)
    assert (e.data, e.model, e.nfe, e.samples, e.seed) == (
        MINE.data,
        MINE.model,
        MINE.nfe,
        MINE.samples,
        MINE.seed,
    )
    assert {k.split(".")[0] for k in DESIGNS[name].flat} <= set(PARTS)


@pytest.mark.parametrize("before", DESIGNS)
def test_a_design_does_not_depend_on_the_one_before(before):
    for name in DESIGNS:
        assert apply(name, apply(before, MINE)) == apply(name, MINE)


def test_the_default_view_is_the_deterministic_design():
    assert apply("edm", Experiment()) == Experiment()


@pytest.mark.parametrize(
    "name, churn, low, high, noise",
    [  # EDM Table 5
        ("edm-cifar-vp", 30, 0.01, 1, 1.007),
        ("edm-cifar-ve", 80, 0.05, 1, 1.007),
        ("edm-imagenet-adm", 80, 0.05, 50, 1.003),
        ("edm-imagenet", 40, 0.05, 50, 1.003),
    ],
)
def test_the_numbers_of_table_5(name, churn, low, high, noise):
    e = apply(name, MINE)
    assert dataclasses.astuple(e.churn) == (churn, low, high, noise)
    assert e.solver == Heun() and e.schedule == EDM() and e.timesteps.rho == 7


def test_the_columns_of_table_1():
    vp, ve, iddpm, edm = (apply(k, MINE) for k in ("vp", "ve", "iddpm", "edm"))
    assert (vp.schedule, vp.solver, vp.timesteps.name) == (VP(), Euler(), "vp")
    assert (vp.schedule.beta_d, vp.schedule.beta_min, vp.schedule.scaling) == (19.9, 0.1, "vp")
    assert (ve.schedule, ve.solver) == (VE(), Euler())
    assert (ve.timesteps.sigma_max, ve.timesteps.sigma_min) == (100, 0.02)
    assert (iddpm.solver, iddpm.timesteps.name, iddpm.timesteps.steps) == (DDIM(), "iddpm", 1000)
    assert (iddpm.timesteps.c_1, iddpm.timesteps.c_2, iddpm.timesteps.j_0) == (0.001, 0.008, 8)
    assert (edm.timesteps.sigma_max, edm.timesteps.sigma_min) == (80, 0.002)
    assert all(e.churn.s_churn == 0 for e in (vp, ve, iddpm, edm))


def test_changes_name_the_key_and_both_values():
    e = dataclasses.replace(
        apply("edm", MINE), timesteps=dataclasses.replace(MINE.timesteps, rho=3)
    )
    assert changes("edm", e) == [("timesteps.rho", 7.0, 3.0)]
    assert ("solver", "heun", "ddim") in changes("edm", dataclasses.replace(e, solver=DDIM()))
    assert flatten(e)["timesteps.rho"] == 3.0
