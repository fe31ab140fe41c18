"""Lists as diffusers takes them, run by diffusers."""

import math

import numpy as np
import pytest

from explorer.dialects import exports
from explorer.dialects.diffusers import config
from explorer.dialects.families import FAMILIES
from tests.dialects.recorded import near
from tests.rows import each

HEUN = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
FINE = [14.0, 6.0, 2.0, 0.5, 0.1, 0.0]
FLOW = [math.inf, 20.0, 3.0, 0.7, 0.1, 0.0]
CASES = [  # family, the class that was pasted, levels
    ("sd15", "", FINE),
    ("sdxl", "HeunDiscreteScheduler", FINE),
    ("sdxl", "LMSDiscreteScheduler", FINE),
    ("sdxl_vpred_zsnr", "", [math.inf, *FINE]),
    ("sd3", "", FLOW),
    ("flux_dev", "", FLOW),
    ("wan", "UniPCMultistepScheduler", FLOW),
    ("svd", "", [700.0, 40.0, 1.0, 0.002, 0.0]),
    ("playground", "EDMEulerScheduler", [80.0, 10.0, 1.0, 0.002, 0.0]),
    ("stable_audio", "", [500.0, 10.0, 1.0, 0.03, 0.0]),
]


@pytest.mark.slow  # diffusers takes seconds to import
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_library_keeps_every_family_s_list():
    pytest.importorskip("diffusers", reason="diffusers is optional")

    def check(row):
        family, name, levels = row
        inside: dict = {}
        exec(exports.diffusers(levels, FAMILIES[family], name).text, inside)
        kept = inside["scheduler"].sigmas.double().numpy()
        if FAMILIES[family].kind == "flow":
            with np.errstate(divide="ignore"):
                kept = kept / (1 - kept)
        if name.startswith("Heun"):
            kept = np.concatenate([kept[:1], kept[1::2]])
        near(
            list(kept),
            [4096.0 if s == math.inf and levels is not FLOW else s for s in levels],
            3e-6,
        )

    each(CASES, check)


def test_heun_s_doubled_levels_are_given_once():
    told = config({"_class_name": "HeunDiscreteScheduler", **HEUN}, 6)["sigmas"]
    found = exports.diffusers(told, FAMILIES["sd15"], "HeunDiscreteScheduler")
    assert "HeunDiscreteScheduler.from_config" in found.text
    assert found.text.count(", ") == 5  # six timesteps


def test_levels_that_a_class_of_timesteps_cannot_have_are_euler_s():
    found = exports.diffusers([5.0, 4.999, 0.0], FAMILIES["sd15"], "DPMSolverMultistepScheduler")
    assert "EulerDiscreteScheduler" in found.text and "takes no sigmas=" in found.note
