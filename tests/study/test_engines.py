"""Engines of a study: parts, folders merged, processes and other machines give the same bytes."""

import argparse
import dataclasses
import functools
import itertools
import json
import os
import signal
import sys
from concurrent.futures import Future
from pathlib import Path
from typing import ClassVar

import pytest

from explorer.commands import study_way
from explorer.errors import UserError
from explorer.settings import param, setting
from explorer.store.results import Results, digest_of
from explorer.study import engine, merging, processes, work
from explorer.study.end_error import EndError
from explorer.study.pace import Pace, told
from explorer.study.plan import Cell
from explorer.study.spread import Spread, together
from explorer.study.ways import Part, Shard, Way, way
from tests.study.test_engine import BASE, errors, numbers, toys


@setting
class Odd:
    """Fails where nobody foresaw it, dies, or dies once: `once` is a file that remembers."""

    name: ClassVar[str] = "odd"
    version: ClassVar[int] = 1
    once: str = param("", longest=500, label="once")

    def __call__(self, e, watch=None):
        if e.seed == 5:
            raise ZeroDivisionError("/some/place")
        if self.once and e.seed % 2 and not (mark := Path(f"{self.once}.{e.seed}")).exists():
            mark.touch()
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        return {"seed": e.seed, "sees": os.environ.get(processes.VISIBLE)}

    def weights(self, e):
        return ()


def odd(seeds, once="") -> list[Cell]:
    measure = Odd(str(once))
    return [Cell(dataclasses.replace(BASE, seed=s), measure) for s in seeds]


def kept(folder) -> dict:
    """What a folder holds, without the seconds that it took: the bytes that must be equal."""
    return {key: json.dumps(merging.timeless(value)) for key, value in Results(folder)}


# Parts and folders


def test_parts_are_each_cell_once_and_a_longer_plan_leaves_each_where_it_was():
    parts = [Shard.of(f"{i}/3") for i in (1, 2, 3)]
    digests = [digest_of(c.question) for c in toys(range(40))]
    of = [[p.has(d) for p in parts].index(True) for d in digests]
    assert all(sum(p.has(d) for p in parts) == 1 for d in digests)
    assert min(map(of.count, range(3))) > 4
    assert parts[0].has("") and Shard.of("") is None
    for wrong in ("0/3", "4/3", "1", "a/b", "1/0", "-1/2"):
        with pytest.raises(UserError, match="2/8"):
            Shard.of(wrong)


def test_parts_merged_are_the_whole(tmp_path):
    for i in (1, 2, 3):
        done = list(engine.run(errors(), tmp_path / str(i), shard=f"{i}/3", threads=1))
        assert [d.count for d in done] == list(range(1, len(done) + 1))
    assert not list(engine.run([], tmp_path / "none", shard="1/2"))
    assert (tmp_path / "none").is_dir()  # so that it can be merged
    list(engine.run(errors(), tmp_path / "whole", threads=1))
    found = merging.merge([tmp_path / str(i) for i in (1, 2, 3)], tmp_path / "all")
    assert (found.added, found.same, found.differing, found.damaged) == (6, 0, (), ())
    assert kept(tmp_path / "all") == kept(tmp_path / "whole")
    assert all(d.known for d in engine.run(errors(), tmp_path / "all"))
    again = merging.merge([tmp_path / "whole", tmp_path / "1"], tmp_path / "all")
    assert again.added == 0 and again.same >= 6  # other seconds, the same answers


def test_a_study_of_a_part_says_so_and_shows_nothing(tmp_path):
    with way(Way(shard=Shard(1, 2))), pytest.raises(Part, match="Part 1 of 2: .* of 6 cells"):
        list(engine.values(engine.run(errors(), tmp_path)))


