"""Files are written in one act, whatever becomes of the writer, and one process at a time is inside
a lock.
"""

import os
import random
import subprocess
import sys
import threading
import time

import pytest

from explorer.store import locks, writing
from tests.waiting import PATIENCE

WRITER = """
import sys
from pathlib import Path
from explorer.store import writing
path = Path(sys.argv[1])
print("begun", flush=True)
while True:
    for letter in b"xy":
        writing.write_bytes(path, bytes([letter]) * 2_000_000, durable=False)
"""
FOLDERS = """
import sys
from pathlib import Path
from explorer.store import writing
path = Path(sys.argv[1])
while True:
    for letter in "xy":
        with writing.whole_folder(path, replace=True) as part:
            for k in range(3):
                (part / str(k)).write_text(letter * 1000)
        print("written", flush=True)
"""
HOLDER = """
import sys
from pathlib import Path
from explorer.store import writing
with writing.lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
COUNTER = """
import sys
from pathlib import Path
from explorer.store import writing
path = Path(sys.argv[1])
for _ in range(200):
    with writing.lock(path):
        path.write_text(str(int(path.read_text()) + 1))
"""


def begun(code: str, path) -> subprocess.Popen:
    """A process that runs the code on this path and has said its first word."""
    made = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert made.stdout.readline()
    return made


def killed(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def aged(folder) -> list:
    """The parts in a folder, all of them made older than any that is being written."""
    parts = list(folder.glob(".*.part"))
    old = time.time() - writing.FORGOTTEN - 1
    for part in parts:
        os.utime(part, (old, old))
    return parts


def test_a_file_holds_what_was_written(tmp_path):
    writing.write_bytes(tmp_path / "new" / "a", b"\0one")
    writing.write_text(tmp_path / "b", "σ = 80\n")
    writing.write_json(tmp_path / "c.json", {"σ": [1.5, None]})
    assert (tmp_path / "new" / "a").read_bytes() == b"\0one"
    assert (tmp_path / "b").read_bytes() == "σ = 80\n".encode()
    assert (tmp_path / "c.json").read_bytes() == '{"σ": [1.5, null]}'.encode()
    assert not list(tmp_path.rglob(".*"))


@pytest.mark.parametrize("make", [writing.whole, writing.whole_folder])
def test_what_fails_leaves_the_old_and_no_part(tmp_path, make):
    writing.write_text(tmp_path / "a", "old")
    with pytest.raises(ZeroDivisionError), make(tmp_path / "a") as part:
        (part if make is writing.whole else part / "b").write_text("half")
        raise ZeroDivisionError
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_a_folder_is_replaced_only_when_that_is_said(tmp_path):
    for words, replace in (("one", False), ("two", True)):
        with writing.whole_folder(tmp_path / "a", replace) as part:
            (part / words).write_text(words)
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["two"]
    with pytest.raises(FileExistsError), writing.whole_folder(tmp_path / "a") as part:
        (part / "three").write_text("three")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["two"]
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_file_whose_writer_is_killed_is_the_old_or_the_new(tmp_path):
    path, moment = tmp_path / "a", random.Random(0)
    writing.write_bytes(path, b"x" * 2_000_000)
    left = 0
    for _ in range(6):
        process = begun(WRITER, path)
        for _ in range(moment.randrange(1, 40)):
            assert path.read_bytes() in (b"x" * 2_000_000, b"y" * 2_000_000)
        killed(process)
        assert path.read_bytes() in (b"x" * 2_000_000, b"y" * 2_000_000)
        left = max(left, len(aged(tmp_path)))
    assert left < 2, "each process removes what the one before it left"
    writing.sweep(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


AT_EVERY_CALL = """
import itertools, os, sys
from pathlib import Path
from explorer.store import writing

path = Path(sys.argv[2])

def file(letter):
    writing.write_bytes(path, letter.encode() * 1000)

def folder(letter):
    with writing.whole_folder(path, replace=True) as part:
        for k in range(2):
            (part / str(k)).write_text(letter * 1000)

def read():
    files = [path] if path.is_file() else sorted(path.iterdir())
    return [f.read_text() for f in files]

