"""Lists as code for diffusers: what it says, and that the library keeps the list when it runs."""

import math

import numpy as np
import pytest

from explorer.dialects.diffusers import as_diffusers, config
from explorer.errors import UserError
from tests.dialects.recorded import near
from tests.rows import each

SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
LEVELS = [14.0, 7.5, 3.0, 1.2, 0.5, 0.1, 0.03, 0.0]
FLOW = [math.inf, 20.0, 5.0, 1.0, 0.2, 0.05, 0.0]
SHIFTED = {"shift": 3.0, "use_dynamic_shifting": True, "shift_terminal": 0.1, "invert_sigmas": True}
UNIPC = {"use_flow_sigmas": True, "flow_shift": 5.0, "prediction_type": "flow_prediction"}


def library(test):
    """It takes seconds to import, and warns of its own."""
    return pytest.mark.slow(pytest.mark.filterwarnings("ignore::DeprecationWarning")(test))


def of(name: str, **settings) -> dict:
    return {"_class_name": f"{name}Scheduler", "_diffusers_version": "0.42.1", **settings}


EXACT = [  # levels and a config whose class can keep them to float32
    (LEVELS, of("EulerDiscrete", **SD, use_karras_sigmas=True, final_sigmas_type="sigma_min")),
    (LEVELS, of("HeunDiscrete", **SD, timestep_spacing="trailing", use_beta_sigmas=True)),
    (LEVELS, of("EulerAncestralDiscrete", **SD)),
    (LEVELS, of("LMSDiscrete", **SD)),
    (LEVELS, of("UniPCMultistep", **SD, lambda_min_clipped=-math.inf)),
    (LEVELS, of("DEISMultistep", **SD, use_karras_sigmas=True)),
    ([80.0, 5.0, 0.1], of("EDMEuler")),
    ([math.inf, *LEVELS], of("EulerDiscrete", **SD, rescale_betas_zero_snr=True)),
    (FLOW, of("FlowMatchEulerDiscrete", **SHIFTED, use_karras_sigmas=True)),
    (FLOW, of("FlowMatchLCM", shift=8.0)),
    (FLOW, of("UniPCMultistep", **UNIPC, use_dynamic_shifting=True)),
    (FLOW, of("LTXEulerAncestralRF")),
    (FLOW, of("FlowMapEulerDiscrete", shift=5.0)),
    (FLOW, of("MiniMaxH3")),
]


def run(code: str):
    inside: dict = {}
    exec(code, inside)
    return inside["scheduler"]


@library
def test_the_library_keeps_the_list():
    pytest.importorskip("diffusers", reason="diffusers is optional")

    def check(row):
        levels, asked = row
        scheduler = run(as_diffusers(levels, asked))
        kept = scheduler.sigmas.double().numpy()
        if "Heun" in asked["_class_name"]:
            kept = np.concatenate([kept[:1], kept[1::2]])
        if levels is FLOW:
            kept = [t / (1 - t) if t < 1 - 2e-6 else math.inf for t in kept]
        told = [min(s, 4096.0) for s in levels] if levels is not FLOW else levels
        told = told if told[-1] == 0 else [*told, 0.0]
        near(list(kept), told, 2e-6, 1e-9)  # float32; t/(1 − t) at t = 0.95 keeps 20 of its digits
        assert len(scheduler.timesteps) >= len(told) - 1

    each(EXACT, check)


def test_a_class_of_whole_timesteps_says_how_far_they_are_off():
    code = as_diffusers(LEVELS, of("DPMSolverMultistep", **SD, use_karras_sigmas=True))
    assert (
        "timesteps=[992, " in code and "% beside" in code and "'use_karras_sigmas': False" in code
    )


def test_levels_are_given_to_a_scheduler_that_does_nothing_to_them():
    code = as_diffusers(FLOW, of("FlowMatchEulerDiscrete", **SHIFTED))
    said = {"shift": 1.0, "use_dynamic_shifting": False, "shift_terminal": None}
    assert all(f"{key!r}: {value!r}," in code for key, value in said.items())
    assert "sigmas=[1, 0.952380952, " in code and "_diffusers_version" not in code


@library
def test_they_are_so_far_off_and_no_further():
    pytest.importorskip("diffusers", reason="diffusers is optional")
    code = as_diffusers(LEVELS, of("DPMSolverMultistep", **SD))
    kept = run(code).sigmas.tolist()
    said = float(code.split("up to ")[1].split(" %")[0]) / 100
    near(kept, LEVELS, 1.06 * said)  # said in two digits
    with pytest.raises(AssertionError):
        near(kept, LEVELS, 0.9 * said)


def test_the_code_makes_what_our_own_reading_of_it_says():
    told = config(of("EulerDiscrete", **SD), 1, {"sigmas": LEVELS})
    near(told["sigmas"], LEVELS, 1e-7, 0)


REFUSED = [
    ([1.0, 2.0, 0.0], of("EulerDiscrete", **SD)),
    ([0.0], of("EulerDiscrete", **SD)),
    ([], of("EulerDiscrete", **SD)),
    (FLOW, of("EulerDiscrete", **SD)),
    ([float("nan"), 1.0], of("EulerDiscrete", **SD)),
    (LEVELS, of("DDIM", **SD)),
    ([20.0, 1.0], of("HeunDiscrete", **SD)),
    ([1.0, 0.9999], of("DPMSolverMultistep", **SD)),
    (FLOW, of("FlowMatchHeunDiscrete")),
    (LEVELS, of("EulerDiscrete", **SD, more={"a": 1})),
    ([2000.0 - i for i in range(1500)], of("EulerDiscrete", **SD)),
]


def test_a_list_that_the_class_cannot_have_is_refused_in_a_sentence():
    def check(row):
        with pytest.raises(UserError, match=r"\w+ .*\.$"):
            as_diffusers(*row)

    each(REFUSED, check)
