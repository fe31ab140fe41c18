"""diffusers' schedulers without diffusers, against what the library gave (0.42)."""

import contextlib
import math
import random

import pytest

from explorer import xray
from explorer.dialects.diffusers import DEFAULTS, as_diffusers, config
from explorer.errors import UserError
from tests.dialects.recorded import near, whole
from tests.rows import each

TABLE = 4e-6  # float32, in the library's own order; its √ may differ by the last bit, and of a
# table that is rescaled to zero terminal SNR a difference of two such is taken
FLOATS = 5e-3  # of 0…1000, a timestep between two: the reference measured 1.7e-3 for float32
# σ_down there is a difference of squares in float32: (σ/σ')² of its last bits
MIDDLE = {"KDPM2AncestralDiscreteScheduler/lin/karras 2": (4e-3, 0.02)}


def runs():
    for case in whole("configs.json.gz")["cases"]:
        found = [case["config"]]
        if "config_as_found" in case:
            found.append({"_class_name": case["class"], **case["config_as_found"]})
        for call in case["calls"]:
            how = {k: v for k, v in call.items() if k != "runs"}
            for n, told in call["runs"].items():
                yield from ((f"{case['id']} {n}", c, int(n), how, told) for c in found)


def agree(row):
    name, c, n, how, told = row
    ours = config(c, n, how)
    middle, between = MIDDLE.get(name, (3e-5, FLOATS))
    assert told.keys() <= ours.keys()
    for key, value in told.items():
        if key == "timesteps":
            exact = told["timesteps_dtype"] == "int64" or all(float(t) % 1 == 0 for t in value)
            rounded = (
                1e-11 if told["timesteps_dtype"] == "float64" or abs(float(value[0])) > 1e9 else 0
            )
            near(ours[key], value, rounded, 0 if exact and middle == 3e-5 else between)
        elif key == "sigmas_interpol":
            near(ours[key], value, middle)
        elif isinstance(value, list) and key != "order_list":
            near(ours[key], value, 6e-6 if "alphas" in key else TABLE, 1e-9)
        elif isinstance(value, float):
            near([ours[key]], [value], TABLE)
        else:
            assert ours[key] == value, (key, ours[key], value)


def test_every_recorded_run_is_found_again():
    each(runs(), agree, lambda row: row[0])


def test_every_class_is_recorded():
    assert {case["class"] for case in whole("configs.json.gz")["cases"]} == DEFAULTS.keys()


def test_a_config_that_says_little_is_filled_with_the_class_s_own_settings():
    little = config({"_class_name": "HeunDiscreteScheduler"}, 5)
    said = config({"_class_name": "HeunDiscreteScheduler", **DEFAULTS["HeunDiscreteScheduler"]}, 5)
    assert little == said and len(little["sigmas"]) == 10


SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
REFUSED = [
    ("ValueError", "EulerDiscrete", {"use_karras_sigmas": True, "use_beta_sigmas": True}, None),
    ("ValueError", "EulerDiscrete", {"timestep_spacing": "even"}, None),
    ("ValueError", "EulerDiscrete", {"final_sigmas_type": "last"}, None),
    ("ValueError", "EulerDiscrete", {"use_karras_sigmas": True}, {"timesteps": [999, 0]}),
    ("NotImplementedError", "EulerDiscrete", {"beta_schedule": "sigmoid"}, None),
    ("TypeError", "EulerDiscrete", {"use_karras_sigmas": None}, None),
    ("TypeError", "EulerDiscrete", {}, {"mu": 1.0}),
    ("TypeError", "LMSDiscrete", {}, {"sigmas": [1, 0]}),
    ("ValueError", "DPMSolverMultistep", {"algorithm_type": "dpmsolver"}, None),
    ("NotImplementedError", "DPMSolverMultistep", {"algorithm_type": "ddim"}, None),
    ("AssertionError", "DPMSolverMultistep", {"use_flow_sigmas": True}, {"mu": 1.0}),
    ("ValueError", "DPMSolverSinglestep", {"solver_order": 4}, None),
    ("ValueError", "UniPCMultistep", {"shift_terminal": 0.1}, None),
    ("ValueError", "UniPCMultistep", {}, {"sigmas": "linspace(1,1/n,n)"}),
    ("ValueError", "FlowMatchEulerDiscrete", {"use_dynamic_shifting": True}, None),
    ("ValueError", "FlowMatchEulerDiscrete", {"time_shift_type": "cosine"}, None),
    ("ValueError", "DDIM", {"num_train_timesteps": 3}, None),
    ("ValueError", "DDIMInverse", {"timestep_spacing": "linspace"}, None),
    ("ValueError", "LCM", {"original_inference_steps": 4}, None),
    ("ValueError", "MiniMaxH3", {"shift": -1.0}, None),
]


