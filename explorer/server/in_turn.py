"""The page's own functions, each called when its turn has come; who waits keeps no thread.

Gradio has forty threads for everything it does: a hundred requests that wait must not hold them.
"""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from ..errors import Cancelled, UserError
from ..lab.machine import flush_tiny
from . import visitor
from .answer import as_json
from .turn import POLL, Turn
from .turns import BEGUN, ROOM

THREADS = ThreadPoolExecutor(2 * BEGUN, "turn", flush_tiny)  # as many as ever begin


def in_turn(function: Callable[[Any], Any], about: Callable[[Any], tuple[int, str, float]]):
    """function(request) in a thread of its own, when its turn comes.

    about(request): its rank, its page and its number there; of any request, also of nonsense.
    """

    @functools.wraps(function)
    async def asked(request: dict):
        rank, page, number = about(request)
        try:
            return await when_served(lambda: function(request), rank, page, number)
        except Cancelled:
            return as_json({"stale": True})
        except UserError as error:
            return as_json({"problem": str(error)})

    return asked


def at_once(function: Callable[[Any], Any]):
    """function(request), of what takes no time: without a thread, so also while all are busy."""

    @functools.wraps(function)
    async def asked(request: str):
        return function(request)

    return asked


async def when_served(work: Callable[[], Any], rank: int, page: str = "", number: float = 0) -> Any:
    """What work() gives, in a thread of its own when its turn comes.  Raises what it raises,
    UserError where too many wait, and Cancelled where nobody wants it any more."""
    answer: Future = Future()
    context = copy_context()

    def compute(turn: Turn) -> Any:
        try:
            turn.check()
            with turn.working():
                return work()
        finally:
            ROOM.leave(turn)  # the next one begins before this answer is on its way

    def begin(turn: Turn) -> None:
        done = THREADS.submit(context.run, compute, turn)
        done.add_done_callback(lambda _: _pass_on(done, answer))

    def wake(turn: Turn) -> None:
        if turn.why is None:
            begin(turn)
        elif not answer.done():
            answer.set_exception(turn.why)

    turn = ROOM.enter(visitor.current(), rank, page, number, wake)
    told = asyncio.wrap_future(answer)
    try:
        while not (await asyncio.wait({told}, timeout=POLL))[0]:
            if turn.who.gone.is_set():
                ROOM.gone(turn)
    except asyncio.CancelledError:
        ROOM.gone(turn)
        raise
    return told.result()


def _pass_on(done: Future, answer: Future) -> None:
    if answer.done():
        return
    if (error := done.exception()) is not None:
        answer.set_exception(error)
    else:
        answer.set_result(done.result())
