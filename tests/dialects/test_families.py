"""The families of models: their ends, their shifts, and our σ of their numbers."""

import dataclasses
import math

import pytest

from explorer.core.tables import Table
from explorer.dialects import comfy
from explorer.dialects.families import FAMILIES, family
from explorer.errors import UserError

# From recorded tables of ComfyUI 0.3.64 (float32, so 1e-6; Cascade's clamp cancels at 1e-4).
ENDS = {
    "sd15": (0.0291671585292, 14.6146411896),
    "sd3": (3 / 1002, 1.0),
    "wan": (0.00794439017773, 1.0),
    "auraflow": (0.00172873807605, 1.0),
    "flux_dev": (0.000315751152812, 1.0),
    "ltxv": (0.00106870289892, 1.0),
    "svd": (0.002, 700.0),
    "cascade_c": (0.0100013297051, 99.9950027466),
}


@pytest.mark.parametrize("name", ENDS)
def test_ends_are_those_of_the_tool(name):
    found = FAMILIES[name]
    tolerance = 2e-4 if "cascade" in name else 1e-6
    assert (found.sigma_min, found.sigma_max) == pytest.approx(ENDS[name], rel=tolerance)


@pytest.mark.parametrize("name", [f.name for f in FAMILIES.values() if f.kind == "flow"])
def test_a_flow_familys_lowest_level_is_shifted_by_alpha(name):
    found = FAMILIES[name]
    steps = 10_000 if found.mu is not None else 1000
    assert found.level(found.sigma_min) == pytest.approx(found.alpha / (steps - 1), rel=1e-9)
    assert found.level(1.0) == math.inf


def test_stand_ins_for_infinity_count_only_with_zero_terminal_snr():
    assert FAMILIES["sdxl_vpred_zsnr"].level(4518.76367188) == math.inf
    assert FAMILIES["sdxl_vpred_zsnr"].level(4096.0) == math.inf
    assert FAMILIES["sdxl_vpred"].level(4096.0) == 4096.0


def test_every_family_is_a_comfyui_model():
    for found in FAMILIES.values():
        assert {"class", "prediction"} < found.model().keys()
    assert FAMILIES["flux_dev"].model()["shift"] == 1.15
    assert FAMILIES["sdxl_vpred_zsnr"].model()["zsnr"] is True


def test_an_unknown_family_is_refused_with_the_names():
    with pytest.raises(UserError, match=r"'sd9'.*Known: sd15, sdxl"):
        family("sd9")


@pytest.mark.parametrize("name", ["scaled_linear", "linear", "squaredcos_cap_v2"])
def test_a_table_keeps_its_levels_in_comfyuis_words(name):
    """ComfyUI's “linear” is diffusers' “scaled_linear”, and has another word for “linear”."""
    betas = (name, 1e-4, 0.02)
    found = comfy.model(dataclasses.replace(FAMILIES["sd15"], betas=betas))
    assert found.table == pytest.approx(Table.of(*betas).sigmas, rel=1e-9)
