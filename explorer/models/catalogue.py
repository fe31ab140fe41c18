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
from . import files
from .edm_pickle import LARGEST_FILE, convert

LIST = Path(__file__).resolve().parents[2] / "assets" / "checkpoints.json"
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
    return (files.kept_folder(root) / e.name / files.CONFIG).is_file()


def kept(e: Entry, root: str | Path | None = None) -> files.Checkpoint:
    """Its checkpoint.  Raises UserError, saying how to get it, if it is not here."""
    if not is_here(e, root):
        raise UserError(
            f"{e.label} is not on this machine; its owner can fetch it (about "
            f"{e.megabytes} MB, {e.licence}) with “python -m explorer fetch {e.name}”."
        )
    return files.open_folder(files.kept_folder(root) / e.name)


def fetch(e: Entry, root: str | Path | None = None) -> Iterator[tuple[int, int]]:
    """Download, check and convert; yields (bytes so far, bytes in all, 0 if unknown).

    Stop iterating to pause: what has arrived stays and the next call goes on from there.  Raises
    UserError where there is no network, or the file is not the one that was first fetched.
    """
    if is_here(e, root):
        return
    place = files.cache_folder(root) / "downloads"
    place.mkdir(parents=True, exist_ok=True)
    part = place / f"{e.name}.part"
    try:
        yield from _download(e, part)
    except (OSError, http.client.HTTPException) as problem:  # URLError and time-outs are OSErrors
        raise UserError(_sentence(e, problem, part)) from None
    digest = files.digest_of(part)
    known = _digests(place)
    if known.get(e.name, digest) != digest:
        part.unlink()
        raise UserError(
            f"{e.name} is not the file that was first fetched from this address "
            f"(SHA-256 {digest[:16]}…, then {known[e.name][:16]}…). It was thrown "
            "away; if its authors have changed it, remove its line from "
            f"{place / 'digests.json'}."
        )
    try:
        convert(
            part,
            f"{e.name}.pkl",
            root,
            name=e.name,
            label=e.label,
            licence=e.licence,
            origin=e.url,
            file_digest=digest,
        )
    except UserError:
        _drop(part)
        raise
    files.write(place / "digests.json", json.dumps(known | {e.name: digest}, indent=1))
    _drop(part)


def _download(e: Entry, part: Path) -> Iterator[tuple[int, int]]:
    have = part.stat().st_size if part.exists() else 0
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
        files.write(_beside(part), json.dumps({"mark": mark, "url": e.url}))
        with part.open("ab" if resumed else "wb") as file:
            yield have, total
            while piece := answer.read(PIECE):
                file.write(piece)
                have += len(piece)
                if have > LARGEST_FILE:
                    raise UserError(f"{e.url} sends more than {LARGEST_FILE / 2**20:,.0f} MB.")
                yield have, total
    if total and have < total:
        raise ConnectionError(f"the connection ended after {have:,} of {total:,} bytes")


def _asked(e: Entry, part: Path, have: int):
    """The answer to a request for the whole, or for what is missing if the file is the same."""
    _safe(e.url)
    request = urllib.request.Request(e.url, headers={"User-Agent": "diffusion-sampler-explorer"})
    try:
        beside = json.loads(_beside(part).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        beside = {}
    if have and beside.get("mark") and beside.get("url") == e.url:
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", beside["mark"])
    opener = urllib.request.build_opener(_Careful())
    try:
        return opener.open(request, timeout=PATIENCE)
    except urllib.error.HTTPError as problem:
        if problem.code == 416:  # all of it is here already, or more: begin again
            part.unlink(missing_ok=True)
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


def _sentence(e: Entry, problem: Exception, part: Path) -> str:
    host = urllib.parse.urlsplit(e.url).hostname
    if isinstance(problem, urllib.error.HTTPError):
        return f"{host} does not give {e.name} (HTTP {problem.code}); nothing was changed."
    why = getattr(problem, "reason", None) or problem
    held = part.stat().st_size if part.exists() else 0
    rest = (
        f" {held / 2**20:.0f} MB have arrived and are kept; fetch it again to go on."
        if held
        else ""
    )
    return (
        f"{e.name} could not be fetched from {host} ({str(why)[:120] or type(why).__name__}). "
        f"Is there a network?{rest}"
    )


def _drop(part: Path) -> None:
    for path in (part, _beside(part)):
        path.unlink(missing_ok=True)


def _beside(part: Path) -> Path:
    return part.with_suffix(".json")


def _digests(place: Path) -> dict[str, str]:
    try:
        known = json.loads((place / "digests.json").read_text(encoding="utf-8"))
        return known if isinstance(known, dict) else {}
    except FileNotFoundError:
        return {}
    except ValueError:
        raise UserError(
            f"{place / 'digests.json'} is damaged, so no download can be checked; "
            "mend or remove it."
        ) from None
