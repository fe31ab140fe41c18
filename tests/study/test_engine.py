"""The engine: cells are answered once, in any process, and a study goes on where it ended."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import pytest

from explorer.data import Moons
from explorer.errors import Cancelled, UserError
from explorer.lab.experiment import Experiment
from explorer.settings import flatten, param, question, setting, slots, unflatten
from explorer.store import predictors
from explorer.store.places import ROOT
from explorer.store.results import Results
from explorer.study import engine
from explorer.study.end_error import EndError
from explorer.study.plan import Cell, grid, over_seeds
from tests.waiting import PATIENCE, until

BASE = Experiment(data=Moons(dimension=2), samples=8, nfe=9)


@setting
class Toy:
    """The seed; a seed of 13 cannot be measured, one of 99 kills its process.

    gate: a folder that is told which processes wait, until a file there opens it.
    """

    name: ClassVar[str] = "toy"
    version: ClassVar[int] = 1
    gate: str = param("", longest=500, label="gate")

    def __call__(self, e, watch=None):
        if self.gate:
            (Path(self.gate) / f"{os.getpid()}.waits").touch()
            until(lambda: watch and watch() or (Path(self.gate) / "open").exists())
        if e.seed == 13:
            raise UserError("Thirteen cannot be measured.")
        if e.seed == 99:
            os._exit(1)
        return {"seed": e.seed, "by": os.getpid()}

    def weights(self, e):
        return ()


def toys(seeds, gate="") -> list[Cell]:
    return over_seeds([Cell(BASE, Toy(str(gate)))], seeds)


def errors() -> list[Cell]:
    return grid(BASE, {"solver": ["ddim", "heun"], "nfe": [5, 9, 13]}, EndError())


def numbers(done) -> list[dict]:
    """The answers in the order of the plan, without the time they took."""
    found = sorted(done, key=lambda d: d.place)
    return [{k: v for k, v in d.value.items() if k != "seconds"} for d in found]


# What a cell is known by


def test_a_question_holds_every_setting():
    """Each setting of the default view, and each choice of its slots, asks something else."""
    asked = {Cell(Experiment(), EndError()).question}
    n = 1
    for key, value in flatten(Experiment()).items():
        for other in others(key, value):
            try:
                e = unflatten(Experiment, {key: other})
                asked.add(Cell(e, EndError()).question)
            except UserError:  # a checkpoint, an upload or a list that must be given
                continue
            n += 1
    assert len(asked) == n > 60


def others(key, value):
    if key in slots(Experiment):
        return [name for name in slots(Experiment)[key] if name != value]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, str):
        return ["sigma_min", "denoise"] if key == "last" else []
    return [value + 1] + [value / 2 if isinstance(value, float) else value - 1] * (value != 0)


def test_a_field_that_came_later_leaves_known_questions_known():
    @setting
    class Before:
        size: int = param(1, 0, 9, 1)

    @setting
    class After:
        size: int = param(1, 0, 9, 1)
        late: str = param("b", before="a")

    assert question(After(2, "a")) == question(Before(2)) == {"size": 2}
    assert question(After(2)) == {"size": 2, "late": "b"}  # whatever its default is today
    assert flatten(After(2, "a"))["late"] == "a"


def test_a_question_holds_the_measure_and_its_version(monkeypatch):
    asked = {Cell(BASE, m).question for m in (EndError(), EndError(exact=True), Toy(), Toy("g"))}
    monkeypatch.setattr(EndError, "version", EndError.version + 1)
    assert len(asked | {Cell(BASE, EndError()).question}) == 5


def test_a_question_holds_what_a_predictor_holds():
    name = predictors.names()[0]
    e = unflatten(Experiment, {"solver": "amed", "solver.predictor": name})
    assert predictors.find(name).digest in Cell(e, EndError()).question


def test_a_grid_is_every_combination_in_order():
    plan = [flatten(c.experiment) for c in errors()]
    assert [(f["solver"], f["nfe"]) for f in plan] == [
        (s, n) for s in ("ddim", "heun") for n in (5, 9, 13)
    ]
    with pytest.raises(UserError, match="one value of nfe"):
        grid(BASE, {"nfe": []}, EndError())


# In this process


def test_what_is_kept_is_not_measured_again_and_a_longer_plan_measures_what_is_new(tmp_path):
    first = list(engine.run(toys(range(3)), tmp_path))
    assert [d.value["seed"] for d in first] == [0, 1, 2] and not any(d.known for d in first)
    assert [(d.count, d.total) for d in first] == [(1, 3), (2, 3), (3, 3)]
    more = list(engine.run(toys(range(1, 5)), tmp_path))
    assert [d.known for d in more] == [True, True, False, False]
    assert engine.answered(toys(range(9)), tmp_path) == 5
    assert not any(d.known for d in engine.run(toys(range(3))))  # without a folder nothing is kept


def test_a_cell_that_cannot_be_measured_is_told_of_and_not_kept(tmp_path):
    done = list(engine.run(toys([12, 13, 14]), tmp_path))
    assert [d.problem for d in done] == ["", "Thirteen cannot be measured.", ""]
    assert done[1].value is None and engine.answered(toys([12, 13, 14]), tmp_path) == 2


def test_a_study_that_is_cancelled_keeps_what_it_has(tmp_path):
    def watch():
        if len(found) == 2:
            raise Cancelled

    found = []
    with pytest.raises(Cancelled):
        for d in engine.run(errors(), tmp_path, watch=watch):
            found.append(d)
    assert engine.answered(errors(), tmp_path) == 2
    rest = list(engine.run(errors(), tmp_path))
    assert [d.known for d in rest] == [True, True, False, False, False, False]
    assert numbers(rest) == numbers(engine.run(errors()))


def test_others_may_do_the_work(tmp_path):
    """The seam for engines of other kinds: whatever is an Executor."""
    with ThreadPoolExecutor(2) as pool:
        done = list(engine.run(errors(), tmp_path, executor=pool))
    assert [d.count for d in done] == list(range(1, 7))
    assert numbers(done) == numbers(engine.run(errors(), tmp_path))


# In processes


@pytest.mark.slow
def test_processes_answer_as_this_one_does_and_a_broken_one_is_told_of(tmp_path):
    plan = [*errors(), *toys([3, 99, 4])]
    found = list(engine.run(plan, tmp_path, workers=2, threads=1))
    assert sorted(d.place for d in found) == list(range(9)) and not any(d.known for d in found)
    done = [d for d in found if d.place < 6]
    assert numbers(engine.run(errors(), threads=1)) == numbers(done)  # to the last bit
    said = {d.cell.experiment.seed: d.problem for d in found if d.place >= 6}
    assert said[3] == said[4] == "" and "ended by itself" in said[99]  # and takes no other along


@pytest.mark.slow
def test_processes_stop_with_the_study(tmp_path):
    gate = tmp_path / "gate"
    gate.mkdir()
    study = engine.run([*toys([0]), *toys([1], gate)], tmp_path / "answers", workers=2)
    by = next(study).value["by"]
    waits = int(until(lambda: list(gate.iterdir()))[0].stem)
    closing = threading.Thread(target=study.close)
    closing.start()
    try:
        until(lambda: not alive(by) and not alive(waits))  # in the middle of its work
    finally:
        (gate / "open").touch()
        closing.join()


STUDY = """
import sys
from pathlib import Path
from explorer.study import engine
from tests.study.test_engine import errors, half_behind
if __name__ == "__main__":
    plan = errors() if sys.argv[2] == "errors" else half_behind(Path(sys.argv[2]))
    for d in engine.run(plan, Path(sys.argv[1]), workers=int(sys.argv[3])):
        print(d.value.get("by"), flush=True)
