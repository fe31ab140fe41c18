"""What a browser asks of the server, without the browser: a page's cookies, its connections kept
open, and the functions that the page calls by name.

HTTP/1.1 by hand, in asyncio: a hundred users must take little of the two cores that they measure.
"""

import asyncio
import contextlib
import gzip
import json
import re
from typing import Any
from urllib.parse import urlsplit

import brotli  # as Gradio needs it

UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes, "identity": bytes}
LONGEST = 120.0  # seconds that an answer may take; then it counts as an error


class Fault(Exception):
    """No answer, or one that is none: what a page would call lost."""


class Caller:
    """One visitor: his cookies, his connections, and the session of his page."""

    def __init__(self, url: str, name: str):
        split = urlsplit(url)
        self.host, self.port, self.name = split.hostname or "", split.port or 80, name
        self._cookies: dict[str, str] = {}
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._component: int | None = None

    async def open(self) -> None:
        """Open the page: what it is told there, its calls need."""
        page = (await self.ask("GET", "/")).decode()
        found = re.search(r"window\.gradio_config\s*=\s*(\{.*?\});?\s*</script>", page, re.DOTALL)
        if not found:
            raise Fault("the page has no configuration")
        parts = json.loads(found[1])["components"]
        self._component = next(c["id"] for c in parts if c["props"].get("elem_id") == "explorer")

    async def call(self, function: str, request: Any) -> Any:
        """What a server function of the page answers."""
        body = {
            "data": request,
            "component_id": self._component,
            "fn_name": function,
            "session_hash": self.name,
        }
        answer = await self.ask("POST", "/gradio_api/component_server", json.dumps(body).encode())
        return json.loads(answer)

    async def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The body of an answer.  Raises Fault for any other status than 200, and for none."""
        try:
            async with asyncio.timeout(LONGEST):
                return await self._ask(method, path, body)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            raise Fault(repr(error)) from None

    async def _ask(self, method: str, path: str, body: bytes) -> bytes:
        while self._free:  # one that the server has closed meanwhile is not one that failed
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                return await self._over(*self._free.pop(), method, path, body)
        new = await asyncio.open_connection(self.host, self.port, limit=2**20)
        return await self._over(*new, method, path, body)

    async def _over(self, reader, writer, method: str, path: str, body: bytes) -> bytes:
        kept = False
        try:
            writer.write(self._head(method, path, len(body)) + body)
            await writer.drain()
            status, headers = await self._status(reader)
            content = await _content(reader, headers)
            kept = headers.get("connection") != "close"
        finally:
            if kept:
                self._free.append((reader, writer))
            else:
                writer.close()
        if status != 200:
            raise Fault(f"{status}: {content[:200]!r}")
        return content

    def _head(self, method: str, path: str, length: int) -> bytes:
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            f"Origin: http://{self.host}:{self.port}",
            "Accept-Encoding: gzip, br",
            "Content-Type: application/json",
            f"Content-Length: {length}",
        ]
        if self._cookies:
            lines.append("Cookie: " + "; ".join(f"{k}={v}" for k, v in self._cookies.items()))
        return "\r\n".join([*lines, "", ""]).encode()

    async def _status(self, reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            if name.lower() == "set-cookie":
                cookie, _, _ = value.strip().partition(";")
                key, _, given = cookie.partition("=")
                self._cookies[key] = given
            headers[name.lower()] = value.strip()
        return int(first.split()[1]), headers

    def close(self) -> None:
        """Leave: every connection is closed."""
        while self._free:
            self._free.pop()[1].close()


async def _content(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") == "chunked":
        pieces = []
        while size := int(await reader.readline(), 16):
            pieces.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readexactly(2)
        raw = b"".join(pieces)
    else:
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
    return UNPACK[headers.get("content-encoding", "")](raw)
