"""Work in a thread of the server: for what waits more than it computes, such as a download."""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import Cancelled, UserError
from ..memo import size_of
from . import logs

FAULT = "The measurement stopped on a fault of its own ({}); the server's log has more."


class Here:
    """A generator of rows and how they are shown; it is asked to stop at each row."""

    def __init__(
        self,
        rows: Callable[[Callable[[], None]], Iterator[Any]],
        total: int,
        show: Callable[[list], dict] = lambda rows: {},
        long: bool = False,
    ):
        self.rows: list[Any] = []
        self.total, self.long = total, long
        self._make, self._show = rows, show
        self._why, self._stop = "", threading.Event()
        self._by = logs.current()

    def begin(self, ended: Callable[[str | None], None]) -> None:
        threading.Thread(target=self._run, args=(ended,), daemon=True).start()

    def stop(self, why: str) -> None:
        self._why = self._why or why
        self._stop.set()

    def news(self) -> dict[str, Any]:
        rows = list(self.rows)
        return {"count": len(rows), **(self._show(rows) if rows else {})}

    def size(self) -> int:
        return size_of(self.rows)

    def _run(self, ended: Callable[[str | None], None]) -> None:
        problem: str | None = None
        logs.asks(self._by)
        try:
            for row in self._make(self._watch):
                self.rows.append(row)
                self._watch()
        except Cancelled:
            problem = self._why
        except UserError as error:
            problem = str(error)
        except Exception as error:  # ours to mend: it goes to the log, and the page must not wait
            logging.getLogger(__name__).exception("of a measurement")
            problem = FAULT.format(type(error).__name__)
        ended(problem)

    def _watch(self) -> None:
        if self._stop.is_set():
            raise Cancelled
