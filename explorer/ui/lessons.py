"""The lessons of the page, one file of assets/lessons each: a few steps, each with a sentence that
is measured, one thing to do and one thing to look at.

A lesson is assets/lessons/NAME.json; its link is lesson=NAME&at=N, and the page finds it by itself:

    {"group": "Schedules", "place": 1, "title": "Why ρ = 7", "source": "EDM, Fig. 13", "minutes": 4,
     "text": "one sentence for its card on Learn",
     "view": "timesteps.rho=3",            the link of the card, and of a step that names no view
     "claim": "rho-7-beats-rho-3",         optional: the claim that its card leads to
     "given": {"18": "steps of Heun at NFE 35"},
     "steps": [{"claim": "At ρ = 3 the error is {rho-7-beats-rho-3.value|over}.",
                "expects": {"rho-3-equalises-heun": "does not hold here"},
                "otherwise": "what is said where a verdict is another one",
                "do": "Drag [[rho|ρ]] from 3 to 7.", "look": "The arcs shrink.",
                "control": "timesteps.rho", "strip": "steps",
                "view": "timesteps.rho=3&pin=nfe%3D35",
                "done": {"timesteps.rho": [">=", 6.5]}, "live": "end"}, …]}

3 to 6 steps; groups are those of GROUPS.  Beside `claim` and `do` everything of a step is optional.
  claim     A number that was found is never typed, it is a place of the record (`lesson_words`):
            {NAME} value and interval, {NAME.value}, {NAME.interval}, each also |percent, |times
            (3.1 ×), |over (its inverse, ×) or |digits (four).  Where the record lacks what is to be
            said, add a claim: study/claims/lessons.py, then `study claims NAME --keep`.
  expects   the verdict on which the sentence stands, for each claim; without it “holds”.  Where one
            is another, or of an earlier version, `otherwise` is shown, or what was found instead.
  do, look  plain words; [[word|text]] opens the glossary's card of that word.
  control   a setting (“timesteps.rho”, “solver”) or the id of an element (“play”); highlighted.
  strip     a strip of the spine (“steps”, “curvature”, “plane”, “loss”, “error”), or an id.
  view      a link's query, whole, shown as the step begins; "" leaves the page as it is.
            tab=… opens another page.
  done      setting, or sigma, pick, page, view, what, playing -> [>= <= == !=, value]; all of
            them tick the step.  Of a list its length is compared.
  live      “end” (median end error) or “hot” (largest part of a step): of the run on show.
  scene     seconds until the step moves on by itself, while the reader does nothing.

Digits in a text must be settings that stand in some view or `done` of the lesson, figure numbers
of its source, or `given` with what they are; never before × or % (tests/ui/test_lessons.py).
"""

import json
from dataclasses import dataclass, field
from typing import Any

from ..errors import UserError
from ..settings import shown
from ..store import places
from ..study.claims.contract import HOLDS

GROUPS = ("Start", "Schedules", "Solvers", "Noise and churn", "Networks", "AMED", "Debugging")
FIRST = "start-here"  # what a first visitor is shown


@dataclass(frozen=True)
class Step:
    """One step, as its file has it: see the room's docstring."""

    claim: str
    do: str = ""
    look: str = ""
    control: str = ""
    strip: str = ""
    view: str = ""
    otherwise: str = ""
    live: str = ""
    scene: int = 0
    done: dict[str, list] = field(default_factory=dict)
    expects: dict[str, str] = field(default_factory=dict)

    def expected(self, name: str) -> str:
        """The verdict of this claim on which the sentence stands."""
        return self.expects.get(name, HOLDS)


@dataclass(frozen=True)
class Lesson:
    """A lesson; one without steps is a view and one sentence on what to look at there."""

    name: str
    title: str
    text: str
    source: str
    view: str = ""
    group: str = "Start"
    place: int = 99  # within its group
    minutes: int = 2
    claim: str = ""  # of the Claims page: what it shows, measured
    given: dict[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()

    @property
    def head(self) -> dict[str, Any]:
        """What the page knows before a lesson is opened: its card, and the view of each step."""
        told = {k: getattr(self, k) for k in ("name", "title", "text", "source", "view", "group")}
        views = [step.view for step in self.steps]
        scenes = {"first": True} if self.name == FIRST else {}
        return told | {"minutes": self.minutes, "claim": self.claim, "views": views} | scenes


def _read(name: str, text: str) -> Lesson:
    known = json.loads(text)
    first = Step(known["text"], view=known.get("view", ""))
    steps = [Step(**step) for step in known.pop("steps", [])] or [first]
    return Lesson(name, **known, steps=tuple(steps))


def lessons() -> list[Lesson]:
    """All of them, by group and place."""
    files = places.assets("lessons").glob("*.json")
    found = (_read(f.stem, f.read_text(encoding="utf-8")) for f in files)
    return sorted(found, key=lambda one: (GROUPS.index(one.group), one.place, one.title))


def lesson(name: Any) -> Lesson:
    """The lesson of this name.  Raises UserError where there is none."""
    found = lessons()
    for one in found:
        if one.name == name:
            return one
    raise UserError(
        f"There is no lesson {shown(str(name))}; there are {', '.join(one.name for one in found)}."
    )


def config() -> dict[str, Any]:
    """What the page is told as it opens: the heads of all lessons, in order, and their groups."""
    return {"groups": list(GROUPS), "all": [one.head for one in lessons()]}
