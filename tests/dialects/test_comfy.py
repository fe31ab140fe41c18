"""ComfyUI's and RES4LYF's lists, against what the tools gave."""

import itertools
import math

import numpy as np
import pytest

from explorer import dialects
from explorer.dialects import comfy, gits
from explorer.dialects.families import FAMILIES
from explorer.dialects.published import ALIGN_YOUR_STEPS, OPTIMAL_STEPS, read_off
from explorer.dialects.refused import Refused
from explorer.errors import UserError
from tests.dialects.recorded import near, rows
from tests.rows import each

RECORDED = [r for r in rows("schedules.jsonl.gz") if r.get("tool") in ("ComfyUI", "RES4LYF")]
MODELS = rows("schedules.jsonl.gz")[0]
# recorded in float32 against our float64: seen 1.4e-6 where a karras ramp or ρ = 7 of a
# polyexponential is among the operations, 3e-7 elsewhere
FLOAT32 = 2e-6


def test_every_recorded_list_is_found_again():
    assert len(RECORDED) > 2500

    def check(r):
        ours = dialects.run(r["tool"], r["group"], r["inputs"], MODELS)
        assert ours.get("error") == r.get("error")
        for key in ("sigmas", "sigma_min", "sigma_max", "mu", "timesteps"):
            if key in r:
                pair = (ours[key], r[key]) if isinstance(r[key], list) else ([ours[key]], [r[key]])
                whole = r["dtype"] == "int64" and key == "timesteps"
                near(*pair, 0.0 if whole else FLOAT32)
        assert ours.get("table_length") == r.get("table_length")

    each(RECORDED, check, lambda r: r["id"])


def test_the_models_may_be_the_header_or_its_part_or_the_families():
    asked = {"model": "sd15_eps", "scheduler": "normal", "steps": 7}
    whole = dialects.run("ComfyUI", "comfyui.scheduler", asked, MODELS)
    alone = dialects.run("ComfyUI", "comfyui.scheduler", asked, MODELS["comfyui_models"])
    ours = dialects.run("ComfyUI", "comfyui.scheduler", {**asked, "model": "sd15"})
    assert whole == alone == ours


def test_every_scheduler_of_every_family_falls_to_zero_at_every_count():
    """kl_optimal has no list of 1 step; bong_tangent is the same whatever the model."""

    def check(family):
        model = comfy.model(family)
        for scheduler in comfy.SCHEDULERS:
            for steps in (2, 3, 8, 19, 64, 150):
                sigmas = np.array(comfy.schedule(model, scheduler, steps))
                # the float32 angle of kl_optimal moves a top σ of 700 by 7e-6, one of 4518 by 1e-4
                assert sigmas[-1] == 0 and sigmas[0] <= model.high * (1 + 2e-4)
                # Stable Cascade keeps its ends within 0.0001: levels beyond are the same
                fall = np.diff(sigmas) <= 0 if "cascade" in family.name else np.diff(sigmas) < 0
                assert fall.all(), (scheduler, steps)

    each(FAMILIES.values(), check, lambda f: f.name)


def test_a_flow_models_shift_multiplies_sigma():
    """σ = t/(1 − t) of "simple" with shift α is α times that without."""
    level = FAMILIES["sd3"].level
    plain = comfy.model({"class": "ModelSamplingDiscreteFlow", "shift": 1.0})
    three = comfy.model(FAMILIES["sd3"])
    a = [level(t) for t in comfy.schedule(plain, "simple", 10)]
    b = [level(t) for t in comfy.schedule(three, "simple", 10)]
    assert a[0] == b[0] == math.inf
    near(b[1:], [3 * s for s in a[1:]], 1e-12)


