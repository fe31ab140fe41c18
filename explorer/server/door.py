"""What stands between the network and Gradio: every request passes here, and every answer.

A plain ASGI layer around all of Gradio's own, so that its refusals and errors pass here too.  It
knows who asks (`visitor`) and notices when they leave before they are answered.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from . import visitor


@asynccontextmanager
async def opened(app: Any) -> AsyncIterator[None]:
    """The server's lifespan: the layer is put around the app before the first request is taken.
    (Gradio adds middleware of its own outside of what it is given; this one has to be outermost.)
    """
    app.middleware_stack = Door(app.middleware_stack)
    yield


class Door:
    """The layer itself."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        who = visitor.enter(scope)
        if _is_page(scope) and not visitor.known(scope):
            send = _giving_cookie(send)
        waited = scope["method"] == "POST" or _streams(scope["path"])
        if not waited:
            await self.app(scope, receive, send)
            return
        ear = _Ear(receive, send, lambda: [v.gone.set() for v in (who, *_joined(scope))])
        try:
            await self.app(scope, ear.receive, ear.send)
        finally:
            ear.done()


class _Ear:
    """Listens, after the request was read, for the client to leave before it has its answer.

    What the app below asks `receive` for, it gets: it may listen for the same thing.
    """

    def __init__(self, receive, send, lost):
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


def _is_page(scope) -> bool:
    return scope["method"] == "GET" and scope["path"].removeprefix(scope["root_path"]) in ("", "/")


def _giving_cookie(send):
    """send, with a first visitor's cookie on the answer."""
    value = f"{visitor.COOKIE}={visitor.new_cookie()}; Path=/; HttpOnly; SameSite=Lax"

    async def giving(message):
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"set-cookie", value.encode())]
        await send(message)

    return giving


def _streams(path: str) -> bool:
    """Whether somebody who joined the queue waits here for what comes of it."""
    return "/gradio_api/call/" in path or path.rstrip("/").endswith("/gradio_api/queue/data")


def _joined(scope) -> list[visitor.Visitor]:
    """Who joined the queue for what this stream of events waits for."""
    if scope["method"] != "GET":
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
