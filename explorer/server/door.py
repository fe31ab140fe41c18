"""What stands between the network and Gradio: every request passes here, and every answer.

A plain ASGI layer around all of Gradio's own, so that its refusals and errors pass here too.  It
knows who asks (`visitor`) and notices when they leave before they are answered; it turns away who
comes by a foreign name or from a foreign page (`hosts`), and what asks for more than is here
(`paths`).  What it refuses, it refuses with a sentence, before Gradio has looked.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from . import hosts, paths, visitor


class Door:
    """The layer itself; names: to which it answers."""

    def __init__(self, names: hosts.Names | None = None):
        self.names = names or hosts.Names()
        self.app: Any = None

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        """Put the layer around the app before its server takes the first request.  (Gradio adds
        middleware of its own outside of what it is given; this one has to be outermost.)"""
        self.app, app.middleware_stack = app.middleware_stack, self
        yield

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        elif no := self._refusal(scope):
            await refuse(scope, send, *no)
        else:
            await self._enter(scope, receive, send)

    def _refusal(self, scope) -> tuple[int, str] | None:
        page = paths.opens_page(scope)
        return hosts.refusal(scope, self.names, page) or paths.refusal(scope)

    async def _enter(self, scope, receive, send):
        paths.without_gradios_keys(scope)
        who = visitor.enter(scope)
        if paths.opens_page(scope) and scope["method"] == "GET" and not visitor.known(scope):
            send = _giving_cookie(send)
        if scope["method"] != "POST" and not _streams(scope["path"]):
            await self.app(scope, receive, send)
            return
        ear = _Ear(receive, send, lambda: [v.gone.set() for v in (who, *_joined(scope))])
        try:
            await self.app(scope, ear.receive, ear.send)
        finally:
            ear.done()


async def refuse(scope, send, status: int, sentence: str) -> None:
    """Answer with a sentence, as JSON, and read no more from this client."""
    body = json.dumps({"error": sentence, "detail": sentence}, ensure_ascii=False).encode()
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    body = b"" if scope["method"] == "HEAD" else body
    await send({"type": "http.response.body", "body": body})


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
