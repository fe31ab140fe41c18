"""Processes that save until they are killed, and say what they have saved."""

import multiprocessing
import os
import random

import numpy as np
import torch

from explorer import start
from explorer.core.device import pick
from explorer.core.predictor import Predictor
from explorer.core.trained import Trained
from explorer.store import places, predictors, uploads, weights
from explorer.store.results import Results
from explorer.training import loop, runs
from explorer.training.configs import chosen

TINY = {"data": "spiral", "network.width": 16, "network.depth": 1, "batch": 8, "kimg": 60}
FULL = os.environ.get("EXPLORER_ATTACK") == "full"


def points(k: int) -> np.ndarray:
    return np.full((3000 + k, 2), k, "<f4")


def saver(cache: str, pipe) -> None:
    """What a server keeps for visitors, again and again."""
    os.environ["EXPLORER_CACHE"] = cache
    torch.set_num_threads(1)
    for k in range(10_000):
        pipe.send(("upload", k, uploads.put(points(k))))
        weights.put(
            {"w": torch.full((20_000,), float(k))}, {"kwargs": {}, "shape": [2]}, "n", replace=True
        )
        pipe.send(("network", k, "n"))
        mine = Predictor(0.1, 0.0, False)
        trained = Trained(mine, (80.0, 0.002), False, "amed", (2,), (1.0,), "", {"k": k})
        pipe.send(("predictor", k, predictors.keep(trained, name="p")))
        Results(places.cache("studies")).put(f"q{k}", [k] * 1000)
        pipe.send(("result", k, f"q{k}"))


def trainer(cache: str, pipe) -> None:
    """A training that saves at every step."""
    os.environ["EXPLORER_CACHE"] = cache
    start.compiler_later()  # as a training of the page: a second of each
    torch.set_num_threads(1)
    loop.SAVE_EVERY = loop.TELL_EVERY = 0.0
    for p in runs.run(chosen("F", TINY), "run", device=pick("cpu"), look=1e9):
        pipe.send(p.images)


def begun(work, cache):
    """(a process that does this work, what it says); nothing but what it needs is imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.attack.killed"])
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(str(cache), there), daemon=True)
    process.start()
    there.close()
    return process, here


def killed(work, cache, moment: random.Random, most: int) -> list:
    """Kill the work with SIGKILL after a random number of words; all that it had said by then."""
    process, pipe = begun(work, cache)
    said = []
    for _ in range(moment.randint(1, most)):
        said.append(pipe.recv())
    process.kill()
    process.join()
    try:
        while True:
            said.append(pipe.recv())
    except EOFError:
        return said
