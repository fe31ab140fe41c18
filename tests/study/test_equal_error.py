"""EDM's Fig. 2: three samplers on one range with one reference."""

import dataclasses

import pytest
import torch

from explorer.analysis.intervals import Estimate
from explorer.core.timesteps import Custom
from explorer.data import Digits, Diracs, Moons
from explorer.data.absent import Absent
from explorer.errors import UserError
from explorer.lab.experiment import Experiment, levels
from explorer.lab.source import prepared
from explorer.store import weights
from explorer.study import affordable
from explorer.study import equal_error as study
from explorer.study.equal_error import (
    DESIGNS,
    ON_NETWORKS,
    OURS,
    Found,
    Reached,
    equal_error_plan,
    samplers,
)
from explorer.ui import equal_error as said

MOONS = Experiment(data=Moons(dimension=2), samples=64)
DIGITS = Experiment(data=Digits())


def test_all_run_over_one_range_and_the_original_of_vp_is_the_papers():
    ends = {
        name: tuple(f"{float(v):.10g}" for v in levels(dataclasses.replace(e, nfe=35))[[0, -1]])
        for name, e in samplers(MOONS).items()
    }
    assert len(ends) == 6 and len(set(ends.values())) == 1
    assert float(next(iter(ends.values()))[0]) == pytest.approx(80.2, abs=0.05)  # u_8, EDM Table 1
    vp = samplers(MOONS)[DESIGNS["VP"].original]
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
    with pytest.raises(UserError, match="no data set of this network"):
        equal_error_plan(Experiment(data=Absent()))
    with pytest.raises(UserError, match="ship for Digits 8×8, not for Two moons"):
        said.equal_error(MOONS, {"on": "networks"})
    with pytest.raises(UserError, match="settings or networks, not on 'hat'"):
        said.equal_error(MOONS, {"on": "hat"})


def test_each_design_has_a_network_with_its_own_preconditioning_loss_and_family():
    """All saw the same images by the same optimiser, and know the levels that all run over."""
    own = {name: weights.find(d.network).config for name, d in ON_NETWORKS.items()}
    assert {n: c["precond"] for n, c in own.items()} == {"VP": "vp", "VE": "ve", "iDDPM": "iddpm"}
    trained = {n: c["training"] for n, c in own.items()}
    assert all(t["loss"] == t["precond"] for t in trained.values())
    families = {n: t["network.family"] for n, t in trained.items()}
    assert families == {"VP": "ddpmpp", "VE": "ncsnpp", "iDDPM": "adm"}
    alike = ("batch", "lr", "ramp", "half_life", "dropout", "clip", "kimg", "augment", "seed")
    assert len({tuple(t[k] for k in alike) for t in trained.values()}) == 1
    assert {c["images"] for c in own.values()} == {160_000}
    assert "VP: DDPM++, 0.18 M numbers; VE: NCSN++" in said.told() and "160,000" in said.told()
    every = samplers(DIGITS, networks=True)
    assert len(every) == 8  # iDDPM has σ = t from the start
    for d in ON_NETWORKS.values():
        models = {every[n].model.checkpoint for n in (d.original, d.heun, d.ours)}
        assert models == {d.network}
    ends = {
        tuple(f"{float(v):.8g}" for v in levels(dataclasses.replace(e, nfe=35))[[0, -1]])
        for e in every.values()
    }
    assert len(ends) == 1 and float(next(iter(ends))[1]) > 0.02  # the least that VE's knows


@pytest.mark.slow
def test_on_networks_a_machines_pace_changes_no_number(monkeypatch):
    plan = equal_error_plan(DIGITS, networks=True)
    assert plan[0].experiment.samples == study.PATHS and len(plan) == 8 * 7
    slow = dataclasses.replace(prepared(DIGITS.data, plan[0].experiment.model), pace=1.0)
    monkeypatch.setattr(affordable, "prepared", lambda data, model: slow)
    assert equal_error_plan(DIGITS, networks=True)[0].question == plan[0].question


def found(name: str, nfe: int, size: float, far: float) -> Found:
    each = tuple(size * (1 + k / 64) for k in range(64))
    return Found(name, nfe, each, Estimate(far, 0.9 * far, 1.1 * far, 64), 0.01 * nfe, (80.2, 0.01))


def rows() -> list[Found]:
    return [
        found(name, n, size / n**order, far / n)
        for name, size, order, far in (
            (DESIGNS["VP"].original, 2.0, 1, 1.0),
            (DESIGNS["VE"].original, 90.0, 1, 9.0),
            (DESIGNS["iDDPM"].original, 0.1, 1, 0.1),
            (OURS, 35.0, 2, 0.5),
        )
        for n in (9, 17, 35, 69, 137)
    ]


