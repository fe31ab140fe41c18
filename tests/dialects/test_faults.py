"""The faults of real runs: each found by its name, and no alarm where a run is right."""

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest

from explorer import xray
from explorer.core.tables import shifted
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
    assert {case["answer"]["fault"] for case in FAULTY} == set(faults.KINDS)


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
