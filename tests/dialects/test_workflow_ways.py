"""The ways through a ComfyUI graph: wires, reroutes, subgraphs, switches, values."""

import pytest

from explorer import dialects
from explorer.dialects.comfy_cuts import CHANGES
from explorer.dialects.comfy_nodes import NODES
from explorer.dialects.comfy_patches import PATCHES
from explorer.dialects.workflow_widgets import WIDGETS
from explorer.dialects.xray import xray
from explorer.errors import UserError
from tests.dialects.drawn import (
    CHECKPOINT,
    EMPTY,
    LOADER,
    api,
    box,
    ksampler,
    link,
    only,
    sampler_box,
    saved,
)
from tests.rows import each


def test_unknown_nodes_on_the_models_way_hand_it_on():
    more = {"_7": ("SomeLora", {"model": ["1", 0], "clip": ["1", 1]})}
    patched = api(_1=LOADER, _2=EMPTY, _3=ksampler(model=["7", 0]), **more)
    plain = api(_1=LOADER, _2=EMPTY, _3=ksampler())
    assert only(xray(patched)).sigmas == only(xray(plain)).sigmas


def test_a_value_that_is_wired_in_counts_and_the_stale_one_does_not():
    primitive = {"_9": ("PrimitiveInt", {"value": 7})}
    run = only(xray(api(_1=LOADER, _2=EMPTY, _3=ksampler(steps=["9", 0]), **primitive)))
    assert len(run.sigmas) == 8
    maths = {"_9": ("MathExpression|pysssss", {"expression": "a+1", "a": ["8", 0]})}
    with pytest.raises(UserError, match=r"Input steps of node 3 KSampler.*node 9 MathExpr"):
        xray(api(_1=LOADER, _2=EMPTY, _3=ksampler(steps=["9", 0]), **maths))


def test_reroutes_bypass_and_set_nodes_are_seen_through():
    reroute = box(5, "Reroute", (("", "*", 10),), ("*",))
    bypassed = box(
        6, "ModelSamplingDiscrete", (("model", "MODEL", 11),), ("MODEL",), ("lcm", True), 4
    )
    put = box(7, "SetNode", (("MODEL", "MODEL", 12),), ("*",), ("mine",))
    get = box(8, "GetNode", (), ("MODEL",), ("mine",))
    links = [[10, 1, 0, 5, 0, "MODEL"], [11, 5, 0, 6, 0, "MODEL"], [12, 6, 0, 7, 0, "MODEL"]]
    links.append([13, 8, 0, 3, 0, "MODEL"])
    graph = saved(CHECKPOINT, reroute, bypassed, put, get, sampler_box(13), links=links)
    plain = saved(CHECKPOINT, sampler_box(1), links=[[1, 1, 0, 3, 0, "MODEL"]])
    assert only(xray(graph)).sigmas == only(xray(plain)).sigmas


def test_a_bypassed_or_muted_sampler_does_not_sample():
    other = {**sampler_box(1, mode=4), "id": 4}
    muted = {**sampler_box(1, mode=2), "id": 5}
    graph = saved(CHECKPOINT, sampler_box(1), other, muted, links=[[1, 1, 0, 3, 0, "MODEL"]])
    report = xray(graph)
    assert only(report).where == "node 3 KSampler"
    assert [n.split(":")[0] for n in report.notes] == [
        "Node 4 KSampler is bypassed",
        "Node 5 KSampler is muted",
    ]


def test_a_primitive_of_a_saved_graph_replaces_a_stale_widget():
    number = box(9, "PrimitiveNode", (), ("INT",), (11, "fixed"))
    steps = (("steps", "INT", 2, "steps"),)
    links = [[1, 1, 0, 3, 0, "MODEL"], [2, 9, 0, 3, 1, "INT"]]
    run = only(xray(saved(CHECKPOINT, number, sampler_box(1, more=steps), links=links)))
    assert len(run.sigmas) == 12


def test_a_seed_without_its_control_and_widgets_by_name():
    old = (1, 6, 7.0, "euler", "karras", 1.0)
    links = [[1, 1, 0, 3, 0, "MODEL"]]
    assert len(only(xray(saved(CHECKPOINT, sampler_box(1, old), links=links))).sigmas) == 7
    words = {"steps": 5, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0}
    assert len(only(xray(saved(CHECKPOINT, sampler_box(1, words), links=links))).sigmas) == 6


def subgraph(inner_links, steps_input=False):
    inner = box(
        3,
        "KSampler",
        (("model", "MODEL", 1),),
        ("LATENT",),
        (1, "fixed", 4, 7.0, "euler", "karras", 1.0),
    )
    if steps_input:
        inner["inputs"].append(
            {"name": "steps", "type": "INT", "link": 2, "widget": {"name": "steps"}}
        )
    return {
        "id": "abc-def",
        "name": "Draw it",
        "nodes": [inner],
        "links": inner_links,
        "inputs": [{"name": "model", "type": "MODEL"}, {"name": "steps", "type": "INT"}],
        "outputs": [{"name": "LATENT", "type": "LATENT"}],
    }


