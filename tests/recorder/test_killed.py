"""A process that is killed in the middle of a run leaves a file that is read; damaged ones are
refused in a sentence."""

import json
import random
import signal
import subprocess
import sys

import pytest

from explorer.errors import UserError
from explorer.recorder import read
from explorer.ui import recorded

from ..waiting import until
from . import loops

CHILD = """
import itertools, sys, torch
import explorer
x = torch.randn(1, 4, 8, 8)
with explorer.record(sys.argv[1]) as box:
    for i in itertools.count():
        if i < 9_000:
            box.step(x * (1 + 1 / (i + 1)), 10 / (i + 1), x)
"""


@pytest.mark.slow  # a process of its own
def test_a_run_that_is_killed_leaves_all_steps_but_the_last(tmp_path):
    path = tmp_path / "run.jsonl"
    lines = lambda: path.read_bytes().count(b"\n") if path.exists() else 0
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)])
    try:
        until(lambda: lines() > 6 or child.poll() is not None)  # it imports torch first
        assert child.poll() is None
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    whole = lines()
    found = read(path)
    assert len(found.sigma) == whole - 1 >= 6 and not found.ended
    assert float(found.sigma[3]) == 2.5 and found.path()[1].shape[:2] == (whole - 1, 1)
    assert "cut off at σ" in recorded.shown(found)["notes"][0]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "a"
    loops.run(path, 5, samples=2, thumbnails=True)
    return path.read_bytes()


ODD = [None, True, -1, 0, 1e308, "", "nan", "inf", [], {}, [[]], {"kind": "<f8"}, 2**70, "é", -0.5]


@pytest.mark.slow
def test_values_of_any_kind_anywhere_are_read_or_refused_in_a_sentence(whole):
    """Each key of each kind of line, and one key of an array within, set to something else."""
    rng = random.Random(0)
    lines = [json.loads(line) for line in whole.splitlines()]
    refused = 0
    for _ in range(200):
        made = json.loads(json.dumps(lines))
        line = rng.choice(made[:3] + made[-1:])
        key = rng.choice(list(line))
        inner = line[key][0] if isinstance(line[key], list) and line[key] else line[key]
        if isinstance(inner, dict) and inner and rng.random() < 0.5:
            inner[rng.choice(list(inner))] = rng.choice(ODD)
        else:
            line[key] = rng.choice(ODD)
        refused += not told("\n".join([*map(json.dumps, made), ""]).encode())
    assert 30 < refused < 190


def test_bytes_that_are_changed_anywhere_are_read_or_refused_in_a_sentence(whole):
    rng = random.Random(1)
    refused = 0
    for _ in range(150):
        made = bytearray(whole)
        for _ in range(rng.choice([1, 1, 5, 200])):
            made[rng.randrange(len(made))] = rng.randrange(256)
        refused += not told(bytes(made[: rng.choice([None, len(made) // 2])]))
    assert refused > 30


def told(data: bytes) -> bool:
    """Whether it opened, as JSON for the page; a refusal is a sentence without a path."""
    try:
        json.dumps(recorded.shown(read(data)), allow_nan=False)
        recorded.bare(data)
    except UserError as error:
        assert str(error).endswith(".") and len(str(error)) > 20
        return False
    return True


def test_a_table_of_another_shape_is_no_table(whole):
    """A row that would be repeated to fill a table of thousands: minutes from few bytes."""
    header, *lines = [json.loads(line) for line in whole.splitlines()]
    for line in lines[:-1]:
        for row in line["gram"]:
            row["shape"], row["data"] = [1, 1], "AAAAAAAA8D8="
    with pytest.raises(UserError, match="damaged"):
        read("\n".join([*map(json.dumps, [header, *lines]), ""]).encode())
