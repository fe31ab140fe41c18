"""What a request may bring along, and how long it may take over it.

All but uploads are read whole before anything looks at them: what is too large is refused before it
is parsed, also where no length was declared, and what trickles in keeps nobody busy.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

LARGEST = 8 << 20  # bytes of a call; lists of noise levels and settings are far below
LOGIN = 64 << 10  # bytes of a name and a password
HELD = 96 << 20  # bytes of all the calls that are being read or answered
PATIENCE = 20.0  # seconds in which a call must have come, and an upload its first megabyte
PACE = 16 << 10  # bytes a second that an upload must keep up after that; a slow phone does 50 kB
LINGER = 5.0  # seconds in which a client may go on sending what is refused, so that it reads why
EXTRA = 1 << 20  # bytes of an upload's form around its file


class Refused(Exception):
    """A body that is not taken: status and sentence."""

    def __init__(self, status: int, sentence: str):
        self.status, self.sentence = status, sentence


class Left(Exception):
    """The client went away before it had sent what it meant to."""


class Reader:
    """Reads bodies, and knows how much all of them hold."""

    def __init__(self):
        self.held = 0

    @contextlib.asynccontextmanager
    async def taking(self, scope, receive: Receive, limit: int = LARGEST) -> AsyncIterator[bytes]:
        """The body of a call, held until it is answered.  Raises Refused or Left."""
        body = await self.whole(scope, receive, limit)
        try:
            yield body
        finally:
            self.held -= len(body)

    async def whole(self, scope, receive: Receive, limit: int = LARGEST) -> bytes:
        """The body of a call, which counts as held from now on.  Raises Refused or Left."""
        length = _declared(scope)
        if length is not None and length > limit:
            await _drain(scope, receive)
            raise Refused(413, f"A request of {_mb(length)} is too large; {_mb(limit)} works.")
        pieces, size = [], 0
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Left
                    piece = message.get("body", b"")
                    size += len(piece)
                    self.held += len(piece)
                    if size > limit:
                        await _drain(scope, receive)
                        raise Refused(413, f"This request is too large; {_mb(limit)} works.")
                    if self.held > HELD:
                        raise Refused(503, "This server holds too many requests; try again soon.")
                    pieces.append(piece)
                    if not message.get("more_body"):
                        return b"".join(pieces)
        except TimeoutError:
            self.held -= size
            raise Refused(408, f"The request did not come within {PATIENCE:.0f} s.") from None
        except (Refused, Left, asyncio.CancelledError):
            self.held -= size
            raise


class Upload:
    """The body of an upload as it comes: `receive` for the app, which hears that the client has
    left once the upload is `refused`, for its size or its pace."""

    def __init__(self, scope, receive: Receive, largest: float):
        self._scope, self._receive = scope, receive
        self._limit = largest + EXTRA
        self._size, self._began = 0, asyncio.get_running_loop().time()
        self._complete = False
        self.refused: Refused | None = None

    async def receive(self) -> Message:
        if self.refused:
            return {"type": "http.disconnect"}
        if self._complete:
            return await self._receive()
        length = _declared(self._scope) or 0
        if length > self._limit:
            return await self._refuse(413, f"{_mb(length)} is too large to be uploaded here.")
        allowed = PATIENCE + self._size / PACE
        now = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(max(0.0, self._began + allowed - now)):
                message = await self._receive()
        except TimeoutError:
            return await self._refuse(408, "The upload came too slowly and was stopped.")
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            return await self._refuse(413, "This is too large to be uploaded here.")
        self._complete = not message.get("more_body")
        return message

    async def _refuse(self, status: int, sentence: str) -> Message:
        if status == 413:
            sentence += f" At most {_mb(self._limit - EXTRA)} works."
            await _drain(self._scope, self._receive)
        self.refused = Refused(status, sentence)
        return {"type": "http.disconnect"}


def again(body: bytes, receive: Receive) -> Receive:
    """receive, from the beginning, of a body that was read."""
    given = False

    async def once_more() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once_more


async def _drain(scope, receive: Receive) -> None:
    """Take in for a while what is refused: who is cut off in mid-sentence reads no answer."""
    if any(key == b"expect" for key, _ in scope["headers"]):  # it waits to be told whether to send
        return
    try:
        async with asyncio.timeout(LINGER):
            while (message := await receive())["type"] == "http.request":
                if not message.get("more_body"):
                    return
    except TimeoutError:
        return


def _declared(scope) -> int | None:
    for key, value in scope["headers"]:
        if key == b"content-length" and value.isdigit():
            return int(value[:20])
    return None


def _mb(size: float) -> str:
    return f"{size / 2**20:,.4g} MB"
