"""Pasted lists are read as they were meant or refused with the reason."""

import json
import math
import time

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from explorer.dialects.lists import formats, frame_of, parse_list, parse_sigmas
from explorer.errors import UserError

from .falling import AYS, above_zero, falling

SD = (14.6146, 9.7233, 2.1556, 0.0292)
ROSE = "The list rose; it is read from large to small."
ZERO = "The final 0 is taken off; the loop adds it."


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
    "from pure noise": ("[inf, 14.0, 1.0, 0.03]", (math.inf, 14.0, 1.0, 0.03), []),
    "from pure noise, as a sign": ("∞ → 14.0 → 1.0", (math.inf, 14.0, 1.0), []),
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
    assert parsed.sigmas == pytest.approx((math.inf, 9.0, 7 / 3, 3 / 7))
    assert "t/(1 − t)" in parsed.notes[0] and "starts at 1" in parsed.notes[0]
    own = parse_list("[1.0, 0.9, 0.7, 0.3, 0]")
    assert own.values == (1.0, 0.9, 0.7, 0.3) and own.frame == "flow"


def test_timesteps_are_read_with_a_word():
    published = parse_list("[999, 850, 736, 645, 545, 455, 343, 233, 124, 24, 0]")
    assert published.frame == "timesteps" and published.values[-1] == 24
    # ComfyUI computes its table in float32: 2e-6
    assert (
        published.sigmas[0] == pytest.approx(14.6146412, rel=2e-6) and len(published.sigmas) == 10
    )
    assert "Stable Diffusion’s table" in published.notes[0] and "VE:" in published.notes[0]
    for text in ("tensor([999, 979, 959, 939])", "tensor([999., 979., 959., 939., 919.])"):
        assert parse_list(text).frame == "timesteps"
    even = parse_list("[0, 250, 500, 750]")
    assert even.sigmas[-1] == pytest.approx(0.0291671582, rel=2e-6), "diffusers’ own last step"
    thousandths = parse_list("[1000.0, 750.0001, 500.0]")
    assert thousandths.sigmas == pytest.approx((math.inf, 3.0, 1.0), rel=1e-5)
    assert "thousandths" in thousandths.notes[0]


def test_the_frame_can_be_said():
    assert parse_sigmas("VE: 1, 0.9, 0.7, 0.3") == ((1.0, 0.9, 0.7, 0.3), [])
    assert parse_sigmas("flow: 0.5, 0.2, 0").sigmas == pytest.approx((1.0, 0.25))
    assert parse_sigmas("ve: 999, 979, 959").sigmas == (999, 979, 959)
    assert parse_sigmas("timesteps: 40, 20").sigmas[0] < 0.3
    assert parse_sigmas("sigmas = [999, 979, 959]").sigmas == (999, 979, 959), "called sigmas"
    with pytest.raises(UserError, match=r"from 0 to 1; got 14"):
        parse_sigmas("flow: 14, 2, 0")


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
    "inf": ("[2.0, inf, 0.03]", "Entry 2 is inf"),
    "minus infinity": ("-inf", "Entry 1 is -inf"),
    "too large for a float": ("1e999, 1", "Entry 1 is 1e999"),
    "negative": ("5, 1, -0.5, 0", "Entry 3 is -0.5; a noise level is a finite number, 0 or larger"),
    "a true minus sign": ("5, 1, −0.5", "Entry 3 is -0.5"),
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
    assume(frame_of(sigmas)[0] == "ve")  # others are read in their frame, with a word
    assert parse_sigmas(repr(sigmas[::-1])).sigmas == above_zero(sigmas)
    assert parse_sigmas("\n".join(map(repr, sigmas))).sigmas == above_zero(sigmas)


@given(st.text(max_size=60) | st.text("[](){}0159.,;:-+*e=#> \n\t\"'asigmtenor_", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused(text):
    try:
        sigmas = parse_sigmas(text).sigmas
    except UserError:
        return
    assert sigmas and all(math.isfinite(s) and s >= 0 for s in sigmas[1:]) and sigmas[-1] > 0
    assert sigmas[0] >= 0


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


def test_a_list_from_pure_noise_is_written_in_times():
    sigmas = (math.inf, 9.0, 1.0, 0.25)
    found = formats(sigmas)
    assert found == {
        "k-diffusion": "sigmas = torch.tensor([1.0, 0.9, 0.5, 0.2, 0.0])",
        "diffusers": "pipe.scheduler.set_timesteps(sigmas=[1.0, 0.9, 0.5, 0.2])",
        "ComfyUI": "1.0, 0.9, 0.5, 0.2, 0.0",
        "plain": "inf, 9.0, 1.0, 0.25",
    }
    for text in found.values():
        assert parse_sigmas(text).sigmas == pytest.approx(sigmas)


def test_what_could_be_another_frame_is_marked():
    for sigmas in ((0.97, 0.5, 0.2), (1000.0, 700.0, 400.0, 100.0)):
        for text in formats(sigmas).values():
            assert "VE: " in text
            assert parse_sigmas(text).sigmas == sigmas


def test_how_other_tools_take_a_list():
    assert formats((14.6146, 1 / 3)) == {
        "k-diffusion": "sigmas = torch.tensor([14.6146, 0.333333333, 0.0])",
        "diffusers": "pipe.scheduler.set_timesteps(sigmas=[14.6146, 0.333333333, 0.0])",
        "ComfyUI": "14.6146, 0.333333333, 0.0",
        "plain": "14.6146, 0.333333333",
    }
