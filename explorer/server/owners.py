"""Who may pause, cancel or resume a training, where strangers share a server.

A browser keeps a random token and sends it along; who starts a run leaves the digest of theirs in
its folder, so it outlives the server.  On a server of one's own nothing is asked: a lost token
locks nobody out.
"""

import hashlib
import secrets

from ..errors import UserError
from ..store import trainings

SHORTEST, LONGEST = 16, 64  # characters of a token
shared = False  # whether others than the owner of the machine reach this server
master = secrets.token_urlsafe(24)  # opens every run, for the server's owner


def token_of(request: dict) -> str:
    """The token that comes with a request, or a new one."""
    given = request.get("token")
    return given if _is_token(given) else secrets.token_urlsafe(24)


def claim(name: str, token: str) -> None:
    """The run of this name belongs to who has this token, unless it belongs to somebody already.
    Who has none owns nothing.
    """
    if _is_token(token):
        trainings.claim(name, _digest(token))


def may(name: str, token) -> bool:
    """Whether who has this token may pause, cancel or resume this run."""
    if not shared:
        return True
    if not _is_token(token):
        return False
    if secrets.compare_digest(token.encode(), master.encode()):
        return True
    owner = trainings.owner(name)
    return owner is not None and secrets.compare_digest(owner, _digest(token))


def check(name, token) -> None:
    """Raise UserError unless `may`."""
    if not may(str(name), token):
        raise UserError(
            f"“{str(name)[:64]}” was started by another visitor, who alone can pause, "
            "resume or cancel it. You can watch it, and use the network when it is done."
        )


def _is_token(given) -> bool:
    return isinstance(given, str) and SHORTEST <= len(given) <= LONGEST


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
