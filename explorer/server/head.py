"""The head of the page: what a browser asks for at once.

Gradio finds its scripts one behind the other, and a component's own behind the last of them.  Named
here, all of them are on their way while the first is still read.
"""

import re
from functools import cache
from pathlib import Path

from ..ui.pages import PAGES
from . import files

ENTRY = re.compile(r'src="\./assets/(index-[\w-]+\.js)"')
BEGINS = re.compile(rb'<script type="module"[^>]* src="(\./assets/index-[\w-]+\.js)"></script>')
AHEAD = re.compile(r"m\.f=\[(.*?)\]")  # what Vite lists of an import that comes later
NAMED = re.compile(r'"\./([\w-]+\.js)"')
FROM = re.compile(r'from ?"\./([\w-]+\.js)"')
BASE = re.compile(rb"<base\b[^>]*>")
SHARED = re.compile(rb'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>\s*')  # Gradio's, of Gradio
SIGN_IN = b'"auth_required"'
TITLE = "Diffusion Sampler Explorer"
ABOUT = "How diffusion models are sampled, live: samplers, time steps, paths and errors."
NAMES = (  # of a tab before Gradio names it, and of a link that somebody passes on
    f'<title>{TITLE}</title><meta name="description" content="{ABOUT}">'
    f'<meta property="og:title" content="{TITLE}"><meta property="og:type" content="website">'
    f'<meta property="og:description" content="{ABOUT}">'
)
ONE_BY_ONE = "The page's scripts are newer than their bundle and are served one by one."


def script() -> str:
    """Where the page finds its scripts: the bundle, or one by one where it is not of these."""
    return f"{files.base()}/js/{'bundle' if bundled() else 'app'}.js"


@cache
def bundled() -> bool:
    """Whether the bundle is of the scripts that are here, and has each page's."""
    pages = all((files.SCRIPTS / "pages" / f"{page.name}.js").exists() for page in PAGES)
    return pages and files.of_bundle() == files.of_scripts()


def edit(page: bytes) -> bytes:
    """Gradio's page with what this one needs, from this server alone; one that asks for a sign-in
    stays as it is.  The colours and the sheet of style come behind Gradio's own and win over them.
    """
    if SIGN_IN in page:
        return page
    ours = [files.SCRIPTS / files.BUNDLE] if bundled() else files.scripts()
    named = [f"{files.base()}/{f.relative_to(files.ASSETS).as_posix()}" for f in ours]
    links = "".join(f'<link rel="modulepreload" href="{a}">' for a in (*named, *pieces()))
    # begun as soon as it is there, and Gradio's first script by it, behind the first picture
    gradio = BEGINS.search(page)
    entry = f' data-gradio="{gradio[1].decode()}"' if gradio else ""
    links += f'<link rel="modulepreload" href="{gradio[1].decode()}">' if gradio else ""
    page = BEGINS.sub(b"", page, count=1)
    first = f'<script type="module" async src="{script()}"{entry}></script>'
    sheet = f'{files.colours()}<link rel="stylesheet" href="{files.base()}/{files.SHEET}">{first}'
    page = SHARED.sub(b"", page)
    page = BASE.sub(lambda base: base[0] + f"{NAMES}{links}".encode(), page, count=1)
    return page.replace(b"</head>", sheet.encode() + b"</head>", 1)


@cache
def pieces() -> tuple[str, ...]:
    """Gradio's scripts from its first to those of an HTML component, as its build names them; fewer
    or none where another build of it has other names."""
    folder = files.GRADIO / "assets"
    entry = ENTRY.search((files.GRADIO / "index.html").read_text(encoding="utf-8"))
    if entry is None:
        return ()
    first = (folder / entry[1]).read_text(encoding="utf-8")
    listed = AHEAD.search(first)
    found = NAMED.findall(listed[1]) if listed else []
    frames = [f for f in folder.glob("Index-*.js") if _shows(f)]
    found += [f.name for f in (*frames, *folder.glob("Blocks-*.js"), *folder.glob("HTML-*.js"))]
    for name in found:  # grows meanwhile
        text = (folder / name).read_text(encoding="utf-8")
        found += [n for n in FROM.findall(text) if n not in found and n != entry[1]]
    return tuple(f"./assets/{name}" for name in dict.fromkeys(found))


def _shows(frame: Path) -> bool:
    """Whether this is the frame around an HTML component."""
    return "./HTML-" in frame.read_text(encoding="utf-8")
