"""What every answer tells a browser: where its scripts may come from, who may frame it.

The page's own inline scripts are named by their digests, so that one more is not run.  Gradio makes
functions of text (its template of an HTML component), which cannot do without 'unsafe-eval', and
styles are written into elements by Plotly and by Gradio.
"""

import base64
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
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
NAMES = 8  # by which a server's page is remembered
CALLED = frozenset((b"host", b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server"))
ASKS = frozenset((b"deep_link", b"all_endpoints", b"page"))  # of Gradio, for another page


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

    def __init__(
        self,
        app,
        headers: Headers,
        edits: Mapping[str, Edit] | None = None,
        same: Collection[str] = (),
    ):
        """edits: address -> what is done to the text of the page there.  same: the addresses whose
        page is the same for all who come by the same name, and is made once for it."""
        self.app, self._headers, self._edits, self._same = app, headers, edits or {}, same
        self._known: OrderedDict[tuple, tuple[dict, dict]] = OrderedDict()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or "/gradio_api/" in scope["path"]:
            await self.app(scope, receive, send)
            return
        name = _name(scope) if _address(scope) in self._same else None
        if name in self._known:
            self._known.move_to_end(name)
            for message in self._known[name]:
                await send(dict(message))  # who hands it on adds to it
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
            whole = self._edited(scope, start, {**message, "body": b"".join(pieces)})
            if name is not None and start["status"] == 200 and not message.get("more_body"):
                self._known[name] = whole
                while len(self._known) > NAMES:
                    self._known.popitem(last=False)
            start = None
            for message in whole:
                await send(dict(message))

        await self.app(scope, receive, reading)

    def _edited(self, scope, start: dict, message: dict) -> tuple[dict, dict]:
        body, fields = message["body"], start["headers"]
        if edit := self._edits.get(_address(scope)):
            body = edit(body)
            fields = [p for p in fields if p[0].lower() != b"content-length"]
            fields = [*fields, (b"content-length", str(len(body)).encode())]
        policy = (b"content-security-policy", self._headers.page(body))
        return {**start, "headers": [*fields, policy]}, {**message, "body": body}


def _address(scope) -> str:
    return scope["path"].removeprefix(scope["root_path"]).rstrip("/")


def _name(scope) -> tuple | None:
    """All that Gradio's page hangs on where nobody signs in: how its server is called from outside;
    None of a request that asks for more than the page."""
    asked = {pair.partition(b"=")[0] for pair in scope["query_string"].split(b"&")}
    if scope["method"] != "GET" or asked & ASKS:
        return None
    calls = (p for p in scope["headers"] if p[0] in CALLED)
    return scope["scheme"], scope["path"], scope["root_path"], scope.get("server"), *calls


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
