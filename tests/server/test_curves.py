"""The answer curve as a page asks for it: a little at a time, kept, and given up for the reader."""

import json

import pytest

from explorer.server import curves
from explorer.server.api import answer_endpoint
from explorer.server.desk import DESK
from explorer.study import setting_error

VALUES = {"data": "moons", "data.dimension": 2, "samples": 16, "nfe": 9}


def ask(setting="rho", **more) -> dict:
    given = {"values": {**VALUES, **more.pop("values", {})}, "setting": setting, **more}
    found = curves.answer(given)
    return found if isinstance(found, dict) else json.loads(found.body)


def whole(setting="rho", **more) -> dict:
    for _ in range(60):
        found = ask(setting, **more)
        if found["state"] not in ("draft", "refining"):
            return found
    raise AssertionError(found)


@pytest.fixture(autouse=True)
def fresh():
    curves.CURVES.clear()


def test_points_come_one_after_the_other_and_stay(monkeypatch):
    monkeypatch.setattr(curves, "SLICE", 0.0)
    first, second = ask(), ask()
    assert [len(found["points"]) for found in (first, second)] == [1, 2]
    assert first["state"] == "draft" and first["points"][0]["value"] == 7
    assert first["lead"].startswith("1 of ") and first["of"] == "end error, 9 evaluations"
    found = whole()
    assert found["done"] == found["total"] and found["span"] and found["state"] == "whole"
    runs = []
    monkeypatch.setattr(setting_error, "measure", lambda *a: runs.append(a))
    assert ask()["points"] == found["points"] and not runs


def test_another_value_of_its_own_is_the_same_curve_and_another_setting_is_not():
    found = whole()
    moved = whole(values={"timesteps.rho": 3.3})
    values = lambda of: {p["value"] for p in of["points"]}
    assert values(found) < values(moved) and 3.3 in values(moved)
    assert next(p for p in moved["points"] if p["value"] != 3.3) in found["points"]
    assert ask(values={"nfe": 11})["done"] <= ask(values={"nfe": 11})["total"]
    assert len(curves.CURVES._known) == 2


def test_it_gives_way_to_the_reader_and_keeps_what_it_has(monkeypatch):
    monkeypatch.setattr(curves, "SLICE", 60.0)
    DESK.arrive("reader", 1)
    real, seen = curves.one, []

    def one(*given):
        seen.append(given[2])
        if len(seen) == 4:
            DESK.arrive("reader", 2)  # a slider moves meanwhile
        return real(*given)

    monkeypatch.setattr(curves, "one", one)
    assert ask(page="reader") == {"stale": True} and len(seen) == 4
    monkeypatch.setattr(curves, "one", real)
    monkeypatch.setattr(curves, "SLICE", 0.0)
    assert len(ask(page="reader")["points"]) == 4  # three were kept


def test_a_refusal_is_a_sentence():
    assert "chance" in ask("seed")["problem"] and "Known" in ask("nonsense")["problem"]
    assert "out of range" in ask(values={"nfe": -1})["problem"]
    assert ask("s_tmin")["lead"] == "No effect while S_churn is 0."


def test_the_endpoint_gives_all_of_it():
    found = answer_endpoint(VALUES, "rho")
    assert found["state"] == "whole" and found["lead"].endswith(".")
    assert {"value", "median", "low", "high", "nfe", "paths"} <= found["points"][0].keys()
