"""Cells among workers: batches out, answers back, and what is lost with a worker handed out anew.

A worker that ends takes its batch along.  Cells of it that were kept are read; the first that was
not is the one it ended with, where answers are kept one by one: that cell goes alone to another
worker, once.  Ends that one too, the cell says so, and the study goes on.  Where several batches
may wait for one worker, what was lost is tried again one after the other: whoever was beside the
cell that ends its worker is not beside it again.
"""

import time
from collections import Counter, deque
from collections.abc import Hashable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from typing import Protocol

from ..errors import Cancelled, UserError
from ..lab.source import Watch
from ..store.results import Results
from .executors import Engine
from .plan import Cell
from .processes import Lanes
from .work import Answer, Batch, Facts, Worked, work

PULSE = 0.1  # seconds between two questions whether a study is still wanted
SHARE, MOST = 0.1, 64  # seconds of a batch, and its cells
TRIES = 2  # of a cell whose worker ends
IN_VAIN = 10  # workers that end one after the other, and no cell is answered


class Hands(Protocol):
    """Whoever takes batches."""

    shared: bool
    apart: bool  # whether each batch has a worker to itself

    def free(self, taken: set[int]) -> int | None:
        """A place for one more batch beside those taken, or None."""
        ...

    def slots(self) -> int:
        """How many batches may be under way."""
        ...

    def give(self, lane: int, batch: Batch) -> Future:
        """Hand a batch to a place."""
        ...

    def revive(self, lane: int) -> None:
        """A place whose worker ended."""
        ...


class Here:
    """Processes of this machine."""

    shared = apart = True

    def __init__(self, lanes: Lanes):
        self.lanes, self.revive = lanes, lanes.revive

    def slots(self) -> int:
        return len(self.lanes.lanes)

    def free(self, taken: set[int]) -> int | None:
        return next((i for i in range(self.slots()) if i not in taken), None)

    def give(self, lane: int, batch: Batch) -> Future:
        return self.lanes.lanes[lane].submit(work, batch)


class There:
    """An executor that knows its workers itself."""

    def __init__(self, engine: Engine):
        self.engine, self.shared, self.apart = engine, engine.shared, engine.apart
        self.slots, self.given = engine.slots, 0

    def free(self, taken: set[int]) -> int | None:
        self.given += 1
        return self.given if len(taken) < self.slots() else None

    def give(self, lane: int, batch: Batch) -> Future:
        return self.engine.executor.submit(work, batch)

    def revive(self, lane: int) -> None:
        """It has its own."""


