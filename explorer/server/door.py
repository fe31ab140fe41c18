"""What stands between the network and Gradio: every request passes here, and every answer.

A plain ASGI layer around all of Gradio's own, so that its refusals and errors pass here too.  It
knows who asks (`visitor`) and notices when they leave before they are answered (`leaving`).  It
turns away who comes by a foreign name or from a foreign page (`hosts`), what asks for more than is
here (`paths`, `calls`), brings too much or too slowly (`bodies`, `idle`) or guesses passwords
(`knocks`).  What it refuses, it refuses with a sentence, before Gradio has looked; where Gradio
refuses, it sees to the sentence (`sentences`).  Each request has an id and leaves a line in the log
(`lines`), and whoever watches over the server asks here how it is (`health`).
"""

import asyncio
import json
import math
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from ..lab import experiment
from . import (
    beat,
    bodies,
    calls,
    headers,
    health,
    hosts,
    idle,
    knocks,
    leaving,
    lines,
    paths,
    sentences,
    stopping,
    visitor,
)
from .turns import ROOM

STREAMS = 64  # answers that one visitor listens to at the same time; each open tab is one or two
ALL_STREAMS = 4096
TOOLS = "/mcp"  # where those of `--mcp` are asked for


class Door:
    """The layer itself; names: those it answers to, what: its headers say."""

    def __init__(self, names: hosts.Names | None = None, what: headers.Headers | None = None):
        self.names = names or hosts.Names()
        self.headers = what or headers.Headers()
        self.app: Any = None
        self.server: Any = None  # uvicorn's, once it is known
        self.knocks = knocks.Knocks()
        self.health = health.Health()
        self.tools: Any = None  # `mcp`'s, where the owner wants them
        self._reader = bodies.Reader()
        self._streams: Counter[str] = Counter()

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        """Put the layer around the app before its server takes the first request.  (Gradio adds
        middleware of its own outside of what it is given; this one has to be outermost.)"""
        self.app, app.middleware_stack = app.middleware_stack, self
        watch = asyncio.create_task(idle.Watch().forever(self))
        async with self.tools.running() if self.tools else nullcontext():
            yield
        watch.cancel()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        line = lines.Line(self.headers.on(send), scope, lines.begin(scope))
        try:
            await self._answer(scope, receive, line)
        except bodies.Refused as no:
            await refuse(scope, line, no.status, no.sentence)
        except bodies.Left:
            pass
        finally:
            line.end()

    async def _answer(self, scope, receive, send):
        path, method = paths.local(scope), scope["method"]
        if no := self._refusal(scope):
            await refuse(scope, send, *no)
        elif beat.asked(path, method):
            await beat.answer(send if visitor.known(scope) else self._naming(send))
        elif path == health.PATH and method in ("GET", "HEAD"):
            device = experiment.current_device().label
            await self.health.answer(send, method == "HEAD", device=device, waiting=ROOM.line)
        elif self.health.stopping and method not in ("GET", "HEAD"):
            await refuse(scope, send, 503, stopping.REFUSED, ((b"retry-after", b"10"),))
        elif self._is_tool(scope):
            await self.tools.answer(scope, receive, send, self._reader, self.knocks)
        else:
            await self._enter(scope, receive, sentences.Worded(send))

    def _refusal(self, scope) -> tuple[int, str] | None:
        page = paths.opens_page(scope)
        no = hosts.refusal(scope, self.names, page)
        return no or (None if self._is_tool(scope) else paths.refusal(scope))

    def _is_tool(self, scope) -> bool:
        return self.tools is not None and paths.local(scope).rstrip("/") == TOOLS

    async def _enter(self, scope, receive, send):
        paths.without_gradios_keys(scope)
        paths.find_upload(scope)
        who = visitor.enter(scope)
        if scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            await self._call(scope, receive, send, who)
        elif no := calls.of_event(paths.local(scope), scope["app"].get_blocks()):
            await refuse(scope, send, *no)
        elif leaving.streams(scope["path"]):
            await self._stream(scope, receive, send, who)
        else:
            if paths.opens_page(scope) and not visitor.known(scope):
                send = self._naming(send)
            await self.app(scope, receive, send)

    def _naming(self, send):
        return _giving_cookie(send, self.headers.cookie)

    async def _call(self, scope, receive, send, who):
        """What has a body: an upload as it comes, all else once it is there."""
        path = paths.local(scope).rstrip("/")
        if path == "/gradio_api/upload":
            await self._upload(scope, receive, send, who)
            return
        limit = bodies.LOGIN if path == "/login" else bodies.LARGEST
        async with self._reader.taking(scope, receive, limit) as body:
            receive = bodies.again(paths.meant(body), receive)
            kind = dict(scope["headers"]).get(b"content-type", b"")
            if no := calls.refusal(path, kind, body, scope["app"].get_blocks()):
                await refuse(scope, send, *no)
            elif path == "/login":
                await self._login(scope, receive, send)
            else:
                await self._heard(scope, receive, send, who)

    async def _heard(self, scope, receive, send, who):
        """Have the app answer, and tell the visitor's work when nobody waits for it any more."""
        ear = leaving.Ear(
            receive, send, lambda: [v.gone.set() for v in (who, *leaving.joined(scope))]
        )
        try:
            await self.app(scope, ear.receive, ear.send)
        finally:
            ear.done()

    async def _stream(self, scope, receive, send, who):
        """Answers that last for as long as somebody listens."""
        if self._streams[who.name] >= STREAMS or self._streams.total() >= ALL_STREAMS:
            await refuse(scope, send, 429, "Too many answers are waited for; close some pages.")
            return
        self._streams[who.name] += 1
        try:
            await self._heard(scope, receive, send, who)
        finally:
            self._streams[who.name] -= 1
            if not self._streams[who.name]:
                del self._streams[who.name]

    async def _upload(self, scope, receive, send, who):
        largest = scope["app"].get_blocks().max_file_size
        upload = bodies.Upload(scope, receive, float("inf") if largest is None else largest)
        said = _Said(send, upload)
        try:
            await self._heard(scope, upload.receive, said, who)
        except Exception as error:  # noqa: BLE001 (of its form or the disk: told and noted)
            if upload.refused is None:
                sentences.log.exception("an upload failed")
                upload.refused = bodies.Refused(*sentences.of_upload(error))
        if upload.refused and not said.begun:
            await refuse(scope, send, upload.refused.status, upload.refused.sentence)

    async def _login(self, scope, receive, send):
        """A password: not yet, if its address sent wrong ones before; then what Gradio says."""
        address = visitor.address(scope)
        if wait := math.ceil(self.knocks.wait(address)):
            sentence = f"Wrong passwords came from your address; try again in {wait} s."
            await refuse(scope, send, 429, sentence, ((b"retry-after", str(wait).encode()),))
            return
        if pause := self.knocks.pause():
            await asyncio.sleep(pause)

        async def noting(message):
            if message["type"] == "http.response.start" and message["status"] == 400:
                self.knocks.wrong(address)
            await send(message)

        await self.app(scope, receive, noting)


