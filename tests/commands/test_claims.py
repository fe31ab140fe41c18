"""`study claims`: a line for each claim, JSON with all of it, and names that exist."""

import json

import pytest

from explorer.cli import main
from explorer.reading import cards as reading
from explorer.study.claims import CLAIMS
from explorer.study.claims.tried import cell

SOME = ["score-from-denoiser", "iddpm-begins-at-20291"]


def test_json_has_a_row_for_each_claim(capsys, tmp_path):
    assert main(["study", "claims", "--json", *SOME, "--folder", str(tmp_path)]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [r["name"] for r in rows] == SOME
    assert rows[1]["verdict"] == "holds" and 20290 < rows[1]["low"] <= rows[1]["high"] < 20292
    wanted = {"quote", "source", "measure", "low", "value", "high", "verdict", "seeds", "command"}
    assert wanted <= rows[0].keys()


def test_its_command_measures_it_again(capsys, tmp_path):
    command = CLAIMS[SOME[0]].command.split()
    assert command[:3] == ["python", "-m", "explorer"]
    assert main([*command[3:], "--folder", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("holds ") and SOME[0] in said and "1 holds" in said


def test_names_are_listed_and_nothing_is_measured(capsys):
    assert main(["study", "claims", "--names"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CLAIMS) and "App. D.1" in lines[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("no-such-thing", "Unknown claim 'no-such-thing'"),
        ("data=moons", "'data=moons' is a setting"),
    ],
)
def test_what_is_no_claim_is_a_sentence(capsys, given, said):
    assert main(["study", "claims", given]) == 2
    assert said in capsys.readouterr().err


def test_their_card_is_measured_again_and_names_the_claims_that_differ(capsys, tmp_path):
    file = tmp_path / "card.json"
    words = ["--folder", str(tmp_path / "kept"), "--card", str(file), "--device", "cpu"]
    assert main(["study", "claims", *SOME, *words]) == 0
    again = ["replay", str(file), "--device", "cpu"]
    assert main(again) == 0
    assert "2 of 2 cells measured again: every answer is the card’s" in capsys.readouterr().out
    card = json.loads(file.read_text("utf-8"))
    row = card["cells"]["rows"][1]
    row["answer"], row["numbers"]["value"] = "0" * 64, 20300.5
    file.write_text(json.dumps(card), "utf-8")
    assert main(again) == 1
    said = capsys.readouterr().out
    assert "claim=iddpm-begins-at-20291" in said and "value 20300.5 in the card, 20291" in said
    assert "score-from-denoiser" not in said


def test_all_claims_fit_in_one_card():
    measures = {cell(c).question for c in CLAIMS.values()}
    assert len(measures) == len(CLAIMS) <= min(reading.CELLS, reading.MEASURES)
