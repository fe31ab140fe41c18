"""To which names this server answers, and whose pages may use it.

A page in somebody's browser can send requests to servers that only this browser reaches, and can
have its own name point to them (DNS rebinding).  So a server that listens on this machine alone
answers to this machine's names alone; and what a browser says of where a request comes from is
believed, for no page can forge `Host`, `Origin` or `Sec-Fetch-Site`.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from ..errors import UserError

EVERYWHERE = ("0.0.0.0", "::", "")  # as an address to listen on
NAME = re.compile(
    r"(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?"
)


class Names:
    """The names that a server listening on `host` answers to; `more` as --allowed-host takes them.

    Where it listens on every address, any address will do, and so will the machine's own name: no
    foreign page can have an address for a name and reach another one by it.
    """

    def __init__(self, host: str = "127.0.0.1", more: Iterable[str] = ()):
        host = bare(host)
        self.everywhere = host in EVERYWHERE
        self.given = {checked(name) for name in more}
        if not self.everywhere and host != "localhost" and _ip(host) is None:
            self.given.add(host.lower().rstrip("."))
        self._own = {"localhost", host.lower()}
        if self.everywhere:
            machine = socket.gethostname().lower()
            self._own |= {machine, f"{machine.partition('.')[0]}.local"}
        self.shared: Callable[[], str | None] = lambda: None  # the address of --share, once known

    def answers_to(self, host: str) -> bool:
        """Whether `host`, as a request has it (a port may follow), is one of the names."""
        name = _name(host)
        ip = _ip(name)
        if ip is not None and (ip.is_loopback or self.everywhere):
            return True
        return name in self._own or self.trusts(name)

    def trusts(self, name: str) -> bool:
        """Whether the owner has named it: pages of this name, with any port, are the server's."""
        below = {"*" + name[at:] for at, sign in enumerate(name) if sign == "."}
        if name and (name in self.given or below & self.given):
            return True
        shared = self.shared()
        return bool(shared and name and name == urlsplit(shared).hostname)


def refusal(scope: dict[str, Any], names: Names, page: bool) -> tuple[int, str] | None:
    """Status and sentence for a request that must not go further.  page: it only opens the page,
    which a link on any other page may do."""
    hosts = _all(scope, b"host")
    forwarded = [h for value in _all(scope, b"x-forwarded-host") for h in value.split(",")]
    for host in [*(hosts or [""]), *map(str.strip, forwarded)]:
        if not names.answers_to(host):
            name = _said(_name(host))
            return 421, (
                f"This server does not answer to the name “{name}”. If it is this server’s, its "
                f"owner can say so: --allowed-host {name or 'NAME'}."
            )
    stranger = _stranger(scope, hosts[0], names)
    navigates = _all(scope, b"sec-fetch-mode") in ([], ["navigate"])
    if stranger is None or (page and navigates and scope["method"] in ("GET", "HEAD")):
        return None
    return 403, (
        f"A page of {stranger} may not use this server: open the server’s own page instead. If "
        "that page is this server’s, behind another name, its owner can say so with --allowed-host."
    )


def _stranger(scope: dict[str, Any], host: str, names: Names) -> str | None:
    """Whose page sent the request, if it was another's; as Go's CrossOriginProtection decides."""
    sites = _all(scope, b"sec-fetch-site")
    origins = _all(scope, b"origin")
    if sites and all(site in ("same-origin", "none") for site in sites):
        return None
    for origin in origins or ([] if sites else _all(scope, b"referer")):
        if not _same(origin, host) and not names.trusts(_host_of(origin)[0]):
            return f"“{_said(origin)}”"
    return "another site" if sites and not origins else None


def _same(origin: str, host: str) -> bool:
    name, port = _host_of(origin)
    mine, own = _host_of(f"//{host}")
    plain = {"http": 80, "https": 443}.get(origin.partition(":")[0])
    return bool(name) and name == mine and (port or plain) == (own or plain)


def _host_of(address: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(address)
        return (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return "", None


def _name(host: str) -> str:
    """Without the port, in small letters, without the dot of a full name."""
    return _host_of(f"//{host}")[0] if not re.search(r"[/?#@\\\s]", host) else ""


def bare(host: str) -> str:
    """An address of IPv6 without its brackets."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def checked(name: str) -> str:
    """A name for --allowed-host, in small letters.  Raises UserError for what is none."""
    small = bare(name.strip()).lower().rstrip(".")
    if _ip(small) is None and (len(small) > 253 or not NAME.fullmatch(small)):
        raise UserError(
            f"--allowed-host = {name!r:.80} is no host name; it wants one like demo.example.org, "
            "or *.example.org for all below it, without http:// and without a port."
        )
    return small


def _ip(name: str):
    try:
        return ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return None


def _all(scope: dict[str, Any], key: bytes) -> list[str]:
    return [value.decode("latin-1") for k, value in scope["headers"] if k == key]


def _said(text: str) -> str:
    """What a stranger wrote, short and without signs that could mean something."""
    return re.sub(r"[^\w.:/*\[\]-]", "?", text[:80], flags=re.ASCII)
