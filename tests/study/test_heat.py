"""Two settings of Algorithm 2 at a time: which cells, what stands in them, what is said."""

import dataclasses

import pytest

from explorer.analysis.intervals import Estimate
from explorer.core.churn import Churn
from explorer.data import Moons, Patches
from explorer.errors import UserError
from explorer.lab.experiment import Experiment, run
from explorer.settings import unflatten
from explorer.study.heat import AXES, Heat, Spot, heat, heat_plan, usual
from explorer.study.langevin import Gap
from explorer.ui import heat as said

MOONS = Experiment(data=Moons(dimension=2), nfe=15)
SMALL = {"s_churn": (0.0, 40.0), "s_tmin": (0.05, 5.0)}


def test_each_spot_is_the_run_with_both_values():
    base = dataclasses.replace(MOONS, churn=Churn(s_tmax=50.0))
    *_, found = heat(base, SMALL)
    assert {s.values for s in found.spots} == {(a, b) for a in (0, 40) for b in (0.05, 5)}
    spot = next(s for s in found.spots if s.values == (40.0, 5.0))
    e = dataclasses.replace(base, churn=Churn(40.0, 5.0, 50.0), samples=512, last="sigma_min")
    assert spot.found.value == Gap()(e)["gap"] and spot.nfe == 14 and not found.more
    off = [s.found.value for s in found.spots if s.values[0] == 0]
    assert off[0] == off[1]  # without churn S_tmin changes nothing


def test_where_no_step_gets_noise_nothing_is_measured():
    *_, found = heat(MOONS, {"s_churn": (40.0,), "s_tmin": (0.05, 5.0)})  # S_tmax is 1
    assert [s.found is None for s in sorted(found.spots, key=lambda s: s.values)] == [False, True]
    assert len(heat_plan(MOONS, {"s_churn": (40.0,), "s_tmin": (0.05, 5.0)})) == 1


@pytest.mark.parametrize(
    "base, axes, words",
    [
        (MOONS, {"s_churn": (1.0,)}, "needs two of s_churn"),
        (MOONS, {"s_churn": (1.0,), "nfe": (9.0,)}, "got s_churn, nfe"),
        (MOONS, {"s_tmin": (0.1,), "s_tmax": (1.0,)}, "S_churn is 0"),
        (MOONS, {"s_churn": (9.0,), "s_tmin": (70.0,)}, "above S_tmax everywhere"),
        (unflatten(Experiment, {"solver": "euler_a"}, MOONS), SMALL, "noise of its own"),
        (Experiment(data=Patches()), SMALL, "No classifier"),
    ],
)
def test_what_cannot_be_mapped_is_named(base, axes, words):
    with pytest.raises(UserError, match=words):
        heat_plan(base, axes)


@pytest.mark.parametrize("axes", ["s_churn", [], ["s_churn"], ["s_churn", "s_churn"], ["a", 3], {}])
def test_axes_from_a_page_are_checked(axes):
    with pytest.raises(UserError, match="Choose two of s_churn"):
        said.heat(MOONS, {"axes": axes})


def test_the_usual_map_has_eight_by_eight_spots():
    assert said.heat(MOONS, {}).total == 64 and all(len(v) == 8 for v in AXES.values())


def test_no_two_amounts_of_the_usual_map_are_one_run():
    """γ is capped at √2 − 1, which 7 steps reach at S_churn 2.9: beyond it all runs are one."""
    plan = heat_plan(MOONS, usual(MOONS, ("s_churn", "s_noise")))
    ends = {}
    for cell in plan:
        e = cell.experiment
        if e.churn.s_noise == 1.0:
            ends[e.churn.s_churn] = float(run(dataclasses.replace(e, samples=4)).samples.sum())
    assert len(ends) == 8 == len(set(ends.values())) and max(ends) == 2.9
    over = dataclasses.replace(e, samples=4, churn=dataclasses.replace(e.churn, s_noise=1.0))
    more = dataclasses.replace(over, churn=dataclasses.replace(over.churn, s_churn=40.0))
    assert float(run(more).samples.sum()) == pytest.approx(ends[2.9], abs=0.2)
    shown = said.shown(MOONS, Heat(("s_churn", "s_tmin"), (spot(0, 0, 0.5, 0.02),), False), 512)
    assert "at its cap, √2 − 1, from S_churn 2.9 on" in shown["note"]
    many = dataclasses.replace(MOONS, nfe=1001)
    assert usual(many, ("s_churn", "s_tmax"))["s_churn"] == AXES["s_churn"]
    with pytest.raises(UserError, match="Unknown axis 'nfe'"):
        usual(MOONS, ("s_churn", "nfe"))


def spot(a, b, value, half):
    return Spot((a, b), Estimate(value, value - half, value + half, 512), 79)


def test_the_title_ranks_only_what_intervals_allow():
    axes = ("s_churn", "s_tmin")
    far = Heat(axes, (spot(0, 0, 0.5, 0.02), spot(9, 0, 0.7, 0.02)), True)
    assert said.title(far) == "Best: S_churn 9, S_tmin 0, precision 70 % (68–72 %)"
    near = Heat(axes, (*far.spots, spot(20, 0, 0.69, 0.02), Spot((0, 9), None)), True)
    assert said.title(near).endswith("70 % (68–72 %); 1 of 2 others cannot be told from it")
    gap = dataclasses.replace(far, more=False)
    assert said.title(gap).startswith("Best: S_churn 0, S_tmin 0, gap 0.5")
