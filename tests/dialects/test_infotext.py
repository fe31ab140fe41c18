"""A1111's infotext: its fields, its passes and what is said of them, against what A1111 made."""

import io
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from explorer.dialects import infotext
from explorer.dialects import infotext_parts as parts
from explorer.dialects.xray import xray
from explorer.errors import UserError
from explorer.reading import png_text
from tests.dialects.recorded import near, whole
from tests.rows import each

RECORDED = whole("infotexts.json.gz")["infotexts"]


def test_fields_and_settings_are_those_that_the_tool_reads():
    def check(case):
        ours = parts.parse(case["infotext"])
        assert case["parsed"].items() <= ours.items()
        assert parts.settings(ours) == case["settings_from_text"]

    each(RECORDED, check, lambda c: c["id"])


def test_every_pass_is_the_tools():
    def check(case):
        report = xray(case["infotext"], case["model_hint"])
        assert report.what == "A1111 infotext" and len(report.runs) == len(case["passes"])
        for run, theirs in zip(report.runs, case["passes"]):
            assert (run.where, run.sampler) == (theirs["pass"], theirs["sampler"])
            assert run.facts["schedule_run"] == theirs["schedule_run"]
            assert theirs["schedule_run"] in run.text
            if theirs["kind"] == "sigmas":
                assert run.facts["schedule_set"] == theirs["schedule_set"]
                near(run.sigmas, theirs["sigmas"], 1e-5)
                assert len(run.levels) == theirs["steps"] + 1
            for name in ("timesteps_tool", "timesteps_run"):
                assert run.facts.get(name) == theirs.get(name)
            # times within a table's step: 5e-3 of 1000 (the reference's README)
            near(run.facts.get("t_continuous", []), theirs.get("t_continuous", []), 0, 5e-6)

    each(RECORDED, check, lambda c: c["id"])


def text(line: str) -> str:
    return f"a lighthouse, morning: 5, of, things\nNegative prompt: blurry\nugly\n{line}"


def runs(line: str, model: str = "sd15"):
    return xray(text(line), model).runs


def test_quotes_commas_and_sizes():
    fields = parts.parse(
        text(
            'Steps: 20, Sampler: Euler, Hires prompt: "a, \\"b\\": c\\nd", Size: 512x768, '
            "Model: a b-c, Empty: , Version: v1.9.4"
        )
    )
    assert fields["Hires prompt"] == 'a, "b": c\nd'
    assert (fields["Size-1"], fields["Size-2"], fields["Model"]) == ("512", "768", "a b-c")
    assert fields["Prompt"] == "a lighthouse, morning: 5, of, things"
    assert fields["Negative prompt"] == "blurry\nugly"


def test_texts_before_1_7_run_in_half_precision():
    """The low end is coarse there: σ_min is 0.03125, not 0.0292."""
    old = runs("Steps: 20, Sampler: Euler, CFG scale: 7, Version: v1.6.0")[0]
    later = runs("Steps: 20, Sampler: Euler, CFG scale: 7, Version: v1.7.0-225-gabc")[0]
    assert old.sigmas[-2] == pytest.approx(0.03128, rel=1e-3)
    assert later.sigmas[-2] == pytest.approx(0.0291675, rel=1e-4)
    assert any("half precision" in n and "v1.6.0" in n for n in old.notes)
    assert not later.notes


VERSIONS = {
    "v1.6.0": ((1, 6, 0), 0),
    "v1.7.0-133-gde03882d": ((1, 7, 0), 133),
    "1.7.0-225": ((1, 7, 0), 225),
    "v1.8.0-RC": ((1, 8, 0), -1),
    "1.10": ((1, 10, 0), 0),
    "f2.0.1v1.10.1-previous-659-gc055f2d4": None,
    "neo": None,
    None: None,
}


def test_versions():
    each(VERSIONS.items(), lambda row: _equal(parts.version_of(row[0]), row[1]))


def _equal(ours, theirs):
    assert ours == theirs


