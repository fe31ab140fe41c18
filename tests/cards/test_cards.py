"""Run cards: made again they are equal, cite what was used, and nonsense is said."""

import json
import os
import subprocess
import sys

import pytest
import torch

from explorer import cards
from explorer.cards import citations, replay
from explorer.cards.card import dialects
from explorer.data import DATASETS
from explorer.errors import UserError
from explorer.lab.experiment import Experiment
from explorer.reading import cards as reading
from explorer.settings import from_query, slots, unflatten

from ..rows import places
from .views import views

SMALL = {"data": "moons", "samples": 8, "nfe": 9}
WITHOUT = {"made by formula", "the user's own file", "no data", "a list of levels"}


@pytest.fixture(scope="module")
def one():
    """A card as a file holds it."""
    return json.dumps(
        cards.card(unflatten(Experiment, SMALL), link="?data=moons&lesson=why-heun&at=2")
    )


def test_a_card_is_made_again_bit_for_bit_and_its_link_opens_it(one):
    card = reading.read(one)
    found = replay(card)
    assert found.equal and found.agrees and not found.differs and not found.elsewhere
    assert (
        from_query(Experiment, card["link"].split("&lesson")[0] + "&samples=8&nfe=9")
        == found.experiment
    )
    assert card["lesson"] == {"lesson": "why-heun", "at": "2"}
    assert card["numbers"]["end_error"]["low"] < card["numbers"]["end_error"]["high"]
    assert "95%" in card["numbers"]["intervals"] and "1000 draws" in card["numbers"]["intervals"]
    assert card["made"]["torch"] == torch.__version__ and card["made"]["state"] == "float64"
    assert card["exact"]["sigma"] == pytest.approx(
        eval_list(card["levels"]["python"]["text"]), rel=1e-8
    )


def eval_list(text):
    return json.loads(text.split("=")[1].split("#")[0])


def test_what_differs_is_said_value_by_value(one):
    card = reading.read(one)
    card["exact"]["some"][0][1] += 1e-9
    card["exact"]["sigma"][2] *= 1.5
    card["numbers"]["end_error"]["median"] *= 2
    card["made"]["torch"] = "1.0"
    found = replay(card)
    assert not found.equal and found.agrees  # 1e-9 of a sample is within the tolerance
    said = "\n".join(found.differs)
    for name in ("sample 0, coordinate 1", "level 2", "end_error.median"):
        assert name in said
    assert len(found.differs) == 3 and found.elsewhere[0].startswith("torch: '1.0' in the card")
    card["exact"]["some"][0][1] += 1
    assert not replay(card, errors=False).agrees
    card = reading.read(one)
    card["numbers"]["end_error"]["median"] *= 2
    assert "The run is the card’s, bit for bit" in replay(card).verdict


BLOWN = {  # each step 10,000 times too long
    "data": "moons",
    "samples": 4,
    "nfe": 120,
    "solver": "forged",
    "solver.coefficients": "1e4",
}


def test_a_run_that_blows_up_has_a_card_which_replays_equal():
    card = reading.read(json.dumps(cards.card(unflatten(Experiment, BLOWN)), allow_nan=False))
    assert card["exact"]["some"][0][0] in reading.NO_NUMBERS
    assert "blew up" in card["numbers"]["why"] and card["numbers"]["nfe"] == 120
    found = replay(card)
    assert found.equal and "blows up here too" in found.verdict
    card["exact"]["some"][0][0] = 1.5
    found = replay(card)
    assert not found.agrees and "finite in one of the two alone" in found.verdict
    assert len(found.differs) == 1 and "sample 0, coordinate 0" in found.differs[0]


@pytest.mark.slow
def test_errors_past_any_float_are_words_in_a_card():
    """The end is finite, and its square is not."""
    made = cards.card(unflatten(Experiment, BLOWN | {"data": "grid", "samples": 2, "nfe": 54}))
    card = reading.read(json.dumps(made, allow_nan=False))
    assert card["numbers"]["mean_error"] == "inf" and replay(card).equal


def test_weights_that_are_absent_or_others_are_said_and_nothing_is_run(one, monkeypatch):
    card = reading.read(one)
    card["weights"] = ["ab" * 32]
    monkeypatch.setattr(sys.modules[replay.__module__], "ran", None)  # a run would break
    found = replay(card)
    assert not found.equal and "weights are other ones" in found.verdict
    card["settings"] |= {"data": "digits", "model": "network", "model.checkpoint": "nowhere"}
    assert "Not run" in replay({**card, "settings": _of(card)}).verdict


def _of(card):
    keep = {k: v for k, v in card["settings"].items() if "." not in k}
    return keep | {"model.checkpoint": "nowhere"}


def test_the_python_of_random_views_makes_them_again():
    for e in views(40, seed=1):
        lines = cards.python(e).split("r = run(")[0]
        names: dict = {}
        exec(lines, names)
        assert names["experiment"] == e, lines


