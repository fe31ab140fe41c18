"""Cells of a study's card are measured again, and what differs is named; nonsense is said."""

import json
import pkgutil
from importlib import import_module

import pytest

from explorer import study
from explorer.cards import cells
from explorer.cli import main
from explorer.errors import UserError
from explorer.reading import cards as reading
from explorer.study import measures

ASKED = ["data=moons", "data.dimension=2", "samples=8"]


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """A study's card as a file holds it."""
    folder = tmp_path_factory.mktemp("cells")
    out = str(folder / "card.json")
    words = ["--solvers", "ddim,heun", "--budgets", "5,9", "--folder", str(folder / "kept")]
    assert main(["study", "sweep", *ASKED, *words, "--card", out, "--device", "cpu"]) == 0
    return (folder / "card.json").read_text("utf-8")


def replayed(tmp_path, card: dict, capsys, *words: str) -> tuple[int, str]:
    file = tmp_path / "card.json"
    file.write_text(json.dumps(card), "utf-8")
    code = main(["replay", str(file), "--device", "cpu", *words])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_all_cells_or_some_by_chance_are_measured_again_byte_for_byte(text, tmp_path, capsys):
    card = json.loads(text)
    assert [row["numbers"]["nfe"] for row in card["cells"]["rows"]] == [5, 5, 9, 9]
    code, said = replayed(tmp_path, card, capsys, "--cells", "all")
    assert code == 0 and "4 of 4 cells measured again: every answer is the card’s" in said
    code, said = replayed(tmp_path, card, capsys, "--cells", "2", "--seed", "3")
    assert code == 0 and "2 of 4 cells" in said
    once = reading.read_study(text)
    chosen = lambda seed: [c.title for c in cells.replay_cells(once, 2, seed)]
    assert chosen(3) == chosen(3) and len({tuple(chosen(s)) for s in range(6)}) > 1


def test_the_cells_that_differ_are_named_with_what_they_say(text, tmp_path, capsys):
    card = json.loads(text)
    rows = card["cells"]["rows"]
    rows[1]["answer"], rows[1]["numbers"]["nfe"] = "0" * 64, 6
    rows[2]["answer"] = "1" * 64
    rows[3]["question"] = "2" * 64
    code, said = replayed(tmp_path, card, capsys, "--cells", "all")
    assert code == 1 and "4 of 4 cells measured again: 3 differ" in said
    assert "solver=heun" in said and "nfe 6 in the card, 5 here" in said
    assert "more digits or samples do not" in said and "another question here" in said
    card["cells"]["measures"][0]["version"] = 99
    code, said = replayed(tmp_path, card, capsys)
    assert code == 1 and "The measure 'end_error' is version" in said and "99 there" in said
    assert replayed(tmp_path, card, capsys, "--cells", "none")[0] == 2


def test_every_measure_of_a_study_can_be_made_of_its_name():
    found = {}
    for module in pkgutil.walk_packages(study.__path__, "explorer.study."):
        for kind in vars(import_module(module.name)).values():
            own = isinstance(kind, type) and kind.__module__ == module.name
            if own and {"name", "version", "weights"} <= set(dir(kind)) and not _protocol(kind):
                found[kind.name] = (module.name.removeprefix("explorer.study."), kind.__name__)
    assert found == measures.HOME


def _protocol(kind: type) -> bool:
    return getattr(kind, "_is_protocol", False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cells": {}}, "names no cells"),
        ({"version": 2}, "its version is 2"),
        ({"format": "explorer-card"}, "no run card"),
        ({"threads": 10**6}, "“cells.threads”"),
        ({"rows": [{}]}, "“cells.rows.set” must be an object"),
        ({"rows": [5]}, "must be an object"),
        ({"rows": 2001}, "more than 2,000 cells"),
        ({"measure": 7}, "“cells.rows.measure”"),
        ({"answer": "../x"}, "“cells.rows.answer” must be a digest"),
        ({"numbers": {"nfe": "x"}}, "“cells.rows.numbers”"),
        ({"set": {"nfe": {"a": 1}}}, "must be a number"),
        ({"drop": [1]}, "names of settings"),
    ],
)
def test_what_is_no_card_of_a_study_is_refused_in_a_sentence(text, change, said):
    card = json.loads(text)
    for key, value in change.items():
        if key in ("threads", "rows"):
            rows = card["cells"]["rows"]
            card["cells"][key] = rows * 501 if value == 2001 else value
        elif key in ("cells", "version", "format"):
            card[key] = value
        else:
            card["cells"]["rows"][0][key] = value
    with pytest.raises(UserError, match=said):
        reading.read_study(json.dumps(card))


def test_a_name_of_a_measure_is_no_way_into_the_code():
    for name in ("os.system", "engine", "claims.tried", "", None, 5):
        with pytest.raises(UserError, match="Unknown measure"):
            measures.measure_of({"name": name, "version": 1})
