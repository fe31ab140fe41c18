"""What every answer tells a browser: where its scripts may come from, who may frame it.

The page's own inline scripts are named by their digests, so that one more is not run.  Gradio makes
functions of text (its template of an HTML component), which cannot do without 'unsafe-eval', and
styles are written into elements by Plotly and by Gradio.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from ..errors import UserError

INLINE = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
PAGE = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'{digests}; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; "
    "worker-src 'self' blob:; form-action 'self'; base-uri 'self'; object-src 'none'; "
    "frame-ancestors {frames}"
)
OTHERS = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors {frames}; sandbox"
)
SCRIPTS = re.compile(rb"(text|application)/(x-)?javascript|text/css")
Edit = Callable[[bytes], bytes]
LARGEST = 4 << 20  # bytes of a page whose scripts are looked for


class Headers:
    """The headers of every answer; frames: the origins whose pages may show this one in a frame,
    "*" for all of them."""

    def __init__(self, frames: Sequence[str] = ()):
        origins = [origin(f) for f in frames]
        self.frames = " ".join(origins) or "'none'"
        # a cookie goes along inside of another site's page only if it says so
        inside = any(re.match(r"https://(?!localhost|127\.)|\*", o) for o in origins)
        self.cookie = "SameSite=None; Secure; Partitioned" if inside else "SameSite=Lax"
        self._plain = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-resource-policy", b"same-origin"),
        ]
        if not frames:
            self._plain.append((b"x-frame-options", b"DENY"))
        self._others = (b"content-security-policy", OTHERS.format(frames=self.frames).encode())

    def on(self, send):
        """send, with the headers on its answer."""

        async def sending(message):
            if message["type"] == "http.response.start":
                given = message.get("headers", [])
                names = {key.lower() for key, _ in given}
                more = [pair for pair in self._plain if pair[0] not in names]
                if b"content-security-policy" not in names and not _is_script(given):
                    more.append(self._others)
                message["headers"] = [*given, *more]
            await send(message)

        return sending

    def page(self, body: bytes) -> bytes:
        """The policy for this page, by its inline scripts."""
        digests = [base64.b64encode(hashlib.sha256(s).digest()) for s in INLINE.findall(body)]
        named = "".join(f" 'sha256-{d.decode()}'" for d in digests)
        return PAGE.format(digests=named, frames=self.frames).encode()


class Inner:
    """The layer inside of Gradio's compression, where a page can be read: its policy goes along."""

    def __init__(self, app, headers: Headers, edits: Mapping[str, Edit] | None = None):
        """edits: address -> what is done to the text of the page there."""
        self.app, self._headers, self._edits = app, headers, edits or {}

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or "/gradio_api/" in scope["path"]:
            await self.app(scope, receive, send)
            return
        start, pieces = None, []

        async def reading(message):
            nonlocal start
            if message["type"] == "http.response.start" and _is_page(message.get("headers", ())):
                start = message
                return
            if start is None:
                await send(message)
                return
            pieces.append(message.get("body", b""))
            if message.get("more_body") and sum(map(len, pieces)) < LARGEST:
                return
            body = b"".join(pieces)
            if edit := self._edits.get(scope["path"].removeprefix(scope["root_path"]).rstrip("/")):
                body = edit(body)
                fields = [p for p in start["headers"] if p[0].lower() != b"content-length"]
                start["headers"] = [*fields, (b"content-length", str(len(body)).encode())]
            policy = (b"content-security-policy", self._headers.page(body))
            first, start = start, None
            await send({**first, "headers": [*first["headers"], policy]})
            await send({**message, "body": body})

        await self.app(scope, receive, reading)


def _is_page(headers) -> bool:
    return any(key.lower() == b"content-type" and v.startswith(b"text/html") for key, v in headers)


def _is_script(headers) -> bool:
    """A policy on a script or a style sheet says nothing, and they are many."""
    return any(key.lower() == b"content-type" and SCRIPTS.match(value) for key, value in headers)


def origin(text: str) -> str:
    """An origin for --embed as browsers write it, or *.  Raises UserError for what is none."""
    small = text.strip().lower()
    if small == "*":
        return small
    any_port = ":*" if small.endswith(":*") else ""
    try:
        parts = urlsplit(small.removesuffix(any_port))
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    plain = re.fullmatch(r"(\*\.)?[a-z0-9.-]+|[0-9a-f:]+", host)
    if parts.scheme not in ("http", "https") or not plain or parts.path not in ("", "/"):
        raise UserError(
            f"--embed = {text!r:.80} is no origin; it wants one like https://example.org, or * for "
            "the pages of everybody."
        )
    if parts.query or parts.fragment or parts.username is not None:
        raise UserError(
            f"--embed = {text!r:.80} is more than an origin; https://example.org is one."
        )
    return f"{parts.scheme}://{parts.netloc}{any_port}"
