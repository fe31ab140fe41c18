"""The faults of real runs: each found by its name, and no alarm where a run is right."""

import gzip
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

from explorer import xray
from explorer.core.tables import Table, shifted
from explorer.dialects import faults

from ..rows import each
from .clean_runs import comfy_runs, node_runs, partial_runs, record
from .diffusers_runs import flow_runs, table_runs
from .faulty_runs import faulty_runs, mended

FAULTS = Path(__file__).parents[1] / "data" / "dialects" / "faults.json.gz"
CASES = json.loads(gzip.decompress(FAULTS.read_bytes()))["cases"]
FAULTY = [case for case in CASES if case["answer"]["fault"]]
CLEAN = [case for case in CASES if not case["answer"]["fault"]]


def kinds(run: dict) -> list[str]:
    return [fault.kind for fault in xray(run).faults]


def named(case: dict) -> str:
    return case["id"]


def test_every_recorded_fault_is_found_and_nothing_else_is_said():
    def found(case):
        answer = case["answer"]
        fair = {answer["fault"], *answer.get("also_acceptable", [])}
        assert kinds(case["run"]) and set(kinds(case["run"])) <= fair, kinds(case["run"])

    each(FAULTY, found, named)
    assert {case["answer"]["fault"] for case in FAULTY} == set(faults.KINDS) - {"gap_in_levels"}


def test_a_fault_points_at_the_level():
    def pointed(case):
        by_kind = {fault.kind: fault.at for fault in xray(case["run"]).faults}
        assert by_kind[case["answer"]["fault"]] == case["answer"]["at"]

    each([case for case in FAULTY if "at" in case["answer"]], pointed, named)


def test_no_recorded_clean_run_raises_an_alarm():
    def quiet(case):
        assert not xray(case["run"]).faults

    each(CLEAN, quiet, named)


@pytest.mark.slow  # 9,800 runs, 3 s
def test_no_alarm_on_any_schedule_of_comfyui_and_a1111_with_and_without_its_name():
    def quiet(run):
        for told in (run, {key: run[key] for key in run if key != "scheduler"}):
            found = xray(told).faults
            assert not found, f"{sorted(told)}: {found[0].kind}: {found[0].text}"

    def said(run):
        return " ".join(str(run[k]) for k in ("sampler", "scheduler", "steps", "goal")) + str(
            run["model"]["name"]
        )

    each((*comfy_runs(), *partial_runs(), *node_runs()), quiet, said)


@pytest.mark.slow  # some 400 runs, 20 s, nearly all of it diffusers' own
def test_no_alarm_on_what_diffusers_schedulers_make():
    pytest.importorskip("diffusers")

    def quiet(run):
        found = xray(run).faults
        assert not found, f"{found[0].kind}: {found[0].text}"

    def said(run):
        config = run.get("scheduler_config", {})
        used = [key for key in config if key.startswith("use_")]
        told = (run["model"]["name"], run["sampler"], config.get("timestep_spacing"), *used)
        return " ".join(map(str, (*told, run["steps"])))

    each((*flow_runs(), *table_runs()), quiet, said)


FAIR = {  # other names that say the same
    "flow_list_on_eps_model": {"outside_trained_range"},
    "eps_list_on_flow_model": {"outside_trained_range"},
    "zero_snr_on_ordinary_model": {"outside_trained_range"},
}
NO_LIST = {"prediction_mismatch", "guidance_interval_bad", "noise_added_twice"}  # nothing to mend


def of(row: tuple[str, dict]) -> str:
    kind, run = row
    said = (run.get(k) for k in ("scheduler", "sampler", "steps"))
    return " ".join(map(str, (kind, run["model"]["name"], *said)))


def found_and_mended(row: tuple[str, dict]) -> None:
    """The fault is found, alone; the mended list raises no alarm."""
    kind, run = row
    found = xray(run).faults
    assert {f.kind for f in found} <= {kind, *FAIR.get(kind, ())} and found, [f.kind for f in found]
    mend = found[0].mend
    if kind in NO_LIST:
        assert mend is None
        return
    assert mend is not None and mend.label
    again = xray(mended(run, mend)).faults
    assert not again, f"mended by {mend.label!r}: {again[0].kind}: {again[0].text}"


