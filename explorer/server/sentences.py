"""A refusal says why, whoever made it: what Gradio leaves empty gets a sentence, as JSON."""

import contextlib
import errno
import functools
import inspect
import json
import logging
import re
from collections.abc import Callable
from typing import Any

from ..errors import Cancelled, UserError
from . import logs
from .quick import gr

log = logging.getLogger("explorer")
UNEXPECTED = (
    "The server met an error that it did not expect, and has noted it. Other settings may work; "
    "nothing that was kept is lost."
)
UNFIT = (
    "A value is of a kind, or in a place, that this endpoint does not take; /gradio_api/info lists "
    "what each one does."
)
PLAIN = {
    400: "The request cannot be understood as it is.",
    401: "This server asks for a password: sign in first.",
    404: "There is nothing here by this name.",
    405: "This address is asked for in another way.",
    413: "This is too large.",
    422: "A value is missing, or of a kind that is not taken here.",
    503: "The server is busy; try again in a moment.",
}
LARGEST = 1 << 20  # bytes of a refusal that are read
EMPTY = re.compile(rb'"output":\{"error":null\}')
EMPTY_EVENT = re.compile(rb'event: error\ndata: (?:null|\{"error": null\})')


def guarded(fn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """fn, as the page calls it; what nobody foresaw is noted here and said there."""
    if inspect.iscoroutinefunction(fn):

        @functools.wraps(fn)
        async def waited(request):
            logs.calling(fn.__name__)
            try:
                return await fn(request)
            except Exception as error:  # noqa: BLE001 (noted by what it is answered with)
                return _problem(error, fn.__name__)

        return waited

    @functools.wraps(fn)
    def call(request):
        logs.calling(fn.__name__)
        try:
            return fn(request)
        except Exception as error:  # noqa: BLE001 (noted by what it is answered with)
            return _problem(error, fn.__name__)

    return call


def _problem(error: Exception, name: str) -> dict:
    if isinstance(error, UserError):
        return {"problem": str(error)}
    if isinstance(error, Cancelled):
        return {"stale": True}
    log.error("unexpected, in %s", name, exc_info=error)
    return {"problem": UNEXPECTED}


@contextlib.contextmanager
def for_a_client(name: str):
    """The same for an endpoint: a refusal is Gradio's kind of error."""
    try:
        yield
    except UserError as error:
        raise gr.Error(str(error), print_exception=False) from None
    except Cancelled:
        raise gr.Error("Nobody waits for this any more.", print_exception=False) from None
    except gr.Error:
        raise
    except Exception:
        log.exception("unexpected, in /%s", name)
        raise gr.Error(UNEXPECTED, print_exception=False) from None


def of_upload(error: Exception) -> tuple[int, str]:
    """Status and sentence for an upload that failed with `error`."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return 507, "The disk of this server is full or read-only: the file was not kept."
    return 422, "The upload is no form with a file under “files” whose name can be kept."


class Worded:
    """send, which puts a sentence where an error has none."""

    def __init__(self, send):
        self._send = send
        self._start: dict | None = None
        self._pieces: list[bytes] = []
        self._stream = False

    async def __call__(self, message):
        if message["type"] == "http.response.start":
            kind = dict(message.get("headers", ())).get(b"content-type", b"")
            self._stream = kind.startswith(b"text/event-stream")
            if message["status"] >= 400 and not kind.startswith(b"text/html"):
                self._start = message
                return
        elif self._start is not None:
            self._pieces.append(message.get("body", b""))
            if message.get("more_body") and sum(map(len, self._pieces)) < LARGEST:
                return
            start, self._start = self._start, None
            await self._refuse(start, b"".join(self._pieces))
            return
        elif self._stream:
            message = {**message, "body": _worded(message.get("body", b""))}
        await self._send(message)

    async def _refuse(self, start, body: bytes):
        status, said = _said(start["status"], body)
        text = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")
        dropped = (b"content-length", b"content-type")
        fields = [pair for pair in start["headers"] if pair[0].lower() not in dropped]
        fields += [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", str(len(text)).encode()),
        ]
        await self._send({**start, "status": status, "headers": fields})
        await self._send({"type": "http.response.body", "body": text})


def _said(status: int, body: bytes) -> tuple[int, dict]:
    """The status and the answer, with a sentence under "error"."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace")
        plain = "" if status >= 500 or "Traceback" in text else text.strip()[:300]
        given = {"error": plain} if len(plain.split()) > 1 else {}
    said = given if isinstance(given, dict) else {"detail": given}
    told = said.get("error")
    if isinstance(told, str) and told:  # Gradio says 500 for whatever an endpoint refuses
        return (422 if status == 500 and told != UNEXPECTED else status), said
    if status == 500 and "error" in said:  # what came of values that do not fit
        return 422, {**said, "error": UNFIT}
    detail = said.get("detail")
    if isinstance(detail, list):  # the framework's list of what does not fit, with what was given
        found = [d for d in detail if isinstance(d, dict)]
        said = {"detail": [{k: d[k] for k in ("type", "loc", "msg") if k in d} for d in found]}
    wordy = isinstance(detail, str) and len(detail.split()) > 2
    return status, {**said, "error": detail if wordy else PLAIN.get(status, UNEXPECTED)}


def _worded(piece: bytes) -> bytes:
    """A piece of a stream of events, with a sentence in each error."""
    sentence = json.dumps({"error": UNFIT}, ensure_ascii=False).encode()
    piece = EMPTY_EVENT.sub(b"event: error\ndata: " + sentence, piece)
    return EMPTY.sub(b'"output":' + sentence, piece)
