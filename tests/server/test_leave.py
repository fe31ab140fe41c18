"""What leaves the page: files of the settings on show, and cards that come back; bounded."""

import base64
import io
import json
from urllib.parse import parse_qsl

import numpy as np
import pytest

from explorer import cards, cli
from explorer.commands import study
from explorer.commands.words import pairs
from explorer.errors import UserError
from explorer.lab.experiment import Experiment, run
from explorer.reading import cards as reading
from explorer.server import cards as page
from explorer.settings import flatten, jsonable, unflatten

E = unflatten(Experiment, {"data": "moons", "samples": 8, "nfe": 9})


def left(what, **more):
    """The answer to the page, as it is sent."""
    answer = page.leave({"values": jsonable(flatten(E)), "what": what, **more})
    return answer if isinstance(answer, dict) else json.loads(answer.body)


def opened(card):
    answer = page.card_open({"text": json.dumps(card)})
    return answer if isinstance(answer, dict) else json.loads(answer.body)


def test_a_card_of_the_page_is_that_of_python_and_comes_back():
    card = reading.read(left("card", link="?data=moons&lesson=why-heun&at=3")["text"])
    own = cards.card(E)
    assert {k: card[k] for k in ("settings", "exact", "numbers")} == json.loads(
        json.dumps({k: own[k] for k in ("settings", "exact", "numbers")})
    )
    assert card["lesson"]["at"] == "3"
    found = opened(card)
    assert found["equal"] and "bit for bit" in found["said"][0] and "nfe=9" in found["query"]
    card["exact"]["sigma"] = [v * 2 for v in card["exact"]["sigma"][:-1]] + [0.0]
    said = opened(card)["said"]
    assert len(said) <= page.DIFFERENCES + 2 and any("level 0" in line for line in said)


def test_samples_and_tables_are_those_of_the_run():
    data = base64.b64decode(left("npz")["bytes"])
    assert np.array_equal(np.load(io.BytesIO(data))["samples"], run(E).samples.numpy())
    assert left("csv", of="samples")["text"].splitlines()[2].startswith("x1,x2,")
    assert "Experiment(" in left("python")["text"] and "@software{" in left("bibtex")["text"]


def test_a_study_leaves_with_what_was_asked_and_found():
    table = {"columns": ["NFE"], "rows": [[9]]}
    text = left("study", question="Which?", sentence="Heun leads.", table=table, kind="sweep")[
        "text"
    ]
    card = json.loads(text)
    assert (card["question"], card["table"], card["settings"]["nfe"]) == ("Which?", table, 9)
    command = card["command"].split()
    assert command[:5] == ["python", "-m", "explorer", "study", "sweep"]
    assert unflatten(Experiment, pairs(command[5:])) == E
    for kind, said in page.COMMANDS.items():  # each is there
        known = study.KINDS if said.startswith("study ") else cli.COMMANDS
        assert said.split()[-1] in known, kind
    assert card["cells"] == {}  # the job is gone
    with pytest.raises(UserError, match="names no cells"):
        reading.read_study(text)
    with pytest.raises(UserError, match="the card of a study.*its “command”"):
        reading.read(text)
    shows_its_numbers_and_measures_nothing(card)
    assert card["made"]["torch"] and card["citations"] and "Experiment(" in card["python"]
    for strange in ([float("nan")], "\ud800"):
        assert "half a character" in left("study", table=strange)["problem"]
    assert "half a character" in left("card", link="a=\ud800")["problem"]
    assert "too large" in left("study", table=["x" * reading.LARGEST])["problem"]


def test_the_cells_of_a_study_leave_as_parquet_with_the_settings_beside():
    from pyarrow import parquet

    table = {"columns": ["solver", "NFE"], "rows": [["DDIM", 9], ["Heun", None]]}
    found = parquet.read_table(io.BytesIO(base64.b64decode(left("parquet", table=table)["bytes"])))
    assert found.to_pydict()["NFE"] == [9, None] and found.to_pydict()["view.data"] == ["moons"] * 2
    for bad in ({"rows": [[1, 2, 3]]}, {"columns": ["a", "a"]}, {"rows": [[10**400, 1]]}):
        assert "must hold" in left("parquet", table={**table, **bad})["problem"]
    assert "must hold" in left("parquet", table={**table, "rows": [["\ud800", 1]]})["problem"]


@pytest.mark.parametrize("what", [None, 5, "", ["npz"], {}, "zip"])
def test_an_unknown_file_is_refused(what):
    assert "Known: " in left(what)["problem"]


def shows_its_numbers_and_measures_nothing(card):
    found = opened(card)["study"]
    assert {k: found[k] for k in ("question", "table", "said")} == {
        "question": "Which?", "table": card["table"], "said": []
    }  # fmt: skip
    assert unflatten(Experiment, dict(parse_qsl(found["query"]))) == E
    other = {**card, "made": {**card["made"], "torch": "0.1"}}
    assert "'0.1' in the card" in opened(other)["study"]["said"][0]
    assert "other ones here" in opened({**card, "weights": ["0" * 8]})["study"]["said"][0]
    for part, said in (
        ({"settings": {"nfe": -1}}, "out of range"),
        ({"settings": {"nfe": {"a": 1}}}, "must be a number"),
        ({"link": 5}, "“link” must be a text"),
        ({"table": {"columns": ["a", "a"], "rows": []}}, "“table” must hold"),
        ({"table": {"columns": ["a"], "rows": [[1e999]]}}, "JSON"),
        ({"version": 2}, "its version is 2"),
        ({"made": []}, "“made” must be"),
    ):
        assert said in opened({**card, **part})["problem"]


def test_what_is_too_much_is_refused_before_it_is_made(monkeypatch):
    monkeypatch.setattr(page, "MOST", 100)
    monkeypatch.setattr(np, "savez_compressed", None)
    assert "leave the page" in left("npz")["problem"]
    assert "at most 20,000" in left("card", link="x" * 30_000)["problem"]
    assert "Known: " in left("csv", of="nothing")["problem"]
    assert page.leave({"values": {"nfe": -1}, "what": "card"})["problem"]
    assert page.leave({"what": "card"})["problem"]


@pytest.mark.parametrize("request_", [None, {}, {"text": 5}, {"text": "{"}, {"text": "[]"}])
def test_what_is_no_card_is_refused(request_):
    said = page.card_open(request_)["problem"]
    assert said.endswith((".", "text of a run card.")) and len(said) < 400