def test_samplers_inside_a_subgraph_are_followed_out_of_it():
    inner = [link(1, -10, 0, 3, 0), link(2, -10, 1, 3, 1), link(3, 3, 0, -20, 0)]
    steps = {"name": "steps", "type": "INT", "link": None, "widget": {"name": "steps"}}
    outside = box(5, "abc-def", (("model", "MODEL", 7),), ("LATENT",), (9,))
    outside["inputs"].append(steps)
    second = box(
        6,
        "KSampler",
        (("model", "MODEL", 8), ("latent_image", "LATENT", 9)),
        ("LATENT",),
        (1, "fixed", 4, 7.0, "euler", "karras", 0.5),
    )
    links = [[7, 1, 0, 5, 0, "MODEL"], [8, 1, 0, 6, 0, "MODEL"], [9, 5, 0, 6, 1, "LATENT"]]
    graph = saved(CHECKPOINT, outside, second, links=links)
    graph["definitions"] = {"subgraphs": [subgraph(inner, True)]}
    first, last = xray(graph).runs
    assert first.where == "node 5:3 KSampler" and len(first.sigmas) == 10
    assert last.where == "node 6 KSampler" and len(last.sigmas) == 5


def test_a_subgraphs_node_shows_widgets_of_its_inside():
    inner = [link(1, -10, 0, 3, 0)]
    outside = box(5, "abc-def", (("model", "MODEL", 7),), ("LATENT",), ("ddim_uniform", 6))
    outside["properties"] = {"proxyWidgets": [["3", "scheduler"], ["3", "steps"]]}
    graph = saved(CHECKPOINT, outside, links=[[7, 1, 0, 5, 0, "MODEL"]])
    graph["definitions"] = {"subgraphs": [subgraph(inner)]}
    run = only(xray(graph))
    assert run.facts["scheduler"] == "ddim_uniform" and run.facts["steps"] == 6


def test_switches_are_followed_as_they_are_set():
    """As in Wan's templates: one switch for the model, one for the steps."""
    lora = ("LoraLoaderModelOnly", {"model": ["1", 0], "lora_name": "few.safetensors"})
    for on, steps in ((True, 4), (False, 20)):
        nodes = {
            "_1": ("UNETLoader", {"unet_name": "wan2.2_t2v_high_noise_14B.safetensors"}),
            "_5": lora,
            "_6": ("PrimitiveBoolean", {"value": on}),
            "_7": (
                "ComfySwitchNode",
                {"switch": ["6", 0], "on_false": ["1", 0], "on_true": ["5", 0]},
            ),
            "_8": ("PrimitiveInt", {"value": 4}),
            "_9": ("PrimitiveInt", {"value": 20}),
            "_10": (
                "ComfySwitchNode",
                {"switch": ["6", 0], "on_false": ["9", 0], "on_true": ["8", 0]},
            ),
            "_2": EMPTY,
            "_3": ksampler(model=["7", 0], steps=["10", 0], scheduler="simple"),
        }
        run = only(xray(api(**nodes)))
        assert (run.model, len(run.sigmas)) == ("wan", steps + 1)
    impact = ("ImpactSwitch", {"select": 2, "input1": ["1", 0], "input2": ["2", 0]})
    with pytest.raises(UserError, match="EmptyLatentImage"):
        xray(api(_1=LOADER, _2=EMPTY, _4=impact, _3=ksampler(model=["4", 0])))


def test_res4lyfs_own_sampler_node():
    values = (0.5, "exponential/res_2s", "beta57", 8, -1, 1.0, 4.0, 0, "fixed", "standard", True)
    node = box(3, "ClownsharKSampler_Beta", (("model", "MODEL", 1),), ("LATENT",), values)
    links = [[1, 1, 0, 3, 0, "MODEL"]]
    run = only(xray(saved(CHECKPOINT, node, links=links)))
    plain = dialects.run(
        "RES4LYF", "res4lyf.scheduler", {"model": "sd15", "scheduler": "beta57", "steps": 8}
    )
    assert list(run.sigmas) == plain["sigmas"] and run.evaluations == 15
    node["widgets_values"][4] = 3
    assert list(only(xray(saved(CHECKPOINT, node, links=links))).sigmas) == plain["sigmas"][:4]


