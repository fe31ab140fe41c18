"""Failures that users reported, each recognised from its own reproduction."""

import json

import numpy as np
import pytest

from explorer import xray
from explorer.core.tables import Table, shifted
from explorer.dialects import run

from .clean_runs import COMFY, FULL, MODELS, SD, record


def kinds(thing, model=None) -> list[str]:
    return [fault.kind for fault in xray(thing, model).faults]


def test_diffusers_13243_the_ends_shifted_twice_are_a_fault_of_all_steps_and_a_note_of_few():
    diffusers = pytest.importorskip("diffusers")
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
    reports = {}
    for steps in (1000, 28):
        scheduler.set_timesteps(steps)
        made = record("SD3 medium", map(float, scheduler.sigmas), steps, "euler")
        made["scheduler_config"] = {"_class_name": type(scheduler).__name__, "shift": 3.0}
        reports[steps] = xray(made)
    (fault,), (note,) = reports[1000].faults, reports[28].notes
    assert fault.kind == "double_shift" and "0.00893" in fault.text and "0.00299" in fault.text
    assert "0.00893" in note and "shifted twice" in note
    assert not reports[1000].notes and not reports[28].faults
    once = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0).sigmas
    np.testing.assert_allclose(fault.mend.sigmas[:-1], once, atol=1e-6)
    again = xray(record("SD3 medium", fault.mend.sigmas, 1000, "euler"))
    assert not again.faults and not again.notes


def test_diffusers_13243_a_shifted_list_shifted_again():
    even = np.linspace(1, 0, 21)
    assert kinds([float(t) for t in shifted(shifted(even, 3.0), 3.0)], "sd3") == ["double_shift"]
    assert kinds([float(t) for t in shifted(even, 3.0)], "sd3") == []


def test_diffusers_12633_and_11347_timesteps_beside_their_levels():
    table = Table.of("scaled_linear", 0.00085, 0.012)
    times = np.round(np.linspace(0, 999, 20))[::-1]
    right = record("SD1.5", [*map(float, table.sigma(times)), 0.0], 20, "euler")
    assert kinds(right | {"timesteps": [*times]}) == []
    assert kinds(right | {"timesteps": [*(times + 1)]}) == ["off_by_one_timesteps"]


def test_diffusers_5689_and_6295_dpmpp_leaves_residual_noise():
    """Before final_sigmas_type the list ended with its last level, twice."""
    table = Table.of("scaled_linear", 0.00085, 0.012)
    times = np.round(np.linspace(0, 999, 41))[::-1][:-1]
    sigmas = [*map(float, table.sigma(times))]
    config = {"_class_name": "DPMSolverMultistepScheduler", **SD}
    for end in (float(table.sigmas[0]), sigmas[-1]):
        made = record("SD1.5", [*sigmas, end], 40, "DPMSolverMultistepScheduler")
        made |= {"scheduler_config": config, "timesteps": [*times]}
        assert kinds(made) == ["leftover_noise"]
        (fault,) = xray(made).faults
        assert fault.mend.sigmas == (*sigmas, 0.0)


def test_comfyui_9542_noise_on_a_flow_model_is_a_note_and_the_list_is_not_to_blame():
    asked = {"model": "SD3 medium", "scheduler": "simple", "steps": 20}
    sigmas = run("ComfyUI", "comfyui.scheduler", asked, COMFY)["sigmas"]
    for sampler, count in (("dpmpp_2m_sde", 1), ("euler_ancestral", 1), ("euler", 0)):
        report = xray(record("SD3 medium", sigmas, 20, sampler, "simple"))
        assert not report.faults and len(report.notes) == count
    plain = run("ComfyUI", "comfyui.scheduler", asked | {"model": "SD1.5"}, COMFY)["sigmas"]
    assert not xray(record("SD1.5", plain, 20, "dpmpp_2m_sde", "simple")).notes


def test_res4lyf_bong_tangent_runs_from_1_whatever_the_model():
    asked = {"model": "SD1.5", "scheduler": "bong_tangent", "steps": 20}
    sigmas = run("RES4LYF", "res4lyf.scheduler", asked, COMFY)["sigmas"]
    for scheduler in ("bong_tangent", None):
        made = record("SD1.5", sigmas, 20, "res_2m", scheduler)
        assert kinds(made) == ["flow_list_on_eps_model"]
        assert kinds(made | {"model": MODELS["SD3 medium"][0]}) == []
    asked["scheduler"] = "beta57"
    assert not kinds(
        record("SD1.5", run("RES4LYF", "res4lyf.scheduler", asked, COMFY)["sigmas"], 20, "x")
    )


def test_a1111_infotexts_before_1_7_are_read_as_those_versions_ran():
    """The schedule stood in the sampler's name, and the table was held in half precision."""
    text = "a cat\nSteps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 1, Size: 512x512"
    (found,) = xray(text + ", Version: v1.6.0").runs
    (later,) = xray(text + ", Schedule type: Karras, Version: v1.10.1").runs
    for read, model in ((found, "sd15_downcast"), (later, "sd15")):
        asked = {"model": model, "sampler": "DPM++ 2M", "schedule": "Karras", "steps": 20}
        wanted = run("A1111 webui", "a1111.schedule", asked)["sigmas"]
        np.testing.assert_allclose(read.sigmas, wanted, rtol=1e-6)
    assert found.levels[-1] == 0 and not xray(text).faults


def test_a1111s_old_karras_range_is_a_note():
    asked = {"n": 20, "sigma_min": 0.1, "sigma_max": 10.0, "rho": 7.0}
    sigmas = run("k-diffusion", "kdiff.get_sigmas_karras", asked)["sigmas"]
    report = xray(json.dumps(record("SD1.5", sigmas, 20, "DPM++ 2M", "Karras")))
    assert not report.faults and "10 to 0.1" in report.notes[0]
    assert report.runs[0].facts["goal"] == FULL
