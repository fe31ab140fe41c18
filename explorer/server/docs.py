"""The documentation at /docs: pages of `ui.docs` in a frame of their own, and the pictures in them.

Made once each and kept.  They are of this version's source, so nothing of a visitor is in them; the
headers, names and frames that every answer has hold for them too.
"""

from functools import lru_cache

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from ..errors import UserError
from ..store import places
from ..ui import docs
from . import files

PICTURES = ("explore-light.png", "explore-dark.png")  # that pages show
THEME = """
let name = null;
try { name = localStorage.getItem('theme'); } catch { /* none is kept */ }
const asked = new URLSearchParams(location.search).get('__theme');
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
document.documentElement.dataset.theme = asked ?? name ?? (dark ? 'dark' : 'light');
"""


def routes() -> list[Route]:
    """What the server needs for them."""
    return [
        Route("/docs", _shown),
        Route("/docs/", _shown),
        *(Route(f"/docs/{name}", _picture) for name in PICTURES),
        Route("/docs/{name:path}", _shown),
    ]


async def _shown(request: Request) -> Response:
    name = request.path_params.get("name", "").strip("/") or "index"
    try:
        return HTMLResponse(await anyio.to_thread.run_sync(_page, name))
    except UserError as error:
        return Response(str(error), 404, media_type="text/plain; charset=utf-8")


async def _picture(request: Request) -> Response:
    return FileResponse(places.assets(request.url.path.rpartition("/")[2]))


@lru_cache(64)
def _page(name: str) -> str:
    """The whole page.  Raises UserError."""
    shown = docs.page(name)
    frame = places.assets("docs", "frame.html").read_text(encoding="utf-8")
    for word, told in {
        "@title": shown.title,
        "@colours": files.colours(),
        "@base": files.base(),
        "@theme": THEME,
        "@menu": shown.menu,
        "@body": shown.body,
    }.items():
        frame = frame.replace(word, told, 1)
    return frame
