"""Which addresses of Gradio's stay open here, and which files it may be asked for.

What no page and no client of ours uses is closed: a proxy to other servers, snapshots of a session
in a folder, streams of sound, tools for its own developers.  A file is looked for only if it lies,
by its name alone, where uploads lie.
"""

import json
import os
import re
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from .quick import gr

CLOSED = re.compile(
    r"/*(?:gradio_api/+)?(proxy=|deep_link|dev/|stream/|(?:undo-)?vibe-|process_recording|runs(?:/|$)"
    r"|run-history|custom_component|mcp(?:/|$)|profiling|monitoring)"
)
FILE = re.compile(r"/*gradio_api/+file[=/](.*)", re.DOTALL)
ODD = re.compile(
    r"/+(?:static|svelte|assets)/.*(?://|\\|\0|\.\.)|/+(?:static|svelte|assets)//", re.DOTALL
)
STORED = re.compile(r"[0-9a-f]{64}/[^/\\\0]{1,255}")
HERE = "/uploaded"  # stands for the folder of uploads in what clients are told
GRADIOS = (b"page", b"deep_link")  # keys of an address that mean something to Gradio, not to us


def local(scope: dict[str, Any]) -> str:
    """The path below the address at which the server is mounted."""
    return scope["path"].removeprefix(scope["root_path"])


def opens_page(scope: dict[str, Any]) -> bool:
    """Whether the address is that of a page, which a link anywhere may lead to."""
    path = local(scope).rstrip("/")
    return path in ("", "/docs", "/classic") or path.startswith("/docs/")


def refusal(scope: dict[str, Any]) -> tuple[int, str] | None:
    """Status and sentence for an address that leads nowhere here."""
    path = local(scope)
    if found := CLOSED.match(path):
        return 404, f"This server has no “{found[1].rstrip('/')}”."
    if ODD.match(path):
        return 404, "There is no such file on this server."
    if (found := FILE.match(path)) and not is_upload(found[1]):
        return 403, "Only a file that was just uploaded can be opened here."
    return None


def folder() -> str:
    """Where Gradio keeps uploads."""
    return os.path.abspath(gr.utils.get_upload_folder())


def told(answer: bytes) -> bytes:
    """Gradio's answer to an upload, with names that do not tell where this server keeps it."""
    try:
        names = json.loads(answer)
    except ValueError:
        return answer
    if not isinstance(names, list):
        return answer
    start = len(folder())
    known = [n if not str(n).startswith(folder()) else f"{HERE}{n[start:]}" for n in names]
    return json.dumps(known, ensure_ascii=False).replace("\\\\", "/").encode("utf-8", "replace")


def meant(call: bytes) -> bytes:
    """A call with the places that Gradio knows for the names that `told` gave."""
    return call.replace(f'"{HERE}/'.encode(), json.dumps(folder())[:-1].encode() + b"/")


def find_upload(scope: dict[str, Any]) -> None:
    """Have a request for an upload's content ask for it by its place."""
    if f"={HERE}/" in scope["path"] and (found := FILE.match(local(scope))):
        place = folder() + found[1].removeprefix(HERE)
        scope["path"] = f"{scope['root_path']}/gradio_api/file={place}"
        scope["raw_path"] = quote(scope["path"]).encode()


def is_upload(name: str) -> bool:
    """Whether a name is that of an upload, without a look at the disk."""
    if name.startswith(f"{HERE}/"):
        return bool(STORED.fullmatch(name[len(HERE) + 1 :]))
    return _lies_there(name, folder())


def _lies_there(name: str, folder: str) -> bool:
    if os.sep == "\\":
        folder, name = folder.replace("\\", "/"), name.replace("\\", "/")
    return name.startswith(f"{folder}/") and bool(STORED.fullmatch(name[len(folder) + 1 :]))


def without_gradios_keys(scope: dict[str, Any]) -> None:
    """Take Gradio's own keys out of the query.  It answers 500 to a `page` that it does not know,
    where ours names a tab, which the page itself reads; and a deep link opens a file."""
    parts = scope["query_string"].split(b"&")
    kept = [p for p in parts if unquote_to_bytes(p.partition(b"=")[0]).strip() not in GRADIOS]
    if len(kept) < len(parts):
        scope["query_string"] = b"&".join(kept)
