"""A word that this server is there, for open pages that have nothing else to ask.

It costs next to nothing, passes by Gradio and its passwords, and is no sign of life of a visitor:
who has left is told by what they ask for.  After a restart it brings the visitor's new cookie, and
it names this version, so that a page of another one can say so.
"""

from functools import cache
from typing import Any

from . import files

HERE = "/explorer/here"  # assets/js/standing/beat.js asks it


def asked(path: str, method: str) -> bool:
    """Whether this is the question; path: below the server's address."""
    return path == HERE and method in ("GET", "HEAD")


async def answer(send: Any) -> None:
    """204 and nothing else."""
    fields = [(b"cache-control", b"no-store"), (b"explorer-version", version())]
    await send({"type": "http.response.start", "status": 204, "headers": fields})
    await send({"type": "http.response.body", "body": b""})


@cache
def version() -> bytes:
    """“0.1.0-1f3a…”: the folder that the pages of this version have their scripts from."""
    return files.base().rpartition("/")[2].encode()
