"""The pages behind the tabs: what each is called, where its body stands, what its script must know.

A page is a line in PAGES, assets/pages/<name>.html (its body) and assets/js/pages/<name>.js (what
it does).  The body's outermost elements carry data-body="<name>", and its links say tab=<name>.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from .. import __version__
from ..dialects import edits
from ..figures.paper.look import WIDTHS
from ..figures.style import PALETTE
from ..store import places
from ..strips import STRIPS
from . import amed_form, compare, controls, glossary, lessons, panel, schedules, train


@dataclass(frozen=True)
class Page:
    """One tab.  `panels`: what stands for @word in its body; `config`: what its script is told."""

    name: str
    label: str
    panels: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    config: Callable[[], dict] | None = None
    file: Path | None = None  # of its body, if not among the assets

    def body(self) -> str:
        """Its HTML, with the panels in their places."""
        file = self.file or places.assets("pages", f"{self.name}.html")
        text = file.read_text(encoding="utf-8")
        for word, build in self.panels.items():
            text = text.replace(f"@{word}", build())
        return glossary.placed(text)


def _strips() -> dict:
    return {"strips": [strip.words() for strip in STRIPS.values()]}


PAGES = [
    Page("explore", "Explore", {"gits": amed_form.search_panel}, _strips),
    Page("schedules", "Schedules", config=schedules.config),
    Page("compare", "Compare", config=compare.config),
    Page("train", "Train", config=train.form),
    Page("amed", "AMED", {"amed": amed_form.panel}, amed_form.config),
    Page("design", "Design"),
    Page("claims", "Claims"),
    Page("learn", "Learn"),
]


def template() -> str:
    """The whole page: the frame, the tabs and the bodies."""
    tabs = "".join(
        f'<button data-page="{escape(p.name)}">{escape(p.label)}</button>' for p in PAGES
    )
    frame = places.assets("page.html").read_text(encoding="utf-8")
    bodies = "".join(p.body() for p in PAGES)
    whole = frame.replace("@tabs", tabs).replace("@pages", bodies)
    return whole.replace("@controls", panel.panel()).replace("@version", __version__)


def config() -> dict:
    """What the scripts are told: of the settings, of the pages, and of each page under its name."""
    own = {p.name: p.config() for p in PAGES if p.config is not None}
    return {
        **controls.config(),
        "version": __version__,
        "palette": PALETTE,
        "moving": edits.MOVING,
        "lessons": lessons.config(),
        "glossary": glossary.config(),
        "widths": [[k, v.label, v.width] for k, v in WIDTHS.items()],
        "pages": [p.name for p in PAGES],
        **own,
    }
