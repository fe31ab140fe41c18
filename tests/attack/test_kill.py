"""kill -9 at random moments: what was said to be saved is there and whole, and all goes on."""

import os
import random
import time

import numpy as np
import pytest
import torch

from explorer.core.device import pick
from explorer.errors import Cancelled
from explorer.server import hall
from explorer.store import locks, places, predictors, trainings, uploads, weights, writing
from explorer.store.results import Results
from explorer.training import loop, runs
from explorer.training.configs import chosen

from .killed import FULL, TINY, killed, points, saver, trainer

ROUNDS = 24 if FULL else 3


def swept() -> list:
    """What is left over once every part is an hour old and swept."""
    past = time.time() - writing.FORGOTTEN - 1
    for folder in [p for p in places.cache().rglob("*") if p.is_dir()]:
        for part in folder.glob(".*.part"):
            os.utime(part, (past, past))
    for folder in [places.cache(), *(p for p in places.cache().rglob("*") if p.is_dir())]:
        writing.sweep(folder)
        writing.mend(folder)
    return list(places.cache().rglob(".*"))


def newest(said: list, kind: str) -> int:
    return max((k for what, k, _ in said if what == kind), default=-1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_whatever_a_server_had_said_to_be_saved(seed, monkeypatch):
    moment, told = random.Random(seed), []
    for _ in range(2):  # the second goes on in what the first has left
        said = killed(saver, places.cache(), moment, 24)
        told += said
        monkeypatch.setattr(predictors, "_loaded", {})
        for what, k, name in told:
            if what == "upload":
                assert np.array_equal(uploads.read(uploads.path(name)), points(k))
            elif what == "result":
                assert Results(places.cache("studies")).get(name) == [k] * 1000
        if (k := newest(said, "network")) >= 0:  # that one, or the next, which was not said yet
            kept = weights.read(weights.find("n"))["w"]
            assert (kept == kept[0]).all() and kept[0] in (k, k + 1)
        if (k := newest(said, "predictor")) >= 0:
            assert predictors.find("p").record["k"] in (k, k + 1)
    assert swept() == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_killed_training_goes_on_from_what_it_had_saved(seed, monkeypatch):
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    moment, place = random.Random(seed), trainings.folder("run")
    reached = 0
    for _ in range(2):
        said = killed(trainer, places.cache(), moment, 16)
        assert not locks.is_held(place), "the system has freed it"
        if (state := trainings.state(place)) is not None:
            images = torch.load(state, weights_only=True)["images"]
            # a report is told after its step was saved; the last one may have been begun
            assert images >= max(said) and images >= reached
            reached = images
            assert list(runs.unfinished()) == ["run"]
    watch = iter(range(3))

    def three_steps():
        if next(watch, None) is None:
            raise Cancelled

    last = list(runs.run(chosen("F", TINY), "run", device=pick("cpu"), watch=three_steps))[-1]
    assert reached <= last.images
    assert torch.load(trainings.state(place), weights_only=True)["images"] == reached + 24
    assert swept() == []
    hall._forget("run")
    assert hall._free("run") == "run" and not place.exists()