"""


def half_behind(gate) -> list[Cell]:
    return [*toys(range(20, 40)), *toys(range(40, 60), gate)]


def begin(folder, plan, workers: int) -> subprocess.Popen:
    script = folder.parent / "study.py"
    script.write_text(STUDY)
    return subprocess.Popen(
        [sys.executable, str(script), str(folder), str(plan), str(workers)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows kills otherwise")
def test_a_study_that_was_killed_goes_on_where_it_was(tmp_path):
    """Killed without a word in the middle: its processes go too, and only what is missing is
    measured when it is run again."""
    folder, gate = tmp_path / "answers", tmp_path / "gate"
    gate.mkdir()
    study = begin(folder, gate, 2)
    workers = {int(study.stdout.readline()) for _ in range(4)}
    study.kill()
    study.wait()
    until(lambda: not any(map(alive, workers)))
    plan = half_behind(gate)
    had = engine.answered(plan, folder)
    assert 4 <= had <= 20
    (gate / "open").touch()
    done = list(engine.run(plan, folder))
    assert sum(d.known for d in done) == had
    assert [d.value["seed"] for d in sorted(done, key=lambda d: d.place)] == list(range(20, 60))


@pytest.mark.slow
def test_two_studies_share_a_folder(tmp_path):
    folder = tmp_path / "answers"
    both = [begin(folder, "errors", 0) for _ in range(2)]
    for study in both:
        assert len(study.communicate(timeout=PATIENCE)[0].split()) == 6
        assert study.returncode == 0
    assert len(dict(Results(folder))) == 6
    for path in folder.rglob("*.json"):
        assert set(json.loads(path.read_text())) == {"key", "value"}
    kept = list(engine.run(errors(), folder))
    assert all(d.known for d in kept) and not list(folder.rglob("*.part"))
    for a, b in zip(numbers(kept), numbers(engine.run(errors())), strict=True):
        assert a["mean"] == pytest.approx(b["mean"], rel=1e-9)


def test_a_cell_is_a_value():
    a, b = Cell(BASE, EndError()), Cell(dataclasses.replace(BASE), EndError())
    assert a == b and hash(a) == hash(b) and a.question == b.question
