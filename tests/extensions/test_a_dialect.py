"""A dialect is one file and one line: what is added so is read by every way in, and judged."""

import json

import pytest

from explorer import UserError, xray
from explorer.ui.schedules.asked import Asked
from explorer.ui.schedules.copies import copies
from explorer.ui.schedules.found import found

RIGHT, HIGH = (json.dumps({"halves": 6, "from": top}) for top in (16, 64))


def test_without_its_line_it_is_refused():
    with pytest.raises(UserError, match="dict of 2 keys"):
        xray(RIGHT)


def test_its_runs_are_read_and_judged_and_a_refusal_names_it(installed):
    report = xray(RIGHT)
    assert report.what == "a list of halves" and report.runs[0].levels[:2] == (16.0, 8.0)
    assert not report.faults
    (fault,) = xray(json.loads(HIGH)).faults
    assert fault.kind == "outside_trained_range" and fault.mend.sigmas[0] == pytest.approx(16)
    with pytest.raises(UserError, match='a list of halves .needs "halves" and "from"'):
        xray({"something": "else"})


def test_a_text_that_is_pasted_on_the_page_is_read_and_copied_for_other_tools(installed):
    pasted = found(Asked(text=HIGH))
    assert pasted.what == "a list of halves" and pasted.run.levels[0] == 64
    assert [fault.kind for fault in pasted.faults] == ["outside_trained_range"]
    written = {copy["name"]: copy["text"] for copy in copies(pasted)}
    assert "64" in written["comfy"] and "64" in written["k-diffusion"]


@pytest.mark.slow  # a command line and a server of their own
def test_the_command_line_and_the_api_read_it(shell, toy_client, tmp_path):
    file = tmp_path / "toy.json"
    file.write_text(RIGHT)
    assert "6 halves" in shell("xray", str(file))
    answer = toy_client.predict(HIGH, api_name="/xray")
    assert answer["what"] == "a list of halves"
    assert answer["faults"][0]["kind"] == "outside_trained_range"
