"""Processes of this machine that work for a study: an executor each, so that one which dies takes
no other along and is known by what it was given.

    with processes(3, facts) as lanes: ...

Where there are several GPUs each process sees one of them, in turn.
"""

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing.connection import wait as wait_for
from typing import Any

from ..errors import UserError
from . import work
from .work import Facts

VISIBLE = "CUDA_VISIBLE_DEVICES"


def devices(workers: int, kind: str, count: int, visible: str | None) -> list[Mapping[str, str]]:
    """What the environment of each process says about GPUs: one for each, in turn.

    kind: of the device of the study; count: of GPUs; visible: what the environment says now.
    Nothing is said where there is one at most, or where the study names one, as cuda:1.
    """
    if kind != "cuda" or count < 2:
        return [{} for _ in range(workers)]
    named = [n.strip() for n in (visible or "").split(",") if n.strip()]
    names = named[:count] if named else [str(i) for i in range(count)]
    return [{VISIBLE: names[i % len(names)]} for i in range(workers)]


def gpus() -> int:
    """How many GPUs of NVIDIA this process sees."""
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0


class Lanes:
    """Processes with the device and limits of this one, each an executor of its own.

    environments: what each process has beside the environment of this one.
    """

    def __init__(self, environments: list[Mapping[str, str]], facts: Facts):
        self.own = multiprocessing.get_context("spawn")  # a fork would copy locks that threads hold
        self.stop, self.facts, self.environments = self.own.Event(), facts, environments
        self.lanes = [self._begin(e) for e in environments]

    def _begin(self, environment: Mapping[str, str]) -> Executor:
        return ProcessPoolExecutor(1, self.own, begin, (self.stop, dict(environment), self.facts))

    def revive(self, lane: int) -> None:
        """Another process in the place of one that ended."""
        self.lanes[lane].shutdown(wait=False)
        self.lanes[lane] = self._begin(self.environments[lane])

    def close(self) -> None:
        """Tell them to end, which they do at the next step of their work: nobody waits for it here.
        What one finishes before that is kept like any other answer."""
        self.stop.set()
        for lane in self.lanes:
            lane.shutdown(wait=False, cancel_futures=True)


@contextlib.contextmanager
def processes(workers: int, facts: Facts) -> Iterator[Lanes]:
    """So many, until the block ends or this process does; see Lanes.close."""
    many = gpus() if facts.device == "cuda" else 0
    lanes = Lanes(devices(workers, facts.device, many, os.environ.get(VISIBLE)), facts)
    try:
        yield lanes
    finally:
        lanes.close()


def begin(stop: Any, environment: Mapping[str, str], facts: Facts) -> None:
    """Set up a process of a study, before anything asks for a GPU."""
    os.environ.update(environment)
    work.stop[:] = [stop]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work.set_up(facts)


def _end_with_parent() -> None:
    """A process whose study was killed has nobody to work for."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def checked(workers: int) -> int:
    """The count itself.  Raises UserError where no machine has so many."""
    if not 0 <= workers <= 256:
        raise UserError(f"workers = {workers} is out of range; 0 to 256 works.")
    return workers
