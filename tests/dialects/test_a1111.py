"""A1111 webui by its own words, against what it gave."""

import itertools
import math

import pytest

from explorer import dialects
from explorer.dialects import a1111_names as names
from explorer.errors import UserError
from tests.dialects.recorded import near, rows
from tests.rows import each

TOOL = "A1111 webui"
# The table is taken in the tool's own precision, so what is left is its float32 arithmetic after
# that (the reference's README: Karras 5e-6, float32 tables 3e-5); near ∞ one rounding of ln σ.
RELATIVE = 1e-5


def test_every_recorded_list_is_found_again():
    header, *recorded = rows("a1111.jsonl.gz")
    assert len(recorded) == 551

    def check(r):
        ours = dialects.run(TOOL, r["group"], r["inputs"], header)
        for name in ("sigmas", "timesteps_tool", "timesteps_run", "t_continuous"):
            assert (name in ours) == (name in r)
            whole = name.startswith("timesteps")
            near(ours.get(name, []), r.get(name, []), 0 if whole else RELATIVE)
        for name in ("infotext_adds", "noise_added_at_timestep"):
            assert ours.get(name) == r.get(name)

    each(recorded, check, lambda r: r["id"])


def test_the_header_lists_the_samplers_and_schedules_that_are_known():
    header, *_ = rows("a1111.jsonl.gz")
    for name, options in header["a1111_sampler_options"].items():
        known = names.SAMPLERS[name]
        assert known.schedule == options.get("scheduler")
        assert known.discards == options.get("discard_next_to_last_sigma", False)
    for said in header["a1111_schedules"]:
        known = names.SCHEDULES[said["name"]]
        rho = -1 if known.rho is None else known.rho
        assert (known.label, rho) == (said["label"], said["default_rho"])
        assert list(known.aliases) == (said["aliases"] or [])


def asked(**more):
    return {"model": "sd15", "sampler": "Euler", "schedule": "Karras", "steps": 10} | more


def test_a_model_is_described_beside_the_well_known_ones():
    described = {"mine": {"is_sdxl": False, "options": {"sigma_max": 10.0}}}
    mine = dialects.run(TOOL, "a1111.schedule", asked(model="mine"), described)
    options = asked(options={"sigma_max": 10.0})
    assert mine == dialects.run(TOOL, "a1111.options", options)
    assert mine["sigmas"][0] == pytest.approx(10)


def test_settings_join_and_are_written_down():
    found = dialects.run(
        TOOL,
        "a1111.options",
        asked(options={"rho": 5.0, "sigma_min": 0.1, "always_discard_next_to_last_sigma": True}),
    )
    assert found["infotext_adds"] == {
        "Discard penultimate sigma": True,
        "Schedule type": "Karras",
        "Schedule min sigma": 0.1,
        "Schedule rho": 5.0,
    }
    # eleven levels of ρ = 5 from 14.6 to 0.1, the last of them dropped, and 0
    ramp = [14.614642**0.2 + i / 10 * (0.1**0.2 - 14.614642**0.2) for i in range(10)]
    near(found["sigmas"], [*(r**5 for r in ramp), 0.0], 1e-6)


def test_quantizing_takes_a_range_to_whole_steps():
    plain = asked(schedule="Normal", steps=3, options={"sigma_max": 10.0})
    whole = asked(
        schedule="Normal", steps=3, options={"sigma_max": 10.0, "enable_quantization": True}
    )
    first = dialects.run(TOOL, "a1111.options", plain)["sigmas"][0]
    nearest = dialects.run(TOOL, "a1111.options", whole)["sigmas"][0]
    index = {"model": "sd15", "index": list(range(1000))}
    table = dialects.run(TOOL, "a1111.table", index)["sigmas"]
    assert first == pytest.approx(10)
    assert nearest == pytest.approx(min(table, key=lambda s: abs(math.log(s / 10))))
    assert abs(nearest - first) > 1e-3


def test_unipc_times_are_even_in_what_its_setting_names():
    def times(skip):
        options = {"uni_pc_skip_type": skip}
        inputs = {"model": "sd15", "sampler": "UniPC", "steps": 20, "options": options}
        return dialects.run(TOOL, "a1111.timesteps", inputs)["t_continuous"]

    roots = [t**0.5 for t in times("time_quadratic")]
    gaps = [a - b for a, b in itertools.pairwise(roots)]
    assert max(gaps) == pytest.approx(min(gaps), rel=1e-9)
    assert len(times("logSNR")) == 21 and times("logSNR")[0] == pytest.approx(1)


def test_forges_turbo_takes_steps_999_749_499_249():
    index = {"model": "sdxl", "index": [999, 749, 499, 249]}
    table = dialects.run(TOOL, "a1111.table", index)["sigmas"]
    turbo = asked(model="sdxl", schedule="Turbo", steps=4)
    assert dialects.run(TOOL, "a1111.schedule", turbo)["sigmas"] == [*table, 0.0]


def test_where_the_tool_fails_its_error_is_named():
    many = {"model": "sd15", "sampler": "DDIM", "steps": 1001}
    assert dialects.run(TOOL, "a1111.timesteps", many) == {"error": "ValueError"}


def test_old_suffixes_and_unknown_names_become_what_the_tool_sets():
    assert names.chosen("DPM++ 2M Karras", None) == ("DPM++ 2M", "Automatic", ())
    assert names.chosen("LMS Karras", None) == ("LMS", "Karras", ())
    assert names.chosen("Euler SGMUniform", None) == ("Euler", "SGM Uniform", ())
    assert names.chosen("Euler", "SGMUniform") == ("Euler", "Automatic", ("SGMUniform",))
    assert names.chosen("no such", None) == ("DPM++ 2M", "Automatic", ("no such",))
    assert names.chosen(None, None) == ("DPM++ 2M", "Automatic", ())


ABSURD = [
    ("a1111.schedule", asked(steps=1e9)),
    ("a1111.schedule", asked(steps="20")),
    ("a1111.schedule", asked(steps=10**5000)),
    ("a1111.options", asked(options={"sigma_max": 10**5000})),
    ("a1111.schedule", asked(steps=0)),
    ("a1111.schedule", asked(steps=float("nan"))),
    ("a1111.schedule", asked(schedule="Bogus")),
    ("a1111.schedule", asked(schedule=["Karras"])),
    ("a1111.schedule", asked(sampler={})),
    ("a1111.schedule", asked(model=[])),
    ("a1111.schedule", asked(model="sd9")),
    ("a1111.nothing", asked()),
    ("a1111.img2img", asked()),
    ("a1111.img2img", asked(denoising_strength=2)),
    ("a1111.hires", asked(hires_steps=5000, denoising_strength=1e-6)),
    ("a1111.options", asked(options={"sigma_max": "high"})),
    ("a1111.options", asked(options={"sigma_min": -1.0})),
    ("a1111.options", asked(options={"rho": float("inf")})),
    ("a1111.options", asked(options={"beta_dist_alpha": 0})),
    ("a1111.options", asked(options={"no such": 1})),
    ("a1111.options", asked(options={"enable_quantization": "yes"})),
    ("a1111.options", asked(options={"sd_noise_schedule": "Zero"})),
    ("a1111.options", asked(options=[1])),
    ("a1111.table", {"model": "sd15", "index": [1000]}),
]


def test_absurd_questions_are_refused_in_a_sentence():
    def check(question):
        with pytest.raises(UserError, match=r"\.$"):
            dialects.run(TOOL, *question)

    each(ABSURD, check)
