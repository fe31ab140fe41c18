"""AMED's ablations: which trainings there are, what their numbers are of, and the record."""

import dataclasses
import json

import pytest
import torch

from explorer.analysis.intervals import apart
from explorer.core.timesteps import LogSNR, Rho, VPTime
from explorer.data import Digits, Spiral
from explorer.errors import Cancelled, UserError
from explorer.lab.experiment import Experiment, evaluations, levels
from explorer.study import ablation_record as record
from explorer.study import ablations as study
from explorer.study.ablations import CHOICES, Ablated, Training, ablation_plan, ablations
from explorer.training.recipe import AMEDTraining
from explorer.ui import ablations as ui
from explorer.ui import headline_claim

BASE = Experiment(data=Spiral(dimension=16))


def test_each_question_opens_with_the_papers_choice():
    questions = list(dict.fromkeys(c.question for c in CHOICES))
    assert questions == ["teacher", "M", "steps", "first step", "learned", "feature"]
    for q in questions:
        first, *others = [c for c in CHOICES if c.question == q]
        assert first.own and others and not any(c.own for c in others)


def test_the_papers_choice_is_trained_once_and_all_else_once_a_seed():
    plan = ablation_plan(BASE, 3, 640)
    own = [c for c in CHOICES if c.own]
    assert len(plan) == 3 * (1 + len(CHOICES) - len(own))
    assert len({cell.question for cell, _ in plan}) == len(plan)
    assert [cell.measure.how.seed for cell, _ in plan[:14]] == [0] * 14  # seed by seed
    assert plan[0][1] == tuple(own) and plan[0][0].experiment.timesteps == VPTime()


def test_one_thing_is_changed_at_a_time():
    plan = ablation_plan(BASE, 1, 640)
    of = {choice.name: cell for cell, choices in plan for choice in choices}
    recipe = lambda name: of[name].measure.how
    usual = dataclasses.replace(AMEDTraining(), paths=640, batch=32)  # the published one
    assert recipe("Heun") == usual
    assert recipe("DPM-Solver-2") == dataclasses.replace(usual, teacher="dpm2")
    assert recipe("8") == dataclasses.replace(usual, inner=8)
    assert recipe("levels alone") == dataclasses.replace(usual, look=False)
    assert recipe("r alone") == dataclasses.replace(usual, scale_dir=0.0)
    assert isinstance(of["ρ = 7"].experiment.timesteps, Rho)
    assert isinstance(of["log SNR"].experiment.timesteps, LogSNR)
    for cell in of.values():  # three steps, whatever the first one costs
        e = cell.experiment
        assert len(levels(e)) == 4 and evaluations(e) == 6 - e.afs
    assert recipe("evaluated, 6 NFE") == usual and not of["evaluated, 6 NFE"].experiment.afs


def values(learned: float, untrained: float = 1.0, count: int = 5) -> dict:
    flat = lambda v: [v * (k + 1) for k in range(count)]
    return {"nfe": 5, "learned": flat(learned), "untrained": flat(untrained), "r": [0.2, 0.4],
            "c": [1.0, 0.98]}  # fmt: skip


def test_a_ratio_is_of_the_same_paths_and_its_interval_of_seeds(monkeypatch):
    """Half the error in every path, whatever the seed: ½ with no width, and better."""

    def measured(cells, *_):
        for cell in cells:
            half = cell.measure.how.teacher == "dpm2"
            level = 1 + cell.measure.how.seed
            yield cell, values(0.5 * level if half else level, 2.0 * level)

    monkeypatch.setattr(study.engine, "run", lambda cells, *rest: cells)
    monkeypatch.setattr(study.engine, "values", measured)
    *_, rows = ablations(BASE, 6)
    assert [r.choice for r in rows] == list(CHOICES) and {r.seeds for r in rows} == {6}
    by = {r.choice.name: r for r in rows}
    half, same = by["DPM-Solver-2"], by["iPNDM-4"]
    assert (half.times.value, half.times.low, half.times.high) == (0.5, 0.5, 0.5)
    assert half.gained.value == 0.25 and same.gained.value == 0.5
    assert half.verdict == "better" and same.verdict == "cannot be told"
    assert by["Heun"].verdict == "the paper’s" and by["Heun"].middle.value == 3 * 3.5
    assert by["Heun"].r == pytest.approx((0.3,) * 6)
    assert f"recipe: 1 better, {len(rows) - 7} cannot be told" in ui.title(rows)
    assert ui.ends(rows) == "Lowest error: teacher: DPM-Solver-2, 0.5 ×. "


def test_few_seeds_rank_nothing():
    row = Ablated(CHOICES[1], 5, (1.0,) * 5, (0.5,) * 5, (0.5,) * 5)
    assert not apart(row.times) and row.verdict == "cannot be told"
    assert "None of 1 changes" in ui.title([Ablated(CHOICES[0], 5, (1.0,) * 5), row])


