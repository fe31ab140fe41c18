"""The record of the shipped predictors: kept, read back, chosen for a view, put into words."""

import dataclasses

import pytest

from explorer.lab.experiment import Experiment
from explorer.settings import from_query
from explorer.store import places
from explorer.study import amed_record as record
from explorer.study.table import BUDGETS, LEARNED, STOPS, UNTRAINED
from explorer.ui import amed_shipped
from explorer.ui.train_shipped import shipped as network

DIGITS = "data=digits&model=network&model.checkpoint=digits-f"


def test_the_record_has_every_stage_at_every_budget_and_is_todays():
    found = record.nearest(from_query(Experiment, DIGITS))
    assert found is not None and not found.stale, found
    for nfe in BUDGETS:
        rows = found.at(nfe)
        stages = {(r.name, r.stage) for r in rows if r.predictor}
        assert {s for _, s in stages} == {STOPS, LEARNED} and len(stages) == 4
        held = next(r for r in rows if r.name == record.HELD)
        assert held.over == (1.0, 1.0, 1.0)
        for r in rows:
            assert r.median[1] <= r.median[0] <= r.median[2]
            assert r.spread[0] < r.median[0] < r.spread[1]
            assert (r.gain is not None) == (r.stage == LEARNED)


def test_the_title_says_each_stage_and_the_words_carry_intervals():
    told = amed_shipped.shipped({"nfe": 5})
    assert told["title"].startswith("AMED-Solver, 5 evaluations: untrained")
    assert "on top makes" in told["words"] and "×" in told["words"] and "(" in told["words"]
    assert not told["same"] and "none ships for the open view" in told["words"]
    assert len(told["chooses"]["table"]) == len(told["chooses"]["r"]) == 3


def test_a_budget_at_which_no_predictor_ships_says_where_some_do(monkeypatch):
    found = record.nearest(from_query(Experiment, DIGITS))
    kept = tuple(r for r in found.rows if r.nfe == 5 or r.stage != LEARNED)
    few = dataclasses.replace(found, rows=kept)
    monkeypatch.setattr(record, "nearest", lambda e: few)
    told = amed_shipped.shipped({"nfe": 7})
    assert told["why"].endswith("no predictor ships at 7 evaluations; some do at 5.")
    assert "title" in amed_shipped.shipped({"nfe": 5})


def test_a_gain_that_is_next_to_nothing_is_called_that():
    found = record.nearest(from_query(Experiment, DIGITS))
    rows = [
        dataclasses.replace(r, gain=(0.98, 0.96, 1.0)) if r.stage == LEARNED else r
        for r in found.at(5)
    ]
    own = {r.stage: r for r in rows if r.name == "AMED-Solver"}
    said = amed_shipped.gains(rows, own, "AMED-Solver")
    assert "0.98 × (0.96–1.00), next to nothing" in said


@pytest.mark.parametrize("data, name", [("spiral", "spiral-16d"), ("digits", "digits-f")])
def test_a_network_that_ships_is_told_of_with_its_curves(data, name):
    told = network({"values": {"data": data}})["shipped"]
    assert told["name"] == name and "(" in told["title"] and told["curve"]["data"]
    assert len(told["table"]) == 16 and len(told["table"][0]) == 6
    assert told["sigma"]["data"][-1]["name"] == "bracket"


def test_data_without_a_network_say_so():
    told = network({"values": {"data": "moons"}})
    assert told["shipped"] is None and "Two moons" in told["why"]


GLYPHS = "data=glyphs&model=network&model.checkpoint=glyphs-cond"
FASHION = "data=fashion&model=network"
CALLED = {"DPM-Solver-2, analytic first step": record.HELD}


def _tables(name: str) -> list[list[str]]:
    """The rows of all tables of a page of the documentation."""
    lines = places.assets("docs", name).read_text(encoding="utf-8").splitlines()
    return [[c.strip(" *") for c in line[1:-1].split("|")] for line in lines if line[:1] == "|"]


def test_the_page_of_results_says_what_the_records_say():
    """Every cell of which there is a record, digit by digit."""
    rows = {
        (query, r.name, r.stage): "{:.3f} ({:.3f}–{:.3f})".format(*r.median)
        for query in (DIGITS, GLYPHS, FASHION)
        for r in record.nearest(from_query(Experiment, query)).at(5)
    }
    data, held = {"digits": DIGITS, "glyphs": GLYPHS, "fashion": FASHION}, 0
    for name, *cells in _tables("results.md"):
        solver = CALLED.get(name, name)
        if (DIGITS, solver, UNTRAINED) in rows and len(cells) == 3:
            said = {(DIGITS, solver, UNTRAINED): cells[0], (GLYPHS, solver, UNTRAINED): cells[2]}
        elif ", AMED" in name and len(cells) == 4:
            query, own = data[name.split(",")[0]], name.split(", ")[1]
            stages = (UNTRAINED, STOPS, LEARNED)
            said = {(query, own, s): cells[i] for s, i in zip(stages, (0, 1, 3), strict=True)}
        else:
            continue
        held += len(said)
        assert said == {k: rows[k] for k in said}
    assert held == 6 * 2 + 5 * 3