def test_a_step_is_one_or_two_evaluations():
    line = "Steps: 10, CFG scale: 7, Sampler: "
    counted = {"Euler": 10, "Heun": 19, "DPM2 a": 19, "DPM++ SDE": 19, "DPM++ 2M SDE Heun": 10}
    counted |= {"DDIM": 9, "PLMS": 10, "UniPC": 10}
    each(counted.items(), lambda row: _equal(runs(line + row[0])[0].evaluations, row[1]))


def test_a_hires_pass_takes_its_steps_and_schedule_from_the_first():
    line = "Steps: 20, Sampler: LMS Karras, CFG scale: 7, Denoising strength: 0.5, Hires upscale: 2"
    first, second = runs(line)
    assert (first.where, second.where) == ("txt2img", "hires")
    assert len(second.sigmas) == 21 and second.facts["schedule_run"] == "Karras"
    euler = runs(f"{line}, Hires sampler: Euler, Hires schedule type: Normal, Hires steps: 5")[1]
    assert (euler.sampler, euler.facts["schedule_run"], len(euler.sigmas)) == ("Euler", "Normal", 6)
    # pasting sets "Automatic" where the sampler has the schedule anyway, and "use the same" is that
    line = "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, Hires sampler: Euler"
    second = runs(line + ", Denoising strength: 0.5, Hires upscale: 2")[1]
    assert second.facts["schedule_run"] == "Uniform (model table)"
    early = runs("Steps: 9, Sampler: Euler, Denoising strength: 0.7, First pass size: 0x0")
    assert [r.where for r in early] == ["txt2img", "hires"]


def test_ddim_keeps_part_of_a_picture():
    run = runs("Steps: 20, Sampler: DDIM, CFG scale: 7, Denoising strength: 0.5")[0]
    assert run.where == "img2img" and run.facts["noise_added_at_timestep"] == 501
    assert run.timesteps == (451, 401, 351, 301, 251, 201, 151, 101, 51)
    assert len(run.sigmas) == 10 and run.sigmas[-1] == pytest.approx(0.0413, rel=1e-3)


def test_the_tools_own_stop_above_0_is_a_note_and_a_list_without_0_is_wrong():
    ddim = xray(text("Steps: 20, Sampler: DDIM, CFG scale: 7"), "sd15")
    optimal = xray(text("Steps: 20, Sampler: Euler, Schedule type: KL Optimal"), "sd15")
    told = [[(f.kind, f.severity) for f in r.faults] for r in (ddim, optimal)]
    assert told == [[("leftover_noise", "note")], [("leftover_noise", "wrong")]]


def test_what_was_not_read_back_is_said():
    line = "Steps: 20, Sampler: Euler, Schedule type: Beta, Beta schedule alpha: 0.5, "
    assert any("0.5" in n for n in runs(line + "Beta schedule beta: 0.7")[0].notes)
    assert any("UniPC" in n for n in runs("Steps: 9, Sampler: UniPC, Schedule type: Beta")[0].notes)
    unknown = runs("Steps: 9, Sampler: Mystery, CFG scale: 7")[0]
    assert unknown.sampler == "DPM++ 2M" and "Mystery" in unknown.notes[0]


def test_the_family_is_taken_from_the_name_with_a_note():
    xl = xray(text("Steps: 11, Sampler: Euler, Schedule type: Align Your Steps, Model: ponyXL"))
    small = xray(text("Steps: 11, Sampler: Euler, Schedule type: Align Your Steps, Model: v1-5"))
    second = [xl.runs[0].sigmas[1], small.runs[0].sigmas[1]]
    assert second == pytest.approx([6.315, 6.475])  # the published lists differ
    assert "Stable Diffusion XL" in xl.runs[0].notes[0]


def test_zero_terminal_snr_begins_at_infinity():
    run = runs(
        "Steps: 9, Sampler: Euler, CFG scale: 7, Noise Schedule: Zero Terminal SNR", "sdxl_v"
    )
    assert run[0].levels[0] == float("inf") and run[0].model == "sdxl_vpred_zsnr"


