"""Who may pause, cancel or resume a training, where strangers share a server.

Each run has a token of its own: the browser that starts it keeps it and sends it along, the run's
folder holds its digest, so it outlives the server and goes when the run does.  One more opens every
run, for the server's owner; a link brings it, and can bring no other.  On a server of one's own
nothing is asked: a lost token locks nobody out.
"""

import hashlib
import secrets
from collections.abc import Sequence

from ..errors import UserError
from ..store import trainings

SHORTEST, LONGEST = 16, 64  # characters of a token
MOST = 64  # tokens that come with one request
shared = False  # whether others than the owner of the machine reach this server
master = secrets.token_urlsafe(24)  # opens every run, for the server's owner


def tokens_of(request: dict) -> tuple[str, ...]:
    """All tokens that come with a request: “token”, and “tokens”, of several runs."""
    many = request.get("tokens")
    given = [request.get("token"), *(many[:MOST] if isinstance(many, list) else [])]
    return tuple(t for t in given if _is_token(t))


def new_token(request: dict) -> str:
    """The token of a run that begins: a new one, or that of a client which keeps but one."""
    given = request.get("token")
    alone = "tokens" not in request and _is_token(given) and not is_master(given)
    return given if alone else secrets.token_urlsafe(24)


def is_master(token) -> bool:
    """Whether it is the token of the server's owner."""
    return _is_token(token) and secrets.compare_digest(token, master)


def claim(name: str, token: str) -> None:
    """The run of this name belongs to who has this token, unless it belongs to somebody already.
    Who has none owns nothing.
    """
    if _is_token(token):
        trainings.claim(name, _digest(token))


def may(name: str, tokens: Sequence[str]) -> bool:
    """Whether who has one of these tokens may pause, cancel or resume this run."""
    if not shared or any(map(is_master, tokens)):
        return True
    owner = (trainings.owner(name) or "").encode()
    return any(secrets.compare_digest(owner, _digest(t).encode()) for t in tokens if _is_token(t))


def whose(token: str) -> str:
    """What is remembered of who began a run, after its folder is gone; no token can be told from
    it, and who has none is nobody."""
    return _digest(token) if _is_token(token) else ""


def began(owner: str, tokens: Sequence[str]) -> bool:
    """Whether who has one of these tokens began the run that `whose` remembers, or owns the
    server."""
    return any(is_master(t) or secrets.compare_digest(owner, _digest(t)) for t in tokens)


def check(name: str, tokens: Sequence[str]) -> None:
    """Raise UserError unless `may`."""
    if not may(name, tokens):
        raise UserError(
            f"“{name[:64]}” was started by another visitor, who alone can pause, "
            "resume or cancel it. You can watch it, and use the network when it is done."
        )


def _is_token(given) -> bool:
    return isinstance(given, str) and SHORTEST <= len(given) <= LONGEST and given.isascii()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
