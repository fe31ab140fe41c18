"""What a strip is: a measure along σ with its words, its help and its way of being drawn."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor

from ..figures.style import ONE_STEP
from ..lab.source import Watch
from ..lab.view import View
from .marks import Drawing

Numbers = dict[str, Any]  # lists and floats, None for a gap: fit for JSON


class Choice(NamedTuple):
    """What a reader may choose to see.  key: its name in a link; options: value -> words."""

    key: str
    options: Mapping[str, str]

    @property
    def default(self) -> str:
        """The first."""
        return next(iter(self.options))


class Help(NamedTuple):
    """What a strip shows, its formula and where it comes from; as HTML."""

    what: str
    formula: str = ""
    source: str = ""


class Look(NamedTuple):
    """How numbers are to be drawn: the reader's choice and the colour of the solver's family."""

    choice: str = ""
    colour: str = ONE_STEP


class Strip:
    """One strip of the spine.

        view -> measure -> numbers -> draw -> marks

    layer: "data" belongs to data and model, "run" to what a solver makes of them.
    part: the part of the message that it travels with: those of a part hang on the same things,
          take their time together, and are refused together ("loss", "path", "run", "error").
    height: its part of the height of the spine.  unit: what its axis measures, on paper,
    for all choices or for each.
    """

    name: str
    title: str
    hint: str = ""
    unit: str | Mapping[str, str] = ""
    layer: str = "data"
    part: str = "path"
    height: float = 1.0
    choices: Choice | None = None
    page: str = "measures"  # of the documentation that has it, under its title
    help: Help | Mapping[str, Help]  # of each choice

    def key(self, view: View) -> str:
        """What its numbers depend on: equal keys, equal numbers."""
        return view.key(self.part)

    def measure(self, view: View, watch: Watch | None = None) -> Numbers:
        """The numbers.  Raises UserError where there are none, with the reason."""
        raise NotImplementedError

    def draw(self, numbers: Numbers, look: Look) -> Drawing:
        """The numbers as marks."""
        raise NotImplementedError

    def quick(self, view: View, colour: str) -> dict[str, Drawing]:
        """What the run shows of it at once: a draft, or marks over a strip of the data; for each
        choice, under "" for all of them."""
        return {}

    def drawn(self, numbers: Numbers, colour: str = ONE_STEP) -> dict[str, Drawing]:
        """A drawing for each choice, so that the page can switch without asking."""
        choices = self.choices.options if self.choices else [""]
        return {choice: self.draw(numbers, Look(choice, colour)) for choice in choices}

    def words(self) -> dict:
        """All that the page says of it and need not measure."""
        choice, text = self.choices, self.help
        return {
            "name": self.name,
            "title": self.title,
            "hint": self.hint,
            "unit": self.unit if isinstance(self.unit, str) else dict(self.unit),
            "layer": self.layer,
            "part": self.part,
            "height": self.height,
            "choice": choice and {"key": choice.key, "options": list(choice.options.items())},
            "page": f"/docs/{self.page}#{self.title.lower().replace(' ', '-')}",
            "help": {"": text._asdict()}
            if isinstance(text, Help)
            else {k: h._asdict() for k, h in text.items()},
        }


def plain(values: Tensor) -> list:
    """The numbers of a tensor, None where there is none."""
    found = values.tolist()
    if bool(values.isfinite().all()):
        return found
    return [v if math.isfinite(v) else None for v in found]
