"""A view as figures for print: its strips and its stage, with a caption that says the settings.

    made = figure.sheet(Experiment(nfe=9), ["stage", "steps", "error"])
    paper.save(made, "fig.pdf", width="iclr", grey=True)

What else can be printed is a sheet too: of `lists`, `recording`, `beside` and `chart`.  The strips
draw the marks that the page draws; `figures.paper` puts them on paper.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import UserError
from ...figures import paper
from ...figures.paper.sheet import Panel, Sheet
from ...lab import judged
from ...lab.experiment import Experiment
from ...lab.view import View
from ...settings import to_query
from ...strips import STRIPS
from ..parts import colour, measured, refused
from . import caption, denoise, stage
from .pinned import ghosts

NAMES = ("stage", "denoise", *STRIPS)


def sheet(
    e: Experiment,
    names: Sequence[str],
    cursor: float | None = None,
    pin: Experiment | None = None,
    choices: Mapping[str, str] | None = None,
    exact: bool = True,
    watch=None,
    look: stage.Look | None = None,
) -> Sheet:
    """The parts that are named, in their order.

    cursor: the noise level that is pointed at; pin: a run that is kept beside; choices: of the
    strips that have some (“weight”); look: what the stage shows.  Raises UserError.
    """
    if unknown := next((n for n in names if n not in NAMES), None):
        raise UserError(f"Unknown figure {unknown!r:.40}. Known: {', '.join(NAMES)}.")
    if not names:
        raise UserError(f"Name what to draw: {', '.join(NAMES)}.")
    view = View(e, watch, exact=exact)
    with view.room():
        beside = View(pin, watch, exact=exact) if pin is not None else None
        panels = [
            one
            for name in names
            for one in _panels(view, name, cursor, look or stage.Look(), choices or {}, beside)
        ]
    said = caption.of(e, names, cursor, pin)
    return Sheet(panels, cursor, said, caption.title(e), to_query(e))


def _panels(view, name, cursor, look, choices, beside) -> list[Panel]:
    """Of one part: a panel, or two of “denoise”."""
    if name == "stage":
        return [stage.panel(view, cursor, look)]
    if name == "denoise":
        return denoise.panels(view)
    return [paper.strip(drawing(view, name, choices, beside), span(view))]


def chart(e: Experiment, figure: Mapping[str, Any], title: str, note: str) -> Sheet:
    """A chart of Compare's as it is drawn there, with what it says of itself."""
    said = caption.of(e, (), told=f"{title}. {note}", base=True)
    return Sheet(paper.sheet_of(figure).panels, None, said, title, to_query(e))


def span(view: View) -> tuple[float, float]:
    """The noise levels at both ends of the axis, as the page has it: a little wider than the
    schedule."""
    levels = [s for s in view.run.trajectory.sigma.tolist() if s > 0]
    top, bottom = max(levels), min(levels)
    left = 95.0 if top <= 80.1 else 190.0 if top <= 160 else max(1190.0, 1.2 * top)
    return left, 0.00135 if bottom >= 0.00199 else min(6.6e-5, 0.8 * bottom)


def drawing(view: View, name: str, choices: Mapping[str, str], beside: View | None = None) -> dict:
    """A strip with its words: what the page lays over each other, in one.  Raises UserError where
    there is nothing to measure."""
    one = STRIPS[name]
    choice = chosen(one, choices)
    own = colour(view)
    unit = one.unit if isinstance(one.unit, str) else one.unit[choice]
    out: dict[str, Any] = {"title": one.title, "hint": one.hint, "unit": unit, "height": one.height}
    quick = one.quick(view, own)
    why = judged.unknown(view) if one.part == "error" else refused(view).get(one.part)
    layers = [quick.get(""), quick.get(choice)]
    if not why:
        layers.append(one.drawn(measured(one, view), own)[choice])
    for layer in filter(None, layers):
        over = [*out.get("over", ()), *layer.get("over", ())]
        out |= {**layer, "over": over}
    if why and not out.get("marks"):
        out["empty"] = why
    if beside is not None and out.get("marks") and one.part == "error":
        out["marks"] = [*ghosts(one, view, beside), *out["marks"]]
    return out


def chosen(one, choices: Mapping[str, str]) -> str:
    """What is chosen of a strip's menu, or its first.  Raises UserError."""
    if one.choices is None:
        return ""
    choice = choices.get(one.choices.key, one.choices.default)
    if choice not in one.choices.options:
        known = ", ".join(one.choices.options)
        raise UserError(f"Unknown {one.choices.key} {choice!r:.40}. Known: {known}.")
    return choice