def test_nodes_change_a_models_levels():
    sd15 = FAMILIES["sd15"]
    assert comfy.model(sd15, ("ModelSamplingSD3", {"shift": 3.0})).table is not None
    near(
        comfy.model(sd15, ("ModelSamplingSD3", {"shift": 3.0})).table[:3],
        comfy.model("sd3").table[:3],
        1e-12,
    )
    flux = (
        "ModelSamplingFlux",
        {"max_shift": 1.15, "base_shift": 0.5, "width": 1536, "height": 1024},
    )
    assert comfy.model("flux_dev", flux) == comfy.model("flux_node_1536x1024", models=MODELS)
    zero = comfy.model(sd15, ("ModelSamplingDiscrete", {"sampling": "v_prediction", "zsnr": True}))
    assert zero == comfy.model("sd15_vpred_zsnr", models=MODELS)
    lcm = comfy.model(sd15, ("ModelSamplingDiscrete", {"sampling": "lcm"}))
    assert lcm == comfy.model("sd15_lcm", models=MODELS) and len(lcm.table) == 50
    edm = ("ModelSamplingContinuousEDM", {"sampling": "edm", "sigma_max": 80.0, "sigma_min": 0.002})
    assert comfy.model(sd15, edm) == comfy.model("edm_80", models=MODELS)
    last = comfy.model(sd15, edm, ("ModelSamplingStableCascade", {"shift": 2.0}))
    assert last == comfy.model("cascade_c")


def test_a_crop_of_a_ksampler_is_the_end_of_a_longer_list():
    model = comfy.model("sdxl")
    whole = comfy.ksampler(model, "euler", "karras", 40)
    assert comfy.ksampler(model, "euler", "karras", 20, 0.5) == whole[-21:]
    assert comfy.ksampler(model, "euler", "karras", 20, 0.0) == []
    first = comfy.ksampler_advanced(model, "euler", "karras", 40, 0, 25, leftover=True)
    second = comfy.ksampler_advanced(model, "euler", "karras", 40, 25)
    assert first + second[1:] == whole and first[-1] == second[0]
    assert comfy.ksampler_advanced(model, "euler", "karras", 40, 0, 25)[-1] == 0
    assert len(comfy.ksampler(model, "dpm_2", "karras", 40)) == 41  # the next-to-last is left out
    assert comfy.ksampler(model, "dpm_2", "karras", 40)[-2] > whole[-2]


def test_a_split_and_its_halves():
    sigmas = [8.0, 4.0, 2.0, 1.0, 0.0]
    high, low = comfy.node("SplitSigmas", {"sigmas": sigmas, "step": 1})
    assert (high, low) == ([8.0, 4.0], [4.0, 2.0, 1.0, 0.0])
    high, low = comfy.node("SplitSigmasDenoise", {"sigmas": sigmas, "denoise": 0.5})
    assert (high, low) == ([8.0, 4.0, 2.0], [2.0, 1.0, 0.0])
    assert comfy.node("SplitSigmasDenoise", {"sigmas": sigmas, "denoise": 0.0})[0] == []
    assert comfy.node("ManualSigmas", {"sigmas": "1, 0.97;.5 0"}) == ([1.0, 0.97, 0.5, 0.0],)


def test_ltx_videos_stretch_ends_at_its_terminal_and_one_step_is_told():
    """0.02 is met to float32's 1e-7 of 1; one step is 0.1, or none where float32 is exact."""
    for steps in (2, 9, 30):
        made = comfy.node("LTXVScheduler", {"steps": steps, "terminal": 0.02})[0]
        assert made[-2] == pytest.approx(0.02, abs=1.2e-7) and made[-1] == 0
    ones = [
        comfy.node("LTXVScheduler", {"steps": 1, "max_shift": m / 10})[0][0] for m in range(5, 40)
    ]
    assert {round(v, 6) for v in ones if not math.isnan(v)} == {0.1}
    assert any(math.isnan(v) for v in ones)
    plain = comfy.node("LTXVScheduler", {"steps": 4, "stretch": False})[0]
    near(
        plain,
        [math.e**2.05 * t / (1 + (math.e**2.05 - 1) * t) for t in (1, 0.75, 0.5, 0.25, 0)],
        2e-6,
    )


