"""The menu of a slot: its choices under their headings, and of another tool each of its lists."""

from html import escape

from ..core.ode import recommended
from ..lab.experiment import Experiment
from ..lab.timesteps import lists
from ..lab.tool_steps import HEADING
from ..settings import slots
from . import glossary

SLOT_LABELS = {"data": "Data", "model": "Model", "timesteps": "Time steps", "solver": "Solver"}

FAMILIES = {
    "one-step": "One step",
    "multistep": "Multistep",
    "stochastic": "Stochastic",
    "learned": "Learned",
}


ROOM = 25  # letters that a line of the narrowest panel has for a choice


def option(value: str, label: str, short: str) -> str:
    """A line of a menu: its label, of which it shows the short one where the panel has no room."""
    shown = f' label="{escape(short)}"' * (len(label) > ROOM and short != label)
    return f'<option value="{value}"{shown}>{escape(label)}</option>'


def grouped(entries) -> str:
    """Options under their headings, from (value, label, heading); a list of another tool shows its
    name alone where the tool has no room, which the heading says.
    """
    groups: dict[str, list[str]] = {}
    for value, label, heading in entries:
        groups.setdefault(heading, []).append(option(value, label, label.split(" · ")[0]))
    return "".join(
        f'<optgroup label="{escape(h)}">{"".join(o)}</optgroup>' if h else "".join(o)
        for h, o in groups.items()
    )


def choice(slot: str) -> str:
    """The row of a slot: its label, its menu, and the button that explains all choices."""
    cards = CARDS.get(slot)
    select = (
        f'<select id="slot-{slot}" data-slot-select="{slot}">{grouped(_entries(slot))}</select>'
    )
    if cards:
        select = (
            f'<span class="pair">{select}<button class="ghost square" id="{cards[0]}" '
            f'type="button" aria-expanded="false" aria-label="{cards[1]}">?</button></span>'
        )
    return (
        f'<div class="row wide{" solver" * bool(cards)}"><label for="slot-{slot}">'
        f"{glossary.control(slot, SLOT_LABELS[slot])}</label>{select}</div>"
    )


CARDS = {  # slot: the button that opens all of its choices, explained
    "solver": ("cards", "All solvers, explained"),
    "timesteps": ("step-cards", "All time steps, found by any name"),
}


def _entries(slot: str) -> list[tuple[str, str, str]]:
    """(value, label, heading) of each line of a slot's menu; of a tool, one for each list."""
    out = []
    for name, cls in slots(Experiment)[slot].items():
        if listed := lists(cls):
            heading = f"{HEADING}: {cls.label}"
            out += [(f"{name}:{v}", f"{label} · {cls.label}", heading) for v, label in listed]
        elif slot == "solver":
            heading = "Recommended" if recommended(cls) else FAMILIES[cls.family]
            out.append((name, cls.label, heading))
        else:
            out.append((name, cls.label, ""))
    return out
