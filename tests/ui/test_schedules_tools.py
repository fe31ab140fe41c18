"""What the Schedules page hands on: marks in a text, other tools' lists, copies, runs on data."""

import json
import math

import numpy as np
import pytest

from explorer.dialects import snippet
from explorer.dialects.exports import diffusers as as_diffusers
from explorer.dialects.families import FAMILIES
from explorer.dialects.xray import xray
from explorer.errors import UserError
from explorer.lab.experiment import Experiment
from explorer.server import kinds
from explorer.settings import unflatten
from explorer.ui.schedules import configs, schedules
from explorer.ui.schedules.examples import examples

EXAMPLES = {e.name: e for e in examples()}
KARRAS = json.loads(EXAMPLES["sdxl"].text)
ONCE = [t * 3 / (1 + 2 * t) for t in (1 - i / 10 for i in range(10))]
FLOW = '{"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0}'


def marked(text, answer, kind):
    return [text[m["from"] : m["to"]] for m in answer["marks"] if m["kind"] == kind]


def test_what_makes_a_list_and_what_has_no_effect_are_told_by_trying():
    text = EXAMPLES["sdxl"].text
    answer = schedules({"text": text})
    assert marked(text, answer, "idle") == ['"timestep_spacing": "trailing"']
    assert '"scaled_linear"' in marked(text, answer, "makes")
    plain = text.replace('"use_karras_sigmas": true', '"use_karras_sigmas": false')
    assert '"trailing"' in marked(plain, schedules({"text": plain}), "makes")
    lead = EXAMPLES["lead"].text
    assert marked(lead, schedules({"text": lead}), "harm") == ['"timestep_spacing": "leading"']


def test_a_mended_setting_is_changed_in_the_text():
    text = EXAMPLES["lead"].text
    answer = schedules({"text": text, "steps": 50, "mended": ["terminal_timestep_short"]})
    assert answer["shown"]["text"] == text.replace("leading", "trailing")
    assert answer["rows"][0]["levels"][0] == "Infinity" and ", trailing, " in answer["title"]


def test_the_one_setting_that_makes_another_list_is_found():
    from explorer.dialects import diffusers
    from explorer.dialects.report import Mend

    other = {**KARRAS, "use_karras_sigmas": False}
    made = diffusers.config(other, 12)
    how = Mend("", tuple(made["sigmas"]), tuple(made["timesteps"]))
    assert configs.mending(KARRAS, 12, how) == ("use_karras_sigmas", False)
    assert configs.mending(KARRAS, 12, Mend("", (9.0,) * 13, (5.0,) * 12)) is None


@pytest.mark.parametrize(
    "text",
    [
        f"{FLOW}\nsigmas = {ONCE}",
        f"s = FlowMatchEulerDiscreteScheduler(shift=3.0)\ns.set_timesteps(sigmas={ONCE})",
        f"sigmas = {ONCE}\n# FlowMatchEuler, shift=3.0",
        json.dumps({**json.loads(FLOW), "sigmas": ONCE}),
    ],
    ids=["json", "call", "comment", "one object"],
)
def test_a_list_handed_to_a_scheduler_is_shifted_once_more(text):
    (run,) = xray(text).runs
    assert run.levels[0] == math.inf and run.levels[-1] == 0 and len(run.levels) == 11
    assert np.allclose(run.levels[1:-1], [3 * t / (1 - t) for t in ONCE[1:]], rtol=1e-5)  # float32


def test_a_list_that_holds_the_shift_twice_is_what_runs():
    twice = [t * 9 / (1 + 8 * t) for t in (1 - i / 10 for i in range(10))]
    (run,) = xray(f"{FLOW}\nsigmas = {[*twice, 0.0]}").runs
    assert run.sigmas == (*twice, 0.0) and any("twice already" in n for n in run.notes)


def test_code_is_read_and_never_run():
    for call in (
        "__import__('os').system('x')",
        "shift=__import__('os')",
        "shift=(1, [2, {3: 4}])",
    ):
        found = snippet.scheduler(f"FlowMatchEulerDiscreteScheduler({call})")
        assert found is not None and found[0] == {"_class_name": "FlowMatchEulerDiscreteScheduler"}
    assert snippet.scheduler("EulerDiscreteScheduler(" + "(" * 10_000) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sdxl", "sd21_v", "sd3", "flux_dev", "wan", "sdxl_vpred_zsnr"])
def test_copies_for_diffusers_run_there_and_give_the_list(name):
    pytest.importorskip("diffusers")
    family = FAMILIES[name]
    top = math.inf if family.kind == "flow" or family.zero_snr else family.sigma_max
    levels = [top, 7.0, 2.5, 0.9, 0.2, 0.05, 0.0]
    space: dict = {}
    exec(as_diffusers(levels, family).text, space)
    made = space["scheduler"].sigmas.tolist()
    own = [family.level(v) for v in made]
    assert own == pytest.approx(levels, rel=1e-5)  # float32


def test_the_same_name_elsewhere_is_asked_of_the_tools():
    answer = schedules({"text": EXAMPLES["wan"].text})
    names = [r["name"] for r in answer["rows"]]
    assert "diffusers:flow" in names and not any(n.startswith("comfy") for n in names)
    groups = {a["group"] for a in answer["adds"]}
    assert groups == {"Here", "ComfyUI", "RES4LYF", "diffusers"}
    table = schedules({"text": EXAMPLES["sdxl"].text})
    assert "A1111" in {a["group"] for a in table["adds"]}


@pytest.mark.slow
def test_every_list_of_the_menu_is_made_or_refused_in_a_sentence():
    for name in ("sdxl", "sd3"):
        text = EXAMPLES[name].text
        for group in schedules({"text": text})["adds"]:
            answer = schedules({"text": text, "rows": ["yours", group["name"]]})
            shared = any("equals" in r["source"] for r in answer["rows"])
            assert len(answer["rows"]) == 2 or shared or answer["foot"], group


def test_a_flow_list_opens_in_its_own_frame_with_its_solver():
    answer = schedules({"text": EXAMPLES["sd3"].text})
    values = answer["open"]["values"]
    assert values["schedule"] == "flow" and values["timesteps.levels"][0] == "inf"
    e = unflatten(Experiment, values)
    assert e.timesteps.pure and e.solver.name == "euler"
    odd = schedules({"text": "Steps: 9, Sampler: DPM++ SDE, Schedule type: Karras, Seed: 1"})
    assert "DPM++ SDE is not in the lab; opened with DPM++ 2M." in odd["open"]["said"]


def test_shares_of_the_error_come_list_by_list():
    request = {"kind": "shares", "text": "[9, 4, 2, 1, 0.4, 0.1, 0]", "data": "moons"}
    work = kinds.measurement(request)
    done = []
    for row in work.rows(lambda: None):
        done.append(row)
        told = work.show(done)
        assert len(told["lists"]) == len(done)
    assert told["lists"][0]["name"] == "yours" and len(told["lists"][0]["share"]) == 5
    assert sum(told["lists"][0]["share"]) == pytest.approx(1, abs=1e-3)  # four digits each
    assert "median" in told["status"] and told["note"]
    json.dumps(told, allow_nan=False)


def test_data_without_an_exact_denoiser_is_refused():
    for data in ("upload", "drawn", "none", 3, "../etc"):
        with pytest.raises(UserError):
            kinds.measurement({"kind": "shares", "text": "3, 2, 1, 0", "data": data})
