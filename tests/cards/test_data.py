"""Data that leaves keeps every digit: CSV, .npz, and the cells of a study as Parquet."""

import csv
import json
import sys

import numpy as np
import pytest

from explorer.cards import arrays, rows, tables
from explorer.cli import main
from explorer.errors import UserError
from explorer.lab.experiment import Experiment, run
from explorer.lab.view import View
from explorer.settings import flatten, unflatten
from explorer.store.results import Results
from explorer.strips import STRIPS
from explorer.study import engine
from explorer.study.end_error import EndError
from explorer.study.plan import grid

FLAT = {"data": "moons", "samples": 8, "nfe": 9}
VIEW = unflatten(Experiment, FLAT)


def test_a_csv_reads_back_as_the_same_numbers():
    found = [{"a": 0.1 + 0.2, "b": None}, {"a": 1e-300, "b": "x, y", "c": [1.5, 2]}]
    text = tables.csv_of(found, {"view": "?nfe=9\nmore"})
    first, *lines = text.splitlines()
    assert first == "# view: ?nfe=9 more"
    table = list(csv.DictReader(lines))
    assert [float(r["a"]) for r in table] == [0.1 + 0.2, 1e-300]
    assert table[0]["b"] == table[0]["c"] == "" and table[1]["c"] == "1.5 2"


@pytest.mark.parametrize("name", STRIPS)
def test_the_table_of_a_strip_has_all_digits(name, tmp_path, capsys):
    words = [f"{k}={v}" for k, v in FLAT.items()]
    out = str(tmp_path / "x.csv")
    assert main(["export", *words, "--of", name, "--device", "cpu", "--out", out]) == 0
    lines = [x for x in (tmp_path / "x.csv").read_text("utf-8").splitlines() if x[0] != "#"]
    table = list(csv.DictReader(lines))
    found = tables.rows(STRIPS[name].measure(View(VIEW, exact=True)))["rows"]
    exact = lambda row: [None if v in ("", None) else float(v) for v in row.values()]
    assert len(table) > 2 and [exact(r) for r in table] == [exact(r) for r in found]


def test_samples_and_paths_leave_as_they_are_and_are_counted_first(monkeypatch, tmp_path):
    r = run(VIEW)
    (tmp_path / "x.npz").write_bytes(arrays.npz_of(r, arrays.weight(r)))
    with np.load(tmp_path / "x.npz", allow_pickle=False) as found:
        assert np.array_equal(found["samples"], r.samples.numpy())
        assert found["x"].dtype == np.float64 and np.array_equal(found["x"], r.trajectory.x.numpy())
        assert json.loads(str(found["settings"]))["nfe"] == 9
    monkeypatch.setattr(np, "savez_compressed", None)  # nothing is made of what is too much
    with pytest.raises(UserError, match="at most 0 leave the page"):
        arrays.npz_of(r, arrays.weight(r) - 1)


def test_a_study_leaves_with_a_row_for_each_cell_and_all_settings(tmp_path, capsys):
    from pyarrow import parquet

    plan = grid(VIEW, {"solver": ["ddim", "heun"], "nfe": [5, 9]}, EndError())
    known = list(engine.values(engine.run(plan, folder=tmp_path / "kept")))
    for ending in ("parquet", "csv"):
        out = str(tmp_path / f"x.{ending}")
        assert main(["export", "--study", str(tmp_path / "kept"), "--out", out]) == 0
        assert "4 cells" in capsys.readouterr().out
    table = parquet.read_table(tmp_path / "x.parquet").to_pylist()
    asked = {(r["solver"], r["nfe"]): r for r in table}
    assert len(asked) == 4 and flatten(plan[0].experiment).keys() - asked["ddim", 5].keys() <= LATER
    for cell, value in known:
        found = asked[cell.experiment.solver.name, cell.experiment.nfe]
        flat = dict(rows._flat(value))
        assert {k: found[f"value.{k}"] for k in flat} == flat
        assert found["measure.name"] == EndError.name and found["seed"] == 0
    assert rows.of_cells(known)[0] == {k: v for k, v in asked["ddim", 5].items() if v is not None}


LATER: set[str] = set()  # fields that a setting got later, which a question leaves out


def test_columns_of_several_kinds_are_written_as_numbers_or_as_text(tmp_path):
    from pyarrow import parquet

    made = [{"a": 1, "b": 1, "c": [1]}, {"a": 0.5, "b": "x", "c": {"d": 2}}, {"a": None}]
    assert rows.parquet_of(made, tmp_path / "x.parquet") == 3
    found = parquet.read_table(tmp_path / "x.parquet").to_pydict()
    assert found["a"] == [1.0, 0.5, None] and found["b"] == ["1", "x", None]


def test_what_cannot_leave_is_said(tmp_path, capsys, monkeypatch):
    said = lambda *words: (main(["export", *words]), capsys.readouterr().err)
    assert said("--out", "x.txt")[0] == 2
    assert "Parquet is for the cells" in said("nfe=9", "--out", str(tmp_path / "x.parquet"))[1]
    empty = ("--study", str(tmp_path / "none"), "--out")
    assert "no cell" in said(*empty, str(tmp_path / "x.csv"))[1]
    assert "There is no folder" in said("--out", str(tmp_path / "a" / "x.csv"))[1]
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "pip install pyarrow" in said(*empty, str(tmp_path / "x.parquet"))[1]
    assert not Results(tmp_path / "none").folder.exists()


@pytest.mark.slow
def test_a_card_is_written_and_made_again_by_command(tmp_path, capsys):
    out = str(tmp_path / "card.json")
    words = [f"{k}={v}" for k, v in FLAT.items()]
    assert main(["card", *words, "--device", "cpu", "--out", out]) == 0
    assert main(["replay", out, "--device", "cpu"]) == 0
    assert "bit for bit" in capsys.readouterr().out
    card = json.loads((tmp_path / "card.json").read_text("utf-8"))
    card["settings"]["seed"] = 1
    (tmp_path / "card.json").write_text(json.dumps(card), "utf-8")
    assert main(["replay", out, "--device", "cpu"]) == 1
    assert "samples: bytes" in capsys.readouterr().out
    assert main(["replay", str(tmp_path / "none.json")]) == 2
    assert main(["replay", out[:-9]]) == 2  # a folder
