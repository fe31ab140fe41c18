"""Recordings of runs that visitors open: kept under their digests, and drawn.

    recording_keep({path, name}) -> {digest, text}        recording({digest, beside}) -> drawings

A recording is data: its lines are read as JSON within caps, and it goes with its visitor.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..recorder import Recording, read
from ..store import recordings, room, uploads
from ..ui import recorded
from . import visitor
from .answer import as_json
from .api import called, uploaded
from .quick import gr
from .sentences import for_a_client

HELD = 4  # recordings that stay read


def recording_keep(request: dict) -> dict:
    """Take in a recording that the browser has just sent.  Its digest names it from now on, and
    its text without the states is what a link carries; or {"problem"}."""
    try:
        path = uploaded(request)
        try:
            data = _bytes(path, called(request, path))
        finally:
            room.taken_in(path)
        read(data)  # whatever is damaged in it is said now
        text = recorded.bare(data)
        return {"digest": uploads.put_file(data, visitor.current().name), "text": text}
    except UserError as error:
        return {"problem": str(error)}


def recording(request: dict) -> Any:
    """What the page shows of the recording “digest”, beside that of “beside” if there is one."""
    return as_json(recorded.shown(*both(request if isinstance(request, dict) else {})))


def both(given: dict) -> tuple[Recording, Recording | None]:
    """The recordings “digest” and “beside”, which may be none.  Raises UserError for one that this
    server does not hold."""
    mine, other = given.get("digest"), given.get("beside")
    denser = _held(_name(other)) if other else None
    return _held(_name(mine)), denser


async def recording_endpoint(file: dict, beside: dict | None = None) -> dict:
    """What a recording of explorer.record holds: the numbers of its strips, its path in its own
    plane, and beside a denser recording of the same noise the distances and what each step adds."""
    from .in_turn import when_served
    from .turn import FOLLOWS

    def measured() -> dict:
        return recorded.numbers(*(read(_sent(f)) for f in (file, beside) if f is not None))

    with for_a_client("recording"):
        return await when_served(measured, FOLLOWS)


def register() -> None:
    """Add the endpoint to the Blocks that is open."""
    gr.api(recording_endpoint, api_name="recording", concurrency_limit=None)


def _sent(file: Any) -> bytes:
    path = uploaded(file if isinstance(file, dict) else {})
    try:
        return _bytes(path, called(file, path))
    finally:
        room.taken_in(path)


def _bytes(path: Path, name: str) -> bytes:
    try:
        size = path.stat().st_size
        if size > recordings.LARGEST:
            raise UserError(
                f"{name[:80]} has {size / 2**20:.1f} MB; a recording has at most "
                f"{recordings.LARGEST // 2**20}."
            )
        return path.read_bytes()
    except OSError:
        raise UserError(f"{name[:80]} could not be read; send it again.") from None


def _name(digest: Any) -> str:
    if not isinstance(digest, str) or not re.fullmatch(r"[0-9a-f]{16}", digest):
        raise UserError(
            f"{digest!r:.40} names no recording; 16 of the characters 0-9 and a-f work. "
            "Open the file again."
        )
    return digest


@lru_cache(maxsize=HELD)
def _read(digest: str) -> Recording:
    return read(uploads.file(digest))


def _held(digest: str) -> Recording:
    try:
        if not uploads.path(digest).exists():  # it went with its visitor
            raise FileNotFoundError
        return _read(digest)
    except FileNotFoundError:
        raise UserError(
            f"This link names a recording ({digest}) that this server does not hold; open its "
            "file again."
        ) from None
    except (OSError, ValueError, KeyError):
        raise UserError(f"{digest} is no recording on this server; open its file again.") from None
