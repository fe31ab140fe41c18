"""The Schedules page: what it says of texts, on one axis, and what it hands to other tools."""

import json
import math

import numpy as np
import pytest

from explorer.errors import UserError
from explorer.ui.schedules import asked, axis, combs, schedules
from explorer.ui.schedules.examples import examples

EXAMPLES = {e.name: e for e in examples()}
SHIFTED = [t * 3 / (1 + 2 * t) for t in (1 - i / 10 for i in range(10))]


def read(text, **more):
    answer = schedules({"text": text, **more})
    json.dumps(answer, allow_nan=False)  # as the page gets it
    return answer


def levels(answer, k=0):
    return [float(v) for v in answer["rows"][k]["levels"]]


def of(name):
    return read(EXAMPLES[name].text, **EXAMPLES[name].more)


def test_nothing_pasted_has_live_rulers_a_ghost_and_examples():
    answer = schedules({})
    assert answer["empty"] and len(answer["rulers"]) == 6
    assert answer["rows"][0]["source"] == "nothing pasted yet"
    assert [e["name"] for e in answer["examples"]] == list(EXAMPLES)


@pytest.mark.parametrize(
    "text, reading, first",
    [
        ("[14.6, 5.8, 2.1, 0.9, 0.03, 0]", "sigma", 14.6),
        ("[1.0, 0.96, 0.9, 0.75, 0.5, 0.0]", "flow", math.inf),
        ("999, 749, 499, 249", "timestep", 14.6146),
    ],
)
def test_a_bare_list_is_read_by_its_numbers_and_can_be_read_otherwise(text, reading, first):
    answer = read(text)
    assert answer["reading"] == reading and levels(answer)[0] == pytest.approx(first, rel=1e-5)
    assert {o["name"] for o in answer["asks"]["others"]} == {"sigma", "flow", "timestep"} - {
        reading
    }
    assert all(o["label"][0] == "σ" or o["label"][0].isupper() for o in answer["asks"]["others"])
    other = read(text, reading="sigma")
    assert levels(other)[0] == float(text.strip("[").split(",")[0])


@pytest.mark.parametrize(
    "text, said",
    [
        ("[14.6,\n 3.2,\n …, 0]", "Line 3, character 2: "),
        ("14.6, 3, foo, 0", "Line 1, character 10: "),
        ("hello", "No numbers in 'hello'"),
        ('{"a": 1}', "Looked for"),
        ("   ", ""),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text, said):
    if not said:
        assert schedules({"text": text})["empty"]
        return
    with pytest.raises(UserError) as refused:
        schedules({"text": text})
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "request_",
    [
        {"text": 3},
        {"packed": "!!"},
        {"packed": 7},
        {"text": "3, 2, 1", "steps": 1e9},
        {"text": "3, 2, 1", "steps": 2.5},
        {"text": "3, 2, 1", "shift": "x"},
        {"text": "3, 2, 1", "strength": float("nan")},
        {"text": "3, 2, 1", "model": "nothing"},
        {"text": "3, 2, 1", "reading": "cats"},
        {"text": "3, 2, 1", "rows": [3]},
        {"text": "3, 2, 1", "split": -1},
    ],
    ids=str,
)
def test_nonsense_is_a_sentence(request_):
    with pytest.raises(UserError):
        schedules(request_)


def test_a_link_holds_a_text_and_unpacks_to_no_more_than_it_may():
    text = EXAMPLES["sdxl"].text + "σ ∞"
    assert asked.unpack(asked.pack(text)) == text
    bomb = asked.pack("0" * 199_000)
    assert len(bomb) < 2_000 and len(asked.unpack(bomb)) == 199_000
    assert asked.pack("0" * 300_000) is None
    for broken in (bomb[:-9], "AAAA", "é"):
        with pytest.raises(UserError):
            asked.unpack(broken)


def test_a_text_too_long_for_a_link_goes_as_its_list():
    import random

    noise = "".join(random.Random(7).choices("abcdefghijklmnop", k=30_000))
    text = json.dumps({"prompt": noise, "_class_name": "EulerDiscreteScheduler"})
    answer = read(text)
    again = schedules({k: v for k, v in answer["link"].items() if k != "said"})
    assert np.allclose(levels(again), levels(answer), rtol=1e-8)


def test_rulers_agree_with_each_other_at_every_step():
    answer = of("sd3")
    told = answer["rows"][0]["read"]
    for sigma, t, step, snr, bar in zip(
        levels(answer), told["time"], told["timestep"], told["snr"], told["bar"], strict=True
    ):
        if math.isinf(sigma) or sigma == 0:
            assert t == (1 if sigma else 0)
            continue
        assert t == pytest.approx(sigma / (1 + sigma), rel=1e-6)  # seven digits are sent
        assert step == pytest.approx(1000 * t, rel=1e-6)
        assert snr == pytest.approx(-2 * math.log(sigma), rel=1e-5, abs=1e-5)
        assert bar == pytest.approx(1 / (1 + sigma**2), rel=1e-5)


