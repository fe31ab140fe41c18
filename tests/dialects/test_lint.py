"""What is said of a list of noise levels."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.timesteps import TIMESTEPS, VE, VP, Custom, Rho
from explorer.dialects.lint import lint
from explorer.errors import UserError

from .falling import AYS, falling


def texts(findings):
    return " ".join(f"{f.level}: {f.text}" for f in findings)


@pytest.mark.parametrize("tail", [(), (0.0,)])
@pytest.mark.parametrize("n", [3, 4, 5, 7, 10, 18, 40, 256])
def test_nothing_is_said_of_the_grid_of_edm(n, tail):
    assert lint((*Rho().sigmas(n).tolist(), *tail)) == []


@pytest.mark.parametrize("name", [n for n in TIMESTEPS if n != "custom"])
def test_no_grid_of_the_lab_has_an_error(name):
    assert "error" not in texts(lint(TIMESTEPS[name]().sigmas(18).tolist()))


@pytest.mark.parametrize(
    "sigmas, message",
    [
        ((), "error: At least two levels above 0 are needed; the list has none."),
        ((5.0, 0.0), "the list has only 5"),
        ((5.0, 1.0, 1.0, 0.1), "error: Levels 2 and 3 are both 1: step 2 has length 0."),
        ((5.0, 1.0, 2.0, 0.1), "error: Step 2 rises from 1 to 2"),
        ((5.0, 1.0, 0.0, 0.0), "error: The list ends with more than one 0."),
        ((5.0, math.nan, 1.0), "error: Level 2 is nan"),
        ((5.0, 1.0, -1.0), "error: Level 3 is -1"),
        ((2000.0, 1.0, 0.1), "error: Level 1 is 2000; the lab goes up to 1000."),
        ((20.0, 1.0, 1e-5), "error: The last level above 0 is 1e-05; the lab goes down to 0.0001."),
        (tuple(range(1, 9)), "error: 4 more steps do not fall."),
        (tuple(600 - i for i in range(513)), "error: The list has 513 levels; at most 512 work."),
        (
            (*AYS[:-1], 0.03),
            "note: The list ends at 0.03: noise of this size stays unless a final "
            "denoise is added.",
        ),
        (
            (3.0, 1.0, 0.3, 0.1, 0.02, 0.0),
            "warning: At σ_max = 3 the data still show through: 2.7 % ",
        ),
        ((20.0, 5.0, 1.0, 0.2, 0.0), "warning: The last level above 0 is 0.2, 40 % of the data's "),
        ((80.0, 0.02), "warning: The list has only 2 levels"),
        (
            (80.0, 5.0, 3.0, 2.0, 1.2, 0.8, 0.0),
            "warning: The first step is a jump: step 1 from 80 to 5 "
            "divides σ by 16, the usual step by 1.7.",
        ),
        (
            (20.0, 12.0, 8.0, 5.0, 0.02, 0.0),
            "warning: The last step is a jump: step 4 from 5 to 0.02",
        ),
        (
            (20.0, 12.0, 8.0, 0.5, 0.3, 0.2, 0.0),
            "warning: One step is a jump: step 3 from 8 to 0.5",
        ),
        (
            (80.0, 20.0, 0.3, 0.05, 0.002, 0.0),
            "warning: One step is a jump: step 2 from 20 to 0.3 divides σ by 67, the usual step",
        ),
        ((20.0, 0.3, 0.02, 0.0), "warning: The first step is a jump: step 1 from 20 to 0.3"),
        (
            (math.inf, 20.0, 0.3, 0.1, 0.02, 0.0),
            "warning: One step is a jump: step 2 from 20 to 0.3",
        ),
        ((5.0, math.inf, 1.0), "error: Level 2 is inf"),
        ((20.0, 5.0, 1.0, 0.02, 0.0199, 0.0), "note: Step 4 from 0.02 to 0.0199 hardly moves"),
    ],
)
def test_what_the_linter_says(sigmas, message):
    assert message in texts(lint(sigmas))


def test_a_list_is_held_against_the_range_of_the_model():
    said = texts(lint((80.0, 20.0, 14.6146, 1.0, 0.02, 0.0), model_range=(0.0292, 14.6146)))
    assert "Levels 1 to 2 (80 to 20) lie above 14.6, the largest noise" in said
    assert "Level 5 (0.02) lies below 0.0292, the smallest noise" in said
    assert lint(Rho().sigmas(18).tolist(), model_range=(0.002, 80.0)) == []


def test_the_schedules_of_others_are_judged_by_the_scale_of_the_data():
    said = lint((*AYS, 0.0), sigma_data=1.0)  # latents of Stable Diffusion
    assert [f.text[:23] for f in said] == ["The last step is a jump"]
    assert "6 % of the data's spread 0.5" in texts(lint((*AYS, 0.0), sigma_data=0.5))
    assert "last step is a jump" in texts(lint([*VP().sigmas(18).tolist(), 0.0]))
    assert lint([*VE().sigmas(18).tolist(), 0.0]) == []


@given(
    st.lists(
        st.sampled_from(
            [0.0, 1e-5, 1e-4, 0.3, 1.0, 5.0, 999.0, 1000.0, 1001.0, -1.0, math.nan, math.inf]
        )
        | st.floats(0.01, 100.0),
        max_size=6,
    )
    | falling()
)
@settings(max_examples=300, deadline=None)
def test_the_errors_are_what_the_lab_refuses(sigmas):
    try:
        Custom(levels=tuple(sigmas))
        runs = True
    except UserError:
        runs = False
    assert runs == ("error" not in {f.level for f in lint(sigmas)})


def test_a_step_hardly_moves_below_a_tenth_of_the_usual_one():
    for part, told in ((1 / 9, False), (1 / 11, True)):
        logs = [3.0, 2.0, 1.0, 0.0, -part, -1.0 - part, -2.0 - part, -3.0 - part]
        said = [f.text for f in lint([math.exp(v) for v in logs])]
        assert any("hardly moves" in text for text in said) is told


def test_a_step_from_infinity_is_no_jump_and_counts_as_the_first():
    levels = (math.inf, 80.0, 20.0, 5.0, 1.25, 0.001)
    found = [f for f in lint(levels, sigma_data=0.0) if "jump" in f.text]
    assert [f.at for f in found] == [4]
    assert "step 5 from 1.25 to 0.001" in found[0].text
