"""Pasted lists are read as they were meant or refused with the reason; edits always fall."""

import json
import math
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from explorer.core.timesteps import HIGHEST, LOWEST, TIMESTEPS, VE, VP, Custom, Rho
from explorer.dialects.lists import (
    GAP,
    LONGEST,
    formats,
    insert,
    lint,
    move,
    parse_sigmas,
    remove,
    resample,
)
from explorer.errors import UserError

SD = (14.6146, 9.7233, 2.1556, 0.0292)
ROSE = "The list rose; it is read from large to small."
ZERO = "The final 0 is taken off; the loop adds it."
AYS = (14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029)


@st.composite
def falling(draw, most=40):
    """A list that falls by at least GAP² a step, so that every step can be split."""
    n = draw(st.integers(2, most))
    drops = draw(st.lists(st.floats(math.log(GAP**2) + 1e-9, 0.3), min_size=n - 1, max_size=n - 1))
    sigma, levels = draw(st.floats(20.0, 1000.0)), []
    for drop in [*drops, 0.0]:
        levels.append(sigma)
        sigma *= math.exp(-drop)
    return tuple(levels) + draw(st.sampled_from([(), (0.0,)]))


def above_zero(sigmas):
    return tuple(s for s in sigmas if s > 0)


def texts(findings):
    return " ".join(f"{f.level}: {f.text}" for f in findings)


# ---- reading -------------------------------------------------------------------------------------

PASTED = {
    "k-diffusion": ("tensor([14.6146,  9.7233,  2.1556,  0.0292,  0.0000])", SD, [ZERO]),
    "on a GPU": (
        "tensor([14.6146,  9.7233,\n         2.1556,  0.0292,  0.0000], "
        "device='cuda:0', dtype=torch.float16)",
        SD,
        [ZERO],
    ),
    "scientific": ("tensor([1.4615e+01, 9.7233e+00, 2.9200e-02])", (14.615, 9.7233, 0.0292), []),
    "with a gradient": (
        "tensor([14.6146, 9.7233, 2.1556, 0.0292], grad_fn=<MulBackward0>)",
        SD,
        [],
    ),
    "a row": ("tensor([[14.6146, 9.7233, 2.1556, 0.0292]])", SD, []),
    "a column": (
        "tensor([[14.6146],\n        [ 9.7233],\n        [ 2.1556],\n        [ 0.0292]])",
        SD,
        [],
    ),
    "Python": ("[14.6146, 9.7233, 2.1556, 0.0292]", SD, []),
    "a tuple": ("(14.6146, 9.7233, 2.1556, 0.0292)", SD, []),
    "numpy": ("[14.6146  9.7233  2.1556  0.0292  0.    ]", SD, [ZERO]),
    "numpy's repr": ("array([14.6146,  9.7233,  2.1556,  0.0292], dtype=float32)", SD, []),
    "numpy 2 scalars": (
        "[np.float64(14.6146), np.float64(9.7233), np.float64(2.1556), np.float64(0.0292)]",
        SD,
        [],
    ),
    "tensor scalars": (
        "[tensor(14.6146, device='cuda:0'), tensor(9.7233, device='cuda:0')]",
        SD[:2],
        [],
    ),
    "ComfyUI": ("14.6146, 9.7233, 2.1556, 0.0292, 0.0", SD, [ZERO]),
    "a line each": ("14.6146\n9.7233\n2.1556\n0.0292\n", SD, []),
    "a line each with commas": ("14.6146,\n9.7233,\n2.1556,\n0.0292,\n0,", SD, [ZERO]),
    "a prefix": ("sigmas: 14.6146, 9.7233, 2.1556, 0.0292", SD, []),
    "a bracket and a prefix": ("Sigmas = [14.6146, 9.7233, 2.1556, 0.0292]", SD, []),
    "JSON": ('{"sampler": "euler", "sigmas": [14.6146, 9.7233, 2.1556, 0.0292]}', SD, []),
    "JSON of strings": ('["14.6146", "9.7233", "2.1556", "0.0292"]', SD, []),
    "YAML": ("sigmas:\n  - 14.6146\n  - 9.7233\n  - 2.1556\n  - 0.0292\n", SD, []),
    "Markdown": ("```python\nsigmas = [14.6146, 9.7233, 2.1556, 0.0292]  # 4 levels\n```", SD, []),
    "IPython": ("In [3]: sigmas[:4]\nOut[3]: tensor([14.6146, 9.7233, 2.1556, 0.0292])", SD, []),
    "a prompt": (">>> scheduler.sigmas\ntensor([14.6146, 9.7233, 2.1556, 0.0292])", SD, []),
    "a call": (
        "pipe.scheduler.set_timesteps(sigmas=[14.6146, 9.7233, 2.1556, 0.0292, 0.0], "
        "device='cuda')",
        SD,
        [ZERO],
    ),
    "semicolons": ("14.6146; 9.7233; 2.1556; 0.0292", SD, []),
    "arrows": ("14.6146 → 9.7233 -> 2.1556 > 0.0292", SD, []),
    "no spaces": ("14.6146,9.7233,2.1556,.0292,0.", SD, [ZERO]),
    "decimal commas": (
        "14,6146\n9,7233\n2,1556\n0,0292",
        SD,
        ["Commas are read as decimal points."],
    ),
    "rising": ("0.0292, 2.1556, 9.7233, 14.6146", SD, [ROSE]),
    "rising from 0": ("0, 0.0292, 2.1556, 9.7233, 14.6146", SD, [ROSE, ZERO]),
    "rising, then 0": ("0.0292, 2.1556, 9.7233, 14.6146, 0", SD, [ROSE, ZERO]),
    "minus nothing": ("14.6146, 9.7233, 2.1556, 0.0292, -0.0", SD, [ZERO]),
    "two zeros": (
        "2, 1, 0, 0",
        (2, 1),
        ["The 2 zeros at the end are taken off; the loop adds one."],
    ),
    "Align Your Steps": (str(list(AYS)), AYS, []),
    "whole sigmas": ("80, 24, 5, 1, 0", (80, 24, 5, 1), [ZERO]),
    "whole sigmas of a tensor": ("tensor([100.,  10.,   1.,   0.])", (100, 10, 1), [ZERO]),
    "σ said to be σ": (
        "900.0, 600.0, 300.0",
        (900, 600, 300),
        [
            "Even gaps from 900 down are typical of time steps; they are read as noise levels all "
            "the same."
        ],
    ),
    "not in order": ("5, 1, 2", (5, 1, 2), []),
    "a missing end": (
        "[14.6146, 9.7233, 2.1556, 0.0292",
        SD,
        ["A closing bracket is missing; check that the end of the list is there."],
    ),
    "words with a number": (
        "Euler, 4 steps: [14.6146, 9.7233, 2.1556, 0.0292]",
        SD,
        ["Only the list in brackets is read; 4 outside it is left out."],
    ),
    "two prints": (
        "timesteps: tensor([999, 666, 333])\nsigmas: tensor([14.6, 9.7])",
        (14.6, 9.7),
        ["Only the list called sigmas is read; 999, 666, 333 outside it is left out."],
    ),
}


