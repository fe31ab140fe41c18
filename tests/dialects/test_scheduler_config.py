"""diffusers' configs X-rayed, in JSON and in words, and the failures that threads tell of."""

import contextlib
import json
import math
from itertools import pairwise
from pathlib import Path

import pytest

from explorer import dialects, xray
from explorer.errors import UserError
from tests.dialects.recorded import near, whole
from tests.rows import each

THREADS = sorted((Path(__file__).parents[1] / "data/dialects/threads").glob("*.json"))
SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
SD3 = {"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": 3.0}


def only(thing, model=None):
    report = xray(thing, model)
    assert report.what == "diffusers scheduler config" and len(report.runs) == 1
    return report.runs[0]


def test_each_thread_s_failure_is_recognised_by_its_name():
    def check(file):
        told = json.loads(file.read_text())
        found = {fault.kind: fault for fault in xray(told["thing"]).faults}
        assert told["fault"] in found, list(found)
        assert found[told["fault"]].mend

    each(THREADS, check, lambda file: file.name)
    assert len(THREADS) >= 5


def test_karras_of_6295_ends_twice_at_its_lowest_level():
    told = json.loads((THREADS[0].parent / "diffusers-6295.json").read_text())["thing"]
    fault = xray(told).faults[0]
    assert "twice" in fault.text and fault.mend and fault.mend.sigmas[-1] == 0


def test_a_double_shift_is_mended_to_the_list_of_one():
    fault = xray({"config": SD3, "steps": 4}).faults[0]
    # t' = 3t/(1 + 2t) of 1, 0.667, 0.334, 0.001
    even = [1 - i * 0.999 / 3 for i in range(4)]
    assert fault.kind == "double_shift" and fault.mend
    near(fault.mend.sigmas, [*(3 * t / (1 + 2 * t) for t in even), 0.0], 1e-6)
    given = xray({"config": SD3, "steps": 4, "call": {"sigmas": "linspace(1,0.001,n)"}})
    assert not given.faults
    near(given.runs[0].sigmas, fault.mend.sigmas, 1e-6)


def test_a_shift_that_is_not_the_family_s_is_wrong():
    twice = {**SD3, "shift": 9.0}
    assert [f.severity for f in xray(twice, "sd3").faults if f.kind == "double_shift"] == ["wrong"]


def test_karras_levels_are_a1111_s_today():
    config = {"_class_name": "DPMSolverMultistepScheduler", **SD, "use_karras_sigmas": True}
    asked = {"model": "sdxl", "sampler": "DPM++ 2M SDE", "schedule": "Karras", "steps": 25}
    theirs = dialects.run("A1111 webui", "a1111.sampler", asked)["sigmas"]
    near(only({**config, "steps": 25}).sigmas, theirs, 3e-5)  # float32 tables on both sides


SAME = [
    SD3 | {"steps": 20},
    json.dumps({"scheduler": SD3, "num_inference_steps": 20}),
    [{"deep": [{"down": SD3}]}][0] | {"n": 20},
    "FlowMatchEulerDiscreteScheduler, shift=3.0, 20 steps",
    "FlowMatchEulerDiscreteScheduler shift 3 steps 20",
    "s = FlowMatchEulerDiscreteScheduler(shift=3.0)\ns.set_timesteps(20, device='cpu')",
    "{'_class_name': 'FlowMatchEulerDiscreteScheduler', 'shift': 3.0, 'num_inference_steps': 20}",
]


def test_one_config_is_read_wherever_it_stands():
    told = only(SAME[0])
    assert told.frame == "flow" and told.evaluations == 20 and told.levels[0] == math.inf
    near(told.levels[1:], [t / (1 - t) for t in told.sigmas[1:]], 1e-9)

    def check(thing):
        assert only(thing).sigmas == told.sigmas and not only(thing).notes

    each(SAME, check)


