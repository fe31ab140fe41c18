"""ComfyUI workflows: every sampler that samples, against what reached it in the tool."""

import json

import pytest

from explorer.dialects import workflow
from explorer.dialects.workflow_names import calls, family_of
from explorer.dialects.xray import xray
from explorer.errors import UserError
from tests.dialects.drawn import (
    CHECKPOINT,
    EMPTY,
    LOADER,
    advanced,
    api,
    box,
    ksampler,
    only,
    sampler_box,
    saved,
)
from tests.dialects.recorded import near, whole
from tests.dialects.test_infotext import picture
from tests.rows import each

RECORDED = whole("workflows.json.gz")["workflows"]
WORDS = {
    "EPS": "epsilon",
    "V_PREDICTION": "v_prediction",
    "CONST": "flow_prediction",
    "EDM": "edm",
}


def check(case, model):
    report = xray(json.dumps(case["workflow"]), model)
    wanted = [s for s in case["samplers"] if s["runs"]]
    assert report.what == "ComfyUI workflow" and len(report.runs) == len(wanted)
    for run, theirs in zip(report.runs, wanted):
        near(run.sigmas, theirs["sigmas"], 2e-6)  # float32 (the reference's README)
        assert run.where == f"node {theirs['node']} {theirs['class']}"
        assert run.sampler == theirs["sampler"]
        assert run.prediction == WORDS[theirs["prediction"]]
        assert run.facts["add_noise"] == theirs["add_noise"]
        assert run.facts["model_sampling"] == theirs["model_sampling"]
        flow = theirs["prediction"] == "CONST"
        if flow:
            t = theirs["sigmas"][len(theirs["sigmas"]) // 2]
            assert run.levels[len(run.levels) // 2] == pytest.approx(t / (1 - t), rel=1e-4)
        assert run.frame == ("flow" if flow else "ve")


def test_every_sampler_gets_what_it_got():
    each(RECORDED, lambda case: check(case, case["model_hint"]), lambda c: c["id"])


def test_one_family_for_all_loaders_is_enough():
    alone = [c for c in RECORDED if len(set(c["model_hint"].values())) == 1]
    each(alone, lambda c: check(c, next(iter(c["model_hint"].values()))), lambda c: c["id"])


def test_a_files_name_tells_the_family_and_that_is_said():
    def named(case):
        report = xray(case["workflow"])
        check(case, None)
        assert all("by its name" in run.notes[0] for run in report.runs)

    each(RECORDED, named, lambda c: c["id"])


def test_what_cannot_be_followed_is_said_and_the_others_are_answered():
    odd = ("WeirdSigmas", {"steps": 5})
    custom = (
        "SamplerCustom",
        {"model": ["1", 0], "sampler": ["6", 0], "sigmas": ["5", 0], "latent_image": ["2", 0]},
    )
    select = ("KSamplerSelect", {"sampler_name": "euler"})
    report = xray(api(_1=LOADER, _2=EMPTY, _3=ksampler(), _4=custom, _5=odd, _6=select))
    assert only(report).where == "node 3 KSampler"
    (note,) = report.notes
    assert (
        "Node 4 SamplerCustom" in note and "Input sigmas" in note and "node 5 WeirdSigmas" in note
    )


def test_a_family_that_no_name_tells_is_asked_for():
    mystery = ("UNETLoader", {"unet_name": "my_model_v3.safetensors"})
    graph = api(_1=mystery, _2=EMPTY, _3=ksampler())
    with pytest.raises(
        UserError, match=r'my_model_v3\.safetensors.*model=\{"1": one of sd15, sdxl'
    ):
        xray(graph)
    assert only(xray(graph, {"1": "sdxl"})).model == only(xray(graph, {1: "sdxl"})).model == "sdxl"
    shift = ("ModelSamplingSD3", {"model": ["1", 0], "shift": 3.0})
    whole_levels = xray(api(_1=mystery, _2=EMPTY, _5=shift, _3=ksampler(model=["5", 0])))
    assert only(whole_levels).prediction == "flow_prediction"


def test_two_stages_that_do_not_meet_are_told():
    first = advanced(end_at_step=6, return_with_leftover_noise="enable")
    joined = advanced(add_noise="disable", start_at_step=6, latent_image=["3", 0])
    assert not xray(api(_1=LOADER, _2=EMPTY, _3=first, _4=joined)).faults
    late = advanced(add_noise="disable", start_at_step=8, latent_image=["3", 0])
    (fault,) = xray(api(_1=LOADER, _2=EMPTY, _3=first, _4=late)).faults
    assert fault.kind == "stage_gap"
    twice = advanced(start_at_step=6, latent_image=["3", 0])
    kinds = [f.kind for f in xray(api(_1=LOADER, _2=EMPTY, _3=first, _4=twice)).faults]
    assert "noise_added_twice" in kinds


def test_a_first_stage_is_one_also_through_another_node():
    first = advanced(end_at_step=6, return_with_leftover_noise="enable")
    wider = ("LatentUpscaleBy", {"samples": ["3", 0], "scale_by": 1.5})
    last = advanced(add_noise="disable", start_at_step=6, latent_image=["4", 0])
    report = xray(api(_1=LOADER, _2=EMPTY, _3=first, _4=wider, _5=last))
    assert [r.facts["goal"][:6] for r in report.runs] == ["first ", "second"]
    assert not report.faults
    alone = xray(api(_1=LOADER, _2=EMPTY, _3=first)).faults
    assert [f.kind for f in alone] == ["leftover_noise"]


def test_ltx_lists_follow_the_latents_size_through_other_nodes():
    video = ("EmptyLTXVLatentVideo", {"width": 768, "height": 512, "length": 97, "batch_size": 1})
    guide = ("LTXVAddGuide", {"latent": ["2", 0], "strength": 1.0})
    make = ("LTXVScheduler", {"steps": 8, "latent": ["5", 0], "max_shift": 2.05})
    custom = ("SamplerCustom", {"model": ["1", 0], "sampler": ["6", 0], "sigmas": ["4", 0]})
    nodes = {
        "_1": ("CheckpointLoaderSimple", {"ckpt_name": "ltxv-2b.safetensors"}),
        "_2": video,
        "_4": make,
        "_5": guide,
        "_6": ("KSamplerSelect", {"sampler_name": "res_2s"}),
        "_7": custom,
    }
    run = only(xray(api(**nodes)))
    # 13 × 16 × 24 cells: μ goes on beyond 2.05 on the line through 1024 and 4096
    mu = 0.95 + (2.05 - 0.95) / (4096 - 1024) * (13 * 16 * 24 - 1024)
    stretched = [1 / (1 + (1 / t - 1) * 2.718281828459045**-mu) for t in (1, 7 / 8, 1 / 8)]
    part = (1 - stretched[1]) * 0.9 / (1 - stretched[2])
    assert run.sigmas[1] == pytest.approx(1 - part) and run.evaluations == 15


def test_what_wraps_a_sampler_or_may_sample_is_said():
    wires = {"model": ["1", 0], "sampler": ["7", 0], "sigmas": ["5", 0]}
    graph = api(
        _1=LOADER,
        _5=("KarrasScheduler", {"steps": 5}),
        _6=("KSamplerSelect", {"sampler_name": "heun"}),
        _7=("DetailDaemonSamplerNode", {"sampler": ["6", 0], "detail_amount": 0.1}),
        _3=("SamplerCustom", wires),
        _8=("WanVideoSampler", {"model": ["1", 0], "samples": ["3", 0]}),
    )
    report = xray(graph)
    run = only(report)
    assert run.sampler == "heun" and "Node 7 DetailDaemonSamplerNode wraps" in run.notes[1]
    assert report.notes == (
        "Node 8 WanVideoSampler is not known here: if it samples, its run is missing.",
    )
    group = box(9, "workflow>Mine", (), ("LATENT",), (1,))
    with pytest.raises(UserError, match="Node 9 workflow>Mine is a group node"):
        xray(saved(CHECKPOINT, group))


def test_the_efficient_ksampler_is_read_as_one():
    values = (1, None, 6, 7.0, "euler", "karras", 1.0, "auto", "true")
    node = box(3, "KSampler (Efficient)", (("model", "MODEL", 1),), ("MODEL", "LATENT"), values)
    run = only(xray(saved(CHECKPOINT, node, links=[[1, 1, 0, 3, 0, "MODEL"]])))
    assert len(run.sigmas) == 7 and "read as a KSampler" in run.notes[1]


CALLS = {
    ("euler", 10, 0): 10,
    ("heun", 10, 0): 19,
    ("heun", 10, 1): 20,
    ("heunpp2", 10, 0): 27,
    ("heunpp2", 1, 0): 1,
    ("heunpp2", 3, 1): 6,
    ("sa_solver_pece", 10, 0): 19,
    ("dpm_2", 1, 0): 1,
    ("dpmpp_2s_ancestral_cfg_pp", 10, 0): 19,
    ("seeds_3", 10, 0): 28,
    ("exponential/res_3s", 10, 0): 28,
    ("multistep/res_2m", 10, 0): 10,
    ("uni_pc_bh2", 10, 0): 10,
}


def test_a_step_is_not_an_evaluation():
    def counted(row):
        (name, steps, end), wanted = row
        assert calls(name, [*range(steps + 1, 1, -1), end]) == (wanted, None)

    each(CALLS.items(), counted)
    assert calls("mystery", [1, 0])[1] and calls("dpm_adaptive", [1, 0])[1]


FILES = {
    "flux1-schnell-fp8.safetensors": "flux_schnell",
    "FLUX1/flux_dev.sft": "flux_dev",
    "Wan2_2-T2V-A14B-HIGH_fp8.safetensors": "wan",
    "hunyuan_video_t2v_720p_bf16.safetensors": "hunyuan_video",
    "sd3.5_large.safetensors": "sd3",
    "stable_cascade_stage_b.safetensors": "cascade_b",
    "svd_xt.safetensors": "svd",
    "ponyDiffusionV6XL.safetensors": "sdxl",
    "NoobAI-XL-Vpred-v1.0.safetensors": "sdxl_vpred",
    "v1-5-pruned-emaonly.ckpt": "sd15",
    "swan_lake.safetensors": None,
    "flux2-dev.safetensors": "flux2",
    "z_image_turbo_bf16.safetensors": "z_image",
    "Chroma1-HD.safetensors": "chroma",
    "": None,
}


def test_families_of_files():
    def of(row):
        assert family_of(row[0]) == row[1]

    each(FILES.items(), of)


def test_a_picture_brings_its_workflow():
    graph = api(_1=LOADER, _2=EMPTY, _3=ksampler())
    drawn = saved(CHECKPOINT, sampler_box(1), links=[[1, 1, 0, 3, 0, "MODEL"]])
    data = picture(prompt=json.dumps(graph), workflow=json.dumps(drawn))
    assert xray(data) == xray(graph)
    assert len(only(xray(picture(workflow=json.dumps(drawn)))).sigmas) == 5
    assert xray({"prompt": graph, "client_id": "x"}) == xray(graph)


def test_other_things_are_none():
    for other in ({}, [], "text", None, 5, {"nodes": 1, "links": 2}, {"a": {"class_type": 5}}):
        assert not workflow.looks(other)