def test_every_source_that_is_a_paper_is_cited_with_its_fields():
    fields = {"title", "author", "year"}
    for key, paper in citations.known().items():
        assert fields <= paper["fields"].keys() and paper["names"], key
        text = citations.bibtex(key)
        assert text.count("{") == text.count("}") and text.startswith(
            f"@{paper['kind']}{{{key},"
        ), text
    made = [cls for entries in slots(Experiment).values() for cls in entries.values()]
    silent = {"tool", "drawn from", "painted", "a weighted", *WITHOUT}
    for cls in [c for c in made if getattr(c, "source", "")]:
        for part in cls.source.split(";"):
            paper = any(word in part for word in ("et al.", "arXiv", "doi", " & ", "19", "20"))
            plain = any(part.strip().startswith(word) for word in silent)
            assert not paper or plain or citations.named(part), (cls, part)


def test_a_view_cites_what_it_uses_and_nothing_else():
    e = unflatten(Experiment, {"solver": "unipc", "data": "fashion", "afs": True})
    keys = {entry["key"] for entry in citations.cited(e)}
    assert {"zhao2023unipc", "xiao2017fashion", "dockhorn2022genie", "explorer"} <= keys
    assert not keys & {"xu2023restart", "zhou2024fast", "song2021score"}
    with_restart = unflatten(Experiment, {"repeats": 2})
    assert "xu2023restart" in {entry["key"] for entry in citations.cited(with_restart)}


def test_levels_are_written_for_every_tool():
    said = dialects([80.0, 2.0, 0.0])
    assert said["comfyui"]["text"] == "80.0, 2.0, 0.0"
    assert "torch.tensor([80.0, 2.0, 0.0])" in said["k-diffusion"]["text"]
    assert "set_timesteps" in said["diffusers"]["text"] and said["flow"]["text"].startswith("t = [")


BAD = {
    "": "not JSON",
    "{": "not JSON",
    "[" * 100_000: "nested",
    "[" * 20 + "]" * 20: "nested more than 12 deep",
    "[]": "explorer-card",
    '{"format": "explorer-card", "version": 2}': "version is 2",
    '{"format": "explorer-card", "version": 1}': "“settings” must be an object",
    '{"format": "explorer-card", "a": NaN}': "NaN",
    '{"format": "explorer-card", "a": "\\ud800"}': "UTF-8",
    b"\xff\xfe": "UTF-8",
    "1" * 5000: "not JSON",
    " " * (reading.LARGEST + 1): "MiB",
}


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_what_is_no_card_is_refused_in_a_sentence(text):
    with pytest.raises(UserError, match=BAD[text]) as error:
        reading.read(text)
    assert len(str(error.value)) < 400


def test_a_card_with_any_part_put_out_of_shape_is_read_or_refused(one):
    """Every value of a card, one at a time, in the place of what it may not be."""
    strange = [None, -1, 10**400, "x" * 10_000, [], {}, [[[]]], True, "inf", [None] * 5000]
    card = json.loads(one)
    tried = 0
    for where in places(card):
        if where[0] in ("python", "levels", "citations", "notes", "numbers") and len(where) > 1:
            continue  # texts that nobody reads back, and numbers that are only compared
        for value in strange:
            broken = json.loads(one)
            inner = broken
            for key in where[:-1]:
                inner = inner[key]
            inner[where[-1]] = value
            try:
                replay_settings(reading.read(json.dumps(broken)))
            except UserError as error:
                assert str(error).endswith(".") and len(str(error)) < 600
            tried += 1
    assert tried > 500


def replay_settings(card):
    from explorer.cards.replay import experiment_of

    experiment_of(card)


def test_data_sets_have_a_source():
    assert all(DATASETS[name].source for name in DATASETS)


REPLAYS = """
import json, sys
from explorer.cards import replay
from explorer.lab.experiment import use_device
from explorer.reading import cards
use_device("cpu")
for line in open(sys.argv[1], encoding="utf-8"):
    card = cards.read(line)
    found = replay(card, errors="end_error" in card["numbers"])
    print("equal" if found.equal else [found.verdict, *found.elsewhere, *found.differs[:3]])
"""
FULL = os.environ.get("EXPLORER_ATTACK") == "full"
MANY = 200 if FULL else 60
ERRORS = 5  # of every so many views, the second, the errors are measured too


@pytest.mark.slow
def test_random_views_replay_equal_in_a_fresh_process(tmp_path):
    """60 of them, and 200 where EXPLORER_ATTACK=full."""
    made = [cards.card(e, errors=i % ERRORS == 1) for i, e in enumerate(views(MANY))]
    lines = map(json.dumps, made)
    (tmp_path / "cards").write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-c", REPLAYS, str(tmp_path / "cards")]
    found = subprocess.run(command, capture_output=True, text=True, timeout=900, check=True)
    assert found.stdout.split("\n")[:-1] == ["equal"] * MANY