def test_what_is_assumed_is_said():
    notes = only({"_class_name": "PNDMScheduler", **SD}).notes
    assert notes == ("No number of steps is given; 20 are shown.",)
    index = {"_class_name": "StableDiffusionPipeline", "scheduler": ["diffusers", "DDIMScheduler"]}
    run = only(index)
    assert run.where == "scheduler" and "own settings are assumed" in run.notes[1]
    bare = only("DPMSolverMultistepScheduler with Karras, 20 steps")
    assert "linear from 0.0001 to 0.02" in bare.notes[0]
    assert bare.facts["scheduler_config"]["use_karras_sigmas"] is True
    flux = only("FlowMatchEulerDiscreteScheduler, use_dynamic_shifting=True, 512x512, 8 steps")
    assert "μ = 0.63, of 1024 tokens" in flux.notes[0]


def test_levels_of_the_schedulers_without_sigmas():
    ddim = only({"_class_name": "DDIMScheduler", **SD, "steps_offset": 1, "steps": 20})
    euler = only(
        {"_class_name": "EulerDiscreteScheduler", **SD, "steps": 20, "steps_offset": 1}
        | {"timestep_spacing": "leading"}
    )
    near(ddim.levels, euler.levels, 1e-5)
    zero = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing", "steps": 8}
    assert only({"_class_name": "DDIMScheduler", **SD, **zero}).levels[0] == math.inf
    assert only({"_class_name": "EulerDiscreteScheduler", **SD, **zero}).levels[0] == math.inf
    squares = only({"_class_name": "KarrasVeScheduler", "steps": 3})
    near(squares.levels, [100.0, 2**0.5, 0.02, 0.0], 1e-5)  # 100 and 0.02 and between in log σ
    assert not xray({"_class_name": "KarrasVeScheduler", "steps": 3}).faults
    scm = only(
        {"_class_name": "SCMScheduler", "steps": 2, "call": {"intermediate_timesteps": None}}
    )
    near(scm.levels[1:], [0.5, 0.0], 1e-5)  # tan(π/4) σ_data


def test_real_configs_raise_no_alarm():
    def check(case):
        report = xray({"_class_name": case["class"], **case["config_as_found"]})
        assert not report.wrong, [fault.kind for fault in report.faults]
        levels = report.runs[0].levels
        falls = all(a >= b or math.isnan(b) for a, b in pairwise(levels))
        assert falls and levels[0] > 5 and levels[-1] < 0.05

    each(
        [c for c in whole("configs.json.gz")["cases"] if c["origin"] != "made"],
        check,
        lambda case: case["id"],
    )


REFUSED = [
    {"_class_name": "EulerDiscreteScheduler", "use_karras_sigmas": True, "use_beta_sigmas": True},
    {"_class_name": "EulerDiscreteScheduler", "steps": 10**9},
    {"_class_name": "EulerDiscreteScheduler", "steps": "many"},
    {"_class_name": "EulerDiscreteScheduler", "num_train_timesteps": "1000"},
    {"_class_name": "DDIMScheduler", "steps": 2000},
    "EulerDiscreteScheduler, beta_start=high",
    "EulerDiscreteScheduler, 99999999999 steps",
]


def test_what_diffusers_refuses_is_said():
    def check(thing):
        with pytest.raises(UserError, match=r"\w+ .*\.$"):
            xray(thing)

    each(REFUSED, check)


def test_a_list_that_stops_above_0_is_wrong_where_the_class_could_go_on():
    euler = {"_class_name": "EulerDiscreteScheduler", **SD, "final_sigmas_type": "sigma_min"}
    deis = {"_class_name": "DEISMultistepScheduler", **SD}
    assert {f.kind: f.severity for f in xray(euler).faults}["leftover_noise"] == "wrong"
    assert not xray(deis).wrong


ODD = [
    {"config": {"_class_name": ["EulerDiscreteScheduler"]}},
    {"scheduler": ["diffusers", ["EulerDiscreteScheduler"]]},
    {"_class_name": {"a": 1}, "sigmas": [1.0, 0.0]},
    {"_class_name": "EulerDiscreteScheduler", "sigmas": [["a"]], "steps": []},
    {"_class_name": "EulerDiscreteScheduler", "call": [1], "mu": {}},
]


def test_names_and_lists_that_are_none_end_in_a_sentence():
    def check(thing):
        with contextlib.suppress(UserError):
            assert xray(thing).runs

    each(ODD, check)
