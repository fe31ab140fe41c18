"""The documentation: Markdown in assets/docs, and what the declarations say already, as pages.

    page("solvers")         assets/docs/solvers.md, its formulas drawn and its code in place
    page("solvers/heun")    made from the class alone

A page is a file of assets/docs and a line here.
"""

from functools import lru_cache
from html import escape
from typing import NamedTuple

from ...errors import UserError
from ...store import places
from . import declared, render

GROUPS = {
    "The lab": ("index", "pages", "inside", "results", "data"),
    "The mathematics": ("framework", "schedules", "solvers", "measures", "intervals", "dialects"),
    "From outside": ("commands", "blocks", "notebook", "running", "adding-a-solver"),
}
PAGES = tuple(name for names in GROUPS.values() for name in names)


class Shown(NamedTuple):
    """A page: what it is called, its body as HTML, and the links beside it."""

    title: str
    body: str
    menu: str


def text(name: str) -> str:
    """The Markdown of a page."""
    return places.assets("docs", f"{name}.md").read_text(encoding="utf-8")


@lru_cache(64)
def page(name: str) -> Shown:
    """One page.  Raises UserError for an unknown one, with those that there are."""
    group, _, member = name.partition("/")
    if group == "solvers" and member:
        title, body = declared.solver(member)
        return Shown(title, body, menu("solvers"))
    if name not in PAGES:
        raise UserError(f"There is no page {name!r:.40}. Known: {', '.join(PAGES)}.")
    written = text(name)
    return Shown(render.title(written), render.html(written), menu(name))


def menu(here: str) -> str:
    """Links to all pages, the one on show marked."""
    out = []
    for group, names in GROUPS.items():
        rows = "".join(
            f'<li><a href="{address(n)}"{_current(n == here)}>'
            f"{escape(render.title(text(n)))}</a></li>"
            for n in names
        )
        out.append(f"<h2>{escape(group)}</h2><ul>{rows}</ul>")
    return "".join(out)


def address(name: str) -> str:
    """Where the server shows a page."""
    return "/docs" if name == "index" else f"/docs/{name}"


def _current(here: bool) -> str:
    return ' aria-current="page"' if here else ""
