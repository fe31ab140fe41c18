"""One cell whose measure shows how far it is: a training or a search, kept like any other cell.

    for stage in live(cell, stages, plain, read, folder): ...

What is kept is read and shown at once; a study that is shared out tells only of the end.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from ..lab.source import Watch
from ..store.results import Results
from . import engine
from .plan import Cell
from .ways import current
from .work import using_threads

Stage = TypeVar("Stage")


def live(
    cell: Cell,
    stages: Callable[[], Iterator[Stage]],
    plain: Callable[[Stage], dict[str, Any]],
    read: Callable[[dict[str, Any]], Stage],
    folder: Path | None = None,
    workers: int = 0,
    watch: Watch | None = None,
) -> Iterator[Stage]:
    """The stages of a cell as they come; of one that is kept or measured elsewhere, only the last.

    stages: the measure of the cell, as it goes; plain: its last stage as the cell's answer; read:
    the other way.  For folder, workers and watch see `engine.run`.
    """
    how = current()
    folder = how.folder if folder is None else folder
    results = None if folder is None else Results(Path(folder))
    away = workers or how.workers or how.on or how.shard is not None
    if away or (results is not None and results.get(cell.question) is not None):
        ((_, value),) = engine.values(engine.run([cell], folder, workers, watch))
        yield read(value)
        return
    with using_threads(how.threads):
        for stage in stages():
            yield stage
    value = plain(stage)
    if results is not None:
        results.put(cell.question, value)
    if how.tell is not None:
        how.tell(engine.Done(cell, value, 0, 1, 1))
