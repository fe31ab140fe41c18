"""A full or read-only disk: what is unsaved is said to be, the old stays, no part does."""

import errno
import os
import pickle

import numpy as np
import pytest
import torch

from explorer.core.predictor import Predictor
from explorer.core.trained import Trained
from explorer.errors import UserError
from explorer.store import downloads, places, predictors, trainings, unsaved, uploads, weights
from explorer.store.results import Results

from .refusing import left_over, mounted, smallest_files

LIMIT = 20_000  # bytes of a file; what is kept below has more


def upload(k: float) -> None:
    uploads.put(np.full((4000, 2), k, "<f4"))


def predictor(k: float) -> None:
    mine = Predictor(0.1, 0.0, False)
    record = {"k": k, "long": "x" * 2 * LIMIT}
    predictors.keep(Trained(mine, (80.0, 0.002), False, "amed", (2,), (1.0,), "", record), name="p")


def network(k: float) -> None:
    weights.put({"w": torch.full((8000,), k)}, {"kwargs": {}, "shape": [2]}, "n", replace=True)


def state(k: float) -> None:
    trainings.write_state(trainings.folder("t"), bytes([int(k)]) * 2 * LIMIT)


def result(k: float) -> None:
    Results(places.cache("studies", "s")).put("question", [k] * LIMIT)


def download(k: float) -> None:
    with downloads.Part("d").alone() as part, part.open(resumed=False) as file:
        file.write(bytes([int(k)]) * 2 * LIMIT)


SAVES = [upload, predictor, network, state, result]


def kept() -> dict:
    """Every file of the cache with its content."""
    return {p: p.read_bytes() for p in places.cache().rglob("*") if p.is_file()}


def refused(save, why: str) -> str:
    """The sentence that says so."""
    before = kept()
    with pytest.raises(unsaved.Unsaved, match=rf"could not be saved: .*{why}.*; .+\.$") as told:
        save(2.0)
    assert str(places.cache()) not in str(told.value) and "Errno" not in str(told.value)
    assert kept() == before, "the last whole content stays"
    assert not left_over(places.cache())
    return str(told.value)


@pytest.mark.parametrize("save", SAVES)
def test_a_write_that_is_cut_in_its_midst_is_said(save):
    save(1.0)
    with smallest_files(LIMIT):
        refused(save, "larger than this system lets it be")
    save(2.0)  # and all is well again


@pytest.mark.parametrize("save", [s for s in SAVES if s is not result])  # which waits for no disk
@pytest.mark.parametrize("code, why", [(errno.ENOSPC, "full"), (errno.EIO, "does not answer")])
def test_a_disk_that_refuses_only_when_it_is_asked_to_keep(save, code, why, monkeypatch):
    save(1.0)

    def refuse(_):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        refused(save, why)
    save(2.0)


@pytest.mark.parametrize("save", [*SAVES, download])
def test_a_file_where_the_cache_folder_should_be(save, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "file"))
    with pytest.raises(unsaved.Unsaved, match="a file is where"):
        save(1.0)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_download_keeps_what_has_arrived_and_says_so():
    with smallest_files(LIMIT), pytest.raises(unsaved.Unsaved, match="^d could not be saved"):
        download(1.0)
    assert downloads.Part("d").size == LIMIT  # the next one goes on from there
    assert not left_over(places.cache())


def test_it_is_said_in_another_process_too():
    error = unsaved.Unsaved("A result", errno.ENOSPC)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) and again.why == "the disk is full"
    assert isinstance(again, UserError) and "“python -m explorer cache clear”" in str(again)


REAL = """
import os, subprocess, sys
from pathlib import Path
os.environ["EXPLORER_CACHE"] = sys.argv[1]
from tests.attack import test_disk_full as t
from tests.attack.refusing import left_over
from explorer.store import places
for save in t.SAVES:
    save(1.0)
before = t.kept()
if MODE == "full":
    with open(places.cache() / "filler", "wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError as error:
            print("filled", error.errno)
else:
    subprocess.run(["mount", "-o", "remount,ro", sys.argv[1]], check=True)
for save in t.SAVES:
    try:
        save(2.0)
        print("SAVED?", save.__name__)
    except t.unsaved.Unsaved as error:
        print(error)
after = t.kept()
after.pop(places.cache() / "filler", None)
print("same", after == before, "left", left_over(places.cache()))
"""


@pytest.mark.slow
@pytest.mark.parametrize("mode, why", [("full", "the disk is full"), ("ro", "is read-only")])
def test_a_real_disk(mode, why, tmp_path):
    done = mounted(REAL.replace("MODE", repr(mode)), tmp_path, "size=2m")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(f"could not be saved: the disk {why.removeprefix('the disk ')}") == 5
    assert "SAVED?" not in done.stdout and "same True left []" in done.stdout, done.stdout


WORKERS = """
import multiprocessing, os, sys
from pathlib import Path
os.environ["EXPLORER_CACHE"] = sys.argv[1]
from explorer.lab.experiment import Experiment
from explorer.settings import unflatten
from explorer.store import unsaved
from explorer.store.results import Results
from explorer.study import EndError, engine, grid
from tests.attack.refusing import left_over

folder, filler = Path(sys.argv[1]) / "answers", Path(sys.argv[1]) / "filler"
base = unflatten(Experiment, {"data": "moons", "data.dimension": 2, "samples": 256})
plan = grid(base, {"solver": ["ddim", "heun"], "nfe": [5, 9, 17, 33]}, EndError())
made = [d.value is not None for d in engine.run(plan[:2], folder, threads=1)]
first = dict(Results(folder))
with filler.open("wb", buffering=0) as file:
    try:
        while True:
            file.write(bytes(512))
    except OSError as error:
        print("made", made, "filled", error.errno)
try:
    found = [d for d in engine.run(plan, folder, workers=2, threads=1)]
    print("NO END", found)
except unsaved.Unsaved as error:
    print(error)
for worker in multiprocessing.active_children():
    worker.join()  # the other one ends at its next step, and may keep a cell until then
print("same", dict(Results(folder)) == first, "left", left_over(folder))
filler.unlink()
again = list(engine.run(plan, folder, threads=1))
problems = [d.problem for d in again if d.problem]
print("known", sum(d.known for d in again), "of", len(again), problems)
"""


@pytest.mark.slow
def test_workers_of_a_study_on_a_full_disk_end_it_with_a_sentence_and_it_goes_on(tmp_path):
    done = mounted(WORKERS, tmp_path, "size=1m")
    assert done.returncode == 0, done.stderr
    assert "made [True, True] filled 28" in done.stdout and "NO END" not in done.stdout, done.stdout
    assert "A result could not be saved: the disk is full" in done.stdout, done.stdout
    assert "same True left []" in done.stdout and "known 2 of 8 []" in done.stdout, done.stdout
