"""Published checkpoints: a list of addresses, and fetching one when the owner asks for it.

    entry(name) -> Entry        fetch(entry) yields (bytes so far, of all) and keeps the network

A download goes on where it was cut.  The SHA-256 of a file is recorded when it first arrives whole
and checked at every later download; the weights made of it are checked at every load.
"""

import dataclasses
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from ..errors import UserError
from ..store import downloads, places, weights
from ..store.downloads import Part
from .edm_pickle import LARGEST_FILE, convert

LIST = places.assets("checkpoints.json")
PIECE = 2**18  # bytes between two words of progress
PATIENCE = 30.0  # seconds without a byte
SAFE = ("127.0.0.1", "localhost", "::1")  # where plain http is as good as https


@dataclasses.dataclass(frozen=True)
class Entry:
    """One published file.  megabytes: about how large; note: what its authors measured."""

    name: str
    label: str
    url: str
    licence: str
    megabytes: int
    shape: tuple[int, ...]
    classes: int
    note: str
    data: str


@lru_cache(maxsize=1)
def entries() -> dict[str, Entry]:
    """All of the list, by name."""
    rows = json.loads(LIST.read_text(encoding="utf-8"))["checkpoints"]
    return {r["name"]: Entry(**{**r, "shape": tuple(r["shape"])}) for r in rows}


def entry(name: str) -> Entry | None:
    """The entry of this name, or None."""
    return entries().get(name)


def wanted(name: str) -> Entry:
    """The entry of this name.  Raises UserError, listing what there is."""
    if found := entry(name):
        return found
    raise UserError(f"The catalogue has no {name[:64]!r}. It has: {', '.join(entries())}.")


def is_here(e: Entry, root: str | Path | None = None) -> bool:
    """Whether it was fetched and converted."""
    return weights.is_kept(e.name, root)


def kept(e: Entry, root: str | Path | None = None) -> weights.Checkpoint:
    """Its checkpoint.  Raises UserError, saying how to get it, if it is not here."""
    if not is_here(e, root):
        raise UserError(
            f"{e.label} is not on this machine; its owner can fetch it (about "
            f"{e.megabytes} MB, {e.licence}) with “python -m explorer fetch {e.name}”."
        )
    return weights.kept(e.name, root)


def fetch(e: Entry, root: str | Path | None = None) -> Iterator[tuple[int, int]]:
    """Download, check and convert; yields (bytes so far, bytes in all, 0 if unknown).

    Stop iterating to pause: what has arrived stays and the next call goes on from there.  Raises
    UserError where there is no network, somebody else fetches it, or the file is not the one that
    was first fetched.
    """
    if is_here(e, root):
        return
    with Part(e.name, root).alone() as part:
        try:
            yield from _download(e, part)
        except (OSError, http.client.HTTPException) as problem:  # URLError, time-outs: OSErrors
            raise UserError(_sentence(e, problem, part)) from None
        _keep(e, part, root)


def _keep(e: Entry, part: Part, root: str | Path | None) -> None:
    digest = weights.digest_of(part.path)
    first = downloads.known(root).get(e.name, digest)
    if first != digest:
        part.drop()
        raise UserError(
            f"{e.name} is not the file that was first fetched from this address "
            f"(SHA-256 {digest[:16]}…, then {first[:16]}…). It was thrown away; if its authors "
            f"have changed it, remove its line from {downloads.LIST}."
        )
    own = dict(name=e.name, label=e.label, licence=e.licence, origin=e.url, file_digest=digest)
    try:
        convert(part.path, f"{e.name}.pkl", root, **own)
    except UserError:
        part.drop()
        raise
    downloads.remember(e.name, digest, root)
    part.drop()


def _download(e: Entry, part: Part) -> Iterator[tuple[int, int]]:
    have = part.size
    with _asked(e, part, have) as answer:
        resumed = answer.status == 206 and _starts_at(answer, have)
        have = have if resumed else 0
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length and length.isdigit() else 0
        if total > LARGEST_FILE:
            raise UserError(
                f"{e.url} has {total / 2**20:,.0f} MB; at most "
                f"{LARGEST_FILE / 2**20:,.0f} MB are fetched."
            )
        mark = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        part.write_note({"mark": mark, "url": e.url})
        with part.open(resumed) as file:
            yield have, total
            while piece := answer.read(PIECE):
                file.write(piece)
                have += len(piece)
                if have > LARGEST_FILE:
                    raise UserError(f"{e.url} sends more than {LARGEST_FILE / 2**20:,.0f} MB.")
                yield have, total
    if total and have < total:
        raise ConnectionError(f"the connection ended after {have:,} of {total:,} bytes")


def _asked(e: Entry, part: Part, have: int):
    """The answer to a request for the whole, or for what is missing if the file is the same."""
    _safe(e.url)
    request = urllib.request.Request(e.url, headers={"User-Agent": "diffusion-sampler-explorer"})
    note = part.note
    if have and note.get("mark") and note.get("url") == e.url:
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", note["mark"])
    opener = urllib.request.build_opener(_Careful())
    try:
        return opener.open(request, timeout=PATIENCE)
    except urllib.error.HTTPError as problem:
        if problem.code == 416:  # all of it is here already, or more: begin again
            part.drop()
            request.remove_header("Range")
            return opener.open(request, timeout=PATIENCE)
        raise


class _Careful(urllib.request.HTTPRedirectHandler):
    """Follows a redirection only to where the first request might have gone."""

    def redirect_request(self, request, file, code, message, headers, url):
        _safe(url)
        return super().redirect_request(request, file, code, message, headers, url)


def _safe(url: str) -> None:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in SAFE):
        raise UserError(f"Only https addresses are fetched; {url[:200]} is none.")


def _starts_at(answer, have: int) -> bool:
    return (answer.headers.get("Content-Range") or "").startswith(f"bytes {have}-")


def _sentence(e: Entry, problem: Exception, part: Part) -> str:
    host = urllib.parse.urlsplit(e.url).hostname
    if isinstance(problem, urllib.error.HTTPError):
        return f"{host} does not give {e.name} (HTTP {problem.code}); nothing was changed."
    why = getattr(problem, "reason", None) or problem
    why = getattr(why, "strerror", None) or why  # and no place on this machine
    held = part.size
    rest = (
        f" {held / 2**20:.0f} MB have arrived and are kept; fetch it again to go on."
        if held
        else ""
    )
    return (
        f"{e.name} could not be fetched from {host} ({str(why)[:120] or type(why).__name__}). "
        f"Is there a network?{rest}"
    )
