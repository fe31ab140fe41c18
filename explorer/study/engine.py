"""The engine of a study: cells become answers, here or in processes of this machine.

    for done in run(plan, folder=places.cache("studies"), workers=4): ...

An answer that is kept is a file named by its question and written in one act.  So a study may be
stopped or killed anywhere and run again: only what is missing is measured; a longer plan measures
what is new; and several processes may share one folder.
"""

import contextlib
import dataclasses
import multiprocessing
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from typing import Any

from ..errors import Cancelled, UserError
from ..lab import cost
from ..lab.source import Watch, current_device, use_device
from ..store.results import Results
from .plan import Cell

PULSE = 0.1  # seconds between two questions whether a study is still wanted


@dataclasses.dataclass(frozen=True)
class Done:
    """A cell that is answered.  value: None where it could not be measured; problem says why.
    known: it was kept before.  place: in the plan.  count of total: how far the study is.
    """

    cell: Cell
    value: dict[str, Any] | None
    place: int
    count: int
    total: int
    problem: str = ""
    known: bool = False


def run(
    plan: Iterable[Cell],
    folder: Path | None = None,
    workers: int = 0,
    watch: Watch | None = None,
    executor: Executor | None = None,
) -> Iterator[Done]:
    """Each cell as soon as it is answered; inline they come in the order of the plan, else those
    that are kept come first.

    folder: of the answers; None keeps nothing.  workers: processes; 0 works in this one.
    executor: whoever should work instead of processes of ours; it must see the same folder.
    watch() may raise Cancelled at any step; a generator that is closed stops its processes too.
    A cell that raises UserError is told of and not kept; the others go on.
    """
    cells = list(plan)
    results = None if folder is None else Results(Path(folder))
    if executor is None and workers < 1:
        for i, cell in enumerate(cells):
            if watch is not None:
                watch()
            value, problem, known = _answer(cell, results, watch)
            yield Done(cell, value, i, i + 1, len(cells), problem, known)
        return
    missing, count = [], 0
    for i, cell in enumerate(cells):
        if (value := _kept(cell, results)) is None:
            missing.append(i)
            continue
        count += 1
        yield Done(cell, value, i, count, len(cells), known=True)
    if not missing:
        return
    made = contextlib.nullcontext(executor) if executor else _pool(min(workers, len(missing)))
    with made as pool:
        yield from _spread(pool, cells, missing, results, watch)


def in_order(done: Iterable[Done]) -> Iterator[Done]:
    """The same in the order of the plan, each once all before it are there."""
    held: dict[int, Done] = {}
    place = 0
    for d in done:
        held[d.place] = d
        while place in held:
            yield held.pop(place)
            place += 1


def values(done: Iterable[Done]) -> Iterator[tuple[Cell, dict[str, Any]]]:
    """Cells and their answers in order, for a study that needs them all.

    Raises UserError for the first that could not be measured.
    """
    for d in in_order(done):
        if d.value is None:
            raise UserError(d.problem)
        yield d.cell, d.value


def answered(plan: Iterable[Cell], folder: Path) -> int:
    """How many cells of a plan are kept in a folder."""
    results = Results(Path(folder))
    return sum(_kept(cell, results) is not None for cell in plan)


def _kept(cell: Cell, results: Results | None) -> dict[str, Any] | None:
    try:
        return None if results is None else results.get(cell.question)
    except UserError:  # it will be said when it is measured
        return None


def _answer(
    cell: Cell, results: Results | None, watch: Watch | None
) -> tuple[dict[str, Any] | None, str, bool]:
    """(value, problem, whether it was kept before); what is measured is kept."""
    try:
        question = "" if results is None else cell.question
        if results is not None and (value := results.get(question)) is not None:
            return value, "", True
        value = cell.measure(cell.experiment, watch)
    except UserError as error:
        return None, str(error), False
    if results is not None:
        results.put(question, value)
    return value, "", False


# Processes


def _spread(
    pool: Executor,
    cells: list[Cell],
    missing: list[int],
    results: Results | None,
    watch: Watch | None,
) -> Iterator[Done]:
    folder, count = results.folder if results is not None else None, len(cells) - len(missing)
    waiting: dict[Future, int] = {pool.submit(_work, cells[i], folder): i for i in missing}
    try:
        while waiting:
            if watch is not None:
                watch()
            for future in wait(waiting, PULSE, FIRST_COMPLETED).done:
                i = waiting.pop(future)
                value, problem, known = future.result()
                count += 1
                yield Done(cells[i], value, i, count, len(cells), problem, known)
    except BrokenProcessPool:
        raise UserError(
            "A process of the study ended by itself, perhaps for want of memory. What was "
            "measured is kept; run it again with fewer workers."
        ) from None
    finally:
        for future in waiting:
            future.cancel()


@contextlib.contextmanager
def _pool(workers: int) -> Iterator[Executor]:
    """Processes with the device and limits of this one; they stop with the block, or with us."""
    own = multiprocessing.get_context("spawn")  # a fork would copy locks that threads hold
    stop = own.Event()
    threads = max(1, (os.cpu_count() or 1) // workers)
    facts = (stop, threads, current_device().device.type, cost.WORK_LIMIT)
    pool = ProcessPoolExecutor(workers, own, _begin, facts)
    try:
        yield pool
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


_stop: list[Any] = []  # in a process of a study: the event that ends it


def _begin(stop, threads: int, device: str, limit: float) -> None:
    """Set up a process of a study."""
    import torch

    _stop[:] = [stop]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(threads)
    cost.WORK_LIMIT = limit
    use_device(device, "float32")


def _end_with_parent() -> None:
    """A process whose study was killed has nobody to work for."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _work(cell: Cell, folder: Path | None) -> tuple[dict[str, Any] | None, str, bool]:
    """In another process: answer a cell, until the study stops."""
    return _answer(cell, None if folder is None else Results(folder), _wanted)


def _wanted() -> None:
    if _stop and _stop[0].is_set():
        raise Cancelled
