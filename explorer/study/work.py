"""What a worker of a study does, wherever it runs: a batch of cells becomes answers.

    answer(cell, results, watch) -> (value, problem, known)      one cell
    work(batch) -> Worked                                        several, for an engine

The answers of a batch are kept one by one where the worker sees the folder of the study; else they
come back and are kept by whoever asked.
"""

import contextlib
import dataclasses
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import Cancelled, UserError
from ..lab import cost, memory
from ..lab.source import Watch, use_device
from ..store.results import Results, digest_of
from .plan import Cell

Answer = tuple[dict[str, Any] | None, str, bool]  # (value, problem, whether it was kept before)
_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Facts:
    """What all workers of a study have in common.  threads: of each cell's arithmetic; two studies
    give equal bytes on one kind of CPU where these are equal.  limit: of work, lab.cost.  memory:
    bytes that views may hold there, for what does not fit here is to fit nowhere; 0: as it is.
    """

    threads: int
    device: str
    limit: float
    version: str = __version__
    memory: float = 0


@dataclasses.dataclass(frozen=True)
class Batch:
    """Cells with the digests of their questions.  facts: None leaves the process as it is; folder:
    None where the worker does not see it.
    """

    cells: tuple[Cell, ...]
    digests: tuple[str, ...]
    facts: Facts | None
    folder: Path | None = None


@dataclasses.dataclass(frozen=True)
class Worked:
    """The answers of a batch, in its order, and the seconds that it took."""

    answers: tuple[Answer, ...]
    seconds: float


def answer(cell: Cell, results: Results | None, watch: Watch | None, question: str = "") -> Answer:
    """What is kept, or what is measured and then kept.  A cell that raises is a problem of its own;
    Cancelled and what cannot be saved end the study.
    """
    try:
        question = question if results is None else question or cell.question
        if results is not None and (value := results.get(question)) is not None:
            return value, "", True
        value = cell.measure(cell.experiment, watch)
    except UserError as error:
        return None, str(error), False
    except Cancelled:
        raise
    except Exception as error:  # noqa: BLE001  it is logged, and said of this cell alone
        _log.exception("A cell of a study failed")
        return None, failed(error), False
    if results is not None:
        results.put(question, value)
    return value, "", False


def failed(error: BaseException) -> str:
    """A sentence for what no measure foresaw: its kind, and no word of where it was."""
    short = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    if short:
        return "It does not fit into the memory there is; fewer samples or workers may."
    return f"It failed with {type(error).__name__}; the log of who measured it says where."


def work(batch: Batch) -> Worked:
    """In a worker: answer the cells of a batch, until the study stops."""
    began = time.perf_counter()
    if batch.facts is not None:
        set_up(batch.facts)
    results = None if batch.folder is None else Results(batch.folder)
    asked = zip(batch.cells, batch.digests, strict=True)
    found = tuple(_checked(cell, digest, results) for cell, digest in asked)
    return Worked(found, time.perf_counter() - began)


def _checked(cell: Cell, digest: str, results: Results | None) -> Answer:
    """Only the question that was asked is answered: elsewhere a name may stand for another file."""
    wanted()
    question = ""
    if digest:
        try:
            question = cell.question
        except UserError as error:
            return None, str(error), False
        if digest_of(question) != digest:
            return None, "Its worker has other weights or another version of a measure.", False
    return answer(cell, results, wanted, question)


_ready: list[Facts] = []
_setting_up = threading.Lock()


def set_up(facts: Facts) -> None:
    """Set up this process for a study, its memory once.

    Raises UserError for another version of this code."""
    if facts.version != __version__:
        raise UserError(
            f"A worker has version {__version__} of the explorer, the study {facts.version}; "
            "install the same on both."
        )
    import torch

    torch.set_num_threads(facts.threads)  # of this thread of a worker that has several
    with _setting_up:
        if _ready != [facts]:
            cost.WORK_LIMIT = facts.limit
            if facts.memory:
                memory.use(facts.memory)
            use_device(facts.device, "float32")
            _ready[:] = [facts]


@contextlib.contextmanager
def using_threads(count: int) -> Iterator[None]:
    """So many threads for the arithmetic in here; 0 leaves them as they are."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


stop: list[Any] = []  # in a process of a study: the event that ends it


def wanted() -> None:
    """Raises Cancelled once the study of this process has stopped."""
    if stop and stop[0].is_set():
        raise Cancelled
