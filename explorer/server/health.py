"""Whether this server can do its work, for whoever watches over it: /healthz.

Ready is a server that has just run something: a few samples of the usual view, on its device, at
most every TRIES seconds and only when somebody asks.  A busy one is ready, one that hangs is not.
It needs no password, and says nothing of visitors or folders.
"""

import asyncio
import contextlib
import itertools
import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from .. import __version__

PATH = "/healthz"
TRIES = 10.0  # seconds between two tries
STUCK = 60.0  # seconds of one try after which the server does not count as ready
FIRST = 5.0  # seconds that a question waits for a try to end
STARTING = "The first run is under way."
STOPPING = "The server is stopping."
FAILED = "A run failed; the server’s log says why."
LATE = "A run has not ended for {:.0f} s."

_seeds = itertools.count(1)


def trial() -> None:
    """Run a little of what visitors run; never the same, or it would only be remembered."""
    from ..lab.experiment import Experiment, run

    run(Experiment(samples=4, nfe=5, seed=next(_seeds) % 10_000))


class Health:
    """What is known of this server.  try_: raises what is wrong; clock: seconds."""

    def __init__(
        self, try_: Callable[[], Any] = trial, clock: Callable[[], float] = time.monotonic
    ):
        self._try, self._clock = try_, clock
        self._born = clock()
        self._lock = threading.Lock()
        self._since: float | None = None  # when the try under way began
        self._ended: float | None = None
        self._works = False
        self.stopping = False

    async def answer(self, send: Any, head: bool = False, **facts: Any) -> None:
        """200 or 503 with what is known, as JSON; facts: more to tell."""
        await self._look()
        why = self.why()
        said = {
            "ready": not why,
            **({"why": why} if why else {}),
            "version": __version__,
            "uptime": round(self._clock() - self._born, 1),
            **facts,
        }
        body = json.dumps(said, ensure_ascii=False).encode()
        fields = [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ]
        status = 503 if why else 200
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": b"" if head else body})

    def why(self) -> str:
        """Why it is not ready, in a sentence; empty if it is."""
        with self._lock:
            late = 0.0 if self._since is None else self._clock() - self._since
            if self.stopping:
                return STOPPING
            if late > STUCK:
                return LATE.format(late)
            if self._ended is None:
                return STARTING
            return "" if self._works else FAILED

    async def _look(self) -> None:
        """Begin a try if the last one is old; wait for it a little."""
        with self._lock:
            old = self._ended is None or self._clock() - self._ended > TRIES
            begins = old and self._since is None and not self.stopping
            if begins:
                self._since = self._clock()
        if not begins:
            return
        done, loop = asyncio.Event(), asyncio.get_running_loop()

        def work() -> None:
            self._run()
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(done.set)

        threading.Thread(target=work, name="health", daemon=True).start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST):
                await done.wait()

    def _run(self) -> None:
        works = False
        try:
            self._try()
            works = True
        except Exception:
            logging.getLogger("explorer").exception("a trial run failed")
        with self._lock:
            self._works, self._ended, self._since = works, self._clock(), None
