"""What an answer curve says, by one rule, held to cases; and what it says where there is none."""

import dataclasses
import math

import pytest

from explorer.core.churn import Churn
from explorer.core.solvers import Heun
from explorer.data import Moons
from explorer.lab.experiment import Experiment
from explorer.settings import unflatten
from explorer.study.end_error import Row
from explorer.study.setting_error import Axis, Rounds, axis_of
from explorer.ui.answer import answer

MOONS = Experiment(data=Moons(dimension=2), samples=64)
PLAN = Rounds((64,), 1.0)


def row(error: float, spread: float = 0.01, n: int = 64, turn: int = 0) -> Row:
    paths = [(k * (2 * turn + 1) + turn) % n for k in range(n)]  # turned: in another order
    each = [error * math.exp(spread * math.sin(12.9898 * k)) for k in paths]
    return Row(Heun(), "Heun", "one", 35, 18, median=sorted(each)[n // 2], each=each)


def told(errors: dict, current=7.0, word="rho", base=MOONS, loose=0, **more) -> tuple[str, str]:
    """The sentences of a whole curve with these errors; loose: how little they go together."""
    axis = dataclasses.replace(
        axis_of(base, word), current=current, grid=tuple(sorted({*errors, current}))
    )
    found = answer(base, axis, PLAN, {v: row(e, turn=loose * v, **more) for v, e in errors.items()})
    return found["lead"], found["rest"]


@pytest.mark.parametrize(
    "errors, current, lead, rest",
    [
        ({1: 9, 3: 4.4, 6: 1.4, 7: 1.26, 20: 1}, 3, "Within 1.5 × of the best from 6 up.",
         "ρ = 3 makes 4.4 × the error of 20."),
        ({1: 9, 3: 4.4, 6: 1.4, 7: 1.26, 20: 1}, 7, "Within 1.5 × of the best from 6 up.",
         "ρ = 7 makes 1.26 × the error of 20."),
        ({1: 1, 7: 1.2, 12: 1.4, 20: 9}, 20, "Within 1.5 × of the best up to 12.",
         "ρ = 20 makes 9 × the error of 1."),
        ({1: 9, 6: 1.4, 7: 1, 14: 1.3, 20: 4}, 7, "Within 1.5 × of the best from 6 to 14.",
         "ρ = 7 is the lowest measured."),
        ({1: 9, 9: 1.8, 12: 1, 16: 2}, 12, "Best at 12.",
         "9 makes 1.8 × and 16 makes 2 × its error."),
        ({1: 9, 7: 3, 20: 1}, 7, "Still falling at 20.", "ρ = 7 makes 3 × the error of 20."),
        ({1: 1, 7: 3, 20: 9}, 7, "The smaller ρ, the smaller the error, down to 1.",
         "ρ = 7 makes 3 × the error of 1."),
        ({1: 1.2, 7: 1.001, 20: 1}, 7, "Flat: all from 1 to 20 are within 1.5 × of the best.",
         "ρ = 7 makes hardly more error than 20."),
        ({1: 1, 7: 1, 20: 1}, 7, "No effect here: from 1 to 20 every path ends at the same point.",
         ""),
        ({1: 2}, 7, "1 of 2 measured.", ""),
    ],
)  # fmt: skip
def test_the_sentences_of_a_curve(errors, current, lead, rest):
    assert told(errors, current) == (lead, rest)


def test_few_paths_rank_nothing():
    lead, rest = told({1: 1.7, 7: 1, 20: 1.8}, 7, loose=1, spread=2, n=8)
    assert lead == "Cannot be told apart on 8 paths." and "1 and 20 cannot be told apart" in rest
    lead, rest = told({1: 90, 4: 1.7, 7: 1, 20: 90}, 7, loose=1, spread=2, n=8)
    assert lead == "Lowest at 7." and "On 8 paths 4 cannot be told apart from 7 either." in rest


def test_an_interval_stands_beside_a_ratio_that_is_not_sure():
    _, rest = told({1: 9, 7: 3, 20: 1}, 7, spread=0.3)
    assert "(" not in rest  # the same noise, path by path: the ratio is exact
    axis = dataclasses.replace(axis_of(MOONS, "rho"), current=7.0, grid=(1.0, 7.0))
    found = answer(MOONS, axis, PLAN, {1.0: row(1, 0.001), 7.0: row(3, 0.3)})
    assert " × (" in found["rest"]


def test_evaluations_are_told_by_what_twice_as_many_gain():
    errors = {9: 100, 19: 10, 35: 4.5, 70: 1, 1000: 0.001}
    lead, rest = told(errors, 35, "nfe")
    assert lead == "Still falling at 1000."
    assert rest == "From 35 to 70 evaluations, 4.5 × less error."


def test_what_an_error_does_not_tell_is_said():
    base = dataclasses.replace(MOONS, timesteps=type(MOONS.timesteps)(sigma_max=80.0))
    _, rest = told({0.5: 1, 5: 2, 80: 9}, 80, "sigma_max", base)
    assert rest.endswith(
        "at σ_max = 0.5 samples do not start as pure noise: see Distance to the data."
    )
    assert "left below it" in told({0.001: 1, 0.002: 2}, 0.002, "sigma_min", base)[1]
    assert "another denoiser" in told({0.0: 1, 0.5: 2}, 0.5, "depth", MOONS)[1]


def test_two_choices_are_held_against_each_other():
    axis = axis_of(MOONS, "afs")
    found = answer(MOONS, axis, PLAN, {False: row(1), True: row(2)})
    assert found["lead"] == "Analytic makes 2 × the error."
    assert answer(MOONS, axis, PLAN, {False: row(1, 0.5), True: row(1.001, 0.5, turn=1)})[
        "lead"
    ].endswith("apart.")


@pytest.mark.parametrize(
    "flat, word, lead, rest",
    [
        ({}, "s_tmin", "No effect while S_churn is 0.", ""),
        ({"solver": "euler_a"}, "rho", "No path error.", "New noise leaves every reference"),
        ({"repeats": 2}, "rho", "No path error.", "New noise leaves every reference"),
    ],
)
def test_where_there_is_no_curve_the_reason_stands(flat, word, lead, rest):
    base = unflatten(Experiment, flat, MOONS)
    found = answer(base, axis_of(base, word), PLAN, {})
    assert found["state"] == "absent" and found["lead"] == lead and found["rest"].startswith(rest)


def test_a_curve_that_takes_long_is_offered_and_churn_is_told():
    axis: Axis = axis_of(MOONS, "rho")
    found = answer(MOONS, axis, Rounds(seconds=70, why="14 runs take a while here."), {})
    assert found["lead"] == "Not measured." and found["fully"] == "Measure, about 70 s"
    churned = dataclasses.replace(MOONS, churn=Churn(s_churn=20))
    found = answer(churned, axis_of(churned, "rho"), PLAN, {})
    assert found["state"] == "draft" and found["rest"] == (
        "With churn the reference gets the same noise."
    )
