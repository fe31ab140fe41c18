"""To notice that a client leaves before it has its answer."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

from . import visitor

STREAM = re.compile(r"/gradio_api/+(call/|heartbeat/|queue/data|upload_progress)")


class Ear:
    """Listens, after the request was read, for the client to leave before it has its answer.

    What the app below asks `receive` for, it gets: it may listen for the same thing.
    """

    def __init__(self, receive, send, lost: Callable[[], Any]):
        self._receive, self._send, self._lost = receive, send, lost
        self._answered = False
        self._watch: asyncio.Task | None = None

    async def receive(self):
        if self._watch is None:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._note()
            elif not message.get("more_body"):
                self._watch = asyncio.create_task(self._listen())
            return message
        return await asyncio.shield(self._watch)

    async def send(self, message):
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._answered = True  # the server calls a request that is answered disconnected too
        await self._send(message)

    def done(self) -> None:
        self._answered = True
        if self._watch is not None:
            self._watch.cancel()

    async def _listen(self):
        message = await self._receive()
        self._note()
        return message

    def _note(self) -> None:
        if not self._answered:
            self._lost()


def streams(path: str) -> bool:
    """Whether an answer lasts: what comes of a call in the queue, how an upload gets on, a sign
    of life."""
    return bool(STREAM.search(path))


def joined(scope) -> list[visitor.Visitor]:
    """Who joined the queue for what this stream of events waits for."""
    if scope["method"] != "GET" or not re.search(r"/(call/|queue/data)", scope["path"]):
        return []
    events = list(scope["app"].get_blocks()._queue.event_ids_to_events.values())
    name = scope["path"].rstrip("/").rpartition("/")[2]
    if name == "data":
        query = scope["query_string"].decode("latin-1")
        mine = [e for e in events if f"session_hash={e.session_hash}" in query.split("&")]
    else:
        mine = [e for e in events if e._id == name]
    found = (e.request.scope.get(visitor.PLACE) for e in mine if e.request is not None)
    return [v for v in found if v is not None]