class Spread:
    """One study among hands.  cells by their place in the plan, with the digests of their
    questions; results: where answers are kept, or None.
    """

    def __init__(
        self,
        hands: Here | There,
        cells: dict[int, Cell],
        digests: dict[int, str],
        facts: Facts | None,
        results: Results | None,
    ):
        self.hands, self.cells, self.digests = hands, cells, digests
        self.facts, self.results = facts, results
        self.folder = results.folder if results is not None and hands.shared else None
        self.alike = {i: _alike(cell) for i, cell in cells.items()}
        self.queue = deque(together(self.alike))
        fair, many = _fair(len(self.queue), hands), Counter(self.alike.values())
        self.whole = {like for like, count in many.items() if count <= fair}  # for one worker each
        self.again = deque[tuple[int, ...]]()  # lost with a worker
        self.retried: set[Future] = set()  # of these, what is under way
        self.under: dict[Future, tuple[int, tuple[int, ...]]] = {}
        self.tries: Counter[int] = Counter()
        self.each = SHARE  # seconds of a cell, as the last batch took them
        self.in_vain = 0

    def answers(self, watch: Watch | None) -> Iterator[tuple[int, Answer]]:
        """(place, answer) as they come.  Raises UserError where no worker stays, Unsaved where
        nothing can be kept."""
        try:
            while self.queue or self.again or self.under:
                if watch is not None:
                    watch()
                self._give()
                for future in wait(self.under, PULSE, FIRST_COMPLETED).done:
                    yield from self._taken(future)
        finally:
            for future in self.under:
                future.cancel()

    def in_jobs(self, jobs: int) -> None:
        """Cut what is left into so many batches and hand them in together."""
        places, engine = list(self.queue), self.hands
        assert isinstance(engine, There)
        self.queue.clear()
        size = -(-len(places) // jobs)
        with engine.engine.together():
            for i in range(0, len(places), size):
                self._hand(-i - 1, tuple(places[i : i + size]))

    def _give(self) -> None:
        while self.queue or self.again:
            lane = self.hands.free({lane for lane, _ in self.under.values()})
            if lane is None:
                return
            if self.again and (self.hands.apart or not self.retried):
                self.retried.add(self._hand(lane, self.again.popleft()))
            elif self.queue:
                self._hand(lane, self._next())
            else:
                return

    def _hand(self, lane: int, places: tuple[int, ...]) -> Future:
        cells = tuple(self.cells[i] for i in places)
        digests = tuple(self.digests[i] for i in places)
        batch = Batch(cells, digests, self.facts, self.folder)
        future = self.hands.give(lane, batch)
        self.under[future] = lane, places
        return future

    def _next(self) -> tuple[int, ...]:
        """As many as take SHARE seconds and whoever shares a reference with the last of them, which
        two workers would make twice; of those who are many, few enough that all workers have some
        at the end."""
        fair = _fair(len(self.queue), self.hands)
        size = max(1, min(fair, int(SHARE / max(self.each, 1e-6))))
        taken = [self.queue.popleft() for _ in range(min(size, len(self.queue)))]
        like = self.alike[taken[-1]]
        most = len(self.cells) if like in self.whole else fair
        while self.queue and len(taken) < most and self.alike[self.queue[0]] == like:
            taken.append(self.queue.popleft())
        return tuple(taken)

    def _taken(self, future: Future) -> Iterator[tuple[int, Answer]]:
        lane, places = self.under.pop(future)
        self.retried.discard(future)
        try:
            made: Worked = future.result()
        except (UserError, Cancelled):
            raise
        except (Exception, CancelledError) as error:  # noqa: BLE001  whatever ended the worker
            self.hands.revive(lane)
            yield from self._lost(places, error)
            return
        self.in_vain, self.each = 0, made.seconds / len(places)
        for place, answer in zip(places, made.answers, strict=True):
            yield place, self._kept(place, answer)

    def _kept(self, place: int, answer: Answer) -> Answer:
        """Kept here, where the worker could not."""
        value, _, known = answer
        if self.folder is None and self.results is not None and value is not None and not known:
            self.results.put(self.cells[place].question, value)
        return answer

    def _lost(self, places: tuple[int, ...], error: BaseException) -> Iterator[tuple[int, Answer]]:
        """A worker ended in the middle of these."""
        left = []
        for place in places:
            if (value := self._found(place)) is None:
                left.append(place)
            else:
                self.in_vain = 0
                yield place, (value, "", False)
        if not left:
            return
        self.in_vain += 1
        if self.in_vain > IN_VAIN:
            raise UserError(f"{IN_VAIN} workers ended one after the other. {_why(error)}")
        if self.folder is None and len(left) > 1:  # nobody knows which it was
            self.again += [(place,) for place in left]
            return
        first, *rest = left
        self.tries[first] += 1
        if self.tries[first] < TRIES:  # it may have waited behind the one that ended its worker
            self.again.append((first,))
        else:
            yield first, (None, _why(error), False)
        if rest:
            self.again.append(tuple(rest))

    def _found(self, place: int) -> dict | None:
        if self.folder is None or self.results is None or not self.digests[place]:
            return None
        return self.results.get(self.cells[place].question)


def _fair(cells: int, hands: Hands) -> int:
    """Of so many cells, what one of the hands may take at once."""
    return min(MOST, max(1, cells // (3 * hands.slots())))


def _alike(cell: Cell) -> tuple:
    """What two cells have in common that share a model and a reference in a worker's memory."""
    e = cell.experiment
    return e.data, e.model, e.seed, e.samples


def together(alike: Mapping[int, Hashable]) -> list[int]:
    """Places in order, those that are alike one after the other."""
    groups: dict[Hashable, list[int]] = {}
    for place in sorted(alike):
        groups.setdefault(alike[place], []).append(place)
    return [place for group in groups.values() for place in group]


def _why(error: BaseException) -> str:
    """What is known of an end that nobody foresaw."""
    if isinstance(error, CancelledError):
        return "It was cancelled by whoever runs the workers. Run the study again to go on."
    return (
        f"Its worker ended by itself, perhaps for want of memory ({type(error).__name__}). What "
        "was measured is kept; run it again with fewer workers."
    )


def ready(engine: Engine, facts: Facts, patience: float = 60.0) -> None:
    """One batch of nothing.  Raises UserError where no worker is there or none can work."""
    future = engine.executor.submit(work, Batch((), (), facts))
    until = time.monotonic() + patience
    while not future.done() and time.monotonic() < until:
        wait([future], PULSE)
    if not future.done():
        future.cancel()
        raise UserError(f"No worker took a cell within {patience:.0f} s; is one there?")
    try:
        future.result()
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001  of another machine
        said = " ".join(str(error).split())[:200]
        raise UserError(
            f"The workers cannot work ({type(error).__name__}: {said}). Install the same version "
            "of the explorer there."
        ) from None
