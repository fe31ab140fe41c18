"""A training that is not finished: found again, owned by one, trained by one process at a time."""

import os
import subprocess
import sys
import time

import pytest

from explorer.errors import UserError
from explorer.store import places, trainings

HOLDER = """
import sys
from pathlib import Path
from explorer.store import trainings
with trainings.alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_newest_comes_first_and_one_without_a_state_is_none(home):
    for k, name in enumerate(("old", "new")):
        trainings.write_state(trainings.folder(name), b"numbers")
        past = time.time() - 100 + k
        os.utime(trainings.folder(name) / trainings.STATE, (past, past))
    trainings.begin(trainings.folder("begun"), {"kimg": 1})
    assert [p.name for p in trainings.unfinished()] == ["new", "old"]
    trainings.forget("new")
    assert [p.name for p in trainings.unfinished()] == ["old"]


def test_what_was_noted_is_read(home):
    place = trainings.folder("mine")
    assert trainings.state(place) is None
    trainings.begin(place, {"data": "glyphs", "σ": 0.5})
    trainings.write_state(place, b"numbers")
    assert trainings.settings(place) == {"data": "glyphs", "σ": 0.5}
    assert trainings.state(place).read_bytes() == b"numbers"


def test_it_belongs_to_who_came_first(home):
    assert trainings.owner("mine") is None and trainings.owner("../mine") is None
    trainings.claim("mine", "ann")
    trainings.claim("mine", "bob")
    assert trainings.owner("mine") == "ann"


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".", "Ä", "x" * 65])
def test_a_name_is_no_path(home, name):
    for ask in (trainings.folder, trainings.forget, lambda n: trainings.claim(n, "me")):
        with pytest.raises(UserError, match="A run cannot be called"):
            ask(name)
    assert not places.cache().exists()


def test_one_process_trains_at_a_time(home, monkeypatch):
    place = trainings.folder("mine")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        monkeypatch.setattr(trainings, "PATIENCE", 0.1)
        second = trainings.alone(place)
        with pytest.raises(UserError, match="mine is being trained by another process"), second:
            pass
    finally:
        holder.kill()
        holder.wait()
        holder.stdin.close()
        holder.stdout.close()
    monkeypatch.setattr(trainings, "PATIENCE", 5.0)
    with trainings.alone(place):
        pass
