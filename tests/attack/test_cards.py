"""Cards from strangers: forged cells, names that are paths or addresses, words for a terminal."""

import json
import sys

import pytest

from explorer.cards import card, cells
from explorer.cli import main
from explorer.errors import UserError
from explorer.lab.experiment import Experiment
from explorer.reading import cards as reading
from explorer.server.cards import card_open
from explorer.settings import flatten, jsonable, question
from explorer.study.end_error import EndError
from explorer.study.engine import Done
from explorer.study.measures import HOME, measure_of
from explorer.study.plan import Cell

from ..rows import places

PLACES = (
    "/etc/passwd",
    "../../../etc/passwd",
    "C:\\Windows\\win.ini",
    "\\\\evil.example\\share\\x",
    "file:///etc/passwd",
    "https://evil.example/x.pt",
    "mine\0/etc/passwd",
    "~/x",
    "x" * 64,
)
NAMED = (  # settings that name something
    ("model", "network", "model.checkpoint"),
    ("model", "network", "model.guide"),
    ("model", "network", "model.prompt"),
    ("data", "upload", "data.digest"),
    ("data", "published", "data.which"),
    ("solver", "amed", "solver.predictor"),
    ("solver", "plugin", "solver.predictor"),
)
armed: list[list[str]] = []


def _heard(event: str, given: tuple) -> None:
    if armed and event in ("open", "socket.connect", "socket.getaddrinfo", "os.listdir"):
        armed[0].append(repr(given))


sys.addaudithook(_heard)  # none can be taken away again: it is deaf but while it is armed


@pytest.fixture
def reached():
    """What is opened, and whom is spoken to, meanwhile."""
    armed.append([])
    yield armed[0]
    armed.clear()


@pytest.fixture(scope="module")
def of_view():
    return json.dumps(card(Experiment(samples=4, nfe=5), errors=False))


@pytest.fixture(scope="module")
def of_study():
    """A study's card of two cells, as a file holds it."""
    kept = cells.Kept()
    for i, nfe in enumerate((5, 7)):
        cell = Cell(Experiment(samples=4, nfe=nfe), EndError())
        kept.hear(Done(cell, cell.measure(cell.experiment), i, i + 1, 2))
    head = {"format": reading.OF_STUDY, "version": reading.VERSION}
    return json.dumps({**head, "cells": kept.listed(1)})


def refused(error: object) -> str:
    said = str(error)
    assert said.endswith(".") and len(said) < 700 and "Traceback" not in said, said
    return said


@pytest.mark.parametrize("place", PLACES)
def test_a_card_that_names_a_path_or_an_address_opens_neither(place, of_view, of_study, reached):
    for slot, entry, key in NAMED:
        own = {slot: entry, key: place}
        view, study = json.loads(of_view), json.loads(of_study)
        view["settings"] = {**view["settings"], **own}
        study["cells"]["rows"][1]["set"] |= own
        view["link"] = study["link"] = place
        answer = card_open({"text": json.dumps(view)})
        said = answer if isinstance(answer, dict) else json.loads(answer.body)
        assert refused(said.get("problem") or said["said"][0])
        again, *_ = cells.replay_cells(reading.read_study(json.dumps(study)))
        assert refused(again.differs)
    plain = [line for line in reached if "passwd" in line or "evil" in line or "win.ini" in line]
    assert plain == []


def test_a_study_s_card_with_any_part_put_out_of_shape_is_read_or_refused(of_study):
    """Every value, one at a time, in the place of what it may not be; what is read makes a cell or
    says why not."""
    strange = [None, -1, 10**400, "x" * 9000, [], {}, [[[]]], True, "inf", [None] * 3000, "\x1b[2J"]
    tried = 0
    for where in places(json.loads(of_study)["cells"]):
        for value in strange:
            broken = json.loads(of_study)
            inner = broken["cells"]
            for key in where[:-1]:
                inner = inner[key]
            inner[where[-1]] = value
            try:
                found = reading.read_study(json.dumps(broken))
            except UserError as error:
                refused(error)
            else:
                _cells(found["cells"])
            tried += 1
    assert tried > 600


def _cells(found: dict) -> None:
    for row in found["rows"]:
        assert cells._title(found, row)
        try:
            cells.cell_of(found, row)
        except UserError as error:
            refused(error)


@pytest.mark.parametrize("name", HOME)
def test_a_forged_measure_is_bounded_as_a_typed_one(name):
    """Numbers past every bound, and settings that there are not: none makes a measure."""
    usual = _usual(name)
    asked = {"name": name, "version": usual.version, **question(usual)}
    for key, value in asked.items():
        if key == "version" or type(value) not in (int, float):
            continue
        for wrong in (-(10**9), 10**12, "inf", "1e400"):
            try:
                made = measure_of({**asked, key: wrong})
            except UserError as error:
                refused(error)
            else:
                assert abs(float(jsonable(flatten(made))[key])) < 10**12
    with pytest.raises(UserError):
        measure_of({**asked, "__class__": "x"})


def _usual(name: str):
    from importlib import import_module

    module, kind = HOME[name]
    cls = getattr(import_module(f"explorer.study.{module}"), kind)
    return measure_of({"name": name, "version": cls.version})


@pytest.mark.slow
def test_a_card_s_words_do_not_reach_a_terminal_as_signs(of_view, of_study, tmp_path, capsys):
    wild = "\x1b]0;owned\x07\x1b[2J\u202e"
    view, study = json.loads(of_view), json.loads(of_study)
    view["numbers"][wild] = view["made"]["processor"] = wild
    row = study["cells"]["rows"][1]
    row["set"] |= {"data": wild, wild: 1}
    row["numbers"] = {wild: 1.0}
    study["cells"]["measures"][0][wild] = 1
    for found in (view, study):
        (tmp_path / "card.json").write_text(json.dumps(found), "utf-8")
        main(["replay", str(tmp_path / "card.json"), "--device", "cpu", "--all", "--cells", "all"])
        said = capsys.readouterr()
        both = said.out + said.err
        assert both and not [c for c in both if not c.isprintable() and c != "\n"]


def test_the_largest_card_is_read_in_a_moment_and_a_larger_one_is_not(of_study):
    """2,000 cells; and what is larger is refused before it is parsed."""
    study = json.loads(of_study)
    study["cells"]["rows"] = study["cells"]["rows"] * (reading.CELLS // 2)
    assert len(reading.read_study(json.dumps(study))["cells"]["rows"]) == reading.CELLS
    for open_ in (reading.read, reading.read_study):
        with pytest.raises(UserError, match="MiB"):
            open_("[" * (reading.LARGEST + 1))
