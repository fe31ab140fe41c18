"""Sweeps: which runs are made, what a row says, in which order rows come."""

import dataclasses
import itertools

import pytest
import torch

from explorer.core.sampling import Churn, Restart
from explorer.core.solvers import AMED, DDIM, DPM2, SOLVERS, DPMpp, Heun, UniPC
from explorer.core.timesteps import IDDPM, Custom, LogSNR, Rho
from explorer.data import Moons
from explorer.errors import Cancelled, UserError
from explorer.figures.compare import error_vs_nfe
from explorer.lab import experiment
from explorer.lab.error import errors_of, path_error, settled_reference
from explorer.lab.experiment import Experiment, run
from explorer.study import end_error
from explorer.study.affordable import compared_within_work
from explorer.study.along import axis_along, error_along
from explorer.study.names import solver_name
from explorer.study.ranking import rankings, sentence
from explorer.study.sweep import (
    BUDGETS,
    COMPARED_SOLVERS,
    error_against_nfe,
    sweep_settings,
)

BASE = Experiment(data=Moons(dimension=2), samples=24)


def base(**changes) -> Experiment:
    return dataclasses.replace(BASE, **changes)


@pytest.fixture(scope="module")
def rows():
    return list(error_against_nfe(BASE))


def test_every_solver_gets_a_row_at_every_budget_and_errors_fall(rows):
    assert len(rows) == len(COMPARED_SOLVERS) * len(BUDGETS)
    for name in COMPARED_SOLVERS:
        own = [r for r in rows if r.solver == SOLVERS[name]()]
        assert [r.nfe for r in own] == sorted({r.nfe for r in own}) and len(own) == len(BUDGETS)
        assert own[-1].mean < own[0].mean / 3
        assert all(r.low <= r.median <= r.high and r.seconds > 0 for r in own)


def test_budgets_rise_in_rounds_over_all_solvers(rows):
    k = len(COMPARED_SOLVERS)
    for i, budget in enumerate(BUDGETS):
        names = [r.solver.name for r in rows[i * k : (i + 1) * k]]
        assert tuple(names) == COMPARED_SOLVERS
        assert all(
            abs(r.nfe - budget) <= r.solver.evaluations / 2 for r in rows[i * k : (i + 1) * k]
        )


@pytest.mark.parametrize("last", ["zero", "sigma_min", "denoise"])
@pytest.mark.parametrize("solver", [Heun(), UniPC()], ids=lambda s: s.name)
def test_a_row_is_the_path_error_of_the_run(solver, last):
    e = base(solver=solver, nfe=13, last=last)
    row, made = end_error.measure(e), run(e)
    end = path_error(made, settled_reference(e, made.trajectory.x[len(made.levels) - 1]))[-1]
    assert row.mean == pytest.approx(float(end.mean()), rel=1e-9)
    assert (row.nfe, row.steps) == (made.nfe, made.steps)
    assert row.median == pytest.approx(float(end.quantile(0.5)), rel=1e-9)


def test_nothing_of_a_sweep_stays_in_the_memory_of_runs():
    before = len(experiment._runs)
    list(error_against_nfe(base(seed=77), [DDIM()], [5, 9]))
    assert len(experiment._runs) == before


def test_two_budgets_that_buy_the_same_steps_give_one_row():
    own = list(error_against_nfe(BASE, [Heun()], [9, 5, 6, 5, 7]))
    assert [r.nfe for r in own] == [5, 7, 9]  # 6 is a tie, which goes to the cheaper


def test_a_first_row_comes_after_one_run():
    seen = []
    rows = error_against_nfe(base(seed=3), ["ddim", "heun"], [5, 55], lambda: seen.append(1))
    next(rows)
    reference, steps = 65 + 129, 5  # followed twice, in steps of two sizes
    reference += 1  # and asked once more where they end
    assert len(seen) <= reference + steps


def test_cancelled_half_way_keeps_what_came():
    calls = []

    def watch():
        calls.append(1)
        if len(calls) > 65 + 129 + 18:  # the reference asks 65 and 129 times, the first rows 5 each
            raise Cancelled

    got = []
    with pytest.raises(Cancelled):
        for row in error_against_nfe(
            base(seed=4), ["ddim", "dpmpp", "unipc", "ipndm"], [5, 9], watch
        ):
            got.append(row)
    assert len(got) == 3