write = locals()[sys.argv[1]]
write("x")
old, new = read(), [t.replace("x", "y") for t in read()]
for last in itertools.count(1):
    if not (child := os.fork()):
        calls = itertools.count(1)
        sys.setprofile(lambda *_: next(calls) == last and os._exit(9))
        write("y")
        os._exit(0)  # it has made all its calls
    ended = os.waitpid(child, 0)[1]
    writing.mend(path.parent)
    assert read() in (old, new), (last, read())
    if not ended:
        break
print(last, read() == new)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that can be parted")
@pytest.mark.parametrize("made", ["file", pytest.param("folder", marks=pytest.mark.slow)])
def test_a_writer_that_ends_between_any_two_calls_leaves_the_old_or_the_new(tmp_path, made):
    """Not only where a kill happens to fall: once at the start and the end of every function."""
    line = [sys.executable, "-c", AT_EVERY_CALL, made, str(tmp_path / "a")]
    ended = subprocess.run(line, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    calls, written = ended.stdout.split()
    assert int(calls) > 20 and written == "True"


def test_a_folder_whose_writer_is_killed_is_the_old_or_the_new(tmp_path):
    path, moment = tmp_path / "a", random.Random(1)
    for _ in range(6):
        process = begun(FOLDERS, path)
        for _ in range(moment.randrange(1, 9)):
            assert process.stdout.readline()
        killed(process)
        writing.mend(tmp_path)
        words = {(path / str(k)).read_text() for k in range(3)}
        assert words in ({"x" * 1000}, {"y" * 1000})
    aged(tmp_path)
    writing.sweep(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} <= {"a", ".a.lock"}  # a lock that nobody holds


def test_what_stepped_aside_comes_back(tmp_path):
    aside = tmp_path / ".a.0123456789ab.old"
    aside.mkdir()
    (aside / "b").write_text("old")
    with writing.lock(tmp_path / "a"):  # somebody is just replacing it
        writing.mend(tmp_path)
        assert aside.exists()
    writing.mend(tmp_path)
    assert (tmp_path / "a" / "b").read_text() == "old" and not aside.exists()


def test_the_first_write_into_a_folder_sweeps_it(tmp_path):
    (tmp_path / ".a.0123456789ab.part").write_text("half")
    folder = tmp_path / ".b.0123456789ab.part"
    folder.mkdir()
    (folder / "c").write_text("half")
    aged(tmp_path)
    writing.write_text(tmp_path / "d", "whole")
    assert [p.name for p in tmp_path.iterdir()] == ["d"]


def test_a_folder_waits_for_whoever_is_replacing_it(tmp_path, monkeypatch):
    path, refused, take = tmp_path / "a", threading.Event(), locks._take

    def told(file):
        if not (taken := take(file)):
            refused.set()
        return taken

    def save():
        with writing.whole_folder(path) as part:
            (part / "b").write_text("new")

    monkeypatch.setattr(locks, "_take", told)
    with writing.lock(path):
        thread = threading.Thread(target=save)
        thread.start()
        assert refused.wait(PATIENCE) and not path.exists()
    thread.join()
    assert (path / "b").read_text() == "new"


def test_what_is_being_written_is_not_swept(tmp_path):
    with writing.whole(tmp_path / "a") as part:
        part.write_text("new")
        writing.sweep(tmp_path)
    assert (tmp_path / "a").read_text() == "new"


def test_two_processes_and_one_lock(tmp_path):
    path = tmp_path / "count"
    path.write_text("0")
    both = [subprocess.Popen([sys.executable, "-c", COUNTER, str(path)]) for _ in range(2)]
    assert [p.wait() for p in both] == [0, 0]
    assert path.read_text() == "400"
    assert [p.name for p in tmp_path.iterdir()] == ["count"]


def test_two_threads_and_one_lock(tmp_path):
    path = tmp_path / "count"
    path.write_text("0")
    code = compile(COUNTER.replace("sys.argv[1]", "path_"), "counter", "exec")
    both = [threading.Thread(target=exec, args=(code, {"path_": path})) for _ in range(2)]
    for t in both:
        t.start()
    for t in both:
        t.join()
    assert path.read_text() == "400"


def test_a_killed_holder_frees_the_lock(tmp_path):
    path = tmp_path / "a"
    process = begun(HOLDER, path)
    try:
        with pytest.raises(writing.Busy, match="a; try again"), writing.lock(path, patience=0.1):
            pass
    finally:
        killed(process)
    with writing.lock(path, patience=5):
        pass
    assert not list(tmp_path.iterdir())