class _Said:
    """send, for an upload: knows whether an answer has begun, says nothing once the door refuses,
    and does not tell where the file lies."""

    def __init__(self, send, upload: bodies.Upload):
        self._send, self._upload = send, upload
        self._start: Any = None
        self.begun = self._failed = False

    async def __call__(self, message):
        self._failed |= message.get("status") == 500  # why comes as an exception, after this
        if self._failed or (self._upload.refused is not None and not self.begun):
            return
        self.begun = True
        if message.get("status") == 200:
            self._start = message
            return
        if self._start is not None:  # a list of names, in one piece
            start, self._start = self._start, None
            message = {**message, "body": paths.told(message.get("body", b""))}
            fields = [pair for pair in start["headers"] if pair[0] != b"content-length"]
            length = (b"content-length", str(len(message["body"])).encode())
            await self._send({**start, "headers": [*fields, length]})
        await self._send(message)


async def refuse(scope, send, status: int, sentence: str, more: Iterable = ()) -> None:
    """Answer with a sentence, as JSON, and read no more from this client; more: headers."""
    body = json.dumps({"error": sentence, "detail": sentence}, ensure_ascii=False).encode()
    fields = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    body = b"" if scope["method"] == "HEAD" else body
    await send({"type": "http.response.body", "body": body})


def _giving_cookie(send, where: str):
    """send, with a first visitor's cookie on the answer; where: what it says of where it goes."""
    value = f"{visitor.COOKIE}={visitor.new_cookie()}; Path=/; HttpOnly; {where}"

    async def giving(message):
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"set-cookie", value.encode())]
        await send(message)

    return giving