@pytest.mark.parametrize(
    "changes, solver",
    [({}, "euler_a"), ({}, "dpmpp_sde"), ({"restart": Restart(repeats=2)}, "heun")],
)
def test_new_noise_is_one_row_without_a_value(changes, solver):
    own = list(error_against_nfe(base(**changes), [solver], [27, 39]))
    assert len(own) == 1 and own[0].mean is None and "distribution" in own[0].note


def test_new_noise_ends_a_multistep_memory_and_the_row_says_so():
    churned = base(solver=DPMpp(), nfe=15, churn=Churn(s_churn=3), samples=12)
    assert "memory begins anew" in end_error.measure(churned).note
    assert "memory" not in end_error.measure(dataclasses.replace(churned, solver=Heun())).note


def test_churned_runs_are_held_against_a_truth_with_the_same_noise():
    e = base(solver=Heun(), nfe=15, churn=Churn(s_churn=3), samples=12)  # all of them compared
    row = end_error.measure(e)
    end = errors_of(run(e)).end
    assert row.mean == pytest.approx(float(end.mean()), rel=1e-6)
    assert "same new noise" in row.note


def test_the_warm_up_of_multistep_methods_is_said(rows):
    notes = {r.solver.name: r.note for r in rows if r.nfe == 27}
    assert notes["dpmpp"] == "warm-up: first step at order 1" and notes["ddim"] == ""
    assert notes["unipc"] == "warm-up: first steps at orders 1, 2; last steps at lower order"
    assert "orders 1, 2, 3" in notes["ipndm"]
    assert "last steps at lower" in end_error.measure(base(solver=DPMpp(), last="sigma_min")).note


def test_what_cannot_be_measured_is_a_row_that_says_why():
    assert "one step" in next(error_against_nfe(BASE, ["heun"], [1])).note
    few = base(timesteps=IDDPM(steps=100))
    row = list(error_against_nfe(few, ["ddim"], [9, 700]))[1]
    assert row.mean is None and "iDDPM levels" in row.note and row.nfe == 700


def test_bad_input_is_a_sentence_before_anything_runs():
    with pytest.raises(UserError, match="typed list of 6 noise levels fixes the steps"):
        error_against_nfe(base(timesteps=Custom()))
    with pytest.raises(UserError, match="Unknown solver 'hune'. Known: heun"):
        error_against_nfe(BASE, ["hune"])
    with pytest.raises(UserError, match="at least one solver"):
        error_against_nfe(BASE, [])
    with pytest.raises(UserError, match="NFE"):
        error_against_nfe(BASE, ["heun"], [5, 0])
    with pytest.raises(UserError, match="operations for 8 samples"):
        error_against_nfe(Experiment(), ["ddim"] * 2000, [1023, 1000, 900])


def test_samples_are_capped_at_what_is_compared_and_at_the_work_allowed(monkeypatch):
    trials = [Experiment(samples=4096, nfe=n) for n in (5, 9)]
    assert {e.samples for e in compared_within_work(trials)} == {experiment.SETTLED}
    monkeypatch.setattr(experiment.cost, "WORK_LIMIT", 5e7)  # as --max-work sets it
    assert 8 <= compared_within_work(trials)[0].samples < experiment.SETTLED


def test_any_setting_is_an_axis():
    got = dict(sweep_settings(base(nfe=19), "timesteps.rho", [1.0, 3.0, 7.0]))
    assert list(got) == [1.0, 3.0, 7.0] and got[7.0].mean < got[1.0].mean
    assert got[3.0].mean == end_error.measure(base(nfe=19, timesteps=Rho(rho=3.0))).mean
    assert [r.nfe for _, r in sweep_settings(BASE, "nfe", [5, 9])] == [5, 9]
    assert [r.solver for _, r in sweep_settings(BASE, "solver", ["ddim", "heun"])] == [
        DDIM(),
        Heun(),
    ]
    axis = axis_along(BASE, "timesteps.rho", "1, 3, 7")
    along = list(error_along(base(nfe=19), axis, ["ddim", base().solver]))
    assert [r.at for r in along] == [1, 1, 3, 3, 7, 7]  # value by value
    assert [r.mean for r in along if r.solver == BASE.solver] == [r.mean for r in got.values()]
    there = rankings(along, axis)
    assert list(there) == [1, 3, 7] and there[3].rows[0].at == 3
    assert sentence(there[3]).startswith("Best at ρ = 3, 19 evaluations: DDIM")
    x = error_vs_nfe(along, {}, axis=axis)
    assert x["layout"]["xaxis"]["type"] == "linear" and x["data"][0]["x"] == [1, 3, 7]
    wide = axis_along(BASE, "timesteps.sigma_min", "0.002, 0.2")
    logs = error_vs_nfe(list(error_along(BASE, wide)), {}, axis=wide)["layout"]["xaxis"]
    assert logs["type"] == "log" and logs["title"]["text"] == wide.label
    with_churn = dict(sweep_settings(base(nfe=19), "s_churn", [0, 4]))
    assert with_churn[0].mean != with_churn[4].mean