def test_what_the_library_refuses_is_named_as_there():
    def check(row):
        name, cls, settings, call = row
        table = SD if "beta_start" in DEFAULTS[f"{cls}Scheduler"] else {}
        assert config({"_class_name": f"{cls}Scheduler", **table, **settings}, 5, call) == {
            "error": name
        }

    each(REFUSED, check)


FLUX = {
    "_class_name": "FlowMatchEulerDiscreteScheduler",
    "use_dynamic_shifting": True,
    "shift": 3.0,
}


def test_a_pipeline_s_mu_is_of_its_picture():
    named = config(FLUX, 8, {"name": "pipeline", "pipeline": "FluxPipeline", "image_seq_len": 1024})
    said = config(FLUX, 8, {"mu": 0.63, "sigmas": "linspace(1, 1/n, n)"})
    near(named["sigmas"], said["sigmas"], 1e-6)


def test_a_formula_is_a_list():
    written = config(FLUX, 4, {"mu": 0.5, "sigmas": "np.linspace(1.0, 0, n + 1)[:-1]"})
    assert written == config(FLUX, 4, {"mu": 0.5, "sigmas": [1.0, 0.75, 0.5, 0.25]})


EULER = {"_class_name": "EulerDiscreteScheduler"}
ABSURD = [
    (EULER, 10**9, None),
    (EULER, 0, None),
    (EULER, 2.5, None),
    (EULER, float("nan"), None),
    (EULER, "20", None),
    (EULER | {"num_train_timesteps": 10**9}, 20, None),
    (EULER | {"num_train_timesteps": "1000"}, 20, None),
    (EULER | {"beta_start": float("nan")}, 20, None),
    (EULER | {"beta_end": -1}, 20, None),
    (EULER | {"trained_betas": [0.1] * 100_000}, 20, None),
    (EULER | {"trained_betas": "all"}, 20, None),
    (EULER | {"use_karras_sigmas": "yes"}, 20, None),
    (EULER | {"timestep_spacing": 3}, 20, None),
    (EULER | {"sigma_min": -1.0}, 20, None),
    ({"_class_name": "EDMEulerScheduler", "sigma_max": None}, 20, None),
    ({}, 20, None),
    ([], 20, None),
    ({"_class_name": ["x"]}, 20, None),
    ({"_class_name": "UNet2DModel"}, 20, None),
    (EULER, 20, {"name": "step"}),
    (EULER, 20, {"sigmas": "__import__('os')"}),
    (EULER, 20, {"sigmas": "linspace(1,0,10**9)"}),
    (EULER, 20, {"sigmas": "linspace(1,0,999999999)"}),
    (EULER, 20, {"sigmas": "n.real"}),
    (EULER, 20, {"sigmas": "1/0"}),
    (EULER, 20, {"sigmas": "(" * 150}),
    (EULER, 20, {"sigmas": []}),
    (EULER, 20, {"sigmas": [1, "a"]}),
    (EULER, 20, {"mu": "high"}),
    (EULER, 20, {"eta": 1}),
    (EULER, 20, [1]),
]


def test_absurd_questions_are_refused_in_a_sentence():
    def check(row):
        with pytest.raises(UserError, match=r"\w+ .*\.$"):
            config(*row)

    each(ABSURD, check)


ODD = [
    None,
    True,
    -1,
    0,
    1e9,
    1e-12,
    10**30,
    math.nan,
    math.inf,
    "x",
    "inf",
    [],
    [1],
    {},
    [0.1] * 5,
]


def test_no_odd_setting_ends_in_a_crash():
    dice = random.Random(3)

    def check(row):
        name, key, value = row
        asked = {"_class_name": name, key: value}
        for question in (
            lambda: config(asked, 5, {"mu": 1.0}),
            lambda: xray({"config": asked, "steps": 5}),
            lambda: as_diffusers([10, 1, 0.1, 0], asked),
        ):
            with contextlib.suppress(UserError):
                question()

    each(
        [
            (name, dice.choice([*usual, "sigma_min", "sigma_max"]), dice.choice(ODD))
            for name, usual in DEFAULTS.items()
            for _ in range(8)
        ],
        check,
    )
