"""The page's scripts and style sheets, at an address that names their content.

Modules import each other by relative addresses, so a digest in the path renews them all at once:
after an update a browser asks for new addresses, and before it for none that it already holds.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

import anyio
import brotli  # as Gradio needs it
import plotly
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Mount

from .. import __version__
from ..figures.style import PALETTE
from ..store import places
from .quick import gr

ASSETS = places.assets()
GRADIO = Path(gr.__file__).parent / "templates" / "frontend"
PLOTLY = Path(plotly.__file__).parent / "package_data"
AREAS = (  # of the style sheet, in this order: what comes later wins
    "base",
    "tables",
    "controls",
    "menus",
    "answer",
    "guidance",
    "explore",
    "headline",
    "opened",
    "shelf",
    "apart",
    "words",
    "spine",
    "pins",
    "pop",
    "gestures",
    "narrow",
    "phone",
    "cards",
    "pages",
    "train",
    "stage",
    "compare",
    "compare_budgets",
    "compare_card",
    "compare_forest",
    "compare_views",
    "compare_map",
    "compare_ab",
    "compare_grid",
    "claims",
    "design",
    "amed",
    "own",
    "schedules",
    "schedules_narrow",
    "recording",
    "corner",
    "low",
    "tablet",
    "panel",
    "dock",
    "tools",
    "leave",
    "sheet",
    "touch",
    "lesson",
    "lesson_phone",
    "lesson_place",
    "present",
    "present_pages",
    "for_print",
    "standing",
)
ALONE = ("docs",)  # of pages with a frame of their own
SHEET = "css/page.css"
SCRIPTS = ASSETS / "js"
BUNDLE = "bundle.js"  # beside the scripts, of all of them, made by .ci/bundle.mjs
STYLES = ASSETS / "css"
TYPES = {".js": "text/javascript", ".css": "text/css"}
KINDS = set(TYPES)  # what is served of the two folders


class _Kept:
    """The scripts and styles below a folder, from memory and compressed once: a page asks for forty
    of them, and Gradio's own pieces wait behind them.  They never change under their address.
    """

    def __init__(self, folder: Path):
        self._files = {f.relative_to(folder).as_posix(): [f] for f in served(folder)}
        if folder == ASSETS:
            self._files[SHEET] = [STYLES / f"{area}.css" for area in AREAS]
        self._answers: dict[tuple[str, bool], Response] = {}

    async def __call__(self, scope, receive, send):
        name = scope["path"].removeprefix(scope["root_path"]).removeprefix("/")
        known = name in self._files
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or not known:
            raise HTTPException(404)
        short = "br" in Headers(scope=scope).get("accept-encoding", "")
        if (name, short) not in self._answers:
            self._answers[name, short] = await anyio.to_thread.run_sync(self._answer, name, short)
        await self._answers[name, short](scope, receive, send)

    def _answer(self, name: str, short: bool) -> Response:
        plain = b"\n".join(file.read_bytes() for file in self._files[name])
        body = brotli.compress(plain, quality=5) if short else plain
        encoding = {"Content-Encoding": "br" if short else "identity"}  # not again at each visit
        return Response(
            body,
            media_type=TYPES[Path(name).suffix],
            headers={
                "Cache-Control": "public, max-age=31536000, immutable",
                "Vary": "Accept-Encoding",
                **encoding,
            },
        )


def served(folder: Path) -> list[Path]:
    """The scripts and style sheets below a folder."""
    return sorted(f for f in folder.rglob("*") if f.suffix in KINDS)


def digest(folder: Path = ASSETS) -> str:
    """Of the names and contents of the scripts and style sheets below a folder."""
    total = hashlib.sha256()
    for file in served(folder):
        total.update(
            file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes() + b"\0"
        )
    return total.hexdigest()[:12]


def scripts() -> list[Path]:
    """The page's modules one by one, in the order of their names."""
    found = (f for f in served(SCRIPTS) if f != SCRIPTS / BUNDLE)
    return sorted(found, key=lambda f: f.relative_to(SCRIPTS).as_posix())


def of_scripts() -> str:
    """The digest of the modules, as .ci/bundle.mjs writes it into the bundle's first line."""
    total = hashlib.sha256()
    for file in scripts():
        name = file.relative_to(SCRIPTS).as_posix()
        total.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()[:12]


def of_bundle() -> str:
    """The digest of the modules that the bundle was made of; empty where there is none."""
    if not (SCRIPTS / BUNDLE).exists():
        return ""
    with (SCRIPTS / BUNDLE).open(encoding="utf-8") as lines:
        said = re.match(r"// ([0-9a-f]{12})\b", lines.readline())
    return said[1] if said else ""


@cache
def base() -> str:
    """Where the page finds the scripts and styles of this version."""
    return f"/explorer/{__version__}-{digest()}"


def plotly_script() -> str:
    """Where the page finds Plotly, served from the installed package."""
    return f"/explorer/plotly-{plotly.__version__}/plotly.min.js"


def routes() -> list[Mount]:
    """What the server needs beside Gradio's own routes."""
    return [Mount(base(), _Kept(ASSETS)), Mount(plotly_script().rpartition("/")[0], _Kept(PLOTLY))]


def colours() -> str:
    """The palette as properties that the style sheets use, for both themes."""
    rules = []
    for theme, selector in (("light", ":root"), ("dark", '[data-theme="dark"]')):
        named = {k: v for k, v in PALETTE[theme].items() if isinstance(v, str)}
        ramp = PALETTE[theme]["ramp"]
        stops = ", ".join(f"{c} {100 * i / (len(ramp) - 1):.0f}%" for i, c in enumerate(ramp))
        named["sigma-ramp"] = f"linear-gradient(90deg, {stops})"
        rules.append(selector + "{" + "".join(f"--{k}:{v};" for k, v in named.items()) + "}")
    return f"<style>{''.join(rules)}</style>"
