"""EDM's Fig. 2: three samplers on one range with one reference."""

import dataclasses

import pytest
import torch

from explorer.analysis.intervals import Estimate
from explorer.core.timesteps import Custom
from explorer.data import Diracs, Moons
from explorer.errors import UserError
from explorer.lab.experiment import Experiment, levels
from explorer.study import equal_error as study
from explorer.study.equal_error import DESIGNS, OURS, Found, Reached, equal_error_plan, samplers
from explorer.ui import equal_error as said

MOONS = Experiment(data=Moons(dimension=2), samples=64)


def test_all_run_over_one_range_and_the_original_of_vp_is_the_papers():
    ends = {
        name: tuple(f"{float(v):.10g}" for v in levels(dataclasses.replace(e, nfe=35))[[0, -1]])
        for name, e in samplers(MOONS).items()
    }
    assert len(ends) == 6 and len(set(ends.values())) == 1
    assert float(next(iter(ends.values()))[0]) == pytest.approx(80.2, abs=0.05)  # u_8, EDM Table 1
    vp = samplers(MOONS)[DESIGNS["VP"][0]]
    assert (vp.schedule.name, vp.solver.name, vp.timesteps.name) == ("vp", "euler", "vp")
    assert samplers(MOONS)[OURS].schedule.name == "edm"


def test_both_rungs_of_vp_are_measured_apart():
    """Heun in VP's frame and in σ = t take the same levels, and are not the same sampler."""
    plan = equal_error_plan(MOONS)
    assert len(plan) == 6 * len(study.BUDGETS)
    assert [c.experiment.nfe for c in plan[:6]] == [9] * 6  # the cheapest first


@pytest.mark.slow
def test_a_run_knows_its_error_and_its_distance():
    e = dataclasses.replace(samplers(Experiment(data=Diracs(), samples=256))[OURS], nfe=35)
    value = Reached()(e)
    assert len(value["each"]) == 256 and value["nfe"] == 35
    zero = study.chance(e, value["range"][1])
    assert zero.low < value["distance"]["value"] < 1.5 * zero.high
    rough = Reached()(dataclasses.replace(e, nfe=3))
    assert rough["distance"]["value"] > value["distance"]["value"]
    assert torch.tensor(rough["each"]).median() > torch.tensor(value["each"]).median()


def test_what_cannot_be_measured_is_named():
    with pytest.raises(UserError, match="typed list"):
        equal_error_plan(dataclasses.replace(MOONS, timesteps=Custom(levels=(80.0, 1.0, 0.1))))


def found(name: str, nfe: int, size: float, far: float) -> Found:
    each = tuple(size * (1 + k / 64) for k in range(64))
    return Found(name, nfe, each, Estimate(far, 0.9 * far, 1.1 * far, 64), 0.01 * nfe, (80.2, 0.01))


def rows() -> list[Found]:
    return [
        found(name, n, size / n**order, far / n)
        for name, size, order, far in (
            (DESIGNS["VP"][0], 2.0, 1, 1.0),
            (DESIGNS["VE"][0], 90.0, 1, 9.0),
            (DESIGNS["iDDPM"][0], 0.1, 1, 0.1),
            (OURS, 35.0, 2, 0.5),
        )
        for n in (9, 17, 35, 69, 137)
    ]


def test_samples_reach_the_data_where_they_cannot_be_told_from_draws_of_it():
    zero = Estimate(0.01, 0.008, 0.012, 64)
    assert study.at_the_data(rows(), DESIGNS["VP"][0], zero) == (69, 137)
    assert study.at_the_data(rows(), DESIGNS["iDDPM"][0], zero) == (0, 9)
    assert study.at_the_data(rows(), DESIGNS["VE"][0], zero) is None


def test_the_title_holds_each_ratio_against_the_papers():
    times = {n: study.as_many(rows(), DESIGNS[n][0]) for n in DESIGNS}
    assert times["VP"].value == pytest.approx(2)
    assert said.title(times) == (
        "For the error of Heun at 35 evaluations: VP 2 × (2), paper 7.3 ×; VE more than 3.9 ×, "
        "paper 300 ×; iDDPM less than 0.26 ×, paper 3.2 ×"
    )
    assert said.title({"VP": None}).startswith("What three samplers need")
    pace = study.images_a_second(rows())
    assert pace.value == pytest.approx(64 / 0.35) and pace.low == pytest.approx(pace.high)


def test_no_two_columns_have_one_name():
    """Or no Parquet holds them."""
    exact = said.shown(MOONS, rows(), 64)["exact"]
    assert len(set(exact["columns"])) == len(exact["columns"]) == len(exact["rows"][0])
