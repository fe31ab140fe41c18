"""The engine of a study: cells become answers, here, in processes of this machine, or elsewhere.

    for done in run(plan, folder=places.cache("studies"), workers=4): ...
    for done in run(plan, folder="answers", on="dask://host:8786"): ...

An answer that is kept is a file named by its question and written in one act.  So a study may be
stopped or killed anywhere and run again: only what is missing is measured; a longer plan measures
what is new; several processes may share one folder; and parts made apart are merged (merging).

What a cell answers depends on neither the engine nor the split: on one kind of processor, with as
many threads for a cell (threads=1 makes it so everywhere), the bytes are equal but for the seconds
that a cell took.
"""

import contextlib
import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..lab import cost, memory
from ..lab.source import Watch, current_device
from ..store.results import Results, digest_of
from .executors import Engine, elsewhere
from .pace import Pace
from .plan import Cell
from .processes import checked, processes
from .spread import Here, Spread, There, ready
from .ways import Part, Shard, Way, current
from .work import Answer, Facts, answer, using_threads


@dataclasses.dataclass(frozen=True)
class Done:
    """A cell that is answered.  value: None where it could not be measured; problem says why.
    known: it was kept before.  place: in the plan.  count of total: how far the study is; left:
    the seconds it still takes at the pace of its last cells, None while nothing is known.
    """

    cell: Cell
    value: dict[str, Any] | None
    place: int
    count: int
    total: int
    problem: str = ""
    known: bool = False
    left: float | None = None


def run(
    plan: Iterable[Cell],
    folder: Path | str | None = None,
    workers: int = 0,
    watch: Watch | None = None,
    executor: Executor | None = None,
    on: str = "",
    shard: str = "",
    threads: int = 0,
    options: Mapping[str, str] | None = None,
) -> Iterator[Done]:
    """Each cell as soon as it is answered; inline they come in the order of the plan, else those
    that are kept come first.

    folder: of the answers; without one nothing is kept.  workers: processes, one for each GPU in
    turn; 0 works in this one.  executor: whoever should work instead; it must see the same folder.
    on: dask://HOST:PORT, slurm, or local (submitit without SLURM), with `options` of the jobs.
    shard: "2/8" answers the second of eight parts only.  threads: of each cell's arithmetic.
    watch() may raise Cancelled at any step; a generator that is closed stops its processes too.
    A cell that cannot be measured is told of and not kept; the others go on.  What is not said
    here is as study.ways has it.
    """
    how = _how(on, shard, threads, options)
    folder = how.folder if folder is None else folder
    workers = workers or (0 if how.on else how.workers)
    cells, results = list(plan), None if folder is None else Results(Path(folder))
    if how.shard is None:
        chosen = list(range(len(cells)))
    else:
        if results is not None:
            results.begin()  # a part may have no cells
        chosen = [i for i, cell in enumerate(cells) if how.shard.has(_digest(cell))]
    count, problems = 0, 0
    inline = executor is None and not how.on and checked(workers) < 1
    missing = lambda after: _missing([cells[i] for i in chosen[after:]], results)
    pace = Pace(len(chosen), missing=missing if inline else None)  # else those kept come first
    made = _inline if inline else _by_workers
    for i, (value, problem, known) in made(
        {i: cells[i] for i in chosen}, results, watch, how, workers, executor
    ):
        count += 1
        problems += bool(problem)
        left = pace.after(not known)
        done = Done(cells[i], value, i, count, len(chosen), problem, known, left)
        if how.tell is not None:
            how.tell(done)
        yield done
    if how.shard is not None and not shard:
        raise Part(how.shard, count, len(cells), problems)


def _how(on: str, shard: str, threads: int, options: Mapping[str, str] | None) -> Way:
    given: dict[str, Any] = {
        "on": on,
        "shard": Shard.of(shard),
        "threads": threads,
        "options": options,
    }
    return dataclasses.replace(current(), **{k: v for k, v in given.items() if v})


def _digest(cell: Cell) -> str:
    """Of its question; nothing where it cannot be asked, which will be said when it is measured."""
    try:
        return digest_of(cell.question)
    except UserError:
        return ""


def _missing(cells: list[Cell], results: Results | None) -> int:
    """How many are not kept, by their names alone."""
    there = set() if results is None else results.digests()
    return sum(_digest(cell) not in there for cell in cells) if there else len(cells)


Cells = dict[int, Cell]  # by their place in the plan


def _inline(
    cells: Cells, results: Results | None, watch: Watch | None, how: Way, *_: Any
) -> Iterator[tuple[int, Answer]]:
    for i, cell in cells.items():
        if watch is not None:
            watch()
        with using_threads(how.threads):
            found = answer(cell, results, watch)
        yield i, found


def _by_workers(
    cells: Cells,
    results: Results | None,
    watch: Watch | None,
    how: Way,
    workers: int,
    executor: Executor | None,
) -> Iterator[tuple[int, Answer]]:
    digests, missing = {}, {}
    there = results.digests() if results is not None else set()
    for i, cell in cells.items():
        digests[i] = _digest(cell)
        value = _kept(cell, results) if digests[i] in there else None
        if value is None:
            missing[i] = cell
        else:
            yield i, (value, "", True)
    if not missing:
        return
    with _hands(how, min(workers, len(missing)), executor, results) as (hands, facts):
        spread = Spread(hands, missing, digests, facts, results)
        if isinstance(hands, There) and hands.engine.jobs:
            spread.in_jobs(hands.engine.jobs)
        yield from spread.answers(watch)


@contextlib.contextmanager
def _hands(
    how: Way, workers: int, executor: Executor | None, results: Results | None
) -> Iterator[tuple[Here | There, Facts | None]]:
    """Who works, and what is said to them."""
    if executor is not None:
        many = getattr(executor, "_max_workers", None) or os.cpu_count() or 1
        yield There(Engine(executor, lambda: 2 * many)), None
    elif how.on:
        threads = how.threads or int(how.options.get("cpus", 1))
        facts = Facts(threads, how.device, cost.WORK_LIMIT)
        folder = None if results is None else results.folder.absolute()
        with elsewhere(how.on, folder, how.options) as engine:
            if not engine.jobs:
                ready(engine, facts)
            yield There(engine), facts
    else:
        threads = how.threads or max(1, (os.cpu_count() or 1) // workers)
        facts = Facts(
            threads, str(current_device().device), cost.WORK_LIMIT, memory=memory.ACCOUNT.limit
        )
        with processes(workers, facts) as lanes:
            yield Here(lanes), facts


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