REFUSED = {
    "Steps: 0, Sampler: Euler, CFG scale: 7": "Steps",
    "Steps: 99999999999, Sampler: Euler, CFG scale: 7": "Steps",
    "Steps: 1.5, Sampler: Euler, CFG scale: 7": "whole number",
    "Steps: 20, Sampler: Euler, Denoising strength: high, a: b": "no number",
    "Steps: 20, Sampler: Euler, Denoising strength: 3, a: b": "between 0 and 1",
    "Steps: 20, Sampler: Euler, Schedule max sigma: inf, a: b": "sigma_max",
    "Steps: 20, Sampler: Euler, UniPC skip type: odd, a: b": "uni_pc_skip_type",
    "Steps: 20, Sampler: Euler, Distilled CFG Scale: 3.5": "flow model",
    "Steps: 20": "no fields",
    "Steps: 20, Sampler: Euler, " + "x" * 200_000: "at most",
}


def test_what_cannot_run_is_refused_in_a_sentence():
    def check(row):
        line, word = row
        with pytest.raises(UserError, match=word):
            infotext.read(text(line) if "no fields" not in word else f"Seed: 1\n{line}", "sd15")

    each(REFUSED.items(), check, lambda row: row[0][:80])
    with pytest.raises(UserError, match="HunyuanVideo"):
        runs("Steps: 20, Sampler: Euler, CFG scale: 7", "hunyuan_video")


def test_blanks_without_end_are_read_in_linear_time():
    """Squared, these would take hours."""
    assert not infotext.looks("\n" * 2_000_000)
    assert parts.parse(" " * 90_000 + "Steps: 5, Sampler: Euler, Seed: 1")["Steps"] == "5"
    assert parts.parse("ab:" * 30_000 + "Steps: 5, x y: 1, Seed: 1")["Seed"] == "1"
    assert parts.parse('ab:"' * 20_000 + "\\, Steps: 5, x y: 1, Seed: 1")["Seed"] == "1"
    assert parts.parse("a " * 40_000 + ", Steps: 5, x y: 1, Seed: 1")["Seed"] == "1"


def test_other_text_is_none():
    for other in ("", "Steps to a lighthouse", "[14.6, 0]", {"Steps": 1}, None, "Sampler: Euler"):
        assert not infotext.looks(other)


def picture(**texts: str) -> bytes:
    """A PNG of one pixel with words beside it."""
    file, info = io.BytesIO(), PngInfo()
    for word, said in texts.items():
        info.add_text(word, said)
    Image.new("L", (1, 1)).save(file, "png", pnginfo=info)
    return file.getvalue()


def test_a_picture_brings_its_infotext():
    line = text("Steps: 20, Sampler: Euler, CFG scale: 7 · ω")
    assert xray(picture(parameters=line), "sd15") == xray(line, "sd15")
    with pytest.raises(UserError, match=r"'Author'.*parameters"):
        xray(picture(Author="me"))


def test_a_pictures_words_of_every_kind_are_read():
    file, info = io.BytesIO(), PngInfo()
    info.add_text("a", "latin é")
    info.add_text("b", "packed", zip=True)
    info.add_itxt("c", "ω", zip=True)
    Image.new("L", (1, 1)).save(file, "png", pnginfo=info)
    whole_file = file.getvalue()
    assert png_text.texts(whole_file) == {"a": "latin é", "b": "packed", "c": "ω"}
    for cut in range(8, len(whole_file), 7):  # a cut file ends early, and is no accident
        assert png_text.texts(whole_file[:cut]).items() <= png_text.texts(whole_file).items()


def test_a_packed_text_is_not_unpacked_without_end():
    bomb = zlib.compress(bytes(png_text.LONGEST + 10))
    body = b"prompt\0\0" + bomb
    data = png_text.SIGNATURE + len(body).to_bytes(4, "big") + b"zTXt" + body + bytes(4)
    with pytest.raises(UserError, match="over 5,000,000 bytes"):
        png_text.texts(data)
