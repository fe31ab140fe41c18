"""The page's scripts and style sheets, at an address that names their content.

Modules import each other by relative addresses, so a digest in the path renews them all at once:
after an update a browser asks for new addresses, and before it for none that it already holds.
"""

import hashlib
from functools import cache
from pathlib import Path

import plotly
from starlette.exceptions import HTTPException
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

ASSETS = Path(__file__).resolve().parents[2] / "assets"
PLOTLY = Path(plotly.__file__).parent / "package_data"
SHEETS = ("style.css", "stage.css", "compare.css", "amed.css")
KINDS = {".js", ".css"}  # what is served of the two folders


class _Kept(StaticFiles):
    """Files that never change under their address."""

    async def get_response(self, path, scope):
        if Path(path).suffix not in KINDS:
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def digest(folder: Path = ASSETS) -> str:
    """Of the names and contents of a folder's scripts and style sheets."""
    total = hashlib.sha256()
    for file in sorted(f for f in folder.iterdir() if f.suffix in KINDS):
        total.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()[:12]


@cache
def base() -> str:
    return f"/explorer/{digest()}"


def plotly_script() -> str:
    return f"/explorer/plotly-{plotly.__version__}/plotly.min.js"


def routes() -> list[Mount]:
    """What the server needs beside Gradio's own routes."""
    return [Mount(base(), _Kept(directory=ASSETS)),
            Mount(plotly_script().rpartition("/")[0], _Kept(directory=PLOTLY))]


def head() -> str:
    """Links to the style sheets and modules, from this server alone."""
    sheets = "".join(f'<link rel="stylesheet" href="{base()}/{name}">'
                     for name in SHEETS if (ASSETS / name).exists())
    modules = "".join(f'<link rel="modulepreload" href="{base()}/{f.name}">'
                      for f in sorted(ASSETS.glob("*.js")))
    return f"{sheets}{modules}"
