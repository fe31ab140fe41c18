"""Nothing lost, nothing twice: studies and workers killed at random, two engines on one folder."""

import ast
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.store.places import ROOT
from explorer.store.results import Results
from explorer.store.unsaved import Unsaved
from explorer.study import engine, processes
from explorer.study.plan import Cell
from tests.attack.refusing import left_over, mounted, smallest_files
from tests.study.test_engines import kept, odd

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows kills otherwise"),
]
CELLS = 400
RUN = """
import os, random, signal, sys
from explorer.study import engine
from tests.study.test_engines_killed import plan
folder, kills = sys.argv[1], int(sys.argv[2])
cells = plan()
list(engine.run(cells[:1]))  # what is loaded once, before anybody is killed
for seed in range(kills + 1):
    child = os.fork()
    if child == 0:
        left = [random.Random(seed).randrange(1, 60_000) if seed < kills else 0]
        def count(*_):  # the calls of all Python there is, also in the midst of a write
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        sys.setprofile(count)
        done = list(engine.run(cells, folder))
        sys.setprofile(None)
        print(sum(d.known for d in done), flush=True)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print("killed" if os.WIFSIGNALED(status) else "ended", flush=True)
"""
FULL = """
import sys
from pathlib import Path
from explorer.store.unsaved import Unsaved
from explorer.study import engine
from tests.attack.refusing import left_over
from tests.study.test_engines_killed import plan
place, done = Path(sys.argv[1]), []
(place / "filler").write_bytes(bytes(2**17))
def go():
    try:
        for d in engine.run(plan(), place / "answers"):
            done.append(d)
    except Unsaved as error:
        return error.why
had = [(go(), engine.answered(plan(), place / "answers"), len(left_over(place)))]
(place / "filler").unlink()
done.clear()
had.append((go(), engine.answered(plan(), place / "answers"), len(left_over(place))))
print(had, sum(d.known for d in done))
"""


def plan() -> list[Cell]:
    """Cells that cost next to nothing, so that death comes anywhere."""
    return odd(range(6, 6 + CELLS))


def begin(folder: Path, kills: int) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder), str(kills)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_study_that_is_killed_at_thirty_moments_ends_with_what_it_would_have(tmp_path):
    """Signal 9 after a random number of calls, thirty times, then to the end."""
    said = begin(tmp_path / "killed", 30).communicate(timeout=300)[0].split()
    assert said.count("killed") == 30 and said[-1] == "ended"
    assert 0 < int(said[-2]) < CELLS  # some were kept by those that were killed
    list(engine.run(plan(), tmp_path / "whole"))
    assert kept(tmp_path / "killed") == kept(tmp_path / "whole")
    assert len(kept(tmp_path / "whole")) == CELLS


def test_two_engines_on_one_folder_lose_nothing_and_keep_nothing_twice(tmp_path):
    both = [begin(tmp_path / "both", 3) for _ in range(2)]
    assert [b.communicate(timeout=300)[0].split()[-1] for b in both] == ["ended", "ended"]
    files = list((tmp_path / "both").rglob("*.json"))
    assert len(files) == CELLS == len(kept(tmp_path / "both"))
    assert all(set(json.loads(f.read_text())) == {"key", "value"} for f in files)
    assert sorted(v["seed"] for _, v in Results(tmp_path / "both")) == list(range(6, 6 + CELLS))


def test_cells_of_workers_that_die_once_are_measured_by_others(tmp_path, monkeypatch):
    """Two cells kill their process the first time that they are measured, in the midst of
    batches; each process is told of one of two GPUs that are not there."""
    devices = processes.devices
    monkeypatch.setattr(processes, "devices", lambda n, *_: devices(n, "cuda", 2, "6,7"))
    seeds = sorted([*range(6, 66, 2), 9, 27])
    done = list(engine.run(odd(seeds, tmp_path / "mark"), tmp_path / "answers", workers=2))
    assert not [d.problem for d in done if d.problem]
    assert sorted(d.value["seed"] for d in done) == seeds
    assert {d.value["sees"] for d in done} == {"6", "7"}
    assert len(list(tmp_path.glob("mark.*"))) == 2


def test_a_full_disk_stops_a_study_with_a_sentence_and_it_goes_on_where_there_is_room(tmp_path):
    made = mounted(f"import sys; sys.path.insert(0, {str(ROOT)!r})" + FULL, tmp_path, "size=512k")
    assert made.returncode == 0, made.stderr[-500:]
    first, then = ast.literal_eval(made.stdout.rsplit(" ", 1)[0])
    assert first[0] == then[0] == "the disk is full" and first[2] == then[2] == 0
    assert 0 < first[1] < then[1] < CELLS and int(made.stdout.rsplit(" ", 1)[1]) == first[1]


def test_a_disk_that_refuses_ends_the_study_and_loses_nothing(tmp_path):
    list(engine.run(plan()[:5], tmp_path))
    with smallest_files(20), pytest.raises(Unsaved, match="could not be saved"):
        list(engine.run(plan()[:9], tmp_path))
    done = list(engine.run(plan()[:9], tmp_path))
    assert [d.known for d in done] == [True] * 5 + [False] * 4 and not left_over(tmp_path)
