"""The tools over the Model Context Protocol: POST /mcp, for `--mcp`.

One question, one answer, as JSON; no session and no stream stays open, so what bounds the page's
calls bounds these: the door's names, sizes and patience, the room's turns for each visitor.  Where
the page asks for a password, this does by HTTP's Basic scheme.
"""

import asyncio
import base64
import contextlib
import json
import math
from collections.abc import AsyncIterator, Callable
from typing import Any

from .. import __version__
from ..errors import Cancelled, UserError
from . import bodies, calls, leaving, lines, logs, sentences, tools, visitor
from .door import refuse
from .in_turn import when_served
from .knocks import Knocks
from .turn import FOLLOWS

LARGEST = 4 << 20  # bytes of a question
MISSING = "--mcp needs the package mcp, which is not here: pip install 'mcp>=1.30,<2'"
ONLY_POST = "Tools are asked for by POST, with JSON; no stream and no session is kept here."
NOBODY = "Nobody waits for this any more."
WHO = ((b"www-authenticate", b'Basic realm="Diffusion Sampler Explorer", charset="UTF-8"'),)
ABOUT = (
    "Samples diffusion models with real solvers on exact or trained denoisers and measures them. "
    "Errors are medians over samples with 95 % intervals. Say how large an error is with its "
    "interval, and that two are not told apart where the answer says so."
)


class Mcp:
    """The protocol's end here.  check: whether a name and a password are right; None asks for none.

    Raises UserError where the package is missing.
    """

    def __init__(self, check: Callable[[str, str], bool] | None = None):
        try:
            from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
        except ImportError:
            raise UserError(MISSING) from None
        self._check = check
        self._manager = StreamableHTTPSessionManager(_server(), json_response=True, stateless=True)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the server lives."""
        async with self._manager.run():
            yield

    async def answer(self, scope, receive, send, reader: bodies.Reader, knocks: Knocks) -> None:
        """One request that the door has let in.  Raises what the reader does."""
        who = visitor.enter(scope)
        if scope["method"] != "POST":
            await refuse(scope, send, 405, ONLY_POST, ((b"allow", b"POST"),))
            return
        if no := await self._stranger(scope, knocks):
            await refuse(scope, send, *no)
            return
        async with reader.taking(scope, receive, LARGEST) as body:
            if no := calls.unreadable(body):
                await refuse(scope, send, *no)
                return
            ear = leaving.Ear(bodies.again(body, receive), send, who.gone.set)
            try:
                await self._manager.handle_request(scope, ear.receive, ear.send)
            finally:
                ear.done()

    async def _stranger(self, scope, knocks: Knocks) -> tuple | None:
        """Why who asks may not, where there are passwords; wrong ones are slowed as the page's."""
        if self._check is None:
            return None
        address = visitor.address(scope)
        pair = _basic(scope)
        if pair is None:
            return 401, "This server asks for a name and a password (HTTP Basic).", WHO
        if wait := math.ceil(knocks.wait(address)):
            sentence = f"Wrong passwords came from your address; try again in {wait} s."
            return 429, sentence, ((b"retry-after", str(wait).encode()),)
        if pause := knocks.pause():
            await asyncio.sleep(pause)
        if self._check(*pair):
            return None
        knocks.wrong(address)
        return 401, "This name and password are not known here.", WHO


def _basic(scope) -> tuple[str, str] | None:
    """The name and the password that a request brings."""
    given = [v for k, v in scope["headers"] if k == b"authorization"]
    way, _, word = (given[0] if len(given) == 1 else b"").partition(b" ")
    if way.lower() != b"basic":
        return None
    try:
        name, colon, password = base64.b64decode(word, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (name, password) if colon else None


def _server() -> Any:
    """The package's server, with the tools."""
    from mcp.server.lowlevel import Server
    from mcp.types import CallToolResult, TextContent, Tool, ToolAnnotations

    server: Any = Server("diffusion-sampler-explorer", version=__version__, instructions=ABOUT)

    @server.list_tools()
    async def listed() -> list[Tool]:
        reads = ToolAnnotations(readOnlyHint=True, openWorldHint=False)
        return [
            Tool(name=name, description=t.about, inputSchema=t.schema, annotations=reads)
            for name, t in tools.tools().items()
        ]

    @server.call_tool(validate_input=False)
    async def used(name: str, given: dict | None) -> CallToolResult:
        _belongs(server.request_context.request, name)
        said = await _said(name, given)
        if isinstance(said, str):
            return CallToolResult(content=[TextContent(type="text", text=said)], isError=True)
        said = json.loads(json.dumps(said), parse_constant=str)  # ∞ and NaN are words in JSON
        text = json.dumps(said, ensure_ascii=False)
        return CallToolResult(content=[TextContent(type="text", text=text)], structuredContent=said)

    return server


def _belongs(request: Any, name: str) -> None:
    """This task works for the request's visitor, under its id."""
    visitor.work_for(request.scope[visitor.PLACE])
    logs.asks(request.scope[lines.PLACE])
    logs.calling(name if name in tools.tools() else "?")


async def _said(name: str, given: Any) -> dict | str:
    """What a tool answers, or the sentence that it refuses with."""
    try:
        return await when_served(lambda: tools.use(name, given), FOLLOWS)
    except UserError as error:
        return str(error)
    except Cancelled:
        return NOBODY
    except Exception:  # noqa: BLE001 (noted by what it is answered with)
        logs.log.exception("unexpected, in the tool %s", name[:40])
        return sentences.UNEXPECTED
