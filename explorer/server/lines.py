"""The id of each request, which goes back with its answer, and the line that is written of it.

A visitor is a short digest that nobody can turn back; addresses, cookies, queries, bodies and names
of files are not written down.
"""

import hashlib
import hmac
import logging
import re
import secrets
import time
from typing import Any

from . import logs, visitor
from .logs import Asked, log

PLACE = "explorer.asked"  # of the request's id in its ASGI scope
HEADER = b"x-request-id"
SANE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
CALLED = re.compile(r"/gradio_api/+(call(?:/v2)?|run|api)/([A-Za-z0-9_]{1,40})")
KNOWN = re.compile(r"/(?:gradio_api/)?([a-z_-]{1,24})(/join|/data)?(?=[/=]|$)")
_secret = secrets.token_bytes(16)


def begin(scope: dict[str, Any]) -> Asked:
    """The id of a request, noted in its scope and in the context of its task: its own, if it
    brings one that is a plain word, or a new one."""
    given = [v for k, v in scope["headers"] if k == HEADER]
    sane = len(given) == 1 and SANE.fullmatch(given[0])
    asked = Asked(given[0].decode() if sane else secrets.token_hex(8))
    scope[PLACE] = asked
    logs.asks(asked)
    return asked


def _queued() -> Asked | None:
    scope = visitor.scope_of_queue()
    return scope.get(PLACE) if scope else None


logs.queued = _queued


class Line:
    """send, which gives the request's id back and writes a line once the answer is there."""

    def __init__(self, send, scope: dict[str, Any], asked: Asked):
        self._send, self._scope, self._asked = send, scope, asked
        self._id = (HEADER, asked.id.encode())
        self._began = time.perf_counter()
        self._status = self._bytes = 0

    async def __call__(self, message):
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message["headers"] = [*message.get("headers", ()), self._id]
        else:
            self._bytes += len(message.get("body", b""))
        await self._send(message)

    def end(self) -> None:
        """The request is over, answered or not: status 0 is one whose client has left."""
        if not log.isEnabledFor(logging.INFO):
            return
        facts = {
            "event": "request",
            "method": self._scope["method"],
            "path": told(self._scope["path"].removeprefix(self._scope["root_path"])),
            "status": self._status,
            "ms": round(1e3 * (time.perf_counter() - self._began), 1),
            "bytes": self._bytes,
        }
        if self._asked.call:
            facts["call"] = self._asked.call
        if (who := self._scope.get(visitor.PLACE)) is not None:
            facts["visitor"] = _digest(who.name)
        log.info("request", extra={"facts": facts})


def told(path: str) -> str:
    """An address as it is written down: which door was asked, without what may name a file, a call
    whose answer is given once, or a person."""
    if found := CALLED.match(path):
        return f"/gradio_api/{found[1]}/{found[2]}"
    if path == "/":
        return path
    found = KNOWN.match(path)
    return found[0] + ("" if found.end() == len(path) else "/…") if found else "/…"


def _digest(name: str) -> str:
    return hmac.new(_secret, name.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:8]