@pytest.mark.parametrize(
    "axis, values, words",
    [
        ("rho", [1], "Unknown setting 'rho'. Known: timesteps.rho"),
        ("timesteps.rho", [1, 90], "out of range"),
        ("s_churn", [], "at least one value"),
        ("solver.order", [1, 2], "'heun' has no setting 'solver.order'"),
    ],
)
def test_a_bad_axis_is_a_sentence_at_once(axis, values, words):
    with pytest.raises(UserError, match=words.replace(".", r"\.")):
        sweep_settings(BASE, axis, values)
    with pytest.raises(UserError, match="all solvers share, not Solver"):
        axis_along(BASE, "solver", "ddim, heun")


def test_a_typed_list_sweeps_what_it_can():
    typed = base(timesteps=Custom())
    assert len(list(sweep_settings(typed, "solver", ["ddim", "heun"]))) == 2
    with pytest.raises(UserError, match="typed list"):
        sweep_settings(typed, "nfe", [5, 9])


def test_names_tell_members_apart():
    assert solver_name(Heun()) == "Heun" and solver_name(DPMpp()) == "DPM-Solver++(2M)"
    assert solver_name(DPM2(r=0.3)) == "DPM-Solver-2 r = 0.3"
    assert solver_name(AMED(predictor="digits-amed-5")) == "AMED-Solver, digits-amed-5"
    assert solver_name(AMED(predictor="0a1b2c3d4e5f")) == "AMED-Solver, trained here"  # a digest
    assert solver_name(UniPC(order=2, variant="bh1")) == "UniPC-2, B(h) B = h"
    assert len({solver_name(cls()) for cls in SOLVERS.values()}) == len(SOLVERS)


def test_the_measured_error_is_that_of_independent_arithmetic():
    """A Gaussian, whose flow is known: x(σ_min) = m + (x − m) √((σ_min² + v)/(σ_max² + v))."""
    from explorer.models import Gaussian

    e = base(model=Gaussian(), solver=DDIM(), nfe=9)
    source, noise = end_error._start(dataclasses.replace(e))
    sigma = experiment.levels(e)
    x = noise.start * sigma[0]
    truth = source.denoiser.flow(x, float(sigma[0]), float(sigma[-1]))
    for a, b in itertools.pairwise(sigma):
        x = x + (b - a) * (x - source.denoiser(x, a)) / a
    error = (x - truth).square().mean(1).sqrt()
    assert end_error.measure(e).mean == pytest.approx(float(error.mean()), rel=1e-9)
    assert torch.isfinite(error).all()


def test_time_steps_are_compared_over_one_range():
    plane = base(samples=16)
    rows = list(error_against_nfe(plane, ["heun"], (9, 17), grids=["rho", "vp_time", "logsnr"]))
    assert [r.name for r in rows[:3]] == ["Heun, ρ grid", "Heun, VP time, exp.", "Heun, log SNR"]
    assert len(rows) == 6 and len({r.mean for r in rows}) == 6
    alone = list(error_against_nfe(base(samples=16, timesteps=LogSNR()), ["heun"], (9, 17)))
    assert [r.mean for r in rows if "log SNR" in r.name] == pytest.approx([r.mean for r in alone])


@pytest.mark.parametrize("grids", [["edm"], ["custom"]])
def test_unknown_time_steps_are_refused_at_once(grids):
    with pytest.raises(UserError, match="Known: rho"):
        error_against_nfe(BASE, ["heun"], (9,), grids=grids)
