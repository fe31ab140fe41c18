"""A page's study in several processes: the same bytes, cancelled and taken up again."""

import json

import pytest

from explorer.cards.cells import replay_cells
from explorer.lab.experiment import Experiment
from explorer.reading import cards as reading
from explorer.server import cards, measurements
from explorer.server.shared import BUSY, PROCESSES
from explorer.settings import unflatten
from explorer.store.results import Results
from explorer.study import engine, maps, merging, offered
from explorer.study.ways import Way
from explorer.ui import kept

from ..waiting import until

SMALL = {"samples": 32, "data": "moons", "data.dimension": 2, "seed": 71}
ASKED = {"axes": ["solver", "nfe"], "lists": ["heun, ddim", "5, 9"], "paths": 16, "seeds": 1}


def begun(engine_: str, **more) -> dict:
    asked = {"kind": "map", "values": SMALL, "measure": "median", **ASKED, **more}
    answer = measurements.start({**asked, "engine": engine_})
    assert "problem" not in answer, answer
    return answer


def news(answer: dict) -> dict:
    return measurements.poll({"job": answer["job"]})


def ended(answer: dict) -> dict:
    return until(lambda: (told := news(answer))["done"] and told)


@pytest.mark.slow
def test_processes_give_the_bytes_that_one_gives_and_what_is_cancelled_goes_on(monkeypatch):
    monkeypatch.setattr(offered, "cores", lambda: 2)
    first = begun("processes")
    meanwhile = begun("processes", paths=8)
    assert until(lambda: news(meanwhile).get("alone")) == BUSY
    told = ended(first)
    assert told["problem"] is None and "alone" not in told and told["map"]["hands"] == 2
    assert ended(meanwhile)["problem"] is None and ended(meanwhile)["map"]["hands"] == 1
    base = unflatten(Experiment, SMALL)
    made = maps.asked(base, dict(zip(ASKED["axes"], ASKED["lists"])), "median", 16, 1)
    there = dict(Results(kept.cells()))
    for done in engine.run(maps.plan(made), threads=1):
        assert done.value is not None
        by_processes = there[done.cell.question]
        assert json.dumps(merging.timeless(by_processes)) == json.dumps(
            merging.timeless(done.value)
        )
    # its card names these cells, and replays
    asked = {"values": SMALL, "what": "study", "kind": "map", "job": first["job"]}
    card = reading.read_study(json.loads(cards.leave(asked).body)["text"])
    assert [cell.differs for cell in replay_cells(card)] == [""] * 4
    # cancelled before the end, it keeps what it has, gives the processes back and goes on
    many = {"lists": ["heun, ddim, dpmpp, unipc", "200…900, 30"]}
    long = begun("processes", **many)
    until(lambda: news(long)["count"] > 3)
    measurements.cancel({"job": long["job"]})
    stopped = ended(long)
    done = sum("value" in cell for cell in stopped["map"]["cells"])
    assert "Cancelled" in stopped["problem"] and 3 < done < 120
    assert PROCESSES.take(Way(workers=2)).workers == 2
    PROCESSES.back(Way(workers=2))
    again = begun("here", **many)
    assert until(lambda: news(again)["count"]) >= 1
    until(lambda: news(again)["count"] >= done)
    measurements.cancel({"job": again["job"]})
    ended(again)


def test_an_engine_that_the_owner_has_not_named_is_refused_in_a_sentence():
    for name in ("dask://somewhere:8786", "slurm", {"on": "slurm"}):
        asked = {"kind": "sweep", "values": SMALL, "engine": name}
        assert "Unknown engine" in measurements.start(asked)["problem"]


def test_what_is_asked_again_is_read_and_no_study_needs_a_disk(tmp_path, monkeypatch):
    """A sweep too: its cells are kept, whichever page asked."""
    asked = {"kind": "sweep", "values": SMALL, "solvers": ["heun", "ddim"], "budgets": "5, 9"}
    assert ended(measurements.start(asked))["problem"] is None
    held = Results(kept.cells())
    assert len(dict(held)) == 4
    for question, value in held:
        held.put(question, {**value, "median": 0.125})  # as no run gives it
    told = ended(measurements.start(asked))
    assert json.dumps(told["table"]).count("0.125") == 4
    short = {"kind": "optimise", "values": SMALL | {"solver": "ddim", "nfe": 4}}
    for of_data, more in ({"kind": "fit", "values": SMALL}, 9), (short, 1):
        before, first = len(dict(held)), ended(measurements.start(of_data))
        assert first["problem"] is None and len(dict(held)) == before + more
        again = ended(measurements.start(of_data))
        assert again["count"] <= first["count"] and len(dict(held)) == before + more
    (tmp_path / "file").touch()
    monkeypatch.setattr(kept, "cells", lambda: tmp_path / "file" / "folder")
    assert kept.offered() is None