def test_published_lists_are_whole():
    """Each row falls, has as many steps as its place says, and joins the model's own ends."""
    for coefficient in gits.COEFFICIENTS:
        for steps, row in enumerate(gits.rows(coefficient), 2):
            assert len(row) == steps + 1 and (row[0], row[-1]) == (14.61464119, 0.02916753)
            assert all(a > b for a, b in itertools.pairwise(row)), (coefficient, steps)
    assert [len(v) for v in ALIGN_YOUR_STEPS.values()] == [11, 11, 11]
    assert {k: len(v) - 1 for k, v in OPTIMAL_STEPS.items()} == {
        "FLUX": 10,
        "Wan": 20,
        "Chroma": 40,
    }
    for levels in (*ALIGN_YOUR_STEPS.values(), *OPTIMAL_STEPS.values()):
        assert all(a > b for a, b in itertools.pairwise(levels))
        assert read_off(levels, len(levels)) == list(levels)
        assert read_off(levels, 2 * len(levels) - 1)[::2] == pytest.approx(levels, rel=1e-12)


ABSURD = [
    {"model": "sd15", "scheduler": "karras", "steps": 1e9},
    {"model": "sd15", "scheduler": "karras", "steps": "20"},
    {"model": "sd15", "scheduler": "karras", "steps": math.nan},
    {"model": "sd15", "scheduler": "karras", "steps": 0},
    {"model": "sd15", "scheduler": ["karras"], "steps": 20},
    {"model": "sd15", "scheduler": "karas", "steps": 20},
    {"model": ["sd15"], "scheduler": "karras", "steps": 20},
    {"model": "sd99", "scheduler": "karras", "steps": 20},
    {"scheduler": "karras", "steps": 20},
    {"model": {"class": "ModelSamplingDiscreteFlow", "shift": -1}, "scheduler": "beta", "steps": 2},
    {"model": {"class": "ModelSamplingFlux", "shift": 1e9}, "scheduler": "beta", "steps": 2},
    {"model": {"class": ["x"]}, "scheduler": "beta", "steps": 2},
    {
        "model": {"class": "ModelSamplingDiscrete", "timesteps": 10**9},
        "scheduler": "beta",
        "steps": 2,
    },
]


def test_an_absurd_question_is_refused_in_a_sentence():
    def check(inputs):
        with pytest.raises(UserError):
            dialects.run("ComfyUI", "comfyui.scheduler", inputs)

    each(ABSURD, check)
    with pytest.raises(UserError, match=r"2,000,000"):
        comfy.ksampler(comfy.model("sd15"), "euler", "beta", 10_000, 0.005)
    for kind, inputs in (
        ("BasicScheduler", {"steps": 5}),
        ("NoSuchNode", {}),
        ("GITSScheduler", {"steps": 1}),
        ("SplitSigmas", {"sigmas": "1, 2"}),
        ("ExtendIntermediateSigmas", {"sigmas": [1.0] * 9000, "steps": 100}),
    ):
        with pytest.raises(UserError):
            comfy.node(kind, inputs)


def test_what_the_tool_itself_refuses_has_its_name():
    with pytest.raises(Refused, match="0.83") as refused:
        comfy.node("GITSScheduler", {"coeff": 0.83})
    assert refused.value.name == "KeyError"
    one = {"model": "sd15", "scheduler": "bong_tangent", "steps": 1}
    assert dialects.run("RES4LYF", "res4lyf.scheduler", one) == {"error": "ZeroDivisionError"}
    flat = {"model": "sd15", "steps": 5, "alpha": 0.0}
    asked = dialects.run("ComfyUI", "comfyui.node.BetaSamplingScheduler", flat)
    assert asked == {"error": "ValueError"}