@pytest.mark.slow
def test_a_training_is_kept_and_a_study_goes_on(tmp_path):
    """Six paths of two batches: what is measured is what the trainer stands at, and is not
    measured again."""
    plan = ablation_plan(BASE, 1, 64)
    done = []

    def stop() -> None:
        if len(done) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        for rows in ablations(BASE, 1, 64, stop, tmp_path):
            done.append(rows)
    assert study.engine.answered([c for c, _ in plan], tmp_path) == 2
    value = Training(plan[0][0].measure.how)(plan[0][0].experiment)
    assert value["nfe"] == 5 and len(value["learned"]) == len(value["untrained"]) == 128
    heun = next(r for r in done[0] if r.choice.name == "Heun")
    assert heun.error[0] == pytest.approx(float(torch.tensor(value["learned"]).double().median()))
    assert len(value["r"]) == 3 and all(0 < r < 1 for r in value["r"])
    assert all(abs(c - 1) <= 0.01 for c in value["c"])  # the paper’s range


@pytest.mark.parametrize("seeds, paths", [(0, 640), (65, 640), (6, 10), (6, 50_000)])
def test_what_is_out_of_range_is_refused(seeds, paths):
    with pytest.raises(UserError, match="out of range"):
        ablation_plan(BASE, seeds, paths)


def rows_of(times: float) -> list[Ablated]:
    one = lambda c: (1.0 if c.own else times,) * 8
    return [Ablated(c, 5, (0.1,) * 8, (0.5,) * 8, one(c), (0.3,) * 8, (1.0,) * 8) for c in CHOICES]


def test_a_record_comes_back_and_knows_when_it_is_old(tmp_path, monkeypatch):
    path = tmp_path / "ablations.json"
    assert record.recorded(path) == [] and record.nearest(BASE, path) is None
    record.keep(BASE, 8, 640, rows_of(0.5), path)
    other = Experiment(data=Digits(), nfe=9, seed=4)
    record.keep(other, 8, 640, rows_of(2.0), path)
    first, second = record.recorded(path)
    assert list(first.rows) == rows_of(0.5) and not first.stale and first.seeds == 8
    assert second.query == "data=digits" and second.row("steps", "ρ = 7").verdict == "worse"
    assert "study ablation data=digits --seeds 8 --over paths=640 --keep" in second.command
    assert "study ablation data=spiral --seeds 8" in first.command  # though it is the usual data
    assert record.nearest(Experiment(data=Digits()), path).query == "data=digits"
    assert record.nearest(Experiment(), path).query == first.query  # another one’s, and so told
    record.keep(BASE, 8, 640, rows_of(0.25), path)  # takes the place of the first
    assert len(record.recorded(path)) == 2
    record._stale.cache_clear()
    monkeypatch.setattr(Training, "version", 2)
    assert all("earlier version" in s.stale for s in record.recorded(path))
    record._stale.cache_clear()
    path.write_text(json.dumps({"studies": [{}]}))
    with pytest.raises(UserError, match="damaged"):
        record.recorded(path)


def test_the_headline_is_told_with_numbers_and_verdicts_of_the_records(monkeypatch):
    fresh = [{**r, "stale": ""} for r in headline_claim.record.rows()]
    monkeypatch.setattr(headline_claim.record, "rows", lambda: fresh)
    told, rows = headline_claim.standing(), {r["name"]: r for r in fresh}
    ipndm = rows["amed-beats-ipndm"]
    assert ipndm["verdict"] in told["said"][0] and "6.61" in told["quote"]
    assert headline_claim.factor(*(ipndm[k] for k in ("value", "low", "high"))) in told["said"][0]
    assert rows["amed-with-placed-steps-beats-ipndm"]["verdict"] in told["summary"]
    assert sum("In the ablations of" in s for s in told["said"]) == len(record.recorded())


def test_a_stale_number_has_no_verdict(monkeypatch):
    rows = [{**r, "stale": "of an earlier version"} for r in headline_claim.record.rows()]
    monkeypatch.setattr(headline_claim.record, "rows", lambda: rows)
    told = headline_claim.standing()
    assert told["summary"].count("is of an earlier version") == 2
    assert "holds" not in told["summary"] and "of an earlier version" in told["said"][0]


def test_the_record_that_ships_is_whole():
    found = record.recorded()
    assert {s.experiment.data for s in found} >= {Digits(), BASE.data}
    for s in found:
        assert [r.choice for r in s.rows] == list(CHOICES) and {r.seeds for r in s.rows} == {
            s.seeds
        }
        assert s.seeds >= 6  # else nothing has an interval


def test_the_page_shows_the_record_and_says_whose_it_is():
    own = record.recorded()[0]
    news = ui.kept({"values": {"data": "checkerboard"}})
    assert news["done"] and own.command in news["note"]
    assert news["title"].startswith("Digits 8×8, exact. Of 13")
    assert "Checkerboard in 16-D, exact, the open view, has no record: this is" in news["note"]
    mine = ui.kept({"values": {"data": "spiral"}})
    assert mine["title"].startswith("Spiral in ") and "no record" not in mine["note"]
    assert len(news["table"]) == len(CHOICES) == len(news["exact"]["rows"])
