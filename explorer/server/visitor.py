"""Who asks: a name that stays the same from request to request, the way they came, and whether
they still wait for the answer.

The door gives each request its visitor; whatever works for the request asks `current()`, in the
thread that computes too.
"""

import hashlib
import hmac
import ipaddress
import secrets
import threading
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie

from .quick import gr

COOKIE = "explorer_visitor"
PLACE = "explorer.visitor"  # of the visitor in a request's ASGI scope
PAGE_CALL = "/gradio_api/component_server"  # where the page's own calls go

_here: ContextVar["Visitor | None"] = ContextVar("explorer_visitor", default=None)
_seen: dict[str, float] = {}  # when each visitor last asked for anything
_secret = secrets.token_bytes(32)  # only names that this server gave are believed


@dataclass(frozen=True)
class Visitor:
    """name: short and stable, of the session cookie or, without one, of the client's address.
    way: "page" for the calls of the page, "api" for whatever else.
    gone: set within a second of the connection being lost on which an answer is waited for."""

    name: str
    way: str = "api"
    gone: threading.Event = field(default_factory=threading.Event, compare=False)


def current() -> Visitor:
    """For whom this thread or task works.  What Gradio's queue runs has the visitor who joined it;
    what no request asked for, like warming the first view, works for a visitor called "server"."""
    scope = scope_of_queue()
    return (scope and scope.get(PLACE)) or _here.get() or Visitor("server")


def scope_of_queue() -> dict | None:
    """Of the request whose call Gradio's queue runs here, if it does: the queue's tasks keep the
    context that they began in."""
    request = gr.context.LocalContext.request.get(None)
    request = getattr(request, "request", None) or request
    scope = getattr(request, "scope", None)
    return scope if isinstance(scope, dict) else None


def enter(scope: dict) -> Visitor:
    """The visitor of a request, noted in its scope and in the context of its task."""
    way = "page" if scope["path"].rstrip("/").endswith(PAGE_CALL) else "api"
    visitor = Visitor(_given(scope) or f"address {address(scope)}", way)
    scope[PLACE] = visitor
    _seen[visitor.name] = time.monotonic()
    _here.set(visitor)
    return visitor


def work_for(visitor: Visitor) -> None:
    """From now on this task works for them."""
    _here.set(visitor)


def absent(seconds: float) -> list[str]:
    """Who has asked for nothing for so long; they are forgotten, and come back as if new."""
    now = time.monotonic()
    names = [name for name, at in list(_seen.items()) if now - at > seconds]
    for name in names:
        _seen.pop(name, None)
    return names


def address(scope: dict) -> str:
    """The client's address as the server sees it; of IPv6 the network of one household."""
    host = str((scope.get("client") or ("unknown",))[0])
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return host[:64]
    if ip.version == 4:
        return host
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return host if ip.is_loopback else str(ipaddress.ip_network((ip, 64), strict=False))


def new_cookie() -> str:
    """A value for the cookie of somebody who comes for the first time."""
    name = secrets.token_hex(8)
    return f"{name}.{_signed(name)}"


def known(scope: dict) -> bool:
    """Whether the request carries a cookie that this server gave."""
    return bool(_given(scope))


def _given(scope: dict) -> str:
    """The name in the visitor's cookie; empty without one, or with one that nobody here gave."""
    for key, value in scope["headers"]:
        if key == b"cookie" and COOKIE.encode() in value:
            name, _, signed = _cookie(value.decode("latin-1")).partition(".")
            if hmac.compare_digest(signed.encode(), _signed(name).encode()):
                return f"visitor {name}"
    return ""


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _signed(name: str) -> str:
    return hmac.new(_secret, name.encode(), hashlib.sha256).hexdigest()[:32]
