"""Training where the disk refuses: it stops with a sentence, and nothing is called paused that is
not.
"""

import shutil
import signal

import pytest
import torch

from explorer.core.device import pick
from explorer.errors import Cancelled
from explorer.server import hall
from explorer.store import places, trainings, unsaved, weights
from explorer.training import loop, runs
from explorer.training.configs import chosen

from . import halls
from .killed import FULL
from .refusing import left_over, smallest_files

TINY = {"data": "spiral", "network.width": 16, "network.depth": 1, "batch": 8, "kimg": 1}


@pytest.fixture(autouse=True)
def empty_hall():
    yield
    halls.empty()


def steps(count: int):
    """To watch, and to cancel after so many steps."""
    left = iter(range(count))

    def watch():
        if next(left, None) is None:
            raise Cancelled

    return watch


def run(watch=None, **more):
    return list(runs.run(chosen("F", TINY), "tiny", device=pick("cpu"), watch=watch, **more))


def state() -> bytes:
    return trainings.state(trainings.folder("tiny")).read_bytes()


def test_the_last_whole_state_stays_and_is_gone_on_from():
    run(steps(3))
    before = state()
    with smallest_files(2000):
        with pytest.raises(unsaved.Unsaved) as told:
            run(steps(5))
        assert "what was kept at 24 images stays" in str(told.value)
        assert "“tiny” at 64 images could not be saved" in str(told.value)
    assert state() == before and not left_over(places.cache())
    run(steps(5))
    assert torch.load(trainings.state(trainings.folder("tiny")))["images"] == 64


def test_what_was_never_saved_is_not_called_kept():
    t, folder = chosen("F", TINY), trainings.folder("tiny")
    with smallest_files(2000), pytest.raises(unsaved.Unsaved, match="nothing of it is kept yet"):
        list(loop.train(t, folder, device=pick("cpu"), watch=steps(2)))
    assert not runs.unfinished() and not left_over(places.cache())


def test_it_stops_at_the_first_save_that_is_refused(monkeypatch):
    """Not at its end, hours later."""
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    seen = []
    with smallest_files(2000), pytest.raises(unsaved.Unsaved, match="at 8 images"):
        run(lambda: seen.append(1))
    assert len(seen) == 1


def test_a_network_that_cannot_be_kept_is_kept_as_a_run():
    real = weights._write

    def refuse(path, text):
        with smallest_files(10):
            real(path, text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights, "_write", refuse)
        with pytest.raises(unsaved.Unsaved, match="The network “tiny” could not be saved"):
            run()
    assert set(runs.unfinished()) == {"tiny"} and not weights.is_taken("tiny")
    assert not left_over(places.cache())
    assert run()[-1].done and weights.find("tiny").digest  # nothing is trained again


@pytest.mark.slow
@pytest.mark.parametrize("do", ["pause", "cancel"] if FULL else ["pause"])
def test_a_pause_that_was_not_saved_is_no_pause(do, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # a module cut off by it would be kept
    halls.start("full")
    halls.child().send_signal(signal.SIGSTOP)  # while it begins: nothing of it is on disk
    with smallest_files(2000, halls.child().pid):
        halls.ask(do, name="full")
        halls.child().send_signal(signal.SIGCONT)
        over = halls.until(lambda a: not a["busy"])
    assert over["paused"] == [] and not trainings.folder("full").exists()
    if do == "cancel":
        assert over["state"] == "cancelled" and over["trouble"] is None
    else:
        assert over["state"] == "failed" and "nothing of it is kept yet" in over["trouble"]
        assert str(places.cache()) not in over["trouble"]
    halls.start("full")  # its name is free


@pytest.mark.slow
@pytest.mark.parametrize("do", ["pause", "cancel"])
def test_the_cache_is_removed_while_a_training_runs(do):
    halls.running("gone")
    shutil.rmtree(places.cache())
    assert "problem" not in halls.ask(do, name="gone")
    over = halls.until(lambda a: not a["busy"])
    if do == "pause":  # what it holds in memory is kept anew
        assert over["state"] == "paused" and halls.names(over["paused"]) == ["gone"]
    else:
        assert over["state"] == "cancelled" and over["paused"] == []


def test_a_cache_that_cannot_be_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "file"))
    answer = halls.ask("start", values=halls.POINTS, name="mine", training=halls.SMALL)
    assert "could not be saved: a file is where" in answer["problem"]
    assert str(tmp_path) not in answer["problem"] and hall.HALL.session is None
    assert halls.ask("look")["paused"] == []