@pytest.mark.parametrize("name", PASTED)
def test_what_people_paste(name):
    text, sigmas, notes = PASTED[name]
    assert parse_sigmas(text) == (sigmas, notes)


def test_a_flow_matching_list_is_read_with_a_word():
    parsed = parse_sigmas("[1.0, 0.9, 0.7, 0.3]")
    assert parsed.sigmas == (1.0, 0.9, 0.7, 0.3) and "t/(1 − t)" in parsed.notes[0]


REFUSED = {
    "nothing": ("", "No numbers in ''"),
    "words": ("use the karras schedule", "No numbers in 'use the karras schedule'"),
    "an empty list": ("tensor([])", "No numbers"),
    "a short print": (
        "tensor([14.6146,  9.7233,  ...,  0.0292,  0.0000])",
        r"shortened.*profile=\"full\"",
    ),
    "a numpy short print": ("[14.6 9.7 ... 0.03 0.]", "shortened"),
    "one character for dots": ("14.6146, 10.7468, …, 0", "shortened"),
    "nan": ("[14.6, nan, 0.03]", "Entry 2 is nan; .* finite"),
    "inf": ("[inf, 1.0, 0.03]", "Entry 1 is inf"),
    "minus infinity": ("-inf", "Entry 1 is -inf"),
    "too large for a float": ("1e999, 1", "Entry 1 is 1e999"),
    "negative": ("5, 1, -0.5, 0", "Entry 3 is -0.5; a noise level is a finite number, 0 or larger"),
    "a true minus sign": ("5, 1, −0.5", "Entry 3 is -0.5"),
    "time steps": ("tensor([999, 979, 959, 939])", r"time steps of a 1000-step .* \(999, 979"),
    "time steps as floats": ("tensor([999., 979., 959., 939., 919.])", "time steps.*σ.*999.0"),
    "time steps upwards": ("[0, 250, 500, 750]", "time steps"),
    "published time steps": (
        "[999, 850, 736, 645, 545, 455, 343, 233, 124, 24, 0]",
        "Print scheduler.sigmas instead",
    ),
    "two lists": ("[5, 1], [4, 2]", "holds 2 lists"),
    "a product": ("1.0e+01 * [1.4, 0.9]", r"multiplied by something \(\*\)"),
    "a fraction": ("5, 1/2, 0", "Entry 2 is '1/2', which is no number"),
    "code": ("[__import__('os').system('true'), 1.0]", "which is no number"),
    "hexadecimal": ("0x10, 1", "'0x10'"),
    "underscores": ("1_0, 1", "'1_0'"),
    "other digits": ("١٢, 5", "'١٢'"),
    "a unit": ("5, 2, 10%", "'10%'"),
    "only zeros": ("0, 0, 0", "Every level is 0"),
    "too many": (", ".join(str(600.5 - i) for i in range(513)), "513 levels; at most 512"),
    "too long": ("1, " * 7000, "21,000 characters"),
    "a number of too many digits": ("9" * 5000, "Entry 1 is 9999"),
    "a NUL": ("5, \x00", "no number"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_the_reason(name):
    text, message = REFUSED[name]
    with pytest.raises(UserError, match=message) as error:
        parse_sigmas(text)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("value", [None, 5, [1.0], b"1"])
def test_only_text_is_pasted(value):
    with pytest.raises(UserError, match="must be text"):
        parse_sigmas(value)


@given(falling(), st.sampled_from(["k-diffusion", "diffusers", "ComfyUI", "plain"]))
@settings(max_examples=60, deadline=None)
@example((900.0, 600.0, 300.0), "plain")
def test_every_format_is_read_back(sigmas, tool):
    parsed = parse_sigmas(formats(sigmas)[tool])
    assert parsed.sigmas == pytest.approx(above_zero(sigmas), rel=5e-9)  # 9 digits
    assert (ZERO in parsed.notes) == (tool != "plain")
    assert formats(parsed.sigmas) == formats(sigmas)


@given(falling())
@settings(max_examples=40, deadline=None)
def test_json_and_python_are_read_back_to_the_last_bit(sigmas):
    assert parse_sigmas(json.dumps({"sigmas": sigmas})).sigmas == above_zero(sigmas)
    assert parse_sigmas(repr(sigmas[::-1])).sigmas == above_zero(sigmas)
    assert parse_sigmas("\n".join(map(repr, sigmas))).sigmas == above_zero(sigmas)


@given(st.text(max_size=60) | st.text("[](){}0159.,;:-+*e=#> \n\t\"'asigmtenor_", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused(text):
    try:
        sigmas = parse_sigmas(text).sigmas
    except UserError:
        return
    assert sigmas and all(math.isfinite(s) and s >= 0 for s in sigmas) and sigmas[-1] > 0


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "a",
        "[",
        "(",
        "a.",
        "1.",
        "\n",
        " ",
        "- ",
        "sigma",
        "a(1,",
        "a=",
        "1 *",
        "1,",
        "[1]",
        '"',
        "tensor(1",
        "e+1",
    ],
)
def test_no_text_of_the_longest_kind_takes_long(piece):
    text = (piece * 20_000)[:19_998] + "!1"
    start = time.process_time()
    try:
        parse_sigmas(text)
    except UserError:
        pass
    assert time.process_time() - start < 1  # milliseconds; a quadratic pattern takes many seconds


# ---- judging -------------------------------------------------------------------------------------


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


# ---- reshaping -----------------------------------------------------------------------------------


def is_list(sigmas):
    return bool(Custom(levels=sigmas))


@given(falling(), st.integers(2, 60))
@settings(max_examples=60, deadline=None)
def test_resampling_keeps_the_ends_and_falls(sigmas, n):
    made = resample(sigmas, n)
    levels, before = above_zero(made), above_zero(sigmas)
    assert is_list(made) and len(levels) == n and (levels[0], levels[-1]) == (before[0], before[-1])
    assert (made[-1] == 0) == (sigmas[-1] == 0)
    assert resample(sigmas, len(before)) == sigmas


def test_a_geometric_list_stays_geometric():
    assert resample((81.0, 9.0, 1.0), 5) == pytest.approx((81, 27, 9, 3, 1), rel=1e-14)
    half, whole = VE().sigmas(6).tolist(), VE().sigmas(11).tolist()
    assert resample(half, 11) == pytest.approx(whole, rel=1e-13)


@given(falling(), st.data())
@settings(max_examples=60, deadline=None)
def test_a_level_put_in_can_be_taken_out(sigmas, data):
    i = data.draw(st.integers(0, len(above_zero(sigmas)) - 1))
    more = insert(sigmas, i)
    assert is_list(more) and len(more) == len(sigmas) + 1
    assert remove(more, i + 1) == sigmas


def test_a_step_is_split_in_the_middle():
    assert insert((9.0, 1.0, 0.1), 0) == (9.0, 3.0, 1.0, 0.1)
    assert insert((9.0, 1.0, 0.0), 1) == (9.0, 1.0, 0.5, 0.0)
    assert insert((9.0, 1.0), 1) == (9.0, 1.0, 0.5)


@given(falling(), st.data())
@settings(max_examples=100, deadline=None)
def test_a_dragged_list_always_falls(sigmas, data):
    for _ in range(4):
        i = data.draw(st.integers(0, len(above_zero(sigmas)) - 1))
        sigma = data.draw(st.floats(allow_nan=False) | st.floats(0.01, 1000.0))
        moved = move(sigmas, i, sigma)
        assert is_list(moved) and moved[:i] == sigmas[:i] and moved[i + 1 :] == sigmas[i + 1 :]
        sigmas = moved


def test_a_level_stops_at_its_neighbours_and_the_ends_at_the_range():
    sigmas = (10.0, 5.0, 1.0, 0.0)
    assert move(sigmas, 1, 3.0) == (10.0, 3.0, 1.0, 0.0)
    assert move(sigmas, 1, 99.0)[1] == pytest.approx(10 / GAP)
    assert move(sigmas, 1, -1.0)[1] == pytest.approx(1 * GAP)
    assert move(sigmas, 0, 1e9)[0] == HIGHEST and move(sigmas, 2, 0.0)[2] == LOWEST
    assert move(sigmas, 0, 500.0, allowed=(0.002, 80.0))[0] == 80.0
    assert move(sigmas, 2, 0.0, allowed=(0.002, 80.0))[2] == 0.002
    assert move((10.0, 5.0, 4.999, 1.0), 1, 7.0) == (10.0, 7.0, 4.999, 1.0)
    assert move((5.001, 5.0, 4.999), 1, 7.0) == (5.001, 5.0, 4.999)  # no room


@pytest.mark.parametrize(
    "edit, message",
    [
        (lambda: resample((5.0, 1.0), 1), "from 2 to 512 levels; got 1"),
        (lambda: resample((5.0, 1.0, 0.0), 512), "from 2 to 511 levels; got 512"),
        (lambda: resample((1.0, 5.0), 3), "must fall all the way"),
        (lambda: insert((5.0, 1.0), 2), "There is no step 3; the list has 2"),
        (lambda: insert((5.0, 4.9999), 0), "Step 1 from 5 is too short to split"),
        (lambda: insert((5.0, LOWEST), 1), "Step 2 from 0.0001 is too short"),
        (lambda: insert([600.0 - i for i in range(LONGEST)], 0), "512 levels, which is as many"),
        (lambda: remove((5.0, 1.0, 0.1), 3), "no level 4"),
        (lambda: remove((5.0, 1.0, 0.1), -1), "no level 0"),
        (lambda: remove((5.0, 1.0, 0.0), 0), "at least two levels"),
        (lambda: move((5.0, 1.0), 0, math.nan), "cannot move to nan"),
        (lambda: formats((5.0,)), "at least two"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(edit, message):
    with pytest.raises(UserError, match=message):
        edit()


def test_how_other_tools_take_a_list():
    assert formats((14.6146, 1 / 3)) == {
        "k-diffusion": "sigmas = torch.tensor([14.6146, 0.333333333, 0.0])",
        "diffusers": "pipe.scheduler.set_timesteps(sigmas=[14.6146, 0.333333333, 0.0])",
        "ComfyUI": "14.6146, 0.333333333, 0.0",
        "plain": "14.6146, 0.333333333",
    }
