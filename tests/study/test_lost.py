"""Lost with a worker: an answer on its way is asked for anew, and only who kills is blamed."""

import os
import signal
from concurrent.futures import Future
from pathlib import Path

import pytest

from explorer.study import executors, work
from explorer.study.spread import Spread, There
from tests.study.test_engines import odd
from tests.waiting import PATIENCE


class Kills:
    """Four batches under way at once; who is beside seed 99 when it works ends with it."""

    def __init__(self):
        self.under: list[tuple[Future, list[int]]] = []
        self.engine = executors.Engine(self, lambda: 4, shared=False)

    def submit(self, fn, batch):
        future: Future = Future()
        self.under.append((future, [c.experiment.seed for c in batch.cells]))
        return future

    def works(self):
        """All that is under way, once."""
        kills = any(99 in seeds for _, seeds in self.under)
        for future, seeds in self.under:
            if kills:
                future.set_exception(OSError("the worker went"))
            else:
                future.set_result(work.Worked(tuple(({}, "", False) for _ in seeds), 1.0))
        self.under = []


def test_who_was_beside_a_cell_that_kills_is_not_blamed_for_it():
    kills, cells = Kills(), dict(enumerate(odd([1, 2, 99, 3, 4, 5, 6])))
    spread = Spread(There(kills.engine), cells, dict.fromkeys(cells, ""), None, None)
    looks = iter([lambda: None] + [kills.works] * 100)
    found = dict(spread.answers(lambda: next(looks)()))
    assert len(found) == 7 and [i for i, (_, problem, _) in found.items() if problem] == [2]


def answers_once(mark: Path) -> int:
    """Who asks again ends the worker."""
    if mark.exists():
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    mark.touch()
    return 1


@pytest.mark.slow
def test_an_answer_lost_on_its_way_from_dask_that_then_fails_is_said(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    import dask

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        executors.elsewhere(cluster.scheduler_address.replace("tcp", "dask"), None, {}) as engine,
    ):
        gather = cluster.scheduler.handlers["gather"]

        async def lose(keys, **others):
            for worker in cluster.scheduler.workers.values():
                os.kill(worker.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            return await gather(keys=keys, **others)

        monkeypatch.setitem(cluster.scheduler.handlers, "gather", lose)
        future = engine.executor.submit(answers_once, tmp_path / "mark")
        assert isinstance(future.exception(PATIENCE), distributed.KilledWorker)