def test_a_fault_of_each_kind_is_found_over_the_models_and_its_mended_list_raises_no_alarm():
    rows = [*faulty_runs()]
    assert {kind for kind, _ in rows} == set(faults.KINDS)
    each(rows[:: len(rows) // 150], found_and_mended, of)


@pytest.mark.slow  # 3,700 runs, 5 s
def test_every_fault_made_from_a_right_list_is_found_and_mended():
    each(faulty_runs(), found_and_mended, of)


def test_every_recorded_fault_is_mended():
    each(
        [(case["answer"]["fault"], case["run"]) for case in FAULTY if "stages" not in case["run"]],
        found_and_mended,
        of,
    )


def test_a_gap_is_named_with_its_place_and_numbers_and_filled():
    """Only within a list: the first step, the last one and that to 0 are as long as is meant."""
    even = [float(s) for s in np.geomspace(10, 0.01, 31)]  # Δ ln σ 0.23
    (fault,) = xray([*even[:12], *even[22:], 0.0]).faults
    assert (fault.kind, fault.at, fault.severity) == ("gap_in_levels", 11, "wrong")
    assert fault.text == (
        "Step 12 is a gap: σ falls from 0.794 to 0.0631 at once, Δ ln σ 2.53 where the steps "
        "beside it have 0.23 and 0.23. Some 10 levels are missing."
    )
    assert fault.mend.label == "Put 10 levels in"
    np.testing.assert_allclose(fault.mend.sigmas, [*even, 0.0], rtol=1e-9)
    for meant in ([100.0, *even, 0.0], [*even[:-10], 0.0], [*even[:-10], even[-1], 0.0]):
        assert not xray(meant).faults
    assert not xray([*even[:12], *even[13:], 0.0]).faults, "one level gone may be a schedule's own"
    assert not xray([*even[:12], *even[22:23], 0.0]).faults, "its last step"
    twice = xray([*even[:5], *even[9:14], *even[20:], 0.0]).faults[0]
    assert twice.text.endswith("Some 6 levels are missing. So is step 5.")
    np.testing.assert_allclose(twice.mend.sigmas, [*even, 0.0], rtol=1e-9)


def test_a_gap_is_filled_in_the_tools_own_numbers():
    """Times of flow matching, timesteps alone, and timesteps beside their levels."""
    times = [1 - k / 30 for k in range(31)]
    mend = xray([*times[:8], *times[22:]]).faults[0].mend
    assert all(a > b for a, b in itertools.pairwise(mend.sigmas)) and max(mend.sigmas) == 1
    left = [*range(999, 599, -50), *range(199, -1, -50)]
    mend = xray(left).faults[0].mend
    assert not mend.sigmas and set(left) < set(mend.timesteps)
    table = Table.of("scaled_linear", 0.00085, 0.012)
    told = record("SD1.5", [*map(float, table.sigma(left)), 0.0], len(left), "euler")
    mend = xray(told | {"timesteps": left}).faults[0].mend
    np.testing.assert_allclose(table.sigma(mend.timesteps), mend.sigmas[:-1], rtol=1e-3)


def test_a_flow_list_is_even_but_for_rounding_and_its_shift_the_models_but_for_a_tables():
    """Of numbers cut to three digits the shift is still told; of a bent list it is not guessed."""
    even = [round(float(t), 3) for t in np.linspace(1, 0.03, 20)]
    bent = [t + 0.01 * math.sin(2 * k) if 0 < k < 19 else t for k, t in enumerate(even)]
    nearly = shifted(np.linspace(1, 0.03, 20), 1.02)
    for times, told in ((even, ["missing_shift"]), (nearly, ["missing_shift"]), (bent, [])):
        assert kinds(record("SD3 medium", [*map(float, times), 0.0], 20, "euler")) == told
    for mu, told in ((1.17, []), (1.3, ["wrong_mu_for_size"])):
        times = shifted(np.linspace(1, 0.03, 20), math.exp(mu))
        made = record("FLUX.1 dev 1024x1024", [*map(float, times), 0.0], 20, "euler")
        assert kinds(made) == told
