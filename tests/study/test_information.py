"""Information schedules of a view: the curve, the lists, and what they are worth on other noise."""

import dataclasses
import itertools
import math

import pytest
import torch

from explorer.analysis.intervals import Estimate, apart
from explorer.core.solvers import DDIM, EulerAncestral
from explorer.data import Digits, Spiral
from explorer.errors import UserError
from explorer.lab.experiment import Experiment, levels
from explorer.models import Exact
from explorer.settings import flatten, unflatten
from explorer.store.results import Results
from explorer.study import engine
from explorer.study import fit as fit_study
from explorer.study import information as study
from explorer.study.information import AYS, ENTROPIC, OWN, RESCALED
from explorer.ui import fit as fit_words
from explorer.ui import information as words

VIEW = Experiment(data=Spiral(), model=Exact(), solver=DDIM(), nfe=12, samples=16)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cells")


@pytest.fixture(scope="module")
def found(folder):
    return list(study.information(VIEW, folder=folder))


def test_what_was_measured_is_read_and_another_solver_measures_only_its_errors(
    found, folder, monkeypatch
):
    """The curve is a cell, and so is each list; then nothing is measured again."""
    assert len(dict(Results(folder))) == 5
    plan = study.judged_plan(VIEW, found[-1])
    assert [cell.experiment == VIEW for cell in plan] == [True, False, False, False]
    assert engine.answered(plan, folder) == 4
    monkeypatch.setattr(study, "_decided", None)
    monkeypatch.setattr(study, "Typical", None)
    assert list(study.information(VIEW, folder=folder)) == found


def test_each_list_has_the_ends_and_the_count_of_the_views(found):
    own = levels(VIEW)
    assert len(found) == study.stages(VIEW) and not found[0].grids
    assert [g.name for g in found[-1].grids] == [OWN, ENTROPIC, RESCALED, AYS]
    for g in found[-1].grids:
        assert len(g.levels) == len(own) and len(g.bound) == len(own) - 1
        assert g.levels[0] == pytest.approx(float(own[0])) and min(g.bound) >= 0
        assert g.levels[-1] == pytest.approx(float(own[-1]))
        assert all(a > b for a, b in itertools.pairwise(g.levels))
    bounds = {g.name: sum(g.bound) for g in found[-1].grids}
    assert bounds[AYS] <= min(bounds.values()) * (1 + 1e-9)


def test_the_curve_is_the_loss_as_information(found):
    """Nothing at the noise; below the spiral's thickness a nat in each of 16 dimensions."""
    curve = found[0]
    assert curve.nats[0] < 0.01 and curve.low[-1] < 16 < curve.high[-1]
    assert all(a <= b <= c for a, b, c in zip(curve.low, curve.nats, curve.high))


def test_on_the_spiral_plain_entropic_steps_lose_and_those_weighed_by_sigma_win(found):
    """Of a first-order solver with 12 evaluations; held out, path by path."""
    by = {g.name: g for g in found[-1].grids}
    assert apart(by[ENTROPIC].times) and by[ENTROPIC].times.value > 3
    assert apart(by[RESCALED].times) and by[RESCALED].times.value < 0.9
    shown = words.shown(VIEW, found[-1])
    assert shown["title"].startswith("Entropic × σ steps end 0.")
    assert next(row[5] for row in shown["table"]) == "1"
    (offer,) = [o for o in shown["offers"] if "× σ" in o["text"]]
    kept = {k: v for k, v in flatten(VIEW).items() if not k.startswith("timesteps")}
    view = unflatten(Experiment, kept | offer["values"])
    assert levels(view).tolist() == pytest.approx(list(by[RESCALED].levels), rel=1e-6)


def test_lists_are_told_apart_all_together():
    """Three comparisons at once: what one alone would call apart is not."""
    e = Estimate(0.9, 0.8, 0.99, 256)
    grid = lambda chance: study.Grid("entropic", (80.0, 1.0), (1.0,), e, e, chance)
    own = study.Grid(OWN, (80.0, 1.0), (1.0,), e)
    assert study.apart([own, grid(0.02), grid(0.5), grid(0.9)]) == []
    assert len(study.apart([own, grid(0.01), grid(0.5), grid(0.9)])) == 1
    found = study.Information((80.0, 1.0), (0.1, 1.0), (0.0, 0.9), (0.2, 1.1), 8, (own, grid(0.02)))
    assert words.title(found).startswith("Entropic steps end 0.9")  # of one alone
    of_two = dataclasses.replace(found, grids=(own, grid(0.03), grid(0.5)))
    assert "can be told to be better" in words.title(of_two)
    a, b = torch.arange(10.0), torch.arange(10.0) + 1
    assert study._chance(a, b) == 2 * 0.5**10 and study._chance(a, a) == 1


def test_of_a_solver_with_noise_there_is_the_curve_and_no_end_error():
    view = Experiment(data=Spiral(), solver=EulerAncestral(), nfe=8, samples=4)
    found = list(study.information(view))
    assert len(found) == study.stages(view) == 2 and "exact path" in found[-1].why
    assert "No end error" in words.shown(view, found[-1])["note"]
    with pytest.raises(UserError, match="nothing to share"):
        next(study.information(Experiment(solver=DDIM(), nfe=1)))


def test_edms_numbers_for_digits_come_with_intervals_and_reasons(tmp_path, monkeypatch):
    view = Experiment(data=Digits(), model=Exact())
    found = list(fit_study.fit(view, folder=tmp_path))
    with monkeypatch.context() as patch:  # read, whatever the solver
        patch.setattr(fit_study.spectrum, "fitted", None)
        other = dataclasses.replace(view, solver=DDIM())
        *_, read = fit_study.fit(other, folder=tmp_path)
    assert all(read.estimate(k) == found[-1].estimate(k) for k in fit_study.NUMBERS)
    assert len(found) == fit_study.PARTS + 1
    last = found[-1]
    pixels = Digits().points().double()
    assert last.estimate("sigma_data").value == pytest.approx(
        float((pixels - pixels.mean(0)).square().mean().sqrt()), rel=1e-9
    )
    for name in fit_study.NUMBERS:
        e = last.estimate(name)
        assert e.low <= e.value <= e.high
    assert last.found.step == pytest.approx(0.125) and last.found.sigma_min == pytest.approx(1 / 32)
    shown = fit_words.shown(view, last)
    assert "a quarter of 0.125" in shown["table"][1][1]
    train, sample = shown["offers"]
    assert train["page"] == "train" and train["values"]["p_mean"] == pytest.approx(-1.44, abs=0.02)
    opened = unflatten(Experiment, flatten(view) | sample["values"])
    assert float(levels(opened)[0]) == pytest.approx(last.found.sigma_max, rel=0.01)


@pytest.mark.slow
def test_intervals_of_a_fit_hold_what_another_draw_of_the_law_gives():
    """Of 40 draws of a Gaussian; 95 % less three standard errors of a share of 40."""
    g, inside = torch.Generator().manual_seed(4), 0
    for _ in range(40):
        points = 2 * torch.randn(400, 3, generator=g).double()
        parts = [fit_study.spectrum.fitted(points[torch.arange(400) % 8 != k]) for k in range(8)]
        p = fit_study.Proposal(fit_study.spectrum.fitted(points), tuple(parts))
        e = p.estimate("sigma_data")
        inside += e.low < 2 < e.high
    assert inside / 40 > 0.95 - 3 * math.sqrt(0.95 * 0.05 / 40)