def test_percent_is_comfyuis_percent_to_sigma():
    from explorer.dialects import comfy
    from explorer.dialects.families import FAMILIES

    for name in ("sdxl", "sd3", "flux_dev", "svd"):
        family = FAMILIES[name]
        model, tool = axis.Model(family), comfy.model(name)
        for part in (0.1, 0.25, 0.5, 0.9):
            made = family.level(float(tool.percent(part)))
            assert model.of_percent(part) == pytest.approx(made, rel=1e-4), name
            assert float(model.percent(np.array([made]))[0]) == pytest.approx(part, abs=1e-4), name


@pytest.mark.parametrize("alpha", [0.5, 1.0, 3.0, 9.0, 64.0])
@pytest.mark.parametrize("n", [5, 20, 50])
def test_the_shift_of_an_even_list_is_found(alpha, n):
    assert combs.fit(combs.even(n, alpha)) == pytest.approx(alpha, rel=1e-6)
    assert combs.fit([80 * 0.7**i for i in range(20)]) is None


def test_a_doubled_shift_is_seen_mended_and_undone():
    text = EXAMPLES["sd3"].text
    first = read(text)
    assert [f["kind"] for f in first["faults"]] == ["double_shift"]
    assert first["shift"]["value"] == pytest.approx(9, rel=1e-5) and first["shift"]["own"] == 3
    assert first["rows"][1]["role"] == "mended"
    mended = read(text, mended=["double_shift"])
    assert not mended["faults"] and mended["fine"] and mended["mended"][0]["kind"] == "double_shift"
    assert mended["rows"][1]["name"] == "pasted" and levels(mended, 1) == levels(first)
    assert np.allclose(levels(mended)[1:-1], np.array(levels(first)[1:-1]) / 3, rtol=1e-6)
    changed = mended["shown"]["marks"]
    assert len(changed) == 19  # every number but the 1 at which the list starts
    assert "0.95, 0.9, 0.85" in mended["shown"]["text"]


def test_a_shift_slides_the_whole_comb():
    before, after = read(f"{SHIFTED}"), read(f"{SHIFTED}", shift=6.0)
    assert np.allclose(np.array(levels(after)[1:]) / levels(before)[1:], 2, rtol=1e-9)
    assert after["shift"]["value"] == 6 and after["shift"]["comb"]


def test_a_list_equal_to_another_says_so_and_shares_its_row():
    answer = of("sdxl")
    assert [r["label"] for r in answer["rows"]] == ["yours", "ComfyUI, A1111", "EDM, ρ = 7"]
    assert answer["rows"][1]["twin"].startswith("the same σ as yours")


def test_rows_are_added_sorted_and_taken_away():
    text = EXAMPLES["sdxl"].text
    answer = read(text, rows=["edm", "yours", "comfy:simple"])
    assert [r["name"] for r in answer["rows"]] == ["edm", "yours", "comfy:simple"]
    two = read(text, rows=["yours", "comfy:simple", "comfy:normal"])
    assert [r["label"] for r in two["rows"]] == ["yours", "ComfyUI, simple", "ComfyUI, normal"]
    odd = read(text, rows=["yours", "comfy:cats", "list:1,2"])
    assert [r["name"] for r in odd["rows"]] == ["yours"] and "cats" in odd["foot"]


def test_strength_and_hand_over_are_places_in_the_list():
    answer = read(EXAMPLES["sdxl"].text, steps=25, strength=0.6, split=2.0)
    assert (
        answer["cut"]["from"] == 10
        and "ComfyUI’s denoise 0.6 makes 41 steps" in answer["cut"]["text"]
    )
    at = answer["split"]["at"]
    high, low = (part.split(", ") for part in answer["split"]["copy"].splitlines())
    assert high[-1] == low[0] and len(high) == at + 1 and len(high) + len(low) == 27
    assert float(low[0]) == pytest.approx(2.0, rel=0.15)


@pytest.mark.parametrize("prediction", ["sample", "epsi[", ""])
def test_what_a_network_predicts_changes_no_list(prediction):
    config = {"_class_name": "EulerDiscreteScheduler", "use_karras_sigmas": True}
    same = read(json.dumps(config))
    answer = read(json.dumps({**config, "prediction_type": prediction}), rows=["comfy:karras"])
    assert levels(answer) == levels(same) and len(answer["rows"]) == 2


def test_a_list_longer_than_the_lab_runs_is_drawn_and_named():
    answer = read(", ".join(f"{80 * 0.99**i:.9g}" for i in range(600)))
    assert len(levels(answer)) == 600
    assert answer["open"]["why"] == "The list has 600 levels above 0; the lab runs 512."


def test_a_list_that_rises_or_is_no_number_is_drawn_as_far_as_it_goes():
    for text in ("14, 9, 11, 3, 1, 0", "14, 9, nan, 3, 1, 0"):
        answer = read(text)
        assert answer["faults"][0]["severity"] == "wrong" and answer["open"].get("why")
