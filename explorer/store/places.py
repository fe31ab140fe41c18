"""Where files are: the cache folder, which is the user's, and the assets, which come with the page.

    cache("uploads", f"{digest}.npz")       assets("weights", name)       found("uploads", ...)

The cache folder is EXPLORER_CACHE, or else the place that XDG names for caches.  Each part of a
path is one plain name, so a name from a link can never lead out of its folder.

    models       networks of the user's own         predictors   AMED's, trained here
    downloads    networks on their way              training     runs that are not finished
    diffusers    networks converted from the hub    uploads      data from the user's files
    published    data sets fetched from OpenML      studies      results of many runs
    arriving     files that browsers are sending    compiled     networks as PyTorch compiled them
"""

import os
import re
from pathlib import Path

from ..errors import UserError

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")  # of a thing that a person or a link may name
_FOLDER = "diffusion-sampler-explorer"


def cache(*parts: str, root: str | Path | None = None) -> Path:
    """A place in the cache folder, or in `root` if one is given.  Nothing is made on disk.

    Raises UserError for a part that is no plain name.
    """
    given = root or os.environ.get("EXPLORER_CACHE")
    base = Path(given) if given else _xdg() / _FOLDER
    return base.joinpath(*map(plain, parts))


def found(*parts: str, root: str | Path | None = None) -> Path:
    """As `cache`, but where XDG_CACHE_HOME is set and the file is still in ~/.cache, there: earlier
    versions kept uploads and data sets there whatever XDG said.
    """
    place = cache(*parts, root=root)
    if root or os.environ.get("EXPLORER_CACHE") or place.exists():
        return place
    former = (Path.home() / ".cache" / _FOLDER).joinpath(*parts)
    return former if former.exists() else place


def assets(*parts: str) -> Path:
    """A place among the files that come with the page.  Raises UserError as `cache` does."""
    return (ROOT / "assets").joinpath(*map(plain, parts))


def plain(part: str) -> str:
    """The part itself.  Raises UserError unless it is the name of one file or folder."""
    if part in ("", ".", "..") or re.search(r"[/\\:\0]", part):
        raise UserError(f"{part[:64]!r} is no name of a file; letters, digits and hyphens work.")
    return part


def check_name(name: str, what: str) -> str:
    """The name itself.  Raises UserError unless a person may call a checkpoint or a run so."""
    if not NAME.fullmatch(name):
        raise UserError(
            f"A {what} cannot be called {name[:64]!r}: up to 64 small letters, digits, dots and "
            "hyphens work."
        )
    return name


def _xdg() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return Path(base) if base else Path.home() / ".cache"
