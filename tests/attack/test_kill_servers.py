"""Servers and the processes that train for them: stopped, killed, and two on one cache folder."""

import json
import signal
import subprocess
import sys

import pytest

from explorer.server import hall, session, train
from explorer.store import places, trainings

from .. import waiting
from . import halls

OTHER = """
import json, sys
from explorer.server import train
for line in sys.stdin:
    print(json.dumps(train.act(json.loads(line))), flush=True)
"""


class Other:
    """A second server on this cache folder; it serves one at a time."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", OTHER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=places.ROOT,
        )

    def ask(self, do: str, **more) -> dict:
        self.process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def start(self, name: str) -> dict:
        return self.ask("start", values=halls.POINTS, name=name, training=halls.SMALL)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def other():
    made = Other()
    made.ask("look")  # it is there before anything trains, which takes a core
    yield made
    made.kill()


@pytest.fixture(autouse=True)
def empty_hall():
    yield
    halls.empty()


@pytest.mark.slow
def test_two_servers_do_not_take_each_others_runs(other):
    halls.running("ours")
    waiting.until(lambda: not other.ask("look")["paused"] and other.ask("look")["elsewhere"])
    look = other.ask("look")
    assert halls.names(look["elsewhere"]) == ["ours"] and "busy" not in look
    for answer in (other.start("ours"), other.ask("cancel", name="ours")):
        assert "is being trained by another process" in answer["problem"]
    assert "problem" in other.ask("resume", name="ours")
    assert "problem" in other.ask("pause", name="ours")
    assert halls.ask("look")["busy"], "and ours goes on"
    halls.child().send_signal(signal.SIGSTOP)  # it is held as before, and takes no core

    assert "problem" not in other.start("theirs")
    waiting.until(lambda: other.ask("look").get("part", 0) > 0)
    assert halls.ask("look")["paused"] == []
    other.kill()  # its child notices, keeps its state and frees the run
    paused = halls.until(lambda a: halls.names(a["paused"]) == ["theirs"])
    assert paused["elsewhere"] == [] and paused["busy"]
    halls.child().send_signal(signal.SIGCONT)
    halls.ask("pause", name="ours")
    halls.until(lambda a: a["state"] == "paused")
    assert "problem" not in halls.ask("resume", name="theirs")
    assert halls.until(lambda a: a.get("part", 0) > 0)["name"] == "theirs"


@pytest.mark.slow
def test_a_stopped_child_is_noticed_and_cancel_ends_it(monkeypatch):
    halls.running("stopped")
    monkeypatch.setattr(session, "SILENT", 3.0)  # seconds; a sign of life comes every 2
    halls.child().send_signal(signal.SIGSTOP)
    told = halls.until(lambda a: "has not answered for" in (a["trouble"] or ""))
    assert told["busy"] and "Cancel ends it" in told["trouble"]
    halls.child().send_signal(signal.SIGCONT)
    halls.until(lambda a: a["trouble"] is None)
    halls.child().send_signal(signal.SIGSTOP)
    monkeypatch.setattr(session, "GRACE", 0.1)
    halls.ask("cancel", name="stopped")
    over = halls.until(lambda a: not a["busy"])
    assert over["state"] == "cancelled" and over["paused"] == [] and over["trouble"] is None
    assert halls.child().returncode == -signal.SIGKILL
    assert not trainings.folder("stopped").exists()


@pytest.mark.slow
def test_a_name_whose_run_died_before_its_first_state_is_free(monkeypatch):
    monkeypatch.setattr(train.owners, "shared", True)
    token = halls.start("early", tokens=[])["token"]
    assert halls.ask("look", tokens=[token])["mine"]
    halls.child().kill()
    over = halls.until(lambda a: not a["busy"])
    assert over["state"] == "failed" and "its name is free again" in over["trouble"]
    assert over["paused"] == [] and trainings.owner("early") is None
    assert list(places.cache("training").iterdir()) == []
    again = halls.start("early", tokens=[])  # another visitor
    assert again["mine"] and hall.HALL.session.name == "early"
    assert not halls.ask("look", tokens=[token])["mine"]
    halls.child().kill()


def test_a_traceback_is_for_the_owner_alone(monkeypatch, capfd):
    monkeypatch.setattr(session.sys, "executable", "/bin/false")
    halls.start("broken")
    over = halls.until(lambda a: not a["busy"])
    assert over["state"] == "failed" and "ended by itself (code 1)" in over["trouble"]
    errors = 'Traceback …\n  File "/home/x/y.py"\nFileNotFoundError: [Errno 2] no /home/x/secret'
    assert session._kind(errors) == ", FileNotFoundError"
    assert session._kind("/home/x/secret: broken") == session._kind("") == ""
