"""The lessons of the page: prepared views, one file of assets/lessons each."""

import json
from dataclasses import asdict, dataclass
from html import escape

from ..store import places


@dataclass(frozen=True)
class Lesson:
    """A view and one sentence on what to look at there."""

    place: int  # in the menu
    title: str
    text: str
    view: str  # as in a link, without the question mark
    source: str
    claim: str = ""  # of the Claims page: what it shows, measured


def lessons() -> list[Lesson]:
    """All of them, in the order of the menu."""
    files = places.assets("lessons").glob("*.json")
    found = (Lesson(**json.loads(f.read_text(encoding="utf-8"))) for f in files)
    return sorted(found, key=lambda lesson: lesson.place)


def config() -> list[dict]:
    """What the page's menu shows, ready to stand in its HTML."""
    return [
        {k: escape(v) if isinstance(v, str) else v for k, v in asdict(one).items()}
        for one in lessons()
    ]