def test_samples_reach_the_data_where_they_cannot_be_told_from_draws_of_it():
    zero = Estimate(0.01, 0.008, 0.012, 64)
    assert study.at_the_data(rows(), DESIGNS["VP"].original, zero) == (69, 137)
    assert study.at_the_data(rows(), DESIGNS["iDDPM"].original, zero) == (0, 9)
    assert study.at_the_data(rows(), DESIGNS["VE"].original, zero) is None


def test_the_title_holds_each_ratio_against_the_papers():
    times = {n: study.as_many(rows(), DESIGNS[n].original) for n in DESIGNS}
    assert times["VP"].value == pytest.approx(2)
    assert said.title(times) == (
        "For the error of Heun at 35 evaluations: VP 2 × (2), paper 7.3 ×; VE more than 3.9 ×, "
        "paper 300 ×; iDDPM less than 0.26 ×, paper 3.2 ×"
    )
    assert said.title({"VP": None}).startswith("What three samplers need")
    assert "evaluations, each on its own network: VP 2 ×" in said.title(times, networks=True)
    pace = study.images_a_second(rows())
    assert pace.value == pytest.approx(64 / 0.35) and pace.low == pytest.approx(pace.high)


def test_on_networks_each_is_held_against_algorithm_1_on_its_own():
    """VP's network errs four times as much by Algorithm 1: its sampler needs a quarter."""
    vp, ve = ON_NETWORKS["VP"], ON_NETWORKS["VE"]
    size = {vp.original: (2.0, 1), vp.ours: (140.0, 2), ve.original: (2.0, 1), ve.ours: (35.0, 2)}
    made = [
        found(name, n, s / n**order, 1 / n)
        for name, (s, order) in size.items()
        for n in (9, 17, 35, 69, 137)
    ]
    many = {n: study.as_many(made, d.original, d.ours) for n, d in ON_NETWORKS.items()}
    assert many["VE"].value == pytest.approx(2) and many["VP"].value == pytest.approx(0.5)
    news = said.shown(DIGITS, made, 64, networks=True)
    by = {row[0]: row for row in news["table"]}
    assert by[vp.ours][1] == by[ve.ours][1] == "1" and by[vp.original][2] == "7.3 ×"
    assert [r[0] for r in news["table"]] == [vp.original, vp.ours, ve.original, ve.ours]
    level = [
        t for t in news["figure"]["data"] if t["line"].get("dash") == "dot" and len(t["x"]) == 2
    ]
    assert len(level) == 2 and "a reference of its own" in news["note"]
    assert "that is its training" not in news["note"]
    off = [dataclasses.replace(r, distance=Estimate(2, 1.9, 2.1, 64)) for r in made[-5:]]
    news = said.shown(DIGITS, [*made[:-5], *off], 64, networks=True)
    assert news["note"].startswith("With as many steps as were tried the samples of VE’s network")


def test_no_two_columns_have_one_name():
    """Or no Parquet holds them."""
    exact = said.shown(MOONS, rows(), 64)["exact"]
    assert len(set(exact["columns"])) == len(exact["columns"]) == len(exact["rows"][0])


def test_an_error_no_larger_than_its_references_is_said():
    vp = ON_NETWORKS["VP"]
    far = [found(vp.original, n, 1 / n, 1 / n) for n in (9, 137)]
    sure = [dataclasses.replace(r, floor=1e-5) for r in far]
    assert "known only so far" not in said.note(DIGITS, sure, 64, Estimate(0.01, 0.0, 1, 64), True)
    near = [dataclasses.replace(r, floor=0.004) for r in far]
    told = said.note(DIGITS, near, 64, Estimate(0.01, 0.0, 1, 64), True)
    assert "A reference is known only so far: VP’s to 0.004; smaller errors are its own. " in told


def test_where_more_steps_hardly_help_the_page_says_why():
    """VP's times are 999 t: 273 steps of ρ = 7 lie up to 6.4 apart, for sines of 1 rad each."""
    zero, ours = Estimate(0.01, 0.0, 1, 64), ON_NETWORKS["VP"].ours
    level = [found(ours, n, 0.0037, 1 / n) for n in (273, 545)]
    told = said.note(DIGITS, level, 64, zero, True)
    assert "VP’s error stays near 0.0055 from 273 to 545 evaluations, as between two" in told
    assert "told times up to 6.4 apart" in told
    falls = [found(ours, n, 100 / n**2, 1 / n) for n in (273, 545)]
    assert "stays near" not in said.note(DIGITS, falls, 64, zero, True)


@pytest.mark.slow
def test_a_networks_reference_is_refined_until_it_no_longer_matters():
    """VP's time embedding turns by 6 rad in a step of 128, which errs by two thousandths."""
    e = dataclasses.replace(samplers(DIGITS, True)[ON_NETWORKS["VP"].ours], samples=2, nfe=137)
    once, twice = (Reached(halvings)(e) for halvings in (2, 3))
    few = dataclasses.replace(e, nfe=9)
    assert 1e-4 < twice["floor"] < once["floor"] and "floor" not in Reached()(few)