def test_answers_that_differ_are_both_named_and_none_is_chosen(tmp_path):
    one, other, out = (Results(tmp_path / n) for n in ("one", "other", "out"))
    for results, x in ((one, 1.0), (other, 1.5)):
        results.put("same", {"x": 2, "seconds": x})
        results.put("apart", {"x": [1.0, x], "n": None})
    one.put("torn", {"x": 3})
    one.path("torn").write_text("{")
    other.named("ab" * 32).parent.mkdir(exist_ok=True)
    other.named("ab" * 32).write_text(json.dumps({"key": "another", "value": 1}))
    found = merging.merge([one.folder, other.folder], out.folder)
    (differing,) = found.differing
    assert {differing.one, differing.other} == {one.path("apart"), other.path("apart")}
    assert differing.key == "apart" and differing.by == pytest.approx(1 / 3)
    assert (found.added, found.same) == (1, 1)
    assert set(found.damaged) == {one.path("torn"), other.named("ab" * 32)}
    assert dict(out)["same"]["x"] == 2 and "apart" not in dict(out)


def test_what_cannot_be_merged_is_refused(tmp_path):
    (tmp_path / "a").mkdir()
    for folders, said in (([], "Name the folders"), (["b"], "no folder"), (["a"], "into itself")):
        with pytest.raises(UserError, match=said):
            merging.merge([tmp_path / f for f in folders], tmp_path / "a")


def test_time_left_is_that_of_the_last_cells():
    now = iter([0.0, *[100.0 * i for i in range(1, 31)], *[3000 + i for i in range(1, 41)]])
    pace = Pace(100, lambda: next(now))
    assert [pace.after(True) for _ in range(30)][-1] == pytest.approx(70 * 100)
    assert [pace.after(True) for _ in range(40)][-1] == pytest.approx(30)  # it has become quicker
    assert Pace(3, lambda: 0.0).after(False) is None  # what was kept tells of no pace
    some = Pace(9, itertools.count().__next__, lambda seen: 3)  # 3 of the 6 after the third
    assert [some.after(m) for m in (False, False, True, False, True)] == [None, None, 3, 3, 2]
    assert [told(s) for s in (None, 40, 600, 7200)] == [
        "", "about 40 s left", "about 10 min left", "about 2.0 h left",
    ]  # fmt: skip


def test_a_longer_study_has_no_time_left_for_what_is_kept(tmp_path, monkeypatch):
    """Every second cell is there: 19 of the others are left after the first one, at 1 s each."""
    list(engine.run(toys(range(0, 40, 2)), tmp_path))
    clock = itertools.count().__next__  # a second from cell to cell
    monkeypatch.setattr(engine, "Pace", functools.partial(Pace, clock=clock))
    done = list(engine.run(toys(range(40)), tmp_path))
    assert [d.left for d in done if not d.known] == list(range(19, -1, -1))


# Workers


class Hand:
    """Two that take batches, and only note which."""

    shared = apart = True
    slots = staticmethod(lambda: 2)

    def __init__(self):
        self.given, self.revive = [], None

    def free(self, taken):
        return len(self.given)  # as fast as they are asked

    def give(self, lane, batch):
        self.given.append([c.experiment.seed for c in batch.cells])
        done = Future()
        done.set_result(work.Worked(tuple(({}, "", False) for _ in batch.cells), 0.5))
        return done


@pytest.mark.parametrize(("seeds", "each"), [(10, 6), (1, 60)])
def test_few_cells_that_share_a_reference_stay_with_one_worker_and_many_are_shared(seeds, each):
    plan = [dataclasses.replace(BASE, nfe=5 + i, seed=s) for s in range(seeds) for i in range(each)]
    cells = dict(enumerate(Cell(e, EndError()) for e in plan))
    hands = Hand()
    found = list(Spread(hands, cells, dict.fromkeys(cells, ""), None, None).answers(None))
    assert len(found) == 60
    if seeds > 1:
        assert hands.given == [[s] * 6 for s in range(10)]
    else:  # ever fewer, so that both have some at the end
        assert len(hands.given) > 6 and len(hands.given[-1]) == 1


