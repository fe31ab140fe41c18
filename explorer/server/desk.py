"""Which request of each open page is the newest, and how far it is."""

import threading
import time
from collections import OrderedDict

from ..errors import Cancelled
from .turn import breathe

TELLS = 2.0  # seconds of work after which it is said how much is left
PAGES = 512  # open pages whose newest request is remembered


class Desk:
    """The newest request of each open page; what is older is cancelled."""

    def __init__(self):
        self._lock = threading.Lock()
        self._newest: OrderedDict[str, float] = OrderedDict()
        self._acted: dict[str, float] = {}  # the newest of a person; others follow of themselves
        self._progress: dict[str, dict] = {}

    def arrive(self, page: str, number: float, follows: bool = False) -> None:
        if not page:  # callers without a name have nothing to do with each other
            return
        with self._lock:
            self._newest[page] = max(number, self._newest.get(page, 0))
            self._newest.move_to_end(page)
            if not follows:
                self._acted[page] = self._newest[page]
            while len(self._newest) > PAGES:
                old, _ = self._newest.popitem(last=False)
                self._progress.pop(old, None)
                self._acted.pop(old, None)

    def cancel(self, page: str) -> None:
        """Whatever this page waits for is no longer wanted."""
        with self._lock:
            if page in self._newest:
                self._newest[page] += 0.5
                self._acted[page] = self._newest[page]

    def watch(self, page: str, number: float, what: str, total: int):
        """A function that counts steps and raises Cancelled once a newer request is there, or the
        client has left; its `check` raises without counting.  Both rest while others come first.
        Its `more` adds steps to those that are to be counted."""
        state = {"what": what, "done": 0, "total": total, "since": time.monotonic()}
        self._progress[page] = state

        def check() -> None:
            if self._newest.get(page, 0) > number:
                raise Cancelled
            breathe()

        def tick() -> None:
            state["done"] = min(state["done"] + 1, state["total"])
            check()

        def more(steps: int) -> None:
            state["total"] += steps

        tick.check, tick.more = check, more
        return tick

    def check(self, page: str, number: float):
        """A function that raises Cancelled once a person wants another view."""

        def check() -> None:
            if self._acted.get(page, 0) > number:
                raise Cancelled

        return check

    def yielding(self, page: str):
        """A `check` for what is asked beside the views: it yields to what a person does next."""
        return self.check(page, self._acted.get(page, 0))

    def progress(self, page: str) -> dict:
        """{what, done, total} and, once that can be said, the seconds left; of a page that waits
        for nothing, nothing."""
        state = dict(self._progress.get(page, {}))
        spent = time.monotonic() - state.pop("since", 0.0)
        if 0 < state.get("done", 0) <= state.get("total", 0) and spent > TELLS:
            state["left"] = round(spent / state["done"] * (state["total"] - state["done"]), 1)
        return state


DESK = Desk()