LISTS = {  # a value for each widget, none at its default
    "BasicScheduler": {"scheduler": "beta", "steps": 7, "denoise": 0.8},
    "KarrasScheduler": {"steps": 7, "sigma_max": 9.0, "sigma_min": 0.1, "rho": 5.0},
    "ExponentialScheduler": {"steps": 7, "sigma_max": 9.0, "sigma_min": 0.1},
    "PolyexponentialScheduler": {"steps": 7, "sigma_max": 9.0, "sigma_min": 0.1, "rho": 2.0},
    "LaplaceScheduler": {"steps": 7, "sigma_max": 9.0, "sigma_min": 0.1, "mu": 0.2, "beta": 0.6},
    "VPScheduler": {"steps": 7, "beta_d": 18.0, "beta_min": 0.2, "eps_s": 0.002},
    "BetaSamplingScheduler": {"steps": 7, "alpha": 0.5, "beta": 0.7},
    "SDTurboScheduler": {"steps": 3, "denoise": 0.6},
    "AlignYourStepsScheduler": {"model_type": "SDXL", "steps": 7, "denoise": 0.9},
    "GITSScheduler": {"coeff": 1.1, "steps": 7, "denoise": 0.9},
    "OptimalStepsScheduler": {"model_type": "Wan", "steps": 7, "denoise": 0.9},
    "LTXVScheduler": {
        "steps": 7,
        "max_shift": 2.0,
        "base_shift": 0.9,
        "stretch": True,
        "terminal": 0.2,
    },
    "Flux2Scheduler": {"steps": 7, "width": 512, "height": 768},
    "ManualSigmas": {"sigmas": "3, 2.0, 1, 0"},
    "SplitSigmas": {"step": 3},
    "SplitSigmasDenoise": {"denoise": 0.4},
    "FlipSigmas": {},
    "SetFirstSigma": {"sigma": 20.0},
    "ExtendIntermediateSigmas": {
        "steps": 3,
        "start_at_sigma": 8.0,
        "end_at_sigma": 1.0,
        "spacing": "cosine",
    },
}
MODELS = {
    "ModelSamplingDiscrete": {"sampling": "v_prediction", "zsnr": True},
    "ModelSamplingSD3": {"shift": 4.0},
    "ModelSamplingAuraFlow": {"shift": 4.0},
    "ModelSamplingFlux": {"max_shift": 1.2, "base_shift": 0.4, "width": 512, "height": 768},
    "ModelSamplingLTXV": {"max_shift": 2.0, "base_shift": 0.9},
    "ModelSamplingContinuousEDM": {"sampling": "eps", "sigma_max": 90.0, "sigma_min": 0.01},
    "ModelSamplingContinuousV": {"sampling": "v_prediction", "sigma_max": 90.0, "sigma_min": 0.01},
    "ModelSamplingStableCascade": {"shift": 3.0},
}


def test_every_node_of_a_list_or_model_reads_the_same_in_both_formats():
    assert LISTS.keys() == NODES.keys() and MODELS.keys() == PATCHES.keys()

    def one(row):
        kind, values = row
        assert _api(kind, values).sigmas == _saved(kind, values).sigmas
        for name in values:  # each widget tells
            assert name in WIDGETS[kind]

    each([*LISTS.items(), *MODELS.items()], one, lambda row: row[0])


def _wired(kind: str) -> tuple[str, ...]:
    """Sockets of a node: what the list is made of."""
    model = kind in MODELS or kind in (
        "BasicScheduler",
        "BetaSamplingScheduler",
        "SDTurboScheduler",
    )
    return ("model",) if model else ("sigmas",) if kind in CHANGES else ()


def _api(kind: str, values: dict):
    wires = {"model": ["1", 0], "sigmas": ["9", 0]}
    inputs = values | {name: wires[name] for name in _wired(kind)}
    base = {"model": ["5" if kind in MODELS else "1", 0], "scheduler": "normal", "steps": 9}
    last = "9" if kind in MODELS else "5"
    custom = {"model": ["1", 0], "sampler": ["6", 0], "sigmas": [last, 0]}
    return only(
        xray(
            api(
                _1=LOADER,
                _5=(kind, inputs),
                _9=("BasicScheduler", base),
                _6=("KSamplerSelect", {"sampler_name": "euler"}),
                _3=("SamplerCustom", custom),
            )
        )
    )


def _saved(kind: str, values: dict):
    start = {"model": 1, "sigmas": 3}
    sockets = [(name, name.upper(), start[name]) for name in _wired(kind)]
    out = ("MODEL",) if kind in MODELS else ("SIGMAS", "SIGMAS")
    base = box(9, "BasicScheduler", (("model", "MODEL", 2),), ("SIGMAS",), ("normal", 9, 1.0))
    select = box(6, "KSamplerSelect", (), ("SAMPLER",), ("euler",))
    ends = (("model", "MODEL", 1), ("sampler", "SAMPLER", 4), ("sigmas", "SIGMAS", 5))
    custom = box(3, "SamplerCustom", ends, ("LATENT",), (True, 1, "fixed", 4.0))
    links = [
        [1, 1, 0, 5, 0, "MODEL"],
        [2, 5 if kind in MODELS else 1, 0, 9, 0, "MODEL"],
        [3, 9, 0, 5, 0, "SIGMAS"],
        [4, 6, 0, 3, 1, "SAMPLER"],
        [5, 9 if kind in MODELS else 5, 0, 3, 2, "SIGMAS"],
    ]
    made = box(5, kind, sockets, out, tuple(values.values()))
    return only(xray(saved(CHECKPOINT, made, base, select, custom, links=links)))