@pytest.mark.parametrize("gpus", [1, 2])
def test_a_study_says_what_works_where_nobody_said(gpus, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(processes, "gpus", lambda: gpus)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    p = argparse.ArgumentParser()
    study_way.way_options(p)
    p.set_defaults(device="auto")
    asked = lambda *words: study_way.how_of(p.parse_args(words))["workers"]
    assert asked() == (gpus if gpus > 1 else 0)
    said = capsys.readouterr().err
    assert ("by 2 processes, one for each GPU" if gpus > 1 else "in this process alone") in said
    assert asked("--workers", "3") == 3 and not capsys.readouterr().err


def test_cells_that_share_a_reference_go_one_after_the_other():
    assert together(dict(enumerate("abcab"))) == [0, 3, 1, 4, 2]


def test_each_process_is_given_its_own_gpu():
    own = lambda *a: [e.get(processes.VISIBLE) for e in processes.devices(*a)]
    assert own(3, "cuda", 2, None) == ["0", "1", "0"]
    assert own(2, "cuda", 2, "3,GPU-7") == ["3", "GPU-7"]  # of those that we were given
    assert own(2, "cuda", 1, None) == own(2, "cpu", 4, None) == own(2, "cuda:1", 4, None)
    assert own(2, "cpu", 4, None) == [None, None]


def test_a_cell_that_fails_unforeseen_is_told_of_without_a_place(tmp_path):
    done = list(engine.run(odd([4, 5, 6]), tmp_path))
    assert [bool(d.value) for d in done] == [True, False, True]
    assert "ZeroDivisionError" in done[1].problem and "/some" not in done[1].problem
    assert "memory" in work.failed(MemoryError())


def test_a_worker_of_another_version_or_with_other_weights_answers_nothing():
    cell, facts = toys([1])[0], work.Facts(1, "cpu", 1e9, version="0.0.0")
    with pytest.raises(UserError, match=r"version .* 0\.0\.0"):
        work.work(work.Batch((cell,), ("",), facts))
    made = work.work(work.Batch((cell,), ("f" * 64,), None))
    assert made.answers[0][0] is None and "other weights" in made.answers[0][1]


@pytest.mark.slow
def test_dask_gives_the_same_bytes_and_loses_only_the_cell_that_kills(tmp_path):
    distributed = pytest.importorskip("distributed")
    import dask

    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        )
        with cluster:
            on = f"dask://{cluster.scheduler_address.removeprefix('tcp://')}"
            plan = [*errors(), *toys([12, 99, 14])]
            done = list(engine.run(plan, tmp_path / "dask", on=on, threads=1))
    problems = {d.place: d.problem for d in done if d.problem}
    assert list(problems) == [7] and "ended by itself" in problems[7]
    here = list(engine.run(errors(), tmp_path / "here", threads=1))
    assert numbers(here) == numbers(d for d in done if d.place < 6)
    assert len(kept(tmp_path / "dask")) == 8  # written by this process: workers see no folder
    assert all(d.known for d in engine.run(errors(), tmp_path / "dask"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="submitit has no Windows")
def test_jobs_give_the_same_bytes_and_lose_only_the_cell_that_kills(tmp_path, monkeypatch):
    core = pytest.importorskip("submitit.core.core")
    # seconds that an answer may take through a network's folders; here it is there or never comes
    monkeypatch.setattr(core.Job, "_results_timeout_s", 1)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    plan = [*errors(), *toys([12, 99, 14])]
    folder = tmp_path / "jobs"
    options = {"jobs": "2", "time": "5"}
    done = list(engine.run(plan, folder, on="local", threads=1, options=options))
    problems = {d.place: d.problem for d in done if d.problem}
    assert list(problems) == [7] and "ended by itself" in problems[7]
    here = list(engine.run(errors(), tmp_path / "here", threads=1))
    assert numbers(here) == numbers(d for d in done if d.place < 6)


def test_engines_that_are_not_there_are_said(tmp_path, monkeypatch):
    for on, said in (("spark", "Known: dask"), ("dask://127.0.0.1:1", "No Dask scheduler")):
        monkeypatch.setattr("explorer.study.executors.PATIENCE", 0.2)
        with pytest.raises(UserError, match=said):
            list(engine.run(toys([1]), tmp_path, on=on))
    with pytest.raises(UserError, match="slurm|SLURM"):
        list(engine.run(toys([1]), tmp_path, on="slurm"))
    for jobs in ("many", "0", "1000000000"):
        with pytest.raises(UserError, match="no whole number"):
            list(engine.run(toys([1]), tmp_path, on="local", options={"jobs": jobs}))
    for module, on in (("distributed", "dask://a:1"), ("submitit", "local")):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(UserError, match=f"pip install {module}"):
            list(engine.run(toys([1]), tmp_path, on=on))
